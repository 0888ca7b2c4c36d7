// SPDX-License-Identifier: Apache-2.0
// Plans of parts: every size up to 50 TB keeps the limits of every kind of service.
#include "store/parts.h"

#include <gtest/gtest.h>

#include <random>

namespace blobstore {
namespace {

constexpr std::uint64_t mib = 1u << 20, gib = 1u << 30;

const part_limits kinds[] = {
    {},
    {.most_parts = 1000},                        // Scaleway
    {.least_part = 5 * mib, .unequal = false},   // R2
    {.least_part = 64 * mib},                    // Storj
    {.least_part = 1, .most_parts = 10000},      // files, memory
    {.least_part = 1, .most_part = ~0ull >> 16}, // no limit of a part
};

void expect_whole(const part_plan& plan, const part_limits& limits) {
    ASSERT_GE(plan.count, 1u);
    ASSERT_LE(plan.count, limits.most_parts);
    ASSERT_LE(plan.part_size, limits.most_part);
    if (plan.count > 1) {
        ASSERT_GE(plan.part_size, limits.least_part);
        ASSERT_GE(plan.size(plan.count), 1u);
    }
    ASSERT_LE(plan.size(plan.count), plan.part_size);
    ASSERT_EQ(plan.offset(plan.count) + plan.size(plan.count), plan.total);
}

TEST(parts, S3_30_every_total_has_a_plan_within_the_limits_or_none_is_possible) {
    std::mt19937_64 random(30);
    std::size_t planned = 0, refused = 0;
    for (const part_limits& limits : kinds)
        for (int i = 0; i < 20000; ++i) {
            const int bits = static_cast<int>(random() % 46) + 1;
            const std::uint64_t total =
                std::min<std::uint64_t>(random() & ((1ull << bits) - 1), 50'000'000'000'000ull);
            const std::uint64_t wanted = i % 3 == 0 ? limits.least_part + random() % (64 * mib) : 0;
            const result<part_plan> plan = plan_parts(total, wanted, limits);
            if (!plan) {
                ASSERT_EQ(plan.error().code(), errc::too_large);
                ASSERT_GT(total, limits.most_part * limits.most_parts);
                ++refused;
                continue;
            }
            expect_whole(*plan, limits);
            if (wanted != 0) {
                ASSERT_GE(plan->part_size, wanted);
            }
            ++planned;
        }
    RecordProperty("plans", static_cast<int>(planned));
    EXPECT_GT(planned, 100000u);
    EXPECT_GT(refused, 0u);
}

TEST(parts, at_the_edges) {
    for (const std::uint64_t total :
         {std::uint64_t{0},
          std::uint64_t{1},
          8 * mib - 1,
          8 * mib,
          8 * mib + 1,
          16 * mib - 1,
          16 * mib,
          16 * mib + 1,
          9000 * 8 * mib,
          9000 * 8 * mib + 1,
          std::uint64_t{50'000'000'000'000}}) {
        const result<part_plan> plan = plan_parts(total, 0, {});
        ASSERT_TRUE(plan) << total;
        expect_whole(*plan, {});
    }
    EXPECT_EQ(plan_parts(8 * mib + 1, 0, {})->count, 2u);
    EXPECT_EQ(plan_parts(8 * mib, 0, {})->count, 1u);
    EXPECT_EQ(plan_parts(50'000'000'000'001, 0, {}).error().code(), errc::too_large);
}

TEST(parts, the_seeds_four_parts_of_32_mib) {
    const result<part_plan> plan = plan_parts(128 * mib, 32 * mib, {});
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->count, 4u);
    EXPECT_EQ(plan->part_size, 32 * mib);
}

TEST(parts, sizes_no_part_may_have) {
    EXPECT_EQ(plan_parts(gib, 5 * mib - 1, {}).error().code(), errc::invalid_argument);
    EXPECT_EQ(plan_parts(gib, 5 * gib + 1, {}).error().code(), errc::invalid_argument);
}

TEST(parts, the_best_size) {
    EXPECT_EQ(optimal_part_size(0), 8 * mib);
    EXPECT_EQ(optimal_part_size(9000 * 8 * mib), 8 * mib);
    EXPECT_EQ(optimal_part_size(9000 * 8 * mib + 1), 9 * mib);
    EXPECT_EQ(optimal_part_size(~0ull), 5 * gib);
}

TEST(parts, streams_grow_until_half_the_budget) {
    const part_limits s3;
    std::uint64_t total = 0;
    for (std::uint32_t number = 1; number <= 10000; ++number)
        total += *part_size_of_stream(number, 0, 128 * mib, s3);
    EXPECT_EQ(*part_size_of_stream(1, 0, 128 * mib, s3), 8 * mib);
    EXPECT_EQ(*part_size_of_stream(1000, 0, 128 * mib, s3), 8 * mib);
    EXPECT_EQ(*part_size_of_stream(1001, 0, 128 * mib, s3), 16 * mib);
    EXPECT_EQ(*part_size_of_stream(2001, 0, 128 * mib, s3), 32 * mib);
    EXPECT_EQ(*part_size_of_stream(10000, 0, 128 * mib, s3), 128 * mib);
    EXPECT_EQ(total, 1000 * (8 + 16 + 32 + 64 + 6 * 128) * mib);
    const result<std::uint64_t> behind = part_size_of_stream(10001, 0, 128 * mib, s3);
    ASSERT_FALSE(behind);
    EXPECT_EQ(behind.error().code(), errc::too_large);
    EXPECT_NE(behind.error()->hint.find("size_hint"), std::string::npos);
}

TEST(parts, S3_31_equal_parts_where_the_service_wants_them) {
    const part_limits r2{.unequal = false};
    for (const std::uint32_t number : {1u, 1001u, 9999u, 10000u})
        EXPECT_EQ(*part_size_of_stream(number, 0, 128 * mib, r2), 8 * mib);
}

} // namespace
} // namespace blobstore
