// SPDX-License-Identifier: Apache-2.0
// Which session is resumed, and for how long.
#include "http/sessions.h"

#include <openssl/ssl.h>

#include <algorithm>

namespace blobstore::http {

void session_free::operator()(SSL_SESSION* s) const noexcept {
    SSL_SESSION_free(s);
}

verified_session
session_cache::take(const std::string& peer, std::chrono::steady_clock::time_point now) {
    std::lock_guard lock(mutex_);
    std::erase_if(entries_, [now](const entry& e) { return now - e.kept.verified > lifetime; });
    const auto found = std::find_if(entries_.rbegin(), entries_.rend(), [&](const entry& e) {
        return e.peer == peer && SSL_SESSION_is_resumable(e.kept.session.get()) == 1;
    });
    if (found == entries_.rend()) return {};
    SSL_SESSION* const session = found->kept.session.get();
    const bool once = SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION;
    if (!once) {
        SSL_SESSION_up_ref(session);
        return {session_ptr(session), found->kept.verified};
    }
    verified_session taken = std::move(found->kept);
    entries_.erase(std::next(found).base());
    return taken;
}

void session_cache::put(const std::string& peer, verified_session kept) {
    std::lock_guard lock(mutex_);
    const auto of_peer = [&](const entry& e) { return e.peer == peer; };
    const auto count = std::count_if(entries_.begin(), entries_.end(), of_peer);
    if (static_cast<std::size_t>(count) >= most_of_one_peer)
        entries_.erase(std::find_if(entries_.begin(), entries_.end(), of_peer));
    else if (entries_.size() >= most)
        entries_.pop_front();
    entries_.push_back({peer, std::move(kept)});
}

void session_cache::forget(const std::string& peer) {
    std::lock_guard lock(mutex_);
    std::erase_if(entries_, [&](const entry& e) { return e.peer == peer; });
}

std::size_t session_cache::size() const {
    std::lock_guard lock(mutex_);
    return entries_.size();
}

namespace {

/// 0: the reference that it is called with stays OpenSSL's.
int on_session(SSL* ssl, SSL_SESSION* session) {
    const auto* owner = static_cast<const session_owner*>(SSL_get_app_data(ssl));
    if (!owner || !owner->cache) return 0;
    try {
        SSL_SESSION_up_ref(session);
        const auto verified = SSL_session_reused(ssl) == 1 ? owner->verified : owner->began;
        owner->cache->put(owner->peer, {session_ptr(session), verified});
    } catch (...) { // out of memory: one session less to resume
    }
    return 0;
}

} // namespace

void collect_sessions(SSL_CTX* context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, on_session);
}

} // namespace blobstore::http
