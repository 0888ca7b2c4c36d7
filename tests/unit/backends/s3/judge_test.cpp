// SPDX-License-Identifier: Apache-2.0
// What each answer of S3 makes the call do next.
#include "backends/s3/judge.h"
#include "base/time.h"

#include <gtest/gtest.h>

namespace blobstore::s3 {
namespace {

using http::action;
using fields = std::initializer_list<http::header_view>;

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t now = 1'790'000'000 * second;

http::response_head head_with(int status, fields of = {}) {
    http::response_head head;
    head.status = status;
    for (const http::header_view& field : of)
        head.fields[head.count++] = field;
    return head;
}

std::string document(std::string_view code, std::string_view more = {}) {
    return "<?xml version=\"1.0\"?>\n<Error><Code>" + std::string(code) + "</Code>" +
           std::string(more) + "</Error>";
}

http::verdict judge(const http::response_head& head, std::string_view body) {
    return s3::judge(head, body, {"us-east-1", now, true});
}

http::verdict judge_document(const http::response_head& head, std::string_view body) {
    return s3::judge_document(head, body, {"us-east-1", now, true});
}

TEST(s3_judge, success_and_failure) {
    EXPECT_EQ(judge(head_with(200), "").what, action::done);
    EXPECT_EQ(judge(head_with(206), "<Errors are here>").what, action::done);
    EXPECT_EQ(judge(head_with(404), document("NoSuchKey")).what, action::fail);
    EXPECT_EQ(judge(head_with(304), "").why.code(), errc::not_modified);
    EXPECT_EQ(judge(head_with(503), "").what, action::throttled);
}

TEST(s3_judge, S301_an_error_within_a_200_is_one) {
    const http::verdict again = judge(
        head_with(200),
        "<?xml version=\"1.0\"?>\n   \n<Error><Code>InternalError</Code>"
        "<Message>We encountered an internal error.</Message></Error>"
    );
    EXPECT_EQ(again.what, action::retry);
    EXPECT_EQ(again.why.code(), errc::unavailable);
    EXPECT_EQ(again.why->http_status, 200);
    const http::verdict unknown = judge(head_with(200), document("NeverHeardOf"));
    EXPECT_EQ(unknown.what, action::fail);
    EXPECT_EQ(unknown.why.code(), errc::service);
    // the root says what a document is, not a word in it
    const std::string copied =
        "<CopyObjectResult><ETag>&lt;Error> InternalError</ETag></CopyObjectResult>";
    EXPECT_EQ(judge(head_with(200), copied).what, action::done);
    const std::string partly = "<DeleteResult><Error><Key>k</Key><Code>InternalError</Code></Error>"
                               "</DeleteResult>";
    EXPECT_EQ(judge(head_with(200), partly).what, action::done);
}

// S3-01: a document that is cut or garbage is no success.
TEST(s3_judge, S3_01_a_broken_document_is_tried_again_and_in_doubt) {
    const std::string whole = "<CopyObjectResult><ETag>InternalError</ETag></CopyObjectResult>";
    EXPECT_EQ(judge_document(head_with(200), whole).what, action::done);
    EXPECT_EQ(judge_document(head_with(204), "").what, action::retry);
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
        const http::verdict v = judge_document(head_with(200), whole.substr(0, cut));
        EXPECT_EQ(v.what, action::retry) << cut;
        EXPECT_TRUE(v.why->outcome_unknown) << cut;
    }
    EXPECT_EQ(judge_document(head_with(404), document("NoSuchKey")).what, action::fail);
    const std::string begins(std::size_t{64} * 1024, '<'); // the rest is not there yet
    EXPECT_EQ(judge_document(head_with(200), begins).what, action::done);
}

TEST(s3_judge, a_breakdown_leaves_doubt_and_a_refusal_does_not) {
    for (const int status : {500, 502, 504, 520, 599})
        EXPECT_TRUE(judge(head_with(status), "").why->outcome_unknown) << status;
    for (const int status : {301, 400, 403, 404, 409, 412, 429, 501, 503})
        EXPECT_FALSE(judge(head_with(status), "").why->outcome_unknown) << status;
}

// A literal copy of what is tried again, and how.
TEST(s3_judge, S310_codes_and_statuses_that_are_tried_again) {
    struct row {
        int status;
        const char* code;
        action what;
    };

    constexpr row rows[] = {
        {500, "", action::retry},
        {502, "", action::retry},
        {503, "", action::throttled},
        {504, "", action::retry},
        {408, "", action::retry},
        {429, "", action::throttled},
        {499, "", action::throttled},
        {509, "", action::throttled},
        {520, "", action::throttled},
        {500, "InternalError", action::retry},
        {500, "InternalErrors", action::retry},
        {400, "RequestTimeout", action::retry},
        {400, "RequestTimeoutException", action::retry},
        {400, "PriorRequestNotComplete", action::retry},
        {400, "IDPCommunicationError", action::retry},
        {409, "OperationAborted", action::retry},
        {503, "SlowDown", action::throttled},
        {503, "SlowDownRead", action::throttled},
        {503, "SlowDownWrite", action::throttled},
        {400, "Throttling", action::throttled},
        {400, "ThrottlingException", action::throttled},
        {400, "ThrottledException", action::throttled},
        {400, "RequestThrottled", action::throttled},
        {400, "RequestThrottledException", action::throttled},
        {400, "RequestLimitExceeded", action::throttled},
        {400, "TooManyRequests", action::throttled},
        {400, "TooManyRequestsException", action::throttled},
        {400, "BandwidthLimitExceeded", action::throttled},
        {400, "EC2ThrottledException", action::throttled},
        {503, "ServiceUnavailable", action::throttled},
        {400, "", action::fail},
        {401, "", action::fail},
        {403, "AccessDenied", action::fail},
        {403, "SignatureDoesNotMatch", action::fail},
        {404, "NoSuchBucket", action::fail},
        {409, "BucketAlreadyExists", action::fail},
        {412, "PreconditionFailed", action::fail},
        {501, "NotImplemented", action::fail},
    };
    for (const row& each : rows) {
        const std::string body = *each.code ? document(each.code) : std::string();
        const http::verdict said = judge(head_with(each.status), body);
        EXPECT_EQ(said.what, each.what) << each.status << ' ' << each.code;
        const bool again = each.what == action::retry || each.what == action::throttled;
        EXPECT_EQ(said.why->retryable, again) << each.status << ' ' << each.code;
    }
}

TEST(s3_judge, S311_refused_credentials_are_fetched_anew) {
    for (const char* code :
         {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken"}) {
        const http::verdict said = judge(head_with(400), document(code));
        EXPECT_EQ(said.what, action::new_credentials) << code;
        EXPECT_EQ(said.why.code(), errc::unauthenticated) << code;
    }
    EXPECT_EQ(judge(head_with(403), document("InvalidAccessKeyId")).what, action::fail);
}

TEST(s3_judge, S312_clock_skew) {
    const auto answer = [](int status, std::string_view code, std::int64_t off, bool secure) {
        const std::string date = format_http_date(now + off * second);
        const std::string body = code.empty() ? std::string() : document(code);
        return s3::judge(head_with(status, {{"Date", date}}), body, {"us-east-1", now, secure});
    };
    for (std::int64_t off : {-1200, 1200, -80000, 80000}) {
        const http::verdict said = answer(403, "RequestTimeTooSkewed", off, true);
        EXPECT_EQ(said.what, action::new_clock) << off;
        EXPECT_EQ(said.server_time_ns, now + off * second);
        EXPECT_EQ(said.why.code(), errc::clock_skew);
    }
    EXPECT_EQ(answer(403, "RequestTimeTooSkewed", 1200, false).what, action::fail) << "no TLS";
    EXPECT_EQ(answer(403, "RequestTimeTooSkewed", 1200, false).why.code(), errc::clock_skew);
    EXPECT_EQ(answer(403, "RequestTimeTooSkewed", 172800, true).what, action::fail) << "two days";
    EXPECT_EQ(answer(403, "", 1200, true).what, action::new_clock) << "HEAD has no body";
    EXPECT_EQ(answer(403, "AccessDenied", 1200, true).what, action::new_clock);
    EXPECT_EQ(answer(403, "AccessDenied", 200, true).what, action::fail);
    EXPECT_EQ(answer(404, "NoSuchKey", 1200, true).what, action::fail);
    for (const char* date : {"", "yesterday", "-1"}) {
        const http::response_head head = head_with(403, {{"Date", date}});
        EXPECT_EQ(judge(head, document("RequestTimeTooSkewed")).what, action::fail) << date;
    }
}

TEST(s3_judge, S313_another_region_in_each_form) {
    const http::header_view named{"x-amz-bucket-region", "eu-west-1"};
    const std::string moved = document(
        "PermanentRedirect", "<Endpoint>b.s3-eu-west-1.amazonaws.com</Endpoint><Bucket>b</Bucket>"
    );
    const http::verdict forms[] = {
        judge(head_with(301, {named}), document("PermanentRedirect")),
        judge(head_with(301), moved),
        judge(head_with(301, {named}), ""),
        judge(head_with(302, {named}), ""),
        judge(
            head_with(307, {{"Location", "https://b.s3.eu-west-1.amazonaws.com/k"}}),
            document("TemporaryRedirect")
        ),
        judge(
            head_with(307),
            document("TemporaryRedirect", "<Endpoint>b.s3.eu-west-1.amazonaws.com</Endpoint>")
        ),
        judge(
            head_with(400), document("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>")
        ),
        judge(head_with(400, {named}), ""),
        judge(head_with(400, {named}), document("IllegalLocationConstraintException")),
    };
    for (const http::verdict& said : forms) {
        EXPECT_EQ(said.what, action::new_region);
        EXPECT_EQ(said.region, "eu-west-1");
        EXPECT_EQ(said.why->hint, "the bucket is in eu-west-1, not in us-east-1");
    }
}

TEST(s3_judge, S313_what_is_no_region_is_not_followed) {
    const auto told = [](int status, std::string_view region) {
        return judge(head_with(status, {{"x-amz-bucket-region", region}}), "").what;
    };
    for (const char* evil :
         {"evil.com/",
          "evil.com",
          "a b",
          "A",
          "",
          "0123456789012345678901234567890123456789012345678901234567890123"})
        EXPECT_EQ(told(301, evil), action::fail) << evil;
    EXPECT_EQ(told(301, "us-east-1"), action::fail) << "it is in that region";
    EXPECT_EQ(told(404, "eu-west-1"), action::fail);
    EXPECT_EQ(told(403, "eu-west-1"), action::fail);
    EXPECT_EQ(judge(head_with(307, {{"Location", "https://evil.com/k"}}), "").what, action::fail);
    EXPECT_EQ(
        judge(head_with(400, {{"x-amz-bucket-region", "eu-west-1"}}), document("InvalidArgument"))
            .what,
        action::fail
    );
}

TEST(s3_endpoint, S313_moves_to_another_region) {
    endpoint at;
    at.bucket = "bkt";
    at.region = "us-east-1";
    at.aws = true;
    ASSERT_TRUE(place_by_rules(at, {}));
    EXPECT_EQ(in_region(at, "eu-west-1").to.host, "bkt.s3.eu-west-1.amazonaws.com");
    EXPECT_EQ(in_region(at, "cn-north-1").to.host, "bkt.s3.cn-north-1.amazonaws.com.cn");
    at.aws = false;
    at.to.host = "minio.example";
    EXPECT_EQ(in_region(at, "eu-west-1").to.host, "minio.example");
    EXPECT_EQ(in_region(at, "eu-west-1").region, "eu-west-1");
}

} // namespace
} // namespace blobstore::s3
