// SPDX-License-Identifier: Apache-2.0
// Which checksum is sent and how, what refusals of one look like, and what answers say.
#include "backends/s3/checksums.h"
#include "backends/s3/responses.h"

#include <gtest/gtest.h>

namespace blobstore::s3 {
namespace {

endpoint opened(std::string_view url, std::string_view checksum = {}) {
    const setting times[] = {{"first_byte_timeout", {}, setting_type::duration_ms, "30s", ""}};
    settings_values all({settings_table(), times});
    const bool set = (url.empty() || all.set("endpoint", url, setting_origin::call)) &&
                     (checksum.empty() || all.set("checksum", checksum, setting_origin::call));
    EXPECT_TRUE(set);
    result<endpoint> at = resolve_endpoint("bucket", all);
    EXPECT_TRUE(at);
    return *at;
}

checksum_kind unasked(const endpoint& at) {
    return plan_sum(at, checksum_form::trailer, {}).kind;
}

TEST(s3_checksums, S3_40_AWS_gets_one_and_others_where_they_are_told) {
    for (const std::string_view url : {"", "https://s3.eu-west-1.amazonaws.com"}) {
        const sum_plan aws = plan_sum(opened(url), checksum_form::trailer, {});
        EXPECT_EQ(aws.kind, checksum_kind::crc64nvme) << url;
        EXPECT_EQ(aws.most, checksum_form::trailer);
        EXPECT_EQ(unasked(opened(url, "none")), checksum_kind::none);
    }
    const sum_plan other =
        plan_sum(opened("https://storage.example.com", "crc32c"), checksum_form::trailer, {});
    EXPECT_EQ(other.kind, checksum_kind::crc32c);
    EXPECT_EQ(other.most, checksum_form::header);
    EXPECT_EQ(unasked(opened("https://storage.example.com")), checksum_kind::none);
    EXPECT_EQ(unasked(opened("https://amazonaws.com.example.com")), checksum_kind::none);
}

TEST(s3_checksums, S3_40_plans) {
    endpoint at = opened("https://storage.example.com", "crc32");
    put_options options;
    EXPECT_EQ(plan_sum(at, checksum_form::header, options).kind, checksum_kind::crc32);
    EXPECT_EQ(plan_sum(at, checksum_form::md5, options).kind, checksum_kind::none);
    options.checksum = checksum_kind::sha256; // the call's own is never left out
    const sum_plan asked = plan_sum(at, checksum_form::md5, options);
    EXPECT_EQ(asked.kind, checksum_kind::sha256);
    EXPECT_EQ(asked.most, checksum_form::header);
    options.checksum = checksum_kind::md5; // there is no trailer of it
    EXPECT_EQ(plan_sum(at, checksum_form::trailer, options).most, checksum_form::md5);
    EXPECT_EQ(sum_header(checksum_kind::md5), "Content-MD5");
    EXPECT_EQ(sum_header(checksum_kind::crc64nvme), "x-amz-checksum-crc64nvme");
}

error refusal(int status, std::string code, std::string message) {
    error e(status == 501 ? errc::unsupported : errc::service, std::move(message));
    e->from_service = true;
    e->http_status = status;
    e->service_code = std::move(code);
    return e;
}

TEST(s3_checksums, S3_40_refusals_of_services) {
    const error known[] = {
        refusal(501, "NotImplemented", "Header 'x-amz-checksum-crc32' not implemented"),
        refusal(501, "NotImplemented", "A header you provided implies functionality that is not"),
        refusal(400, "InvalidArgument", "Unsupported header 'x-amz-checksum-crc64nvme' received"),
        refusal(400, "InvalidArgument", "aws-chunked encoding is not supported"),
        refusal(400, "InvalidRequest", "STREAMING-UNSIGNED-PAYLOAD-TRAILER is not known"),
    };
    sum_plan plan{checksum_kind::crc64nvme, checksum_form::trailer, {}, false};
    for (const error& e : known) {
        EXPECT_EQ(less_after(e, plan, true), checksum_form::header) << e.message();
        EXPECT_EQ(less_after(e, plan, false), checksum_form::md5) << e.message();
        EXPECT_TRUE(refuses_sum_mode(e));
    }
    const error taken = refusal(400, "XAmzContentSHA256Mismatch", "the header does not match");
    EXPECT_EQ(less_after(taken, plan, true), checksum_form::header);
    EXPECT_EQ(less_after(taken, plan, false), std::nullopt);
    error damaged = refusal(400, "BadDigest", "The crc32 checksum did not match");
    damaged->code = errc::checksum;
    EXPECT_EQ(less_after(damaged, plan, true), std::nullopt);
    EXPECT_EQ(less_after(refusal(403, "AccessDenied", "checksum"), plan, true), std::nullopt);
    EXPECT_EQ(less_after(refusal(400, "InvalidArgument", "no"), plan, true), std::nullopt);
    plan.asked_for = true;
    EXPECT_EQ(less_after(known[0], plan, true), checksum_form::header);
    EXPECT_EQ(less_after(known[0], plan, false), std::nullopt);
    EXPECT_EQ(less_after(known[0], sum_plan(), false), std::nullopt);
}

TEST(s3_checksums, S3_47_services_that_want_one) {
    EXPECT_TRUE(wants_sum(refusal(
        400,
        "InvalidRequest",
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with "
        "Object Lock parameters"
    )));
    EXPECT_FALSE(wants_sum(refusal(400, "InvalidDigest", "The Content-MD5 is not valid")));
}

object_meta decoded(std::initializer_list<http::header_view> fields) {
    http::response_head head;
    head.status = 200;
    for (const http::header_view& one : fields)
        head.fields[head.count++] = one;
    const result<object_meta> meta = decode_meta(head);
    EXPECT_TRUE(meta);
    return *meta;
}

TEST(s3_checksums, S3_41_what_answers_say) {
    EXPECT_EQ(
        decoded(
            {{"X-Amz-Checksum-Crc64nvme", "OOJZ0D8xKts="}, {"x-amz-checksum-type", "FULL_OBJECT"}}
        ).checksum,
        "crc64nvme:OOJZ0D8xKts="
    );
    EXPECT_EQ(
        decoded({{"x-amz-checksum-crc32", "Z+ry2Q==-3"}, {"x-amz-checksum-type", "COMPOSITE"}}
        ).checksum,
        "crc32:Z+ry2Q==-3"
    );
    // of parts, but does not say of how many: nothing to compare with
    EXPECT_EQ(
        decoded({{"x-amz-checksum-crc32", "Z+ry2Q=="}, {"x-amz-checksum-type", "COMPOSITE"}}
        ).checksum,
        ""
    );
    EXPECT_EQ(decoded({{"x-amz-checksum-crc99", "Z+ry2Q=="}}).checksum, "");
    EXPECT_EQ(decoded({{"x-amz-checksum-crc32", "not base64"}}).checksum, "");
    EXPECT_EQ(decoded({}).checksum, "");
}

TEST(s3_checksums, S3_41_aws_chunked_does_not_reach_the_user) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"aws-chunked", ""},
        {"aws-chunked,gzip", "gzip"},
        {"AWS-Chunked, gzip, br", "gzip, br"},
        {"gzip,aws-chunked", "gzip"},
        {"gzip", "gzip"},
        {" , aws-chunked ,", ""}};
    for (const auto& [sent, kept] : cases)
        EXPECT_EQ(decoded({{"Content-Encoding", sent}}).content_encoding, kept) << sent;
}

} // namespace
} // namespace blobstore::s3
