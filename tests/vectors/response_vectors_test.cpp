// SPDX-License-Identifier: Apache-2.0
// Answers that botocore keeps as XML with the values it reads from them, for the operations that
// the library has.
#include "backends/s3/responses.h"
#include "base/encoding.h"
#include "base/time.h"
#include "vectors.h"

#include <algorithm>

namespace blobstore::vectors {
namespace {

std::string url_decoded(const std::string& text) {
    const result<std::string> decoded = percent_decode(text, plus::space);
    return decoded ? *decoded : "(not url-encoded) " + text;
}

std::string line_of(const object_meta& entry) {
    std::string line = (entry.is_prefix ? "prefix " : "object ") + entry.key + " " + entry.etag;
    line += entry.size ? " size " + std::to_string(*entry.size) : "";
    return line + (entry.modified_ns ? " at " + format_rfc3339(*entry.modified_ns) : "") + "\n";
}

// What botocore read, as a page has it: keys are decoded here, as botocore does in a later step.
object_meta entry_of(const rapidjson::Value& from, const char* key, bool url_encoded) {
    object_meta entry;
    entry.key = text_of(from, key);
    if (url_encoded) {
        entry.key = url_decoded(entry.key);
    }
    entry.is_prefix = std::string_view(key) == "Prefix";
    entry.etag = text_of(from, "ETag");
    if (from.HasMember("Size")) {
        entry.size = from["Size"].GetUint64();
    }
    const result<nanoseconds> modified = parse_rfc3339(text_of(from, "LastModified"));
    if (modified) {
        entry.modified_ns = *modified;
    }
    return entry;
}

std::string run_list(std::string_view xml, const rapidjson::Value& expected) {
    const bool url_encoded = text_of(expected, "EncodingType") == "url";
    std::vector<object_meta> entries;
    for (const auto& [list, key] : {std::pair{"Contents", "Key"}, {"CommonPrefixes", "Prefix"}}) {
        if (expected.HasMember(list)) {
            for (const rapidjson::Value& one : expected[list].GetArray()) {
                entries.push_back(entry_of(one, key, url_encoded));
            }
        }
    }
    std::ranges::sort(entries, {}, &object_meta::key);
    std::string theirs;
    for (const object_meta& entry : entries) {
        theirs += line_of(entry);
    }
    const bool truncated = expected.HasMember("IsTruncated") && expected["IsTruncated"].GetBool();
    std::string token = truncated ? text_of(expected, "NextContinuationToken") : "";
    if (truncated && token.empty()) {
        token = text_of(expected, "NextMarker");
        token = url_encoded ? url_decoded(token) : token;
        token = token.empty() ? token : std::string(s3::marker_token) + token;
    }
    const result<list_page> page = s3::decode_list(xml, {});
    if (truncated && token.empty()) { // v1 leaves the marker to the caller, v2 never does
        return page ? "a page that goes on without a token was read" : "";
    }
    if (!page) {
        return "not read: " + page.error().message();
    }
    std::string ours;
    for (const object_meta& entry : page->entries) {
        ours += line_of(entry);
    }
    return difference("entries", ours, theirs) + difference("token", page->next_token, token);
}

std::string run_error(std::string_view xml, const rapidjson::Value& expected) {
    const s3::service_error said = s3::decode_error_document(xml);
    http::response_head head;
    head.status = 400; // the files have none
    const error ours = s3::decode_error(head, xml);
    const std::pair<const char*, const std::string*> fields[] = {
        {"Code", &said.code},
        {"Code", &ours->service_code},
        {"Message", &said.message},
        {"Region", &said.region},
        {"RequestId", &said.request_id},
        {"HostId", &said.host_id}};
    std::string problem;
    for (const auto& [name, value] : fields) {
        for (const char* within : {"Error", "ResponseMetadata"}) {
            const auto part = expected.FindMember(within);
            if (part != expected.MemberEnd() && part->value.HasMember(name)) {
                problem += difference(name, *value, text_of(part->value, name));
            }
        }
    }
    return problem;
}

/// Which decoder reads the answer of an operation.
struct decoder {
    std::string_view operation;
    std::string (*run)(std::string_view xml, const rapidjson::Value& expected);
};

constexpr decoder decoders[] = {
    {"list-objects", run_list},
    {"list-objects-v2", run_list},
};

// Of "folder/service-operation.xml", or "...#2.xml"; null for what the library does not have.
const decoder* decoder_of(const std::filesystem::path& file) {
    static constexpr decoder errors = {"", run_error};
    constexpr std::string_view service = "s3-";
    const std::string name = file.stem().string();
    if (!name.starts_with(service)) {
        return nullptr;
    }
    if (file.parent_path().filename() == "errors") {
        return &errors;
    }
    const std::string operation = name.substr(service.size(), name.find('#') - service.size());
    const auto* const found = std::ranges::find(decoders, operation, &decoder::operation);
    return found == std::end(decoders) ? nullptr : found;
}

TEST(vectors, s3_protocol_botocore) {
    const std::string set = "s3-protocol-botocore";
    tally counted(set);
    for (const std::filesystem::path& file :
         files_of(folder_of(set) / "response_parsing" / "xml", ".xml")) {
        const decoder* const with = decoder_of(file);
        if (with == nullptr) {
            counted.not_ours();
            continue;
        }
        std::filesystem::path parsed = file;
        const rapidjson::Document expected = read_json(parsed.replace_extension(".json"));
        counted.add(
            file.parent_path().filename().string() + " " + file.stem().string(),
            expected.IsObject() ? with->run(read_file(file), expected) : "nothing to compare with"
        );
    }
}

} // namespace
} // namespace blobstore::vectors
