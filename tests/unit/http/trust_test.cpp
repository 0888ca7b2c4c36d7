// SPDX-License-Identifier: Apache-2.0
// Whom a client trusts and who it says it is: files, folders, texts, the system, and what is wrong
// with them.
#include "http/settings.h"
#include "support/temp_folder.h"
#include "tls_server.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sys/stat.h>

namespace blobstore::http::test {

namespace {

using blobstore_tests::temp_folder;

constexpr const char* last_five =
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";

std::string write_file(const std::string& path, const std::string& text, mode_t mode = 0600) {
    std::ofstream(path, std::ios::binary) << text;
    ::chmod(path.c_str(), mode);
    return path;
}

/// One answer a connection.
struct five_server {
    explicit five_server(const server_identity& identity)
        : raw([&identity](int fd, int) {
            tls_peer peer(fd, identity);
            if (peer.good && !peer.take_head().empty()) peer.put(last_five);
            peer.notify();
        }) {}

    origin to() const { return {true, "127.0.0.1", raw.port()}; }

    raw_server raw;
};

/// A certificate of 127.0.0.1 and its authority, and an authority that nobody uses.
class trust_test : public testing::Test {
protected:
    trust_test() {
        make_certificate(own_, "IP:127.0.0.1", &ca_.ca);
        identity_.emplace(own_);
    }

    answer asked(const five_server& server, const client_options& options) {
        const auto c = client::open(options);
        if (!c) return {c.error(), 0, {}, 0, 0};
        return ask(**c, on_, get(server.to()));
    }

