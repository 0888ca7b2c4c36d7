// SPDX-License-Identifier: Apache-2.0
// Object operations of the fake S3 service: get, head, put, copy, delete.
#include "fakes/digests.h"
#include "fakes/s3_placement.h"
#include "fakes/s3_service.h"
#include "fakes/text_forms.h"

#include <array>

namespace blobstore::fakes {

namespace {

constexpr std::size_t most_metadata = 2048;

constexpr std::array<std::string_view, 6> system_headers{
    "Content-Type",
    "Content-Encoding",
    "Cache-Control",
    "Content-Disposition",
    "Content-Language",
    "Expires"};

// Sub-resources that later work adds; an unknown one would silently become a plain get.
constexpr std::array<std::string_view, 5> not_served{
    "acl", "object-lock", "select", "torrent", "renameObject"};

struct byte_range {
    std::size_t first = 0;
    std::size_t count = 0;
};

enum class range_kind { whole, part, unsatisfiable };

// One range; anything else (several ranges, nonsense) is ignored, as S3 does.
range_kind read_range(const std::string& text, std::size_t size, byte_range& out) {
    static constexpr std::string_view unit = "bytes=";
    if (!text.starts_with(unit)) return range_kind::whole;
    const auto spec = std::string_view{text}.substr(unit.size());
    const auto dash = spec.find('-');
    if (dash == std::string_view::npos) return range_kind::whole;
    const auto first = parse_number(spec.substr(0, dash));
    const auto last = parse_number(spec.substr(dash + 1));
    const bool open_end = dash + 1 == spec.size();
    if (dash == 0) {
        if (!last) return range_kind::whole;
        if (*last == 0 || size == 0) return range_kind::unsatisfiable;
        out.count = std::min<std::size_t>(size, *last);
        out.first = size - out.count;
        return range_kind::part;
    }
    if (!first || (!last && !open_end) || (last && *last < *first)) return range_kind::whole;
    if (*first >= size) return range_kind::unsatisfiable;
    const auto end = last ? std::min<std::uint64_t>(*last, size - 1) : size - 1;
    out.first = *first;
    out.count = end - *first + 1;
    return range_kind::part;
}

// The bytes of the n-th part; an object that was written at once is one part.
std::optional<refusal>
select_part(const std::string& text, bool ranged, const stored_object& object, byte_range& out) {
    const auto number = parse_number(text);
    if (!number || *number < 1 || *number > 10000) {
        return refuse_with(
            400,
            "InvalidArgument",
            "Part number must be an integer between 1 and 10000, inclusive",
            {{"ArgumentName", "partNumber"}, {"ArgumentValue", text}}
        );
    }
    if (ranged) {
        return refuse_with(
            400, "InvalidRequest", "Cannot specify both Range header and partNumber query parameter"
        );
    }
    const auto count = std::max<std::size_t>(1, object.parts.size());
    if (*number > count) {
        return refuse_with(
            416,
            "InvalidPartNumber",
            "The requested partnumber is not satisfiable",
            {{"PartNumberRequested", text}, {"ActualPartCount", std::to_string(count)}}
        );
    }
    if (object.parts.empty()) return std::nullopt;
    out.first = 0;
    for (std::size_t i = 0; i + 1 < *number; ++i)
        out.first += object.parts[i];
    out.count = object.parts[*number - 1];
    return std::nullopt;
}

std::string without_aws_chunked(const std::string& encoding) {
    std::string out;
    for (const auto& part : split_list(encoding, ',')) {
        const auto item = trim(part);
        if (item.empty() || item == "aws-chunked") continue;
        out.append(out.empty() ? "" : ",").append(item);
    }
    return out;
}

// Everything that a put says about the object but its bytes.
} // namespace

std::optional<refusal> read_metadata(const header_list& headers, stored_object& out) {
    for (const auto name : system_headers) {
        const auto* value = find_header(headers, name);
        if (value == nullptr) continue;
        const auto text = name == "Content-Encoding" ? without_aws_chunked(*value) : *value;
        if (!text.empty()) out.system.emplace_back(name, text);
    }
    if (find_header(out.system, "Content-Type") == nullptr) {
        out.system.emplace_back("Content-Type", "binary/octet-stream");
    }
    std::size_t size = 0;
    for (const auto& [name, value] : headers) {
        auto lower = lower_case(name);
        if (!lower.starts_with("x-amz-meta-")) continue;
        size += lower.size() - std::string_view{"x-amz-meta-"}.size() + value.size();
        bool joined = false;
        for (auto& [known, text] : out.user) {
            if (known == lower) {
                text += "," + value;
                joined = true;
            }
        }
        if (!joined) out.user.emplace_back(std::move(lower), value);
    }
    if (size > most_metadata) {
        return refuse(
            400,
            "MetadataTooLarge",
            {{"Size", std::to_string(size)}, {"MaxSizeAllowed", std::to_string(most_metadata)}}
        );
    }
    return std::nullopt;
}

namespace {

void add_object_headers(reply& out, const stored_object& object, const request& message) {
    out.headers.emplace_back("ETag", object.etag);
    out.headers.emplace_back("Last-Modified", http_date(object.modified));
    out.headers.emplace_back("Accept-Ranges", "bytes");
    for (const auto& header : object.system)
        out.headers.push_back(header);
    for (const auto& header : object.user)
        out.headers.push_back(header);
    add_placement(out.headers, object, true);
    if (!object.tags.empty()) {
        const auto count = split_list(object.tags, '&').size();
        out.headers.emplace_back("x-amz-tagging-count", std::to_string(count));
    }
    if (header_or(message.headers, "x-amz-checksum-mode", "") == "ENABLED" && out.status == 200) {
        for (const auto& header : object.checksums)
            out.headers.push_back(header);
    }
}

void override_headers(reply& out, const route& where) {
    for (const auto name : system_headers) {
        const auto* value = where.parameter("response-" + lower_case(name));
        if (value != nullptr) set_header(out.headers, std::string{name}, *value);
    }
}

struct copy_source {
    std::string bucket;
    std::string key;
    std::string version;
};

std::optional<copy_source> read_copy_source(const std::string& header) {
    std::string_view text = header;
    static constexpr std::string_view word = "?versionId=";
    const auto named = text.find(word);
    const auto version = named == std::string_view::npos ? "" : text.substr(named + word.size());
    text = text.substr(0, named);
    auto decoded = percent_decode(text);
    if (!decoded) return std::nullopt;
    if (decoded->starts_with('/')) decoded->erase(0, 1);
    const auto slash = decoded->find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == decoded->size()) {
        return std::nullopt;
    }
    return copy_source{
        decoded->substr(0, slash),
        decoded->substr(slash + 1),
        percent_decode(version).value_or("")};
}

// A copy is written at once, however its source was.
void become_one_part(stored_object& object) {
    object.parts.clear();
    object.etag = "\"" + to_hex(md5(object.data.pieces())) + "\"";
    for (auto& [name, value] : object.checksums) {
        static constexpr std::string_view prefix = "x-amz-checksum-";
        const auto actual = amz_checksum(name.substr(prefix.size()), object.data.pieces());
        value = actual ? *actual : "FULL_OBJECT";
    }
}

reply no_content() {
    reply out;
    out.status = 204;
    out.bodiless = true;
    return out;
}

} // namespace

