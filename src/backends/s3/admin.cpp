// SPDX-License-Identifier: Apache-2.0
// How each of these is spelled on the wire, and what the answers say.
#include "backends/s3/admin.h"

#include "backends/s3/document.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/time.h"

#include <algorithm>

namespace blobstore::s3 {

namespace {

constexpr std::string_view name_space = " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
constexpr std::string_view first_region = "us-east-1"; // is not named at creation

std::string document(std::string_view root, const std::string& inner) {
    std::string text = "<";
    text.append(root).append(name_space).append(inner).append("</").append(root).append(">");
    return text;
}

unsigned_request with_body(unsigned_request r, std::string body) {
    r.content = std::move(body);
    r.headers.push_back({"Content-Type", "application/xml"});
    r.headers.push_back({"Content-MD5", base64(md5(r.content))});
    return r;
}

unsigned_request of_object(
    std::string_view method,
    const endpoint& at,
    std::string_view key,
    std::string_view what,
    const std::string& version
) {
    unsigned_request r{std::string(method), at.path(key), {{std::string(what), ""}}, {}, {}};
    if (!version.empty()) r.query.emplace_back("versionId", version);
    return r;
}

result<std::string> expect(xml_reader& xml, std::string_view wanted) {
    result<std::string> root = root_of(xml);
    if (root && *root != wanted)
        return error(errc::protocol, "the answer is no " + std::string(wanted));
    return root;
}

} // namespace

// PUT /  <CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>...
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
unsigned_request encode_bucket_create(const endpoint& at, const bucket_options& options) {
    unsigned_request r = encode_bucket(at, "PUT");
    if (!options.acl.empty()) r.headers.push_back({"x-amz-acl", options.acl});
    if (options.locks) r.headers.push_back({"x-amz-bucket-object-lock-enabled", "true"});
    const std::string& region = options.region.empty() ? at.region : options.region;
    if (region == first_region) return r;
    return with_body(
        std::move(r),
        document(
            "CreateBucketConfiguration", "<LocationConstraint>" + region + "</LocationConstraint>"
        )
    );
}

unsigned_request encode_bucket(const endpoint& at, std::string_view method) {
    return {std::string(method), at.path(""), {}, {}, {}};
}

// GET /?versioning
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html
unsigned_request encode_versioning_get(const endpoint& at) {
    return {"GET", at.path(""), {{"versioning", ""}}, {}, {}};
}

unsigned_request encode_versioning_set(const endpoint& at, bool on) {
    unsigned_request r{"PUT", at.path(""), {{"versioning", ""}}, {}, {}};
    const std::string status = on ? "Enabled" : "Suspended";
    return with_body(
        std::move(r), document("VersioningConfiguration", "<Status>" + status + "</Status>")
    );
}

// GET / of the service
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
unsigned_request encode_bucket_list(const endpoint& at, const list_options& options) {
    unsigned_request r{"GET", at.base_path + "/", {}, {}, {}};
    r.of_service = true;
    if (!options.prefix.empty()) r.query.emplace_back("prefix", options.prefix);
    if (!options.page_token.empty()) r.query.emplace_back("continuation-token", options.page_token);
    if (options.page_size != 0)
        r.query.emplace_back("max-buckets", std::to_string(options.page_size));
    return r;
}

result<std::string> decode_versioning(std::string_view body) {
    xml_reader xml(body);
    const result<std::string> root = expect(xml, "VersioningConfiguration");
    if (!root) return root.error();
    std::string status;
    result<void> read = for_children(xml, [&]() -> result<void> {
        if (xml.name() == "Status") return text_into(xml, status);
        return xml.skip_element();
    });
    if (!read) return read.error();
    return status;
}

result<list_page> decode_bucket_list(std::string_view body, const list_options& asked) {
    xml_reader xml(body);
    const result<std::string> root = expect(xml, "ListAllMyBucketsResult");
    if (!root) return root.error();
    list_page page;
    result<void> read = for_children(xml, [&]() -> result<void> {
        if (xml.name() == "ContinuationToken") return text_into(xml, page.next_token);
        if (xml.name() != "Buckets") return xml.skip_element();
        return for_children(xml, [&]() -> result<void> {
            if (xml.name() != "Bucket") return xml.skip_element();
            object_meta& bucket = page.entries.emplace_back();
            return for_children(xml, [&]() -> result<void> {
                if (xml.name() == "Name") return text_into(xml, bucket.key);
                if (xml.name() == "CreationDate") return time_into(xml, bucket.modified_ns);
                return xml.skip_element();
            });
        });
    });
    if (read) read = to_end(xml);
    if (!read) return read.error();
    if (!page.next_token.empty() && page.next_token == asked.page_token)
        return error(errc::protocol, "the service repeats a page");
    std::erase_if(page.entries, [&](const object_meta& bucket) {
        return !bucket.key.starts_with(asked.prefix) || bucket.key.empty();
    });
    std::sort(
        page.entries.begin(),
        page.entries.end(),
        [](const object_meta& a, const object_meta& b) { return a.key < b.key; }
    );
    return page;
}

// GET, PUT /key?retention and /key?legal-hold
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectRetention.html
unsigned_request
encode_retention_get(const endpoint& at, std::string_view key, const std::string& version) {
    return of_object("GET", at, key, "retention", version);
}

unsigned_request
encode_legal_hold_get(const endpoint& at, std::string_view key, const std::string& version) {
    return of_object("GET", at, key, "legal-hold", version);
}

unsigned_request
encode_retention_set(const endpoint& at, std::string_view key, const lock_options& options) {
    unsigned_request r = of_object("PUT", at, key, "retention", options.version);
    if (options.bypass_governance)
        r.headers.push_back({"x-amz-bypass-governance-retention", "true"});
    const std::string until = format_rfc3339(options.retain_until_ns.value_or(0));
    return with_body(
        std::move(r),
        document(
            "Retention",
            "<Mode>" + options.mode + "</Mode><RetainUntilDate>" + until + "</RetainUntilDate>"
        )
    );
}

unsigned_request
encode_legal_hold_set(const endpoint& at, std::string_view key, const lock_options& options) {
    const std::string status = options.legal_hold.value_or(false) ? "ON" : "OFF";
    return with_body(
        of_object("PUT", at, key, "legal-hold", options.version),
        document("LegalHold", "<Status>" + status + "</Status>")
    );
}

result<void> decode_lock(std::string_view body, object_meta& into) {
    xml_reader xml(body);
    const result<std::string> root = root_of(xml);
    if (!root) return root.error();
    if (*root != "Retention" && *root != "LegalHold" && *root != "ObjectLockRetention") // versitygw
        return error(errc::protocol, "the answer is no lock of an object");
    object_extras& lock = into.own_extras();
    std::string status;
    result<void> read = for_children(xml, [&]() -> result<void> {
        if (xml.name() == "Mode") return text_into(xml, lock.lock_mode);
        if (xml.name() == "RetainUntilDate") return time_into(xml, lock.retain_until_ns);
        if (xml.name() == "Status") return text_into(xml, status);
        return xml.skip_element();
    });
    if (status == "ON") lock.legal_hold = true;
    return read;
}

// GET /key?attributes  x-amz-object-attributes: ETag,...
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
unsigned_request
encode_inspect(const endpoint& at, std::string_view key, const get_options& options) {
    unsigned_request r = of_object("GET", at, key, "attributes", options.version);
    r.headers.push_back({"x-amz-object-attributes", "ETag,ObjectParts,StorageClass,ObjectSize"});
    r.customer_key = options.customer_key;
    r.key_echoed = false;
    return r;
}

result<void> decode_inspect(std::string_view body, object_meta& into) {
    xml_reader xml(body);
    result<std::string> root = root_of(xml);
    if (!root) return root.error();
    if (root->find("etObjectAttributes") != 1) // GetObjectAttributesResponse; MinIO: get...
        return error(errc::protocol, "the answer tells no attributes");
    result<void> read = for_children(xml, [&]() -> result<void> {
        const std::string_view name = xml.name();
        if (name == "ETag") return text_into(xml, into.etag);
        if (name == "StorageClass") return text_into(xml, into.storage_class);
        if (name == "ObjectSize") return size_into(xml, into.size);
        if (name != "ObjectParts") return xml.skip_element();
        return for_children(xml, [&]() -> result<void> {
            const bool count = xml.name() == "TotalPartsCount" || xml.name() == "PartsCount";
            if (count) return size_into(xml, into.own_extras().parts);
            return xml.skip_element();
        });
    });
    if (!into.etag.empty() && into.etag.front() != '"') into.etag = '"' + into.etag + '"';
    if (read) read = to_end(xml);
    return read;
}

// POST /key?restore  <RestoreRequest><Days>1</Days>...
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
unsigned_request
encode_restore(const endpoint& at, std::string_view key, const restore_options& options) {
    std::string inner = "<Days>" + std::to_string(options.days) + "</Days>";
    if (!options.tier.empty())
        inner += "<GlacierJobParameters><Tier>" + options.tier + "</Tier></GlacierJobParameters>";
    return with_body(
        of_object("POST", at, key, "restore", options.version), document("RestoreRequest", inner)
    );
}

} // namespace blobstore::s3
