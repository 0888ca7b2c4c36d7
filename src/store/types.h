// SPDX-License-Identifier: Apache-2.0
// Values of the portable object store: what is asked and what is known. No cloud, no HTTP, no
// handles.
#pragma once

#include "async/stream.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace blobstore {

using name_values = std::vector<std::pair<std::string, std::string>>;

/// What is known of one object. Empty and nullopt mean unknown.
struct object_meta {
    std::string key;                         ///< the whole key as the caller of `store` spells it
    std::optional<std::uint64_t> size;       ///< of the whole object
    std::optional<std::int64_t> modified_ns; ///< since the epoch
    std::string etag;                        ///< verbatim, with its quotes
    std::string content_type, content_encoding, cache_control;
    name_values metadata;   ///< names in lower case, without any service's prefix
    bool is_prefix = false; ///< a common prefix of a listing, in `key`
};

struct conditions {
    std::string if_match, if_none_match; ///< ETags or "*"; empty = none
    std::optional<std::int64_t> if_modified_since_ns, if_unmodified_since_ns;
};

/// A range as asked for; resolved against the size by resolve().
struct byte_range {
    std::optional<std::uint64_t> offset, length, suffix;

    bool whole() const noexcept { return !offset && !length && !suffix; }
};

struct get_options {
    byte_range range;
    conditions when;
};

struct attributes {
    std::string content_type, content_encoding, cache_control;
    name_values metadata;
};

struct put_options {
    attributes set;
};

struct copy_options {
    std::optional<attributes> replace; ///< nullopt keeps the source's
};

struct list_options {
    std::string prefix, delimiter, start_after, page_token;
    std::uint32_t page_size = 0; ///< 0 = the most the service allows
};

struct list_page {
    std::vector<object_meta> entries; ///< objects and prefixes in key order (bytes)
    std::string next_token;           ///< empty on the last page; opaque, survives the process
};

struct presign_options {
    std::string method = "GET";
    std::int64_t expires_ms = 900000;
    std::optional<std::int64_t> signing_time_ns; ///< nullopt = now
    name_values headers, query;
};

/// An object being read: its metadata, which bytes come, and the bytes.
struct object_body {
    object_meta meta;
    std::uint64_t offset = 0; ///< of the first byte that `bytes` gives
    std::optional<std::uint64_t>
        length; ///< how many it gives; nullopt where the service does not say
    std::unique_ptr<reader> bytes;
};

/// Offset and length within an object of `size`. errc::range where the offset is past the end (an
/// offset equal to the size of a non-empty range request too); a suffix longer than the object is
/// the whole object.
struct resolved_range {
    std::uint64_t offset = 0, length = 0;
};

result<resolved_range> resolve(const byte_range& range, std::uint64_t size);

/// Success, errc::precondition or errc::not_modified, in the order of RFC 9110 13.2.2 (If-Match
/// wins over If-Unmodified-Since, If-None-Match over If-Modified-Since); times are compared in
/// whole seconds.
result<void>
check_conditions(const conditions& when, const std::string& etag, std::int64_t modified_ns);

/// Entries of a page where the caller names no number: what S3 allows most.
inline constexpr std::uint32_t most_per_page = 1000;

} // namespace blobstore
