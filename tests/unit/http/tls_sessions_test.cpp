// SPDX-License-Identifier: Apache-2.0
// TLS beyond the first handshake: sessions resumed and not, tickets that come late, new keys,
// strange errors in the queue, and where a body may end.
#include "http/tls.h"
#include "tls_server.h"

#include <gtest/gtest.h>

namespace blobstore::http::test {

namespace {

using namespace std::chrono_literals;

constexpr const char* five = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
constexpr const char* last_five =
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";

class sessions_test : public testing::Test {
protected:
    sessions_test() { make_certificate(own_, "IP:127.0.0.1,DNS:good.test", &ca_.ca); }

    std::shared_ptr<client> client_for(const raw_server& server, const std::string& ca) const {
        client_options options;
        options.ca_file = ca;
        for (const char* name : {"good.test", "other.test"})
            options.resolve.push_back(
                std::string(name) + ":443:127.0.0.1:" + std::to_string(server.port())
            );
        return open_client(options);
    }

    std::shared_ptr<client> client_for(const raw_server& server) const {
        return client_for(server, ca_.path());
    }

    static origin secure(const raw_server& server) { return {true, "127.0.0.1", server.port()}; }

    context on_; // outlives the clients
    const test_ca ca_, other_;
    certificate own_;
};

TEST_F(sessions_test, ST10_the_next_connection_resumes) {
    for (const int version : {0, TLS1_2_VERSION, TLS1_3_VERSION}) {
        const server_identity identity(own_);
        if (version != 0) identity.speak_only(version);
        std::atomic<int> resumed{0}, fresh{0};
        raw_server server([&](int fd, int) {
            tls_peer peer(fd, identity);
            if (!peer.good) return;
            ++(peer.resumed() ? resumed : fresh);
            peer.take_head();
            peer.put(last_five);
            peer.notify();
        });
        const auto c = client_for(server);
        for (int i = 0; i < 20; ++i)
            ASSERT_EQ(ask(*c, on_, get(secure(server))).body, "hello");
        EXPECT_EQ(fresh, 1) << version;
        EXPECT_EQ(resumed, 19) << version;
    }
}

TEST_F(sessions_test, ST10_a_session_serves_its_own_name_and_trust_alone) {
    const server_identity identity(own_);
    std::atomic<int> resumed{0}, fresh{0};
    raw_server server([&](int fd, int) {
        tls_peer peer(fd, identity);
        if (!peer.good) return;
        ++(peer.resumed() ? resumed : fresh);
        peer.take_head();
        peer.put(last_five);
        peer.notify();
    });
    const auto c = client_for(server);
    EXPECT_EQ(ask(*c, on_, get({true, "good.test", 443})).body, "hello");
    EXPECT_EQ(ask(*c, on_, get(secure(server))).body, "hello");
    EXPECT_EQ(fresh, 2);
    for (int i = 0; i < 2; ++i) {
        const answer wrong_name = ask(*c, on_, get({true, "other.test", 443}));
        ASSERT_FALSE(wrong_name.outcome.has_value());
        EXPECT_EQ(wrong_name.outcome.error().code(), errc::tls);
    }
    const auto distrustful = client_for(server, other_.path());
    const answer refused = ask(*distrustful, on_, get(secure(server)));
    ASSERT_FALSE(refused.outcome.has_value());
    EXPECT_EQ(refused.outcome.error().code(), errc::tls);
    EXPECT_EQ(resumed, 0);
}

/// A server that forgot its ticket keys: the handshake is a full one and works.
TEST_F(sessions_test, ST10_a_session_that_the_server_forgot_does_no_harm) {
    const server_identity before(own_), after(own_);
    std::atomic<int> resumed{0};
    raw_server server([&](int fd, int number) {
        tls_peer peer(fd, number < 1 ? before : after);
        if (peer.resumed()) ++resumed;
        peer.take_head();
        peer.put(last_five);
        peer.notify();
    });
    const auto c = client_for(server);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(ask(*c, on_, get(secure(server))).body, "hello");
    EXPECT_EQ(resumed, 1); // the third, of the second's ticket
}

/// A client and a server without a socket, until neither has more to say; whether it resumed.
bool shake(trust& t, const server_identity& identity, steady::time_point now) {
    tls_channel client(t.context().value(), t.sessions(), "127.0.0.1", 443, now);
    SSL* const server = SSL_new(identity.context());
    BIO *const in = BIO_new(BIO_s_mem()), *const out = BIO_new(BIO_s_mem());
    SSL_set_bio(server, in, out);
    SSL_set_accept_state(server);
    bool done = false;
    char byte = 0;
    for (int round = 0; round < 6; ++round) {
        const tls_channel::step s = done ? client.decrypt({&byte, 1}) : client.handshake();
        EXPECT_NE(s.what, tls_channel::state::failed);
        done = done || s.what == tls_channel::state::ok;
        const std::span<const char> pending = client.pending();
        BIO_write(in, pending.data(), static_cast<int>(pending.size()));
        client.sent(pending.size());
        SSL_do_handshake(server);
        ERR_clear_error();
        const std::span<char> room = client.room();
        const int n = BIO_read(out, room.data(), static_cast<int>(room.size()));
        client.received(static_cast<std::size_t>(std::max(n, 0)));
    }
    EXPECT_TRUE(done);
    const bool resumed = SSL_session_reused(server) == 1;
    SSL_free(server);
    return resumed;
}

/// Or else a certificate that was revoked or ran out would be good for as long as tickets are.
TEST_F(sessions_test, SE06_resuming_does_not_put_off_verification) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const server_identity identity(own_);
        identity.speak_only(version);
        trust_options options;
        options.ca_file = ca_.path();
        const std::shared_ptr<trust> t = trust::make(options).value();
        const steady::time_point start{};
        EXPECT_FALSE(shake(*t, identity, start));
        EXPECT_TRUE(shake(*t, identity, start + 5min));
        EXPECT_TRUE(shake(*t, identity, start + 9min));
        EXPECT_FALSE(shake(*t, identity, start + 11min));
        EXPECT_TRUE(shake(*t, identity, start + 20min));
    }
}

