// SPDX-License-Identifier: Apache-2.0
// What the vendors of S3 do differently, as data, and whose service an endpoint is. Pure.
#pragma once

#include "store/parts.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace blobstore::s3 {

/// Where the bucket may stand in an explicit endpoint.
enum class addressing : std::uint8_t { path, host };

/// The most of a checksum that a server takes: nothing but Content-MD5, x-amz-checksum-* headers,
/// or trailers of aws-chunked bodies as well. S3-40
enum class checksum_form : std::uint8_t { md5, header, trailer };

/// Which of the two list operations.
enum class list_form : std::uint8_t { v1 = 1, v2 = 2 };

/// Whether a server keeps a condition of a write; `unproven` asks for a probe. S3-36
enum class enforced : std::uint8_t { unproven, no, yes };

/// A header field that stands for a condition where the server ignores the standard one.
struct condition_field {
    std::string_view name, value; ///< empty: there is none
};

/// One vendor. Limits are in bytes; those that a vendor does not publish are the ones of AWS.
/// S3-31, S3-42
struct profile {
    std::string_view name; ///< a value of the setting `vendor`
    addressing style = addressing::path;
    std::string_view default_region = {}; ///< where neither setting nor host names one
    list_form lists = list_form::v2;
    bool encodes_lists = true; ///< takes encoding-type=url, and pages through such a list
    checksum_form checksums = checksum_form::header;
    bool checksums_by_default = false; ///< CRC64NVME is sent unasked
    bool keeps_aws_chunked = false;    ///< stores that word in Content-Encoding
    bool signed_chunks = true;         ///< takes STREAMING-AWS4-HMAC-SHA256-PAYLOAD
    std::uint32_t max_parts = 10'000;
    std::uint64_t min_part = std::uint64_t{5} << 20;
    std::uint64_t max_part = std::uint64_t{5} << 30;
    std::uint64_t max_put = std::uint64_t{5} << 30;
    std::uint64_t max_copy = std::uint64_t{5} << 30; ///< of one CopyObject
    bool equal_parts = false;                        ///< all but the last, which may not be longer
    bool part_copy = true;                           ///< UploadPartCopy
    bool etag_of_parts = true; ///< a multipart ETag is the MD5 of the parts' MD5, and "-N"
    enforced put_if_absent = enforced::unproven;
    enforced put_if_match = enforced::unproven;
    enforced remove_if_match = enforced::unproven;
    enforced copy_if_absent = enforced::unproven; ///< condition on the destination
    condition_field absent_on_put = {};           ///< in place of If-None-Match: *
    condition_field absent_on_copy = {};
    std::uint32_t page_size = 1000;
    std::uint32_t keys_per_delete = 1000; ///< 0: no DeleteObjects
    bool tags = true;
    bool versions = true;
    bool object_lock = true;
    bool restore = false; ///< RestoreObject
};

/// The values of the setting `vendor`: the names of all profiles, in their order.
extern const std::string_view vendor_names[17];

/// What parts and objects a vendor takes. S3-31, S3-42
part_limits limits_of(const profile& vendor) noexcept;

/// All, the one of unknown servers first.
std::span<const profile> profiles() noexcept;

/// The one that stands for every server that is not known.
const profile& default_profile() noexcept;

/// By the value of the setting `vendor`; null if there is none.
const profile* profile_named(std::string_view name) noexcept;

/// Whose an endpoint is, and the region that its host names.
struct vendor_host {
    const profile* vendor = nullptr; ///< null: the host tells nothing
    std::string_view region = {};    ///< a part of the host; empty: it names none
};

/// By the host of the endpoint, with or without a bucket before it.
vendor_host profile_by_host(std::string_view host) noexcept;

/// By the setting `vendor` (empty: not given), else by the endpoint's host, else the default.
const profile& profile_of(std::string_view given, std::string_view host) noexcept;

/// By the `Server` field of an answer; null if it tells nothing.
const profile* profile_by_server(std::string_view field) noexcept;

} // namespace blobstore::s3
