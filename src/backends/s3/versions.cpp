// SPDX-License-Identifier: Apache-2.0
// Both lists of the document become one.
#include "backends/s3/versions.h"

#include "backends/s3/document.h"
#include "base/encoding.h"

#include <algorithm>
#include <span>

namespace blobstore::s3 {

namespace {

struct versions_document {
    std::vector<object_meta> entries;
    std::string encoding_type;
    version_place next;
    bool is_truncated = false;
};

result<void> read_version(xml_reader& xml, object_meta& into) {
    return for_children(xml, [&]() -> result<void> {
        const std::string_view name = xml.name();
        if (name == "Key") return text_into(xml, into.key);
        if (name == "VersionId") return text_into(xml, into.version);
        if (name == "IsLatest") return truth_into(xml, into.is_latest);
        if (name == "ETag") return text_into(xml, into.etag);
        if (name == "Size") return size_into(xml, into.size);
        if (name == "LastModified") return time_into(xml, into.modified_ns);
        if (name == "StorageClass") return text_into(xml, into.storage_class);
        if (name == "Owner") return owner_into(xml, into);
        return xml.skip_element();
    });
}

result<void> read_versions(xml_reader& xml, versions_document& page) {
    return for_children(xml, [&]() -> result<void> {
        const std::string_view name = xml.name();
        if (name == "Version" || name == "DeleteMarker") {
            object_meta& entry = page.entries.emplace_back();
            entry.is_delete_marker = name == "DeleteMarker";
            return read_version(xml, entry);
        }
        if (name == "CommonPrefixes") {
            object_meta& entry = page.entries.emplace_back();
            entry.is_prefix = true;
            return for_children(xml, [&]() -> result<void> {
                if (xml.name() != "Prefix") return xml.skip_element();
                return text_into(xml, entry.key);
            });
        }
        if (name == "EncodingType") return text_into(xml, page.encoding_type);
        if (name == "IsTruncated") return truth_into(xml, page.is_truncated);
        if (name == "NextKeyMarker") return text_into(xml, page.next.key);
        if (name == "NextVersionIdMarker") return text_into(xml, page.next.version);
        return xml.skip_element();
    });
}

/// Of one key the newest first, also where a service lists the oldest first, or markers behind
/// versions. A page that begins within a key has no latest of it, and stays. S3-37
void put_newest_first(std::span<object_meta> of_key) {
    const auto latest = std::find_if(of_key.begin(), of_key.end(), [](const object_meta& entry) {
        return entry.is_latest;
    });
    if (latest == of_key.begin() || latest == of_key.end()) return;
    if (latest + 1 == of_key.end()) std::reverse(of_key.begin(), of_key.end());
    std::stable_sort(of_key.begin(), of_key.end(), [](const object_meta& a, const object_meta& b) {
        if (a.is_latest != b.is_latest) return a.is_latest;
        return a.modified_ns > b.modified_ns;
    });
}

} // namespace

std::string encode_place(const version_place& at) {
    return percent_encode(at.key, encode_set::unreserved) + "/" +
           percent_encode(at.version, encode_set::unreserved);
}

result<version_place> decode_place(std::string_view token) {
    const error malformed(
        errc::invalid_argument, "the page token is not one of a listing of versions"
    );
    const std::size_t slash = token.find('/');
    if (slash == std::string_view::npos) return malformed;
    result<std::string> key = percent_decode(token.substr(0, slash), plus::literal);
    result<std::string> version = percent_decode(token.substr(slash + 1), plus::literal);
    if (!key || !version || key->empty()) return malformed;
    return version_place{std::move(*key), std::move(*version)};
}

// GET /?versions&prefix=...&key-marker=...&version-id-marker=...
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
unsigned_request encode_list_versions(const endpoint& at, const list_options& options) {
    unsigned_request r{"GET", at.path(""), {{"versions", ""}, {"encoding-type", "url"}}, {}, {}};
    if (!options.prefix.empty()) r.query.emplace_back("prefix", options.prefix);
    if (!options.delimiter.empty()) r.query.emplace_back("delimiter", options.delimiter);
    const result<version_place> place = decode_place(options.page_token);
    if (place) {
        r.query.emplace_back("key-marker", place->key);
        if (!place->version.empty()) r.query.emplace_back("version-id-marker", place->version);
    } else if (!options.start_after.empty()) {
        r.query.emplace_back("key-marker", options.start_after);
    }
    if (options.page_size != 0)
        r.query.emplace_back(
            "max-keys", std::to_string(std::min(options.page_size, most_per_page))
        );
    return r;
}

result<list_page> decode_list_versions(std::string_view body, const list_options& asked) {
    xml_reader xml(body);
    result<std::string> root = root_of(xml);
    if (!root) return root.error();
    if (*root != "ListVersionsResult")
        return error(errc::protocol, "the answer is no list of versions");
    versions_document parsed;
    result<void> read = read_versions(xml, parsed);
    if (read) read = to_end(xml);
    if (!read) return read.error();
    if (parsed.encoding_type == "url") {
        result<void> decoded = url_decode(parsed.next.key);
        for (std::size_t i = 0; decoded && i < parsed.entries.size(); ++i)
            decoded = url_decode(parsed.entries[i].key);
        if (!decoded) return decoded.error();
    }
    list_page page;
    page.entries = std::move(parsed.entries);
    for (const object_meta& entry : page.entries)
        if (entry.key.empty()) return error(errc::protocol, "a listed version has no key");
    std::stable_sort(
        page.entries.begin(),
        page.entries.end(),
        [](const object_meta& a, const object_meta& b) { return a.key < b.key; }
    );
    for (std::size_t from = 0, to = 0; from < page.entries.size(); from = to) {
        while (to < page.entries.size() && page.entries[to].key == page.entries[from].key)
            ++to;
        put_newest_first(std::span(page.entries).subspan(from, to - from));
    }
    if (!parsed.is_truncated) return page;
    if (parsed.next.key.empty())
        return error(errc::protocol, "the list goes on, but the service does not say where");
    page.next_token = encode_place(parsed.next);
    if (page.next_token == asked.page_token)
        return error(errc::protocol, "the service repeats a page");
    return page;
}

} // namespace blobstore::s3
