// SPDX-License-Identifier: Apache-2.0
// Uploads in parts on the wire: requests out, answers in. Pure.
#pragma once

#include "backends/s3/requests.h"
#include "store/checksums.h"

namespace blobstore::s3 {

unsigned_request encode_upload_create(
    const endpoint& at,
    std::string_view key,
    const put_options& options,
    const std::string& mark,
    checksum_kind sum
);
unsigned_request
encode_upload_part(const endpoint& at, const open_upload& to, std::uint32_t part_number);
unsigned_request encode_upload_part_copy(
    const endpoint& at,
    const open_upload& to,
    std::uint32_t part_number,
    std::string_view from_bucket,
    std::string_view from_key,
    const get_options& what
);
unsigned_request
encode_upload_list_parts(const endpoint& at, const open_upload& of, std::uint32_t after);
/// With the checksums of the receipts, and with `sum` (as object_meta::checksum, may be empty) of
/// the whole. errc::invalid_argument for a receipt that XML cannot hold.
result<unsigned_request> encode_upload_complete(
    const endpoint& at,
    const open_upload& of,
    const std::vector<finished_part>& parts,
    const std::string& sum
);
unsigned_request encode_upload_abort(const endpoint& at, const open_upload& of);
unsigned_request
encode_uploads(const endpoint& at, const std::string& prefix, const upload_entry& after);

/// <InitiateMultipartUploadResult>: the id.
result<std::string> decode_upload_create(std::string_view body);
/// <CopyPartResult>: the ETag and the checksum.
result<part_receipt> decode_upload_part_copy(std::string_view body);

struct parts_page {
    std::vector<part_entry> parts;
    std::optional<std::uint32_t> next; ///< the number to go on behind
};

result<parts_page> decode_upload_list_parts(std::string_view body);
/// <CompleteMultipartUploadResult>: the ETag.
result<object_meta> decode_upload_complete(std::string_view body);

struct uploads_page {
    std::vector<upload_entry> uploads;
    std::optional<upload_entry> next; ///< to go on behind
};

result<uploads_page> decode_uploads(std::string_view body);

} // namespace blobstore::s3
