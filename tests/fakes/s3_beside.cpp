// SPDX-License-Identifier: Apache-2.0
// What the fake S3 service knows beside the bytes of an object: its tags and its attributes.
#include "fakes/s3_placement.h"
#include "fakes/s3_service.h"
#include "fakes/text_forms.h"

namespace blobstore::fakes {

namespace {

constexpr std::size_t most_tags = 10;

std::string open_root(std::string_view root) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + std::string{root} +
           " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
}

// As x-amz-tagging spells them.
std::optional<std::string> read_tagging(const std::string& document) {
    const auto root = parse_xml(document);
    if (!root || root->name != "Tagging") return std::nullopt;
    const auto* set = root->child("TagSet");
    if (set == nullptr || set->children.size() > most_tags) return std::nullopt;
    std::string out;
    for (const auto& tag : set->children) {
        const auto* key = tag.child("Key");
        const auto* value = tag.child("Value");
        if (tag.name != "Tag" || key == nullptr || key->text.empty() || value == nullptr)
            return std::nullopt;
        out.append(out.empty() ? "" : "&").append(listing_encode(key->text));
        out.append("=").append(listing_encode(value->text));
    }
    return out;
}

} // namespace

reply s3_service::tagging(const request& message, const route& where, const std::string& data) {
    std::string wanted;
    if (message.method == "PUT") {
        const auto read = read_tagging(data);
        if (!read) return error_reply(400, "MalformedXML", where, false);
        wanted = *read;
    }
    const bool changes = message.method != "GET";
    const auto object = change(where, [&](stored_object& tagged) {
        if (changes) tagged.tags = wanted;
    });
    if (!object) return error_reply(404, "NoSuchKey", where, false);
    if (changes) {
        auto out = text_reply(message.method == "PUT" ? 200 : 204, "");
        out.bodiless = out.status == 204;
        return out;
    }
    auto text = open_root("Tagging") + "<TagSet>";
    const auto tags = parse_query(object->tags);
    for (const auto& [name, value] : tags ? *tags : header_list{}) {
        text += "<Tag>";
        xml_element(text, "Key", name);
        xml_element(text, "Value", value);
        text += "</Tag>";
    }
    return text_reply(200, text + "</TagSet></Tagging>");
}

reply s3_service::attributes(const request& message, const route& where) {
    const auto* id = where.parameter("versionId");
    const auto found = find_version(where.bucket, where.key, id != nullptr ? *id : "");
    const auto& object = found.object;
    if (!object) return error_reply(missing(found, where), where, false);
    if (const auto why = check_customer_key(message.headers, customer_prefix, *object))
        return error_reply(*why, where, false);
    auto text = open_root("GetObjectAttributesResponse");
    xml_element(text, "ETag", object->etag.substr(1, object->etag.size() - 2));
    if (!object->parts.empty()) {
        text += "<ObjectParts>";
        xml_element(text, "PartsCount", std::to_string(object->parts.size()));
        text += "</ObjectParts>";
    }
    xml_element(text, "StorageClass", header_or(object->placed, "x-amz-storage-class", "STANDARD"));
    xml_element(text, "ObjectSize", std::to_string(object->data.size()));
    auto out = text_reply(200, text + "</GetObjectAttributesResponse>");
    out.headers.emplace_back("Last-Modified", http_date(object->modified));
    return out;
}

} // namespace blobstore::fakes
