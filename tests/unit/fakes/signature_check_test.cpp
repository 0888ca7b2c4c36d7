// SPDX-License-Identifier: Apache-2.0
// The fake's verifier accepts the published worked examples and refuses every mutation of them.
#include "doc_examples.h"
#include "fakes/digests.h"
#include "fakes/text_forms.h"

#include <gtest/gtest.h>

#include <random>

namespace blobstore::fakes {
namespace {

// The code of the refusal, or "ok".
std::string judge(
    const request& message,
    const signature_rules& rules = examples::rules(),
    std::time_t now = examples::signing_time
) {
    const auto signature = check_signature(message, rules, now);
    if (signature.refused) return signature.refused->code;
    const auto body = check_payload(message, signature);
    return body.refused ? body.refused->code : "ok";
}

request without(request message, const std::string& name) {
    remove_header(message.headers, name);
    return message;
}

request with(request message, const std::string& name, const std::string& value) {
    set_header(message.headers, name, value);
    return message;
}

request replaced(request message, const std::string& from, const std::string& to) {
    const auto at = message.target.find(from);
    EXPECT_NE(at, std::string::npos);
    message.target.replace(at, from.size(), to);
    return message;
}

TEST(signature_check, accepts_the_documented_examples) {
    EXPECT_EQ(judge(examples::get_object()), "ok");
    EXPECT_EQ(judge(examples::put_object()), "ok");
    EXPECT_EQ(judge(examples::get_lifecycle()), "ok");
    EXPECT_EQ(judge(examples::list_objects()), "ok");
    EXPECT_EQ(judge(examples::presigned_get()), "ok");
    EXPECT_EQ(judge(examples::chunked_put()), "ok");
    EXPECT_EQ(judge(examples::chunked_put_with_trailer()), "ok");
}

TEST(signature_check, derives_the_documented_signing_keys) {
    const std::string secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    EXPECT_EQ(
        to_hex(derive_signing_key(secret, "20120215", "us-east-1", "iam")),
        "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"
    );
    EXPECT_EQ(
        to_hex(derive_signing_key(secret, "20150830", "us-east-1", "iam")),
        "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
    );
}

TEST(signature_check, decodes_chunks_and_trailers) {
    const auto message = examples::chunked_put_with_trailer();
    const auto signature = check_signature(message, examples::rules(), examples::signing_time);
    const auto body = check_payload(message, signature);
    EXPECT_EQ(body.data, std::string(66560, 'a'));
    ASSERT_EQ(body.trailers.size(), 1U);
    EXPECT_EQ(body.trailers[0].second, "sOO8/Q==");
    EXPECT_EQ(amz_checksum("crc32c", body.data), "sOO8/Q==");
}

TEST(signature_check, names_what_is_wrong) {
    using namespace examples;
    const auto get = get_object();
    EXPECT_EQ(judge(get, rules(), signing_time + 901), "RequestTimeTooSkewed");
    EXPECT_EQ(judge(get, rules(), signing_time - 901), "RequestTimeTooSkewed");
    EXPECT_EQ(judge(get, rules(), signing_time + 900), "ok");
    EXPECT_EQ(judge(presigned_get(), rules(), signing_time + 86400), "ok");
    EXPECT_EQ(judge(presigned_get(), rules(), signing_time + 86401), "AccessDenied");
    EXPECT_EQ(judge(presigned_get(), rules(), signing_time - 901), "AccessDenied");
    const auto too_long = replaced(presigned_get(), "Expires=86400", "Expires=604801");
    EXPECT_EQ(judge(too_long), "AuthorizationQueryParametersError");
    EXPECT_EQ(judge(without(get, "authorization")), "AccessDenied");
    EXPECT_EQ(judge(without(get, "x-amz-content-sha256")), "InvalidRequest");
    EXPECT_EQ(judge(without(get, "range")), "SignatureDoesNotMatch");
    EXPECT_EQ(judge(with(get, "x-amz-meta-a", "b")), "AccessDenied");
    EXPECT_EQ(judge(with(presigned_get(), "x-amz-meta-a", "b")), "AccessDenied");
    EXPECT_EQ(
        judge(with(presigned_get(), "Authorization", "AWS4-HMAC-SHA256 x")), "InvalidArgument"
    );
    EXPECT_EQ(judge(with(get, "Authorization", "AWS AKIA:sig")), "InvalidRequest");
    EXPECT_EQ(judge(with(get, "x-amz-security-token", "t")), "InvalidToken");
    auto other = rules();
    other.region = "eu-central-1";
    const auto wrong_region = check_signature(get, other, signing_time);
    ASSERT_TRUE(wrong_region.refused);
    EXPECT_EQ(wrong_region.refused->code, "AuthorizationHeaderMalformed");
    EXPECT_EQ(header_or(wrong_region.refused->details, "Region", ""), "eu-central-1");
    other = rules();
    other.credentials.front().access_key = "other";
    EXPECT_EQ(judge(get, other), "InvalidAccessKeyId");
    other = rules();
    other.credentials.front().session_token = "token";
    EXPECT_EQ(judge(get, other), "InvalidAccessKeyId");
    auto body = put_object();
    body.body += " ";
    EXPECT_EQ(judge(body), "XAmzContentSHA256Mismatch");
}

TEST(signature_check, ignores_the_clock_only_when_told) {
    auto rules = examples::rules();
    rules.ignore_clock = true;
    EXPECT_EQ(judge(examples::presigned_get(), rules, 2000000000), "ok");
    EXPECT_EQ(judge(examples::get_object(), rules, 2000000000), "ok");
}

TEST(signature_check, refuses_chunks_that_do_not_add_up) {
    auto message = examples::chunked_put();
    message.body += "x";
    EXPECT_EQ(judge(message), "IncompleteBody");
    message = examples::chunked_put();
    message.body.resize(message.body.size() - 2);
    EXPECT_EQ(judge(message), "IncompleteBody");
    message = examples::chunked_put_with_trailer();
    const auto at = message.body.find("x-amz-checksum");
    message.body.erase(at, message.body.find('\n', at) + 1 - at);
    EXPECT_EQ(judge(message), "MalformedTrailerError");
}

// Two targets say the same if they decode to the same: then the signature covers both.
bool same_target(const std::string& a, const std::string& b) {
    const auto x = split(a);
    const auto y = split(b);
    return percent_decode(x.path) == percent_decode(y.path) &&
           parse_query(x.query) == parse_query(y.query);
}

// Flips one bit; false if the request still says the same (case of a header's name, of an escape).
bool mutate(request& message, std::mt19937& random) {
    std::vector<std::string*> parts{&message.method, &message.target};
    for (auto& [name, value] : message.headers) {
        if (name == "Content-Length") continue; // not part of every signature
        parts.push_back(&name);
        parts.push_back(&value);
    }
    if (!message.body.empty()) parts.push_back(&message.body);
    const auto which = random() % parts.size();
    auto& part = *parts[which];
    const auto before = part;
    const auto bit = random() % (part.size() * 8);
    auto& byte = part[bit / 8];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (bit % 8)));
    if (&part == &message.target) return !same_target(before, part);
    const bool is_name = which >= 2 && which % 2 == 0 && &part != &message.body;
    return !is_name || !same_name(before, part);
}

