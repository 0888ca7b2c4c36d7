// SPDX-License-Identifier: Apache-2.0
// The completion queue in poll(2) and epoll, full, woken and shut down; calls on callback threads.
#include "capi/support.h"

#include <array>
#include <future>
#include <poll.h>
#include <sys/epoll.h>
#include <thread>
#include <unistd.h>

namespace blobstore::capi_tests {
namespace {

bool readable(const queue_ptr& queue, int timeout_ms) {
    pollfd watched{static_cast<int>(blobstore_queue_handle(queue.get())), POLLIN, 0};
    return ::poll(&watched, 1, timeout_ms) == 1 && (watched.revents & POLLIN) != 0;
}

class queue : public testing::Test {
protected:
    queue() { EXPECT_EQ(put(store_, "key", "data"), BLOBSTORE_OK); }

    blobstore_status submit(const queue_ptr& to, std::uint64_t user_data = 0) {
        auto how = sized<blobstore_async>();
        how.queue = to.get();
        how.user_data = user_data;
        return submit_get(store_, "key", nullptr, &how, nullptr);
    }

    blobstore_status poll(const queue_ptr& from, std::size_t max, std::int64_t time, size_t& n) {
        const auto status = blobstore_queue_poll(from.get(), events_.data(), max, time, &n);
        blobstore_events_release(events_.data(), n);
        return status;
    }

