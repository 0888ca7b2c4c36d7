// SPDX-License-Identifier: Apache-2.0
// <Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>, both ways.
#include "backends/s3/tags.h"

#include "backends/s3/document.h"
#include "base/digest.h"
#include "base/encoding.h"

namespace blobstore::s3 {

namespace {

unsigned_request of_tags(
    std::string_view method, const endpoint& at, std::string_view key, const std::string& version
) {
    unsigned_request r{std::string(method), at.path(key), {{"tagging", ""}}, {}, {}};
    if (!version.empty()) r.query.emplace_back("versionId", version);
    return r;
}

result<void> read_tag_set(xml_reader& xml, name_values& into) {
    return for_children(xml, [&]() -> result<void> {
        if (xml.name() != "Tag") return xml.skip_element();
        std::pair<std::string, std::string>& tag = into.emplace_back();
        return for_children(xml, [&]() -> result<void> {
            if (xml.name() == "Key") return text_into(xml, tag.first);
            if (xml.name() == "Value") return text_into(xml, tag.second);
            return xml.skip_element();
        });
    });
}

} // namespace

// GET /key?tagging
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html
unsigned_request
encode_tags_get(const endpoint& at, std::string_view key, const std::string& version) {
    return of_tags("GET", at, key, version);
}

// PUT /key?tagging  Content-MD5: ...
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
result<unsigned_request> encode_tags_set(
    const endpoint& at, std::string_view key, const std::string& version, const name_values& tags
) {
    if (tags.empty()) return of_tags("DELETE", at, key, version);
    unsigned_request r = of_tags("PUT", at, key, version);
    r.content = "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>";
    for (const auto& [name, value] : tags) {
        result<std::string> escaped_name = xml_escape(name);
        result<std::string> escaped_value = xml_escape(value);
        if (!escaped_name) return escaped_name.error();
        if (!escaped_value) return escaped_value.error();
        r.content += "<Tag><Key>" + *escaped_name + "</Key><Value>" + *escaped_value;
        r.content += "</Value></Tag>";
    }
    r.content += "</TagSet></Tagging>";
    r.headers.push_back({"Content-Type", "application/xml"});
    r.headers.push_back({"Content-MD5", base64(md5(r.content))});
    return r;
}

result<name_values> decode_tags(std::string_view body) {
    xml_reader xml(body);
    result<std::string> root = root_of(xml);
    if (!root) return root.error();
    if (*root != "Tagging") return error(errc::protocol, "the answer is no set of tags");
    name_values tags;
    result<void> read = for_children(xml, [&]() -> result<void> {
        if (xml.name() == "TagSet") return read_tag_set(xml, tags);
        return xml.skip_element();
    });
    if (read) read = to_end(xml);
    if (!read) return read.error();
    return tags;
}

} // namespace blobstore::s3
