// SPDX-License-Identifier: Apache-2.0
// TLS without a socket: what to trust, and an SSL* between two byte buffers that can move between
// threads.
#pragma once

#include "base/error.h"

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;
using BIO = struct bio_st;

namespace blobstore::http {

/// The certificates a client trusts; loaded once. There is no way to trust none or all.
class trust {
public:
    /// A given file is read at once: errc::config where that fails. The system's are read when
    /// first needed.
    static result<std::shared_ptr<trust>> make(const std::string& ca_file);
    trust(const trust&) = delete;
    trust& operator=(const trust&) = delete;
    ~trust();

    /// Any thread. errc::tls where no certificate of the system can be found.
    result<SSL_CTX*> context();

private:
    trust() = default;

    std::mutex mutex_;
    SSL_CTX* context_ = nullptr;
};

/// One TLS connection's state. Feed it what arrives, send what is pending.
class tls_channel {
public:
    /// Checks the peer against `host`, a name or an address.
    tls_channel(SSL_CTX* context, const std::string& host);
    tls_channel(const tls_channel&) = delete;
    tls_channel& operator=(const tls_channel&) = delete;
    ~tls_channel();

    enum class state : std::uint8_t { ok, need_input, need_output, closed, failed };

    struct step {
        state what = state::ok;
        std::size_t bytes = 0;
    };

    step handshake();

    /// As many records as are here; `closed` is the peer's close_notify.
    step decrypt(std::span<char> out);

    /// Until the batch is full.
    step encrypt(std::span<const char> in);

    /// Where to put what arrives; only when decrypt() or handshake() needed input.
    std::span<char> room() noexcept;

    void received(std::size_t n) noexcept { input_end_ = n; }

    /// What must be sent.
    std::span<const char> pending() const noexcept {
        return {output_.get() + output_begin_, output_end_ - output_begin_};
    }

    void sent(std::size_t n) noexcept;

    bool batch_full() const noexcept;

    /// Why the last step failed: the verification's reason or OpenSSL's; may be empty.
    std::string reason() const;

    /// The peer's certificate was refused: trying again does not help.
    bool refused() const noexcept;

private:
    state verdict(int returned);
    static int on_read(BIO* bio, char* out, int size);
    static int on_write(BIO* bio, const char* in, int size);

    friend struct bio_methods;

    SSL* ssl_;
    std::unique_ptr<char[]> input_, output_;
    std::size_t input_begin_ = 0, input_end_ = 0, output_begin_ = 0, output_end_ = 0;
    unsigned long failure_ = 0;
};

} // namespace blobstore::http
