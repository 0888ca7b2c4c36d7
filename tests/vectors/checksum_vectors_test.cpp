// SPDX-License-Identifier: Apache-2.0
// Checksums against the shared set: CRCs, values of headers, Azure's CRC64, joined parts and ETags.
#include "base/checksum.h"
#include "base/encoding.h"
#include "vectors.h"

#include <charconv>

namespace blobstore::vectors {
namespace {

using rapidjson::Value;

std::string bytes_of_hex(const std::string& text) {
    const auto bytes = unhex(text);
    return bytes ? *bytes : std::string("(not hex)");
}

// What the notes of the CRC64 document's patterns of 4 KiB and of the documents' long body say.
std::string pattern_of(const std::string& note, std::size_t size) {
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
        const auto up = static_cast<char>(i);
        out[i] = note.ends_with("x ff")                           ? '\xff'
                 : note.find("incrementing") != std::string::npos ? up
                 : note.find("decrementing") != std::string::npos ? static_cast<char>(~up)
                                                                  : '\0';
    }
    return out;
}

std::string data_of(const Value& one) {
    if (one.HasMember("data_hex")) {
        return bytes_of_hex(text_of(one, "data_hex"));
    }
    if (one.HasMember("data_len")) {
        return pattern_of(text_of(one, "note"), one["data_len"].GetUint());
    }
    return text_of(one, "data_note") == "66560 bytes of 'a'" ? std::string(66560, 'a')
                                                             : text_of(one, "data_utf8");
}

std::uint64_t number_of(const Value& one, const char* name) {
    const std::string text = text_of(one, name);
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    EXPECT_EQ(std::from_chars(text.data(), end, value).ptr, end) << text;
    return value;
}

// "256 x '0'"
std::string run_of(const std::string& text) {
    const std::size_t count = std::stoul(text);
    const std::size_t quote = text.find('\'');
    return std::string(count, text.at(quote + 1));
}

void add_plain(tally& counted, const Value& set, checksum_kind kind) {
    for (const Value& one : set.GetArray()) {
        const std::string data = data_of(one);
        counted.add(
            std::string(name_of(kind)) + " " + text_of(one, "note"),
            difference("crc", hex(checksum_of(kind, data)), text_of(one, "crc_hex"))
        );
    }
}

void add_headers(tally& counted, const Value& set) {
    for (const Value& one : set.GetArray()) {
        const std::string data = data_of(one);
        for (const auto& header : one["headers"].GetObject()) {
            const std::string name = header.name.GetString();
            const auto kind = checksum_kind_of(name.substr(name.rfind('-') + 1));
            counted.add(
                text_of(one, "note") + " " + name,
                kind ? difference(
                           "value", base64(checksum_of(*kind, data)), header.value.GetString()
                       )
                     : "unknown kind"
            );
        }
    }
}

void add_azure(tally& counted, const Value& set) {
    for (const Value& one : set["compute"].GetArray()) {
        counted.add(
            "azure " + text_of(one, "crc"),
            crc64nvme(data_of(one), number_of(one, "initial")) == number_of(one, "crc") ? ""
                                                                                        : "differs"
        );
    }
    for (const Value& one : set["concat"].GetArray()) {
        const std::uint64_t joined = combine_crc64nvme(
            number_of(one, "crc1"), number_of(one, "crc2"), one["len2"].GetUint64()
        );
        counted.add(
            "azure join " + text_of(one, "combined"),
            joined == number_of(one, "combined") ? "" : "differs"
        );
    }
}

// One object of parts: the value of each part, and of the whole from them.
std::string multipart_problem(const Value& one, const std::vector<std::string>& parts) {
    const auto kind = checksum_kind_of(text_of(one, "algorithm"));
    if (!kind) {
        return "unknown kind";
    }
    std::string problem, all, whole;
    const Value& expected = one["part_checksums"];
    for (rapidjson::SizeType i = 0; i < expected.Size(); ++i) {
        const std::string value = checksum_of(*kind, parts[i]);
        problem += difference("part", base64(value), expected[i].GetString());
        all += value;
        if (combines(*kind)) {
            whole = i == 0 ? value : combine(*kind, whole, value, parts[i].size());
        }
    }
    const std::string object =
        text_of(one, "type") == "FULL_OBJECT"
            ? base64(whole)
            : base64(checksum_of(*kind, all)) + "-" + std::to_string(expected.Size());
    return problem + difference("object", object, text_of(one, "object_checksum"));
}

std::string etag_of(const std::vector<std::string>& parts) {
    std::string all;
    for (const std::string& part : parts) {
        all += checksum_of(checksum_kind::md5, part);
    }
    return "\"" + hex(checksum_of(checksum_kind::md5, all)) + "-" + std::to_string(parts.size()) +
           "\"";
}

void add_parts(tally& counted, const rapidjson::Document& document) {
    const Value& set = document["s3_multipart"];
    std::vector<std::string> parts;
    for (const Value& fill : set["part_fill"].GetArray()) {
        parts.emplace_back(set["part_size"].GetUint(), fill.GetString()[0]);
    }
    for (const Value& one : set["cases"].GetArray()) {
        counted.add(
            text_of(one, "algorithm") + " " + text_of(one, "type"), multipart_problem(one, parts)
        );
    }
    counted.add("ETag of parts", difference("etag", etag_of(parts), text_of(set, "etag")));
    for (const Value& one : document["multipart_etag"].GetArray()) {
        std::vector<std::string> runs;
        for (const Value& part : one["parts"].GetArray()) {
            runs.push_back(run_of(part.GetString()));
        }
        counted.add(text_of(one, "note"), difference("etag", etag_of(runs), text_of(one, "etag")));
    }
}

TEST(vectors, checksums) {
    const std::string set = "checksums";
    tally counted(set);
    const rapidjson::Document document = read_json(folder_of(set) / "checksum-vectors.json");
    if (document.IsNull()) {
        return;
    }
    add_plain(counted, document["crc32"], checksum_kind::crc32);
    add_plain(counted, document["crc32c"], checksum_kind::crc32c);
    add_plain(counted, document["crc64nvme"], checksum_kind::crc64nvme);
    add_headers(counted, document["s3_header_values"]);
    add_azure(counted, document["azure_crc64"]);
    add_parts(counted, document);
}

} // namespace
} // namespace blobstore::vectors
