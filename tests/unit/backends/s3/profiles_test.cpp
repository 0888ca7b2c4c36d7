// SPDX-License-Identifier: Apache-2.0
// The vendors: what each of them takes, and how an endpoint tells whose it is.
#include "backends/s3/profiles.h"
#include "backends/s3/requests.h"
#include "http/settings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

namespace blobstore::s3 {
namespace {

using pairs = std::initializer_list<std::pair<std::string_view, std::string_view>>;

result<endpoint> resolve(pairs given) {
    settings_values values{settings_table(), http::settings_table()};
    for (const auto& [key, value] : given) {
        const result<void> set = values.set(key, value, setting_origin::call);
        if (!set) return set.error();
    }
    return resolve_endpoint("bucket", values);
}

std::string text_of(enforced e) {
    return e == enforced::yes ? "yes" : e == enforced::no ? "no" : "?";
}

// What differs from AWS, in words, each vendor's in one line.
std::string quirks_of(const profile& p) {
    std::string text;
    const auto say = [&text](bool it, const std::string& word) {
        if (it) text += (text.empty() ? "" : " ") + word;
    };
    say(p.style == addressing::host, "host");
    say(!p.default_region.empty(), "region=" + std::string(p.default_region));
    say(p.lists == list_form::v1, "v1");
    say(!p.encodes_lists, "raw-lists");
    say(p.checksums == checksum_form::md5, "md5");
    say(p.checksums == checksum_form::trailer, "trailer");
    say(p.checksums_by_default, "unasked");
    say(p.keeps_aws_chunked, "keeps-aws-chunked");
    say(!p.signed_chunks, "no-chunks");
    say(p.max_parts != 10'000, "parts=" + std::to_string(p.max_parts));
    say(p.min_part != 5 << 20, "min=" + std::to_string(p.min_part >> 20));
    say(p.equal_parts, "equal");
    say(!p.part_copy, "no-part-copy");
    say(p.max_copy == UINT64_MAX, "copies-all");
    say(!p.etag_of_parts, "own-etag");
    say(true, "put=" + text_of(p.put_if_absent) + "/" + text_of(p.put_if_match));
    say(true, "rm=" + text_of(p.remove_if_match) + " cp=" + text_of(p.copy_if_absent));
    say(!p.absent_on_put.name.empty(), std::string(p.absent_on_put.name));
    say(!p.absent_on_copy.name.empty(), std::string(p.absent_on_copy.name));
    say(p.keys_per_delete == 0, "no-bulk");
    say(!p.tags, "no-tags");
    say(!p.versions, "no-versions");
    return text;
}

TEST(s3_profiles, S3_31_S3_42_each_vendor_as_it_is) {
    const std::map<std::string, std::string, std::less<>> expected = {
        {"default", "put=?/? rm=? cp=?"},
        {"aws", "trailer unasked put=yes/yes rm=yes cp=?"},
        {"minio", "trailer put=yes/yes rm=no cp=no"},
        {"ceph", "v1 raw-lists put=?/? rm=? cp=?"},
        {"r2",
         "region=auto equal own-etag put=yes/yes rm=? cp=yes cf-copy-destination-if-none-match "
         "no-tags no-versions"},
        {"gcs",
         "region=auto md5 no-chunks no-part-copy copies-all own-etag put=?/? rm=? cp=? no-bulk "
         "no-tags"},
        {"b2", "md5 put=no/no rm=no cp=no no-tags"},
        {"wasabi", "md5 put=?/? rm=? cp=?"},
        {"spaces", "raw-lists md5 put=?/? rm=? cp=? no-tags"},
        {"oss",
         "host md5 no-chunks own-etag put=yes/no rm=no cp=yes x-oss-forbid-overwrite "
         "x-oss-forbid-overwrite"},
        {"cos",
         "host v1 md5 no-chunks own-etag put=yes/no rm=no cp=yes x-cos-forbid-overwrite "
         "x-cos-forbid-overwrite"},
        {"obs", "host v1 raw-lists md5 no-chunks put=?/? rm=? cp=?"},
        {"storj", "md5 min=64 no-part-copy copies-all put=?/? rm=? cp=?"},
        {"tigris", "region=auto put=yes/yes rm=yes cp=? no-versions"},
        {"scaleway", "md5 parts=1000 put=yes/yes rm=? cp=?"},
        {"versitygw", "keeps-aws-chunked put=yes/yes rm=yes cp=no"},
        {"garage", "trailer put=no/no rm=no cp=no no-tags no-versions"}};
    EXPECT_EQ(profiles().size(), expected.size());
    for (const profile& p : profiles()) {
        const auto row = expected.find(p.name);
        ASSERT_NE(row, expected.end()) << p.name;
        EXPECT_EQ(quirks_of(p), row->second) << p.name;
    }
}

TEST(s3_profiles, S3_42_limits_are_such_that_a_plan_exists) {
    for (const profile& p : profiles()) {
        EXPECT_LE(p.min_part, p.max_part) << p.name;
        EXPECT_LE(p.min_part, p.max_put) << p.name;
        EXPECT_GE(p.max_parts, 1000U) << p.name;
        EXPECT_TRUE(p.part_copy || p.max_copy == UINT64_MAX) << p.name << ": how are 6 GiB copied?";
        EXPECT_LE(p.keys_per_delete, 1000U) << p.name;
        EXPECT_EQ(p.absent_on_put.name.empty(), p.absent_on_put.value.empty()) << p.name;
        EXPECT_TRUE(p.absent_on_put.name.empty() || p.put_if_absent == enforced::yes) << p.name;
    }
}

TEST(s3_profiles, S3_31_S3_42_plans_keep_to_the_limits_of_the_vendor) {
    for (const profile& p : profiles()) {
        const part_limits limits = limits_of(p);
        EXPECT_EQ(limits.least_part, p.min_part) << p.name;
        EXPECT_EQ(limits.most_part, p.max_part) << p.name;
        EXPECT_EQ(limits.most_put, p.max_put) << p.name;
        EXPECT_EQ(limits.most_copy, p.max_copy) << p.name;
        EXPECT_EQ(limits.most_parts, p.max_parts) << p.name;
        EXPECT_EQ(limits.unequal, !p.equal_parts) << p.name;
        EXPECT_EQ(limits.part_copy, p.part_copy) << p.name;
    }
    constexpr std::uint64_t mib = 1 << 20;
    const auto plan = [](std::string_view vendor, std::uint64_t total) {
        return plan_parts(total, 0, limits_of(*profile_named(vendor))).value();
    };
    EXPECT_EQ(plan("aws", 20'000 * mib).count, 2500U);
    EXPECT_EQ(plan("scaleway", 20'000 * mib).count, 1000U);
    EXPECT_EQ(plan("storj", 20'000 * mib).part_size, 64 * mib);
    const auto late_part = [](std::string_view vendor) {
        return part_size_of_stream(1001, 0, 64 * mib, limits_of(*profile_named(vendor))).value();
    };
    EXPECT_EQ(late_part("aws"), 16 * mib);
    EXPECT_EQ(late_part("r2"), 8 * mib) << "its parts are equal";
}

TEST(s3_profiles, S3_42_a_host_tells_vendor_and_region) {
    const struct {
        std::string_view host, vendor, region;
    } cases[] = {
        {"s3.eu-west-1.amazonaws.com", "aws", "eu-west-1"},
        {"s3.dualstack.eu-west-1.amazonaws.com", "aws", "eu-west-1"},
        {"s3.amazonaws.com", "aws", ""},
        {"S3.CN-North-1.AMAZONAWS.com.cn", "aws", "CN-North-1"},
        {"id.r2.cloudflarestorage.com", "r2", ""},
        {"id.eu.r2.cloudflarestorage.com", "r2", ""},
        {"storage.googleapis.com", "gcs", ""},
        {"s3.us-west-004.backblazeb2.com", "b2", "us-west-004"},
        {"s3.wasabisys.com", "wasabi", ""},
        {"s3.ap-northeast-2.wasabisys.com", "wasabi", "ap-northeast-2"},
        {"nyc3.digitaloceanspaces.com", "spaces", "nyc3"},
        {"oss-cn-hangzhou.aliyuncs.com", "oss", "cn-hangzhou"},
        {"cos.ap-beijing.myqcloud.com", "cos", "ap-beijing"},
        {"obs.cn-north-4.myhuaweicloud.com", "obs", "cn-north-4"},
        {"gateway.storjshare.io", "storj", ""},
        {"t3.storage.dev", "tigris", ""},
        {"fly.storage.tigris.dev", "tigris", ""},
        {"s3.fr-par.scw.cloud", "scaleway", "fr-par"},
        {"localhost", "", ""},
        {"amazonaws.com.evil.test", "", ""},
        {"evilamazonaws.com", "", ""},
        {".amazonaws.com", "", ""},
        {"", "", ""}};

    for (const auto& c : cases) {
        const vendor_host found = profile_by_host(c.host);
        EXPECT_EQ(found.vendor ? found.vendor->name : "", c.vendor) << c.host;
        EXPECT_EQ(found.region, c.region) << c.host;
    }
}

TEST(s3_profiles, S3_42_an_answer_tells_the_vendor) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"AmazonS3", "aws"},
        {"MinIO", "minio"},
        {"VERSITYGW", "versitygw"},
        {"Ceph Object Gateway (squid)", "ceph"},
        {"AliyunOSS", "oss"},
        {"tencent-cos", "cos"},
        {"Tigris OS", "tigris"},
        {"WasabiS3/7.1", "wasabi"},
        {"nginx", ""},
        {"", ""}};
    for (const auto& [field, vendor] : cases) {
        const profile* found = profile_by_server(field);
        EXPECT_EQ(found ? found->name : "", vendor) << field;
    }
}

TEST(s3_profiles, an_endpoint_has_the_vendor_that_setting_host_or_answer_names) {
    EXPECT_EQ(resolve({})->vendor->name, "aws");
    EXPECT_FALSE(resolve({})->vendor_may_tell);
    EXPECT_EQ(resolve({{"vendor", "minio"}})->vendor->name, "minio");
    const result<endpoint> oss = resolve({{"endpoint", "https://oss-eu-west-1.aliyuncs.com"}});
    EXPECT_EQ(oss->to.host, "bucket.oss-eu-west-1.aliyuncs.com");
    EXPECT_EQ(oss->region, "eu-west-1");
    const result<endpoint> r2 = resolve({{"endpoint", "https://a.r2.cloudflarestorage.com"}});
    EXPECT_EQ(r2->path("k"), "/bucket/k");
    EXPECT_EQ(r2->region, "auto");
    EXPECT_EQ(
        resolve({{"endpoint", "https://a.r2.cloudflarestorage.com"}, {"region", "weur"}})->region,
        "weur"
    );
    const result<endpoint> forced =
        resolve({{"endpoint", "https://oss-eu-west-1.aliyuncs.com"}, {"path_style", "true"}});
    EXPECT_EQ(forced->path("k"), "/bucket/k");
    EXPECT_EQ(resolve({{"vendor", "acme"}}).error().code(), errc::config);

    const result<endpoint> unknown = resolve({{"endpoint", "http://h:9000"}});
    EXPECT_EQ(unknown->vendor, &default_profile());
    EXPECT_EQ(unknown->region, "us-east-1");
    EXPECT_FALSE(told_vendor(*unknown, "nginx"));
    const std::optional<endpoint> told = told_vendor(*unknown, "MinIO");
    ASSERT_TRUE(told);
    EXPECT_EQ(told->vendor->name, "minio");
    EXPECT_FALSE(told_vendor(*told, "VERSITYGW")); // the first word counts
    const result<endpoint> fixed = resolve({{"endpoint", "http://h"}, {"vendor", "default"}});
    EXPECT_FALSE(told_vendor(*fixed, "MinIO"));
}

} // namespace
} // namespace blobstore::s3
