// SPDX-License-Identifier: Apache-2.0
// S3 answers: heads and documents in, values and errors out. Pure.
#pragma once

#include "backends/s3/requests.h"
#include "http/message.h"
#include "store/types.h"

namespace blobstore::s3 {

/// The <Error> document, as far as it is one.
struct service_error {
    std::string code, message, region, endpoint, request_id, host_id;
};

service_error decode_error_document(std::string_view body);

/// What an answer that is no success means: code, service code, ids, hint.
error decode_error(const http::response_head& head, std::string_view body);

/// errc::protocol where it is no whole XML document.
result<void> check_document(std::string_view body);

/// errc::protocol where a length or a date is garbage.
result<object_meta> decode_meta(const http::response_head& head);

/// "bytes 5-9/100": first byte and size of the whole.
struct content_range {
    std::uint64_t first = 0, last = 0;
    std::optional<std::uint64_t> size;
};

result<content_range> decode_content_range(std::string_view text);

/// <ListBucketResult> as XML gives it: nothing is decoded by its EncodingType.
struct list_document {
    std::vector<object_meta> contents, common_prefixes;
    std::string encoding_type, next_continuation_token, next_marker;
    bool is_truncated = false;
};

result<list_document> parse_list(std::string_view body);

/// A page. Keys are url-decoded if the answer's own EncodingType says so, whatever was asked for.
/// Where the answer goes on behind a marker (v1: without one behind its last key), the token is
/// that with marker_token before it. S3-22
result<list_page>
decode_list(std::string_view body, const list_options& asked, list_form form = list_form::v2);

/// The ETag and time of <CopyObjectResult>; errc::protocol for any other document, with
/// outcome_unknown as below.
result<object_meta> decode_copy(std::string_view body);

/// One result per key, in the order of `keys`. errc::protocol where the answer reports an error
/// that cannot be laid to one of them.
result<std::vector<result<void>>>
decode_remove_many(std::string_view body, std::span<const std::string> keys);

/// The same of a document that is cut: what its beginning says, success of all other keys.
result<std::vector<result<void>>>
decode_remove_some(std::string_view beginning, std::span<const std::string> keys);

} // namespace blobstore::s3
