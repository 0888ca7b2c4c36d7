// SPDX-License-Identifier: Apache-2.0
// What goes to standard output: buffered bytes, JSON objects, printable text.
#include "cli/output.h"

#include "cli/exit_codes.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <unistd.h>

namespace blobstore::cli {

namespace {

constexpr std::size_t buffer_size = std::size_t{64} * 1024;
constexpr std::string_view hex = "0123456789abcdef";

/// Bytes of the UTF-8 character at the start of the text; 0 if there is none.
std::size_t utf8_length(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    std::size_t length = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xC2 && first <= 0xDF) {
        length = 2;
    } else if (first >= 0xE0 && first <= 0xEF) {
        length = 3;
        low = first == 0xE0 ? 0xA0 : low;
        high = first == 0xED ? 0x9F : high; // no surrogates
    } else if (first >= 0xF0 && first <= 0xF4) {
        length = 4;
        low = first == 0xF0 ? 0x90 : low;
        high = first == 0xF4 ? 0x8F : high;
    }
    if (length == 0 || text.size() < length || byte(1) < low || byte(1) > high) {
        return 0;
    }
    for (std::size_t i = 2; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    return length;
}

} // namespace

void write_all(int fd, std::string_view bytes, std::string_view what) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(n));
        } else if (errno == EAGAIN) {
            pollfd one{fd, POLLOUT, 0};
            if (::poll(&one, 1, -1) < 0 && errno == EINTR) {
                throw failure(exit_code::failed, std::string(what) + ": interrupted");
            }
        } else if (errno == EPIPE) {
            throw broken_pipe();
        } else { // EINTR comes only from our own signal thread, when the user wants to stop
            throw failure(exit_code::failed, std::string(what) + ": " + std::strerror(errno));
        }
    }
}

void output::write(std::string_view bytes) {
    if (buffer_.size() + bytes.size() > buffer_size) {
        flush();
    }
    if (bytes.size() >= buffer_size) {
        write_all(STDOUT_FILENO, bytes, "standard output");
    } else {
        buffer_ += bytes;
    }
}

void output::line(std::string_view text) {
    write(text);
    write("\n");
}

void output::flush() {
    std::string bytes;
    bytes.swap(buffer_);
    write_all(STDOUT_FILENO, bytes, "standard output");
}

json_object& json_object::raw(std::string_view name, std::string_view value) {
    members_ += members_.empty() ? "" : ",";
    members_ += json_string(name);
    members_ += ':';
    members_ += value;
    return *this;
}

json_object& json_object::text(std::string_view name, std::string_view value) {
    if (is_utf8(value)) {
        return raw(name, json_string(value));
    }
    return raw(std::string(name) + "_base64", json_string(base64(value)));
}

json_object& json_object::number(std::string_view name, std::int64_t value) {
    return raw(name, std::to_string(value));
}

json_object& json_object::number(std::string_view name, std::uint64_t value) {
    return raw(name, std::to_string(value));
}

json_object& json_object::boolean(std::string_view name, bool value) {
    return raw(name, value ? "true" : "false");
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

std::string json_string(std::string_view utf8) {
    std::string result = "\"";
    for (const char c : utf8) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (c == '\n') {
            result += "\\n";
        } else if (c == '\t') {
            result += "\\t";
        } else if (c == '\r') {
            result += "\\r";
        } else if (byte < 0x20 || byte == 0x7F) {
            result += "\\u00";
            result += hex[byte >> 4U];
            result += hex[byte & 15U];
        } else {
            result += c;
        }
    }
    return result + "\"";
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string result;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::array<unsigned, 3> b{};
        const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t k = 0; k < n; ++k) {
            b[k] = static_cast<unsigned char>(bytes[i + k]);
        }
        result += digits[b[0] >> 2U];
        result += digits[(b[0] << 4U | b[1] >> 4U) & 63U];
        result += n > 1 ? digits[(b[1] << 2U | b[2] >> 6U) & 63U] : '=';
        result += n > 2 ? digits[b[2] & 63U] : '=';
    }
    return result;
}

std::string right(std::string text, std::size_t width) {
    return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string printable(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) {
            result += "\\x";
            result += hex[byte >> 4U];
            result += hex[byte & 15U];
        } else {
            result += c;
        }
    }
    return result;
}

} // namespace blobstore::cli
