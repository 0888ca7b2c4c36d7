// SPDX-License-Identifier: Apache-2.0
// Tests how arguments of the program are taken apart.
#include "cli/exit_codes.h"
#include "cli/location.h"

#include <gtest/gtest.h>

namespace blobstore::cli {
namespace {

TEST(Location, BarePathIsLocal) {
    for (const char* text : {"a", "./a", "/a/b", "a:b", "file:/a", "1x://a", "s3:a", "[a]"}) {
        EXPECT_EQ(parse_location(text).kind, location_kind::local) << text;
        EXPECT_EQ(parse_location(text).path, text);
    }
    EXPECT_EQ(parse_location("-").kind, location_kind::stdio);
    EXPECT_THROW(parse_location(""), usage_error);
}

TEST(Location, S3KeyIsBytes) {
    const location where = parse_location("S3://bucket//a b?c#d%20/../x");
    EXPECT_EQ(where.kind, location_kind::object);
    EXPECT_EQ(where.scheme, "s3");
    EXPECT_EQ(where.authority, "bucket");
    EXPECT_EQ(where.key, "/a b?c#d%20/../x");
    EXPECT_EQ(parse_location("s3://bucket").key, "");
    EXPECT_TRUE(parse_location("s3://bucket").is_folder());
    EXPECT_TRUE(parse_location("s3://bucket/a/").is_folder());
    EXPECT_FALSE(parse_location("s3://bucket/a").is_folder());
}

TEST(Location, FileUrlIsDecodedOnce) {
    const location where = parse_location("file:///a%20b/%2525");
    EXPECT_EQ(where.authority, "");
    EXPECT_EQ(where.key, "a b/%25");
    EXPECT_EQ(where.raw_key, "a%20b/%2525");
    for (const char* bad :
         {"file:///a?b", "file:///a#b", "file:///%", "file:///%4", "file:///%zz", "file:///%00"}) {
        EXPECT_THROW(parse_location(bad), usage_error) << bad;
    }
}

TEST(Location, StorageHoldsForSchemeAndAuthority) {
    const std::vector<storage_option> all{
        parse_storage("s3://b?region=x"),
        parse_storage("s3://b/prefix?region=y&endpoint=z"),
        parse_storage("file:///root?k=v")};
    const storage_option* found = find_storage(all, parse_location("s3a://b/key"));
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->options, "?region=y&endpoint=z");
    EXPECT_EQ(store_url(parse_location("s3://b/key?x"), found), "s3://b?region=y&endpoint=z");
    EXPECT_EQ(find_storage(all, parse_location("s3://other/key")), nullptr);
    EXPECT_NE(find_storage(all, parse_location("file:///x")), nullptr);
    EXPECT_THROW(parse_storage("bucket"), usage_error);
}

TEST(Location, StoreAndFolderUrls) {
    EXPECT_EQ(store_url(parse_location("file:///a/b"), nullptr), "file:///");
    EXPECT_EQ(folder_url(parse_location("file:///a%20b/c/"), nullptr), "file:///a%20b/c");
    EXPECT_EQ(folder_url(parse_location("file:///"), nullptr), "file:///");
    EXPECT_EQ(folder_url(parse_location("s3://b/c/"), nullptr), "s3://b");
    EXPECT_EQ(file_url("/a b/c?d%\xff"), "file:///a%20b/c%3Fd%25%FF");
    EXPECT_EQ(parse_location(file_url("/a b/c?d%\xff")).key, "a b/c?d%\xff");
}

TEST(Location, Names) {
    EXPECT_EQ(base_name("a/b/"), "b");
    EXPECT_EQ(base_name("b"), "b");
    EXPECT_EQ(base_name("//"), "");
    EXPECT_EQ(with_slash(""), "");
    EXPECT_EQ(with_slash("a"), "a/");
    EXPECT_EQ(with_slash("a/"), "a/");
}

TEST(Location, SE02_keys_that_lead_nowhere_but_down_are_local_paths) {
    for (const char* safe : {"a", "a/b", "..a", "a/...", ".a"}) {
        EXPECT_TRUE(is_safe_relative(safe)) << safe;
    }
    for (const char* bad : {"", "/a", "a/", "a//b", ".", "..", "a/../b", "../a", "a/.", "a/.."}) {
        EXPECT_FALSE(is_safe_relative(bad)) << bad;
    }
}

TEST(Location, Containment) {
    const auto at = [](const char* text) { return parse_location(text); };
    EXPECT_TRUE(contains(at("s3://b/a"), at("s3://b/a/c")));
    EXPECT_TRUE(contains(at("s3://b"), at("s3a://b/a")));
    EXPECT_TRUE(contains(at("s3://b/a/"), at("s3://b/a")));
    EXPECT_FALSE(contains(at("s3://b/a"), at("s3://b/ab")));
    EXPECT_FALSE(contains(at("s3://b/a/c"), at("s3://b/a")));
    EXPECT_FALSE(contains(at("s3://b/a"), at("s3://c/a")));
}

} // namespace
} // namespace blobstore::cli
