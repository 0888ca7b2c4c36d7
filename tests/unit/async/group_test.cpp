// SPDX-License-Identifier: Apache-2.0
// Members that run beside who waits for them, and the memory that they share.
#include "async/budget.h"
#include "async/group.h"

#include <gtest/gtest.h>

#include <thread>

namespace blobstore {
namespace {

struct plain_operation final : operation {};

std::shared_ptr<operation> run_on(runtime& on, operation::body_function body) {
    auto op = std::make_shared<plain_operation>();
    op->body = std::move(body);
    on.run(op);
    return op;
}

struct counts {
    std::atomic<int> begun{0}, now{0}, most{0}, ended{0};

    task<result<void>> work(operation& op, std::size_t i) {
        ++begun;
        const int n = ++now;
        for (int seen = most; n > seen && !most.compare_exchange_weak(seen, n);) {
        }
        const milliseconds time(i == 3 && fails ? 5 : 20);
        const result<void> slept = co_await sleep_for(op, time);
        ++op.attempts;
        --now;
        ++ended;
        if (!slept) co_return slept;
        if (fails && i == 3) co_return error(errc::conflict, "the third");
        co_return result<void>();
    }

    bool fails = false;
};

class both_lanes : public testing::TestWithParam<lane> {
protected:
    std::shared_ptr<runtime> on = std::make_shared<runtime>(runtime_options{});

    ~both_lanes() override {
        on->begin_close();
        on->wait_closed(milliseconds(-1));
    }

    std::shared_ptr<operation> forty(counts& c, std::size_t width) {
        return run_on(*on, [&c, width, this](operation& op) {
            return for_each_of(op, GetParam(), 40, width, [&c](operation& o, std::size_t i) {
                return c.work(o, i);
            });
        });
    }
};

TEST_P(both_lanes, all_run_and_never_more_than_the_width) {
    counts c;
    const auto op = forty(c, 4);
    EXPECT_TRUE(op->outcome.has_value());
    EXPECT_EQ(c.ended, 40);
    EXPECT_EQ(c.most, 4);
    EXPECT_EQ(op->attempts, 40u);
}

TEST_P(both_lanes, the_first_failure_ends_the_others_and_is_the_answer) {
    counts c;
    c.fails = true;
    const auto op = forty(c, 4);
    ASSERT_FALSE(op->outcome.has_value());
    EXPECT_EQ(op->outcome.error().code(), errc::conflict);
    EXPECT_LT(c.begun, 12);
    EXPECT_EQ(c.begun, c.ended);
}

TEST_P(both_lanes, a_cancel_ends_the_members_before_their_group) {
    counts c;
    auto op = std::make_shared<plain_operation>();
    op->body = [&c, this](operation& o) {
        return for_each_of(o, GetParam(), 1000, 4, [&c](operation& m, std::size_t i) {
            return c.work(m, i);
        });
    };
    std::thread canceller([&] {
        std::this_thread::sleep_for(milliseconds(50));
        op->cancel();
    });
    on->run(op);
    EXPECT_EQ(c.now, 0);
    canceller.join();
    ASSERT_FALSE(op->outcome.has_value());
    EXPECT_EQ(op->outcome.error().code(), errc::cancelled);
    EXPECT_LT(c.begun, 1000);
}

TEST_P(both_lanes, the_deadline_of_the_call_ends_the_members) {
    counts c;
    auto op = std::make_shared<plain_operation>();
    op->limits.timeout = milliseconds(60);
    op->body = [&c, this](operation& o) {
        return for_each_of(o, GetParam(), 1000, 4, [&c](operation& m, std::size_t i) {
            return c.work(m, i);
        });
    };
    on->run(op);
    EXPECT_EQ(c.now, 0);
    ASSERT_FALSE(op->outcome.has_value());
    EXPECT_EQ(op->outcome.error().code(), errc::timeout);
}

INSTANTIATE_TEST_SUITE_P(group, both_lanes, testing::Values(lane::io, lane::workers));

struct taker {
    std::shared_ptr<budget> from;
    std::atomic<std::uint64_t> out{0};

    task<result<void>> work(operation& op, std::size_t i) {
        result<budget::share> mine = co_await budget::take(op, from, 1 + i % 7);
        if (!mine) co_return mine.error();
        out += mine->bytes();
        const bool over = out > from->total();
        const result<void> slept = co_await sleep_for(op, milliseconds(1));
        out -= mine->bytes();
        if (over) co_return error(errc::internal, "more is out than there is");
        co_return slept;
    }
};

TEST(budget, never_gives_out_more_than_there_is_and_starves_nobody) {
    const auto on = std::make_shared<runtime>(runtime_options{});
    taker t{std::make_shared<budget>(10)};
    const auto op = run_on(*on, [&t](operation& o) {
        return for_each_of(o, lane::io, 80, 64, [&t](operation& m, std::size_t i) {
            return t.work(m, i);
        });
    });
    EXPECT_TRUE(op->outcome.has_value()) << op->outcome.error()->message;
    EXPECT_EQ(t.out, 0u);
    EXPECT_LE(t.from->peak(), 10u);
    EXPECT_GE(t.from->peak(), 7u);
    EXPECT_TRUE(budget::try_take(t.from, 10).has_value());
    on->begin_close();
    on->wait_closed(milliseconds(-1));
}

task<result<void>> take_all(operation& op, std::shared_ptr<budget> from, std::uint64_t bytes) {
    result<budget::share> mine = co_await budget::take(op, std::move(from), bytes);
    if (!mine) co_return mine.error();
    co_return result<void>();
}

TEST(budget, who_is_cancelled_in_line_lets_the_next_pass) {
    const auto on = std::make_shared<runtime>(runtime_options{});
    const auto from = std::make_shared<budget>(10);
    std::optional<budget::share> held = budget::try_take(from, 4);
    auto large = std::make_shared<plain_operation>();
    large->limits.timeout = milliseconds(50);
    large->body = [from](operation& o) { return take_all(o, from, 10); };
    std::thread waits([&] { on->run(large); });
    while (budget::try_take(from, 1))
        std::this_thread::yield();
    const auto small = run_on(*on, [from](operation& o) { return take_all(o, from, 6); });
    waits.join();
    EXPECT_EQ(large->outcome.error().code(), errc::timeout);
    EXPECT_TRUE(small->outcome.has_value());
    const auto never = run_on(*on, [from](operation& o) { return take_all(o, from, 11); });
    EXPECT_EQ(never->outcome.error().code(), errc::too_large);
    on->begin_close();
    on->wait_closed(milliseconds(-1));
}

} // namespace
} // namespace blobstore
