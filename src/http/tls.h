// SPDX-License-Identifier: Apache-2.0
// TLS without a socket: an SSL* between two byte buffers that can move between threads.
#pragma once

#include "base/aligned.h"
#include "http/trust.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

using BIO = struct bio_st;

namespace blobstore::http {

/// One TLS connection's state. Feed it what arrives, send what is pending.
class tls_channel {
public:
    /// Checks the peer against `host`, a name or an address; resumes a session where the cache,
    /// which outlives this, has one. `context` is a trust's.
    tls_channel(
        SSL_CTX* context,
        session_cache& sessions,
        const std::string& host,
        std::uint16_t port,
        std::chrono::steady_clock::time_point now
    );
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

    /// Nothing of a record is here that decrypt() could not take yet.
    bool between_records() const noexcept;

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

    /// Why the last step failed.
    struct cause {
        std::string reason;   ///< the verification's or OpenSSL's; may be empty
        std::string hint;     ///< may be empty
        bool lasting = false; ///< trying again does not help
    };

    cause why() const;

private:
    void resume();
    state verdict(int returned);
    static int on_read(BIO* bio, char* out, int size);
    static int on_write(BIO* bio, const char* in, int size);

    friend struct bio_methods;

    session_owner owner_; ///< what the SSL's app data points to
    SSL* ssl_;
    aligned_bytes input_, output_;
    std::size_t input_begin_ = 0, input_end_ = 0, output_begin_ = 0, output_end_ = 0;
    unsigned long failure_ = 0;
};

} // namespace blobstore::http
