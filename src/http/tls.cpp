// SPDX-License-Identifier: Apache-2.0
// SSL_CTX with verification always on, and the memory BIO under tls_channel.
#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <new>
#include <unistd.h>

namespace blobstore::http {

namespace {

constexpr std::size_t receive_room = 128 * 1024;
constexpr std::size_t send_batch = 180 * 1024;
constexpr std::size_t record_room = 17 * 1024; // a record may start when the batch is nearly full
constexpr std::size_t record_size = 16 * 1024;

constexpr std::array<const char*, 6> known_files{
    "/etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu, Gentoo, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",                            // openSUSE
    "/etc/pki/tls/cacert.pem",                           // OpenELEC
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // CentOS, RHEL 7
    "/etc/ssl/cert.pem",                                 // Alpine
};
constexpr std::array<const char*, 2> known_folders{"/etc/ssl/certs", "/etc/pki/tls/certs"};

struct context_free {
    void operator()(SSL_CTX* c) const noexcept { SSL_CTX_free(c); }
};

using context_ptr = std::unique_ptr<SSL_CTX, context_free>;

result<context_ptr> empty_context() {
    ERR_clear_error();
    context_ptr made(SSL_CTX_new(TLS_client_method()));
    if (!made) return error::no_memory();
    SSL_CTX* c = made.get();
    if (SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) != 1)
        return error(errc::tls, "TLS 1.2 is not available in this OpenSSL");
    SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_clear_options(c, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, nullptr);
    return made;
}

bool readable(const char* path) {
    return path != nullptr && ::access(path, R_OK) == 0;
}

/// Tries the places in the order of the table; the first that exists and loads is it.
bool load_system(SSL_CTX* c) {
    const char* compiled = X509_get_default_cert_file();
    if (readable(compiled) && SSL_CTX_load_verify_file(c, compiled) == 1) return true;
    for (const char* file : known_files)
        if (readable(file) && SSL_CTX_load_verify_file(c, file) == 1) return true;
    const char* folder = X509_get_default_cert_dir();
    if (readable(folder) && SSL_CTX_load_verify_dir(c, folder) == 1) return true;
    return std::any_of(known_folders.begin(), known_folders.end(), [&](const char* f) {
        return readable(f) && SSL_CTX_load_verify_dir(c, f) == 1;
    });
}

} // namespace

result<std::shared_ptr<trust>> trust::make(const std::string& ca_file) {
    std::shared_ptr<trust> made(new trust);
    if (ca_file.empty()) return made;
    result<context_ptr> c = empty_context();
    if (!c) return c.error();
    if (SSL_CTX_load_verify_file(c->get(), ca_file.c_str()) != 1) {
        ERR_clear_error();
        error e(errc::config, "ca_file \"" + ca_file + "\" cannot be read as PEM certificates");
        e->hint = "name a file of PEM certificates, or leave ca_file out to trust the system's";
        return e;
    }
    made->context_ = c->release();
    return made;
}

trust::~trust() {
    SSL_CTX_free(context_);
}

result<SSL_CTX*> trust::context() {
    std::lock_guard lock(mutex_);
    if (context_) return context_;
    result<context_ptr> c = empty_context();
    if (!c) return c.error();
    if (!load_system(c->get())) {
        ERR_clear_error();
        error e(errc::tls, "this system's trusted certificates were not found");
        e->hint = "install the package ca-certificates or set ca_file";
        return e;
    }
    ERR_clear_error();
    context_ = c->release();
    return context_;
}

struct bio_methods {
    static long control(BIO*, int command, long, void*) {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    static BIO_METHOD* get() {
        static BIO_METHOD* const made = [] {
            BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "buffers");
            if (!m) return m;
            BIO_meth_set_read(m, &tls_channel::on_read);
            BIO_meth_set_write(m, &tls_channel::on_write);
            BIO_meth_set_ctrl(m, &bio_methods::control);
            return m;
        }();
        return made;
    }
};

