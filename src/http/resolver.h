// SPDX-License-Identifier: Apache-2.0
// From host and port to addresses: numbers at once, `resolve` overrides, else the system's resolver
// on a thread.
#pragma once

#include "http/channel.h"

#include <functional>

namespace blobstore::http {

/// What a look-up came to; `failed` is an EAI_ code.
struct lookup_answer {
    int failed = 0, os_error = 0;
    std::vector<endpoint> addresses;
};

using lookup_function = std::function<lookup_answer(const std::string& host, std::uint16_t port)>;

/// getaddrinfo; blocks.
lookup_answer system_lookup(const std::string& host, std::uint16_t port);

class resolver {
public:
    /// `overrides` as in client_options::resolve; errc::config where one is malformed.
    static result<resolver>
    make(const std::vector<std::string>& overrides, lookup_function lookup = system_lookup);

    /// Never empty on success. Cancellable; the limit is for the look-up.
    task<result<std::vector<endpoint>>>
    resolve(operation& op, const origin& to, milliseconds limit) const;

private:
    struct override_entry {
        std::string host;
        std::uint16_t port = 0;
        endpoint address;
    };

    static result<override_entry> parse(std::string_view text);

    std::vector<override_entry> overrides_;
    lookup_function lookup_;
};

} // namespace blobstore::http
