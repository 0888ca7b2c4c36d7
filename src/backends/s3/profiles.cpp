// SPDX-License-Identifier: Apache-2.0
// The table of vendors, and the patterns of hosts and servers that tell them apart.
#include "backends/s3/profiles.h"

#include <algorithm>

namespace blobstore::s3 {

namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
constexpr std::uint64_t no_limit = UINT64_MAX;

constexpr profile table[] = {
    {.name = "default"},
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
    {.name = "aws",
     .checksums = checksum_form::trailer,
     .checksums_by_default = true,
     .put_if_absent = enforced::yes,
     .put_if_match = enforced::yes,
     .remove_if_match = enforced::yes,
     .restore = true},
    {.name = "minio",
     .checksums = checksum_form::trailer,
     .put_if_absent = enforced::yes,
     .put_if_match = enforced::yes,
     .remove_if_match = enforced::no,
     .copy_if_absent = enforced::no},
    // Old gateways page through neither ListObjectsV2 nor encoded lists.
    {.name = "ceph", .lists = list_form::v1, .encodes_lists = false},
    // https://developers.cloudflare.com/r2/api/s3/api/ : parts but the last must be equal, said
    // only when the upload completes; trailers get 501.
    {.name = "r2",
     .default_region = "auto",
     .equal_parts = true,
     .etag_of_parts = false,
     .put_if_absent = enforced::yes,
     .put_if_match = enforced::yes,
     .copy_if_absent = enforced::yes,
     .absent_on_copy = {"cf-copy-destination-if-none-match", "*"},
     .tags = false,
     .versions = false,
     .object_lock = false},
    // Interoperability: no UploadPartCopy (issuetracker.google.com/323465186), but copies of any
    // size; no trailers.
    {.name = "gcs",
     .default_region = "auto",
     .checksums = checksum_form::md5,
     .signed_chunks = false,
     .max_copy = no_limit,
     .part_copy = false,
     .etag_of_parts = false,
     .keys_per_delete = 0,
     .tags = false,
     .object_lock = false},
    // Answers a condition of a write with NotImplemented.
    {.name = "b2",
     .checksums = checksum_form::md5,
     .put_if_absent = enforced::no,
     .put_if_match = enforced::no,
     .remove_if_match = enforced::no,
     .copy_if_absent = enforced::no,
     .tags = false},
    {.name = "wasabi", .checksums = checksum_form::md5},
    // UploadPartCopy and lists as Ceph's, which it is.
    {.name = "spaces",
     .encodes_lists = false,
     .checksums = checksum_form::md5,
     .tags = false,
     .object_lock = false},
    // https://www.alibabacloud.com/help/en/oss/developer-reference/putobject : virtual hosts only.
    {.name = "oss",
     .style = addressing::host,
     .checksums = checksum_form::md5,
     .signed_chunks = false,
     .etag_of_parts = false,
     .put_if_absent = enforced::yes,
     .put_if_match = enforced::no,
     .remove_if_match = enforced::no,
     .copy_if_absent = enforced::yes,
     .absent_on_put = {"x-oss-forbid-overwrite", "true"},
     .absent_on_copy = {"x-oss-forbid-overwrite", "true"},
     .object_lock = false,
     .restore = true},
    {.name = "cos",
     .style = addressing::host,
     .lists = list_form::v1,
     .checksums = checksum_form::md5,
     .signed_chunks = false,
     .etag_of_parts = false,
     .put_if_absent = enforced::yes,
     .put_if_match = enforced::no,
     .remove_if_match = enforced::no,
     .copy_if_absent = enforced::yes,
     .absent_on_put = {"x-cos-forbid-overwrite", "true"},
     .absent_on_copy = {"x-cos-forbid-overwrite", "true"},
     .object_lock = false,
     .restore = true},
    // A list that it encodes repeats its first page for ever. S3-21
    {.name = "obs",
     .style = addressing::host,
     .lists = list_form::v1,
     .encodes_lists = false,
     .checksums = checksum_form::md5,
     .signed_chunks = false,
     .object_lock = false,
     .restore = true},
    // https://github.com/storj/roadmap/issues/40 : no UploadPartCopy.
    {.name = "storj",
     .checksums = checksum_form::md5,
     .min_part = 64 * mebibyte,
     .max_copy = no_limit,
     .part_copy = false},
    {.name = "tigris",
     .default_region = "auto",
     .put_if_absent = enforced::yes,
     .put_if_match = enforced::yes,
     .remove_if_match = enforced::yes,
     .versions = false,
     .object_lock = false},
    {.name = "scaleway",
     .checksums = checksum_form::md5,
     .max_parts = 1000,
     .put_if_absent = enforced::yes,
     .put_if_match = enforced::yes,
     .restore = true},
    {.name = "versitygw",
     .keeps_aws_chunked = true,
     .put_if_absent = enforced::yes,
     .put_if_match = enforced::yes,
     .remove_if_match = enforced::yes,
     .copy_if_absent = enforced::no},
    {.name = "garage",
     .checksums = checksum_form::trailer,
     .put_if_absent = enforced::no,
     .put_if_match = enforced::no,
     .remove_if_match = enforced::no,
     .copy_if_absent = enforced::no,
     .tags = false,
     .versions = false,
     .object_lock = false},
};

/// '*' stands for anything, '#' for one label or part of it: the region. First match counts.
struct host_row {
    std::string_view pattern, vendor;
};

constexpr host_row hosts[] = {
    {"s3.dualstack.#.amazonaws.com", "aws"},
    {"s3-accelerate.amazonaws.com", "aws"},
    {"s3-fips.#.amazonaws.com", "aws"},
    {"s3.#.amazonaws.com", "aws"},
    {"s3.#.amazonaws.com.cn", "aws"},
    {"*.amazonaws.com", "aws"},
    {"*.amazonaws.com.cn", "aws"},
    {"*.amazonaws.eu", "aws"},
    {"*.r2.cloudflarestorage.com", "r2"},
    {"storage.googleapis.com", "gcs"},
    {"*.storage.googleapis.com", "gcs"},
    {"s3.#.backblazeb2.com", "b2"},
    {"*.backblazeb2.com", "b2"},
    {"s3.#.wasabisys.com", "wasabi"},
    {"s3.wasabisys.com", "wasabi"},
    {"*.wasabisys.com", "wasabi"},
    {"#.digitaloceanspaces.com", "spaces"},
    {"*.digitaloceanspaces.com", "spaces"},
    {"oss-#.aliyuncs.com", "oss"},
    {"s3.oss-#.aliyuncs.com", "oss"},
    {"*.aliyuncs.com", "oss"},
    {"cos.#.myqcloud.com", "cos"},
    {"*.myqcloud.com", "cos"},
    {"obs.#.myhuaweicloud.com", "obs"},
    {"*.myhuaweicloud.com", "obs"},
    {"*.storjshare.io", "storj"},
    {"t3.storage.dev", "tigris"},
    {"*.storage.dev", "tigris"},
    {"fly.storage.tigris.dev", "tigris"},
    {"*.tigris.dev", "tigris"},
    {"s3.#.scw.cloud", "scaleway"},
    {"*.scw.cloud", "scaleway"},
};

/// What the field begins with, in lower case.
constexpr host_row servers[] = {
    {"amazons3", "aws"},
    {"minio", "minio"},
    {"ceph", "ceph"},
    {"versitygw", "versitygw"},
    {"wasabi", "wasabi"},
    {"aliyunoss", "oss"},
    {"tencent-cos", "cos"},
    {"obs", "obs"},
    {"tigris", "tigris"},
    {"garage", "garage"},
    {"uploadserver", "gcs"},
    {"storj", "storj"},
};

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

/// Whether the host is the pattern; `region` is then what stands for '#'.
bool matches(std::string_view pattern, std::string_view host, std::string_view& region) {
    const std::size_t at = pattern.find_first_of("*#");
    if (at == std::string_view::npos) return same(pattern, host);
    const std::string_view before = pattern.substr(0, at), after = pattern.substr(at + 1);
    if (host.size() <= before.size() + after.size()) return false;
    const std::size_t length = host.size() - before.size() - after.size();
    const std::string_view middle = host.substr(before.size(), length);
    if (!same(host.substr(0, before.size()), before) ||
        !same(host.substr(before.size() + length), after))
        return false;
    if (pattern[at] == '*') return true;
    if (middle.find('.') != std::string_view::npos) return false;
    region = middle;
    return true;
}

} // namespace