session_ptr made_session(int version) {
    session_ptr s(SSL_SESSION_new());
    SSL_SESSION_set_protocol_version(s.get(), version);
    SSL_SESSION_set1_id(s.get(), reinterpret_cast<const unsigned char*>("id"), 2);
    return s;
}

TEST(session_cache, ST10_is_bounded_and_gives_tls_1_3_out_once) {
    const steady::time_point now{};
    session_cache cache;
    EXPECT_EQ(cache.take("a:1", now).session, nullptr);
    cache.put("a:1", {made_session(TLS1_3_VERSION), now});
    cache.put("b:1", {made_session(TLS1_2_VERSION), now});
    EXPECT_NE(cache.take("a:1", now).session, nullptr);
    EXPECT_EQ(cache.take("a:1", now).session, nullptr);
    EXPECT_NE(cache.take("b:1", now).session, nullptr);
    EXPECT_NE(cache.take("b:1", now).session, nullptr);
    cache.forget("b:1");
    EXPECT_EQ(cache.take("b:1", now).session, nullptr);
    for (int i = 0; i < 100; ++i)
        cache.put("a:1", {made_session(TLS1_3_VERSION), now});
    EXPECT_EQ(cache.size(), session_cache::most_of_one_peer);
    for (int i = 0; i < 1000; ++i)
        cache.put("p:" + std::to_string(i), {made_session(TLS1_3_VERSION), now});
    EXPECT_EQ(cache.size(), session_cache::most);
    EXPECT_EQ(cache.take("p:1", now).session, nullptr); // the oldest went
    EXPECT_EQ(cache.take("p:999", now + 11min).session, nullptr);
    EXPECT_EQ(cache.size(), 0U);
}

/// Until the other side has counted so far.
void wait_for(const std::atomic<int>& what, int value) {
    for (int i = 0; i < 1000 && what < value; ++i)
        std::this_thread::sleep_for(5ms);
}

/// A ticket that comes while the connection rests says nothing about an exchange.
TEST_F(sessions_test, ST10_late_tickets_leave_the_connection_usable) {
    const server_identity identity(own_);
    identity.speak_only(TLS1_3_VERSION);
    std::atomic<int> read{0}, sent{0};
    raw_server server([&](int fd, int) {
        tls_peer peer(fd, identity);
        while (!peer.take_head().empty()) {
            peer.put(five);
            wait_for(read, sent + 1);
            SSL_new_session_ticket(peer.native());
            peer.push();
            ++sent;
        }
    });
    const auto c = client_for(server);
    for (int i = 1; i <= 3; ++i) {
        EXPECT_EQ(ask(*c, on_, get(secure(server))).body, "hello");
        read = i;
        wait_for(sent, i);
    }
    EXPECT_EQ(server.connections(), 1);
}

/// What else comes while it rests would be taken for the next answer.
TEST_F(sessions_test, ST10_an_answer_that_nobody_asked_for_ends_the_connection) {
    const server_identity identity(own_);
    const std::string_view evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    for (const bool cut : {false, true}) { // as a whole, or half a record
        std::atomic<int> read{0}, sent{0};
        raw_server server([&](int fd, int number) {
            tls_peer peer(fd, identity);
            if (peer.take_head().empty()) return;
            peer.put(five);
            wait_for(read, number + 1);
            if (cut)
                put(fd, std::string_view("\x17\x03\x03\x01\x00 half", 10));
            else
                peer.put(evil);
            ++sent;
            hold(fd);
        });
        const auto c = client_for(server);
        for (int i = 1; i <= 3; ++i) {
            const answer a = ask(*c, on_, get(secure(server)));
            EXPECT_EQ(a.body, "hello") << (a.outcome ? "" : a.outcome.error().message());
            EXPECT_EQ(a.attempts, 1U);
            read = i;
            wait_for(sent, i);
        }
        EXPECT_EQ(server.connections(), 3);
    }
}

