// SPDX-License-Identifier: Apache-2.0
// The fake's S3 semantics over plain sockets, and its certificates over TLS.
#include "doc_examples.h"
#include "fakes/digests.h"
#include "fakes/s3_server.h"
#include "raw_client.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace blobstore::fakes {
namespace {

server_options anonymous() {
    server_options out;
    out.service.signature.allow_anonymous = true;
    return out;
}

class s3_semantics : public testing::Test {
protected:
    std::string
    ask(const std::string& method,
        const std::string& target,
        const std::string& headers = "",
        const std::string& body = "") {
        const auto length = method == "PUT" && body.empty() ? "Content-Length: 0\r\n" : "";
        return raw_client::fetch(server_.port(), method, target, headers + length, body);
    }

    static bool has(const std::string& text, std::string_view part) {
        return text.find(part) != std::string::npos;
    }

    static std::string status(const std::string& answer) { return answer.substr(9, 3); }

    s3_server server_{anonymous()};
};

TEST_F(s3_semantics, ranges) {
    server_.put_object("bucket", "k", "0123456789");
    server_.put_object("bucket", "empty", "");
    const auto range = [&](const std::string& spec) {
        return ask("GET", "/bucket/k", "Range: bytes=" + spec + "\r\n");
    };
    EXPECT_TRUE(range("2-4").ends_with("\r\n\r\n234"));
    EXPECT_TRUE(has(range("2-4"), "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2-4/10\r\n")
    );
    EXPECT_TRUE(range("7-").ends_with("\r\n\r\n789"));
    EXPECT_TRUE(range("7-99").ends_with("\r\n\r\n789"));
    EXPECT_TRUE(range("-3").ends_with("\r\n\r\n789"));
    EXPECT_TRUE(range("-99").ends_with("\r\n\r\n0123456789"));
    EXPECT_EQ(status(range("4-2")), "200");
    EXPECT_EQ(status(range("0-1,3-4")), "200");
    for (const auto* spec : {"10-", "10-12", "-0"}) {
        const auto answer = range(spec);
        EXPECT_EQ(status(answer), "416");
        EXPECT_TRUE(has(answer, "Content-Range: bytes */10\r\n"));
        EXPECT_TRUE(has(answer, "<Code>InvalidRange</Code>"));
    }
    EXPECT_EQ(status(ask("GET", "/bucket/empty", "Range: bytes=-1\r\n")), "416");
}

TEST_F(s3_semantics, conditions_in_their_order) {
    server_.service().set_clock(1700000000, {});
    server_.put_object("bucket", "k", "data");
    const std::string etag = "\"" + to_hex(md5("data")) + "\"";
    const std::string before = "Tue, 14 Nov 2023 22:13:19 GMT\r\n";
    const std::string at = "Tue, 14 Nov 2023 22:13:20 GMT\r\n";
    const auto get = [&](const std::string& headers) {
        return status(ask("GET", "/bucket/k", headers));
    };
    EXPECT_EQ(get("If-Match: " + etag + "\r\n"), "200");
    EXPECT_EQ(get("If-Match: \"x\", " + etag + "\r\n"), "200");
    EXPECT_EQ(get("If-Match: \"x\"\r\n"), "412");
    EXPECT_EQ(get("If-None-Match: " + etag + "\r\n"), "304");
    EXPECT_EQ(get("If-None-Match: *\r\n"), "304");
    EXPECT_EQ(get("If-None-Match: \"x\"\r\n"), "200");
    EXPECT_EQ(get("If-Modified-Since: " + at), "304");
    EXPECT_EQ(get("If-Modified-Since: " + before), "200");
    EXPECT_EQ(get("If-Unmodified-Since: " + at), "200");
    EXPECT_EQ(get("If-Unmodified-Since: " + before), "412");
    EXPECT_EQ(get("If-Match: " + etag + "\r\nIf-Unmodified-Since: " + before), "200");
    EXPECT_EQ(get("If-None-Match: \"x\"\r\nIf-Modified-Since: " + at), "200");
    EXPECT_EQ(get("If-Modified-Since: nonsense\r\n"), "200");
}

TEST_F(s3_semantics, conditional_and_checked_writes) {
    EXPECT_EQ(status(ask("PUT", "/bucket/n", "If-None-Match: *\r\n", "1")), "200");
    EXPECT_TRUE(has(ask("PUT", "/bucket/n", "If-None-Match: *\r\n", "2"), "PreconditionFailed"));
    EXPECT_EQ(status(ask("PUT", "/bucket/n", "If-None-Match: \"x\"\r\n", "2")), "501");
    EXPECT_EQ(status(ask("PUT", "/bucket/n", "If-Match: \"x\"\r\n", "2")), "412");
    EXPECT_EQ(status(ask("PUT", "/bucket/none", "If-Match: \"x\"\r\n", "2")), "404");
    EXPECT_EQ(server_.object_data("bucket", "n"), "1");
    EXPECT_EQ(
        status(ask("PUT", "/bucket/m", "Content-MD5: XUFAKrxLKna5cZ2REBfFkg==\r\n", "hello")), "200"
    );
    EXPECT_TRUE(has(
        ask("PUT", "/bucket/m", "Content-MD5: XUFAKrxLKna5cZ2REBfFkg==\r\n", "hellp"), "BadDigest"
    ));
    EXPECT_TRUE(has(ask("PUT", "/bucket/m", "Content-MD5: nonsense\r\n", "hello"), "InvalidDigest")
    );
    for (const std::string kind : {"crc32", "crc32c", "crc64nvme", "sha1", "sha256"}) {
        const auto header = "x-amz-checksum-" + kind + ": " + *amz_checksum(kind, "hello") + "\r\n";
        EXPECT_EQ(status(ask("PUT", "/bucket/c", header, "hello")), "200") << kind;
        EXPECT_TRUE(has(ask("PUT", "/bucket/c", header, "hellp"), "BadDigest")) << kind;
    }
    const auto meta = "x-amz-meta-a: " + std::string(2048, 'x') + "\r\n";
    EXPECT_TRUE(has(ask("PUT", "/bucket/c", meta, "x"), "MetadataTooLarge"));
    raw_client::fetch(
        server_.port(),
        "PUT",
        "/bucket/e",
        "Content-Encoding: gzip, aws-chunked\r\nx-amz-meta-One: 1\r\nContent-Length: 0\r\n"
    );
    const auto head = ask("HEAD", "/bucket/e");
    EXPECT_TRUE(has(head, "Content-Encoding: gzip\r\n"));
    EXPECT_TRUE(has(head, "x-amz-meta-one: 1\r\n"));
    EXPECT_TRUE(has(head, "Content-Type: binary/octet-stream\r\n"));
    EXPECT_EQ(status(raw_client::fetch(server_.port(), "PUT", "/bucket/x")), "411");
}

TEST_F(s3_semantics, keys_are_bytes) {
    for (const std::string sent : {"a/../b", "a//b", "%2Flead", "%00", "%ff", "a%252Fb", "a+b"}) {
        EXPECT_EQ(status(ask("PUT", "/bucket/" + sent, "", sent)), "200");
        EXPECT_TRUE(ask("GET", "/bucket/" + sent).ends_with("\r\n\r\n" + sent)) << sent;
    }
    const std::vector<std::string> expected{
        std::string(1, '\0'), "/lead", "a%2Fb", "a+b", "a/../b", "a//b", "\xff"};
    EXPECT_EQ(server_.keys("bucket"), expected);
    const auto page = ask("GET", "/bucket?list-type=2&encoding-type=url&prefix=a");
    EXPECT_TRUE(has(page, "<Key>a%252Fb</Key>"));
    EXPECT_TRUE(has(page, "<Key>a%2Bb</Key>"));
    EXPECT_EQ(status(ask("PUT", "/bucket/%zz", "", "x")), "400");
    EXPECT_TRUE(has(ask("PUT", "/bucket/" + std::string(1025, 'k'), "", "x"), "KeyTooLongError"));
    EXPECT_EQ(status(ask("PUT", "/bucket/" + std::string(1024, 'k'), "", "x")), "200");
}

TEST_F(s3_semantics, lists_by_pages) {
    for (const auto* key : {"a", "d/1", "d/2", "d/3/x", "e f", "z"}) {
        server_.put_object("bucket", key, "x");
    }
    const auto all = ask("GET", "/bucket?list-type=2&delimiter=/");
    EXPECT_TRUE(has(all, "<KeyCount>4</KeyCount>"));
    EXPECT_TRUE(has(all, "<CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes>"));
    const auto first = ask("GET", "/bucket?list-type=2&delimiter=%2F&max-keys=2");
    EXPECT_TRUE(has(first, "<IsTruncated>true</IsTruncated>"));
    const auto from = first.find("<NextContinuationToken>") + 23;
    const auto token = first.substr(from, first.find('<', from) - from);
    std::string escaped;
    for (const char c : token)
        escaped += c == '+' ? "%2B" : c == '=' ? "%3D" : std::string(1, c);
    const auto second =
        ask("GET",
            "/bucket?list-type=2&delimiter=%2F&encoding-type=url&continuation-token=" + escaped);
    EXPECT_TRUE(has(second, "<KeyCount>2</KeyCount>"));
    EXPECT_TRUE(has(second, "<Key>e+f</Key>"));
    EXPECT_FALSE(has(second, "d/"));
    EXPECT_TRUE(has(ask("GET", "/bucket?list-type=2&start-after=e%20f"), "<KeyCount>1</KeyCount>"));
    EXPECT_EQ(status(ask("GET", "/bucket?list-type=2&max-keys=x")), "400");
    EXPECT_EQ(status(ask("GET", "/bucket?list-type=2&continuation-token=x")), "400");
    EXPECT_TRUE(has(ask("GET", "/bucket?list-type=2&max-keys=0"), "<IsTruncated>false<"));
    EXPECT_TRUE(has(ask("GET", "/nobucket?list-type=2"), "<BucketName>nobucket</BucketName>"));
}

TEST_F(s3_semantics, deletes_in_bulk) {
    for (const auto* key : {"a&b", "c\rd", "keep", "x"})
        server_.put_object("bucket", key, "x");
    server_.service().fail_bulk_delete("keep", "AccessDenied", 1);
    const std::string body = "<Delete xmlns=\"n\"><Object><Key>a&amp;b</Key></Object><Object><Key>"
                             "c&#xD;d</Key></Object><Object><Key>keep</Key></Object></Delete>";
    EXPECT_EQ(status(ask("POST", "/bucket?delete", "", body)), "400");
    const auto digest = "Content-MD5: " + to_base64(md5(body)) + "\r\n";
    const auto answer = ask("POST", "/bucket?delete", digest, body);
    EXPECT_TRUE(has(answer, "<Deleted><Key>a&amp;b</Key></Deleted>"));
    EXPECT_TRUE(has(answer, "<Error><Key>keep</Key><Code>AccessDenied</Code>"));
    EXPECT_EQ(server_.keys("bucket"), (std::vector<std::string>{"keep", "x"}));
    EXPECT_EQ(status(ask("DELETE", "/bucket/none")), "204");
    EXPECT_TRUE(has(ask("DELETE", "/bucket"), "BucketNotEmpty"));
}

TEST_F(s3_semantics, copies) {
    raw_client::fetch(
        server_.port(), "PUT", "/bucket/a%20b", "x-amz-meta-m: 1\r\nContent-Type: t/x\r\n", "data"
    );
    const std::string source = "x-amz-copy-source: bucket/a%20b\r\n";
    EXPECT_TRUE(has(ask("PUT", "/bucket/c", source), "<CopyObjectResult"));
    EXPECT_TRUE(has(ask("HEAD", "/bucket/c"), "x-amz-meta-m: 1\r\n"));
    EXPECT_EQ(status(ask("PUT", "/bucket/a%20b", source)), "400");
    ask("PUT", "/bucket/a%20b", source + "x-amz-metadata-directive: REPLACE\r\n");
    EXPECT_FALSE(has(ask("HEAD", "/bucket/a%20b"), "x-amz-meta-m"));
    EXPECT_EQ(
        status(ask("PUT", "/bucket/c", source + "x-amz-copy-source-if-match: \"x\"\r\n")), "412"
    );
    EXPECT_EQ(status(ask("PUT", "/bucket/c", "x-amz-copy-source: /bucket/none\r\n")), "404");
}

TEST(s3_server, verifies_what_comes_over_the_socket) {
    server_options options;
    options.service.signature = examples::rules();
    options.service.fixed_time = examples::signing_time;
    options.buckets = {"examplebucket"};
    const s3_server server{options};
    for (const bool bend : {false, true}) {
        raw_client client{server.port()};
        const auto message = examples::put_object();
        std::string text = "PUT /test%24file.text HTTP/1.1\r\nContent-Length: 21\r\n";
        for (const auto& [name, value] : message.headers)
            text += name + ": " + value + "\r\n";
        client.send(text + "\r\n" + (bend ? "welcome to Amazon S3." : message.body));
        client.read(1000, bend ? "</Error>" : "\r\n\r\n");
        EXPECT_EQ(client.received().substr(9, 3), bend ? "400" : "200") << client.received();
    }
    EXPECT_EQ(server.object_data("examplebucket", "test$file.text"), "Welcome to Amazon S3.");
    EXPECT_EQ(server.log()[1].error_code, "XAmzContentSHA256Mismatch");
    EXPECT_EQ(
        server.log()[0].authorization, *find_header(examples::put_object().headers, "authorization")
    );
}

// The result of a verified handshake (X509_V_OK: good), and the first bytes of an answer.
long handshake(const s3_server& server, const char* name, std::string& answer) {
    raw_client socket{server.port()};
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_load_verify_locations(context, server.ca().ca_file().c_str(), nullptr);
    SSL* tls = SSL_new(context);
    SSL_set_tlsext_host_name(tls, name);
    SSL_set1_host(tls, name);
    SSL_set_fd(tls, socket.descriptor());
    long result = -1;
    if (SSL_connect(tls) == 1) {
        result = SSL_get_verify_result(tls);
        const std::string text =
            "GET /bucket/k HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        SSL_write(tls, text.data(), static_cast<int>(text.size()));
        char bytes[4096];
        for (int count = 0; (count = SSL_read(tls, bytes, sizeof bytes)) > 0;) {
            answer.append(bytes, static_cast<std::size_t>(count));
        }
        // A clean end: the server's close_notify came.
        if ((SSL_get_shutdown(tls) & SSL_RECEIVED_SHUTDOWN) == 0) answer += "(truncated)";
    }
    SSL_free(tls);
    SSL_CTX_free(context);
    return result;
}

TEST(s3_server, speaks_tls_with_good_and_bad_certificates) {
    auto options = anonymous();
    options.tls = tls_mode::on;
    s3_server server{options};
    server.put_object("bucket", "k", "0123456789");
    std::string answer;
    for (const auto* name : {"localhost", "bucket.localhost", "s3.test", "b.s3.test"}) {
        answer.clear();
        EXPECT_EQ(handshake(server, name, answer), X509_V_OK) << name;
        EXPECT_TRUE(answer.ends_with("\r\n\r\n0123456789")) << answer;
    }
    EXPECT_EQ(handshake(server, "other.example", answer), X509_V_ERR_HOSTNAME_MISMATCH);
    const std::vector<std::pair<leaf_kind, long>> bad{
        {leaf_kind::expired, X509_V_ERR_CERT_HAS_EXPIRED},
        {leaf_kind::not_yet_valid, X509_V_ERR_CERT_NOT_YET_VALID},
        {leaf_kind::wrong_name, X509_V_ERR_HOSTNAME_MISMATCH},
        {leaf_kind::self_signed, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT},
        {leaf_kind::unknown_ca, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    };
    for (const auto& [leaf, expected] : bad) {
        server.change_certificate(leaf);
        EXPECT_EQ(handshake(server, "localhost", answer), expected);
    }
    server.change_certificate(leaf_kind::good);
    server.on({}, close_at(stage::answer_body, 3));
    answer.clear();
    EXPECT_EQ(handshake(server, "localhost", answer), X509_V_OK);
    EXPECT_TRUE(answer.ends_with("012(truncated)")) << answer;
    auto polite = close_at(stage::answer_body, 3);
    polite.close_notify = true;
    server.on({}, polite);
    answer.clear();
    EXPECT_EQ(handshake(server, "localhost", answer), X509_V_OK);
    EXPECT_TRUE(answer.ends_with("\r\n\r\n012")) << answer;
}

TEST(digests, know_their_published_values) {
    EXPECT_EQ(crc32("123456789"), 0xCBF43926U);
    EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
    EXPECT_EQ(crc64nvme("123456789"), 0xAE8B14860A799888ULL);
    EXPECT_EQ(to_hex(md5("")), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(to_hex(sha256("")), examples::empty_hash);
    EXPECT_EQ(from_base64("Zm9vYg=="), "foob");
    EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
    EXPECT_FALSE(from_base64("Zm9vYg="));
}

} // namespace
} // namespace blobstore::fakes
