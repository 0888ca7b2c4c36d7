// SPDX-License-Identifier: Apache-2.0
// Endpoints of S3 as another SDK's cases want them: URL, signatures and properties.
#include "backends/s3/endpoint_rules.h"
#include "vectors.h"

namespace blobstore::vectors {
namespace {

bool flag_of(const rapidjson::Value& params, const char* name) {
    const auto found = params.FindMember(name);
    return found != params.MemberEnd() && found->value.IsBool() && found->value.GetBool();
}

std::string told(const s3::resolved_endpoint& at) {
    std::string text = at.url();
    for (const s3::auth_scheme& each : at.schemes)
        text += " " + each.name + "/" + each.signing_name + "/" + each.region + "/true";
    return text + (at.express ? " S3Express" : "");
}

std::string told(const rapidjson::Value& expected) {
    std::string text = text_of(expected, "url");
    for (const auto& each : expected["properties"]["authSchemes"].GetArray()) {
        const bool many = each.HasMember("signingRegionSet");
        EXPECT_TRUE(!many || each["signingRegionSet"].Size() == 1);
        const std::string region = many ? std::string(each["signingRegionSet"][0].GetString())
                                        : text_of(each, "signingRegion");
        text += " " + text_of(each, "name") + "/" + text_of(each, "signingName") + "/" + region +
                (flag_of(each, "disableDoubleEncoding") ? "/true" : "/false");
    }
    const std::string backend = text_of(expected["properties"], "backend");
    for (const char* other : {"headers"})
        EXPECT_FALSE(expected.HasMember(other)) << "a case wants " << other;
    return text + (backend.empty() ? "" : " " + backend);
}

TEST(endpoint_rules_vectors, S3_46_every_case_of_s3) {
    const rapidjson::Document cases = read_json(
        folder_of("s3-endpoint-rules-botocore") / "endpoint-rules/s3/endpoint-tests-1.json"
    );
    if (!cases.IsObject()) GTEST_SKIP() << "the set is not there";
    tally count("s3-endpoint-rules-botocore");
    int errors = 0;
    for (const auto& one : cases["testCases"].GetArray()) {
        const rapidjson::Value& params = one["params"];
        const std::string bucket = text_of(params, "Bucket"), region = text_of(params, "Region"),
                          endpoint = text_of(params, "Endpoint");
        s3::endpoint_parameters given;
        given.bucket = bucket;
        given.region = region;
        given.endpoint = endpoint;
        given.fips = flag_of(params, "UseFIPS");
        given.dual_stack = flag_of(params, "UseDualStack");
        given.accelerate = flag_of(params, "Accelerate");
        given.path_style = flag_of(params, "ForcePathStyle");
        given.global = flag_of(params, "UseGlobalEndpoint");
        given.object_lambda = flag_of(params, "UseObjectLambdaEndpoint");
        given.express_control = flag_of(params, "UseS3ExpressControlEndpoint");
        given.no_express_session = flag_of(params, "DisableS3ExpressSessionAuth");
        given.no_access_points = flag_of(params, "DisableAccessPoints");
        given.no_multi_region = flag_of(params, "DisableMultiRegionAccessPoints");
        given.keep_region = params.HasMember("UseArnRegion") && !flag_of(params, "UseArnRegion");
        const result<s3::resolved_endpoint> made = s3::resolve_rules(given);
        const rapidjson::Value& expected = one["expect"];
        const bool fails = expected.HasMember("error");
        errors += fails ? 1 : 0;
        const std::string ours = made ? told(*made) : "error";
        const std::string theirs = fails ? "error" : told(expected["endpoint"]);
        const std::string why = made ? "" : made.error().message();
        count.add(text_of(one, "documentation") + " " + why, difference("endpoint", ours, theirs));
    }
    std::printf("s3-endpoint-rules-botocore: %d of them are errors\n", errors);
}

} // namespace
} // namespace blobstore::vectors
