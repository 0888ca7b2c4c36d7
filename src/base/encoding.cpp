// SPDX-License-Identifier: Apache-2.0
// Hex, base64 and percent-encoding by tables.
#include "base/encoding.h"

#include "base/secret.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace blobstore {

namespace {

constexpr std::string_view lower_digits = "0123456789abcdef";
constexpr std::string_view upper_digits = "0123456789ABCDEF";
constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::uint8_t byte(char c) noexcept {
    return static_cast<std::uint8_t>(c);
}

constexpr int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

constexpr std::array<std::int8_t, 256> base64_table = [] {
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < base64_digits.size(); ++i) {
        table[byte(base64_digits[i])] = static_cast<std::int8_t>(i);
    }
    return table;
}();

constexpr std::array<bool, 256> unreserved_table = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789-._~")) {
        table[byte(c)] = true;
    }
    return table;
}();

error invalid(std::string message) {
    return error(errc::invalid_argument, std::move(message));
}

} // namespace

std::string hex(std::string_view bytes) {
    std::string out(bytes.size() * 2, '\0');
    std::size_t at = 0;
    for (const char c : bytes) {
        out[at++] = lower_digits[byte(c) >> 4];
        out[at++] = lower_digits[byte(c) & 15];
    }
    return out;
}

std::array<char, 64> hex_of(const std::array<unsigned char, 32>& value) noexcept {
    static constexpr std::array<std::array<char, 2>, 256> pairs = [] {
        std::array<std::array<char, 2>, 256> table{};
        for (std::size_t i = 0; i < table.size(); ++i) {
            table[i] = {lower_digits[i >> 4], lower_digits[i & 15]};
        }
        return table;
    }();
    std::array<char, 64> out;
    for (std::size_t i = 0; i < value.size(); ++i) {
        std::memcpy(out.data() + 2 * i, pairs[value[i]].data(), 2);
    }
    return out;
}

result<std::string> unhex(std::string_view text) {
    if (text.size() % 2 != 0) {
        return invalid("odd number of hex digits");
    }
    std::string out(text.size() / 2, '\0');
    for (std::size_t i = 0; i < out.size(); ++i) {
        const int high = hex_digit(text[2 * i]);
        const int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return invalid("not a hex digit");
        }
        out[i] = static_cast<char>(high * 16 + low);
    }
    return out;
}

std::string base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t have = bytes.size() - i;
        const std::uint32_t a = byte(bytes[i]);
        const std::uint32_t b = have > 1 ? byte(bytes[i + 1]) : 0;
        const std::uint32_t c = have > 2 ? byte(bytes[i + 2]) : 0;
        const std::uint32_t group = a << 16 | b << 8 | c;
        out += base64_digits[group >> 18];
        out += base64_digits[group >> 12 & 63];
        out += have > 1 ? base64_digits[group >> 6 & 63] : '=';
        out += have > 2 ? base64_digits[group & 63] : '=';
    }
    return out;
}

result<std::string> unbase64(std::string_view text) {
    if (text.size() % 4 != 0) {
        return invalid("base64 text is not padded to a multiple of four");
    }
    std::size_t digits = text.size();
    while (digits > 0 && text.size() - digits < 2 && text[digits - 1] == '=') {
        --digits;
    }
    std::string out;
    out.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text.substr(0, digits)) {
        const int value = base64_table[byte(c)];
        if (value < 0) {
            return invalid("not a base64 digit");
        }
        bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xffffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>(bits >> count & 0xff);
        }
    }
    if ((bits & ((1U << count) - 1)) != 0) {
        return invalid("unused bits of base64 text are not zero");
    }
    return out;
}

char* percent_encode_at(char* at, std::string_view bytes, encode_set keep) noexcept {
    for (const char c : bytes) {
        if (unreserved_table[byte(c)] || (c == '/' && keep == encode_set::path)) {
            *at++ = c;
        } else {
            *at++ = '%';
            *at++ = upper_digits[byte(c) >> 4];
            *at++ = upper_digits[byte(c) & 15];
        }
    }
    return at;
}

void percent_encode_to(std::string& out, std::string_view bytes, encode_set keep) {
    const std::size_t from = out.size();
    out.resize(from + bytes.size() * 3);
    const char* const end = percent_encode_at(out.data() + from, bytes, keep);
    out.resize(static_cast<std::size_t>(end - out.data()));
}

std::string percent_encode(std::string_view bytes, encode_set keep) {
    std::string out;
    percent_encode_to(out, bytes, keep);
    return out;
}

result<std::string> percent_decode(std::string_view text, plus plus_means) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_means == plus::space) {
            out += ' ';
        } else if (text[i] == '%') {
            const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                wipe(out.data(), out.size()); // what was a secret is one without its end
                return invalid("a '%' is not followed by two hex digits");
            }
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

} // namespace blobstore
