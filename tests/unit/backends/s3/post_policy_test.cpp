// SPDX-License-Identifier: Apache-2.0
// Forms for browsers: the published example, and what ours say and sign.
#include "backends/s3/post_policy.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/time.h"
#include "http/settings.h"

#include <gtest/gtest.h>

namespace blobstore::s3 {
namespace {

constexpr std::int64_t noon = 1'451'390'400'000'000'000; // 2015-12-29T12:00:00Z

aws_credentials example_keys(std::string_view token = {}) {
    return {
        "AKIAIOSFODNN7EXAMPLE",
        secret_string("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        secret_string(token)};
}

endpoint place() {
    settings_values values{settings_table(), http::settings_table()};
    return resolve_endpoint("examplebucket", values).value();
}

std::string field(const post_form& form, std::string_view name) {
    for (const auto& [each, value] : form.fields)
        if (each == name) return value;
    return "none";
}

std::string policy_of(const post_form& form) {
    return unbase64(field(form, "policy")).value();
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html
TEST(post_policy, the_published_example_is_signed_as_published) {
    std::string policy = R"({ "expiration": "2015-12-30T12:00:00.000Z",
  "conditions": [
    {"bucket": "sigv4examplebucket"},
    ["starts-with", "$key", "user/user1/"],
    {"acl": "public-read"},
    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},
    ["starts-with", "$Content-Type", "image/"],
    {"x-amz-meta-uuid": "14365123651274"},
    {"x-amz-server-side-encryption": "AES256"},
    ["starts-with", "$x-amz-meta-tag", ""],

    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},
    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
    {"x-amz-date": "20151229T000000Z" }
  ]
})";
    for (std::size_t at = 0; (at = policy.find('\n', at)) != std::string::npos; at += 2)
        policy.insert(at, "\r");
    const secret_digest key =
        sigv4::signing_key(example_keys().secret_access_key, "20151229", {"us-east-1", "s3"});
    EXPECT_EQ(
        sigv4::signature(key.value, base64(policy)),
        "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"
    );
}

TEST(post_policy, says_all_that_the_form_sends) {
    post_options options;
    options.min_size = 1;
    options.max_size = 1000;
    options.fields = {{"Content-Type", "text/plain"}, {"x-amz-meta-a", "\"q\" $ \\ \xc3\xa9"}};
    const aws_credentials keys = example_keys("token+/");
    const result<post_form> form = make_post_form(place(), "a b", options, &keys, noon + 999);
    ASSERT_TRUE(form);
    EXPECT_EQ(form->url, "https://examplebucket.s3.us-east-1.amazonaws.com/");
    EXPECT_EQ(
        policy_of(*form),
        R"({"expiration":"2015-12-29T12:15:00.000Z","conditions":[{"bucket":"examplebucket"},)"
        R"({"key":"a b"},{"Content-Type":"text/plain"},)"
        R"({"x-amz-meta-a":"\u0022q\u0022 \u0024 \u005c )"
        "\xc3\xa9"
        R"("},{"x-amz-algorithm":"AWS4-HMAC-SHA256"},)"
        R"({"x-amz-credential":"AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},)"
        R"({"x-amz-date":"20151229T120000Z"},{"x-amz-security-token":"token+/"},)"
        R"(["content-length-range",1,1000]]})"
    );
    const secret_digest key =
        sigv4::signing_key(keys.secret_access_key, "20151229", {"us-east-1", "s3"});
    EXPECT_EQ(field(*form, "x-amz-signature"), sigv4::signature(key.value, field(*form, "policy")));
    EXPECT_EQ(form->fields.front().first, "key");
}

TEST(post_policy, a_key_that_is_a_beginning) {
    post_options options;
    options.any_name = true;
    const aws_credentials keys = example_keys();
    const result<post_form> form = make_post_form(place(), "in/", options, &keys, noon);
    ASSERT_TRUE(form);
    EXPECT_EQ(field(*form, "key"), "in/${filename}");
    EXPECT_NE(policy_of(*form).find(R"(["starts-with","$key","in/"])"), std::string::npos);
    EXPECT_EQ(policy_of(*form).find("content-length-range"), std::string::npos);
}

TEST(post_policy, bad_input) {
    const aws_credentials keys = example_keys();
    const auto code = [&](std::string_view key, name_values fields) {
        post_options options;
        options.fields = std::move(fields);
        const result<post_form> form = make_post_form(place(), key, options, &keys, noon);
        return form ? errc::ok : form.error().code();
    };
    EXPECT_EQ(code("k", {{"acl", "private"}}), errc::ok);
    for (const char* name : {"", "Key", "policy", "X-Amz-Signature", "x-amz-date", "file"})
        EXPECT_EQ(code("k", {{name, "v"}}), errc::invalid_argument) << name;
    EXPECT_EQ(code("\xff", {}), errc::invalid_argument);
    EXPECT_EQ(code("k", {{"x-amz-meta-a", "\xff"}}), errc::invalid_argument);
    post_options far;
    far.expires_ms = INT64_MAX;
    EXPECT_FALSE(make_post_form(place(), "k", far, &keys, noon));
}

TEST(post_policy, without_keys_nothing_is_signed) {
    const result<post_form> form = make_post_form(place(), "k", {}, nullptr, noon);
    ASSERT_TRUE(form);
    EXPECT_EQ(
        render_form(*form),
        R"({"url":"https://examplebucket.s3.us-east-1.amazonaws.com/","fields":{"key":"k"}})"
    );
}

} // namespace
} // namespace blobstore::s3
