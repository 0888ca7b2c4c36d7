// SPDX-License-Identifier: Apache-2.0
// A cancel at each wait of an exchange in turn, and one deadline over all of its phases.
#include "http/resolver.h"
#include "tls_server.h"

#include <gtest/gtest.h>

#include <dlfcn.h>
#include <sys/epoll.h>

namespace {

thread_local blobstore::operation* to_cancel = nullptr; // by this thread's nth wait from now
thread_local int waits_left = 0;

} // namespace

/// In place of the system's in this program: every wait of a loop comes by here.
extern "C" int epoll_wait(int poll, epoll_event* events, int most, int ms) {
    using function = int (*)(int, epoll_event*, int, int);
    static const auto next = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "epoll_wait"));
    if (to_cancel && --waits_left == 0) to_cancel->cancel();
    return next(poll, events, most, ms);
}

namespace blobstore::http::test {

namespace {

constexpr std::size_t body_size = 1'000'000;

void pause_a_moment() {
    std::this_thread::sleep_for(milliseconds(1));
}

/// 503 at first, then a chunked answer in pieces.
template <class Take, class Put>
void answer_in_pieces(int number, Take take_request, Put put_text) {
    take_request();
    if (number % 2 == 0) {
        put_text("HTTP/1.1 503 Slow\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
        return;
    }
    for (const char* piece :
         {"HTTP/1.1 100 Continue\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-",
          "Encoding: chunked\r\n\r\n",
          "3\r\nabc\r\n",
          "2\r\nde",
          "\r\n0\r\n\r\n"}) {
        put_text(piece);
        pause_a_moment();
    }
}

void play_plain(int fd, int number) {
    const auto take_request = [fd] {
        std::string rest;
        take_head(fd, rest);
        take_bytes(fd, rest, body_size);
    };
    answer_in_pieces(number, take_request, [fd](const char* text) { put(fd, text); });
    hold(fd);
}

void play_tls(int fd, int number, const server_identity& identity) {
    tls_peer peer(fd, identity);
    const auto take_request = [&peer] {
        peer.take_head();
        peer.take(body_size);
    };
    answer_in_pieces(number, take_request, [&peer](const char* text) { peer.put(text); });
    hold(fd);
}

class every_wait : public ::testing::Test {
protected:
    every_wait() {
        make_certificate(own_, "IP:127.0.0.1", &ca_.ca);
        identity_ = std::make_unique<server_identity>(own_);
        options_.ca_file = ca_.path();
    }

    /// What the call came to when its nth wait was the one in which it was cancelled, and whether
    /// there was such a wait. All that it used is gone then.
    std::pair<answer, bool> cancelled_at(int wait, const raw_server& server, bool tls) {
        context on;
        const auto with = open_client(options_);
        const auto body = std::make_unique<std::string>(body_size, 'x');
        exchange e = put_of(server.to(), *body);
        e.unsigned_request.to.tls = tls;
        const auto op = std::make_shared<test_operation>();
        waits_left = wait;
        to_cancel = op.get();
        answer a = ask(*with, on, e, op);
        to_cancel = nullptr;
        return {std::move(a), waits_left <= 0};
    }

    test_ca ca_;
    certificate own_;
    std::unique_ptr<server_identity> identity_;
    client_options options_;
};

// Under the address sanitizer a byte that is written after the call has ended is seen.
TEST_F(every_wait, ST14_RT15_cancel_in_each_one) {
    for (const bool tls : {false, true}) {
        raw_server server([&](int fd, int number) {
            if (tls)
                play_tls(fd, number, *identity_);
            else
                play_plain(fd, number);
        });
        int cancelled = 0;
        for (int wait = 1;; ++wait) {
            ASSERT_LT(wait, 2000);
            const auto [a, met] = cancelled_at(wait, server, tls);
            EXPECT_LT(a.seconds, 1.0) << wait;
            const errc code = a.outcome ? errc::cancelled : a.outcome.error().code();
            ASSERT_EQ(code, errc::cancelled) << wait;
            cancelled += a.outcome ? 0 : 1;
            if (!met) break;
        }
        EXPECT_GT(cancelled, 8) << tls;
        std::printf("cancelled in each of %d waits%s\n", cancelled, tls ? " over TLS" : "");
    }
}

} // namespace

} // namespace blobstore::http::test
