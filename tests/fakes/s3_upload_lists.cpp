// SPDX-License-Identifier: Apache-2.0
// The two listings of multipart uploads: the parts of one, and the open ones of a bucket.
#include "fakes/s3_service.h"
#include "fakes/text_forms.h"

#include <algorithm>

namespace blobstore::fakes {

namespace {

std::string open_document(std::string_view root) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + std::string{root} +
           " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
}

std::string text_of(const route& where, std::string_view name) {
    const auto* value = where.parameter(name);
    return value != nullptr ? *value : std::string{};
}

std::optional<refusal>
read_count(const route& where, const std::string& name, std::size_t& out, std::size_t most) {
    const auto* text = where.parameter(name);
    if (text == nullptr) return std::nullopt;
    const auto number = parse_number(*text);
    if (number && *number <= 0x7FFFFFFF) {
        out = std::min<std::size_t>(most, *number);
        return std::nullopt;
    }
    return refuse_with(
        400,
        "InvalidArgument",
        "Argument " + name + " must be an integer between 0 and 2147483647",
        {{"ArgumentName", name}, {"ArgumentValue", *text}}
    );
}

void write_owner(std::string& out) {
    out += "<Initiator><ID>fake</ID><DisplayName>fake</DisplayName></Initiator>"
           "<Owner><ID>fake</ID><DisplayName>fake</DisplayName></Owner>";
    xml_element(out, "StorageClass", "STANDARD");
}

void write_checksum_kind(std::string& out, const open_upload& upload) {
    if (upload.algorithm.empty()) return;
    xml_element(out, "ChecksumAlgorithm", upper_case(upload.algorithm));
    xml_element(out, "ChecksumType", upload.full_object ? "FULL_OBJECT" : "COMPOSITE");
}

struct part_page {
    std::string text;
    unsigned last = 0;
    bool truncated = false;
};

part_page write_parts(const open_upload& upload, unsigned marker, std::size_t most) {
    part_page out;
    out.last = marker;
    std::size_t count = 0;
    for (auto at = upload.parts.upper_bound(marker); at != upload.parts.end(); ++at) {
        const auto& [number, part] = *at;
        if (count++ == most) {
            out.truncated = most > 0;
            break;
        }
        out.last = number;
        out.text += "<Part>";
        xml_element(out.text, "PartNumber", std::to_string(number));
        xml_element(out.text, "LastModified", iso_date(part.modified));
        xml_element(out.text, "ETag", part.etag);
        xml_element(out.text, "Size", std::to_string(part.data.size()));
        if (!part.checksum.empty())
            xml_element(out.text, checksum_element(upload.algorithm), part.checksum);
        out.text += "</Part>";
    }
    return out;
}

struct upload_page {
    std::string text;
    std::string next_key;
    std::string next_id;
    bool truncated = false;
};

struct upload_query {
    std::string prefix;
    std::string key_marker;
    std::string id_marker; // of no meaning without the key marker
    std::size_t most = 0;
    bool encode = false;

    std::string form(const std::string& text) const { return encode ? listing_encode(text) : text; }

    bool behind_markers(const std::string& key, const std::string& id) const {
        if (key_marker.empty() || key > key_marker) return true;
        return key == key_marker && !id_marker.empty() && id > id_marker;
    }
};

upload_page
write_uploads(const upload_map& uploads, const std::string& bucket, const upload_query& query) {
    upload_page out;
    std::size_t count = 0;
    for (const auto& [name, upload] : uploads) {
        const auto& [its_bucket, key, id] = name;
        const bool listed =
            its_bucket == bucket && key.starts_with(query.prefix) && query.behind_markers(key, id);
        if (!listed) continue;
        if (count++ == query.most) {
            out.truncated = query.most > 0;
            break;
        }
        out.next_key = key;
        out.next_id = id;
        out.text += "<Upload>";
        xml_element(out.text, "Key", query.form(key));
        xml_element(out.text, "UploadId", id);
        write_owner(out.text);
        xml_element(out.text, "Initiated", iso_date(upload.started));
        write_checksum_kind(out.text, upload);
        out.text += "</Upload>";
    }
    return out;
}

} // namespace

reply s3_service::list_parts(const route& where) {
    std::size_t most = upload_limits_.longest_page;
    std::size_t marker = 0;
    auto why = read_count(where, "max-parts", most, most);
    if (!why) why = read_count(where, "part-number-marker", marker, 10000);
    auto out = open_document("ListPartsResult");
    if (!why) {
        why = uploads_.with([&](const upload_map& uploads) -> std::optional<refusal> {
            const auto found = uploads.find(name_of_upload(where));
            if (found == uploads.end()) return no_such_upload(where);
            const auto page = write_parts(found->second, static_cast<unsigned>(marker), most);
            xml_element(out, "Bucket", where.bucket);
            xml_element(out, "Key", where.key);
            xml_element(out, "UploadId", text_of(where, "uploadId"));
            write_owner(out);
            write_checksum_kind(out, found->second);
            xml_element(out, "PartNumberMarker", std::to_string(marker));
            xml_element(out, "NextPartNumberMarker", std::to_string(page.last));
            xml_element(out, "MaxParts", std::to_string(most));
            xml_element(out, "IsTruncated", page.truncated ? "true" : "false");
            out += page.text;
            return std::nullopt;
        });
    }
    if (why) return error_reply(*why, where, false);
    return text_reply(200, out + "</ListPartsResult>");
}

reply s3_service::list_uploads(const route& where) {
    upload_query query;
    query.prefix = text_of(where, "prefix");
    query.key_marker = text_of(where, "key-marker");
    query.id_marker = text_of(where, "upload-id-marker");
    query.most = upload_limits_.longest_page;
    query.encode = text_of(where, "encoding-type") == "url";
    // Common prefixes of uploads are not asked for by anyone here.
    if (!text_of(where, "delimiter").empty())
        return error_reply(501, "NotImplemented", where, false);
    if (const auto why = read_count(where, "max-uploads", query.most, query.most)) {
        return error_reply(*why, where, false);
    }
    const auto page = uploads_.with([&](const upload_map& uploads) {
        return write_uploads(uploads, where.bucket, query);
    });
    auto out = open_document("ListMultipartUploadsResult");
    xml_element(out, "Bucket", where.bucket);
    xml_element(out, "Prefix", query.form(query.prefix));
    xml_element(out, "KeyMarker", query.form(query.key_marker));
    xml_element(out, "UploadIdMarker", query.id_marker);
    if (page.truncated) {
        xml_element(out, "NextKeyMarker", query.form(page.next_key));
        xml_element(out, "NextUploadIdMarker", page.next_id);
    }
    if (query.encode) xml_element(out, "EncodingType", "url");
    xml_element(out, "MaxUploads", std::to_string(query.most));
    xml_element(out, "IsTruncated", page.truncated ? "true" : "false");
    return text_reply(200, out + page.text + "</ListMultipartUploadsResult>");
}

} // namespace blobstore::fakes
