// SPDX-License-Identifier: Apache-2.0
// Parsing of endpoints, store URLs and object URLs.
#include "base/url.h"

#include "base/encoding.h"

#include <algorithm>
#include <array>
#include <optional>

namespace blobstore {

namespace {

error invalid(std::string message) {
    return error(errc::invalid_argument, std::move(message));
}

constexpr bool is_alpha(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

constexpr bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::for_each(out, [](char& c) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

// Schemes whose URLs are those of RFC 3986 and name a host.
bool is_host_scheme(std::string_view scheme) {
    constexpr std::array<std::string_view, 6> names = {
        "http", "https", "webdav", "webdavs", "dav", "davs"};
    return one_of(names, scheme);
}

// Schemes with container@account in place of a host.
bool has_container(std::string_view scheme) {
    constexpr std::array<std::string_view, 7> names = {
        "azure", "az", "adl", "abfs", "abfss", "wasb", "wasbs"};
    return one_of(names, scheme);
}

// Cuts "scheme://" off the text.
result<std::string> take_scheme(std::string_view& text) {
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos || colon == 0) {
        return invalid("URL has no scheme (expected scheme://...)");
    }
    const std::string_view scheme = text.substr(0, colon);
    const bool good = is_alpha(scheme.front()) && std::ranges::all_of(scheme, [](char c) {
                          return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
                      });
    if (!good) {
        return invalid("URL has a malformed scheme");
    }
    text.remove_prefix(colon + 3);
    return lower(scheme);
}

result<void> check_authority(std::string_view scheme, std::string_view authority) {
    for (const char c : authority) {
        if (is_control(c)) {
            return invalid("control character in the URL's authority");
        }
        if (static_cast<unsigned char>(c) >= 0x80) {
            return invalid("the URL's authority is not ASCII (use the punycode form)");
        }
        if (c == '\\') {
            return invalid("backslash in the URL's authority");
        }
        if (c == '%') {
            return invalid("percent-encoding in the URL's authority");
        }
        if (c == ' ' || c == '#' || c == '?' || c == '"' || c == '<' || c == '>' || c == '^' ||
            c == '`' || c == '{' || c == '|' || c == '}') {
            return invalid("character that cannot be in a URL's authority");
        }
    }
    const std::size_t at = authority.find('@');
    if (at == std::string_view::npos) {
        return {};
    }
    const std::string_view before = authority.substr(0, at);
    if (!has_container(scheme) || before.find(':') != std::string_view::npos ||
        authority.find('@', at + 1) != std::string_view::npos) {
        return invalid("user information in a URL is not accepted; pass credentials as options");
    }
    if (before.empty() || at + 1 == authority.size()) {
        return invalid("container or account missing in the URL's authority");
    }
    return {};
}

struct host_port {
    std::string host;
    std::uint16_t port = 0;
};

bool is_ipv6(std::string_view text) {
    return text.find(':') != std::string_view::npos && std::ranges::all_of(text, [](char c) {
               return is_digit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
           });
}

result<std::uint16_t> parse_port(std::string_view text) {
    unsigned port = 0;
    for (const char c : text) {
        if (!is_digit(c)) {
            return invalid("the URL's port is not a number");
        }
        port = port * 10 + static_cast<unsigned>(c - '0');
        if (port > 65535) {
            return invalid("the URL's port is over 65535");
        }
    }
    if (port == 0 && !text.empty()) {
        return invalid("the URL's port is 0");
    }
    return static_cast<std::uint16_t>(port);
}

result<host_port> parse_host(std::string_view authority) {
    host_port out;
    std::string_view after;
    if (authority.starts_with('[')) {
        const std::size_t close = authority.find(']');
        if (close == std::string_view::npos) {
            return invalid("'[' without ']' in the URL's host");
        }
        out.host = lower(authority.substr(1, close - 1));
        after = authority.substr(close + 1);
        if (!is_ipv6(out.host) || (!after.empty() && after.front() != ':')) {
            return invalid("malformed IPv6 address in the URL");
        }
    } else {
        const std::size_t colon = authority.find(':');
        out.host = lower(authority.substr(0, colon));
        after = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
        const bool good = std::ranges::all_of(out.host, [](char c) {
            return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
        });
        if (!good) {
            return invalid("character in the URL's host that no host name has");
        }
    }
    if (out.host.empty()) {
        return invalid("the URL has no host");
    }
    if (!after.empty()) {
        result<std::uint16_t> port = parse_port(after.substr(1));
        if (!port) {
            return port.error();
        }
        out.port = *port;
    }
    return out;
}

result<std::string> decode(std::string_view text, plus plus_means, std::string_view where) {
    result<std::string> out = percent_decode(text, plus_means);
    if (!out) {
        return invalid(out.error().message() + " in the URL's " + std::string(where));
    }
    if (out->find('\0') != std::string::npos) {
        wipe(out->data(), out->size());
        return invalid("NUL in the URL's " + std::string(where));
    }
    return out;
}

/// Wipes a text that may be a secret, however its scope is left.
struct wiped_at_end {
    result<std::string>& text;

    ~wiped_at_end() {
        if (text) wipe(text->data(), text->size());
    }
};

// '+' stays '+': secrets and paths hold it, and a space is %20.
result<secret_values> parse_query(std::string_view text, std::string_view where) {
    secret_values out;
    while (!text.empty()) {
        const std::size_t end = text.find('&');
        const std::string_view pair = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        const std::size_t equals = pair.find('=');
        if (pair.empty()) {
            continue;
        }
        result<std::string> name = decode(pair.substr(0, equals), plus::literal, where);
        if (!name) {
            return name.error();
        }
        const std::string_view raw =
            equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
        result<std::string> value = decode(raw, plus::literal, where);
        const wiped_at_end wiped{value};
        if (!value) {
            return value.error();
        }
        if (name->empty() || std::ranges::any_of(*name, is_control) ||
            std::ranges::any_of(*value, is_control)) {
            return invalid("empty name or control character in the URL's " + std::string(where));
        }
        out.emplace_back(std::move(*name), *value);
    }
    return out;
}

// A path of RFC 3986, decoded once.
result<std::string> decode_path(std::string_view path) {
    for (const char c : path) {
        if (c == '#') {
            return invalid("'#' in the URL (write it as %23; fragments are not accepted)");
        }
        if (c == '?') {
            return invalid("'?' in the URL's path (write it as %3F)");
        }
        if (c == '\\' || is_control(c)) {
            return invalid("backslash or control character in the URL's path (percent-encode it)");
        }
    }
    return decode(path, plus::literal, "path");
}

struct split_url {
    std::string scheme, authority;
    std::string_view rest; ///< "", or from the '/' or '?' after the authority
};

// What object and store URLs have in common: scheme and checked authority.
result<split_url> split(std::string_view text, std::string_view authority_end) {
    result<std::string> scheme = take_scheme(text);
    if (!scheme) {
        return scheme.error();
    }
    split_url out;
    out.scheme = std::move(*scheme);
    const bool strict = out.scheme == "file" || is_host_scheme(out.scheme);
    const std::size_t end = text.find_first_of(strict ? std::string_view("/?#") : authority_end);
    const std::string_view authority = text.substr(0, end);
    out.rest = end == std::string_view::npos ? std::string_view() : text.substr(end);
    result<void> checked = check_authority(out.scheme, authority);
    if (!checked) {
        return checked.error();
    }
    out.authority = authority;
    if (is_host_scheme(out.scheme)) {
        result<host_port> host = parse_host(authority);
        if (!host) {
            return host.error();
        }
        out.authority = lower(authority);
    } else if (out.scheme == "file") {
        const std::string host = lower(authority);
        if (!host.empty() && host != "localhost") {
            return invalid("a file URL names another host (write file:///path)");
        }
        out.authority.clear();
        if (!out.rest.starts_with('/')) {
            return invalid("a file URL needs an absolute path (write file:///path)");
        }
    } else if (out.authority.empty() && out.scheme != "memory") {
        return invalid("the URL names no bucket or container (expected " + out.scheme + "://name)");
    }
    return out;
}

// The path part of either URL: kept as it is, or decoded for the RFC 3986 schemes.
result<std::string> path_of(std::string_view scheme, std::string_view raw) {
    if (scheme == "file") {
        return decode_path(raw);
    }
    raw.remove_prefix(raw.empty() ? 0 : 1);
    if (is_host_scheme(scheme)) {
        return decode_path(raw);
    }
    if (raw.find('\0') != std::string_view::npos) {
        return invalid("NUL in the URL");
    }
    return std::string(raw);
}

} // namespace

std::string url::authority() const {
    std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != 0 && port != (scheme == "https" ? 443 : 80)) {
        out += ":" + std::to_string(port);
    }
    return out;
}

result<url> parse_url(std::string_view text) {
    result<std::string> scheme = take_scheme(text);
    if (!scheme) {
        return scheme.error();
    }
    if (*scheme != "http" && *scheme != "https") {
        return invalid("an endpoint's scheme must be http or https");
    }
    url out;
    out.scheme = std::move(*scheme);
    const std::size_t end = text.find_first_of("/?#");
    const std::string_view authority = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end);
    if (authority.find('@') != std::string_view::npos) {
        return invalid("user information in a URL is not accepted; pass credentials as options");
    }
    result<void> checked = check_authority(out.scheme, authority);
    if (!checked) {
        return checked.error();
    }
    result<host_port> host = parse_host(authority);
    if (!host) {
        return host.error();
    }
    out.host = std::move(host->host);
    out.port = host->port;
    if (text.find('#') != std::string_view::npos) {
        return invalid("a fragment ('#') in an endpoint is not accepted");
    }
    const std::size_t question = text.find('?');
    out.path = text.substr(0, question);
    result<std::string> decoded = decode_path(out.path);
    if (!decoded) {
        return decoded.error();
    }
    const auto beyond = [](char c) { return c == ' ' || static_cast<unsigned char>(c) >= 0x80; };
    if (std::ranges::any_of(out.path, beyond)) {
        return invalid("a space or a byte beyond ASCII in the URL's path (percent-encode it)");
    }
    if (question != std::string_view::npos) {
        result<secret_values> query = parse_query(text.substr(question + 1), "query");
        if (!query) {
            return query.error();
        }
        out.query = std::move(*query);
    }
    return out;
}

