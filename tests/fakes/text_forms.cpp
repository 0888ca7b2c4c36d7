// SPDX-License-Identifier: Apache-2.0
// Percent-encoding, query strings, dates and small text helpers.
#include "fakes/text_forms.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace blobstore::fakes {

namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

void append_escape(std::string& out, char c) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    const auto value = static_cast<unsigned char>(c);
    out += '%';
    out += digits[value >> 4U];
    out += digits[value & 15U];
}

constexpr std::array<const char*, 12> months{
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

std::string format_date(std::time_t time, const char* format) {
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 64> out{};
    const auto length = std::strftime(out.data(), out.size(), format, &parts);
    return {out.data(), length};
}

} // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += text[i] == '+' && plus_is_space ? ' ' : text[i];
        }
    }
    return out;
}

std::string percent_encode(std::string_view bytes, std::string_view keep) {
    std::string out;
    out.reserve(bytes.size());
    for (const char c : bytes) {
        const bool plain = is_alphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '~';
        if (plain || keep.find(c) != std::string_view::npos) {
            out += c;
        } else {
            append_escape(out, c);
        }
    }
    return out;
}

std::string listing_encode(std::string_view bytes) {
    static constexpr std::string_view plain = "-_.*/";
    std::string out;
    for (const char c : bytes) {
        if (is_alphanumeric(c) || plain.find(c) != std::string_view::npos) {
            out += c;
        } else if (c == ' ') {
            out += '+';
        } else {
            append_escape(out, c);
        }
    }
    return out;
}

split_target split(std::string_view target) {
    // The absolute form (a client that talks to a proxy): its origin is dropped.
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!target.starts_with(scheme)) continue;
        const auto slash = target.find('/', scheme.size());
        target = slash == std::string_view::npos ? std::string_view{"/"} : target.substr(slash);
        break;
    }
    split_target out;
    const auto mark = target.find('?');
    out.path = target.substr(0, mark);
    if (mark != std::string_view::npos) {
        out.query = target.substr(mark + 1);
        out.has_query = true;
    }
    return out;
}

std::optional<header_list> parse_query(std::string_view query) {
    header_list out;
    for (const auto& part : split_list(query, '&')) {
        if (part.empty()) continue;
        const auto equals = part.find('=');
        auto name = percent_decode(std::string_view{part}.substr(0, equals), true);
        auto value = equals == std::string::npos
                         ? std::optional<std::string>{""}
                         : percent_decode(std::string_view{part}.substr(equals + 1), true);
        if (!name || !value) return std::nullopt;
        out.emplace_back(std::move(*name), std::move(*value));
    }
    return out;
}

std::string http_date(std::time_t time) {
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::string out = days.at(static_cast<std::size_t>(parts.tm_wday));
    out += format_date(time, ", %d ");
    out += months.at(static_cast<std::size_t>(parts.tm_mon));
    return out + format_date(time, " %Y %H:%M:%S GMT");
}

std::optional<std::time_t> parse_http_date(const std::string& text) {
    std::tm parts{};
    std::array<char, 4> month{};
    int used = 0;
    const int fields = std::sscanf(
        text.c_str(),
        "%*3s, %2d %3s %4d %2d:%2d:%2d GMT%n",
        &parts.tm_mday,
        month.data(),
        &parts.tm_year,
        &parts.tm_hour,
        &parts.tm_min,
        &parts.tm_sec,
        &used
    );
    if (fields != 6 || static_cast<std::size_t>(used) != text.size()) return std::nullopt;
    parts.tm_year -= 1900;
    for (std::size_t i = 0; i < months.size(); ++i) {
        if (std::string_view{months[i]} == month.data()) {
            parts.tm_mon = static_cast<int>(i);
            return timegm(&parts);
        }
    }
    return std::nullopt;
}

std::string iso_date(std::time_t time) {
    return format_date(time, "%Y-%m-%dT%H:%M:%S.000Z");
}

std::string amz_date(std::time_t time) {
    return format_date(time, "%Y%m%dT%H%M%SZ");
}

std::optional<std::time_t> parse_amz_date(std::string_view text) {
    if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
    const auto field = [&](std::size_t at, std::size_t length) {
        const auto value = parse_number(text.substr(at, length));
        return value ? static_cast<int>(*value) : -1;
    };
    std::tm parts{};
    parts.tm_year = field(0, 4) - 1900;
    parts.tm_mon = field(4, 2) - 1;
    parts.tm_mday = field(6, 2);
    parts.tm_hour = field(9, 2);
    parts.tm_min = field(11, 2);
    parts.tm_sec = field(13, 2);
    const auto time = timegm(&parts);
    if (amz_date(time) != text) return std::nullopt;
    return time;
}

std::optional<std::uint64_t> parse_number(std::string_view digits) {
    std::uint64_t value = 0;
    const auto* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    if (digits.empty() || error != std::errc{} || stop != end) return std::nullopt;
    return value;
}

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string> split_list(std::string_view text, char separator) {
    std::vector<std::string> out;
    for (;;) {
        const auto at = text.find(separator);
        out.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos) return out;
        text.remove_prefix(at + 1);
    }
}

std::string lower_case(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    }
    return out;
}

} // namespace blobstore::fakes
