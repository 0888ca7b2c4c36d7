// SPDX-License-Identifier: Apache-2.0
// Exchanges over plain HTTP with servers that behave and misbehave: bodies, reuse, replay, retries.
#include "raw_server.h"

#include <gtest/gtest.h>

#include <cstring>

namespace blobstore::http::test {

namespace {

constexpr const char* ok_five = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

TEST(http_client, get_put_and_keep_alive) {
    std::string got;
    raw_server server([&](int fd, int) {
        std::string rest;
        take_head(fd, rest);
        put(fd, ok_five);
        got = take_head(fd, rest);
        got += take_bytes(fd, rest, 3);
        put(fd, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
        take_head(fd, rest);
        put(fd, "HTTP/1.1 204 No Content\r\n\r\n");
        take_head(fd, rest);
        put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"); // of a HEAD
        take_head(fd, rest);
        put(fd, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n");
        put(fd,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        );
        take_head(fd, rest);
        put(fd, ok_five);
        hold(fd);
    });
    context on;
    context other;
    client_options options;
    options.user_agent = "t/1";
    auto c = open_client(options);
    EXPECT_EQ(ask(*c, on, get(server.to())).body, "hello");
    answer a = ask(*c, on, put_of(server.to(), "xyz"));
    EXPECT_EQ(a.status, 201);
    EXPECT_NE(got.find("Content-Length: 3\r\n"), got.npos);
    EXPECT_NE(got.find("User-Agent: t/1\r\n"), got.npos);
    EXPECT_TRUE(got.ends_with("\r\n\r\nxyz"));
    EXPECT_EQ(ask(*c, on, get(server.to())).status, 204);
    exchange head = get(server.to());
    head.unsigned_request.method = "HEAD";
    EXPECT_EQ(ask(*c, on, head).status, 200);
    EXPECT_EQ(ask(*c, on, get(server.to())).body, "abcde");
    EXPECT_EQ(ask(*c, other, get(server.to())).body, "hello"); // the connection moves
    EXPECT_EQ(server.connections(), 1);
}

/// A source of `size` bytes that may lie about its length, and may refuse to start again.
class counting_source final : public reader {
public:
    explicit counting_source(std::size_t size, bool rewinds = true)
        : size_(size)
        , rewinds_(rewinds) {}

    static char byte_at(std::size_t at) { return static_cast<char>((at * 7 + at / 251) & 0x7F); }

    task<result<std::size_t>> read(operation&, std::span<char> into, std::size_t) override {
        const std::size_t n = std::min(into.size(), size_ - at_);
        for (std::size_t i = 0; i < n; ++i)
            into[i] = byte_at(at_ + i);
        at_ += n;
        co_return n;
    }

    result<void> rewind() override {
        ++rewound;
        if (!rewinds_) return error(errc::unsupported, "no");
        at_ = 0;
        return {};
    }

    std::size_t at() const { return at_; }

    int rewound = 0;

private:
    std::size_t size_, at_ = 0;
    bool rewinds_;
};

exchange put_stream(const origin& to, reader& from, std::uint64_t length) {
    exchange e = put_of(to, {});
    e.unsigned_request.body = {{}, &from, length};
    return e;
}

TEST(http_client, large_bodies_both_ways) {
    const std::size_t size = 5'000'001;
    std::string sent;
    raw_server server([&](int fd, int) {
        std::string rest;
        for (int i = 0; i < 2; ++i) {
            take_head(fd, rest);
            sent = take_bytes(fd, rest, size);
            put(fd,
                "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(sent.size()) + "\r\n\r\n");
            put(fd, sent);
        }
        take_head(fd, rest);
        put(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (std::size_t at = 0; at < sent.size(); at += 70000) {
            const std::string piece = sent.substr(at, 70000);
            std::array<char, 16> hex;
            std::snprintf(hex.data(), hex.size(), "%zx\r\n", piece.size());
            put(fd, hex.data() + piece + "\r\n");
        }
        put(fd, "0\r\n\r\n");
    });
    context on;
    auto c = open_client();
    std::string body(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        body[i] = counting_source::byte_at(i);
    EXPECT_TRUE(ask(*c, on, put_of(server.to(), body)).body == body);
    counting_source source(size);
    EXPECT_TRUE(ask(*c, on, put_stream(server.to(), source, size)).body == body);
    EXPECT_TRUE(sent == body);
    EXPECT_TRUE(ask(*c, on, get(server.to())).body == body);
    EXPECT_EQ(server.connections(), 1);
}

TEST(http_client, source_of_another_length_is_an_error) {
    std::atomic<int> whole{0};
    raw_server server([&](int fd, int) {
        std::string rest;
        take_head(fd, rest);
        if (!take_bytes(fd, rest, 300000).empty()) ++whole;
    });
    context on;
    auto c = open_client();
    for (const std::size_t real :
         {std::size_t{299999}, std::size_t{300001}, std::size_t{0}, std::size_t{900000}}) {
        counting_source source(real);
        const answer a = ask(*c, on, put_stream(server.to(), source, 300000));
        ASSERT_FALSE(a.outcome.has_value()) << real;
        EXPECT_EQ(a.outcome.error().code(), errc::changed) << real;
        EXPECT_FALSE(a.outcome.error()->outcome_unknown);
        EXPECT_EQ(a.attempts, 1U);
    }
    for (int i = 0; i < 200 && server.connections() < 4; ++i)
        std::this_thread::sleep_for(milliseconds(5));
    EXPECT_EQ(server.connections(), 4); // none was used again
    EXPECT_EQ(whole, 0);                // and none was complete
}

TEST(http_client, RT07_stale_connection_is_replayed_on_a_new_one) {
    raw_server server([&](int fd, int number) {
        std::string rest;
        take_head(fd, rest);
        put(fd, ok_five);
        if (number < 2) {
            take_head(fd, rest); // takes the second request and dies
            reset_on_close(fd);
            return;
        }
        take_head(fd, rest);
        put(fd, ok_five);
        hold(fd);
    });
    context on;
    auto c = open_client();
    int authorized = 0;
    exchange e = get(server.to());
    e.authorize = [&](operation&, request& r, const verdict*) -> task<result<void>> {
        r.set("X-Count", std::to_string(++authorized));
        co_return result<void>();
    };
    EXPECT_EQ(ask(*c, on, e).body, "hello");
    const auto op = std::make_shared<test_operation>();
    op->limits.max_attempts = 1; // the replay does not count
    const answer a = ask(*c, on, e, op);
    ASSERT_TRUE(a.outcome.has_value()) << a.outcome.error().message();
    EXPECT_EQ(a.attempts, 2U);
    EXPECT_EQ(authorized, 3);
    EXPECT_EQ(server.connections(), 2);
    EXPECT_LT(a.seconds, 0.1);
}

// A pooled connection may be dead, and there would be no second try: such a source gets a fresh
// one.
TEST(http_client, RT07_a_source_that_cannot_start_again_meets_no_stale_connection) {
    raw_server server([&](int fd, int) {
        std::string rest;
        take_head(fd, rest);
        if (rest.size() < 1000) take_bytes(fd, rest, 0);
        put(fd, ok_five);
        if (!take_head(fd, rest).empty()) return reset_on_close(fd);
    });
    context on;
    auto c = open_client();
    EXPECT_EQ(ask(*c, on, get(server.to())).body, "hello");
    counting_source once(1000, false);
    const answer a = ask(*c, on, put_stream(server.to(), once, 1000));
    ASSERT_TRUE(a.outcome.has_value()) << a.outcome.error().message();
    EXPECT_EQ(a.attempts, 1U);
    EXPECT_EQ(server.connections(), 2);
}

TEST(http_client, RT07_closed_idle_connection_is_seen_before_use) {
    raw_server server([&](int fd, int) {
        head_of(fd);
        put(fd, ok_five);
    });
    context on;
    auto c = open_client();
    for (int i = 0; i < 3; ++i) {
        const answer a = ask(*c, on, get(server.to()));
        EXPECT_EQ(a.body, "hello");
        EXPECT_EQ(a.attempts, 1U);
        std::this_thread::sleep_for(milliseconds(20));
    }
    EXPECT_EQ(server.connections(), 3);
}

// A server that is about to close an idle connection may say so first: no answer to what comes
// next.
TEST(http_client, RT07_what_an_idle_connection_was_told_is_not_ours) {
    raw_server server([](int fd, int number) {
        head_of(fd);
        put(fd, ok_five);
        std::this_thread::sleep_for(milliseconds(20));
        if (number == 0) put(fd, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nlate");
        hold(fd);
    });
    context on;
    auto c = open_client();
    EXPECT_EQ(ask(*c, on, get(server.to())).body, "hello");
    std::this_thread::sleep_for(milliseconds(200));
    const answer a = ask(*c, on, get(server.to()));
    EXPECT_EQ(a.status, 200);
    EXPECT_EQ(a.body, "hello");
    EXPECT_EQ(a.attempts, 1U);
    EXPECT_EQ(server.connections(), 2);
}

TEST(http_client, retries_sign_each_attempt) {
    raw_server server([&](int fd, int number) {
        std::string rest;
        take_head(fd, rest);
        const std::string status = number < 2 ? "503 Slow" : "200 OK";
        put(fd, "HTTP/1.1 " + status + "\r\nContent-Length: 2\r\n\r\nhi");
        take_head(fd, rest);
        put(fd, "HTTP/1.1 403 No\r\nContent-Length: 6\r\n\r\ndenied");
        take_head(fd, rest);
        put(fd, "HTTP/1.1 403 No\r\nContent-Length: 6\r\n\r\ndenied");
        hold(fd);
    });
    context on;
    auto c = open_client();
    int authorized = 0;
    std::vector<bool> had_previous;
    exchange e = get(server.to());
    e.authorize = [&](operation&, request&, const verdict* previous) -> task<result<void>> {
        ++authorized;
        had_previous.push_back(previous != nullptr && previous->what == action::retry);
        co_return result<void>();
    };
    answer a = ask(*c, on, e);
    EXPECT_EQ(a.body, "hi");
    EXPECT_EQ(a.attempts, 3U);
    EXPECT_EQ(authorized, 3);
    EXPECT_EQ(had_previous, (std::vector<bool>{false, true, true}));
    a = ask(*c, on, e);
    EXPECT_EQ(a.attempts, 1U);
    ASSERT_FALSE(a.outcome.has_value());
    EXPECT_EQ(a.outcome.error().message(), "status 403 denied");
    EXPECT_EQ(a.outcome.error()->attempts, 1U);
    EXPECT_EQ(ask(*c, on, get(server.to())).outcome.error()->http_status, 403);
    EXPECT_EQ(server.connections(), 3); // a refusal leaves the connection usable, 503 does not
}

TEST(http_client, S3_19_gives_up_after_max_attempts_and_a_consumed_source_is_never_sent_again) {
    std::atomic<int> heads{0};
    raw_server server([&](int fd, int) {
        std::string rest;
        while (!take_head(fd, rest).empty()) {
            ++heads;
            take_bytes(fd, rest, 10);
            put(fd, "HTTP/1.1 503 Slow\r\nContent-Length: 0\r\n\r\n");
        }
    });
    context on;
    auto c = open_client();
    counting_source again(10);
    const auto op = std::make_shared<test_operation>();
    op->limits.max_attempts = 3;
    answer a = ask(*c, on, put_stream(server.to(), again, 10), op);
    EXPECT_EQ(a.attempts, 3U);
    EXPECT_EQ(again.rewound, 3); // before the first attempt and between them
    EXPECT_EQ(a.outcome.error()->attempts, 3U);
    counting_source once(10, false);
    a = ask(*c, on, put_stream(server.to(), once, 10));
    EXPECT_EQ(a.attempts, 1U);
    EXPECT_EQ(heads, 4);
    EXPECT_EQ(a.outcome.error()->http_status, 503);
}

TEST(http_client, RT04_retry_after_is_honoured) {
    raw_server server([&](int fd, int number) {
        head_of(fd);
        if (number > 0) return put(fd, ok_five);
        put(fd, "HTTP/1.1 503 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n");
    });
    context on;
    auto c = open_client();
    const answer a = ask(*c, on, get(server.to()));
    EXPECT_EQ(a.body, "hello");
    EXPECT_GE(a.seconds, 0.99);
    EXPECT_LT(a.seconds, 1.5);
}

TEST(http_client, RT01_x_amz_retry_after_is_honoured_on_a_bare_5xx) {
    raw_server server([&](int fd, int number) {
        head_of(fd);
        if (number > 0) return put(fd, ok_five);
        put(fd, "HTTP/1.1 500 Oops\r\nx-amz-retry-after: 400\r\nContent-Length: 0\r\n\r\n");
    });
    context on;
    auto c = open_client();
    exchange what = get(server.to());
    what.decide = [](const response_head& head, std::string_view body) {
        verdict v = plain_judge(head, body);
        if (head.status == 500) v.what = action::retry;
        return v;
    };
    const answer a = ask(*c, on, what);
    EXPECT_EQ(a.body, "hello");
    EXPECT_GE(a.seconds, 0.39); // the own pause is 50 ms at most
}

TEST(http_client, S3_15_early_refusal_during_an_upload_is_read) {
    for (const bool lingers : {true, false}) {
        raw_server server([&](int fd, int) {
            std::string rest;
            take_head(fd, rest);
            take_bytes(fd, rest, 1000);
            put(fd, "HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\ndenied");
            if (!lingers) return; // unread bytes: this resets
            std::array<char, 4096> away;
            ::shutdown(fd, SHUT_WR);
            for (int i = 0; i < 300 && ::recv(fd, away.data(), away.size(), 0) > 0; ++i) {
            }
        });
        context on;
        auto c = open_client();
        const std::string body(64'000'000, 'x');
        const answer a = ask(*c, on, put_of(server.to(), body));
        ASSERT_FALSE(a.outcome.has_value());
        EXPECT_EQ(a.outcome.error().message(), "status 403 denied") << lingers;
        EXPECT_EQ(a.attempts, 1U);
        EXPECT_LT(a.seconds, 2);
        counting_source source(64'000'000);
        const answer b = ask(*c, on, put_stream(server.to(), source, 64'000'000));
        EXPECT_EQ(b.outcome.error().message(), "status 403 denied") << lingers;
        EXPECT_LT(source.at(), 64'000'000U);
    }
}

TEST(http_client, interim_answer_during_an_upload_does_not_end_it) {
    raw_server server([&](int fd, int) {
        std::string rest;
        take_head(fd, rest);
        put(fd, "HTTP/1.1 100 Continue\r\n\r\n");
        if (take_bytes(fd, rest, 8'000'000).empty()) return;
        put(fd, ok_five);
        hold(fd);
    });
    context on;
    auto c = open_client();
    EXPECT_EQ(ask(*c, on, put_of(server.to(), std::string(8'000'000, 'x'))).body, "hello");
}

struct broken_case {
    const char* name;
    std::string wire;
    errc code;
    bool retryable;
};

TEST(http_client, broken_answers) {
    const std::vector<broken_case> cases = {
        {"truncated", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", errc::network, true},
        {"truncated chunks",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
         errc::network,
         true},
        {"no last chunk",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
         errc::network,
         true},
        {"bad chunk",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n",
         errc::protocol,
         false},
        {"garbage", "SSH-2.0-x\r\n\r\n", errc::protocol, false},
        {"half a head", "HTTP/1.1 200 OK\r\nContent-", errc::network, true},
        {"nothing", "", errc::network, true},
        {"large head",
         "HTTP/1.1 200 OK\r\nA: " + std::string(20000, 'a') + "\r\n\r\n",
         errc::protocol,
         false},
        {"switching", "HTTP/1.1 101 Switching Protocols\r\n\r\n", errc::protocol, false},
    };
    for (const broken_case& b : cases) {
        raw_server server([&](int fd, int) {
            head_of(fd);
            put(fd, b.wire);
            ::shutdown(fd, SHUT_WR);
            hold(fd);
        });
        context on;
        auto c = open_client();
        const auto op = std::make_shared<test_operation>();
        op->limits.max_attempts = 2;
        const answer a = ask(*c, on, get(server.to(), "/x?secret=value"), op);
        ASSERT_FALSE(a.outcome.has_value()) << b.name;
        EXPECT_EQ(a.outcome.error().code(), b.code)
            << b.name << ": " << a.outcome.error().message();
        EXPECT_EQ(a.outcome.error()->retryable, b.retryable) << b.name;
        EXPECT_EQ(a.outcome.error().message().find("secret"), std::string::npos) << b.name;
        EXPECT_EQ(a.outcome.error().message().find('\n'), std::string::npos) << b.name;
    }
}

TEST(http_client, bytes_behind_the_body_are_refused_and_end_the_connection) {
    raw_server server([&](int fd, int) {
        head_of(fd);
        put(fd, std::string(ok_five) + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
        hold(fd);
    });
    context on;
    auto c = open_client();
    for (int i = 0; i < 2; ++i) {
        const answer a = ask(*c, on, get(server.to()));
        ASSERT_FALSE(a.outcome.has_value());
        EXPECT_EQ(a.outcome.error().code(), errc::protocol);
        EXPECT_NE(a.outcome.error().message().find("longer than it promised"), std::string::npos);
    }
    EXPECT_EQ(server.connections(), 2);
}

TEST(http_client, outcome_unknown_of_a_write_that_may_have_been_applied) {
    raw_server server([&](int fd, int) {
        std::string rest;
        take_head(fd, rest);
        take_bytes(fd, rest, 3);
    });
    context on;
    auto c = open_client();
    exchange e = put_of(server.to(), "abc");
    e.idempotent = false;
    answer a = ask(*c, on, e);
    EXPECT_EQ(a.attempts, 1U); // not sent again
    ASSERT_FALSE(a.outcome.has_value());
    EXPECT_TRUE(a.outcome.error()->outcome_unknown);
    const auto op = std::make_shared<test_operation>();
    op->limits.max_attempts = 2;
    e.idempotent = true;
    a = ask(*c, on, e, op);
    EXPECT_EQ(a.attempts, 2U);
    EXPECT_TRUE(a.outcome.error()->outcome_unknown);
}

TEST(http_client, hidden_error_in_a_good_answer) {
    raw_server server([&](int fd, int) {
        std::string rest;
        take_head(fd, rest);
        put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n<Error>");
        take_head(fd, rest);
        put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + std::string(100000, 'a'));
        hold(fd);
    });
    context on;
    auto c = open_client();
    exchange e = get(server.to());
    e.may_hide_error = true;
    std::size_t most = 0;
    e.decide = [&](const response_head&, std::string_view body) {
        most = std::max(most, body.size());
        verdict v;
        if (body.starts_with("<Error>")) v.what = action::retry;
        return v;
    };
    const answer a = ask(*c, on, e);
    EXPECT_EQ(a.attempts, 2U);
    EXPECT_EQ(a.body, std::string(100000, 'a'));
    EXPECT_EQ(most, 65536U);
}

TEST(http_client, body_is_read_on_in_other_operations_elsewhere) {
    raw_server server([&](int fd, int) {
        std::string rest;
        take_head(fd, rest);
        put(fd,
            "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 300000\r\n\r\n" + std::string(300000, 'a')
        );
        take_head(fd, rest);
        put(fd, ok_five);
        hold(fd);
    });
    std::array<context, 4> contexts; // outlive the client, as in a runtime
    auto c = open_client();
    std::unique_ptr<response> kept;
    const exchange e = get(server.to());
    ASSERT_TRUE(run(contexts[0], [&](operation& op) -> task<result<void>> {
                    result<std::unique_ptr<response>> r = co_await c->send(op, e);
                    if (!r) co_return r.error();
                    kept = std::move(*r);
                    co_return result<void>();
                }).has_value());
    std::size_t total = 0;
    for (std::size_t i = 1; i <= 4; ++i) {
        std::thread([&] {
            const auto done = run(contexts[i % 4], [&](operation& op) -> task<result<void>> {
                std::vector<char> piece(100000);
                result<std::size_t> got = co_await kept->read(op, piece, 100000);
                if (!got) co_return got.error();
                total += *got;
                co_return result<void>();
            });
            EXPECT_TRUE(done.has_value());
        }).join();
    }
    EXPECT_EQ(total, 300000U);
    EXPECT_EQ(kept->head().find("x-a"), "b"); // still there, though the connection is back
    EXPECT_EQ(ask(*c, contexts[0], e).body, "hello");
    EXPECT_EQ(kept->head().find("x-a"), "b");
    EXPECT_EQ(server.connections(), 1);
}

TEST(http_client, logs_one_line_per_attempt_without_values) {
    raw_server server([&](int fd, int number) {
        head_of(fd);
        put(fd, number > 0 ? ok_five : "HTTP/1.1 503 Slow\r\nContent-Length: 0\r\n\r\n");
    });
    std::vector<std::string> lines;
    client_options options;
    options.log.level = log_level::debug;
    options.log.write = [&](log_level, std::string_view line) { lines.emplace_back(line); };
    context on;
    auto c = open_client(options);
    ask(*c, on, get(server.to(), "/a?X-Amz-Signature=topsecret"));
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_NE(lines[1].find("attempt 1 failed, the next follows in"), std::string::npos)
        << lines[1];
    EXPECT_EQ(lines[1].find("topsecret"), std::string::npos);
    lines.erase(lines.begin() + 1);
    EXPECT_NE(lines[0].find("GET 127.0.0.1:"), std::string::npos);
    EXPECT_NE(lines[0].find("/a?X-Amz-Signature 503 "), std::string::npos) << lines[0];
    EXPECT_NE(lines[1].find(" 200 "), std::string::npos);
    EXPECT_EQ((lines[0] + lines[1]).find("topsecret"), std::string::npos);
}

} // namespace

} // namespace blobstore::http::test
