// SPDX-License-Identifier: Apache-2.0
// Asking before a body is sent: Expect: 100-continue, and what a peer may do about it.
#include "raw_server.h"

#include <gtest/gtest.h>

namespace blobstore::http::test {

namespace {

constexpr const char* ok_two = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr const char* go_on = "HTTP/1.1 100 Continue\r\n\r\n";

bool asks(const std::string& head) {
    return head.find("\r\nExpect: 100-continue\r\n") != head.npos;
}

client_options asking_from(std::uint64_t size) {
    client_options options;
    options.expect_size = size;
    return options;
}

/// Cannot start again.
class once_source final : public reader {
public:
    explicit once_source(std::size_t size)
        : left(size) {}

    task<result<std::size_t>> read(operation&, std::span<char> into, std::size_t) override {
        const std::size_t n = std::min(into.size(), left);
        std::fill_n(into.begin(), n, 'x');
        left -= n;
        co_return n;
    }

    std::size_t left;
};

/// What came before the peer waited for 200 ms in vain, or closed.
std::string what_comes(int fd, std::string rest) {
    pollfd readable{fd, POLLIN, 0};
    std::array<char, 65536> piece;
    while (::poll(&readable, 1, 200) > 0) {
        const ssize_t n = ::recv(fd, piece.data(), piece.size(), 0);
        if (n <= 0) break;
        rest.append(piece.data(), static_cast<std::size_t>(n));
    }
    return rest;
}

TEST(http_expect, S3_16_the_body_follows_when_the_peer_agrees) {
    std::string early, head;
    raw_server server([&](int fd, int) {
        std::string rest;
        head = take_head(fd, rest);
        early = what_comes(fd, rest);
        put(fd, "HTTP/1.1 103 Early Hints\r\n\r\n");
        early += what_comes(fd, {});
        put(fd, go_on);
        rest.clear();
        if (take_bytes(fd, rest, 3'000'000).empty()) return;
        std::this_thread::sleep_for(milliseconds(600)); // it works, and that is no stall
        put(fd, ok_two);
        hold(fd);
    });
    context on;
    const auto op = std::make_shared<test_operation>();
    op->limits.stall = milliseconds(400);
    const std::string body(3'000'000, 'x');
    const answer a = ask(*open_client(asking_from(1000)), on, put_of(server.to(), body), op);
    EXPECT_EQ(a.body, "ok") << a.outcome.error().message();
    EXPECT_EQ(a.attempts, 1U);
    EXPECT_LT(a.seconds, 1.4);
    EXPECT_TRUE(asks(head)) << head;
    EXPECT_EQ(early, "");
}

TEST(http_expect, S3_16_a_silent_peer_gets_the_body_after_a_second_once) {
    std::vector<std::string> heads;
    raw_server server([&](int fd, int) {
        std::string rest;
        heads.push_back(take_head(fd, rest));
        if (take_bytes(fd, rest, 3000).empty()) return;
        put(fd, std::string(go_on) + ok_two); // late
        heads.push_back(take_head(fd, rest));
        if (take_bytes(fd, rest, 3000).empty()) return;
        put(fd, ok_two);
        hold(fd);
    });
    context on;
    const auto c = open_client(asking_from(1000));
    const std::string body(3000, 'x');
    const answer first = ask(*c, on, put_of(server.to(), body));
    EXPECT_EQ(first.body, "ok");
    EXPECT_EQ(first.attempts, 1U);
    EXPECT_GE(first.seconds, 0.99);
    EXPECT_LT(first.seconds, 2);
    const answer second = ask(*c, on, put_of(server.to(), body));
    EXPECT_EQ(second.body, "ok");
    EXPECT_LT(second.seconds, 0.9) << "nobody waits for it again";
    ASSERT_EQ(heads.size(), 2U);
    EXPECT_TRUE(asks(heads[0]));
    EXPECT_FALSE(asks(heads[1]));
}

TEST(http_expect, S3_16_a_final_answer_is_believed_and_spares_the_body) {
    for (const char* answer_to : {"HTTP/1.1 403 No\r\nContent-Length: 6\r\n\r\ndenied", ok_two}) {
        std::string came;
        raw_server server([&](int fd, int number) {
            std::string rest;
            take_head(fd, rest);
            put(fd, answer_to);
            if (number == 0) came = what_comes(fd, rest);
        });
        context on;
        const auto c = open_client(asking_from(1000));
        for (int i = 0; i < 2; ++i) {
            const answer a = ask(*c, on, put_of(server.to(), std::string(3'000'000, 'x')));
            EXPECT_EQ(a.outcome.has_value(), answer_to == ok_two);
            EXPECT_EQ(a.attempts, 1U);
            EXPECT_LT(a.seconds, 0.5);
        }
        EXPECT_EQ(came, "");
        EXPECT_EQ(server.connections(), 2); // the head promised a body that did not come
    }
}

TEST(http_expect, S3_16_after_417_it_is_not_asked_again) {
    std::vector<bool> asked;
    raw_server server([&](int fd, int) {
        std::string rest;
        const std::string head = take_head(fd, rest);
        asked.push_back(asks(head));
        if (asks(head)) return put(fd, "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
        if (!take_bytes(fd, rest, 3000).empty()) put(fd, ok_two);
        hold(fd);
    });
    context on;
    const answer a =
        ask(*open_client(asking_from(1000)), on, put_of(server.to(), std::string(3000, 'x')));
    EXPECT_EQ(a.body, "ok");
    EXPECT_EQ(a.attempts, 2U);
    EXPECT_LT(a.seconds, 0.5);
    EXPECT_EQ(asked, (std::vector<bool>{true, false}));
}

TEST(http_expect, S3_16_which_requests_ask) {
    struct row {
        const char* name;
        std::uint64_t from;
        std::size_t size;
        bool once, asks;
    };

    constexpr row rows[] = {
        {"large", 1000, 1000, false, true},
        {"small", 1000, 999, false, false},
        {"small that comes once", 1000, 999, true, true},
        {"empty", 1, 0, false, false},
        {"empty that comes once", 1, 0, true, false},
        {"large where it is off", 0, 1000, false, false},
        {"once where it is off", 0, 1000, true, false},
    };
    for (const row& one : rows) {
        bool asked = false;
        raw_server server([&](int fd, int) {
            std::string rest;
            asked = asks(take_head(fd, rest));
            if (asked) put(fd, go_on);
            take_bytes(fd, rest, one.size);
            put(fd, ok_two);
            hold(fd);
        });
        context on;
        once_source source(one.size);
        const std::string body(one.size, 'x');
        exchange e = put_of(server.to(), body);
        if (one.once) e.unsigned_request.body = {{}, &source, one.size};
        EXPECT_EQ(ask(*open_client(asking_from(one.from)), on, e).body, "ok") << one.name;
        EXPECT_EQ(asked, one.asks) << one.name;
    }
}

// S3-19: what was not read from can be sent with the next attempt.
TEST(http_expect, S3_16_a_refused_question_leaves_the_source_untouched) {
    raw_server server([&](int fd, int number) {
        std::string rest;
        take_head(fd, rest);
        if (number == 0) return put(fd, "HTTP/1.1 503 Slow\r\nContent-Length: 0\r\n\r\n");
        if (number == 1) return reset_on_close(fd);
        put(fd, go_on);
        if (!take_bytes(fd, rest, 3000).empty()) put(fd, ok_two);
        hold(fd);
    });
    context on;
    once_source source(3000);
    exchange e = put_of(server.to(), {});
    e.unsigned_request.body = {{}, &source, 3000};
    const answer a = ask(*open_client(asking_from(1000)), on, e);
    ASSERT_TRUE(a.outcome.has_value()) << a.outcome.error().message();
    EXPECT_EQ(a.attempts, 3U);
    EXPECT_EQ(source.left, 0U);
}

} // namespace

} // namespace blobstore::http::test