reply s3_service::object_request(
    const request& message, const route& where, const std::string& data
) {
    const bool head = message.method == "HEAD";
    for (const auto name : not_served) {
        if (where.parameter(name) != nullptr)
            return error_reply(501, "NotImplemented", where, head);
    }
    if (!buckets_.exists(where.bucket)) return error_reply(404, "NoSuchBucket", where, head);
    if (where.parameter("uploads") != nullptr || where.parameter("uploadId") != nullptr) {
        return upload_request(message, where, data);
    }
    if (where.parameter("tagging") != nullptr) return tagging(message, where, data);
    if (where.parameter("attributes") != nullptr) return attributes(message, where);
    if (where.parameter("restore") != nullptr) return restore_request(message, where, data);
    if (where.parameter("retention") != nullptr || where.parameter("legal-hold") != nullptr) {
        return lock_request(message, where, data);
    }
    if (message.method == "GET" || head) return get(message, where, head);
    if (message.method == "DELETE") return remove(message, where);
    if (message.method == "PUT") {
        if (const auto* source = find_header(message.headers, "x-amz-copy-source")) {
            return copy(message, where, *source);
        }
        return put(message, where, data);
    }
    return error_reply(405, "MethodNotAllowed", where, head);
}

reply s3_service::get(const request& message, const route& where, bool head) {
    const auto* id = where.parameter("versionId");
    const auto found = find_version(where.bucket, where.key, id != nullptr ? *id : "");
    const auto& object = found.object;
    if (!object) return error_reply(missing(found, where), where, head);
    if (const auto why = check_customer_key(message.headers, customer_prefix, *object))
        return error_reply(*why, where, head);
    if (!head && is_archived(*object))
        return error_reply(
            refuse_with(
                403,
                "InvalidObjectState",
                "The operation is not valid for the object's storage class",
                {{"StorageClass", header_or(object->placed, "x-amz-storage-class", "")}}
            ),
            where,
            head
        );
    const int verdict = read_condition(message.headers, *object);
    if (verdict == 412) return error_reply(412, "PreconditionFailed", where, head);
    reply out;
    if (verdict == 304) {
        out.status = 304;
        out.bodiless = true;
        out.headers.emplace_back("ETag", object->etag);
        out.headers.emplace_back("Last-Modified", http_date(object->modified));
        return out;
    }
    const auto size = object->data.size();
    byte_range range{0, size};
    auto kind = range_kind::whole;
    const auto* wanted = find_header(message.headers, "range");
    const auto* guard = find_header(message.headers, "if-range");
    if (const auto* number = where.parameter("partNumber")) {
        const auto why = select_part(*number, wanted != nullptr, *object, range);
        if (why) return error_reply(*why, where, head);
        if (size > 0) kind = range_kind::part;
        if (!object->parts.empty()) {
            const auto count = std::to_string(object->parts.size());
            out.headers.emplace_back("x-amz-mp-parts-count", count);
        }
    } else if (wanted != nullptr && (guard == nullptr || etag_listed(*guard, object->etag))) {
        kind = read_range(*wanted, size, range);
    }
    if (kind == range_kind::unsatisfiable) {
        auto why = refuse(
            416,
            "InvalidRange",
            {{"RangeRequested", *wanted}, {"ActualObjectSize", std::to_string(size)}}
        );
        why.headers.emplace_back("Content-Range", "bytes */" + std::to_string(size));
        return error_reply(why, where, head);
    }
    out.body = object->data;
    out.offset = range.first;
    out.length = range.count;
    if (kind == range_kind::part) {
        out.status = 206;
        out.headers.emplace_back(
            "Content-Range",
            "bytes " + std::to_string(range.first) + "-" +
                std::to_string(range.first + range.count - 1) + "/" + std::to_string(size)
        );
    }
    add_object_headers(out, *object, message);
    override_headers(out, where);
    return out;
}

