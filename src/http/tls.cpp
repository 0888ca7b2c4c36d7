// SPDX-License-Identifier: Apache-2.0
// The memory BIO under tls_channel, and what its failures mean.
#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <new>

namespace blobstore::http {

namespace {

constexpr std::size_t receive_room = 128 * 1024;
constexpr std::size_t send_batch = 180 * 1024;
constexpr std::size_t record_room = 17 * 1024; // a record may start when the batch is nearly full
constexpr std::size_t record_size = 16 * 1024;

// -------- what can be done about a failure --------

struct remedy {
    long code; ///< of a verification, or an OpenSSL reason of a handshake
    const char* hint;
};

constexpr const char* private_authority =
    "if the server's certificate is of a private authority, name it with ca_file; the server must "
    "send every certificate between its own and that authority's";
constexpr const char* other_name =
    "the certificate is for other names: use one of them in endpoint; if the bucket's name has a "
    "dot, set path_style=true";
constexpr const char* too_weak =
    "the server needs a new certificate: RSA of 2048 bits or P-256, SHA-256";
constexpr const char* too_old = "the server must offer TLS 1.2 or 1.3; see tls_min_version";
constexpr const char* no_tls = "the server does not speak TLS there: write http:// or another port";
constexpr const char* client_certificate =
    "the server asks for a client certificate that it trusts: see client_cert and client_key";

constexpr remedy of_verification[] = {
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, private_authority},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, private_authority},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, private_authority},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "name the certificate with ca_file if you trust it"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, private_authority},
    {X509_V_ERR_CERT_HAS_EXPIRED,
     "the server's certificate must be renewed, or this machine's clock is wrong"},
    {X509_V_ERR_CERT_NOT_YET_VALID,
     "this machine's clock is wrong, or the server's certificate is for later"},
    {X509_V_ERR_HOSTNAME_MISMATCH, other_name},
    {X509_V_ERR_IP_ADDRESS_MISMATCH,
     "the certificate is not for this address: use one of its names in endpoint"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, too_weak},
    {X509_V_ERR_CA_KEY_TOO_SMALL, too_weak},
    {X509_V_ERR_CA_MD_TOO_WEAK, too_weak},
};

/// Failures of a handshake that will be there the next time too; others may pass.
constexpr remedy of_handshake[] = {
    {SSL_R_UNSUPPORTED_PROTOCOL, too_old},
    {SSL_R_WRONG_SSL_VERSION, too_old},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, too_old},
    {SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY, too_old},
    {SSL_R_DH_KEY_TOO_SMALL, too_weak},
    {SSL_R_EE_KEY_TOO_SMALL, too_weak},
    {SSL_R_WRONG_VERSION_NUMBER, no_tls},
    {SSL_R_HTTP_REQUEST, no_tls},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
     "the server refused: it may ask for a client certificate (client_cert, client_key) or for "
     "other ciphers"},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, client_certificate},
    {SSL_R_SSLV3_ALERT_NO_CERTIFICATE, client_certificate},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, client_certificate},
    {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, client_certificate},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, client_certificate},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, client_certificate},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, client_certificate},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, client_certificate},
    {SSL_R_TLSV1_ALERT_ACCESS_DENIED, client_certificate},
    {SSL_R_TLSV1_UNRECOGNIZED_NAME, other_name},
};

const char* find(std::span<const remedy> in, long code) {
    const auto* const end = in.data() + in.size();
    const auto* const found =
        std::find_if(in.data(), end, [code](const remedy& r) { return r.code == code; });
    return found == end ? nullptr : found->hint;
}

} // namespace

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

tls_channel::tls_channel(
    SSL_CTX* context,
    session_cache& sessions,
    const std::string& host,
    std::uint16_t port,
    std::chrono::steady_clock::time_point now
)
    : owner_{&sessions, host + ":" + std::to_string(port), now, now}
    , ssl_(SSL_new(context))
    , input_(allocate_aligned(receive_room))
    , output_(allocate_aligned(send_batch + record_room)) {
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
        X509_VERIFY_PARAM_set_hostflags(
            checks, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT
        );
        set = X509_VERIFY_PARAM_set1_host(checks, host.data(), host.size());
        if (set == 1) set = static_cast<int>(SSL_set_tlsext_host_name(ssl_, host.c_str()));
    }
    if (set == 1 && !host.empty()) {
        SSL_set_app_data(ssl_, &owner_);
        resume();
        return;
    }
    SSL_free(ssl_);
    throw std::bad_alloc();
}

void tls_channel::resume() {
    const verified_session known = owner_.cache->take(owner_.peer, owner_.began);
    if (known.session && SSL_set_session(ssl_, known.session.get()) == 1)
        owner_.verified = known.verified;
}

tls_channel::~tls_channel() {
    SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN);       // else its session could not be resumed
    SSL_set_options(ssl_, SSL_OP_CLEANSE_PLAINTEXT); // an answer may have told our token back to us
    SSL_free(ssl_);
}

tls_channel::step tls_channel::handshake() {
    ERR_clear_error();
    const int returned = SSL_do_handshake(ssl_);
    const state what = returned == 1 ? state::ok : verdict(returned);
    if (what == state::failed) owner_.cache->forget(owner_.peer);
    return {what, 0};
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

bool tls_channel::between_records() const noexcept {
    return SSL_has_pending(ssl_) == 0;
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

tls_channel::cause tls_channel::why() const {
    cause c;
    const long verified = SSL_get_verify_result(ssl_);
    const int reason = ERR_GET_REASON(failure_);
    const bool refused = verified != X509_V_OK;
    const char* words =
        refused ? X509_verify_cert_error_string(verified) : ERR_reason_error_string(failure_);
    const char* hint = refused ? find(of_verification, verified) : find(of_handshake, reason);
    if (words) c.reason = words;
    if (hint) c.hint = hint;
    c.lasting = refused || hint;
    return c;
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
