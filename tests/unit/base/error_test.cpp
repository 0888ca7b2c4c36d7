// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <gtest/gtest.h>

namespace blobstore {
namespace {

TEST(error, a_default_one_is_internal_and_is_filled_alone) {
    error first;
    const error copy = first;
    first->code = errc::timeout;
    first->message = "changed";
    EXPECT_EQ(first.code(), errc::timeout);
    EXPECT_EQ(copy.code(), errc::internal);
    EXPECT_EQ(error().code(), errc::internal);
    EXPECT_EQ(error().message(), "unknown error");
}

TEST(error, no_memory_is_filled_alone_too) {
    error first = error::no_memory();
    first->message = "changed";
    EXPECT_EQ(first.code(), errc::no_memory);
    EXPECT_EQ(error::no_memory().message(), "out of memory");
}

TEST(error, copies_share_what_was_filled) {
    error first(errc::io, "disk");
    const error copy = first;
    first->hint = "look";
    EXPECT_EQ(copy->hint, "look");
}

} // namespace
} // namespace blobstore
