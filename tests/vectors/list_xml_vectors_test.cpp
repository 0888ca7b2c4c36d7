// SPDX-License-Identifier: Apache-2.0
// Odd XML in S3 answers: the key of a list as expat reads it, before url-decoding, and the code and
// message of an error as the official client reads them.
#include "backends/s3/responses.h"
#include "vectors.h"

#include <optional>

namespace blobstore::vectors {
namespace {

using comparison = std::string (*)(const rapidjson::Value& from);

std::string shown(const std::optional<std::string>& key) {
    return key ? "\"" + *key + "\"" : std::string("no key");
}

// The first key is compared with what expat made of it: text, null for none, or an object that says
// why the document is no XML. expat reads documents with a DTD, which xml_reader refuses by design.
std::string run_list(const rapidjson::Value& from) {
    const std::string xml = text_of(from, "xml");
    const rapidjson::Value& expected = from["expat_first_key"];
    const result<s3::list_document> page = s3::parse_list(xml);
    if (expected.IsObject() || xml.find("<!DOCTYPE") != std::string::npos) {
        return page ? "read, where XML 1.0 has an error" : "";
    }
    if (!page) {
        return "not read: " + page.error().message();
    }
    std::optional<std::string> ours;
    if (!page->contents.empty()) {
        ours = page->contents.front().key;
    }
    std::optional<std::string> key;
    if (expected.IsString()) {
        key = text_of(from, "expat_first_key");
    }
    return difference("first key", shown(ours), shown(key));
}

// What the document does not name, the official client makes up from the status.
std::string run_error(const rapidjson::Value& from) {
    const std::string xml = text_of(from, "xml");
    http::response_head head;
    head.status = from["status"].GetInt();
    const error ours = s3::decode_error(head, xml);
    const s3::service_error said = s3::decode_error_document(xml);
    std::string problem;
    const rapidjson::Value& sdk = from["sdk"];
    if (xml.find("<Code") != std::string::npos && sdk.HasMember("code")) {
        const std::string code = text_of(sdk, "code");
        problem += difference("code of the document", said.code, code);
        problem += difference("code of the error", ours->service_code, code);
    }
    if (xml.find("<Message") != std::string::npos && sdk.HasMember("message")) {
        problem += difference("message", said.message, text_of(sdk, "message"));
    }
    return problem +
           difference("status", std::to_string(ours->http_status), std::to_string(head.status));
}

// What compares a case; null for a store that is not S3 and for what is no list and no error.
comparison comparison_of(const std::string& group, const rapidjson::Value& from) {
    if (!group.starts_with("s3_") || !from.IsObject()) {
        return nullptr;
    }
    if (from.HasMember("expat_first_key")) {
        return run_list;
    }
    const bool is_error = from.HasMember("status") && from["status"].IsInt() &&
                          from.HasMember("sdk") && from["sdk"].IsObject();
    return is_error ? run_error : nullptr;
}

TEST(vectors, list_xml_sdk_parse) {
    const std::string set = "list-xml-sdk-parse";
    tally counted(set);
    for (const std::filesystem::path& file : files_of(folder_of(set), ".json")) {
        const rapidjson::Document all = read_json(file);
        if (!all.IsObject()) {
            continue;
        }
        for (const auto& group : all.GetObject()) {
            if (!group.value.IsArray()) {
                continue; // says where the cases are from
            }
            for (const rapidjson::Value& from : group.value.GetArray()) {
                const std::string name = group.name.GetString();
                if (const comparison compare = comparison_of(name, from)) {
                    counted.add(name + ": " + text_of(from, "name"), compare(from));
                } else {
                    counted.not_ours();
                }
            }
        }
    }
}

} // namespace
} // namespace blobstore::vectors
