// SPDX-License-Identifier: Apache-2.0
// Multipart uploads of the fake over plain sockets: what AWS accepts, refuses and lists.
#include "fakes/digests.h"
#include "fakes/s3_server.h"
#include "fakes/text_forms.h"
#include "raw_client.h"

#include <gtest/gtest.h>

namespace blobstore::fakes {
namespace {

using parts = std::vector<std::pair<unsigned, std::string>>; // number, ETag

server_options small_parts() {
    server_options out;
    out.service.signature.allow_anonymous = true;
    out.service.uploads.smallest_part = 4;
    return out;
}

std::string inner(const std::string& text, const std::string& name) {
    const auto open = "<" + name + ">";
    const auto at = text.find(open);
    if (at == std::string::npos) return "(no " + name + ")";
    const auto start = at + open.size();
    return text.substr(start, text.find("</" + name + ">") - start);
}

std::string header(const std::string& text, const std::string& name) {
    const auto at = text.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "(no " + name + ")";
    const auto start = at + name.size() + 4;
    return text.substr(start, text.find("\r\n", start) - start);
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string status(const std::string& answer) {
    return answer.size() < 12 ? "(none)" : answer.substr(9, 3);
}

std::string code(const std::string& answer) {
    return status(answer) + " " + inner(answer, "Code");
}

std::string list_of(const parts& list, const std::string& more = "") {
    std::string out = "<CompleteMultipartUpload>";
    for (const auto& [number, etag] : list) {
        out += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber>";
        out += "<ETag>" + xml_escape(etag) + "</ETag>" + more + "</Part>";
    }
    return out + "</CompleteMultipartUpload>";
}

class s3_uploads : public testing::Test {
protected:
    explicit s3_uploads(server_options options = small_parts())
        : server_{std::move(options)} {}

    std::string
    ask(const std::string& method,
        const std::string& target,
        const std::string& headers = "",
        const std::string& body = "") {
        const auto* length = method == "PUT" && body.empty() ? "Content-Length: 0\r\n" : "";
        return raw_client::fetch(
            server_.port(), method, "/bucket/" + target, headers + length, body
        );
    }

    // The id as it stands in a query.
    std::string begin(const std::string& key, const std::string& headers = "") {
        return percent_encode(inner(ask("POST", key + "?uploads", headers), "UploadId"));
    }

    static std::string at(const std::string& key, const std::string& id, unsigned number) {
        return key + "?partNumber=" + std::to_string(number) + "&uploadId=" + id;
    }

    std::string
    put(const std::string& key,
        const std::string& id,
        unsigned number,
        const std::string& data,
        const std::string& headers = "") {
        return ask("PUT", at(key, id, number), headers, data);
    }

    std::string
    etag(const std::string& key, const std::string& id, unsigned number, const std::string& data) {
        return header(put(key, id, number, data), "ETag");
    }

    std::string complete(
        const std::string& key,
        const std::string& id,
        const parts& list,
        const std::string& headers = ""
    ) {
        return ask("POST", key + "?uploadId=" + id, headers, list_of(list));
    }

    s3_server server_;
};

TEST_F(s3_uploads, a_whole_upload) {
    const auto id =
        begin("k", "Content-Type: text/x\r\nx-amz-meta-a: b\r\nx-amz-tagging: t=1&u=2\r\n");
    const auto second = etag("k", id, 2, "bb");
    etag("k", id, 1, "wrong");
    const auto first = etag("k", id, 1, "aaaa"); // the later one of a number counts
    EXPECT_EQ(first, "\"" + to_hex(md5("aaaa")) + "\"");
    EXPECT_EQ(status(ask("HEAD", "k")), "404");
    const auto answer = complete("k", id, {{1, first}, {2, second}});
    const auto whole = "\"" + to_hex(md5(md5("aaaa") + md5("bb"))) + "-2\"";
    EXPECT_EQ(status(answer), "200");
    EXPECT_EQ(inner(answer, "ETag"), xml_escape(whole));
    EXPECT_EQ(server_.object_data("bucket", "k"), "aaaabb");
    const auto head = ask("HEAD", "k", "x-amz-checksum-mode: ENABLED\r\n");
    EXPECT_EQ(header(head, "ETag"), whole);
    EXPECT_EQ(header(head, "Content-Type"), "text/x");
    EXPECT_EQ(header(head, "x-amz-meta-a"), "b");
    EXPECT_EQ(header(head, "x-amz-tagging-count"), "2");
    EXPECT_EQ(header(head, "x-amz-checksum-crc64nvme"), *amz_checksum("crc64nvme", "aaaabb"));
    EXPECT_EQ(header(head, "x-amz-checksum-type"), "FULL_OBJECT");
    EXPECT_EQ(code(complete("k", id, {{1, first}, {2, second}})), "404 NoSuchUpload");
    EXPECT_TRUE(server_.open_uploads().empty());
}

TEST_F(s3_uploads, part_numbers_and_ids) {
    const auto id = begin("k");
    for (const auto* number : {"0", "10001", "-1", "x", ""}) {
        const auto target = "k?partNumber=" + std::string{number} + "&uploadId=" + id;
        EXPECT_EQ(code(ask("PUT", target, "", "x")), "400 InvalidArgument") << number;
    }
    EXPECT_EQ(status(put("k", id, 10000, "x")), "200");
    EXPECT_EQ(code(put("k", "none", 1, "x")), "404 NoSuchUpload");
    EXPECT_EQ(code(put("other", id, 1, "x")), "404 NoSuchUpload");
    EXPECT_EQ(
        code(ask("PUT", at("k", id, 1), "Content-MD5: XUFAKrxLKna5cZ2REBfFkg==\r\n", "x")),
        "400 BadDigest"
    );
    EXPECT_EQ(status(ask("HEAD", "k?uploadId=" + id)), "405");
    EXPECT_EQ(
        code(ask("POST", "k?uploads", "x-amz-meta-a: " + std::string(2048, 'x') + "\r\n")),
        "400 MetadataTooLarge"
    );
}

TEST_F(s3_uploads, lists_that_do_not_fit) {
    const auto id = begin("k");
    const auto one = etag("k", id, 1, "aaaa");
    const auto two = etag("k", id, 2, "bbb");
    const auto three = etag("k", id, 3, "c");
    EXPECT_EQ(code(complete("k", id, {{2, two}, {1, one}})), "400 InvalidPartOrder");
    EXPECT_EQ(code(complete("k", id, {{1, one}, {1, one}})), "400 InvalidPartOrder");
    EXPECT_EQ(code(complete("k", id, {{1, two}})), "400 InvalidPart");
    EXPECT_EQ(code(complete("k", id, {{1, one}, {4, one}})), "400 InvalidPart");
    const auto small = complete("k", id, {{1, one}, {2, two}, {3, three}});
    EXPECT_EQ(code(small), "400 EntityTooSmall");
    EXPECT_EQ(inner(small, "ProposedSize"), "3");
    EXPECT_EQ(inner(small, "MinSizeAllowed"), "4");
    EXPECT_EQ(inner(small, "PartNumber"), "2");
    EXPECT_EQ(code(complete("k", id, {})), "400 MalformedXML");
    EXPECT_EQ(code(ask("POST", "k?uploadId=" + id, "", "<no")), "400 MalformedXML");
    EXPECT_EQ(
        code(complete("k", id, {{1, one}}, "Content-MD5: XUFAKrxLKna5cZ2REBfFkg==\r\n")),
        "400 BadDigest"
    );
    EXPECT_EQ(
        code(complete("k", id, {{1, one}}, "x-amz-mp-object-size: 5\r\n")), "400 InvalidRequest"
    );
    // Not every part need be listed, nor with its quotes.
    EXPECT_EQ(status(complete("k", id, {{1, one}, {3, three.substr(1, 32)}})), "200");
    EXPECT_EQ(server_.object_data("bucket", "k"), "aaaac");
}

TEST_F(s3_uploads, conditions_of_complete) {
    server_.put_object("bucket", "k", "old");
    const auto id = begin("k");
    const parts list{{1, etag("k", id, 1, "new")}};
    EXPECT_EQ(code(complete("k", id, list, "If-None-Match: *\r\n")), "412 PreconditionFailed");
    EXPECT_EQ(code(complete("k", id, list, "If-Match: \"x\"\r\n")), "412 PreconditionFailed");
    EXPECT_EQ(server_.open_uploads().size(), 1U);
    server_.on({"POST", "k", "uploadId"}, answer_status(409, "ConditionalRequestConflict"));
    EXPECT_EQ(code(complete("k", id, list)), "409 ConditionalRequestConflict");
    const auto old = "If-Match: \"" + to_hex(md5("old")) + "\"\r\n";
    EXPECT_EQ(status(complete("k", id, list, old)), "200");
    const auto fresh = begin("fresh");
    const parts one{{1, etag("fresh", fresh, 1, "x")}};
    EXPECT_EQ(code(complete("fresh", fresh, one, old)), "404 NoSuchKey");
    EXPECT_EQ(status(complete("fresh", fresh, one, "If-None-Match: *\r\n")), "200");
}

TEST_F(s3_uploads, checksums_of_the_whole_object) {
    const std::string declared =
        "x-amz-checksum-algorithm: CRC64NVME\r\nx-amz-checksum-type: FULL_OBJECT\r\n";
    const auto id = begin("k", declared);
    const auto sum = [](const std::string& data) {
        return "x-amz-checksum-crc64nvme: " + *amz_checksum("crc64nvme", data) + "\r\n";
    };
    const auto sent = put("k", id, 1, "aaaa", sum("aaaa"));
    EXPECT_EQ(header(sent, "x-amz-checksum-crc64nvme"), *amz_checksum("crc64nvme", "aaaa"));
    EXPECT_EQ(code(put("k", id, 2, "bb", sum("cc"))), "400 BadDigest");
    EXPECT_EQ(status(put("k", id, 2, "bb")), "200"); // of a full object none is needed
    const auto other = "x-amz-checksum-crc32: " + *amz_checksum("crc32", "bb") + "\r\n";
    EXPECT_EQ(code(put("k", id, 2, "bb", other)), "400 InvalidRequest");
    const parts list{{1, to_hex(md5("aaaa"))}, {2, to_hex(md5("bb"))}};
    EXPECT_EQ(code(complete("k", id, list, sum("aaaabc"))), "400 BadDigest");
    EXPECT_EQ(
        code(complete("k", id, list, "x-amz-checksum-type: COMPOSITE\r\n")), "400 InvalidRequest"
    );
    EXPECT_FALSE(server_.object_data("bucket", "k").has_value());
    const auto answer = complete("k", id, list, sum("aaaabb") + "x-amz-mp-object-size: 6\r\n");
    EXPECT_EQ(inner(answer, "ChecksumCRC64NVME"), *amz_checksum("crc64nvme", "aaaabb"));
    EXPECT_EQ(inner(answer, "ChecksumType"), "FULL_OBJECT");
    for (const auto* wrong :
         {"x-amz-checksum-algorithm: CRC64NVME\r\nx-amz-checksum-type: COMPOSITE\r\n",
          "x-amz-checksum-algorithm: SHA256\r\nx-amz-checksum-type: FULL_OBJECT\r\n",
          "x-amz-checksum-algorithm: NONE\r\n",
          "x-amz-checksum-type: FULL_OBJECT\r\n"}) {
        EXPECT_EQ(code(ask("POST", "k?uploads", wrong)), "400 InvalidRequest") << wrong;
    }
}

TEST_F(s3_uploads, checksums_part_by_part) {
    const auto id = begin("k", "x-amz-checksum-algorithm: SHA256\r\n");
    const auto sum = *amz_checksum("sha256", "aaaa");
    EXPECT_EQ(code(put("k", id, 1, "aaaa")), "400 InvalidRequest");
    EXPECT_EQ(status(put("k", id, 1, "aaaa", "x-amz-checksum-sha256: " + sum + "\r\n")), "200");
    const parts list{{1, to_hex(md5("aaaa"))}};
    EXPECT_EQ(code(complete("k", id, list)), "400 InvalidRequest");
    const auto with = [&](const std::string& value) {
        const auto element = "<ChecksumSHA256>" + value + "</ChecksumSHA256>";
        return ask("POST", "k?uploadId=" + id, "", list_of(list, element));
    };
    EXPECT_EQ(code(with(*amz_checksum("sha256", "x"))), "400 InvalidPart");
    const auto answer = with(sum);
    EXPECT_EQ(inner(answer, "ChecksumSHA256"), *amz_checksum("sha256", sha256("aaaa")) + "-1");
    EXPECT_EQ(inner(answer, "ChecksumType"), "COMPOSITE");
}

TEST_F(s3_uploads, parts_that_are_copied) {
    server_.put_object("bucket", "a b+c", "0123456789");
    const std::string from = "x-amz-copy-source: /bucket/a%20b%2Bc\r\n";
    const auto id = begin("k");
    const auto copy = [&](const std::string& more) {
        return ask("PUT", at("k", id, 1), from + more);
    };
    const auto range = [&](const std::string& text) {
        return copy("x-amz-copy-source-range: " + text + "\r\n");
    };
    for (const auto* wrong : {"0-3", "bytes=0", "bytes=3-0", "bytes=-3", "bytes=0-10", "bytes=x-y"})
        EXPECT_EQ(code(range(wrong)), "400 InvalidArgument") << wrong;
    EXPECT_EQ(code(copy("x-amz-copy-source-if-match: \"x\"\r\n")), "412 PreconditionFailed");
    const auto now = "\"" + to_hex(md5("0123456789")) + "\"";
    EXPECT_EQ(
        code(copy("x-amz-copy-source-if-none-match: " + now + "\r\n")), "412 PreconditionFailed"
    );
    EXPECT_EQ(
        code(ask("PUT", at("k", id, 1), "x-amz-copy-source: /bucket/none\r\n")), "404 NoSuchKey"
    );
    const auto answer =
        copy("x-amz-copy-source-range: bytes=2-6\r\nx-amz-copy-source-if-match: " + now + "\r\n");
    EXPECT_EQ(inner(answer, "ETag"), xml_escape("\"" + to_hex(md5("23456")) + "\""));
    const auto whole = ask("PUT", at("k", id, 2), from);
    EXPECT_EQ(status(whole), "200");
    EXPECT_EQ(
        status(complete("k", id, {{1, to_hex(md5("23456"))}, {2, to_hex(md5("0123456789"))}})),
        "200"
    );
    EXPECT_EQ(server_.object_data("bucket", "k"), "234560123456789");
    // A copy of it is written at once.
    EXPECT_EQ(status(ask("PUT", "copy", "x-amz-copy-source: bucket/k\r\n")), "200");
    const auto head = ask("HEAD", "copy", "x-amz-checksum-mode: ENABLED\r\n");
    EXPECT_EQ(header(head, "ETag"), "\"" + to_hex(md5("234560123456789")) + "\"");
    EXPECT_EQ(header(head, "x-amz-checksum-type"), "FULL_OBJECT");
}

TEST_F(s3_uploads, reads_by_part) {
    const auto id = begin("k");
    const parts list{{1, etag("k", id, 1, "aaaa")}, {2, etag("k", id, 2, "bb")}};
    complete("k", id, list);
    const auto second = ask("GET", "k?partNumber=2");
    EXPECT_EQ(status(second), "206");
    EXPECT_EQ(header(second, "Content-Range"), "bytes 4-5/6");
    EXPECT_EQ(header(second, "x-amz-mp-parts-count"), "2");
    EXPECT_TRUE(second.ends_with("\r\n\r\nbb"));
    const auto head = ask("HEAD", "k?partNumber=1");
    EXPECT_EQ(status(head), "206");
    EXPECT_EQ(header(head, "Content-Length"), "4");
    EXPECT_EQ(code(ask("GET", "k?partNumber=3")), "416 InvalidPartNumber");
    EXPECT_EQ(code(ask("GET", "k?partNumber=0")), "400 InvalidArgument");
    EXPECT_EQ(code(ask("GET", "k?partNumber=1", "Range: bytes=0-1\r\n")), "400 InvalidRequest");
    EXPECT_FALSE(has(ask("HEAD", "k"), "x-amz-mp-parts-count"));
    server_.put_object("bucket", "plain", "data");
    const auto plain = ask("GET", "plain?partNumber=1");
    EXPECT_EQ(status(plain), "206");
    EXPECT_FALSE(has(plain, "x-amz-mp-parts-count"));
    EXPECT_EQ(code(ask("GET", "plain?partNumber=2")), "416 InvalidPartNumber");
}

TEST_F(s3_uploads, parts_by_the_page) {
    const auto id = begin("k", "x-amz-checksum-algorithm: CRC64NVME\r\n");
    for (const unsigned number : {1U, 2U, 7U, 300U})
        put("k", id, number, "data" + std::to_string(number));
    const auto page = [&](const std::string& more) {
        return ask("GET", "k?uploadId=" + id + more);
    };
    const auto all = page("");
    EXPECT_EQ(inner(all, "IsTruncated"), "false");
    EXPECT_EQ(inner(all, "MaxParts"), "1000");
    EXPECT_EQ(inner(all, "ChecksumAlgorithm"), "CRC64NVME");
    EXPECT_EQ(inner(all, "ChecksumCRC64NVME"), *amz_checksum("crc64nvme", "data1"));
    EXPECT_TRUE(has(all, "<PartNumber>300</PartNumber>"));
    const auto first = page("&max-parts=3");
    EXPECT_EQ(inner(first, "IsTruncated"), "true");
    EXPECT_EQ(inner(first, "NextPartNumberMarker"), "7");
    const auto rest = page("&max-parts=3&part-number-marker=7");
    EXPECT_EQ(inner(rest, "IsTruncated"), "false");
    EXPECT_EQ(inner(rest, "PartNumber"), "300");
    EXPECT_EQ(inner(rest, "Size"), "7");
    EXPECT_EQ(code(page("&max-parts=x")), "400 InvalidArgument");
    EXPECT_EQ(inner(page("&max-parts=0"), "IsTruncated"), "false");
    EXPECT_EQ(code(ask("GET", "k?uploadId=none")), "404 NoSuchUpload");
}

TEST_F(s3_uploads, uploads_by_the_page) {
    const auto first = begin("a%20b");
    const auto second = begin("a%20b");
    begin("c");
    begin("d");
    ASSERT_EQ(server_.open_uploads().size(), 4U);
    const auto page = ask("GET", "?uploads&max-uploads=1&encoding-type=url");
    EXPECT_EQ(inner(page, "IsTruncated"), "true");
    EXPECT_EQ(inner(page, "Key"), "a+b");
    EXPECT_EQ(inner(page, "NextKeyMarker"), "a+b");
    EXPECT_EQ(percent_encode(inner(page, "NextUploadIdMarker")), first);
    const auto next =
        ask("GET", "?uploads&max-uploads=2&key-marker=a%20b&upload-id-marker=" + first);
    EXPECT_EQ(inner(next, "Key"), "a b");
    EXPECT_EQ(percent_encode(inner(next, "UploadId")), second);
    EXPECT_EQ(inner(next, "NextKeyMarker"), "c");
    EXPECT_EQ(inner(ask("GET", "?uploads&key-marker=c"), "Key"), "d");
    const auto one = ask("GET", "?uploads&prefix=c");
    EXPECT_EQ(inner(one, "Key"), "c");
    EXPECT_EQ(inner(one, "IsTruncated"), "false");
    EXPECT_EQ(status(ask("DELETE", "a%20b?uploadId=" + first)), "204");
    EXPECT_EQ(code(ask("DELETE", "a%20b?uploadId=" + first)), "404 NoSuchUpload");
    EXPECT_EQ(code(put("a%20b", first, 1, "x")), "404 NoSuchUpload");
    EXPECT_EQ(server_.open_uploads().size(), 3U);
    // Nothing keeps a bucket of mere uploads.
    EXPECT_EQ(status(raw_client::fetch(server_.port(), "DELETE", "/bucket")), "204");
    EXPECT_TRUE(server_.open_uploads().empty());
}

TEST_F(s3_uploads, answers_of_complete_by_script) {
    const auto id = begin("k");
    const parts list{{1, etag("k", id, 1, "data")}};
    const match which{"POST", "k", "uploadId"};
    server_.on(which, answer_status(200, "InternalError"));
    EXPECT_EQ(code(complete("k", id, list)), "200 InternalError");
    EXPECT_EQ(server_.open_uploads().size(), 1U);
    server_.on(which, close_at(stage::request)); // lost before it is done
    EXPECT_EQ(complete("k", id, list), "");
    EXPECT_EQ(server_.open_uploads().size(), 1U);
    fault slow;
    slow.spaces = 100;
    slow.chunk_size = 10;
    server_.on(which, slow);
    const auto answer = complete("k", id, list);
    EXPECT_TRUE(has(answer, "\r\n\r\na\r\n          \r\na\r\n"));
    EXPECT_EQ(server_.object_data("bucket", "k"), "data");
    const auto again = begin("k");
    const parts fresh{{1, etag("k", again, 1, "mine")}};
    fault lost = close_at(stage::answer_head); // done, and then another writer is
    server_.on(which, lost);
    EXPECT_EQ(complete("k", again, fresh), "");
    EXPECT_EQ(server_.object_data("bucket", "k"), "mine");
    fault late;
    late.meanwhile = [&] { server_.put_object("bucket", "k", "another's"); };
    server_.on(which, late);
    EXPECT_EQ(code(complete("k", again, fresh)), "404 NoSuchUpload");
    EXPECT_EQ(server_.object_data("bucket", "k"), "another's");
    server_.on({"PUT", "k", "partNumber"}, answer_status(200, "SlowDown"));
    EXPECT_EQ(
        code(ask("PUT", at("k", again, 1), "x-amz-copy-source: bucket/k\r\n")), "200 SlowDown"
    );
}

TEST_F(s3_uploads, bytes_on_the_wire_are_counted) {
    const auto id = begin("k");
    put("k", id, 1, std::string(1000, 'a'));
    server_.on({"PUT", "k", "partNumber=1&"}, reset_at(stage::answer_head));
    put("k", id, 1, std::string(1000, 'a'));
    put("k", id, 2, "bb");
    const auto first = server_.traffic_of({"PUT", "k", "partNumber=1&"});
    EXPECT_EQ(first.requests, 2U);
    EXPECT_EQ(first.body_bytes, 2000U);
    EXPECT_EQ(server_.traffic_of({"PUT", "k", "partNumber"}).body_bytes, 2002U);
    EXPECT_EQ(server_.traffic_of({"POST", "", "uploads"}).requests, 1U);
    EXPECT_EQ(server_.open_uploads().front().parts, (std::vector<unsigned>{1, 2}));
}

server_options other_limits() {
    auto out = small_parts();
    out.service.uploads = {1, 10, 2, true};
    return out;
}

class s3_upload_limits : public s3_uploads {
protected:
    s3_upload_limits()
        : s3_uploads{other_limits()} {}
};

TEST_F(s3_upload_limits, are_the_tests_to_choose) {
    const auto id = begin("k");
    const auto one = etag("k", id, 1, "aaaa");
    const auto two = etag("k", id, 2, "bb");
    const auto three = etag("k", id, 3, "ccccc");
    EXPECT_EQ(code(complete("k", id, {{1, one}, {2, two}, {3, two}})), "400 InvalidPart");
    EXPECT_EQ(code(complete("k", id, {{1, one}, {3, three}})), "400 InvalidPart");
    EXPECT_EQ(inner(ask("GET", "k?uploadId=" + id), "IsTruncated"), "true");
    EXPECT_EQ(inner(ask("GET", "k?uploadId=" + id + "&max-parts=9"), "MaxParts"), "2");
    EXPECT_EQ(code(put("k", id, 1, std::string(11, 'x'))), "400 EntityTooLarge");
    EXPECT_EQ(code(ask("PUT", "k", "", std::string(11, 'x'))), "400 EntityTooLarge");
    server_.put_object("bucket", "large", std::string(11, 'x'));
    const std::string from = "x-amz-copy-source: bucket/large\r\n";
    EXPECT_EQ(code(ask("PUT", "k", from)), "400 InvalidRequest");
    EXPECT_EQ(
        status(ask("PUT", at("k", id, 1), from + "x-amz-copy-source-range: bytes=1-10\r\n")), "200"
    );
    EXPECT_EQ(status(complete("k", id, {{1, to_hex(md5(std::string(10, 'x')))}, {2, two}})), "200");
}

} // namespace
} // namespace blobstore::fakes