TEST(signature_check, refuses_a_thousand_one_bit_mutations) {
    const std::vector<request> originals{
        examples::get_object(),
        examples::put_object(),
        examples::list_objects(),
        examples::presigned_get(),
        examples::chunked_put(),
        examples::chunked_put_with_trailer()};
    std::mt19937 random{20130524};
    unsigned refused = 0;
    while (refused < 1000) {
        const auto& original = originals[random() % originals.size()];
        auto message = original;
        if (!mutate(message, random)) continue;
        const auto verdict = judge(message);
        ASSERT_NE(verdict, "ok") << message.method << " " << message.target << " after " << refused;
        ++refused;
    }
}

TEST(signature_check, single_encoding_keeps_every_key) {
    // The canonical path is the decoded key encoded once: nothing is normalised on the way.
    auto message = examples::get_object();
    for (const std::string path : {"/a/../b", "/a//b", "/a%2F..%2Fb", "/%25", "/a+b", "/./x"}) {
        message.target = path;
        const auto result = check_signature(message, examples::rules(), examples::signing_time);
        const auto decoded = *percent_decode(path);
        EXPECT_NE(
            result.canonical_request.find("\n" + percent_encode(decoded, "/") + "\n"),
            std::string::npos
        ) << path;
    }
}

} // namespace
} // namespace blobstore::fakes
