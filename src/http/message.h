// SPDX-License-Identifier: Apache-2.0
// Requests and response heads as plain values. No sockets, no parsing, no signing.
#pragma once

#include "async/stream.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace blobstore::http {

/// Case-insensitive for ASCII letters, as header names are.
inline bool same_name(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
    return true;
}

struct header {
    std::string name, value;
};

/// Where requests go: one pool of connections each.
struct origin {
    bool tls = false;
    std::string host;       ///< name or address without brackets; SNI and certificate check
    std::uint16_t port = 0; ///< never 0 here

    bool operator==(const origin&) const = default;
};

/// One request, as it will be rendered: `method target HTTP/1.1`, Host, headers, Content-Length,
/// body.
struct request {
    std::string method = "GET";
    origin to;
    std::string target = "/";    ///< path and query as on the wire
    std::vector<header> headers; ///< without Host and Content-Length, which the client renders
    source body;
    milliseconds first_byte{30000}; ///< limit for the first byte of the answer
    bool asks_first = false;        ///< Expect: 100-continue, and the body when the peer agrees

    std::string host_header() const; ///< host, with the port unless it is the scheme's own
    void set(std::string_view name, std::string_view value); ///< replaces or adds
    const std::string* find(std::string_view name) const noexcept;
};

struct header_view {
    std::string_view name, value;
};

/// The head of an answer: views into the connection's buffer, valid while the response lives and
/// until its body ends.
struct response_head {
    int status = 0;
    std::array<header_view, 256> fields;
    std::size_t count = 0;

    /// The first value of that name, or an empty view.
    std::string_view find(std::string_view name) const noexcept {
        for (std::size_t i = 0; i < count; ++i)
            if (same_name(fields[i].name, name)) return fields[i].value;
        return {};
    }
};

} // namespace blobstore::http