constexpr std::string_view vendor_names[] = {
    "default",
    "aws",
    "minio",
    "ceph",
    "r2",
    "gcs",
    "b2",
    "wasabi",
    "spaces",
    "oss",
    "cos",
    "obs",
    "storj",
    "tigris",
    "scaleway",
    "versitygw",
    "garage"};
static_assert(std::ranges::equal(table, vendor_names, {}, &profile::name));

part_limits limits_of(const profile& vendor) noexcept {
    part_limits limits;
    limits.least_part = vendor.min_part;
    limits.most_part = vendor.max_part;
    limits.most_put = vendor.max_put;
    limits.most_copy = vendor.max_copy;
    limits.most_parts = vendor.max_parts;
    limits.unequal = !vendor.equal_parts;
    limits.part_copy = vendor.part_copy;
    return limits;
}

const profile& profile_of(std::string_view given, std::string_view host) noexcept {
    const profile* named = profile_named(given);
    if (!named) named = profile_by_host(host).vendor;
    return named ? *named : default_profile();
}

std::span<const profile> profiles() noexcept {
    return table;
}

const profile& default_profile() noexcept {
    return table[0];
}

const profile* profile_named(std::string_view name) noexcept {
    const auto found =
        std::ranges::find_if(table, [name](const profile& row) { return same(row.name, name); });
    return found == std::end(table) ? nullptr : found;
}

vendor_host profile_by_host(std::string_view host) noexcept {
    std::string_view region;
    for (const host_row& row : hosts)
        if (matches(row.pattern, host, region)) return {profile_named(row.vendor), region};
    return {};
}

const profile* profile_by_server(std::string_view field) noexcept {
    for (const host_row& row : servers)
        if (field.size() >= row.pattern.size() &&
            same(field.substr(0, row.pattern.size()), row.pattern))
            return profile_named(row.vendor);
    return nullptr;
}

} // namespace blobstore::s3
