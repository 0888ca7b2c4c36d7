// SPDX-License-Identifier: Apache-2.0
// Four threads at most, so that one slow server of names does not hold up the others.
#include "http/lookups.h"

#include "async/runtime.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <netdb.h>

namespace blobstore::http {

namespace {

constexpr unsigned most_threads = 4;
constexpr std::size_t most_entries = 1024;

/// Whether the name itself is at fault, not the way to who knows.
bool is_final(int failed) {
    return failed == EAI_NONAME
#ifdef EAI_NODATA
           || failed == EAI_NODATA
#endif
        ;
}

} // namespace

lookup_answer system_lookup(const std::string& host, std::uint16_t port) {
    lookup_answer answer;
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    answer.failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
    if (answer.failed == EAI_SYSTEM) answer.os_error = errno;
    if (answer.failed != 0) return answer;
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    for (const addrinfo* a = found; a; a = a->ai_next) {
        endpoint e;
        if (a->ai_addrlen > e.capacity()) continue;
        e.resize(a->ai_addrlen);
        std::memcpy(e.data(), a->ai_addr, a->ai_addrlen);
        answer.addresses.push_back(e);
    }
    if (answer.addresses.empty()) answer.failed = EAI_NONAME;
    return answer;
}

lookups::entry&
lookups::entry_of(const std::string& host, std::uint16_t port, steady::time_point now) {
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const entry& e) {
        return e.port == port && same_name(e.host, host);
    });
    if (found != entries_.end()) return *found;
    if (entries_.size() >= most_entries)
        entries_.remove_if([&](const entry& e) { return !e.pending && now >= e.good_until; });
    return entries_.emplace_back(entry{host, port, {}, {}, {}, false, {}});
}

result<void> lookups::start(entry& e) {
    std::list<entry*> mine{&e};
    if (threads_ < most_threads) {
        ++threads_;
        result<void> started =
            start_thread("blobstore-dns", [self = shared_from_this()] { self->run(); });
        if (!started) --threads_;
        if (!started && threads_ == 0) return started;
    }
    work_.splice(work_.end(), mine);
    e.pending = true;
    return {};
}

task<result<lookup_answer>> lookups::find(operation& op, std::string host, std::uint16_t port) {
    wakeup told;
    entry* at = nullptr;
    {
        const std::lock_guard lock(mutex_);
        at = &entry_of(host, port, op.now());
        if (!at->pending && op.now() < at->good_until) co_return at->answer;
        at->waiting.push_back(told);
        result<void> started;
        if (!at->pending) started = start(*at);
        if (!started) at->waiting.pop_back();
        if (!started) co_return started.error();
    }
    const result<void> waited = co_await told.wait(op);
    if (!waited) co_return waited.error();
    const std::lock_guard lock(mutex_);
    co_return entry_of(host, port, op.now()).answer;
}

void lookups::keep(entry& e, lookup_answer answer, steady::time_point now) {
    const bool found = answer.failed == 0;
    if (!found && !is_final(answer.failed) && now < e.stale_until) {
        e.good_until = now + times_.failure; // the old answer goes on
        return;
    }
    e.answer = std::move(answer);
    if (!found) {
        e.good_until = now;
        if (e.answer.failed != EAI_MEMORY) e.good_until += times_.failure; // no fault of the name
        e.stale_until = {};
        return;
    }
    e.good_until = now + (e.answer.addresses.size() > 1 ? times_.several : times_.one);
    e.stale_until = e.good_until + times_.stale;
}

/// Without the lock while the system looks.
void lookups::look_up(entry& e, std::unique_lock<std::mutex>& lock) noexcept {
    lookup_answer answer;
    lock.unlock();
    try {
        answer = function_(e.host, e.port);
    } catch (...) {
        answer.failed = EAI_MEMORY;
    }
    lock.lock();
    keep(e, std::move(answer), steady::now());
    e.pending = false;
    std::vector<wakeup> told = std::move(e.waiting);
    e.waiting.clear();
    lock.unlock();
    for (const wakeup& each : told)
        each.set();
    told.clear();
    lock.lock();
}

void lookups::run() noexcept {
    std::unique_lock lock(mutex_);
    while (!work_.empty()) {
        entry& e = *work_.front();
        work_.pop_front();
        look_up(e, lock);
    }
    --threads_;
}

} // namespace blobstore::http
