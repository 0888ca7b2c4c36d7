// SPDX-License-Identifier: Apache-2.0
// Values of the portable object store: what is asked and what is known. No cloud, no HTTP, no
// handles.
#pragma once

#include "async/stream.h"
#include "base/checksum.h"
#include "base/secret.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace blobstore {

using name_values = std::vector<std::pair<std::string, std::string>>;

/// What few objects have, kept beside what all have.
struct object_extras {
    std::string content_disposition, content_language, expires; ///< as they were given
    std::string sse_kms_key_id, restore, owner;
    std::string lock_mode; ///< "GOVERNANCE", "COMPLIANCE"
    std::string token;     ///< of the write that made it; users do not see it
    std::optional<std::int64_t> retain_until_ns;
    std::optional<std::uint64_t> tag_count, parts;
    name_values tags;
    bool bucket_key = false, legal_hold = false;
    errc failure = errc::ok; ///< why a removal of many left it
};

/// What is known of one object. Empty and nullopt mean unknown.
struct object_meta {
    std::string key;                         ///< the whole key as the caller of `store` spells it
    std::optional<std::uint64_t> size;       ///< of the whole object
    std::optional<std::int64_t> modified_ns; ///< since the epoch
    std::string etag;                        ///< verbatim, with its quotes
    std::string content_type, content_encoding, cache_control;
    std::string version; ///< empty where the store keeps no versions
    std::string storage_class, sse;
    std::string checksum;   ///< "crc64nvme:" and base64; "-N" behind it: of the sums of N parts
    name_values metadata;   ///< names in lower case, without any service's prefix
    bool is_prefix = false; ///< a common prefix of a listing, in `key`
    bool is_delete_marker = false; ///< a version that says that there is no object
    bool is_latest = false;        ///< in a listing of versions

    const object_extras& extras() const noexcept;
    object_extras& own_extras(); ///< to write to: not shared with copies of this

private:
    std::shared_ptr<object_extras> extras_;
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
    std::string version;         ///< empty = the current one
    secret_string customer_key;  ///< SSE-C: the 32 bytes the object was written with
    bool verify = true;          ///< a whole object against the checksum that the service gives
    std::uint64_t part_size = 0; ///< of what is read in parallel; 0 = default
    std::uint32_t parallel = 0;  ///< requests at a time; 0 = default, 1 = one after another
    std::optional<std::uint64_t> max_gap; ///< of get_ranges: wider ones are not read along
    bool resumable = false;               ///< of a download to a path: what came stays
    std::string resume, resume_path;      ///< see blobstore_get_options
    std::uint64_t read_ahead = 0;         ///< of a reader; 0 = none
};

struct attributes {
    std::string content_type, content_encoding, cache_control;
    name_values metadata;
    std::string content_disposition, content_language, expires;

    friend bool operator==(const attributes&, const attributes&) = default;
};

/// What a copy keeps of `meta`.
attributes attributes_of(const object_meta& meta);

/// How the service is to keep an object; never taken over from a source.
struct placement {
    std::string storage_class, acl;
    std::string sse; ///< "AES256", "aws:kms", "aws:kms:dsse"
    std::string sse_kms_key_id;
    bool bucket_key = false;
    secret_string customer_key; ///< SSE-C: 32 bytes

    bool usual() const noexcept {
        return storage_class.empty() && acl.empty() && sse.empty() && sse_kms_key_id.empty() &&
               !bucket_key && customer_key.empty();
    }
};

/// What must be true of the object that a write replaces.
struct write_condition {
    bool create = false;              ///< there is none: else errc::exists
    std::string if_match, if_version; ///< it is this one ("*": any): else errc::precondition

    bool none() const noexcept { return !create && if_match.empty() && if_version.empty(); }
};

/// How a large object is moved; 0 and empty: as the store's settings say.
struct transfer_options {
    std::uint64_t size_hint = 0; ///< of a stream whose length is known after all
    std::uint64_t part_size = 0;
    std::uint32_t parallel = 0;
    std::string resume;      ///< of an earlier transfer, to go on with
    std::string resume_path; ///< a file that keeps it
    bool keep = false;       ///< parts that are there stay after a failure
};

