// SPDX-License-Identifier: Apache-2.0
// Several sockets connect at once; one epoll descriptor tells of them all, so that the operation
// still has one wait.
#include "http/race.h"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <algorithm>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace blobstore::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr milliseconds stagger{250}; // RFC 8305, section 5
constexpr std::chrono::seconds dead_for{60};
constexpr std::size_t most_dead = 256;

error_code system_error(int code) {
    return error_code(code, boost::system::system_category());
}

/// This process lacks something: that tells nothing of the address.
bool is_own_lack(const error_code& why) {
    using namespace boost::system::errc;
    return why == too_many_files_open || why == too_many_files_open_in_system ||
           why == not_enough_memory || why == no_buffer_space;
}

/// Sockets that are connecting. Closes what is left of them.
class field {
public:
    field()
        : set_(::epoll_create1(EPOLL_CLOEXEC)) {}

    field(const field&) = delete;
    field& operator=(const field&) = delete;

    ~field() {
        for (const connected& each : running_)
            ::close(each.descriptor);
        if (set_ >= 0) ::close(set_);
    }

    bool good() const { return set_ >= 0; }

    bool empty() const { return running_.empty(); }

    int descriptor() const { return set_; }

    error_code start(const endpoint& to);

    /// Takes those out that have ended: the winner, or the reason of the last that failed.
    connected collect(error_code& failed, reachability& known, steady::time_point now);

    void all_failed(reachability& known, steady::time_point now) {
        for (const connected& each : running_)
            known.failed(each.to, now);
    }

private:
    const int set_;
    std::vector<connected> running_;
};

error_code field::start(const endpoint& to) {
    const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    const int made = ::socket(to.protocol().family(), type, IPPROTO_TCP);
    if (made < 0) return system_error(errno);
    running_.push_back({made, to});
    const int on = 1;
    ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // best effort
    epoll_event want{};
    want.events = EPOLLOUT;
    want.data.fd = made;
    const bool waits = (::connect(made, to.data(), static_cast<socklen_t>(to.size())) == 0 ||
                        errno == EINPROGRESS) &&
                       ::epoll_ctl(set_, EPOLL_CTL_ADD, made, &want) == 0;
    if (waits) return {};
    const int why = errno;
    ::close(made);
    running_.pop_back();
    return system_error(why);
}

connected field::collect(error_code& failed, reachability& known, steady::time_point now) {
    std::array<epoll_event, 16> events;
    const int n = ::epoll_wait(set_, events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < n; ++i) {
        const auto at = std::find_if(running_.begin(), running_.end(), [&](const connected& c) {
            return c.descriptor == events[static_cast<std::size_t>(i)].data.fd;
        });
        const connected ended = *at;
        int why = 0;
        socklen_t size = sizeof why;
        ::getsockopt(ended.descriptor, SOL_SOCKET, SO_ERROR, &why, &size);
        running_.erase(at);
        ::epoll_ctl(set_, EPOLL_CTL_DEL, ended.descriptor, nullptr);
        if (why == 0) return ended;
        ::close(ended.descriptor);
        known.failed(ended.to, now);
        failed = system_error(why);
    }
    return {};
}

using watcher =
    asio::posix::basic_stream_descriptor<asio::io_context::executor_type>; // of the epoll set

void interrupt(void* self) {
    error_code ignored;
    static_cast<watcher*>(self)->cancel(ignored);
}

/// The set stays the field's.
struct borrowed_watcher {
    borrowed_watcher(asio::io_context& io, int descriptor)
        : seen(io, descriptor) {}

    borrowed_watcher(const borrowed_watcher&) = delete;
    borrowed_watcher& operator=(const borrowed_watcher&) = delete;

    ~borrowed_watcher() { seen.release(); }

    watcher seen;
};

} // namespace

std::vector<endpoint>
reachability::order(std::vector<endpoint> addresses, steady::time_point now) const {
    std::vector<endpoint> first, second, last;
    const std::lock_guard lock(mutex_);
    for (const endpoint& each : addresses) {
        const bool is_dead = std::any_of(dead_.begin(), dead_.end(), [&](const dead& d) {
            return d.at == each && now < d.until;
        });
        const bool like_first = each.protocol() == addresses.front().protocol();
        (is_dead ? last : like_first ? first : second).push_back(each);
    }
    std::vector<endpoint> ordered;
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
        if (i < first.size()) ordered.push_back(first[i]);
        if (i < second.size()) ordered.push_back(second[i]);
    }
    ordered.insert(ordered.end(), last.begin(), last.end());
    return ordered;
}

void reachability::failed(const endpoint& at, steady::time_point now) {
    const std::lock_guard lock(mutex_);
    std::erase_if(dead_, [&](const dead& d) { return d.at == at || now >= d.until; });
    if (dead_.size() < most_dead) dead_.push_back({at, now + dead_for});
}

void reachability::worked(const endpoint& at) noexcept {
    const std::lock_guard lock(mutex_);
    std::erase_if(dead_, [&](const dead& d) { return d.at == at; });
}

task<race_outcome>
race(operation& op, std::span<const endpoint> addresses, milliseconds limit, reachability& known) {
    field sockets;
    race_outcome outcome{{errc::ok, asio::error::host_unreachable, 0}, {}};
    outcome.how.ec = sockets.good() ? outcome.how.ec : system_error(errno);
    if (!sockets.good()) co_return outcome;
    borrowed_watcher set(op.home().io(), sockets.descriptor());
    std::size_t next = 0;
    for (;;) {
        while (next < addresses.size()) {
            const bool last = next + 1 == addresses.size();
            op.arm(last ? limit : milliseconds(0), errc::timeout); // the last one's time is all's
            op.interrupt_after(last ? milliseconds(0) : stagger);
            const error_code refused = sockets.start(addresses[next++]);
            if (!refused) break;
            if (!is_own_lack(refused)) known.failed(addresses[next - 1], op.now());
            outcome.how.ec = refused;
        }
        if (sockets.empty()) break;
        auto start = [&set](io_handler h) { set.seen.async_wait(watcher::wait_read, h); };
        const io_result woken = co_await io_wait{op, &interrupt, &set.seen, start};
        op.interrupt_after(milliseconds(0));
        outcome.winner = sockets.collect(outcome.how.ec, known, op.now());
        if (outcome.winner.descriptor >= 0) {
            known.worked(outcome.winner.to);
            outcome.how = {};
            co_return outcome;
        }
        if (woken.stopped == errc::ok) continue;
        if (woken.stopped != errc::cancelled) sockets.all_failed(known, op.now());
        outcome.how = woken;
        break;
    }
    co_return outcome;
}

} // namespace blobstore::http