    client_ptr client_ = make_client();
    store_ptr store_ = open_store(client_, "memory://queue");
    std::array<blobstore_event, 16> events_{};
};

TEST_F(queue, handle_is_level_triggered_in_poll) {
    const queue_ptr q = make_queue();
    size_t n = 0;
    EXPECT_FALSE(readable(q, 0));
    EXPECT_EQ(poll(q, 16, 0, n), BLOBSTORE_E_AGAIN);
    EXPECT_EQ(submit(q, 1), BLOBSTORE_OK);
    EXPECT_EQ(submit(q, 2), BLOBSTORE_OK);
    EXPECT_TRUE(readable(q, 2000));
    EXPECT_TRUE(readable(q, 0)) << "still";
    EXPECT_EQ(poll(q, 1, 2000, n), BLOBSTORE_OK);
    EXPECT_TRUE(readable(q, 2000)) << "one is left";
    EXPECT_EQ(poll(q, 1, 2000, n), BLOBSTORE_OK);
    EXPECT_FALSE(readable(q, 0));
}

TEST_F(queue, handle_is_level_triggered_in_epoll) {
    const queue_ptr q = make_queue();
    const int set = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event want{};
    want.events = EPOLLIN;
    ASSERT_EQ(
        ::epoll_ctl(set, EPOLL_CTL_ADD, static_cast<int>(blobstore_queue_handle(q.get())), &want), 0
    );
    epoll_event got{};
    EXPECT_EQ(::epoll_wait(set, &got, 1, 0), 0);
    EXPECT_EQ(submit(q), BLOBSTORE_OK);
    EXPECT_EQ(::epoll_wait(set, &got, 1, 2000), 1);
    EXPECT_EQ(::epoll_wait(set, &got, 1, 0), 1) << "still";
    size_t n = 0;
    EXPECT_EQ(poll(q, 16, 0, n), BLOBSTORE_OK);
    EXPECT_EQ(::epoll_wait(set, &got, 1, 0), 0);
    ::close(set);
}

TEST_F(queue, full_refuses_at_submit) {
    const queue_ptr q = make_queue(2);
    EXPECT_EQ(submit(q), BLOBSTORE_OK);
    EXPECT_EQ(submit(q), BLOBSTORE_OK);
    EXPECT_EQ(submit(q), BLOBSTORE_E_AGAIN);
    size_t n = 0;
    EXPECT_EQ(poll(q, 1, 2000, n), BLOBSTORE_OK);
    EXPECT_EQ(submit(q), BLOBSTORE_OK);
    EXPECT_EQ(submit(q), BLOBSTORE_E_AGAIN);
}

TEST_F(queue, wake) {
    const queue_ptr q = make_queue();
    auto waiter = std::async(std::launch::async, [&] {
        size_t n = 0;
        const auto status = blobstore_queue_poll(q.get(), events_.data(), 1, -1, &n);
        return status == BLOBSTORE_OK && n == 1 && events_[0].type == BLOBSTORE_EVENT_WAKE &&
               !events_[0].op;
    });
    EXPECT_EQ(waiter.wait_for(milliseconds(50)), std::future_status::timeout);
    blobstore_queue_wake(q.get());
    EXPECT_TRUE(waiter.get());
    EXPECT_FALSE(readable(q, 0));
}

TEST_F(queue, shutdown_drains_then_is_closed) {
    const queue_ptr q = make_queue();
    for (std::uint64_t i = 0; i < 5; ++i) {
        EXPECT_EQ(submit(q, i), BLOBSTORE_OK);
    }
    blobstore_queue_shutdown(q.get());
    EXPECT_EQ(submit(q), BLOBSTORE_E_CLOSED);
    size_t drained = 0;
    size_t n = 0;
    while (poll(q, 2, 2000, n) == BLOBSTORE_OK) {
        drained += n;
    }
    EXPECT_EQ(drained, 5U);
    EXPECT_EQ(poll(q, 2, 2000, n), BLOBSTORE_E_CLOSED);
}

TEST_F(queue, shutdown_ends_every_waiting_thread) {
    for (int round = 0; round < 20; ++round) {
        const queue_ptr q = make_queue();
        std::atomic<int> closed{0};
        std::vector<std::thread> pollers;
        for (int i = 0; i < 4; ++i)
            pollers.emplace_back([&] {
                blobstore_event event{};
                size_t n = 0;
                blobstore_status status = BLOBSTORE_OK;
                while ((status = blobstore_queue_poll(q.get(), &event, 1, 5000, &n)) == BLOBSTORE_OK
                )
                    blobstore_events_release(&event, n);
                closed += status == BLOBSTORE_E_CLOSED;
            });
        auto how = sized<blobstore_async>();
        how.queue = q.get();
        for (int i = 0; i < 3; ++i)
            EXPECT_EQ(submit_get(store_, "key", nullptr, &how, nullptr), BLOBSTORE_OK);
        blobstore_queue_shutdown(q.get());
        for (std::thread& each : pollers)
            each.join();
        EXPECT_EQ(closed, 4);
    }
}

// A program that sleeps in poll(2) alone has to learn of the end, too.
TEST_F(queue, shutdown_makes_the_handle_readable) {
    const queue_ptr q = make_queue();
    blobstore_queue_shutdown(q.get());
    EXPECT_TRUE(readable(q, 200));
}

TEST_F(queue, timeout_zero_does_not_wait) {
    const queue_ptr q = make_queue();
    size_t n = 0;
    const auto start = steady::now();
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(poll(q, 16, 0, n), BLOBSTORE_E_AGAIN);
    }
    EXPECT_LE(since(start).count(), 200);
}

TEST_F(queue, queue_and_callback_at_once) {
    const queue_ptr q = make_queue();
    auto how = sized<blobstore_async>();
    how.queue = q.get();
    how.callback = [](const blobstore_event*) {};
    EXPECT_EQ(submit_get(store_, "key", nullptr, &how, nullptr), BLOBSTORE_E_INVALID_ARGUMENT);
}

// What the callback of the tests below has at hand, and what its calls answered.
struct scene {
    blobstore_client* client = nullptr;
    const store_ptr* store = nullptr;
    blobstore_op* pending = nullptr;
    blobstore_queue* queue = nullptr;
    blobstore_status got = -1, closed = -1, waited = -1, polled = -1, polled_now = -1;
    std::promise<void> done;
};

void BLOBSTORE_CALL try_everything(const blobstore_event* event) {
    auto& s = *reinterpret_cast<scene*>(static_cast<std::uintptr_t>(event->user_data));
    s.got = get(*s.store, "key");
    s.closed = blobstore_client_close(s.client, 100, nullptr);
    s.waited = blobstore_op_wait(s.pending, 100);
    blobstore_event out{};
    size_t n = 0;
    s.polled_now = blobstore_queue_poll(s.queue, &out, 1, 0, &n);
    s.polled = blobstore_queue_poll(s.queue, &out, 1, 100, &n);
    s.done.set_value();
}

TEST(callbacks, AB02_blocking_calls_would_deadlock) {
    fakes::s3_server server;
    server.on({}, fakes::stall_at(fakes::stage::answer_head), fakes::for_ever);
    const client_ptr client = make_client();
    const store_ptr memory = open_store(client, "memory://callbacks");
    const store_ptr stalled = open_fake(client, server);
    EXPECT_EQ(put(memory, "key", "data"), BLOBSTORE_OK);
    const queue_ptr q = make_queue();
    scene s;
    s.client = client.get();
    s.store = &memory;
    s.queue = q.get();
    ASSERT_EQ(submit_get(stalled, "key", nullptr, nullptr, &s.pending), BLOBSTORE_OK);
    auto how = sized<blobstore_async>();
    how.callback = try_everything;
    how.user_data = reinterpret_cast<std::uintptr_t>(&s);
    ASSERT_EQ(submit_get(memory, "key", nullptr, &how, nullptr), BLOBSTORE_OK);
    ASSERT_EQ(s.done.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
    EXPECT_EQ(s.got, BLOBSTORE_E_WOULD_DEADLOCK) << "get";
    EXPECT_EQ(s.closed, BLOBSTORE_E_WOULD_DEADLOCK) << "client_close";
    EXPECT_EQ(s.waited, BLOBSTORE_E_WOULD_DEADLOCK) << "op_wait";
    EXPECT_EQ(s.polled_now, BLOBSTORE_E_AGAIN) << "queue_poll with timeout 0";
    EXPECT_EQ(blobstore_client_close(client.get(), -1, nullptr), BLOBSTORE_OK);
    EXPECT_EQ(blobstore_op_wait(s.pending, -1), BLOBSTORE_E_CANCELLED);
    blobstore_op_free(s.pending);
}

/// A chain of calls, each submitted by the callback of the one before; the last frees the store.
struct chain {
    blobstore_store* store = nullptr;
    int left = 0;
    std::vector<blobstore_status> seen;
    std::promise<void> done;
};

void BLOBSTORE_CALL go_on(const blobstore_event* event) {
    auto& c = *reinterpret_cast<chain*>(static_cast<std::uintptr_t>(event->user_data));
    c.seen.push_back(event->status);
    blobstore_buffer_free(blobstore_op_take_buffer(event->op));
    if (c.left-- == 0) {
        blobstore_store_free(c.store);
        c.done.set_value();
        return;
    }
    auto how = sized<blobstore_async>();
    how.callback = go_on;
    how.user_data = event->user_data;
    blobstore_op* op = nullptr;
    c.seen.push_back(blobstore_get_async(c.store, "key", 3, nullptr, nullptr, &how, &op, nullptr));
    blobstore_op_free(op); // at once
}

TEST(callbacks, AB02_may_submit_and_free) {
    const client_ptr client = make_client();
    store_ptr store = open_store(client, "memory://chain");
    EXPECT_EQ(put(store, "key", "data"), BLOBSTORE_OK);
    chain c;
    c.left = 100;
    auto how = sized<blobstore_async>();
    how.callback = go_on;
    how.user_data = reinterpret_cast<std::uintptr_t>(&c);
    c.store = store.get(); // before the first callback can look at it
    ASSERT_EQ(submit_get(store, "key", nullptr, &how, nullptr), BLOBSTORE_OK);
    (void)store.release(); // the chain's
    ASSERT_EQ(c.done.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
    EXPECT_EQ(blobstore_client_close(client.get(), 5000, nullptr), BLOBSTORE_OK);
    EXPECT_EQ(c.seen, std::vector<blobstore_status>(201, BLOBSTORE_OK));
}

TEST(callbacks, RT15_a_cancel_takes_effect_while_a_callback_takes_its_time) {
    fakes::s3_server server;
    server.on({}, fakes::stall_at(fakes::stage::answer_head), fakes::for_ever);
    const client_ptr client = make_client();
    const store_ptr memory = open_store(client, "memory://slow");
    const store_ptr stalled = open_fake(client, server);
    EXPECT_EQ(put(memory, "key", "data"), BLOBSTORE_OK);
    auto how = sized<blobstore_async>();
    how.callback = [](const blobstore_event*) { std::this_thread::sleep_for(milliseconds(2000)); };
    ASSERT_EQ(submit_get(memory, "key", nullptr, &how, nullptr), BLOBSTORE_OK);
    blobstore_op* op = nullptr;
    ASSERT_EQ(submit_get(stalled, "key", nullptr, nullptr, &op), BLOBSTORE_OK);
    std::this_thread::sleep_for(milliseconds(100));
    const auto from = steady::now();
    blobstore_op_cancel(op);
    EXPECT_EQ(blobstore_op_wait(op, 10000), BLOBSTORE_E_CANCELLED);
    EXPECT_LT(since(from).count(), 1000);
    blobstore_op_free(op);
}

} // namespace
} // namespace blobstore::capi_tests
