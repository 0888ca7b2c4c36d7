// SPDX-License-Identifier: Apache-2.0
// Tests the globs of --include and --exclude.
#include "cli/exit_codes.h"
#include "cli/filter.h"

#include <gtest/gtest.h>

namespace blobstore::cli {
namespace {

struct glob_case {
    const char* pattern;
    const char* path;
    bool fits;
};

class GlobTable : public testing::TestWithParam<glob_case> {};

TEST_P(GlobTable, Fits) {
    const auto& [pattern, path, fits] = GetParam();
    EXPECT_EQ(filter({{true, pattern}}).takes(path), fits) << pattern << " on " << path;
}

INSTANTIATE_TEST_SUITE_P(
    Rclone,
    GlobTable,
    testing::Values(
        glob_case{"*.jpg", "a.jpg", true},
        glob_case{"*.jpg", "dir/a.jpg", true},
        glob_case{"*.jpg", "a.jpg.png", false},
        glob_case{"/*.jpg", "a.jpg", true},
        glob_case{"/*.jpg", "dir/a.jpg", false},
        glob_case{"b/c.txt", "a/b/c.txt", true},
        glob_case{"b/c.txt", "ab/c.txt", false},
        glob_case{"*.jpg", "dir.jpg/a", false},
        glob_case{"a*b", "a/b", false},
        glob_case{"a**b", "a/x/b", true},
        glob_case{"/dir/**", "dir/a/b", true},
        glob_case{"/dir/**", "x/dir/a", false},
        glob_case{"dir/", "x/dir/a/b", true},
        glob_case{"dir/", "dir", false},
        glob_case{"?", "a", true},
        glob_case{"?", "\xc3\xa4", true},
        glob_case{"/?", "ab", false},
        glob_case{"[a-c]x", "bx", true},
        glob_case{"[a-c]x", "dx", false},
        glob_case{"[!a-c]x", "dx", true},
        glob_case{"/[^a-c]x", "bx", false},
        glob_case{"[]]", "]", true},
        glob_case{"a[^x]b", "a/b", false},
        glob_case{"*.{jpg,png}", "a.png", true},
        glob_case{"*.{jpg,png}", "a.gif", false},
        glob_case{"{a,b{c,d}}.x", "bd.x", true},
        glob_case{"\\*", "*", true},
        glob_case{"/\\*", "a", false},
        glob_case{"**", "any/thing", true},
        glob_case{"a\\{b", "a{b", true},
        glob_case{"/", "any/thing", true}
    )
);

TEST(Filter, FirstRuleThatFitsDecides) {
    const filter some({{false, "secret/"}, {true, "*.txt"}});
    EXPECT_TRUE(some.takes("a.txt"));
    EXPECT_FALSE(some.takes("secret/a.txt"));
    EXPECT_FALSE(some.takes("a.jpg")); // there is an include
    const filter other({{true, "*.txt"}, {false, "secret/"}});
    EXPECT_TRUE(other.takes("secret/a.txt"));
    const filter excludes({{false, "*.txt"}});
    EXPECT_FALSE(excludes.takes("a.txt"));
    EXPECT_TRUE(excludes.takes("a.jpg"));
    EXPECT_TRUE(filter().takes("anything"));
}

TEST(Filter, RejectsWhatDoesNotEnd) {
    for (const char* bad : {"[a", "{a,b", "a\\", "[", "[^", "{a\\"}) {
        EXPECT_THROW(filter({{true, bad}}), usage_error) << bad;
    }
    std::string many;
    for (int i = 0; i < 12; ++i) {
        many += "{a,b}";
    }
    EXPECT_THROW(filter({{true, many}}), usage_error);
}

TEST(Filter, ManyStarsStayFast) {
    const std::string path(5000, 'a');
    EXPECT_FALSE(filter({{true, "*a*a*a*a*a*a*a*a*a*a*b"}}).takes(path));
}

} // namespace
} // namespace blobstore::cli
