// SPDX-License-Identifier: Apache-2.0
// What a write says beside the bytes, as headers; and what an answer's headers tell of an object.
// Pure.
#pragma once

#include "backends/s3/requests.h"

namespace blobstore::s3 {

/// errc::invalid_argument where names and values of the metadata are over 2 KiB as they are sent.
result<void> check_metadata(const attributes& set);

void add_attributes(unsigned_request& r, const attributes& set);
void add_placement(unsigned_request& r, const placement& as);
void add_tags(unsigned_request& r, const name_values& tags);

/// SSE-C: algorithm, key and digest of the key; the key is in the last header but one. `prefix`
/// stands before "customer-...".
constexpr std::string_view customer_prefix = "x-amz-server-side-encryption-";
constexpr std::string_view source_customer_prefix = "x-amz-copy-source-server-side-encryption-";
void add_customer_key(
    std::vector<http::header>& headers, std::string_view prefix, const secret_string& key
);

/// errc::unsupported where the service does not say that it used the key: it ignored it.
result<void> check_echo(const http::response_head& head, const secret_string& key);

/// A value of user metadata as it travels: what is not ASCII is percent-encoded, and what would be
/// taken for encoded. S3-45
std::string encode_metadata(std::string_view value);
/// The same back; RFC 2047 words too, as S3 gives back what others put there.
std::string decode_metadata(std::string_view value);

/// What a write on a condition that did not hold means to its caller. S3-34
error refused(error e, const write_condition& when);

/// One header of an answer, if it tells of the object what object_meta's own fields do not.
/// errc::protocol where a time or a number is garbage.
result<void> take_header(object_meta& meta, std::string_view name, std::string_view value);

/// What the answer to a write tells of the object.
result<void> decode_written(const http::response_head& head, object_meta& into);

} // namespace blobstore::s3
