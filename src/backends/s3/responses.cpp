// SPDX-License-Identifier: Apache-2.0
// Decoders of S3 answers.
#include "backends/s3/responses.h"

#include "backends/s3/attributes.h"
#include "backends/s3/checksums.h"
#include "backends/s3/codes.h"
#include "backends/s3/document.h"
#include "backends/s3/upload_wire.h"
#include "base/encoding.h"
#include "base/time.h"

#include <algorithm>
#include <map>

namespace blobstore::s3 {

namespace {

/// One line: what a service says may hold line ends.
std::string one_line(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    constexpr std::size_t most = 300;
    if (text.size() <= most) return text;
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end; // not within a character
    text.resize(end);
    return text;
}

/// Services have no code of their own for it. S3, versitygw: AccessDenied; MinIO: InvalidRequest.
bool says_locked(const service_error& said) {
    if (said.code == "AccessDenied")
        return said.message.find("protected by object lock") != std::string::npos;
    return said.code == "ObjectLocked" || said.message.starts_with("Object is WORM protected");
}

} // namespace

service_error decode_error_document(std::string_view body) {
    service_error e;
    xml_reader xml(body);
    result<std::string> root = root_of(xml);
    if (!root || *root != "Error") return e;
    static_cast<void>(for_children(xml, [&]() -> result<void> {
        std::string_view name = xml.name();
        if (name == "Code") return text_into(xml, e.code);
        if (name == "Message") return text_into(xml, e.message);
        if (name == "Region") return text_into(xml, e.region);
        if (name == "Endpoint") return text_into(xml, e.endpoint);
        if (name == "RequestId") return text_into(xml, e.request_id);
        if (name == "HostId") return text_into(xml, e.host_id);
        return xml.skip_element();
    }));
    return e;
}

error decode_error(const http::response_head& head, std::string_view body) {
    service_error said = decode_error_document(body);
    if (said.code.empty()) said.code = head.find("x-minio-error-code");
    meaning m = meaning_of(head.status, said.code);
    std::string message = said.message.empty()
                              ? "the service answered " + std::to_string(head.status)
                              : one_line(said.message);
    if (!said.code.empty()) message = one_line(said.code) + ": " + message;
    error e(m.code, std::move(message));
    e->hint = m.hint;
    if (said.region.size() < 64 && m.code == errc::config && !said.region.empty())
        e->hint = "check the region; the service expects " + one_line(said.region);
    e->http_status = head.status;
    e->service_code = one_line(said.code);
    if (said.request_id.empty()) said.request_id = head.find("x-amz-request-id");
    if (said.host_id.empty()) said.host_id = head.find("x-amz-id-2");
    e->request_id = one_line(said.request_id);
    e->host_id = one_line(said.host_id);
    e->from_service = true;
    e->retryable = m.what == http::action::retry || m.what == http::action::throttled;
    if (says_locked(said)) {
        e->code = errc::locked;
        e->hint = "a retention or a legal hold keeps this version";
    }
    if (head.find("x-amz-delete-marker") == "true") { // 404, or 405 where its version was named
        e->code = errc::not_found;
        e->hint = "it was deleted; an older version may be there";
    }
    return e;
}

result<void> check_document(std::string_view body) {
    xml_reader xml(body);
    const result<std::string> root = root_of(xml);
    if (!root) return root.error();
    return to_end(xml);
}

namespace {

/// The heads that tell of an object, and where what they say belongs; those of other kinds below.
constexpr std::pair<std::string_view, std::string object_meta::*> told[] = {
    {"etag", &object_meta::etag},
    {"content-type", &object_meta::content_type},
    {"content-encoding", &object_meta::content_encoding},
    {"cache-control", &object_meta::cache_control}};

} // namespace

result<object_meta> decode_meta(const http::response_head& head) {
    object_meta meta;
    std::string_view modified, length, range;
    for (std::size_t i = 0; i < head.count; ++i) { // the first of a name counts
        const auto [name, value] = head.fields[i];
        for (const auto& [field, member] : told)
            if (http::same_name(name, field) && (meta.*member).empty()) meta.*member = value;
        if (modified.empty() && http::same_name(name, "last-modified")) modified = value;
        if (length.empty() && http::same_name(name, "content-length")) length = value;
        if (range.empty() && http::same_name(name, "content-range")) range = value;
        result<void> taken = take_header(meta, name, value);
        if (!taken) return taken.error();
    }
    if (!modified.empty()) {
        result<void> taken = take_time(parse_http_date(modified), meta.modified_ns);
        if (!taken) return taken.error();
    }
    if (!range.empty()) {
        result<content_range> parsed = decode_content_range(range);
        if (!parsed) return parsed.error();
        meta.size = parsed->size;
    } else if (!length.empty()) {
        meta.size = number(length);
        if (!meta.size) return error(errc::protocol, "Content-Length is no number");
    }
    if (!meta.content_encoding.empty())
        meta.content_encoding = without_aws_chunked(meta.content_encoding);
    meta.checksum = sum_in(head);
    std::sort(meta.metadata.begin(), meta.metadata.end());
    return meta;
}

result<content_range> decode_content_range(std::string_view text) {
    const error bad(errc::protocol, "Content-Range cannot be read");
    constexpr std::string_view unit = "bytes ";
    if (text.substr(0, unit.size()) != unit) return bad;
    text.remove_prefix(unit.size());
    std::size_t dash = text.find('-');
    std::size_t slash = text.find('/');
    if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash)
        return bad;
    content_range range;
    std::optional<std::uint64_t> first = number(text.substr(0, dash));
    std::optional<std::uint64_t> last = number(text.substr(dash + 1, slash - dash - 1));
    if (!first || !last || *last < *first) return bad;
    range.first = *first;
    range.last = *last;
    if (text.substr(slash + 1) != "*") {
        range.size = number(text.substr(slash + 1));
        if (!range.size || *range.size <= range.last) return bad;
    }
    return range;
}

