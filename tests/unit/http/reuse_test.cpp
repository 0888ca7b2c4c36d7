// SPDX-License-Identifier: Apache-2.0
// Which connections serve another call, and which addresses come last: what served badly is left.
#include "tls_server.h"

#include <gtest/gtest.h>

namespace blobstore::http::test {

namespace {

constexpr const char* ok_two = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

std::string address_of(const raw_server& server) {
    return "two.test:80:127.0.0.1:" + std::to_string(server.port());
}

/// How the first of two addresses serves a request.
struct bad_service {
    const char* name;
    std::function<void(int)> play;
    unsigned attempts; ///< of the call that met it
    bool tls = false;
};

std::vector<bad_service> bad_services() {
    const auto answer = [](std::string wire) {
        return [wire = std::move(wire)](int fd) {
            std::string rest;
            while (!take_head(fd, rest).empty())
                put(fd, wire);
        };
    };
    return {
        {"503", answer("HTTP/1.1 503 Slow\r\nContent-Length: 0\r\n\r\n"), 2},
        {"500", answer("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), 1},
        {"reset",
         [](int fd) {
             head_of(fd);
             reset_on_close(fd);
         },
         2},
        {"cut in the head",
         [](int fd) {
             head_of(fd);
             put(fd, "HTTP/1.1 200 OK\r\nConte");
         },
         2},
        {"cut in the body",
         [](int fd) {
             head_of(fd);
             put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
         },
         1},
        {"silent", hold, 2},
        {"stalled",
         [](int fd) {
             head_of(fd);
             put(fd, "HTTP/1.1 200 OK\r\nConte");
             hold(fd);
         },
         2},
        {"no TLS",
         [](int fd) {
             put(fd, "this is not TLS, but long enough to look at");
             hold(fd);
         },
         1,
         true},
    };
}

// RT-08: its connection is not used again, and its address comes last.
TEST(http_reuse, RT08_what_served_badly_is_left) {
    test_ca ca;
    certificate own;
    make_certificate(own, "DNS:two.test", &ca.ca);
    const server_identity identity(own);
    for (const bad_service& bad : bad_services()) {
        raw_server first([&](int fd, int) { bad.play(fd); });
        std::atomic<int> served{0};
        raw_server second([&](int fd, int) {
            if (bad.tls) {
                tls_peer peer(fd, identity);
                if (!peer.take_head().empty()) ++served;
                peer.put("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
                return;
            }
            if (!head_of(fd).empty()) ++served;
            put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        });
        client_options options;
        options.resolve = {address_of(first), address_of(second)};
        options.ca_file = ca.path();
        context on;
        const auto c = open_client(options);
        exchange e = get({bad.tls, "two.test", 80});
        e.unsigned_request.first_byte = milliseconds(100);
        for (int i = 0; i < 3; ++i) {
            const auto op = std::make_shared<test_operation>();
            op->limits.stall = milliseconds(100);
            const answer a = ask(*c, on, e, op);
            EXPECT_EQ(a.attempts, i == 0 ? bad.attempts : 1U) << bad.name;
            const bool failed = i == 0 && bad.attempts == 1;
            EXPECT_EQ(a.outcome.has_value(), !failed) << bad.name;
        }
        EXPECT_EQ(first.connections(), 1) << bad.name;
        EXPECT_EQ(served, bad.attempts == 1 ? 2 : 3) << bad.name;
    }
}

// What a server or a caller may do at any time is no bad service.
TEST(http_reuse, RT08_ended_idle_connections_and_cancels_are_not_held_against_an_address) {
    std::atomic<bool> answers{true};
    raw_server first([&](int fd, int number) {
        std::string rest;
        take_head(fd, rest);
        if (answers) put(fd, ok_two);
        take_head(fd, rest);
        if (number == 0) reset_on_close(fd); // took the second request and died
    });
    raw_server second([&](int fd, int) {
        head_of(fd);
        put(fd, ok_two);
    });
    client_options options;
    options.resolve = {address_of(first), address_of(second)};
    context on;
    const auto c = open_client(options);
    const exchange e = get({false, "two.test", 80});
    EXPECT_EQ(ask(*c, on, e).attempts, 1U);
    EXPECT_EQ(ask(*c, on, e).attempts, 2U); // replayed, at the same address
    EXPECT_EQ(first.connections(), 2);
    answers = false;
    const auto op = std::make_shared<test_operation>();
    std::thread canceller([op] {
        std::this_thread::sleep_for(milliseconds(50));
        op->cancel();
    });
    EXPECT_EQ(ask(*c, on, e, op).outcome.error().code(), errc::cancelled);
    canceller.join();
    answers = true;
    EXPECT_EQ(ask(*c, on, e).body, "ok");
    EXPECT_EQ(second.connections(), 0);
}

TEST(http_reuse, RT08_which_answers_leave_a_connection_usable) {
    struct row {
        const char* name;
        const char* wire;
        bool reused;
    };

    constexpr row rows[] = {
        {"200", ok_two, true},
        {"404", "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno", true},
        {"400", "HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nno", true},
        {"500", "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno", false},
        {"507", "HTTP/1.1 507 No\r\nContent-Length: 0\r\n\r\n", false},
        {"close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", false},
        {"close among others",
         "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok",
         false},
        {"1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false},
        {"1.0 kept",
         "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
         true},
    };
    for (const row& one : rows) {
        raw_server server([&](int fd, int) {
            std::string rest;
            while (!take_head(fd, rest).empty())
                put(fd, one.wire);
        });
        context on;
        const auto c = open_client();
        ask(*c, on, get(server.to()));
        ask(*c, on, get(server.to()));
        EXPECT_EQ(server.connections(), one.reused ? 1 : 2) << one.name;
    }
}

} // namespace

} // namespace blobstore::http::test
