// SPDX-License-Identifier: Apache-2.0
// A client's threads: they come with the work, take every delivery's operations, and end with
// close().
#include "async/runtime.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <set>

namespace blobstore {
namespace {

struct counted final : operation {
    std::shared_ptr<runtime> run;
    std::atomic<int>* ended = nullptr;
};

std::shared_ptr<counted>
counted_sleep(const std::shared_ptr<runtime>& run, std::atomic<int>& ended, milliseconds time) {
    auto op = std::make_shared<counted>();
    op->run = run;
    op->ended = &ended;
    op->completed = [](operation& o) noexcept {
        auto& self = static_cast<counted&>(o);
        const std::shared_ptr<runtime> kept = std::move(self.run);
        ++*self.ended;
        kept->exit();
    };
    op->body = [time](operation& o) -> task<result<void>> {
        result<void> slept = co_await sleep_for(o, time);
        co_return slept;
    };
    return op;
}

std::size_t threads() {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator("/proc/self/task"))
        ++n;
    return n;
}

void eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 500 && !holds(); ++i)
        std::this_thread::sleep_for(milliseconds(10));
    EXPECT_TRUE(holds());
}

TEST(runtime, has_no_thread_before_there_is_work_and_none_after_close) {
    const std::size_t before = threads();
    {
        const auto run = std::make_shared<runtime>(runtime_options{2, 3, 1});
        EXPECT_LE(threads(), before);
        std::atomic<int> ended{0};
        for (int i = 0; i < 20; ++i) {
            ASSERT_TRUE(run->enter());
            ASSERT_TRUE(run->submit(counted_sleep(run, ended, milliseconds(20)), i % 2 == 0));
        }
        EXPECT_LE(threads(), before + 5); // two of I/O, three workers
        eventually([&] { return ended == 20; });
        run->begin_close();
        EXPECT_TRUE(run->wait_closed(milliseconds(-1)));
    }
    eventually([&] { return threads() <= before; });
}

TEST(runtime, close_cancels_what_runs_and_refuses_what_comes) {
    const auto run = std::make_shared<runtime>(runtime_options{1, 1, 1});
    std::atomic<int> ended{0};
    std::vector<std::shared_ptr<counted>> all;
    for (int i = 0; i < 4; ++i) { // the second worker operation has no thread yet
        all.push_back(counted_sleep(run, ended, milliseconds(60000)));
        ASSERT_TRUE(run->enter());
        ASSERT_TRUE(run->submit(all.back(), i % 2 == 0));
    }
    std::this_thread::sleep_for(milliseconds(50));
    EXPECT_FALSE(run->wait_closed(milliseconds(0)));
    run->begin_close();
    EXPECT_TRUE(run->wait_closed(milliseconds(5000)));
    EXPECT_EQ(ended, 4);
    for (const auto& op : all)
        EXPECT_EQ(op->outcome.error().code(), errc::cancelled);
    EXPECT_FALSE(run->enter());
    const auto late = counted_sleep(run, ended, milliseconds(1));
    run->run(late);
    EXPECT_EQ(late->outcome.error().code(), errc::closed);
}

TEST(runtime, blocking_calls_run_on_their_callers_threads_side_by_side) {
    const auto run = std::make_shared<runtime>(runtime_options{1, 1, 1});
    const std::size_t before = threads();
    std::vector<std::thread> callers;
    std::mutex mutex;
    std::set<std::thread::id> ran_on;
    const auto start = steady::now();
    for (int i = 0; i < 8; ++i)
        callers.emplace_back([&] {
            auto op = std::make_shared<counted>();
            op->body = [&](operation& o) -> task<result<void>> {
                {
                    const std::lock_guard lock(mutex);
                    ran_on.insert(std::this_thread::get_id());
                }
                result<void> slept = co_await sleep_for(o, milliseconds(100));
                co_return slept;
            };
            run->run(op);
            EXPECT_TRUE(op->outcome.has_value());
        });
    std::set<std::thread::id> own;
    for (const std::thread& t : callers)
        own.insert(t.get_id());
    for (std::thread& t : callers)
        t.join();
    EXPECT_EQ(ran_on, own);
    EXPECT_LE(steady::now() - start, milliseconds(700));
    EXPECT_LE(threads(), before);
}

TEST(thread_pool, runs_everything_on_few_threads_with_no_signal) {
    const auto pool = std::make_shared<thread_pool>("test-pool", 3);
    std::atomic<int> ran{0};
    std::atomic<bool> signals{false}, foreign{false};
    for (int i = 0; i < 200; ++i)
        ASSERT_TRUE(pool->post(work_list{[&] {
            sigset_t blocked;
            ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
            if (sigismember(&blocked, SIGINT) != 1) signals = true;
            if (!pool->is_own_thread()) foreign = true;
            ++ran;
        }}));
    eventually([&] { return ran == 200; });
    EXPECT_FALSE(signals);
    EXPECT_FALSE(foreign);
    EXPECT_FALSE(pool->is_own_thread());
    pool->close();
    EXPECT_FALSE(pool->post(work_list{[] {}}));
}

} // namespace
} // namespace blobstore
