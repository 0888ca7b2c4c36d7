// SPDX-License-Identifier: Apache-2.0
// TLS sessions that a later connection may resume, of one trust configuration.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;
using SSL_SESSION = struct ssl_session_st;

namespace blobstore::http {

struct session_free {
    void operator()(SSL_SESSION* s) const noexcept;
};

using session_ptr = std::unique_ptr<SSL_SESSION, session_free>;

/// The peer's certificate is not shown again when a session is resumed; this is when it was.
struct verified_session {
    session_ptr session; ///< may be null
    std::chrono::steady_clock::time_point verified;
};

/// Any thread. Bounded; the oldest go first.
class session_cache {
public:
    /// The newest for this peer, as "host:port"; none whose certificate was seen long ago. One of
    /// TLS 1.3 is given out once.
    verified_session take(const std::string& peer, std::chrono::steady_clock::time_point now);

    void put(const std::string& peer, verified_session kept);

    /// Resuming failed: the next connection starts afresh.
    void forget(const std::string& peer);

    std::size_t size() const;

    static constexpr std::size_t most = 512, most_of_one_peer = 16;
    static constexpr std::chrono::minutes lifetime{10}; ///< of a certificate's verification

private:
    struct entry {
        std::string peer;
        verified_session kept;
    };

    mutable std::mutex mutex_;
    std::deque<entry> entries_; ///< the oldest first
};

/// What one connection tells of itself when a session of it comes in; its SSL's app data.
struct session_owner {
    session_cache* cache = nullptr;
    std::string peer;
    std::chrono::steady_clock::time_point began;
    std::chrono::steady_clock::time_point verified; ///< of the session that it asks to resume
};

/// Makes the context hand each session to the session_owner of its connection.
void collect_sessions(SSL_CTX* context);

} // namespace blobstore::http