namespace {

result<void> read_object(xml_reader& xml, object_meta& into) {
    return for_children(xml, [&]() -> result<void> {
        std::string_view name = xml.name();
        if (name == "Key") return text_into(xml, into.key);
        if (name == "ETag") return text_into(xml, into.etag);
        if (name == "Size") return size_into(xml, into.size);
        if (name == "LastModified") return time_into(xml, into.modified_ns);
        if (name == "StorageClass") return text_into(xml, into.storage_class);
        if (name == "Owner") return owner_into(xml, into);
        return xml.skip_element();
    });
}

result<void> read_page(xml_reader& xml, list_document& page) {
    return for_children(xml, [&]() -> result<void> {
        std::string_view name = xml.name();
        if (name == "Contents") {
            page.contents.emplace_back();
            return read_object(xml, page.contents.back());
        }
        if (name == "CommonPrefixes") {
            return for_children(xml, [&]() -> result<void> {
                if (xml.name() != "Prefix") return xml.skip_element();
                page.common_prefixes.emplace_back();
                page.common_prefixes.back().is_prefix = true;
                return text_into(xml, page.common_prefixes.back().key);
            });
        }
        if (name == "EncodingType") return text_into(xml, page.encoding_type);
        if (name == "IsTruncated") return truth_into(xml, page.is_truncated);
        if (name == "NextContinuationToken") return text_into(xml, page.next_continuation_token);
        if (name == "NextMarker") return text_into(xml, page.next_marker);
        return xml.skip_element();
    });
}

/// What EncodingType covers; a continuation token is opaque.
result<void> decode_keys(list_document& page) {
    result<void> done = url_decode(page.next_marker);
    for (std::vector<object_meta>* entries : {&page.contents, &page.common_prefixes})
        for (std::size_t i = 0; done && i < entries->size(); ++i)
            done = url_decode((*entries)[i].key);
    return done;
}

} // namespace

result<list_document> parse_list(std::string_view body) {
    xml_reader xml(body);
    result<std::string> root = root_of(xml);
    if (!root) return root.error();
    if (*root != "ListBucketResult")
        return error(errc::protocol, "the answer is no list of objects");
    list_document page;
    page.contents.reserve(std::min<std::size_t>(body.size() / 256, 1000)); // near what comes
    result<void> read = read_page(xml, page);
    if (read) read = to_end(xml);
    if (!read) return read.error();
    return page;
}

namespace {

/// Where the next page begins; empty where the answer does not say.
std::string next_token(const list_document& from, const list_page& page, list_form form) {
    if (!from.next_continuation_token.empty()) return from.next_continuation_token;
    std::string marker = from.next_marker;
    if (marker.empty() && form == list_form::v1 && !page.entries.empty())
        marker = page.entries.back().key;
    return marker.empty() ? marker : std::string(marker_token) + marker;
}

/// What a token says, whichever operation made it.
std::string_view place_in(std::string_view token) {
    return token.substr(token.starts_with(marker_token) ? marker_token.size() : 0);
}

} // namespace

