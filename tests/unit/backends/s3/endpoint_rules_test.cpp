// SPDX-License-Identifier: Apache-2.0
// The endpoints of AWS as settings choose them, and what they mean for requests.
#include "backends/s3/endpoint_rules.h"
#include "backends/s3/judge.h"
#include "backends/s3/requests.h"
#include "http/settings.h"

#include <gtest/gtest.h>

namespace blobstore::s3 {
namespace {

using pairs = std::initializer_list<std::pair<std::string_view, std::string_view>>;

constexpr std::string_view point = "arn:aws:s3:us-west-2:123456789012:accesspoint:point";
constexpr std::string_view anywhere = "arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap";

result<endpoint> resolve(std::string_view bucket, pairs given) {
    settings_values values{settings_table(), http::settings_table()};
    for (const auto& [key, value] : given)
        EXPECT_TRUE(values.set(key, value, setting_origin::call)) << key;
    return resolve_endpoint(bucket, values);
}

// "https host/path region/service", or the error's code.
std::string place(std::string_view bucket, pairs given) {
    const result<endpoint> at = resolve(bucket, given);
    if (!at) return std::string(name_of(at.error().code()));
    return (at->to.tls ? "https " : "http ") + at->to.host + at->path("k") + " " + at->region +
           "/" + at->signing_name;
}

TEST(s3_endpoint, settings_choose_among_the_endpoints_of_aws) {
    EXPECT_EQ(
        place("bucket", {{"use_dualstack_endpoint", "true"}, {"region", "eu-west-1"}}),
        "https bucket.s3.dualstack.eu-west-1.amazonaws.com/k eu-west-1/s3"
    );
    EXPECT_EQ(
        place("bucket", {{"fips", "true"}, {"dualstack", "true"}, {"path_style", "true"}}),
        "https s3-fips.dualstack.us-east-1.amazonaws.com/bucket/k us-east-1/s3"
    );
    EXPECT_EQ(
        place("bucket", {{"accelerate", "true"}, {"region", "eu-west-1"}}),
        "https bucket.s3-accelerate.amazonaws.com/k eu-west-1/s3"
    );
    EXPECT_EQ(
        place("bucket", {{"us_east_1_regional_endpoint", "legacy"}}),
        "https bucket.s3.amazonaws.com/k us-east-1/s3"
    );
    EXPECT_EQ(
        place("bucket", {{"region", "us-gov-west-1"}, {"use_fips_endpoint", "true"}}),
        "https bucket.s3-fips.us-gov-west-1.amazonaws.com/k us-gov-west-1/s3"
    );
    EXPECT_EQ(place("bucket", {{"fips", "true"}, {"accelerate", "true"}}), "E_CONFIG");
    EXPECT_EQ(place("a.b", {{"accelerate", "true"}}), "E_CONFIG");
    EXPECT_EQ(place("bucket", {{"fips", "true"}, {"endpoint", "http://h"}}), "E_CONFIG");
}

TEST(s3_endpoint, S3_46_access_points_by_arn) {
    EXPECT_EQ(
        place(point, {}),
        "https point-123456789012.s3-accesspoint.us-west-2.amazonaws.com/k us-west-2/s3"
    );
    EXPECT_EQ(
        place(point, {{"dualstack", "true"}, {"region", "us-west-2"}}),
        "https point-123456789012.s3-accesspoint.dualstack.us-west-2.amazonaws.com/k us-west-2/s3"
    );
    EXPECT_EQ(
        place(point, {{"endpoint", "https://vpce.test:8443/base"}}),
        "https point-123456789012.vpce.test/base/k us-west-2/s3"
    );
    EXPECT_EQ(place(point, {{"use_arn_region", "false"}}), "E_CONFIG");
    EXPECT_EQ(place(point, {{"path_style", "true"}}), "E_CONFIG");
    EXPECT_EQ(place("arn:aws:s3:us-west-2:1:accesspoint:", {}), "E_INVALID_ARGUMENT");
    EXPECT_EQ(place("arn:aws:s3", {}), "E_INVALID_ARGUMENT");
    EXPECT_EQ(
        place("arn:aws:s3-outposts:us-west-2:1:outpost/op-1/accesspoint/p", {}),
        "https p-1.op-1.s3-outposts.us-west-2.amazonaws.com/k us-west-2/s3-outposts"
    );
    const endpoint moved = in_region(*resolve(point, {}), "eu-west-1");
    EXPECT_EQ(moved.region, "us-west-2") << "an ARN says its region";
    const unsigned_request copy = encode_copy(*resolve(point, {}), point, "a b", "k", {});
    EXPECT_EQ(copy.headers.at(0).value, std::string(point) + "/object/a%20b");
}

TEST(s3_endpoint, S3_46_what_cannot_be_signed_is_told) {
    const result<endpoint> global = resolve(anywhere, {});
    ASSERT_TRUE(global) << global.error().message();
    EXPECT_EQ(global->to.host, "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com");
    EXPECT_NE(global->unsignable.find("SigV4a"), std::string::npos);
    EXPECT_EQ(place(anywhere, {{"disable_multiregion_access_points", "true"}}), "E_CONFIG");
    EXPECT_EQ(resolve(point, {})->unsignable, "");
    const result<endpoint> directory = resolve("b--usw2-az1--x-s3", {{"region", "us-west-2"}});
    EXPECT_EQ(directory->to.host, "b--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com");
    EXPECT_NE(directory->unsignable.find("sessions"), std::string::npos);
    EXPECT_EQ(
        place(
            "b--usw2-az1--x-s3", {{"region", "us-west-2"}, {"disable_express_session_auth", "true"}}
        ),
        "https b--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com/k us-west-2/s3express"
    );
}

TEST(s3_endpoint, an_arn_of_a_store_url_ends_behind_the_authority) {
    const auto completed = [](std::string bucket, std::string rest) {
        complete_arn(bucket, rest);
        return bucket + " " + rest;
    };
    EXPECT_EQ(completed("arn:aws:s3:r:1:accesspoint", "p/a/b"), "arn:aws:s3:r:1:accesspoint/p a/b");
    EXPECT_EQ(completed("arn:aws:s3:r:1:accesspoint", "p"), "arn:aws:s3:r:1:accesspoint/p ");
    EXPECT_EQ(completed("arn:aws:s3:r:1:accesspoint:p", "a"), "arn:aws:s3:r:1:accesspoint:p a");
    EXPECT_EQ(
        completed("arn:aws:s3-outposts:r:1:outpost", "op-1/accesspoint/p/k"),
        "arn:aws:s3-outposts:r:1:outpost/op-1/accesspoint/p k"
    );
    EXPECT_EQ(completed("bucket", "p/a"), "bucket p/a");
    EXPECT_EQ(completed("arn:x", "p/a"), "arn:x p/a");
}

} // namespace
} // namespace blobstore::s3
