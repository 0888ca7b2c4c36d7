// SPDX-License-Identifier: Apache-2.0
// ListObjectVersions: its request, its answer and its page token. Pure.
#pragma once

#include "backends/s3/requests.h"

namespace blobstore::s3 {

unsigned_request encode_list_versions(const endpoint& at, const list_options& options);

/// Versions and delete markers in key order, newest first. errc::protocol where a page would be
/// read for ever.
result<list_page> decode_list_versions(std::string_view body, const list_options& asked);

/// Where a page begins, of two markers in one text.
struct version_place {
    std::string key, version;
};

std::string encode_place(const version_place& at);
/// errc::invalid_argument for a text that is none of these.
result<version_place> decode_place(std::string_view token);

} // namespace blobstore::s3
