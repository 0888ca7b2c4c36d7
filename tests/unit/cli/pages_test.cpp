// SPDX-License-Identifier: Apache-2.0
// Tokens of pages that go round in circles.
#include "cli/remote.h"

#include <gtest/gtest.h>

namespace blobstore::cli {
namespace {

/// How many tokens are taken until the circle is seen; `most` where it is not.
unsigned pages_until_seen(unsigned before, unsigned around, unsigned most) {
    page_circle circle;
    for (unsigned i = 0; i < most; ++i) {
        const unsigned at = i < before || around == 0 ? i : before + (i - before) % around;
        if (circle.closes("token" + std::to_string(at))) return i + 1;
    }
    return most;
}

TEST(page_circle, S3_22_is_seen_soon_whatever_its_length) {
    EXPECT_EQ(pages_until_seen(0, 1, 100), 2U);
    EXPECT_EQ(pages_until_seen(0, 2, 100), 3U); // A B A
    for (unsigned before = 0; before < 20; ++before)
        for (unsigned around = 1; around < 20; ++around) {
            const unsigned seen = pages_until_seen(before, around, 1000);
            EXPECT_GT(seen, before + around);
            EXPECT_LE(seen, 3 * (before + around)) << before << ' ' << around;
        }
    EXPECT_EQ(pages_until_seen(0, 0, 100000), 100000U) << "none";
}

} // namespace
} // namespace blobstore::cli
