// SPDX-License-Identifier: Apache-2.0
// How uploads in parts are spelled.
#include "backends/s3/upload_wire.h"

#include "backends/s3/checksums.h"
#include "backends/s3/document.h"
#include "backends/s3/own_write.h"
#include "base/encoding.h"

namespace blobstore::s3 {

namespace {

constexpr milliseconds first_byte_of_work{300000}; // complete and copy work before they answer

name_values of_upload(const open_upload& u) {
    return {{"uploadId", u.id}};
}

name_values of_part(const open_upload& u, std::uint32_t part_number) {
    return {{"partNumber", std::to_string(part_number)}, {"uploadId", u.id}};
}

std::string upper_case(std::string_view text) {
    std::string upper(text);
    for (char& c : upper)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    return upper;
}

constexpr std::string_view sum_name = "Checksum";

/// "<ChecksumCRC32>...</ChecksumCRC32>" of "crc32:..."; nothing where it is of another kind.
std::string sum_element(checksum_kind kind, std::string_view checksum) {
    const std::optional<told_checksum> told = read_checksum(checksum);
    if (!told || told->kind != kind || kind == checksum_kind::md5) return {};
    const std::string name = std::string(sum_name) + upper_case(name_of(kind));
    return "<" + name + ">" + base64(told->value) + "</" + name + ">";
}

/// The text of a <ChecksumCRC32> and its like; what is none is passed over.
result<void> sum_into(xml_reader& xml, std::string& checksum) {
    const std::optional<checksum_kind> kind = checksum_kind_of(xml.name().substr(sum_name.size()));
    if (!kind) return xml.skip_element();
    std::string value;
    const result<void> read = text_into(xml, value);
    const std::string text = std::string(name_of(*kind)) + ":" + value;
    if (read && read_checksum(text)) checksum = text;
    return read;
}

result<void> part_into(xml_reader& xml, part_entry& part) {
    const std::string_view name = xml.name();
    if (name == "ETag") return text_into(xml, part.receipt);
    if (name.starts_with(sum_name)) return sum_into(xml, part.checksum);
    if (name == "LastModified") return time_into(xml, part.modified_ns);
    if (name != "PartNumber" && name != "Size") return xml.skip_element();
    const bool is_size = name == "Size";
    const result<std::string_view> text = xml.element_text();
    if (!text) return text.error();
    const std::optional<std::uint64_t> n = number(*text);
    if (!n || (!is_size && (*n == 0 || *n > 10000)))
        return error(errc::protocol, "a part's number or size is none");
    if (is_size)
        part.size = *n;
    else
        part.number = static_cast<std::uint32_t>(*n);
    return {};
}

result<void> upload_into(xml_reader& xml, upload_entry& upload) {
    const std::string_view name = xml.name();
    if (name == "Key") return text_into(xml, upload.key);
    if (name == "UploadId") return text_into(xml, upload.id);
    if (name == "Initiated") return time_into(xml, upload.begun_ns);
    return xml.skip_element();
}

/// The root's name is as due, `on_child` is called for its children, and the document is whole.
template <class OnChild>
result<void> read_document(std::string_view body, std::string_view root_name, OnChild on_child) {
    xml_reader xml(body);
    const result<std::string> root = root_of(xml);
    if (!root) return root.error();
    if (*root != root_name)
        return error(errc::protocol, "the service answered with a document <" + *root + ">");
    const result<void> children = for_children(xml, [&] { return on_child(xml); });
    if (!children) return children;
    return to_end(xml);
}

result<std::string> text_of(std::string_view body, std::string_view root, std::string_view child) {
    std::string text;
    const result<void> read = read_document(body, root, [&](xml_reader& xml) -> result<void> {
        return xml.name() == child ? text_into(xml, text) : xml.skip_element();
    });
    if (!read) return read.error();
    if (text.empty())
        return error(errc::protocol, "the service's answer has no " + std::string(child));
    return text;
}

result<void> decode_name(std::string& text) {
    const result<std::string> decoded = percent_decode(text, plus::space);
    if (!decoded) return error(errc::protocol, "a key is not encoded as the service says");
    text = *decoded;
    return {};
}

} // namespace

// POST /key?uploads  with the headers of a PUT
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
unsigned_request encode_upload_create(
    const endpoint& at,
    std::string_view key,
    const put_options& options,
    const std::string& mark,
    checksum_kind sum
) {
    put_options unconditional = options;
    unconditional.when = {}; // for completing
    unsigned_request r = encode_put(at, key, unconditional);
    r.method = "POST";
    r.query = {{"uploads", ""}};
    r.headers.push_back({std::string(token_header), mark});
    r.key_echoed = false; // MinIO does with the parts only, which is in time
    if (sum == checksum_kind::none || sum == checksum_kind::md5) return r;
    r.headers.push_back({"x-amz-checksum-algorithm", upper_case(name_of(sum))});
    r.headers.push_back({"x-amz-checksum-type", combines(sum) ? "FULL_OBJECT" : "COMPOSITE"});
    return r;
}

// PUT /key?partNumber=n&uploadId=id
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
unsigned_request
encode_upload_part(const endpoint& at, const open_upload& to, std::uint32_t part_number) {
    unsigned_request r{"PUT", at.path(to.key), of_part(to, part_number), {}, {}};
    r.customer_key = to.customer_key;
    return r;
}

// PUT /key?partNumber=n&uploadId=id  x-amz-copy-source: /bucket/key  x-amz-copy-source-range: ...
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
unsigned_request encode_upload_part_copy(
    const endpoint& at,
    const open_upload& to,
    std::uint32_t part_number,
    std::string_view from_bucket,
    std::string_view from_key,
    const get_options& what
) {
    unsigned_request r{"PUT", at.path(to.key), of_part(to, part_number), {}, {}};
    r.first_byte = first_byte_of_work;
    r.headers.push_back({"x-amz-copy-source", copy_source(from_bucket, from_key, what.version)});
    if (what.range.length) {
        const std::uint64_t first = what.range.offset.value_or(0);
        r.headers.push_back(
            {"x-amz-copy-source-range",
             "bytes=" + std::to_string(first) + "-" +
                 std::to_string(first + *what.range.length - 1)}
        );
    }
    if (!what.when.if_match.empty())
        r.headers.push_back({"x-amz-copy-source-if-match", quoted_etag(what.when.if_match)});
    r.customer_key = to.customer_key;
    r.source_customer_key = what.customer_key;
    return r;
}

// GET /key?uploadId=id&part-number-marker=n
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
unsigned_request
encode_upload_list_parts(const endpoint& at, const open_upload& of, std::uint32_t after) {
    unsigned_request r{"GET", at.path(of.key), of_upload(of), {}, {}};
    if (after != 0) r.query.emplace_back("part-number-marker", std::to_string(after));
    return r;
}

// POST /key?uploadId=id
// <CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"..."</ETag></Part>...
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
result<unsigned_request> encode_upload_complete(
    const endpoint& at,
    const open_upload& of,
    const std::vector<finished_part>& parts,
    const std::string& sum
) {
    unsigned_request r{"POST", at.path(of.key), of_upload(of), {}, {}};
    r.first_byte = first_byte_of_work;
    r.headers.push_back({"Content-Type", "application/xml"});
    add_write_condition(r, of.when);
    r.customer_key = of.customer_key;
    r.key_echoed = false;
    if (!sum.empty()) {
        r.headers.push_back({sum_header(of.sum), sum.substr(sum.find(':') + 1)});
        r.headers.push_back({"x-amz-checksum-type", "FULL_OBJECT"});
    }
    r.content = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    for (const finished_part& part : parts) {
        const part_receipt receipt = split_receipt(part.receipt);
        const result<std::string> etag = xml_escape(receipt.etag);
        if (!etag) return etag.error();
        r.content += "<Part><PartNumber>" + std::to_string(part.number) + "</PartNumber><ETag>" +
                     *etag + "</ETag>" + sum_element(of.sum, receipt.checksum) + "</Part>";
    }
    r.content += "</CompleteMultipartUpload>";
    return r;
}

unsigned_request encode_upload_abort(const endpoint& at, const open_upload& of) {
    return {"DELETE", at.path(of.key), of_upload(of), {}, {}};
}

// GET /?uploads&prefix=...&key-marker=...&upload-id-marker=...
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
unsigned_request
encode_uploads(const endpoint& at, const std::string& prefix, const upload_entry& after) {
    unsigned_request r{"GET", at.path(""), {{"uploads", ""}, {"encoding-type", "url"}}, {}, {}};
    if (!prefix.empty()) r.query.emplace_back("prefix", prefix);
    if (!after.key.empty()) r.query.emplace_back("key-marker", after.key);
    if (!after.id.empty()) r.query.emplace_back("upload-id-marker", after.id);
    return r;
}

result<std::string> decode_upload_create(std::string_view body) {
    return text_of(body, "InitiateMultipartUploadResult", "UploadId");
}

result<part_receipt> decode_upload_part_copy(std::string_view body) {
    part_receipt receipt;
    const result<void> read =
        read_document(body, "CopyPartResult", [&](xml_reader& xml) -> result<void> {
            if (xml.name() == "ETag") return text_into(xml, receipt.etag);
            if (xml.name().starts_with(sum_name)) return sum_into(xml, receipt.checksum);
            return xml.skip_element();
        });
    if (!read) return read.error();
    if (receipt.etag.empty()) return error(errc::protocol, "the service's answer has no ETag");
    return receipt;
}

result<parts_page> decode_upload_list_parts(std::string_view body) {
    parts_page page;
    std::string truncated, next;
    const result<void> read =
        read_document(body, "ListPartsResult", [&](xml_reader& xml) -> result<void> {
            if (xml.name() == "IsTruncated") return text_into(xml, truncated);
            if (xml.name() == "NextPartNumberMarker") return text_into(xml, next);
            if (xml.name() != "Part") return xml.skip_element();
            part_entry& part = page.parts.emplace_back();
            return for_children(xml, [&] { return part_into(xml, part); });
        });
    if (!read) return read.error();
    std::uint32_t last = 0;
    for (const part_entry& part : page.parts) {
        if (part.number <= last) return error(errc::protocol, "the parts are not in order");
        last = part.number;
    }
    if (truncated != "true") return page;
    const std::optional<std::uint64_t> marker = number(next);
    if (last == 0 || (marker && *marker != last))
        return error(errc::protocol, "the list of parts does not go on where it ended");
    page.next = last;
    return page;
}

result<object_meta> decode_upload_complete(std::string_view body) {
    const result<std::string> etag = text_of(body, "CompleteMultipartUploadResult", "ETag");
    if (!etag) return etag.error();
    object_meta meta;
    meta.etag = *etag;
    return meta;
}

result<uploads_page> decode_uploads(std::string_view body) {
    uploads_page page;
    upload_entry next;
    std::string truncated, encoding;
    const result<void> read =
        read_document(body, "ListMultipartUploadsResult", [&](xml_reader& xml) -> result<void> {
            if (xml.name() == "IsTruncated") return text_into(xml, truncated);
            if (xml.name() == "EncodingType") return text_into(xml, encoding);
            if (xml.name() == "NextKeyMarker") return text_into(xml, next.key);
            if (xml.name() == "NextUploadIdMarker") return text_into(xml, next.id);
            if (xml.name() != "Upload") return xml.skip_element();
            upload_entry& upload = page.uploads.emplace_back();
            return for_children(xml, [&] { return upload_into(xml, upload); });
        });
    if (!read) return read.error();
    if (encoding == "url") {
        result<void> decoded = decode_name(next.key);
        for (upload_entry& upload : page.uploads)
            if (decoded) decoded = decode_name(upload.key);
        if (!decoded) return decoded.error();
    }
    if (truncated != "true") return page;
    if (next.key.empty())
        return error(
            errc::protocol, "the list of uploads is cut, and does not say where it goes on"
        );
    page.next = std::move(next);
    return page;
}

} // namespace blobstore::s3
