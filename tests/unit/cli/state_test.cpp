// SPDX-License-Identifier: Apache-2.0
// Tests where --resume keeps the state of a transfer.
#include "cli/exit_codes.h"
#include "cli/state.h"

#include <gtest/gtest.h>

#include <set>

namespace blobstore::cli {
namespace {

TEST(state, names_tell_both_ends_apart) {
    const std::set<std::string> names{
        state_name("a", "b"),
        state_name("b", "a"),
        state_name("ab", ""),
        state_name("", "ab"),
        state_name("a", "c"),
        state_name("/tmp/a", "s3://b/a")};
    EXPECT_EQ(names.size(), 6U);
    for (const std::string& name : names) {
        EXPECT_EQ(name.size(), 32U);
        EXPECT_EQ(name.find_first_not_of("0123456789abcdef"), std::string::npos);
    }
    EXPECT_EQ(state_name("a", "b"), state_name("a", "b"));
}

TEST(state, folder_is_that_of_the_user) {
    EXPECT_EQ(state_folder("/s", "/h"), "/s/blobstore");
    EXPECT_EQ(state_folder("s", "/h"), "/h/.local/state/blobstore");
    EXPECT_EQ(state_folder("", "/h"), "/h/.local/state/blobstore");
    EXPECT_THROW(state_folder("", ""), failure);
}

} // namespace
} // namespace blobstore::cli