result<list_page> decode_list(std::string_view body, const list_options& asked, list_form form) {
    result<list_document> parsed = parse_list(body);
    if (!parsed) return parsed.error();
    if (parsed->encoding_type == "url") {
        result<void> decoded = decode_keys(*parsed);
        if (!decoded) return decoded.error();
    }
    list_page page;
    page.entries = std::move(parsed->contents);
    page.entries.insert(
        page.entries.end(),
        std::make_move_iterator(parsed->common_prefixes.begin()),
        std::make_move_iterator(parsed->common_prefixes.end())
    );
    constexpr auto by_key = [](const object_meta& a, const object_meta& b) {
        return a.key < b.key;
    };
    if (!std::is_sorted(page.entries.begin(), page.entries.end(), by_key))
        std::sort(page.entries.begin(), page.entries.end(), by_key);
    if (!page.entries.empty() && page.entries.front().key.empty())
        return error(errc::protocol, "a listed object has no key");
    if (!parsed->is_truncated) return page;
    page.next_token = next_token(*parsed, page, form);
    if (page.next_token.empty())
        return error(errc::protocol, "the list goes on, but the service does not say where");
    if (place_in(page.next_token) == place_in(asked.page_token))
        return error(errc::protocol, "the service repeats a page");
    return page;
}

namespace {

result<object_meta> read_copy(std::string_view body) {
    xml_reader xml(body);
    result<std::string> root = root_of(xml);
    if (!root) return root.error();
    if (*root != "CopyObjectResult")
        return error(errc::protocol, "the answer is no result of a copy");
    object_meta meta;
    result<void> read = for_children(xml, [&]() -> result<void> {
        if (xml.name() == "ETag") return text_into(xml, meta.etag);
        if (xml.name() == "LastModified") return time_into(xml, meta.modified_ns);
        return xml.skip_element();
    });
    if (read) read = to_end(xml);
    if (!read) return read.error();
    return meta;
}

using failures = std::map<std::string, error, std::less<>>;

/// As far as it goes; an error where that is not the end.
result<void>
read_failures(std::string_view body, std::span<const std::string> keys, failures& failed) {
    xml_reader xml(body);
    result<std::string> root = root_of(xml);
    if (!root) return root.error();
    if (*root != "DeleteResult")
        return error(errc::protocol, "the answer is no result of a bulk delete");
    result<void> read = for_children(xml, [&]() -> result<void> {
        if (xml.name() != "Error") return xml.skip_element();
        std::string key;
        service_error said;
        result<void> one = for_children(xml, [&]() -> result<void> {
            if (xml.name() == "Key") return text_into(xml, key);
            if (xml.name() == "Code") return text_into(xml, said.code);
            if (xml.name() == "Message") return text_into(xml, said.message);
            return xml.skip_element();
        });
        if (!one) return one;
        if (std::find(keys.begin(), keys.end(), key) == keys.end())
            return error(errc::protocol, "a bulk delete failed for a key that was not named");
        meaning m = meaning_of(400, said.code);
        error e(m.code, one_line(said.code + ": " + said.message));
        e->service_code = one_line(said.code);
        e->from_service = true;
        e->retryable = m.what == http::action::retry || m.what == http::action::throttled;
        if (m.code != errc::not_found) failed.emplace(std::move(key), std::move(e));
        return {};
    });
    if (read) read = to_end(xml);
    return read;
}

std::vector<result<void>> by_key(std::span<const std::string> keys, const failures& failed) {
    std::vector<result<void>> results(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        auto found = failed.find(keys[i]);
        if (found != failed.end()) results[i] = found->second;
    }
    return results;
}

} // namespace

result<object_meta> decode_copy(std::string_view body) {
    result<object_meta> meta = read_copy(body);
    if (!meta) return applied(meta.error());
    return meta;
}

result<std::vector<result<void>>>
decode_remove_many(std::string_view body, std::span<const std::string> keys) {
    failures failed;
    const result<void> read = read_failures(body, keys, failed);
    if (!read) return applied(read.error());
    return by_key(keys, failed);
}

result<std::vector<result<void>>>
decode_remove_some(std::string_view beginning, std::span<const std::string> keys) {
    failures failed;
    (void)read_failures(beginning, keys, failed); // it ends in the middle
    return by_key(keys, failed);
}

} // namespace blobstore::s3