reply s3_service::put(const request& message, const route& where, const std::string& data) {
    if (find_header(message.headers, "x-amz-decoded-content-length") == nullptr &&
        find_header(message.headers, "content-length") == nullptr) {
        const bool chunked = find_header(message.headers, "transfer-encoding") != nullptr;
        return chunked ? error_reply(501, "NotImplemented", where, false)
                       : error_reply(411, "MissingContentLength", where, false);
    }
    auto object = std::make_shared<stored_object>();
    auto why = read_metadata(message.headers, *object);
    if (!why) why = read_placement(message.headers, *object);
    bool any = false;
    object->data = object_bytes(data);
    if (!why) why = check_digests(message.headers, object->data, object->checksums, any);
    if (why) return error_reply(*why, where, false);
    if (data.size() > upload_limits_.largest_write)
        return error_reply(400, "EntityTooLarge", where, false);
    add_default_checksum(object->checksums, object->data);
    object->tags = header_or(message.headers, "x-amz-tagging", "");
    object->etag = "\"" + to_hex(md5(object->data.pieces())) + "\"";
    object->modified = now();
    why = buckets_.with(where.bucket, [&](object_map* objects) -> std::optional<refusal> {
        if (objects == nullptr) return refuse(404, "NoSuchBucket");
        const auto present = objects->find(where.key);
        const auto* old = present == objects->end() ? nullptr : present->second.get();
        if (auto refused = write_condition(message.headers, old)) return refused;
        keep(*objects, where, object);
        return std::nullopt;
    });
    if (why) return error_reply(*why, where, false);
    auto out = text_reply(200, "");
    remove_header(out.headers, "Content-Type");
    out.headers.emplace_back("ETag", object->etag);
    for (const auto& checksum : object->checksums)
        out.headers.push_back(checksum);
    add_placement(out.headers, *object, false);
    return out;
}

