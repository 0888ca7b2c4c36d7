// SPDX-License-Identifier: Apache-2.0
// From host and port to addresses: numbers at once, `resolve` overrides, else the system's
// resolver.
#pragma once

#include "http/lookups.h"

namespace blobstore::http {

class resolver {
public:
    /// `overrides` as in client_options::resolve; errc::config where one is malformed.
    static result<resolver> make(
        const std::vector<std::string>& overrides,
        lookup_function lookup = system_lookup,
        lookup_times times = {}
    );

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
    std::shared_ptr<lookups> lookups_;
};

} // namespace blobstore::http
