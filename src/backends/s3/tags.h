// SPDX-License-Identifier: Apache-2.0
// Tags of objects: requests and the answer. Pure.
#pragma once

#include "backends/s3/requests.h"

namespace blobstore::s3 {

unsigned_request
encode_tags_get(const endpoint& at, std::string_view key, const std::string& version);

/// Replaces all; none at all is a delete. errc::invalid_argument for what XML cannot hold.
result<unsigned_request> encode_tags_set(
    const endpoint& at, std::string_view key, const std::string& version, const name_values& tags
);

result<name_values> decode_tags(std::string_view body);

} // namespace blobstore::s3