result<store_url> parse_store_url(std::string_view text) {
    result<split_url> parts = split(text, "/?");
    if (!parts) {
        return parts.error();
    }
    store_url out;
    out.scheme = std::move(parts->scheme);
    out.authority = std::move(parts->authority);
    const std::size_t question = parts->rest.find('?');
    result<std::string> prefix = path_of(out.scheme, parts->rest.substr(0, question));
    if (!prefix) {
        return prefix.error();
    }
    out.prefix = std::move(*prefix);
    if (question != std::string_view::npos) {
        const std::string_view query = parts->rest.substr(question + 1);
        if ((out.scheme == "file" || is_host_scheme(out.scheme)) &&
            query.find('#') != std::string_view::npos) {
            return invalid("a fragment ('#') in this URL is not accepted");
        }
        result<secret_values> options = parse_query(query, "options");
        if (!options) {
            return options.error();
        }
        out.options = std::move(*options);
    }
    return out;
}

result<object_url> parse_object_url(std::string_view text) {
    result<split_url> parts = split(text, "/");
    if (!parts) {
        return parts.error();
    }
    object_url out;
    out.scheme = std::move(parts->scheme);
    out.authority = std::move(parts->authority);
    result<std::string> key = path_of(out.scheme, parts->rest);
    if (!key) {
        return key.error();
    }
    out.key = std::move(*key);
    return out;
}

} // namespace blobstore
