// SPDX-License-Identifier: Apache-2.0
// Signature Version 4 against AWS's published worked examples, typed in as values.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and its siblings
#include "auth/sigv4.h"
#include "base/encoding.h"

#include <gtest/gtest.h>

namespace blobstore::sigv4 {
namespace {

const aws_credentials example = {
    "AKIAIOSFODNN7EXAMPLE", secret_string("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), {}};
const stamp example_time = {1369353600 * nanoseconds_per_second, {"us-east-1", "s3"}};

std::string value_of(const signed_header& from, std::string_view name) {
    for (const auto& [key, value] : from.fields) {
        if (key == name) {
            return value;
        }
    }
    return "(missing)";
}

signed_header sign_example(
    std::string_view method,
    std::string_view path,
    std::vector<field> query,
    std::vector<field> headers,
    std::string_view payload_hash = empty_payload
) {
    return sign_header({method, path, query, headers}, {example, example_time, payload_hash});
}

TEST(sigv4, get_object_with_range) {
    const signed_header out = sign_example(
        "GET", "/test.txt", {}, {{"Host", "examplebucket.s3.amazonaws.com"}, {"Range", "bytes=0-9"}}
    );
    EXPECT_EQ(value_of(out, "x-amz-date"), "20130524T000000Z");
    EXPECT_EQ(value_of(out, "x-amz-content-sha256"), empty_payload);
    EXPECT_EQ(value_of(out, "x-amz-security-token"), "(missing)");
    EXPECT_EQ(
        value_of(out, "authorization"),
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    );
}

TEST(sigv4, put_object) {
    const std::string path = percent_encode("/test$file.text", encode_set::path);
    const std::string hash = hex(bytes_of(sha256("Welcome to Amazon S3.")));
    const signed_header out = sign_example(
        "PUT",
        path,
        {},
        {{"Host", "examplebucket.s3.amazonaws.com"},
         {"Date", "Fri, 24 May 2013 00:00:00 GMT"},
         {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
        hash
    );
    EXPECT_EQ(out.signature, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(sigv4, bucket_requests) {
    const field host = {"Host", "examplebucket.s3.amazonaws.com"};
    EXPECT_EQ(
        sign_example("GET", "/", {{"lifecycle", ""}}, {host}).signature,
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    );
    EXPECT_EQ(
        sign_example("GET", "", {{"prefix", "J"}, {"max-keys", "2"}}, {host}).signature,
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    );
}

TEST(sigv4, presigned_get) {
    const field headers[] = {{"host", "examplebucket.s3.amazonaws.com"}};
    EXPECT_EQ(
        sign_query(
            {"GET", "/test.txt", {}, headers}, {example, example_time, unsigned_payload}, 86400
        ),
        "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    );
}

TEST(sigv4, chunked_upload) {
    const signed_header seed = sign_example(
        "PUT",
        "/examplebucket/chunkObject.txt",
        {},
        {{"Host", "s3.amazonaws.com"},
         {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
         {"Content-Encoding", "aws-chunked"},
         {"x-amz-decoded-content-length", "66560"},
         {"Content-Length", "66824"}},
        streaming_signed
    );
    EXPECT_EQ(seed.signature, "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
    const sha256_value key = signing_key(example.secret_access_key, "20130524", example_time.where);
    const std::string first =
        chunk_signature(key, example_time, seed.signature, sha256(std::string(65536, 'a')));
    EXPECT_EQ(first, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
    const std::string second =
        chunk_signature(key, example_time, first, sha256(std::string(1024, 'a')));
    EXPECT_EQ(second, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
    const std::string last = chunk_signature(key, example_time, second, sha256(""));
    EXPECT_EQ(last, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");

    const std::string header = encode_chunk_header(65536, first);
    EXPECT_EQ(header, "10000;chunk-signature=" + first + "\r\n");
    const std::string end = encode_body_end(last, {});
    EXPECT_EQ(end, "0;chunk-signature=" + last + "\r\n\r\n");
    EXPECT_EQ(
        header.size() + 65536 + 2 + encode_chunk_header(1024, second).size() + 1024 + 2 +
            end.size(),
        66824U
    );
    EXPECT_EQ(encoded_length(66560, 65536, 0, chunks::with_signature), 66824U);
}

TEST(sigv4, chunked_upload_with_trailer) {
    const sha256_value key = signing_key(example.secret_access_key, "20130524", example_time.where);
    // the empty chunk's signature of the published example
    const std::string_view previous =
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992";
    EXPECT_EQ(
        trailer_signature(key, example_time, previous, "x-amz-checksum-crc32c:sOO8/Q==\n"),
        "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
    );
}

// The length is that of the body put together from the pieces, for every kind and edge.
TEST(sigv4, encoded_length_is_that_of_the_pieces) {
    const std::string mark(64, 'f');
    const field trailers[] = {{"x-amz-checksum-crc32", "EiniBA=="}};
    for (const chunks kind : {chunks::plain, chunks::with_signature}) {
        for (const bool with_trailer : {false, true}) {
            for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 255U, 256U, 4096U}) {
                const std::string_view signed_by =
                    kind == chunks::plain ? std::string_view() : std::string_view(mark);
                const std::size_t chunk = 16;
                std::size_t expected = 0;
                for (std::size_t at = 0; at < size; at += chunk) {
                    const std::size_t part = std::min(chunk, size - at);
                    expected += encode_chunk_header(part, signed_by).size() + part + 2;
                }
                const std::span<const field> used =
                    with_trailer ? std::span(trailers) : std::span<const field>();
                expected +=
                    encode_body_end(signed_by, used, with_trailer ? signed_by : std::string_view())
                        .size();
                const std::uint64_t lines = with_trailer ? 20 + 1 + 8 + 2 : 0;
                EXPECT_EQ(encoded_length(size, chunk, lines, kind), expected) << size;
            }
        }
    }
    // the body that @aws-sdk/client-s3 sent for 70,000 bytes
    EXPECT_EQ(encoded_length(70000, 70000, 31, chunks::plain), 70045U);
}

TEST(sigv4, post_policy) {
    const std::string policy = base64(
        "{ \"expiration\": \"2015-12-30T12:00:00.000Z\",\r\n"
        "  \"conditions\": [\r\n    {\"bucket\": \"sigv4examplebucket\"},\r\n"
        "    [\"starts-with\", \"$key\", \"user/user1/\"],\r\n    {\"acl\": \"public-read\"},\r\n"
        "    {\"success_action_redirect\": "
        "\"http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html\"},\r\n"
        "    [\"starts-with\", \"$Content-Type\", \"image/\"],\r\n"
        "    {\"x-amz-meta-uuid\": \"14365123651274\"},\r\n"
        "    {\"x-amz-server-side-encryption\": \"AES256\"},\r\n"
        "    [\"starts-with\", \"$x-amz-meta-tag\", \"\"],\r\n\r\n"
        "    {\"x-amz-credential\": "
        "\"AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request\"},\r\n"
        "    {\"x-amz-algorithm\": \"AWS4-HMAC-SHA256\"},\r\n"
        "    {\"x-amz-date\": \"20151229T000000Z\" }\r\n  ]\r\n}"
    );
    const sha256_value key =
        signing_key(example.secret_access_key, "20151229", {"us-east-1", "s3"});
    EXPECT_EQ(
        signature(key, policy), "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"
    );
}

TEST(sigv4, signing_keys) {
    const secret_string secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    EXPECT_EQ(
        hex(bytes_of(signing_key(secret, "20120215", {"us-east-1", "iam"}))),
        "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"
    );
    EXPECT_EQ(
        hex(bytes_of(signing_key(secret, "20150830", {"us-east-1", "iam"}))),
        "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
    );
}

TEST(sigv4, a_kept_key_signs_the_same) {
    const field headers[] = {{"host", "h"}};
    const request_view request = {"GET", "/k", {}, headers};
    const sha256_value key = signing_key(example.secret_access_key, "20130524", example_time.where);
    EXPECT_EQ(
        sign_header(request, {example, example_time, empty_payload, {}, &key}).signature,
        sign_header(request, {example, example_time, empty_payload}).signature
    );
}

// The two double-encoded paths of aws-sigv4-smithy-rs; the second has a signature as well.
TEST(sigv4, double_encoded_paths) {
    const options how = {.double_encode = true, .normalize = true, .content_sha256 = false};
    const field gateway[] = {{"Host", "tj9n5r0m12.execute-api.us-east-1.amazonaws.com"}};
    EXPECT_TRUE(
        canonical_request(
            {"POST", "/test/@connections/JBDvjfGEIAMCERw%3D", {}, gateway}, empty_payload, how
        )
            .starts_with("POST\n/test/%40connections/JBDvjfGEIAMCERw%253D\n\n")
    );

    const field lambda[] = {
        {"Host", "lambda.us-east-2.amazonaws.com"}, {"X-Amz-Date", "20210511T154045Z"}};
    const request_view request = {
        "POST",
        "/2015-03-31/functions/"
        "arn%3Aaws%3Alambda%3Aus-west-2%3A892717189312%3Afunction%3Amy-rusty-fun/invocations",
        {},
        lambda};
    const std::string canonical = canonical_request(request, empty_payload, how);
    EXPECT_EQ(
        canonical,
        "POST\n/2015-03-31/functions/arn%253Aaws%253Alambda%253Aus-west-2%253A892717189312"
        "%253Afunction%253Amy-rusty-fun/invocations\n\nhost:lambda.us-east-2.amazonaws.com\n"
        "x-amz-date:20210511T154045Z\n\nhost;x-amz-date\n" +
            std::string(empty_payload)
    );
    const stamp at = {*parse_iso_basic("20210511T154045Z"), {"us-east-2", "lambda"}};
    EXPECT_EQ(
        string_to_sign(at, canonical),
        "AWS4-HMAC-SHA256\n20210511T154045Z\n20210511/us-east-2/lambda/aws4_request\n"
        "684dbb3c92a8b6b1e452e23e523c1ea941c713a4c13500bb9f3bdad1e19afaf7"
    );
}

TEST(sigv4, session_token_signed_or_added_after) {
    const aws_credentials session = {"AK", secret_string("secret"), secret_string("to/ken")};
    const field headers[] = {{"host", "h"}};
    const request_view request = {"GET", "/", {}, headers};
    const signed_header with = sign_header(request, {session, example_time, empty_payload});
    EXPECT_NE(
        value_of(with, "authorization").find("x-amz-date;x-amz-security-token,"), std::string::npos
    );
    const options after = {.omit_session_token = true};
    const signed_header without =
        sign_header(request, {session, example_time, empty_payload, after});
    EXPECT_EQ(value_of(without, "x-amz-security-token"), "to/ken");
    EXPECT_EQ(value_of(without, "authorization").find("security-token"), std::string::npos);
    EXPECT_NE(
        sign_query(request, {session, example_time, unsigned_payload}, 60)
            .find("&X-Amz-Expires=60&X-Amz-Security-Token=to%2Fken&X-Amz-SignedHeaders=host&"),
        std::string::npos
    );
    EXPECT_NE(
        sign_query(request, {session, example_time, unsigned_payload, after}, 60)
            .find("&X-Amz-SignedHeaders=host&X-Amz-Security-Token=to%2Fken&X-Amz-Signature="),
        std::string::npos
    );
}

TEST(sigv4, what_proxies_change_is_not_signed) {
    const field headers[] = {
        {"Host", "h"},
        {"User-Agent", "x"},
        {"Connection", "close"},
        {"Expect", "100"},
        {"Transfer-Encoding", "y"},
        {"Accept-Encoding", "identity"},
        {"TE", "trailers"},
        {"Proxy-Authorization", "z"},
        {"Authorization", "w"},
        {"Cache-Control", "no-cache"}};
    EXPECT_EQ(signed_headers({"GET", "/", {}, headers}), "cache-control;host");
}

TEST(sigv4, s3_paths_stay_as_they_are) {
    for (const std::string_view path : {"/a//b/../c/./d/", "//", "/..", "/a%2Fb%20c"}) {
        EXPECT_TRUE(canonical_request({"GET", path, {}, {}}, empty_payload)
                        .starts_with("GET\n" + std::string(path) + "\n\n"));
    }
}

} // namespace
} // namespace blobstore::sigv4
