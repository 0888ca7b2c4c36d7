// SPDX-License-Identifier: Apache-2.0
// Buckets, locks, restores and attributes of objects: requests and answers. Pure.
#pragma once

#include "backends/s3/requests.h"
#include "store/admin.h"

namespace blobstore::s3 {

unsigned_request encode_bucket_create(const endpoint& at, const bucket_options& options);
unsigned_request encode_bucket(const endpoint& at, std::string_view method);
unsigned_request encode_versioning_get(const endpoint& at);
unsigned_request encode_versioning_set(const endpoint& at, bool on);
unsigned_request encode_bucket_list(const endpoint& at, const list_options& options);

/// "Enabled", "Suspended" or empty.
result<std::string> decode_versioning(std::string_view body);
/// Names as keys, in order, those with the prefix that was asked for.
result<list_page> decode_bucket_list(std::string_view body, const list_options& asked);

unsigned_request
encode_retention_get(const endpoint& at, std::string_view key, const std::string& version);
unsigned_request
encode_legal_hold_get(const endpoint& at, std::string_view key, const std::string& version);
unsigned_request
encode_retention_set(const endpoint& at, std::string_view key, const lock_options& options);
unsigned_request
encode_legal_hold_set(const endpoint& at, std::string_view key, const lock_options& options);
/// Mode and time, or the hold, into the extras.
result<void> decode_lock(std::string_view body, object_meta& into);

unsigned_request
encode_inspect(const endpoint& at, std::string_view key, const get_options& options);
result<void> decode_inspect(std::string_view body, object_meta& into);

unsigned_request
encode_restore(const endpoint& at, std::string_view key, const restore_options& options);

} // namespace blobstore::s3