struct put_options {
    transfer_options transfer;
    attributes set;
    name_values tags;
    placement as;
    write_condition when;
    bool guess_type = false; ///< content type by the key's suffix where none is given
    checksum_kind checksum = checksum_kind::none; ///< none: what the store does by itself
    std::string checksum_value; ///< base64, of a kind that is named: what the bytes must have
};

struct copy_options {
    std::optional<attributes> replace;       ///< nullopt keeps the source's
    std::optional<name_values> replace_tags; ///< nullopt keeps the source's
    placement as;
    write_condition when;
    get_options from;          ///< which version of the source, on what conditions; no range
    transfer_options transfer; ///< part_size and parallel, where it goes in parts
    bool guess_type = false;   ///< with `replace`
};

struct remove_options {
    std::string if_match, if_version; ///< errc::precondition where it is another
    std::string version;              ///< to be removed for good; empty = the current object
    bool bypass_governance = false;
};

struct list_options {
    std::string prefix, delimiter, start_after, page_token;
    std::uint32_t page_size = 0; ///< 0 = the most the service allows
    bool versions = false;       ///< every version of every key, newest first
    bool markers = false;        ///< folders of a file store as keys that end in "/"
    bool owners = false;
    std::uint32_t parallel = 0; ///< requests at the same time, over pieces of the key space; 0 = 1
    bool unordered = false;     ///< with `parallel`: entries as they come, none twice
};

struct list_page {
    std::vector<object_meta> entries; ///< objects and prefixes in key order (bytes)
    std::string next_token;           ///< empty on the last page; opaque, survives the process
};

/// What became of the objects of a prefix.
struct prefix_removal {
    std::uint64_t removed = 0; ///< of a dry run: that would be
    list_page left;            ///< those that failed, each with its failure
};

/// An upload in parts that was begun and not yet ended: what every later call on it needs.
struct open_upload {
    std::string key, id;  ///< id: as the service calls it
    std::string mark;     ///< in the metadata of what it will be, where the store knows its own so
    write_condition when; ///< for completing
    secret_string customer_key;              ///< SSE-C: needed with every part
    checksum_kind sum = checksum_kind::none; ///< that its parts come with
    std::string sum_value;                   ///< base64, of the whole, where the caller gave it
};

/// A part that is there.
struct part_entry {
    std::uint32_t number = 0; ///< 1 and up
    std::uint64_t size = 0;
    std::optional<std::int64_t> modified_ns;
    std::string receipt;  ///< what completing needs of it; on S3 its ETag
    std::string checksum; ///< as object_meta::checksum; empty where the service tells none
};

/// A part to be in the object. The receipt may be empty where the store needs none.
struct finished_part {
    std::uint32_t number = 0;
    std::string receipt;
};

struct upload_entry {
    std::string key, id;
    std::optional<std::int64_t> begun_ns;
};

struct upload_page {
    std::vector<upload_entry> uploads; ///< by key, of one key by age
    std::string next_token;            ///< empty on the last page
};

struct presign_options {
    std::string method = "GET";
    std::int64_t expires_ms = 900000;
    std::optional<std::int64_t> signing_time_ns; ///< nullopt = now
    name_values headers, query;
};

/// A form by which a browser may upload one object.
struct post_options {
    std::int64_t expires_ms = 900000;
    std::optional<std::int64_t> signing_time_ns; ///< nullopt = now
    bool any_name = false; ///< the key begins the object's; the file's name follows it
    std::uint64_t min_size = 0, max_size = 0; ///< 0 and 0: what the service takes
    name_values fields;                       ///< sent as they are, and covered by the signature
};

/// An object being read: its metadata, which bytes come, and the bytes.
struct object_body {
    object_meta meta;
    std::uint64_t offset = 0; ///< of the first byte that `bytes` gives
    std::optional<std::uint64_t>
        length; ///< how many it gives; nullopt where the service does not say
    std::unique_ptr<reader> bytes;
    bool unverified = false; ///< a whole object that is to be held against meta.checksum, and is by
                             ///< `bytes` once the portable store opened it
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

/// Of a write over `current` (null: nothing is there). errc::exists, errc::precondition.
result<void> check_write(const write_condition& when, const object_meta* current);

/// Entries of a page where the caller names no number: what S3 allows most.
inline constexpr std::uint32_t most_per_page = 1000;

} // namespace blobstore