    context on_; // outlives the clients
    const test_ca ca_, other_;
    certificate own_;
    std::optional<server_identity> identity_;
    const temp_folder folder_;
};

TEST_F(trust_test, ST10_a_thousand_connections_load_the_authorities_once) {
    const five_server server(*identity_);
    client_options options;
    options.ca_file = write_file(folder_ / "ca.pem", pem_of(ca_.ca));
    const auto c = open_client(options);
    for (int i = 0; i < 1000; ++i) {
        const answer a = ask(*c, on_, get(server.to()));
        ASSERT_TRUE(a.outcome.has_value()) << i << ": " << a.outcome.error().message();
        if (i == 0) ::unlink(options.ca_file.c_str()); // it could not be loaded again
    }
    EXPECT_EQ(server.raw.connections(), 1000);
}

TEST_F(trust_test, ST10_nothing_is_loaded_before_the_first_tls_connection) {
    raw_server plain([](int fd, int) {
        head_of(fd);
        put(fd, last_five);
    });
    const five_server secure(*identity_);
    client_options options;
    options.ca_file = write_file(folder_ / "ca.pem", "not yet");
    const auto c = open_client(options);
    EXPECT_EQ(ask(*c, on_, get(plain.to())).body, "hello");
    EXPECT_EQ(ask(*c, on_, get(secure.to())).outcome.error().code(), errc::config);
    write_file(options.ca_file, pem_of(ca_.ca));
    EXPECT_EQ(ask(*c, on_, get(secure.to())).body, "hello");
}

TEST_F(trust_test, SE06_authorities_by_file_folder_text_and_place) {
    const five_server server(*identity_);
    for (const test_ca* by : {&ca_, &other_}) {
        const temp_folder full, linked, empty;
        write_file(full / "0.txt", "no certificate");
        write_file(full / "authority.crt", pem_of(by->ca));
        ASSERT_EQ(::symlink(by->path().c_str(), (linked / "1a2b3c4d.0").c_str()), 0);
        const std::vector<
            void (*)(client_options&, const test_ca&, const std::string&, const std::string&)>
            ways{
                [](auto& o, auto& ca, auto&, auto&) { o.ca_file = ca.path(); },
                [](auto& o, auto& ca, auto&, auto&) { o.ca_pem = "# comment\n" + pem_of(ca.ca); },
                [](auto& o, auto&, auto& files, auto&) { o.ca_dir = files; },
                [](auto& o, auto&, auto&, auto& links) { o.ca_dir = "/nowhere:" + links; },
                [](auto& o, auto& ca, auto&, auto&) {
                    o.system = {"/nowhere", ca.path()};
                },
                [](auto& o, auto&, auto& files, auto&) {
                    o.system = {"/nowhere.pem", files};
                },
            };
        for (std::size_t i = 0; i < ways.size(); ++i) {
            client_options options;
            options.system = {ca_.path()}; // named ones replace it
            ways[i](options, *by, full.path(), linked.path());
            const answer a = asked(server, options);
            EXPECT_EQ(
                a.outcome ? errc::ok : a.outcome.error().code(), by == &ca_ ? errc::ok : errc::tls
            ) << i
              << ": " << (a.outcome ? "" : a.outcome.error().message());
        }
    }
    client_options all; // file, folder and text count together
    all.ca_file = other_.path();
    all.ca_pem = pem_of(ca_.ca);
    EXPECT_EQ(asked(server, all).body, "hello");
}

TEST_F(trust_test, SE06_without_any_authority_it_fails_closed) {
    const five_server server(*identity_);
    client_options options;
    options.system = {"/nowhere/ca.pem", folder_.path()};
    const answer a = asked(server, options);
    ASSERT_FALSE(a.outcome.has_value());
    EXPECT_EQ(a.outcome.error().code(), errc::tls);
    for (const std::string& place : options.system)
        EXPECT_NE(a.outcome.error().message().find(place), std::string::npos) << place;
    EXPECT_NE(a.outcome.error()->hint.find("SSL_CERT_FILE"), std::string::npos);
    EXPECT_EQ(a.attempts, 1U);
    EXPECT_EQ(server.raw.connections(), 0);
    EXPECT_EQ(system_places().front(), X509_get_default_cert_file());
    EXPECT_EQ(system_places().size(), 10U);
}

TEST_F(trust_test, SE06_what_is_configured_wrongly_is_said) {
    const five_server server(*identity_);
    certificate weak;
    make_certificate(weak, "DNS:client", &ca_.ca, -3600, 86400, 1024);
    const std::string mine = pem_of(own_), key = key_pem_of(own_),
                      locked = key_pem_of(own_, "canary");
    const std::string open_key = write_file(folder_ / "open.key", key, 0644);
    const std::string junk = write_file(folder_ / "junk", "canary");
    std::string broken = mine;
    broken[broken.size() / 2] = '!'; // no base64

    struct wrong {
        std::string ca_file, ca_dir, ca_pem, cert, key, words;
    };

    const std::vector<wrong> cases{
        {"/nowhere/ca", "", "", "", "", "ca_file \"/nowhere/ca\" cannot be read: No such file"},
        {junk, "", "", "", "", "ca_file \"" + junk + "\" holds no PEM certificate"},
        {"/proc/self/mem", "", "", "", "", "ca_file \"/proc/self/mem\""},
        {mine, "", "", "", "", "ca_file is text"},
        {"",
         "/nowhere:/proc/self/fdinfo",
         "",
         "",
         "",
         "ca_dir \"/nowhere:/proc/self/fdinfo\" holds no"},
        {"", "", "canary", "", "", "ca_pem holds no PEM certificate"},
        {"", "", pem_of(ca_.ca) + broken, "", "", "ca_pem has a certificate that cannot be read"},
        {"", "", "", mine, "", "need each other"},
        {"", "", "", "", key, "need each other"},
        {"", "", "", "/nowhere/cert", key, "client_cert \"/nowhere/cert\" cannot be read: No such"},
        {"", "", "", junk, key, "client_cert \"" + junk + "\" holds no PEM certificate"},
        {"",
         "",
         "",
         pem_of(weak),
         key_pem_of(weak),
         "client_cert cannot be used: ee key too small"},
        {"", "", "", mine, "/nowhere/key", "client_key cannot be read: No such file"},
        {"", "", "", mine, junk, "holds no PEM private key"},
        {"", "", "", mine, "-----BEGIN canary", "client_key holds no PEM private key"},
        {"", "", "", mine, locked, "client_key is encrypted"},
        {"", "", "", mine, open_key, "the file of client_key is open to others"},
        {"", "", "", mine, key_pem_of(ca_.ca), "client_key and client_cert do not match"},
    };
    for (const wrong& w : cases) {
        client_options options;
        options.ca_file = w.ca_file;
        options.ca_dir = w.ca_dir;
        options.ca_pem = w.ca_pem;
        options.client_cert = w.cert;
        options.client_key = secret_string(w.key);
        options.system = {ca_.path()};
        const answer a = asked(server, options);
        ASSERT_FALSE(a.outcome.has_value()) << w.words;
        const error& e = a.outcome.error();
        EXPECT_EQ(e.code(), errc::config) << w.words;
        EXPECT_NE(e.message().find(w.words), std::string::npos) << w.words << " / " << e.message();
        EXPECT_FALSE(e->hint.empty()) << w.words;
        EXPECT_FALSE(e->retryable);
        EXPECT_LE(a.attempts, 1U);
        EXPECT_EQ((e.message() + e->hint).find("canary"), std::string::npos);
    }
    EXPECT_EQ(server.raw.connections(), 0); // nobody was asked
}

TEST_F(trust_test, SE06_client_certificates) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const server_identity strict(own_);
        strict.speak_only(version);
        strict.demand_certificates_of(ca_.ca);
        const five_server server(strict);
        certificate mine;
        make_certificate(mine, "DNS:client", &ca_.ca);
        client_options options;
        options.ca_file = ca_.path();
        EXPECT_EQ(asked(server, options).outcome.error().code(), errc::tls); // none
        options.client_cert = pem_of(mine);
        options.client_key = secret_string(key_pem_of(mine));
        EXPECT_EQ(asked(server, options).body, "hello");
        options.client_cert = write_file(folder_ / "both", pem_of(mine) + key_pem_of(mine));
        options.client_key = secret_string(options.client_cert);
        EXPECT_EQ(asked(server, options).body, "hello");
        ::chmod(options.client_cert.c_str(), 0640); // the group may read it
        EXPECT_EQ(asked(server, options).body, "hello");
    }
}

