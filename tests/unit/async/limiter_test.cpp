// SPDX-License-Identifier: Apache-2.0
// The token bucket, and operations that share one.
#include "async/group.h"
#include "async/limiter.h"

#include <gtest/gtest.h>

namespace blobstore {
namespace {

using std::chrono::nanoseconds;

TEST(token_bucket, what_is_taken_lasts_as_long_as_its_rate_says) {
    token_bucket bucket(1000);
    const steady::time_point start = steady::now();
    EXPECT_EQ(bucket.take(start, 50), nanoseconds(0)); // saved
    EXPECT_EQ(bucket.take(start, 100), milliseconds(100));
    EXPECT_EQ(bucket.take(start, 100), milliseconds(200)); // behind the one before
    EXPECT_EQ(bucket.take(start + milliseconds(200), 0), nanoseconds(0));
    EXPECT_EQ(bucket.take(start + milliseconds(10'000), 60), milliseconds(10)); // no more is saved
}

TEST(token_bucket, absurd_rates_and_amounts) {
    token_bucket none(0);
    EXPECT_GT(none.take(steady::now(), UINT64_MAX), nanoseconds(0));
    token_bucket all(UINT64_MAX);
    EXPECT_EQ(all.take(steady::now(), 1 << 30), nanoseconds(0));
}

struct plain_operation final : operation {};

task<result<void>> pay_often(operation& op, limiter& from, std::uint64_t bytes) {
    for (std::uint64_t done = 0; done < bytes; done += from.step()) {
        const result<void> paid = co_await from.pay(op, from.step());
        if (!paid) co_return paid.error();
    }
    co_return result<void>();
}

TEST(limiter, many_share_one_rate) {
    const auto on = std::make_shared<runtime>(runtime_options{});
    limiter shared(1'000'000);
    auto op = std::make_shared<plain_operation>();
    op->body = [&](operation& o) {
        return for_each_of(o, lane::io, 10, 10, [&](operation& member, std::size_t) {
            return pay_often(member, shared, 50'000);
        });
    };
    const auto start = steady::now();
    on->run(op);
    const auto took = std::chrono::duration_cast<milliseconds>(steady::now() - start).count();
    EXPECT_TRUE(op->outcome.has_value());
    EXPECT_GE(took, 400);
    EXPECT_LE(took, 600);
    on->begin_close();
    on->wait_closed(milliseconds(-1));
}

TEST(limiter, a_wait_ends_with_its_operation) {
    const auto on = std::make_shared<runtime>(runtime_options{});
    limiter slow(1000);
    auto op = std::make_shared<plain_operation>();
    op->limits.timeout = milliseconds(50);
    op->body = [&](operation& o) { return slow.pay(o, 1'000'000); };
    const auto start = steady::now();
    on->run(op);
    ASSERT_FALSE(op->outcome.has_value());
    EXPECT_EQ(op->outcome.error().code(), errc::timeout);
    EXPECT_LT(steady::now() - start, milliseconds(300));
    on->begin_close();
    on->wait_closed(milliseconds(-1));
}

} // namespace
} // namespace blobstore
