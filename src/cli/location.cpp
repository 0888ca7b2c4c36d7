// SPDX-License-Identifier: Apache-2.0
// What an argument names: a local path, stdin or stdout, or an object URL. Pure.
#include "cli/location.h"

#include "cli/exit_codes.h"

#include <algorithm>
#include <array>

namespace blobstore::cli {

namespace {

constexpr std::string_view separator = "://";

bool is_alpha(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return result;
}

/// The length of the scheme, or 0 if the text is no URL.
std::size_t scheme_length(std::string_view text) noexcept {
    const std::size_t at = text.find(separator);
    if (at == std::string_view::npos || at == 0 || !is_alpha(text[0])) {
        return 0;
    }
    const bool fits = std::all_of(text.begin(), text.begin() + static_cast<long>(at), [](char c) {
        return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
    });
    return fits ? at : 0;
}

/// Schemes whose URLs are RFC 3986 URLs.
bool is_decoded(std::string_view scheme) noexcept {
    constexpr std::array<std::string_view, 7> schemes{
        "file", "http", "https", "webdav", "webdavs", "dav", "davs"};
    return std::find(schemes.begin(), schemes.end(), scheme) != schemes.end();
}

std::string_view canonical_scheme(std::string_view scheme) noexcept {
    return scheme == "s3a" ? "s3" : scheme;
}

int hex_value(char c) noexcept {
    if (is_digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string decode(std::string_view raw, std::string_view whole) {
    std::string result;
    result.reserve(raw.size());
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] == '?' || raw[i] == '#') {
            throw usage_error(
                std::string(whole) + ": '?' and '#' must be written %3F and %23 in such a URL"
            );
        }
        if (raw[i] != '%') {
            result += raw[i];
            continue;
        }
        const int high = i + 2 < raw.size() ? hex_value(raw[i + 1]) : -1;
        const int low = i + 2 < raw.size() ? hex_value(raw[i + 2]) : -1;
        if (high < 0 || low < 0 || (high == 0 && low == 0)) {
            throw usage_error(
                std::string(whole) + ": '%' must be followed by two hexadecimal digits, not 00"
            );
        }
        result += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return result;
}

std::string options_of(const storage_option* storage) {
    return storage == nullptr ? std::string() : storage->options;
}

} // namespace

bool location::is_folder() const noexcept {
    if (kind == location_kind::local) {
        return path.ends_with('/');
    }
    return kind == location_kind::object && (key.empty() || key.ends_with('/'));
}

location parse_location(std::string_view text) {
    location result;
    result.text = text;
    if (text.empty()) {
        throw usage_error("an argument is empty; a local path, '-' or a URL is expected");
    }
    if (text == "-") {
        result.kind = location_kind::stdio;
        return result;
    }
    const std::size_t scheme = scheme_length(text);
    if (scheme == 0) {
        result.path = text;
        return result;
    }
    result.kind = location_kind::object;
    result.scheme = lower(text.substr(0, scheme));
    const std::string_view rest = text.substr(scheme + separator.size());
    const std::size_t slash = rest.find('/');
    result.authority = rest.substr(0, slash);
    if (slash != std::string_view::npos) {
        result.raw_key = rest.substr(slash + 1);
    }
    result.key = is_decoded(result.scheme) ? decode(result.raw_key, text) : result.raw_key;
    return result;
}

storage_option parse_storage(std::string_view text) {
    const std::size_t scheme = scheme_length(text);
    if (scheme == 0) {
        throw usage_error(
            "--storage (BLOBSTORE_URL) takes a store URL such as s3://bucket?endpoint=http://host"
        );
    }
    storage_option result;
    result.scheme = lower(text.substr(0, scheme));
    const std::string_view rest = text.substr(scheme + separator.size());
    const std::size_t mark = rest.find('?');
    if (mark != std::string_view::npos) {
        result.options = rest.substr(mark);
    }
    const std::string_view before = rest.substr(0, mark);
    result.authority = before.substr(0, before.find('/'));
    return result;
}

const storage_option* find_storage(const std::vector<storage_option>& all, const location& where) {
    const auto found = std::find_if(all.rbegin(), all.rend(), [&](const storage_option& one) {
        return canonical_scheme(one.scheme) == canonical_scheme(where.scheme) &&
               one.authority == where.authority;
    });
    return found == all.rend() ? nullptr : &*found;
}

std::string store_url(const location& where, const storage_option* storage) {
    const std::string root = where.scheme == "file" ? "/" : "";
    return where.scheme + std::string(separator) + where.authority + root + options_of(storage);
}

std::string folder_url(const location& where, const storage_option* storage) {
    if (where.scheme != "file") {
        return store_url(where, storage);
    }
    std::string_view path = where.raw_key;
    while (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    return where.scheme + std::string(separator) + where.authority + "/" + std::string(path) +
           options_of(storage);
}

std::string file_url(std::string_view absolute_path) {
    return "file://" + percent_encode(absolute_path);
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view plain = "/-._~!$&'()+,;=:@"; // '*' would be a wildcard
    std::string result;
    for (const char c : text) {
        if (is_alpha(c) || is_digit(c) || plain.find(c) != std::string_view::npos) {
            result += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        result += '%';
        result += digits[byte >> 4U];
        result += digits[byte & 15U];
    }
    return result;
}

std::string with_slash(std::string_view prefix) {
    std::string result(prefix);
    if (!result.empty() && result.back() != '/') {
        result += '/';
    }
    return result;
}

std::string base_name(std::string_view text) {
    while (text.ends_with('/')) {
        text.remove_suffix(1);
    }
    const std::size_t slash = text.rfind('/');
    return std::string(slash == std::string_view::npos ? text : text.substr(slash + 1));
}

bool is_safe_relative(std::string_view key) noexcept {
    for (;;) {
        const std::size_t slash = key.find('/');
        const std::string_view segment = key.substr(0, slash);
        if (segment.empty() || segment == "." || segment == ".." ||
            segment.starts_with(".blobstore-")) {
            return false;
        }
        if (slash == std::string_view::npos) {
            return true;
        }
        key.remove_prefix(slash + 1);
    }
}

bool contains(const location& outer, const location& inner) {
    return canonical_scheme(outer.scheme) == canonical_scheme(inner.scheme) &&
           outer.authority == inner.authority &&
           with_slash(inner.key).starts_with(with_slash(outer.key));
}

} // namespace blobstore::cli
