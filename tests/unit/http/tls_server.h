// SPDX-License-Identifier: Apache-2.0
// Certificates made in the test, and the server's side of TLS over a raw_server's socket.
#pragma once

#include "raw_server.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <netinet/tcp.h>
#include <string>

namespace blobstore::http::test {

struct certificate {
    X509* cert = nullptr;
    EVP_PKEY* key = nullptr;

    certificate() = default;
    certificate(const certificate&) = delete;
    certificate& operator=(const certificate&) = delete;

    ~certificate() {
        X509_free(cert);
        EVP_PKEY_free(key);
    }
};

inline void add_extension(X509* cert, int nid, const char* value) {
    X509_EXTENSION* e = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
    X509_add_ext(cert, e, -1);
    X509_EXTENSION_free(e);
}

/// Signed by `issuer`, by itself where that is null. `names` as in subjectAltName; a CA where
/// empty.
inline void make_certificate(
    certificate& out,
    const std::string& names,
    const certificate* issuer,
    long from = -3600,
    long until = 86400,
    unsigned rsa_bits = 0 // P-256 instead
) {
    out.key = rsa_bits != 0 ? EVP_RSA_gen(rsa_bits) : EVP_EC_gen("P-256");
    out.cert = X509_new();
    X509_set_version(out.cert, 2);
    static std::atomic<long> serial{1};
    const long number = serial++;
    ASN1_INTEGER_set(X509_get_serialNumber(out.cert), number);
    X509_gmtime_adj(X509_getm_notBefore(out.cert), from);
    X509_gmtime_adj(X509_getm_notAfter(out.cert), until);
    X509_set_pubkey(out.cert, out.key);
    const std::string common =
        (names.empty() ? "test CA " : "test server ") + std::to_string(number);
    const auto* const bytes = reinterpret_cast<const unsigned char*>(common.c_str());
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(out.cert), "CN", MBSTRING_ASC, bytes, -1, -1, 0
    );
    X509_set_issuer_name(out.cert, X509_get_subject_name(issuer ? issuer->cert : out.cert));
    if (names.empty()) add_extension(out.cert, NID_basic_constraints, "critical,CA:TRUE");
    if (!names.empty()) add_extension(out.cert, NID_subject_alt_name, names.c_str());
    X509_sign(out.cert, issuer ? issuer->key : out.key, EVP_sha256());
}

inline std::string text_of(BIO* memory) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(memory);
    return text;
}

inline std::string pem_of(const certificate& c) {
    BIO* const memory = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(memory, c.cert);
    return text_of(memory);
}

/// Encrypted where there is a password.
inline std::string key_pem_of(const certificate& c, const char* password = nullptr) {
    BIO* const memory = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(
        memory,
        c.key,
        password ? EVP_aes_128_cbc() : nullptr,
        password,
        password ? static_cast<int>(std::strlen(password)) : 0,
        nullptr,
        nullptr
    );
    return text_of(memory);
}

/// A test CA in a temporary PEM file.
class test_ca {
public:
    test_ca() {
        make_certificate(ca, "", nullptr);
        path_ = "/tmp/blobstore-http-test-ca-XXXXXX";
        const int fd = ::mkstemp(path_.data());
        FILE* const file = ::fdopen(fd, "w");
        PEM_write_X509(file, ca.cert);
        std::fclose(file);
    }

    test_ca(const test_ca&) = delete;
    test_ca& operator=(const test_ca&) = delete;

    ~test_ca() { ::unlink(path_.c_str()); }

    const std::string& path() const { return path_; }

    certificate ca;

private:
    std::string path_;
};

/// What a server's TLS context has to show.
class server_identity {
public:
    explicit server_identity(const certificate& c)
        : context_(SSL_CTX_new(TLS_server_method())) {
        SSL_CTX_use_certificate(context_, c.cert);
        SSL_CTX_use_PrivateKey(context_, c.key);
        static constexpr unsigned char name[] = "test";
        SSL_CTX_set_session_id_context(context_, name, sizeof name - 1);
    }

    void speak_only(int version) const {
        SSL_CTX_set_min_proto_version(context_, version);
        SSL_CTX_set_max_proto_version(context_, version);
    }

    /// Clients must show a certificate of this authority.
    void demand_certificates_of(const certificate& authority) const {
        SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), authority.cert);
    }

    server_identity(const server_identity&) = delete;
    server_identity& operator=(const server_identity&) = delete;

    ~server_identity() { SSL_CTX_free(context_); }

    SSL_CTX* context() const { return context_; }

private:
    SSL_CTX* context_;
};

/// One accepted connection; `good` once the handshake is done.
class tls_peer {
public:
    tls_peer(int fd, const server_identity& identity)
        : ssl_(SSL_new(identity.context())) {
        const int on = 1; // what was put is there, not kept back until the last piece is confirmed
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        SSL_set_fd(ssl_, fd);
        SSL_set_msg_callback(ssl_, &tls_peer::on_message);
        SSL_set_msg_callback_arg(ssl_, this);
        good = SSL_accept(ssl_) == 1;
        ERR_clear_error();
    }

    tls_peer(const tls_peer&) = delete;
    tls_peer& operator=(const tls_peer&) = delete;

    ~tls_peer() { SSL_free(ssl_); }

    std::string take(std::size_t size) {
        std::string out(size, '\0');
        std::size_t got = 0;
        while (got < size) {
            const int n = SSL_read(
                ssl_, out.data() + got, static_cast<int>(std::min<std::size_t>(size - got, 65536))
            );
            if (n <= 0) return {};
            got += static_cast<std::size_t>(n);
        }
        return out;
    }

    std::string take_head() {
        std::string head;
        while (!head.ends_with("\r\n\r\n")) {
            const std::string byte = take(1);
            if (byte.empty()) return {};
            head += byte;
        }
        return head;
    }

    void put(std::string_view text) {
        while (!text.empty()) {
            const int n = SSL_write(
                ssl_, text.data(), static_cast<int>(std::min<std::size_t>(text.size(), 65536))
            );
            if (n <= 0) return;
            text.remove_prefix(static_cast<std::size_t>(n));
        }
    }

    void new_keys() { SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED); }

    /// Sends what new_keys(), SSL_new_session_ticket() and the like have prepared.
    void push() { SSL_do_handshake(ssl_); }

    void notify() { SSL_shutdown(ssl_); }

    bool resumed() const { return SSL_session_reused(ssl_) == 1; }

    SSL* native() const { return ssl_; }

    std::string server_name() const {
        const char* const name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
        return name ? name : "";
    }

    int version() const { return SSL_version(ssl_); }

    bool good = false;
    std::array<int, 256> messages{}; ///< handshake messages of the client, by type

private:
    static void
    on_message(int sent, int, int type, const void* bytes, std::size_t size, SSL*, void* self) {
        if (sent == 0 && type == SSL3_RT_HANDSHAKE && size > 0)
            ++static_cast<tls_peer*>(self)->messages[*static_cast<const unsigned char*>(bytes)];
    }

    SSL* ssl_;
};

} // namespace blobstore::http::test
