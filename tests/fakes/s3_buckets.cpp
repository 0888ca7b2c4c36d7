// SPDX-License-Identifier: Apache-2.0
// Bucket operations of the fake S3 service: create, head, delete, list, bulk delete.
#include "fakes/s3_service.h"
#include "fakes/text_forms.h"

#include <algorithm>

namespace blobstore::fakes {

namespace {

constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view space_name = " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
constexpr std::size_t longest_bulk = 1000;

std::string open_document(std::string_view root) {
    return std::string{declaration} + "<" + std::string{root} + std::string{space_name};
}

bool valid_bucket_name(const std::string& name) {
    const bool letters =
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string::npos;
    return letters && name.size() >= 3 && name.size() <= 63 && name.front() != '-' &&
           name.back() != '-' && name.front() != '.' && name.back() != '.';
}

struct bulk_delete {
    std::vector<std::string> keys;
    bool quiet = false;
};

std::optional<bulk_delete> read_bulk_delete(const std::string& document) {
    const auto root = parse_xml(document);
    if (!root || root->name != "Delete") return std::nullopt;
    bulk_delete out;
    for (const auto& node : root->children) {
        if (node.name == "Quiet") {
            if (node.text != "true" && node.text != "false") return std::nullopt;
            out.quiet = node.text == "true";
        } else if (node.name == "Object") {
            const auto* key = node.child("Key");
            if (key == nullptr || key->text.empty()) return std::nullopt;
            out.keys.push_back(key->text);
        } else {
            return std::nullopt;
        }
    }
    if (out.keys.empty() || out.keys.size() > longest_bulk) return std::nullopt;
    return out;
}

void write_listing(
    std::string& out,
    const listing& page,
    const listing_request& query,
    const route& where,
    bool encode
) {
    const auto form = [encode](const std::string& text) {
        return encode ? listing_encode(text) : text;
    };
    xml_element(out, "Name", where.bucket);
    xml_element(out, "Prefix", form(query.prefix));
    if (!query.delimiter.empty()) xml_element(out, "Delimiter", form(query.delimiter));
    if (!query.start_after.empty()) xml_element(out, "StartAfter", form(query.start_after));
    if (query.token) xml_element(out, "ContinuationToken", *query.token);
    if (page.truncated) xml_element(out, "NextContinuationToken", page.next_token);
    xml_element(out, "KeyCount", std::to_string(page.objects.size() + page.prefixes.size()));
    xml_element(out, "MaxKeys", std::to_string(query.max_keys));
    if (encode) xml_element(out, "EncodingType", "url");
    xml_element(out, "IsTruncated", page.truncated ? "true" : "false");
    for (const auto& [key, object] : page.objects) {
        out += "<Contents>";
        xml_element(out, "Key", form(key));
        xml_element(out, "LastModified", iso_date(object->modified));
        xml_element(out, "ETag", object->etag);
        xml_element(out, "Size", std::to_string(object->data.size()));
        xml_element(out, "StorageClass", "STANDARD");
        out += "</Contents>";
    }
    for (const auto& prefix : page.prefixes) {
        out += "<CommonPrefixes>";
        xml_element(out, "Prefix", form(prefix));
        out += "</CommonPrefixes>";
    }
}

} // namespace

reply s3_service::list_buckets() {
    auto text = open_document("ListAllMyBucketsResult");
    text += "<Owner><ID>fake</ID><DisplayName>fake</DisplayName></Owner><Buckets>";
    for (const auto& name : buckets_.names()) {
        text += "<Bucket>";
        xml_element(text, "Name", name);
        xml_element(text, "CreationDate", iso_date(now()));
        text += "</Bucket>";
    }
    return text_reply(200, text + "</Buckets></ListAllMyBucketsResult>");
}

reply s3_service::create_bucket(const request& message, const route& where) {
    if (!valid_bucket_name(where.bucket))
        return error_reply(400, "InvalidBucketName", where, false);
    const bool fresh = buckets_.create(where.bucket);
    if (!fresh && rules().region != "us-east-1") {
        return error_reply(409, "BucketAlreadyOwnedByYou", where, false);
    }
    if (header_or(message.headers, "x-amz-bucket-object-lock-enabled", "") == "true") {
        turn_versions(where.bucket, versioning::on);
        versions_.with(where.bucket, [](versioned_bucket& bucket) { bucket.locks = true; });
    }
    auto out = text_reply(200, "");
    remove_header(out.headers, "Content-Type");
    out.headers.emplace_back("Location", "/" + where.bucket);
    return out;
}

reply s3_service::remove_bucket(const route& where) {
    if (has_versions(where.bucket)) return error_reply(409, "BucketNotEmpty", where, false);
    const auto result = buckets_.remove(where.bucket);
    if (result == bucket_map::removal::missing)
        return error_reply(404, "NoSuchBucket", where, false);
    if (result == bucket_map::removal::not_empty) {
        return error_reply(409, "BucketNotEmpty", where, false);
    }
    versions_.forget(where.bucket);
    uploads_.with([&](upload_map& uploads) {
        return std::erase_if(uploads, [&](const auto& item) {
            return std::get<0>(item.first) == where.bucket;
        });
    });
    reply out;
    out.status = 204;
    out.bodiless = true;
    return out;
}

reply s3_service::bucket_request(
    const request& message, const route& where, const std::string& data
) {
    const bool head = message.method == "HEAD";
    if (message.method == "PUT" && where.parameter("versioning") == nullptr) {
        const bool plain =
            std::all_of(where.query.begin(), where.query.end(), [](const auto& item) {
                return item.first == "x-id" || item.first.starts_with("X-Amz-");
            });
        return plain ? create_bucket(message, where)
                     : error_reply(501, "NotImplemented", where, false);
    }
    if (!buckets_.exists(where.bucket)) return error_reply(404, "NoSuchBucket", where, head);
    if (head) {
        auto out = text_reply(200, "");
        out.headers.emplace_back("x-amz-bucket-region", rules().region);
        return out;
    }
    if (where.parameter("versioning") != nullptr) return versioning_request(message, where, data);
    if (message.method == "DELETE") return remove_bucket(where);
    if (message.method == "POST" && where.parameter("delete") != nullptr) {
        return delete_many(message, where, data);
    }
    if (message.method == "GET") {
        if (where.parameter("location") != nullptr) {
            auto text = open_document("LocationConstraint");
            if (rules().region != "us-east-1") text += xml_escape(rules().region);
            return text_reply(200, text + "</LocationConstraint>");
        }
        if (where.parameter("uploads") != nullptr) return list_uploads(where);
        if (where.parameter("versions") != nullptr) return list_versions(where);
        const auto* kind = where.parameter("list-type");
        if (kind != nullptr && *kind == "2") return list(where);
    }
    return error_reply(501, "NotImplemented", where, false);
}

reply s3_service::list(const route& where) {
    listing_request query;
    const auto text = [&](std::string_view name) {
        const auto* value = where.parameter(name);
        return value != nullptr ? *value : std::string{};
    };
    query.prefix = text("prefix");
    query.delimiter = text("delimiter");
    query.start_after = text("start-after");
    if (const auto* token = where.parameter("continuation-token")) query.token = *token;
    if (const auto* number = where.parameter("max-keys")) {
        const auto wanted = parse_number(*number);
        if (!wanted || *wanted > 0x7FFFFFFF) {
            const auto why = refuse_with(
                400,
                "InvalidArgument",
                "Provided max-keys not an integer or within integer range",
                {{"ArgumentName", "max-keys"}, {"ArgumentValue", *number}}
            );
            return error_reply(why, where, false);
        }
        query.max_keys = std::min<std::size_t>(1000, *wanted);
    }
    const auto encoding = text("encoding-type");
    if (!encoding.empty() && encoding != "url") {
        const auto why = refuse_with(
            400,
            "InvalidArgument",
            "Invalid Encoding Method specified in Request",
            {{"ArgumentName", "encoding-type"}, {"ArgumentValue", encoding}}
        );
        return error_reply(why, where, false);
    }
    const auto page = buckets_.with(where.bucket, [&](const object_map* objects) {
        return objects != nullptr ? list_objects(*objects, query) : listing{};
    });
    if (page.bad_token) {
        const auto why = refuse_with(
            400,
            "InvalidArgument",
            "The continuation token provided is incorrect",
            {{"ArgumentName", "continuation-token"}}
        );
        return error_reply(why, where, false);
    }
    auto out = open_document("ListBucketResult");
    write_listing(out, page, query, where, encoding == "url");
    return text_reply(200, out + "</ListBucketResult>");
}

reply s3_service::delete_many(const request& message, const route& where, const std::string& data) {
    header_list checksums;
    bool any = false;
    if (const auto why = check_digests(message.headers, object_bytes(data), checksums, any)) {
        return error_reply(*why, where, false);
    }
    if (!any) {
        const auto why = refuse_with(
            400,
            "InvalidRequest",
            "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
        );
        return error_reply(why, where, false);
    }
    const auto wanted = read_bulk_delete(data);
    if (!wanted) return error_reply(400, "MalformedXML", where, false);
    auto out = open_document("DeleteResult");
    for (const auto& key : wanted->keys) {
        std::string code;
        if (planned_failure(key, code)) {
            const auto why = refuse(500, code);
            out += "<Error>";
            xml_element(out, "Key", key);
            xml_element(out, "Code", why.code);
            xml_element(out, "Message", why.message);
            out += "</Error>";
            continue;
        }
        buckets_.with(where.bucket, [&](object_map* objects) {
            route one;
            one.bucket = where.bucket;
            one.key = key;
            header_list told;
            if (objects != nullptr) drop(*objects, one, false, told);
        });
        if (wanted->quiet) continue;
        out += "<Deleted>";
        xml_element(out, "Key", key);
        out += "</Deleted>";
    }
    return text_reply(200, out + "</DeleteResult>");
}

} // namespace blobstore::fakes
