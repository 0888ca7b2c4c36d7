// SPDX-License-Identifier: Apache-2.0
// The plan of many ranges, by examples and by what must hold of every plan.
#include "store/ranges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace blobstore {
namespace {

using ranges = std::vector<resolved_range>;
constexpr std::uint64_t mib = 1 << 20;

std::string shown(const range_plan& plan) {
    std::string out;
    for (const range_fetch& fetch : plan.fetches) {
        out += std::to_string(fetch.offset) + "+" + std::to_string(fetch.length) + ":";
        for (std::size_t i = 0; i < fetch.pieces; ++i)
            out += " " + std::to_string(plan.pieces[fetch.first + i].of);
        out += "; ";
    }
    return out;
}

TEST(ranges, near_ones_share_a_request_and_long_ones_are_split) {
    EXPECT_EQ(shown(plan_ranges({}, mib, mib)), "");
    EXPECT_EQ(shown(plan_ranges(ranges{{5, 0}}, mib, mib)), "");
    EXPECT_EQ(shown(plan_ranges(ranges{{20, 5}, {0, 10}}, 11, 100)), "0+25: 1 0; ");
    EXPECT_EQ(shown(plan_ranges(ranges{{20, 5}, {0, 10}}, 10, 100)), "0+10: 1; 20+5: 0; ");
    EXPECT_EQ(shown(plan_ranges(ranges{{0, 10}, {10, 10}}, 0, 100)), "0+20: 0 1; ");
    EXPECT_EQ(shown(plan_ranges(ranges{{0, 10}, {11, 10}}, 0, 100)), "0+10: 0; 11+10: 1; ");
    EXPECT_EQ(shown(plan_ranges(ranges{{0, 25}}, 0, 10)), "0+10: 0; 10+10: 0; 20+5: 0; ");
    EXPECT_EQ(shown(plan_ranges(ranges{{0, 8}, {2, 2}, {2, 2}}, 0, 100)), "0+8: 0 1 2; ");
    // What nobody wants at the end of a request is not asked for.
    EXPECT_EQ(shown(plan_ranges(ranges{{0, 2}, {12, 2}}, 100, 10)), "0+2: 0; 12+2: 1; ");
}

/// Each byte of each range once, in order; requests that do not overlap, of no more than `most`,
/// that begin and end with what is wanted, and hold no gap of `gap` or more.
void check(const ranges& wanted, std::uint64_t gap, std::uint64_t most, const range_plan& plan) {
    std::vector<std::uint64_t> seen(wanted.size());
    std::uint64_t before = 0;
    std::size_t next = 0;
    for (const range_fetch& fetch : plan.fetches) {
        ASSERT_GE(fetch.offset, before);
        ASSERT_GT(fetch.pieces, 0U);
        ASSERT_LE(fetch.length, most);
        ASSERT_EQ(fetch.first, next);
        next += fetch.pieces;
        std::uint64_t end = fetch.offset, last = 0;
        for (std::size_t i = fetch.first; i < next; ++i) {
            const range_piece& piece = plan.pieces[i];
            ASSERT_GT(piece.length, 0U);
            ASSERT_GE(piece.offset, last);
            ASSERT_EQ(piece.offset, wanted[piece.of].offset + piece.at);
            ASSERT_EQ(piece.at, seen[piece.of]);
            seen[piece.of] += piece.length;
            ASSERT_TRUE(piece.offset <= end || piece.offset - end < gap);
            last = piece.offset;
            end = std::max(end, piece.offset + piece.length);
        }
        ASSERT_EQ(plan.pieces[fetch.first].offset, fetch.offset);
        ASSERT_EQ(end, fetch.offset + fetch.length);
        before = end;
    }
    ASSERT_EQ(next, plan.pieces.size());
    for (std::size_t i = 0; i < wanted.size(); ++i)
        ASSERT_EQ(seen[i], wanted[i].length);
    const auto first = first_fetch(wanted, gap, most);
    ASSERT_EQ(first.has_value(), !plan.fetches.empty());
    if (first) {
        ASSERT_EQ(first->offset, plan.fetches[0].offset);
        ASSERT_EQ(first->length, plan.fetches[0].length);
    }
}

TEST(ranges, what_holds_of_every_plan) {
    std::mt19937_64 random(7);
    const auto up_to = [&](std::uint64_t n) { return random() % (n + 1); };
    for (int round = 0; round < 5000 && !testing::Test::HasFatalFailure(); ++round) {
        const std::uint64_t size = 1 + up_to(round % 2 == 0 ? 100 : 100'000);
        ranges wanted(up_to(12));
        for (resolved_range& range : wanted) {
            range.offset = up_to(size);
            range.length = up_to(std::min<std::uint64_t>(size, 1 + up_to(size)));
        }
        const std::uint64_t gap = up_to(size / 4), most = 1 + size / 20 + up_to(size);
        check(wanted, gap, most, plan_ranges(wanted, gap, most));
    }
}

TEST(ranges, at_the_end_of_numbers) {
    const ranges far{{UINT64_MAX - 10, 10}, {UINT64_MAX - 4, 2}, {0, 1}};
    check(far, mib, mib, plan_ranges(far, mib, mib));
}

TEST(ranges, the_first_request_is_found_without_the_others) {
    const ranges endless{{5, UINT64_MAX - 5}, {6, 1}};
    const auto first = first_fetch(endless, mib, 8 * mib);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->offset, 5U);
    EXPECT_EQ(first->length, 8 * mib);
}

} // namespace
} // namespace blobstore
