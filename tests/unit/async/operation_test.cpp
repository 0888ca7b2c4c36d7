// SPDX-License-Identifier: Apache-2.0
// Operations on a caller's thread and on I/O threads: limits, cancel, sleep, wakeups, frames, and
// what throws.
#include "async/context.h"
#include "async/random.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <thread>

namespace blobstore {
namespace {

struct plain_operation final : operation {};

std::shared_ptr<plain_operation> doing(operation::body_function body) {
    auto op = std::make_shared<plain_operation>();
    op->body = std::move(body);
    return op;
}

milliseconds took(const std::function<void()>& work) {
    const auto start = steady::now();
    work();
    return std::chrono::duration_cast<milliseconds>(steady::now() - start);
}

task<result<void>> sleep_on(operation& op, milliseconds time) {
    result<void> slept = co_await sleep_for(op, time);
    co_return slept;
}

task<result<int>> add(operation& op, int depth) {
    if (depth == 0) co_return 0;
    result<int> below = co_await add(op, depth - 1);
    co_return *below + 1;
}

TEST(operation, a_body_without_waits_ends_at_once) {
    const auto op = doing([](operation& o) -> task<result<void>> {
        result<int> n = co_await add(o, 500); // more frames than fit into the operation
        if (*n != 500) co_return error(errc::internal, std::to_string(*n));
        co_return result<void>();
    });
    context on;
    on.run_blocking(op);
    EXPECT_TRUE(op->outcome.has_value());
}

TEST(operation, sleeps_about_as_long_as_asked) {
    const auto op = doing([](operation& o) { return sleep_on(o, milliseconds(100)); });
    context on;
    const milliseconds t = took([&] { on.run_blocking(op); });
    EXPECT_TRUE(op->outcome.has_value());
    EXPECT_GE(t.count(), 99);
    EXPECT_LE(t.count(), 350);
}

TEST(operation, the_limit_of_the_whole_call_ends_a_sleep) {
    const auto op = doing([](operation& o) { return sleep_on(o, milliseconds(60000)); });
    op->limits.timeout = milliseconds(80);
    context on;
    EXPECT_LE(took([&] { on.run_blocking(op); }).count(), 330);
    EXPECT_EQ(op->outcome.error().code(), errc::timeout);
}

TEST(operation, a_step_has_its_own_limit_and_code) {
    wakeup never;
    const auto op = doing([&](operation& o) -> task<result<void>> {
        o.arm(milliseconds(50), errc::dns);
        result<void> waited = co_await never.wait(o);
        if (waited || o.stop_code() != errc::dns) co_return error(errc::internal, "not stopped");
        co_return waited;
    });
    context on;
    EXPECT_LE(took([&] { on.run_blocking(op); }).count(), 300);
    EXPECT_EQ(op->outcome.error().code(), errc::dns);
}

TEST(operation, an_interrupted_wait_does_not_stop_the_operation) {
    wakeup never;
    bool stopped = true;
    const auto op = doing([&](operation& o) -> task<result<void>> {
        o.interrupt_after(milliseconds(30));
        result<void> waited = co_await never.wait(o);
        stopped = o.stopped();
        co_return waited;
    });
    context on;
    EXPECT_LE(took([&] { on.run_blocking(op); }).count(), 280);
    EXPECT_FALSE(stopped);
    EXPECT_TRUE(op->outcome.has_value());
}

TEST(operation, cancel_from_another_thread_ends_a_wait_soon) {
    const auto op = doing([](operation& o) { return sleep_on(o, milliseconds(60000)); });
    std::thread other([&] {
        std::this_thread::sleep_for(milliseconds(50));
        op->cancel();
        op->cancel();
    });
    context on;
    EXPECT_LE(took([&] { on.run_blocking(op); }).count(), 150);
    EXPECT_EQ(op->outcome.error().code(), errc::cancelled);
    other.join();
    op->cancel(); // an ended one takes it too
}

TEST(operation, a_cancel_before_the_start_counts) {
    const auto op = doing([](operation& o) { return sleep_on(o, milliseconds(60000)); });
    op->cancel();
    context on;
    EXPECT_LE(took([&] { on.run_blocking(op); }).count(), 100);
    EXPECT_EQ(op->outcome.error().code(), errc::cancelled);
}

TEST(operation, what_a_body_throws_is_its_error) {
    const auto thrower = doing([](operation&) -> task<result<void>> {
        throw std::runtime_error("some words");
        co_return result<void>();
    });
    const auto hungry = doing([](operation&) -> task<result<void>> {
        throw std::bad_alloc();
        co_return result<void>();
    });
    context on;
    on.run_blocking(thrower);
    EXPECT_EQ(thrower->outcome.error().code(), errc::internal);
    EXPECT_EQ(thrower->outcome.error().message(), "some words");
    on.run_blocking(hungry);
    EXPECT_EQ(hungry->outcome.error().code(), errc::no_memory);
}

TEST(wakeup, from_another_thread_before_and_during_the_wait) {
    for (const int late_ms : {0, 50}) {
        wakeup done;
        const auto op = doing([&](operation& o) -> task<result<void>> {
            std::this_thread::sleep_for(milliseconds(late_ms == 0 ? 30 : 0));
            result<void> waited = co_await done.wait(o);
            co_return waited;
        });
        std::thread other([&] {
            std::this_thread::sleep_for(milliseconds(late_ms));
            done.set();
            done.set();
        });
        context on;
        EXPECT_LE(took([&] { on.run_blocking(op); }).count(), 1000);
        EXPECT_TRUE(op->outcome.has_value());
        EXPECT_TRUE(done.is_set());
        other.join();
    }
}

TEST(wakeup, may_outlive_the_operation_that_gave_up) {
    auto done = std::make_unique<wakeup>();
    const wakeup copy = *done;
    auto op = doing([&](operation& o) -> task<result<void>> {
        o.arm(milliseconds(20), errc::timeout);
        result<void> waited = co_await done->wait(o);
        co_return waited;
    });
    {
        context on;
        on.run_blocking(op);
    }
    EXPECT_EQ(op->outcome.error().code(), errc::timeout);
    op.reset();
    done.reset();
    copy.set(); // nobody is resumed
}

TEST(random_bits, differ) {
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1000; ++i)
        seen.insert(random_bits());
    EXPECT_EQ(seen.size(), 1000U);
}

} // namespace
} // namespace blobstore
