// SPDX-License-Identifier: Apache-2.0
// S3 requests: one operation in, one unsigned request out. Pure.
#pragma once

#include "backends/s3/settings.h"
#include "store/types.h"

namespace blobstore::s3 {

/// A request before it is signed and rendered: the path encoded once, the query decoded.
struct unsigned_request {
    std::string method, path;
    name_values query;
    std::vector<http::header> headers;
    std::string content; ///< of requests whose body is made here
    milliseconds first_byte{
        0};                  ///< limit where the service works before it answers; 0: the usual one
    bool of_service = false; ///< goes to the service's own host, not to the bucket's
    secret_string customer_key{}, source_customer_key{}; ///< of SSE-C: headers of each attempt
    bool key_echoed = true; ///< an answer that does not name the customer's key is an error
};

/// An ETag as If-Match takes it.
std::string quoted_etag(const std::string& etag);

unsigned_request encode_get(const endpoint& at, std::string_view key, const get_options& options);
unsigned_request encode_head(const endpoint& at, std::string_view key, const get_options& options);
unsigned_request encode_put(const endpoint& at, std::string_view key, const put_options& options);
unsigned_request
encode_remove(const endpoint& at, std::string_view key, const remove_options& options = {});
/// Keys must be such that XML can hold them: see fits_xml.
result<unsigned_request> encode_remove_many(const endpoint& at, std::span<const std::string> keys);
unsigned_request encode_copy(
    const endpoint& at,
    std::string_view from_bucket,
    std::string_view from_key,
    std::string_view key,
    const copy_options& options
);
unsigned_request encode_list(const endpoint& at, const list_options& options, list_form form);

/// The form that the page token was made by, else the endpoint's.
list_form form_of_list(const endpoint& at, const list_options& options);

/// What stands before the key in the page token of a list by markers.
inline constexpr std::string_view marker_token = "v1:";

/// What lists of a bucket can be asked for, and whether they come in the order of keys. S3-23
struct list_traits {
    bool sorted = true;
    bool whole_folders = false; ///< prefixes end in '/', the only delimiter, and nothing is skipped
};

list_traits list_traits_of(std::string_view bucket);

/// errc::unsupported for what the bucket cannot list.
result<void> check_list(std::string_view bucket, const list_options& options);
unsigned_request
encode_presign(const endpoint& at, std::string_view key, const presign_options& options);

/// The value of x-amz-copy-source.
std::string copy_source(std::string_view bucket, std::string_view key, const std::string& version);

/// If-None-Match or If-Match of a write.
void add_write_condition(unsigned_request& r, const write_condition& when);

/// False where DeleteObjects could not name the key (control characters, bytes that are no UTF-8).
bool fits_xml(std::string_view key);

/// Of a query as it stands in the target: "a=b&c=d", encoded.
std::string render_query(const name_values& query);

} // namespace blobstore::s3