/// Key updates in the middle of what we send and of what we receive; ours come before what we send
/// next.
TEST_F(sessions_test, ST18_new_keys_in_mid_body) {
    constexpr int key_update = 24;
    const server_identity identity(own_);
    identity.speak_only(TLS1_3_VERSION);
    const std::size_t size = 24'000'000, half = size / 2;
    std::atomic<int> while_sent{0}, with_the_next{0};
    raw_server server([&](int fd, int) {
        tls_peer peer(fd, identity);
        if (peer.take_head().empty()) return;
        std::string body = peer.take(1'000'000);
        peer.new_keys();
        peer.push();
        body += peer.take(size - body.size());
        while_sent = peer.messages[key_update];
        peer.put("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
        peer.put(std::string_view(body).substr(0, half));
        peer.new_keys();
        peer.put(std::string_view(body).substr(half));
        peer.take_head();
        with_the_next = peer.messages[key_update] - while_sent;
        peer.put(five);
        hold(fd);
    });
    std::string body(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        body[i] = static_cast<char>(i * 7 + i / 251);
    const auto c = client_for(server);
    const answer a = ask(*c, on_, put_of(secure(server), body));
    ASSERT_TRUE(a.outcome.has_value()) << a.outcome.error().message();
    EXPECT_TRUE(a.body == body);
    EXPECT_EQ(ask(*c, on_, get(secure(server))).body, "hello");
    EXPECT_EQ(server.connections(), 1);
    EXPECT_EQ(while_sent, 1);
    EXPECT_EQ(with_the_next, 1);
}

TEST_F(sessions_test, ST18_renegotiation_is_not_followed) {
    const server_identity identity(own_);
    identity.speak_only(TLS1_2_VERSION);
    std::atomic<int> hellos{0}, connections{0};
    raw_server server([&](int fd, int) {
        tls_peer peer(fd, identity);
        if (!peer.good) return;
        peer.take_head();
        SSL_renegotiate(peer.native());
        peer.push(); // asks for it
        peer.put(five);
        peer.take_head();
        hellos += peer.messages[SSL3_MT_CLIENT_HELLO];
        ++connections;
    });
    const auto c = client_for(server);
    EXPECT_EQ(ask(*c, on_, get(secure(server))).body, "hello");
    EXPECT_EQ(ask(*c, on_, get(secure(server))).body, "hello");
    for (int i = 0; i < 200 && connections < 1; ++i)
        std::this_thread::sleep_for(10ms);
    EXPECT_GE(connections, 1);
    EXPECT_EQ(hellos, connections);
}

/// Others use OpenSSL on the caller's thread too, and may leave their errors behind.
TEST_F(sessions_test, ST18_errors_of_others_in_the_queue_are_not_ours) {
    const server_identity identity(own_);
    for (const char* reply : {five, last_five}) { // over one connection; with handshakes between
        raw_server server([&](int fd, int) {
            tls_peer peer(fd, identity);
            while (!peer.take_head().empty())
                peer.put(reply);
        });
        const auto c = client_for(server);
        for (int i = 0; i < 3; ++i) {
            ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
            const answer a = ask(*c, on_, get(secure(server)));
            ASSERT_TRUE(a.outcome.has_value()) << a.outcome.error().message();
            EXPECT_EQ(a.attempts, 1U);
        }
        EXPECT_EQ(server.connections(), reply == five ? 1 : 3);
    }
    ERR_clear_error();
}

/// Cut at every byte of the wire's plain text: never less than all, and never a success.
TEST_F(sessions_test, ST03_answers_over_tls_that_end_early) {
    const server_identity identity(own_);
    const std::vector<std::string> wires{
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabcdefghi",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n3\r\nghi\r\n0\r\n\r\n",
    };
    std::atomic<std::size_t> wire{0}, cut{0};
    std::atomic<bool> notifies{false};
    raw_server server([&](int fd, int) {
        tls_peer peer(fd, identity);
        if (peer.take_head().empty()) return;
        peer.put(std::string_view(wires[wire]).substr(0, cut));
        if (notifies) peer.notify();
        ::shutdown(fd, SHUT_WR);
        hold(fd); // the rest of what comes is not answered with a reset
    });
    const auto c = client_for(server);
    int cases = 0;
    for (wire = 0; wire < wires.size(); ++wire)
        for (cut = 0; cut < wires[wire].size(); ++cut)
            for (const bool notify : {false, true}) {
                notifies = notify;
                const auto op = std::make_shared<test_operation>();
                op->limits.max_attempts = 1;
                const answer a = ask(*c, on_, get(secure(server)), op);
                ++cases;
                ASSERT_FALSE(a.outcome.has_value()) << wire << " cut at " << cut;
                EXPECT_EQ(a.outcome.error().code(), errc::network) << a.outcome.error().message();
                EXPECT_TRUE(a.outcome.error()->retryable);
            }
    std::printf("cut answers over TLS: %d\n", cases);
}

} // namespace

} // namespace blobstore::http::test
