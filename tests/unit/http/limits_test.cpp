// SPDX-License-Identifier: Apache-2.0
// Cancels and time limits in each place where an exchange can hang, and failures to connect.
#include "async/runtime.h"
#include "tls_server.h"

#include <gtest/gtest.h>

namespace blobstore::http::test {

namespace {

/// Hangs at one place of an exchange.
struct hanging {
    const char* name;
    bool tls;
    std::function<void(int)> play;
    std::string_view body; ///< to put
};

const std::string& large_body() {
    static const std::string body(64'000'000, 'x');
    return body;
}

/// Never reads, never answers; ends with the test.
void sleep_on(int fd) {
    pollfd closed{fd, POLLRDHUP, 0};
    ::poll(&closed, 1, 10000);
}

std::vector<hanging> places(const server_identity& identity) {
    return {
        {"handshake", true, hold, {}},
        {"header", false, hold, {}},
        {"half a header",
         false,
         [](int fd) {
             head_of(fd);
             put(fd, "HTTP/1.1 200 OK\r\nConte");
             hold(fd);
         },
         {}},
        {"body",
         false,
         [](int fd) {
             head_of(fd);
             put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
             hold(fd);
         },
         {}},
        {"chunk",
         false,
         [](int fd) {
             head_of(fd);
             put(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
             hold(fd);
         },
         {}},
        {"upload", false, sleep_on, large_body()},
        {"TLS header",
         true,
         [&identity](int fd) {
             tls_peer p(fd, identity);
             p.take_head();
             hold(fd);
         },
         {}},
        {"TLS body",
         true,
         [&identity](int fd) {
             tls_peer p(fd, identity);
             p.take_head();
             p.put("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
             hold(fd);
         },
         {}},
        {"TLS upload",
         true,
         [&identity](int fd) {
             tls_peer p(fd, identity);
             sleep_on(fd);
         },
         large_body()},
    };
}

exchange exchange_for(const hanging& h, const raw_server& server) {
    exchange e = h.body.empty() ? get(server.to()) : put_of(server.to(), h.body);
    e.unsigned_request.to.tls = h.tls;
    return e;
}

class http_limits : public ::testing::Test {
protected:
    http_limits() {
        make_certificate(own_, "IP:127.0.0.1", &ca_.ca);
        identity_ = std::make_unique<server_identity>(own_);
        options_.ca_file = ca_.path();
    }

    test_ca ca_;
    certificate own_;
    std::unique_ptr<server_identity> identity_;
    client_options options_;
};

/// From another thread, after 50 ms; how long the call went on after that.
double cancel_late(context& on, client& with, const exchange& e, answer& a) {
    const auto op = std::make_shared<test_operation>();
    std::thread canceller([op] {
        std::this_thread::sleep_for(milliseconds(50));
        op->cancel();
    });
    a = ask(with, on, e, op);
    canceller.join();
    return a.seconds - 0.05;
}

TEST_F(http_limits, RT15_cancel_takes_effect_at_once) {
    context on;
    for (const hanging& h : places(*identity_)) {
        raw_server server([&](int fd, int) { h.play(fd); });
        answer a;
        const double late = cancel_late(on, *open_client(options_), exchange_for(h, server), a);
        ASSERT_FALSE(a.outcome.has_value()) << h.name;
        EXPECT_EQ(a.outcome.error().code(), errc::cancelled) << h.name;
        EXPECT_LT(late, 0.1) << h.name;
        EXPECT_EQ(a.attempts, 1U) << h.name;
    }
    const full_listener full;
    answer a;
    EXPECT_LT(
        cancel_late(on, *open_client(options_), get({false, "127.0.0.1", full.port()}), a), 0.1
    );
    EXPECT_EQ(a.outcome.error().code(), errc::cancelled);
}

TEST_F(http_limits, RT15_cancel_during_the_wait_between_attempts) {
    raw_server server([](int fd, int) {
        head_of(fd);
        put(fd, "HTTP/1.1 503 Slow\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n");
        hold(fd);
    });
    context on;
    answer a;
    EXPECT_LT(cancel_late(on, *open_client(options_), get(server.to()), a), 0.1);
    EXPECT_EQ(a.outcome.error().code(), errc::cancelled);
}

TEST_F(http_limits, each_place_has_its_limit) {
    options_.connect = options_.handshake = milliseconds(150);
    for (const hanging& h : places(*identity_)) {
        raw_server server([&](int fd, int) { h.play(fd); });
        exchange e = exchange_for(h, server);
        e.unsigned_request.first_byte = milliseconds(150);
        const auto op = std::make_shared<test_operation>();
        op->limits.stall = milliseconds(150);
        op->limits.max_attempts = 1;
        context on;
        const answer a = ask(*open_client(options_), on, e, op);
        ASSERT_FALSE(a.outcome.has_value()) << h.name;
        const std::string name = h.name;
        const bool first = name == "handshake" || name == "header" || name == "TLS header";
        EXPECT_EQ(a.outcome.error().code(), first ? errc::timeout : errc::stalled) << h.name;
        EXPECT_GE(a.seconds, 0.14) << h.name;
        EXPECT_LT(a.seconds, 0.4) << h.name;
        EXPECT_NE(
            a.outcome.error().message().find("127.0.0.1:" + std::to_string(server.port())),
            std::string::npos
        ) << a.outcome.error().message();
    }
}

// S3-15, RT-14: what a refusal says is waited for a second, with what came of its body.
TEST_F(http_limits, S3_15_the_body_of_a_refusal_holds_up_no_call) {
    struct row {
        const char* name;
        std::size_t length; ///< promised
        std::size_t at_once;
        bool trickles;
        bool chunked = false;
    };

    constexpr row rows[] = {
        {"silent", 9, 3, false},
        {"trickling", 1000, 3, true},
        {"trickling chunks", 1000, 3, true, true},
        {"silent behind what is judged", 70000, 65536, false},
        {"trickling behind what is judged", 70000, 65536, true},
    };
    for (const bool tls : {false, true})
        for (const row& one : rows) {
            raw_server server([&](int fd, int) {
                std::optional<tls_peer> peer;
                if (tls) peer.emplace(fd, *identity_);
                const auto say = [&](std::string_view text) {
                    tls ? peer->put(text) : put(fd, text);
                };
                tls ? peer->take_head() : head_of(fd);
                const std::string length = std::to_string(one.length);
                say("HTTP/1.1 403 No\r\n" +
                    (one.chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + length) +
                    "\r\n\r\n" + (one.chunked ? "3\r\n" : "") + std::string(one.at_once, 'a') +
                    (one.chunked ? "\r\n" : ""));
                if (one.chunked) say("400;");
                pollfd closed{fd, POLLRDHUP, 0};
                while (one.trickles && ::poll(&closed, 1, 100) == 0)
                    say("b");
                hold(fd);
            });
            exchange e = get(server.to());
            e.unsigned_request.to.tls = tls;
            context on;
            const answer a = ask(*open_client(options_), on, e);
            ASSERT_FALSE(a.outcome.has_value()) << one.name;
            EXPECT_EQ(a.outcome.error()->http_status, 403) << one.name;
            EXPECT_NE(a.outcome.error().message().find("aaa"), std::string::npos) << one.name;
            EXPECT_EQ(a.attempts, 1U) << one.name;
            EXPECT_GE(a.seconds, 0.9) << one.name << tls;
            EXPECT_LT(a.seconds, 1.4) << one.name << tls;
        }
}

TEST_F(http_limits, connecting_has_a_limit) {
    options_.connect = milliseconds(150);
    const full_listener full;
    context on;
    const auto op = std::make_shared<test_operation>();
    op->limits.max_attempts = 1;
    answer a = ask(*open_client(options_), on, get({false, "127.0.0.1", full.port()}), op);
    ASSERT_FALSE(a.outcome.has_value());
    EXPECT_EQ(a.outcome.error().code(), errc::timeout);
    EXPECT_EQ(
        a.outcome.error().message(),
        "timed out connecting to 127.0.0.1:" + std::to_string(full.port())
    );
    EXPECT_LT(a.seconds, 0.4);
}

// A limit of one step ends the attempt, not the call: a peer that is silent once is asked again.
TEST_F(http_limits, a_silent_peer_is_asked_again) {
    raw_server server([](int fd, int number) {
        std::string rest;
        take_head(fd, rest);
        if (number > 0) put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        hold(fd);
    });
    exchange e = get(server.to());
    e.unsigned_request.first_byte = milliseconds(150);
    context on;
    const answer a = ask(*open_client(options_), on, e);
    ASSERT_TRUE(a.outcome.has_value()) << a.outcome.error().message();
    EXPECT_EQ(a.attempts, 2U);
    EXPECT_EQ(a.body, "ok");
}

// RT-06: also where it stalls in the middle, sending or reading; what cannot be sent twice is not.
TEST_F(http_limits, RT06_a_stall_ends_the_attempt_and_not_the_call) {
    struct row {
        const char* name;
        std::function<void(int)> stall;
        std::size_t size; ///< of the request's body
    };

    const row rows[] = {
        {"half a head",
         [](int fd) { head_of(fd), put(fd, "HTTP/1.1 200 OK\r\nConte"), hold(fd); },
         0},
        {"an upload", sleep_on, large_body().size()},
    };
    for (const row& one : rows)
        for (const bool again : {true, false}) {
            raw_server server([&](int fd, int number) {
                if (!again || number == 0) return one.stall(fd);
                std::string rest;
                take_head(fd, rest);
                take_bytes(fd, rest, one.size);
                put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                hold(fd);
            });
            const auto op = std::make_shared<test_operation>();
            op->limits.stall = milliseconds(500); // more than a machine under load stands still
            op->limits.max_attempts = 3;
            context on;
            const std::string_view body(large_body().data(), one.size);
            const exchange e = one.size == 0 ? get(server.to()) : put_of(server.to(), body);
            const answer a = ask(*open_client(options_), on, e, op);
            EXPECT_EQ(a.attempts, again ? 2U : 3U) << one.name;
            if (again) {
                EXPECT_EQ(a.body, "ok") << one.name << ": " << a.outcome.error().message();
                continue;
            }
            ASSERT_FALSE(a.outcome.has_value()) << one.name;
            EXPECT_EQ(a.outcome.error().code(), errc::stalled) << one.name;
            EXPECT_EQ(a.outcome.error()->attempts, 3U) << one.name;
            EXPECT_TRUE(a.outcome.error()->retryable) << one.name;
            EXPECT_GE(a.seconds, 1.49) << one.name;
            EXPECT_LT(a.seconds, 3) << one.name;
        }
}

TEST_F(http_limits, RT06_stalls_end_with_the_whole_call_and_where_nothing_may_be_sent_again) {
    raw_server server([](int fd, int) {
        head_of(fd);
        put(fd, "HTTP/1.1 200 OK\r\nConte");
        hold(fd);
    });
    context on;
    const auto limited = [&](unsigned timeout_ms) {
        auto op = std::make_shared<test_operation>();
        op->limits.stall = milliseconds(150);
        op->limits.timeout = milliseconds(timeout_ms);
        return op;
    };
    answer a = ask(*open_client(options_), on, get(server.to()), limited(220));
    EXPECT_EQ(a.outcome.error().code(), errc::timeout);
    EXPECT_LT(a.seconds, 0.4);
    exchange e = put_of(server.to(), "abc");
    e.idempotent = false;
    a = ask(*open_client(options_), on, e, limited(0));
    EXPECT_EQ(a.outcome.error().code(), errc::stalled);
    EXPECT_EQ(a.attempts, 1U);
    EXPECT_TRUE(a.outcome.error()->outcome_unknown);
}

// Submitted operations of one server take turns; what waits can be cancelled, and nobody's turn is
// lost.
TEST_F(http_limits, submitted_operations_take_turns_at_a_server) {
    std::atomic<int> open{0}, most{0};
    raw_server server([&](int fd, int) {
        std::string rest;
        while (!take_head(fd, rest).empty()) {
            const int now = ++open;
            for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
            }
            std::this_thread::sleep_for(milliseconds(20));
            --open;
            put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    options_.most = 3;
    const auto run =
        std::make_shared<runtime>(runtime_options{2, 1, 1}); // outlives what its operations leave
    const auto c = open_client(options_);
    const exchange e = get(server.to());
    std::atomic<int> good{0}, cancelled{0}, ended{0};

    struct submitted final : operation {
        std::function<void(operation&)> after;
    };

    std::vector<std::shared_ptr<submitted>> all;
    for (int i = 0; i < 40; ++i) {
        auto op = std::make_shared<submitted>();
        op->body = [&](operation& o) -> task<result<void>> {
            result<std::unique_ptr<response>> got = co_await c->send(o, e);
            if (!got) co_return got.error();
            result<std::string> body = co_await (*got)->read_all(o, 100);
            if (!body) co_return body.error();
            co_return result<void>();
        };
        op->after = [&](operation& o) {
            if (o.outcome) ++good;
            if (!o.outcome && o.outcome.error().code() == errc::cancelled) ++cancelled;
            run->exit();
            ++ended;
        };
        op->completed = [](operation& o) noexcept { static_cast<submitted&>(o).after(o); };
        ASSERT_TRUE(run->enter());
        ASSERT_TRUE(run->submit(op, false));
        all.push_back(op);
    }
    for (std::size_t i = 10; i < all.size(); i += 3)
        all[i]->cancel();
    for (int i = 0; i < 500 && ended < 40; ++i)
        std::this_thread::sleep_for(milliseconds(10));
    EXPECT_EQ(ended, 40);
    EXPECT_EQ(good + cancelled, 40);
    EXPECT_GE(good, 25);
    EXPECT_GE(cancelled, 1);
    EXPECT_LE(most, 3);
    EXPECT_GE(most, 2);
    run->begin_close();
    EXPECT_TRUE(run->wait_closed(milliseconds(5000)));
}

/// A call with 300 ms in all, and every other limit far away.
void expect_deadline(const char* where, const client_options& options, const exchange& e) {
    const auto op = std::make_shared<test_operation>();
    op->limits.timeout = milliseconds(300);
    op->limits.stall = milliseconds(30000);
    op->limits.max_attempts = 100;
    context on;
    const answer a = ask(*open_client(options), on, e, op);
    ASSERT_FALSE(a.outcome.has_value()) << where;
    EXPECT_EQ(a.outcome.error().code(), errc::timeout) << where;
    EXPECT_GE(a.seconds, 0.29) << where;
    EXPECT_LT(a.seconds, 1.0) << where;
}

TEST_F(http_limits, RT05_one_deadline_for_every_phase) {
    options_.connect = options_.handshake = milliseconds(30000);
    for (const hanging& h : places(*identity_)) {
        raw_server server([&](int fd, int) { h.play(fd); });
        expect_deadline(h.name, options_, exchange_for(h, server));
    }
    const full_listener full;
    expect_deadline("connect", options_, get({false, "127.0.0.1", full.port()}));
    exchange fetching = get({false, "127.0.0.1", full.port()});
    fetching.authorize = [](operation& op, request&, const verdict*) -> task<result<void>> {
        result<void> slept = co_await sleep_for(op, milliseconds(30000));
        co_return slept;
    };
    expect_deadline("credentials", options_, fetching);
    raw_server slow([](int fd, int) { // each attempt is well within the time, all are not
        head_of(fd);
        std::this_thread::sleep_for(milliseconds(120));
        reset_on_close(fd);
    });
    expect_deadline("attempts", options_, get(slow.to()));
}

TEST_F(http_limits, RT05_the_whole_call_has_a_limit) {
    raw_server server([](int fd, int) {
        std::string rest;
        while (!take_head(fd, rest).empty())
            put(fd, "HTTP/1.1 503 Slow\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n");
    });
    const auto op = std::make_shared<test_operation>();
    op->limits.timeout = milliseconds(200);
    context on;
    const answer a = ask(*open_client(options_), on, get(server.to()), op);
    EXPECT_EQ(a.outcome.error().code(), errc::timeout);
    EXPECT_NE(a.outcome.error().message().find("status 503"), std::string::npos)
        << a.outcome.error().message();
    EXPECT_LT(a.seconds, 0.4);
}

TEST_F(http_limits, slow_but_moving_bodies_are_no_stall) {
    raw_server server([](int fd, int) {
        head_of(fd);
        put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
        for (const char* byte : {"a", "b", "c", "d", "e", "f"}) {
            std::this_thread::sleep_for(milliseconds(80));
            put(fd, byte);
        }
    });
    const auto op = std::make_shared<test_operation>();
    op->limits.stall = milliseconds(200);
    context on;
    EXPECT_EQ(ask(*open_client(options_), on, get(server.to()), op).body, "abcdef");
}

TEST_F(http_limits, refused_connections_are_tried_again) {
    std::uint16_t port = 0;
    {
        raw_server gone([](int, int) {});
        port = gone.port();
    }
    const auto op = std::make_shared<test_operation>();
    op->limits.max_attempts = 3;
    context on;
    exchange e = put_of({false, "127.0.0.1", port}, "x");
    e.idempotent = false;
    const answer a = ask(*open_client(options_), on, e, op);
    EXPECT_EQ(a.outcome.error().code(), errc::connect);
    EXPECT_EQ(a.outcome.error()->os_error, ECONNREFUSED);
    EXPECT_EQ(a.outcome.error()->attempts, 3U);
    EXPECT_FALSE(a.outcome.error()->outcome_unknown);
    EXPECT_NE(
        a.outcome.error().message().find("127.0.0.1:" + std::to_string(port)), std::string::npos
    );
}

TEST_F(http_limits, RT01_budget_ends_retries_for_all_calls_of_a_client) {
    raw_server server([](int fd, int) { reset_on_close(fd); });
    context on;
    const auto c = open_client(options_);
    unsigned sent = 0;
    for (int i = 0; i < 10; ++i) {
        const auto op = std::make_shared<test_operation>();
        op->limits.max_attempts = 6;
        op->limits.timeout = milliseconds(20000);
        sent += ask(*c, on, get(server.to()), op).attempts;
    }
    EXPECT_EQ(sent, 10U + 35U); // 500 tokens at 14 each
}

} // namespace

} // namespace blobstore::http::test
