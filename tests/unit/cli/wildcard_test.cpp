// SPDX-License-Identifier: Apache-2.0
// Tests which names a URL with '*' means.
#include "cli/wildcard.h"

#include <gtest/gtest.h>

namespace blobstore::cli {
namespace {

std::optional<wildcard> parse(std::string_view url, bool recursive = false) {
    return parse_wildcard(parse_location(url), recursive);
}

TEST(wildcard, is_a_star_in_the_key_of_a_url) {
    for (const char* url : {"a/*.txt", "-", "s3://b", "s3://b*", "s3://b/a?[x]", "file:///a%2Ab"}) {
        EXPECT_FALSE(parse(url)) << url;
    }
    EXPECT_TRUE(parse("s3://b/*"));
    EXPECT_TRUE(parse("file:///a*"));
}

TEST(wildcard, begins_below_the_folder_of_the_first_star) {
    const auto at = [](const char* url) { return parse(url)->base.text; };
    EXPECT_EQ(at("s3://b/*"), "s3://b/");
    EXPECT_EQ(at("s3://b/p/x*"), "s3://b/p/");
    EXPECT_EQ(at("s3://b/p/q/*/r/*.txt"), "s3://b/p/q/");
    EXPECT_EQ(at("file:///a%20b/c%20d*"), "file:///a%20b/");
    EXPECT_EQ(parse("s3://b/p/x y*z")->literal, "x y");
    EXPECT_EQ(parse("file:///a/c%20%2A*")->literal, "c *");
}

TEST(wildcard, one_level_unless_it_crosses_slashes) {
    EXPECT_FALSE(parse("s3://b/p/q/*x")->deep);
    EXPECT_TRUE(parse("s3://b/p/*/x")->deep);
    EXPECT_TRUE(parse("s3://b/p/**x")->deep);
    EXPECT_TRUE(parse("s3://b/p/*", true)->deep);
}

struct fit_case {
    const char* url;
    const char* name;
    bool fits, below; ///< below: with -r
};

class WildcardTable : public testing::TestWithParam<fit_case> {};

TEST_P(WildcardTable, Fits) {
    const auto& [url, name, fits, below] = GetParam();
    EXPECT_EQ(parse(url)->takes(name), fits) << url << " on " << name;
    EXPECT_EQ(parse(url, true)->takes(name), below) << url << " -r on " << name;
}

INSTANTIATE_TEST_SUITE_P(
    Names,
    WildcardTable,
    testing::Values(
        fit_case{"s3://b/p/*.txt", "a.txt", true, true},
        fit_case{"s3://b/p/*.txt", ".txt", true, true},
        fit_case{"s3://b/p/*.txt", "a.txt.png", false, false},
        fit_case{"s3://b/p/*.txt", "q/a.txt", false, false},
        fit_case{"s3://b/p/*.txt", "a.txt/q", false, true},
        fit_case{"s3://b/p/*.txt", "x/a.txt/q", false, false},
        fit_case{"s3://b/p/**.txt", "q/a.txt", true, true},
        fit_case{"s3://b/p/*/a", "q/a", true, true},
        fit_case{"s3://b/p/*/a", "q/r/a", false, false},
        fit_case{"s3://b/p/*/a", "q/a/r", false, true},
        fit_case{"s3://b/2*", "2026/x", false, true},
        fit_case{"s3://b/2*", "x2026", false, false},
        fit_case{"s3://b/?[a]{b,c}\\*", "?[a]{b,c}\\x", true, true},
        fit_case{"s3://b/?[a]{b,c}\\*", "xa{b,c}\\x", false, false},
        fit_case{"s3://b/%41*", "%41", true, true},
        fit_case{"file:///d/%41%2A*", "A*x", true, true},
        fit_case{"file:///d/%41%2A*", "Axx", false, false},
        fit_case{"s3://b/*", "", true, true}
    )
);

} // namespace
} // namespace blobstore::cli