std::optional<reply> s3_service::find_source(
    const request& message, const route& where, const std::string& source, object_ptr& found
) {
    const auto from = read_copy_source(source);
    if (!from) {
        const auto why = refuse_with(
            400,
            "InvalidArgument",
            "Copy Source must mention the source bucket and key",
            {{"ArgumentName", "x-amz-copy-source"}, {"ArgumentValue", source}}
        );
        return error_reply(why, where, false);
    }
    route origin = where;
    origin.bucket = from->bucket;
    origin.key = from->key;
    if (!buckets_.exists(from->bucket)) return error_reply(404, "NoSuchBucket", origin, false);
    found = find_version(from->bucket, from->key, from->version).object;
    if (!found) return error_reply(404, "NoSuchKey", origin, false);
    if (const auto why = check_customer_key(message.headers, source_customer_prefix, *found))
        return error_reply(*why, origin, false);
    if (is_archived(*found)) return error_reply(403, "InvalidObjectState", origin, false);
    if (!copy_condition_holds(message.headers, *found)) {
        return error_reply(412, "PreconditionFailed", origin, false);
    }
    return std::nullopt;
}

reply s3_service::copy(const request& message, const route& where, const std::string& source) {
    const auto directive = header_or(message.headers, "x-amz-metadata-directive", "COPY");
    if (directive != "COPY" && directive != "REPLACE") {
        return error_reply(
            refuse_with(400, "InvalidArgument", "Unknown metadata directive."), where, false
        );
    }
    object_ptr old;
    if (auto refused = find_source(message, where, source, old)) return *refused;
    const auto from = read_copy_source(source);
    const bool moves = find_header(message.headers, "x-amz-storage-class") != nullptr ||
                       find_header(message.headers, "x-amz-server-side-encryption") != nullptr ||
                       !from->version.empty();
    if (from->bucket == where.bucket && from->key == where.key && directive == "COPY" && !moves) {
        const auto why = refuse_with(
            400,
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without "
            "changing the object's metadata."
        );
        return error_reply(why, where, false);
    }
    if (old->data.size() > upload_limits_.largest_write) {
        return error_reply(
            refuse_with(
                400,
                "InvalidRequest",
                "The specified copy source is larger than the maximum allowable size for a copy "
                "source: " +
                    std::to_string(upload_limits_.largest_write)
            ),
            where,
            false
        );
    }
    auto object = std::make_shared<stored_object>(*old);
    object->modified = now();
    if (!old->parts.empty()) become_one_part(*object);
    if (header_or(message.headers, "x-amz-tagging-directive", "COPY") == "REPLACE") {
        object->tags = header_or(message.headers, "x-amz-tagging", "");
    }
    object->lock_mode.clear();
    object->restore.clear();
    object->retain_until = 0;
    object->legal_hold = object->holds_told = false;
    auto why = read_placement(message.headers, *object);
    if (!why && directive == "REPLACE") {
        object->system.clear();
        object->user.clear();
        why = read_metadata(message.headers, *object);
    }
    if (!why) {
        why = buckets_.with(where.bucket, [&](object_map* objects) -> std::optional<refusal> {
            if (objects == nullptr) return refuse(404, "NoSuchBucket");
            const auto present = objects->find(where.key);
            const auto* kept = present == objects->end() ? nullptr : present->second.get();
            if (auto refused = write_condition(message.headers, kept)) return refused;
            keep(*objects, where, object);
            return std::nullopt;
        });
    }
    if (why) return error_reply(*why, where, false);
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CopyObjectResult "
                       "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    xml_element(text, "LastModified", iso_date(object->modified));
    xml_element(text, "ETag", object->etag);
    auto out = text_reply(200, text + "</CopyObjectResult>");
    add_placement(out.headers, *object, false);
    return out;
}

reply s3_service::remove(const request& message, const route& where) {
    header_list told;
    const bool bypasses =
        header_or(message.headers, "x-amz-bypass-governance-retention", "") == "true";
    const auto why =
        buckets_.with(where.bucket, [&](object_map* objects) -> std::optional<refusal> {
            if (objects == nullptr) return refuse(404, "NoSuchBucket");
            const auto present = objects->find(where.key);
            const auto* old = present == objects->end() ? nullptr : present->second.get();
            if (find_header(message.headers, "if-match") != nullptr) {
                if (auto refused = write_condition(message.headers, old)) return refused;
            }
            return drop(*objects, where, bypasses, told);
        });
    if (why) return error_reply(*why, where, false);
    auto out = no_content();
    out.headers.insert(out.headers.end(), told.begin(), told.end());
    return out;
}

} // namespace blobstore::fakes
