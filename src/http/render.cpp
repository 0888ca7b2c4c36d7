// SPDX-License-Identifier: Apache-2.0
// Rendering with every field checked, since nothing below looks at them again.
#include "http/render.h"

#include <array>
#include <charconv>
#include <cstring>

namespace blobstore::http {

namespace {

enum kind : std::uint8_t { in_token = 1, visible = 2, in_value = 4 };

/// What each byte may be part of.
constexpr std::array<std::uint8_t, 256> kinds = [] {
    std::array<std::uint8_t, 256> table{};
    for (unsigned c = 0x20; c < 256; ++c)
        if (c != 0x7F) table[c] |= in_value;
    table['\t'] |= in_value;
    for (unsigned c = 0x21; c < 0x7F; ++c)
        table[c] |= visible;
    for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789!#$%&'*+-.^_`|~"))
        table[static_cast<unsigned char>(c)] |= in_token;
    return table;
}();

bool all_are(kind wanted, std::string_view text) {
    std::uint8_t all = wanted;
    for (const char c : text)
        all &= kinds[static_cast<unsigned char>(c)];
    return all != 0;
}

bool is_token(std::string_view text) {
    return !text.empty() && all_are(in_token, text);
}

bool is_visible(std::string_view text) {
    return !text.empty() && all_are(visible, text);
}

void add(wiping_string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

} // namespace

bool is_header_value(std::string_view text) {
    constexpr std::uint64_t ones = 0x0101010101010101, high = ones << 7U;
    std::uint64_t doubtful = 0; // a byte below 0x20 or 0x7F among eight; high ones may be, too
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, text.data() + at, 8);
        doubtful |= (eight - ones * 0x20) | (eight + ones);
    }
    return (doubtful & high) == 0 ? all_are(in_value, text.substr(at)) : all_are(in_value, text);
}

result<void> render_head(wiping_string& out, const request& r, std::string_view user_agent) {
    out.clear();
    if (!is_token(r.method))
        return error(errc::invalid_argument, "the request's method is not a token");
    if (!is_visible(r.target) || (r.target.front() != '/' && r.target != "*"))
        return error(
            errc::invalid_argument, "the request's target has characters that it may not have"
        );
    if (!is_visible(r.to.host) || r.to.port == 0)
        return error(errc::invalid_argument, "the request's host or port is not valid");
    std::size_t most =
        r.method.size() + r.target.size() + r.to.host.size() + user_agent.size() + 128;
    for (const header& h : r.headers)
        most += h.name.size() + h.value.size() + 4;
    out.reserve(most);
    out.append(r.method).append(" ").append(r.target).append(" HTTP/1.1\r\n");
    add(out, "Host", r.host_header());
    for (const header& h : r.headers) {
        if (!is_token(h.name))
            return error(errc::invalid_argument, "a header's name is not a token");
        if (!is_header_value(h.value))
            return error(
                errc::invalid_argument,
                "header \"" + h.name + "\" has a control character in its value"
            );
        const bool ours = same_name(h.name, "Host") || same_name(h.name, "Content-Length") ||
                          same_name(h.name, "Transfer-Encoding");
        if (ours) return error(errc::invalid_argument, "header \"" + h.name + "\" cannot be set");
        add(out, h.name, h.value);
    }
    if (!user_agent.empty() && !r.find("User-Agent")) add(out, "User-Agent", user_agent);
    const bool due =
        r.body.size() != 0 || r.method == "PUT" || r.method == "POST" || r.method == "PATCH";
    if (due) {
        std::array<char, 20> digits;
        const auto end =
            std::to_chars(digits.data(), digits.data() + digits.size(), r.body.size()).ptr;
        add(out, "Content-Length", {digits.data(), static_cast<std::size_t>(end - digits.data())});
    }
    if (r.asks_first) add(out, "Expect", "100-continue");
    out.append("\r\n");
    return {};
}

std::string target_without_values(std::string_view target) {
    const std::size_t question = target.find('?');
    std::string out(target.substr(0, question));
    if (question == target.npos) return out;
    char before = '?';
    for (std::string_view rest = target.substr(question + 1); !rest.empty();) {
        const std::size_t end = std::min(rest.find('&'), rest.size());
        const std::string_view pair = rest.substr(0, end);
        out += std::exchange(before, '&');
        out += pair.substr(0, pair.find('='));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out;
}

} // namespace blobstore::http
