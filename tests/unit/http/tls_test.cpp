// SPDX-License-Identifier: Apache-2.0
// TLS: who is trusted and who is not, names and addresses, large bodies, moving, the end of a body.
#include "tls_server.h"

#include <gtest/gtest.h>

namespace blobstore::http::test {

namespace {

constexpr const char* ok_five = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

void serve_five(int fd, const server_identity& identity) {
    tls_peer peer(fd, identity);
    if (!peer.good) return;
    while (!peer.take_head().empty())
        peer.put(ok_five);
}

/// A client that finds names at the server's port.
std::shared_ptr<client> client_for(const raw_server& server, const std::string& ca_file) {
    client_options options;
    options.ca_file = ca_file;
    for (const char* name : {"good.test", "a.wild.test", "a.b.wild.test", "other.test"})
        options.resolve.push_back(
            std::string(name) + ":443:127.0.0.1:" + std::to_string(server.port())
        );
    return open_client(options);
}

origin secure(const raw_server& server) {
    return {true, "127.0.0.1", server.port()};
}

origin named(const char* name) {
    return {true, name, 443};
}

TEST(http_tls, names_and_addresses) {
    const test_ca ca;
    certificate own;
    make_certificate(own, "DNS:good.test,DNS:*.wild.test,IP:127.0.0.1", &ca.ca);
    const server_identity identity(own);
    std::mutex mutex;
    std::vector<std::string> asked;
    raw_server server([&](int fd, int) {
        tls_peer peer(fd, identity);
        if (!peer.good) return;
        {
            std::lock_guard lock(mutex);
            asked.push_back(peer.server_name() + (peer.version() >= TLS1_2_VERSION ? "" : " old"));
        }
        while (!peer.take_head().empty())
            peer.put(ok_five);
    });
    context on; // outlives the client
    const auto c = client_for(server, ca.path());
    for (const origin& to : {secure(server), named("good.test"), named("a.wild.test")}) {
        const answer a = ask(*c, on, get(to));
        ASSERT_TRUE(a.outcome.has_value()) << to.host << ": " << a.outcome.error().message();
        EXPECT_EQ(a.body, "hello");
        EXPECT_EQ(ask(*c, on, get(to)).body, "hello"); // kept alive
    }
    EXPECT_EQ(server.connections(), 3);
    {
        std::lock_guard lock(mutex);
        EXPECT_EQ(asked, (std::vector<std::string>{"", "good.test", "a.wild.test"}));
    }
    for (const origin& to : {named("other.test"), named("a.b.wild.test")}) {
        const answer a = ask(*c, on, get(to));
        ASSERT_FALSE(a.outcome.has_value()) << to.host;
        EXPECT_EQ(a.outcome.error().code(), errc::tls);
        EXPECT_NE(a.outcome.error().message().find("ostname mismatch"), std::string::npos)
            << a.outcome.error().message();
        EXPECT_NE(a.outcome.error().message().find(to.host), std::string::npos);
        EXPECT_EQ(a.attempts, 1U); // a refused certificate is not asked again
    }
}

TEST(http_tls, certificates_that_are_refused) {
    const test_ca ca;
    const test_ca unknown;

    struct refused {
        const char* name;
        const test_ca* by;
        const certificate* issuer;
        long from, until;
        const char *words, *hint;
    };

    const std::vector<refused> cases = {
        {"unknown authority",
         &unknown,
         &ca.ca,
         -3600,
         86400,
         "unable to get local issuer",
         "ca_file"},
        {"the system's trust",
         nullptr,
         &ca.ca,
         -3600,
         86400,
         "unable to get local issuer",
         "ca_file"},
        {"self-signed", &ca, nullptr, -3600, 86400, "self-signed", "ca_file"},
        {"expired", &ca, &ca.ca, -7200, -3600, "expired", "renewed"},
        {"not yet valid", &ca, &ca.ca, 3600, 86400, "not yet valid", "clock"},
    };
    for (const refused& r : cases) {
        certificate own;
        make_certificate(own, "IP:127.0.0.1", r.issuer, r.from, r.until);
        const server_identity identity(own);
        raw_server server([&](int fd, int) { serve_five(fd, identity); });
        context on; // outlives the client
        const auto c = client_for(server, r.by ? r.by->path() : "");
        const answer a = ask(*c, on, get(secure(server)));
        ASSERT_FALSE(a.outcome.has_value()) << r.name;
        EXPECT_EQ(a.outcome.error().code(), errc::tls) << r.name;
        EXPECT_NE(a.outcome.error().message().find(r.words), std::string::npos)
            << a.outcome.error().message();
        EXPECT_NE(a.outcome.error()->hint.find(r.hint), std::string::npos) << r.name;
        EXPECT_EQ(a.attempts, 1U);
    }
}

TEST(http_tls, old_protocols_and_plain_servers_are_refused) {
    const test_ca ca;
    certificate own;
    make_certificate(own, "IP:127.0.0.1", &ca.ca);
    const server_identity identity(own);
    SSL_CTX_set_security_level(identity.context(), 0);
    SSL_CTX_set_min_proto_version(identity.context(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(identity.context(), TLS1_1_VERSION);
    raw_server old([&](int fd, int) { serve_five(fd, identity); });
    raw_server plain([&](int fd, int) {
        put(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
        hold(fd);
    });
    raw_server closing([](int, int) {});
    context on;
    for (const raw_server* server : {&old, &plain, &closing}) {
        const auto op = std::make_shared<test_operation>();
        op->limits.max_attempts = 1;
        const answer a = ask(*client_for(*server, ca.path()), on, get(secure(*server)), op);
        ASSERT_FALSE(a.outcome.has_value());
        const errc code = a.outcome.error().code();
        EXPECT_EQ(code, server == &closing ? errc::network : errc::tls)
            << a.outcome.error().message();
        EXPECT_EQ(a.outcome.error()->retryable, server == &closing);
        EXPECT_EQ(a.outcome.error()->hint.empty(), server == &closing);
    }
}

/// RT-14: what broke off may pass, what was refused will not.
TEST(http_tls, RT14_a_handshake_that_is_cut_is_tried_again) {
    const test_ca ca;
    certificate own;
    make_certificate(own, "IP:127.0.0.1", &ca.ca);
    const server_identity identity(own);
    for (const std::size_t sent : {0, 3, 40}) {
        raw_server server([&](int fd, int number) {
            if (number > 0) return serve_five(fd, identity);
            std::array<char, 4096> hello;
            ::recv(fd, hello.data(), hello.size(), 0);
            std::string beginning("\x16\x03\x03\x02\x00", 5); // a record of 512 bytes
            beginning.resize(40);
            put(fd, std::string_view(beginning).substr(0, sent));
        });
        context on;
        const answer a = ask(*client_for(server, ca.path()), on, get(secure(server)));
        EXPECT_EQ(a.body, "hello") << (a.outcome ? "" : a.outcome.error().message());
        EXPECT_EQ(a.attempts, 2U);
    }
}

TEST(http_tls, large_bodies_moves_and_new_keys) {
    const test_ca ca;
    certificate own;
    make_certificate(own, "IP:127.0.0.1", &ca.ca);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const server_identity identity(own);
        SSL_CTX_set_min_proto_version(identity.context(), version);
        SSL_CTX_set_max_proto_version(identity.context(), version);
        const std::size_t size = 3'000'001;
        raw_server server([&](int fd, int) {
            tls_peer peer(fd, identity);
            while (!peer.take_head().empty()) {
                const std::string body = peer.take(size);
                if (version == TLS1_3_VERSION) peer.new_keys();
                peer.put("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
                peer.put(body);
            }
        });
        std::array<context, 2> contexts; // outlive the client
        const auto c = client_for(server, ca.path());
        std::string body(size, '\0');
        for (std::size_t i = 0; i < size; ++i)
            body[i] = static_cast<char>(i * 11 + i / 255);
        for (int i = 0; i < 6; ++i) {
            const answer a =
                ask(*c, contexts[static_cast<std::size_t>(i) % 2], put_of(secure(server), body));
            ASSERT_TRUE(a.outcome.has_value()) << a.outcome.error().message();
            EXPECT_TRUE(a.body == body);
        }
        EXPECT_EQ(server.connections(), 1);
    }
}

TEST(http_tls, body_without_length_needs_a_proper_end) {
    const test_ca ca;
    certificate own;
    make_certificate(own, "IP:127.0.0.1", &ca.ca);
    const server_identity identity(own);
    for (const bool notifies : {true, false}) {
        raw_server server([&](int fd, int) {
            tls_peer peer(fd, identity);
            peer.take_head();
            peer.put("HTTP/1.1 200 OK\r\n\r\nhello");
            if (notifies) peer.notify();
        });
        context on;
        const answer a = ask(*client_for(server, ca.path()), on, get(secure(server)));
        EXPECT_EQ(a.body, notifies ? "hello" : "");
        EXPECT_EQ(
            a.outcome ? errc::ok : a.outcome.error().code(), notifies ? errc::ok : errc::network
        );
    }
}

TEST(http_tls, S3_15_early_refusal_during_an_upload_is_read) {
    const test_ca ca;
    certificate own;
    make_certificate(own, "IP:127.0.0.1", &ca.ca);
    const server_identity identity(own);
    raw_server server([&](int fd, int) {
        tls_peer peer(fd, identity);
        peer.take_head();
        peer.put("HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\ndenied");
        peer.notify();
        std::array<char, 65536> away;
        for (int i = 0; i < 30 && ::recv(fd, away.data(), away.size(), 0) > 0; ++i) {
        }
    });
    context on;
    const std::string body(64'000'000, 'x');
    const answer a = ask(*client_for(server, ca.path()), on, put_of(secure(server), body));
    ASSERT_FALSE(a.outcome.has_value());
    EXPECT_EQ(a.outcome.error().message(), "status 403 denied");
    EXPECT_LT(a.seconds, 20); // no wait for a broken connection to become writable
}

// S3-15: the reset finds the client in the middle of a record.
TEST(http_tls, S3_15_early_refusal_before_a_reset_is_read) {
    const test_ca ca;
    certificate own;
    make_certificate(own, "IP:127.0.0.1", &ca.ca);
    const server_identity identity(own);
    raw_server server([&](int fd, int) {
        tls_peer peer(fd, identity);
        peer.take_head();
        std::this_thread::sleep_for(milliseconds(300)); // the client's buffers are full
        peer.put("HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\ndenied");
    });
    context on;
    const std::string body(64'000'000, 'x');
    const answer a = ask(*client_for(server, ca.path()), on, put_of(secure(server), body));
    ASSERT_FALSE(a.outcome.has_value());
    EXPECT_EQ(a.outcome.error().message(), "status 403 denied");
}

} // namespace

} // namespace blobstore::http::test
