// SPDX-License-Identifier: Apache-2.0
// How many requests are on their way to a server that asks to slow down.
#include "async/group.h"
#include "async/runtime.h"
#include "http/allowance.h"
#include "raw_server.h"

#include <gtest/gtest.h>

namespace blobstore::http::test {

namespace {

TEST(allowance, RT_12_halves_once_a_round_and_grows_by_one) {
    const steady::time_point start = steady::time_point() + std::chrono::hours(1);
    const auto at = [start](int ms) { return start + milliseconds(ms); };
    allowance server(8);
    EXPECT_EQ(server.now(), allowance::none);
    server.succeeded();
    EXPECT_EQ(server.now(), allowance::none);
    server.throttled(at(0), at(10), 12);
    EXPECT_EQ(server.now(), 4U) << "of those that submitted calls may have";
    server.throttled(at(5), at(11), 12);
    EXPECT_EQ(server.now(), 4U) << "it was on its way already";
    server.throttled(at(10), at(20), 3);
    EXPECT_EQ(server.now(), 1U) << "of those that were on their way";
    server.throttled(at(20), at(30), 1);
    EXPECT_EQ(server.now(), 1U) << "never none";
    for (const unsigned next : {2U, 3U, 4U, 5U, 6U, 7U}) {
        for (unsigned i = 1; i < next - 1; ++i)
            server.succeeded();
        EXPECT_EQ(server.now(), next - 1);
        server.succeeded();
        EXPECT_EQ(server.now(), next);
    }
    for (unsigned i = 0; i < 7; ++i)
        server.succeeded();
    EXPECT_EQ(server.now(), allowance::none);
}

/// Answers "slow down" as often as told, then slowly; counts what is on its way.
class busy_server {
public:
    explicit busy_server(int refusals)
        : refusals_(refusals) {}

    void operator()(int fd) {
        std::string rest;
        while (!take_head(fd, rest).empty()) {
            const bool refuses = refusals_.fetch_sub(1) > 0;
            if (!refuses) {
                raise(most_, ++running_);
                ++served_;
            }
            std::this_thread::sleep_for(milliseconds(100)); // all are there by then
            if (!refuses) --running_;
            test::put(
                fd,
                refuses ? "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n"
                        : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
            );
        }
    }

    /// At the same time, of those that were not refused.
    int most() const { return most_; }

    int served() const { return served_; }

private:
    static void raise(std::atomic<int>& most, int now) {
        int before = most;
        while (now > before && !most.compare_exchange_weak(before, now)) {
        }
    }

    std::atomic<int> refusals_, running_{0}, served_{0}, most_{0};
};

/// So many requests, as many at a time as `width`.
result<void>
ask_many(runtime& on, client& with, const raw_server& server, lane where, std::size_t width) {
    exchange e = get(server.to());
    e.decide = [](const response_head& head, std::string_view) {
        verdict v;
        if (head.status == 200) return v;
        v.what = action::throttled;
        v.why = error(errc::throttled, "slow down");
        v.retry_after.value = milliseconds(1000); // so that all come again together
        return v;
    };
    auto op = std::make_shared<test_operation>();
    op->limits.max_attempts = 20;
    op->body = [&](operation& o) -> task<result<void>> {
        result<void> done = co_await for_each_of(
            o,
            where,
            width,
            width,
            [&](operation& member, std::size_t) -> task<result<void>> {
                result<std::unique_ptr<response>> r = co_await with.send(member, e);
                if (!r) co_return r.error();
                co_return result<void>();
            }
        );
        co_return done;
    };
    on.run(op);
    return op->outcome;
}

TEST(http_turns, RT_12_parallel_requests_become_fewer_where_the_server_asks_to_slow_down) {
    for (const lane where : {lane::io, lane::workers}) {
        busy_server busy(16);
        raw_server server([&](int fd, int) { busy(fd); });
        const std::shared_ptr<runtime> on = std::make_shared<runtime>(runtime_options{});
        std::shared_ptr<client> with = open_client();
        const result<void> done = ask_many(*on, *with, server, where, 16);
        with.reset(); // its connections before what they run on
        on->begin_close();
        on->wait_closed(milliseconds(-1));
        EXPECT_TRUE(done.has_value()) << done.error().message();
        EXPECT_EQ(busy.served(), 16);
        EXPECT_LE(busy.most(), 9) << "of 16: a half, and one more for eight successes";
    }
}

} // namespace

} // namespace blobstore::http::test