TEST_F(trust_test, ST09_only_tls_1_3_where_asked_for) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        identity_->speak_only(version);
        const five_server server(*identity_);
        client_options options;
        options.ca_file = ca_.path();
        EXPECT_EQ(asked(server, options).body, "hello");
        options.only_tls_1_3 = true;
        const answer a = asked(server, options);
        EXPECT_EQ(a.outcome.has_value(), version == TLS1_3_VERSION);
        if (a.outcome) continue;
        EXPECT_EQ(a.outcome.error().code(), errc::tls);
        EXPECT_NE(a.outcome.error()->hint.find("tls_min_version"), std::string::npos);
        EXPECT_EQ(a.attempts, 1U);
    }
}

TEST_F(trust_test, ST09_ST18_every_context_verifies_and_is_strict) {
    const std::string keys = folder_ / "keys";
    ::setenv("SSLKEYLOGFILE", keys.c_str(), 1);
    trust_options options;
    options.ca_file = ca_.path();
    const auto t = trust::make(options);
    ASSERT_TRUE(t.has_value());
    SSL_CTX* const c = (*t)->context().value();
    EXPECT_EQ(c, (*t)->context().value());
    EXPECT_EQ(SSL_CTX_get_verify_mode(c), SSL_VERIFY_PEER);
    EXPECT_EQ(SSL_CTX_get_verify_callback(c), nullptr);
    EXPECT_EQ(SSL_CTX_get_min_proto_version(c), TLS1_2_VERSION);
    EXPECT_EQ(SSL_CTX_get_max_proto_version(c), 0);
    EXPECT_GE(SSL_CTX_get_security_level(c), 2);
    EXPECT_EQ(SSL_CTX_get_options(c) & SSL_OP_IGNORE_UNEXPECTED_EOF, 0U);
    EXPECT_NE(SSL_CTX_get_options(c) & SSL_OP_NO_RENEGOTIATION, 0U);
    EXPECT_NE(SSL_CTX_get_options(c) & SSL_OP_NO_COMPRESSION, 0U);
    EXPECT_EQ(SSL_CTX_get_keylog_callback(c), nullptr);
    const five_server server(*identity_);
    client_options asking;
    asking.ca_file = ca_.path();
    EXPECT_EQ(asked(server, asking).body, "hello");
    EXPECT_NE(::access(keys.c_str(), F_OK), 0);
    ::unsetenv("SSLKEYLOGFILE");
}

TEST(trust_settings, SE06_order_of_variables_and_settings) {
    const std::map<std::string, std::string, std::less<>> variables{
        {"SSL_CERT_FILE", "/file"}, {"SSL_CERT_DIR", "/folder"}};
    settings_values values(settings_table());
    EXPECT_EQ(options_from(values).ca_file, "");
    ASSERT_TRUE(values
                    .load_environment([&](std::string_view name) -> std::optional<std::string> {
                        const auto found = variables.find(name);
                        if (found == variables.end()) return std::nullopt;
                        return found->second;
                    })
                    .has_value());
    EXPECT_EQ(options_from(values).ca_file, "/file");
    EXPECT_EQ(options_from(values).ca_dir, "/folder");
    ASSERT_TRUE(values.set("ca_pem", "pem", setting_origin::call).has_value());
    EXPECT_EQ(options_from(values).ca_pem, "pem");
    EXPECT_EQ(options_from(values).ca_file, ""); // a variable adds nothing to what a call names
    EXPECT_EQ(options_from(values).ca_dir, "");
    EXPECT_FALSE(options_from(values).only_tls_1_3);
    EXPECT_FALSE(values.set("tls_min_version", "1.1", setting_origin::call).has_value());
    ASSERT_TRUE(values.set("tls_min_version", "1.3", setting_origin::call).has_value());
    EXPECT_TRUE(options_from(values).only_tls_1_3);
}

} // namespace

} // namespace blobstore::http::test