tls_channel::tls_channel(SSL_CTX* context, const std::string& host)
    : ssl_(SSL_new(context))
    , input_(new char[receive_room])
    , output_(new char[send_batch + record_room]) {
    BIO* bio = bio_methods::get() ? BIO_new(bio_methods::get()) : nullptr;
    if (!ssl_ || !bio) {
        BIO_free(bio);
        SSL_free(ssl_);
        throw std::bad_alloc();
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
    SSL_set_connect_state(ssl_);
    X509_VERIFY_PARAM* checks = SSL_get0_param(ssl_);
    std::array<unsigned char, 16> address{};
    const bool numeric = ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
                         ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
    int set = 1;
    if (numeric) {
        set = X509_VERIFY_PARAM_set1_ip_asc(checks, host.c_str());
    } else {
        X509_VERIFY_PARAM_set_hostflags(checks, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        set = X509_VERIFY_PARAM_set1_host(checks, host.data(), host.size());
        if (set == 1) set = static_cast<int>(SSL_set_tlsext_host_name(ssl_, host.c_str()));
    }
    if (set == 1 && !host.empty()) return;
    SSL_free(ssl_);
    throw std::bad_alloc();
}

tls_channel::~tls_channel() {
    SSL_free(ssl_);
}

tls_channel::step tls_channel::handshake() {
    ERR_clear_error();
    const int returned = SSL_do_handshake(ssl_);
    return {returned == 1 ? state::ok : verdict(returned), 0};
}

tls_channel::step tls_channel::decrypt(std::span<char> out) {
    ERR_clear_error(); // the error queue is per thread, not per SSL
    std::size_t got = 0;
    std::size_t n = 0;
    while (got < out.size()) {
        const int returned = SSL_read_ex(ssl_, out.data() + got, out.size() - got, &n);
        if (returned != 1) return {verdict(returned), got};
        got += n;
    }
    return {state::ok, got};
}

tls_channel::step tls_channel::encrypt(std::span<const char> in) {
    ERR_clear_error();
    std::size_t put = 0;
    std::size_t n = 0;
    while (put < in.size() && output_end_ < send_batch) {
        const std::size_t piece = std::min(in.size() - put, record_size);
        const int returned = SSL_write_ex(ssl_, in.data() + put, piece, &n);
        if (returned != 1) return {verdict(returned), put};
        put += n;
    }
    return {state::ok, put};
}

std::span<char> tls_channel::room() noexcept {
    input_begin_ = input_end_ = 0;
    return {input_.get(), receive_room};
}

void tls_channel::sent(std::size_t n) noexcept {
    output_begin_ += n;
    if (output_begin_ == output_end_) output_begin_ = output_end_ = 0;
}

bool tls_channel::batch_full() const noexcept {
    return output_end_ >= send_batch;
}

std::string tls_channel::reason() const {
    const long verified = SSL_get_verify_result(ssl_);
    if (verified != X509_V_OK) return X509_verify_cert_error_string(verified);
    const char* words = failure_ ? ERR_reason_error_string(failure_) : nullptr;
    return words ? words : std::string();
}

bool tls_channel::refused() const noexcept {
    return SSL_get_verify_result(ssl_) != X509_V_OK;
}

tls_channel::state tls_channel::verdict(int returned) {
    switch (SSL_get_error(ssl_, returned)) {
    case SSL_ERROR_WANT_READ:
        return state::need_input;
    case SSL_ERROR_WANT_WRITE:
        return state::need_output;
    case SSL_ERROR_ZERO_RETURN:
        return state::closed;
    default:
        failure_ = ERR_get_error();
        ERR_clear_error();
        return state::failed;
    }
}

int tls_channel::on_read(BIO* bio, char* out, int size) {
    auto& self = *static_cast<tls_channel*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const std::size_t n =
        std::min(static_cast<std::size_t>(size), self.input_end_ - self.input_begin_);
    if (n == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    std::memcpy(out, self.input_.get() + self.input_begin_, n);
    self.input_begin_ += n;
    return static_cast<int>(n);
}

int tls_channel::on_write(BIO* bio, const char* in, int size) {
    auto& self = *static_cast<tls_channel*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const std::size_t free = send_batch + record_room - self.output_end_;
    const std::size_t n = std::min(static_cast<std::size_t>(size), free);
    if (n == 0) {
        BIO_set_retry_write(bio);
        return -1;
    }
    std::memcpy(self.output_.get() + self.output_end_, in, n);
    self.output_end_ += n;
    return static_cast<int>(n);
}

} // namespace blobstore::http
