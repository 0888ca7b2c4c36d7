// SPDX-License-Identifier: Apache-2.0
// The one URL parser: endpoints, store URLs and object URLs. Pure; knows no backend.
#pragma once

#include "base/error.h"
#include "base/secret.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace blobstore {

/// An endpoint, http or https.
struct url {
    std::string scheme;     ///< lower case
    std::string host;       ///< lower case; an IPv6 address without its brackets
    std::uint16_t port = 0; ///< 0: the scheme's default
    std::string path;       ///< as on the wire, still encoded; empty or starting with '/'
    secret_values query;    ///< decoded

    /// As in a Host field: brackets around IPv6, the port only if it is not the scheme's default.
    std::string authority() const;

    /// The port to connect to.
    std::uint16_t effective_port() const noexcept {
        return port != 0 ? port : static_cast<std::uint16_t>(scheme == "https" ? 443 : 80);
    }
};

/// `scheme://authority[/prefix][?option=value&...]`
struct store_url {
    std::string scheme;    ///< lower case, as given otherwise (no alias resolved)
    std::string authority; ///< bucket, container@account, host[:port]; may be empty (memory, file)
    std::string prefix;    ///< bytes without the slash after the authority; file: the absolute path
    secret_values options; ///< in order, decoded
};

/// `scheme://authority/key`
struct object_url {
    std::string scheme;    ///< lower case
    std::string authority; ///< as in store_url
    std::string key;       ///< byte for byte; file: the absolute path, http and webdav: decoded
};

/// All three reject, as errc::invalid_argument, user information, backslashes and control
/// characters before the path, a host that is not ASCII, a port over 65535 and an encoded NUL where
/// text is decoded. Messages name what is wrong and never quote user information, keys or option
/// values.

/// http and https only; a fragment is rejected.
result<url> parse_url(std::string_view text);

/// The prefix ends at the first '?'; only option names and values are decoded. `file://`,
/// `http(s)://`, `webdav(s)://` and `dav(s)://` are RFC 3986: the path is decoded once, a fragment
/// is rejected.
result<store_url> parse_store_url(std::string_view text);

/// Everything after the slash behind the authority is the key. For the RFC 3986 schemes the path is
/// decoded once and a '?' or '#' in it, not encoded, is rejected.
result<object_url> parse_object_url(std::string_view text);

} // namespace blobstore
