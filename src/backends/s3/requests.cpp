// SPDX-License-Identifier: Apache-2.0
// How each operation is spelled on the wire.
#include "backends/s3/requests.h"

#include "backends/s3/attributes.h"
#include "backends/s3/endpoint_rules.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/time.h"
#include "base/xml.h"

#include <algorithm>

namespace blobstore::s3 {

namespace {

constexpr milliseconds first_byte_of_copy{300000};

void add_conditions(unsigned_request& r, const conditions& when) {
    if (!when.if_match.empty()) r.headers.push_back({"If-Match", quoted_etag(when.if_match)});
    if (!when.if_none_match.empty())
        r.headers.push_back({"If-None-Match", quoted_etag(when.if_none_match)});
    if (when.if_modified_since_ns)
        r.headers.push_back({"If-Modified-Since", format_http_date(*when.if_modified_since_ns)});
    if (when.if_unmodified_since_ns)
        r.headers.push_back({"If-Unmodified-Since", format_http_date(*when.if_unmodified_since_ns)}
        );
}

/// The conditions of a copy on its source.
void add_source_conditions(unsigned_request& r, const conditions& when) {
    unsigned_request of_source;
    add_conditions(of_source, when);
    for (http::header& h : of_source.headers)
        r.headers.push_back({"x-amz-copy-source-" + h.name, std::move(h.value)});
}

std::string range_header(const byte_range& range) {
    if (range.suffix) return "bytes=-" + std::to_string(*range.suffix);
    const std::uint64_t first = range.offset.value_or(0);
    std::string text = "bytes=" + std::to_string(first) + "-";
    if (range.length) text += std::to_string(first + *range.length - 1);
    return text;
}

} // namespace

std::string quoted_etag(const std::string& etag) {
    if (etag == "*" || etag.find('"') != std::string::npos) return etag;
    return '"' + etag + '"';
}

// GET /key  Range: bytes=a-b  If-Match: ...
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
unsigned_request encode_get(const endpoint& at, std::string_view key, const get_options& options) {
    unsigned_request r{"GET", at.path(key), {}, {}, {}};
    if (!options.range.whole()) r.headers.push_back({"Range", range_header(options.range)});
    add_conditions(r, options.when);
    if (!options.version.empty()) r.query.emplace_back("versionId", options.version);
    r.customer_key = options.customer_key;
    return r;
}

unsigned_request encode_head(const endpoint& at, std::string_view key, const get_options& options) {
    get_options whole = options;
    whole.range = {};
    unsigned_request r = encode_get(at, key, whole);
    r.method = "HEAD";
    return r;
}

// PUT /key  Content-Type: ...  x-amz-meta-*: ...
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
unsigned_request encode_put(const endpoint& at, std::string_view key, const put_options& options) {
    unsigned_request r{"PUT", at.path(key), {}, {}, {}};
    add_attributes(r, options.set);
    add_placement(r, options.as);
    add_tags(r, options.tags);
    add_write_condition(r, options.when);
    return r;
}

// DELETE /key?versionId=...  If-Match: ...  x-amz-bypass-governance-retention: true
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
unsigned_request
encode_remove(const endpoint& at, std::string_view key, const remove_options& options) {
    unsigned_request r{"DELETE", at.path(key), {}, {}, {}};
    if (!options.version.empty()) r.query.emplace_back("versionId", options.version);
    if (!options.if_match.empty()) r.headers.push_back({"If-Match", quoted_etag(options.if_match)});
    if (options.bypass_governance)
        r.headers.push_back({"x-amz-bypass-governance-retention", "true"});
    return r;
}

// POST /?delete  Content-MD5: ...
// <Delete><Quiet>true</Quiet><Object><Key>k</Key></Object>...</Delete>
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
result<unsigned_request> encode_remove_many(const endpoint& at, std::span<const std::string> keys) {
    unsigned_request r{"POST", at.path(""), {{"delete", ""}}, {}, {}};
    r.content = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>";
    for (const std::string& key : keys) {
        result<std::string> escaped = xml_escape(key);
        if (!escaped) return escaped.error();
        r.content += "<Object><Key>" + *escaped + "</Key></Object>";
    }
    r.content += "</Delete>";
    r.headers.push_back({"Content-Type", "application/xml"});
    r.headers.push_back({"Content-MD5", base64(md5(r.content))});
    return r;
}

// PUT /key  x-amz-copy-source: /bucket/key  x-amz-metadata-directive: REPLACE
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
unsigned_request encode_copy(
    const endpoint& at,
    std::string_view from_bucket,
    std::string_view from_key,
    std::string_view key,
    const copy_options& options
) {
    unsigned_request r{"PUT", at.path(key), {}, {}, {}};
    r.first_byte = first_byte_of_copy;
    r.headers.push_back(
        {"x-amz-copy-source", copy_source(from_bucket, from_key, options.from.version)}
    );
    add_source_conditions(r, options.from.when);
    r.source_customer_key = options.from.customer_key;
    if (options.replace) {
        r.headers.push_back({"x-amz-metadata-directive", "REPLACE"});
        add_attributes(r, *options.replace);
    }
    if (options.replace_tags) {
        r.headers.push_back({"x-amz-tagging-directive", "REPLACE"});
        add_tags(r, *options.replace_tags);
    }
    add_placement(r, options.as);
    add_write_condition(r, options.when);
    return r;
}

// GET /?list-type=2&prefix=...&delimiter=...&encoding-type=url
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
// v1: GET /?prefix=...&marker=...
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
unsigned_request encode_list(const endpoint& at, const list_options& options, list_form form) {
    unsigned_request r{"GET", at.path(""), {}, {}, {}};
    const bool newer = form == list_form::v2;
    if (newer) r.query.emplace_back("list-type", "2");
    if (at.vendor->encodes_lists) r.query.emplace_back("encoding-type", "url");
    if (!options.prefix.empty()) r.query.emplace_back("prefix", options.prefix);
    if (!options.delimiter.empty()) r.query.emplace_back("delimiter", options.delimiter);
    if (newer && !options.page_token.empty())
        r.query.emplace_back("continuation-token", options.page_token);
    else if (!options.page_token.empty())
        r.query.emplace_back("marker", options.page_token.substr(marker_token.size()));
    else if (!options.start_after.empty())
        r.query.emplace_back(newer ? "start-after" : "marker", options.start_after);
    if (options.page_size != 0)
        r.query.emplace_back(
            "max-keys", std::to_string(std::min(options.page_size, most_per_page))
        );
    if (options.owners && newer) r.query.emplace_back("fetch-owner", "true");
    return r;
}

list_form form_of_list(const endpoint& at, const list_options& options) {
    if (options.page_token.empty()) return at.lists;
    return options.page_token.starts_with(marker_token) ? list_form::v1 : list_form::v2;
}

list_traits list_traits_of(std::string_view bucket) {
    const bool directory = is_directory_bucket(bucket);
    return {!directory, directory};
}

result<void> check_list(std::string_view bucket, const list_options& options) {
    if (!list_traits_of(bucket).whole_folders) return {};
    if (!options.prefix.empty() && !options.prefix.ends_with('/'))
        return error(errc::unsupported, "a directory bucket lists only prefixes that end in '/'");
    if (!options.delimiter.empty() && options.delimiter != "/")
        return error(errc::unsupported, "a directory bucket knows no delimiter but '/'");
    if (!options.start_after.empty())
        return error(errc::unsupported, "a directory bucket is listed in no order to start within");
    return {};
}

unsigned_request
encode_presign(const endpoint& at, std::string_view key, const presign_options& options) {
    unsigned_request r{options.method, at.path(key), options.query, {}, {}};
    for (const auto& [name, value] : options.headers)
        r.headers.push_back({name, value});
    return r;
}

std::string copy_source(std::string_view bucket, std::string_view key, const std::string& version) {
    std::string from = is_arn(bucket) ? std::string(bucket) + "/object" : "/" + std::string(bucket);
    from += "/" + percent_encode(key, encode_set::path);
    if (!version.empty()) from += "?versionId=" + percent_encode(version, encode_set::unreserved);
    return from;
}

void add_write_condition(unsigned_request& r, const write_condition& when) {
    if (when.create) r.headers.push_back({"If-None-Match", "*"});
    if (!when.if_match.empty()) r.headers.push_back({"If-Match", quoted_etag(when.if_match)});
}

bool fits_xml(std::string_view key) {
    bool control = std::any_of(key.begin(), key.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20;
    });
    return !control && xml_escape(key).has_value();
}

std::string render_query(const name_values& query) {
    std::string text;
    for (const auto& [name, value] : query) {
        if (!text.empty()) text += '&';
        text += percent_encode(name, encode_set::unreserved) + '=' +
                percent_encode(value, encode_set::unreserved);
    }
    return text;
}

} // namespace blobstore::s3
