// SPDX-License-Identifier: Apache-2.0
// Sockets under Asio: connecting, moving, and the two ways that bytes take.
#include "http/channel.h"

#include "http/race.h"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace blobstore::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t receive_cap = 256 * 1024;
constexpr int unacknowledged_ms = 30000; // then the kernel gives the connection up

void set_option(int descriptor, int level, int name, int value) noexcept {
    ::setsockopt(descriptor, level, name, &value, sizeof value); // best effort, all of them
}

/// What the kernel took, also where the operation was stopped before it heard of it: a request that
/// went out whole may be applied. The caller clears io_bytes before it waits.
std::size_t handed_over(const operation& op, const io_result& r) noexcept {
    if (r.stopped == errc::ok) return r.bytes;
    return op.io_error ? 0 : op.io_bytes;
}

std::string_view words(phase during) {
    switch (during) {
    case phase::connect:
        return "connecting to ";
    case phase::handshake:
        return "in the TLS handshake with ";
    case phase::send:
        return "sending the request to ";
    case phase::wait:
        return "waiting for the answer of ";
    case phase::read:
        break;
    }
    return "reading the answer of ";
}

} // namespace

channel::channel(const origin& to, counters& counts)
    : to_(to)
    , counts_(counts) {
}

channel::~channel() {
    if (loose_ >= 0) ::close(loose_);
}

int channel::descriptor() noexcept {
    return socket_ ? socket_->native_handle() : loose_;
}

void channel::interrupt(void* self) {
    auto& socket = static_cast<channel*>(self)->socket_;
    error_code ignored;
    if (socket) socket->cancel(ignored);
}

void channel::detach() noexcept {
    if (!home_) return;
    error_code failed;
    loose_ = socket_->release(failed);
    if (failed) loose_ = -1;
    socket_.reset();
    home_ = nullptr;
}

bool channel::adopt(context& home) noexcept {
    if (home_ == &home) return true;
    detach();
    if (loose_ < 0) return false;
    error_code failed;
    try {
        socket_.emplace(home.io());
        socket_->assign(address_.protocol(), loose_, failed);
    } catch (...) { // out of memory
        failed = boost::asio::error::no_memory;
    }
    if (failed) {
        socket_.reset();
        return false;
    }
    loose_ = -1;
    home_ = &home;
    return true;
}

bool channel::silent() noexcept {
    char byte = 0;
    if (tls_) { // what came may be a ticket or a key update, which say nothing
        const auto says_nothing = [&] {
            return tls_->decrypt({&byte, 1}).what == tls_channel::state::need_input &&
                   tls_->between_records();
        };
        if (!says_nothing()) return false;
        const std::span<char> room = tls_->room();
        const ssize_t n = ::recv(descriptor(), room.data(), room.size(), MSG_DONTWAIT);
        if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
        tls_->received(static_cast<std::size_t>(n));
        return n > 0 && says_nothing();
    }
    const ssize_t n = ::recv(descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

std::string channel::peer() const {
    const bool brackets = to_.host.find(':') != std::string::npos;
    return (brackets ? "[" + to_.host + "]" : to_.host) + ":" + std::to_string(to_.port);
}

error channel::stop_failure(operation& op, phase during) const {
    if (op.stop_code() == errc::cancelled) return error(errc::cancelled, "cancelled");
    const std::string doing = std::string(words(during)) + peer();
    if (op.stop_code() != errc::stalled) {
        error e(op.stop_code(), "timed out " + doing);
        e->retryable = !op.stopped();
        return e;
    }
    const std::string limit = std::to_string(op.limits.stall.count());
    error e(errc::stalled, "no byte moved for " + limit + " ms " + doing);
    e->retryable = true; // of this attempt; a reader's next call may try again
    return e;
}

error channel::failure(operation& op, const moved& how, phase during) const {
    if (how.how == ending::stopped) return stop_failure(op, during);
    const std::string doing = std::string(words(during)) + peer();
    if (how.how == ending::tls) {
        const tls_channel::cause why = tls_ ? tls_->why() : tls_channel::cause();
        error e(errc::tls, "TLS failed " + doing + (why.reason.empty() ? "" : ": " + why.reason));
        e->hint = why.hint;
        e->retryable = !why.lasting;
        return e;
    }
    error e(errc::network, "the connection was closed " + doing);
    if (how.how == ending::failed) {
        e = error(errc::network, "the connection failed " + doing + ": " + how.ec.message());
        e->os_error = how.ec.value();
    }
    e->retryable = true;
    return e;
}

error channel::connect_failure(operation& op, const io_result& how) const {
    if (how.stopped != errc::ok) return stop_failure(op, phase::connect);
    const bool late = how.ec == boost::system::errc::timed_out;
    error e(
        late ? errc::timeout : errc::connect,
        "cannot connect to " + peer() + ": " + how.ec.message()
    );
    e->os_error = how.ec.value();
    e->retryable = true;
    return e;
}

task<result<void>> channel::open(
    operation& op,
    std::span<const endpoint> addresses,
    connect_limits limits,
    reachability& known,
    trust* roots
) {
    result<SSL_CTX*> context = nullptr; // before anybody is asked: it may be misconfigured
    if (roots) context = roots->context();
    if (!context) co_return context.error();
    const race_outcome run = co_await race(op, addresses, limits.connect, known);
    if (run.how.stopped != errc::ok || run.how.ec) co_return connect_failure(op, run.how);
    op.disarm();
    loose_ = run.winner.descriptor;
    address_ = run.winner.to;
    if (!adopt(op.home()))
        co_return connect_failure(
            op, {errc::ok, error_code(EMFILE, boost::system::system_category()), 0}
        );
    set_option(descriptor(), SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(descriptor(), IPPROTO_TCP, TCP_USER_TIMEOUT, unacknowledged_ms);
    learn_segment();
    if (!roots) co_return result<void>();
    tls_ = std::make_unique<tls_channel>(*context, roots->sessions(), to_.host, to_.port, op.now());
    result<void> shaken = co_await shake_hands(op, limits.handshake);
    co_return shaken;
}

task<result<void>> channel::shake_hands(operation& op, milliseconds limit) {
    const steady::time_point until = op.now() + limit;
    for (;;) {
        const tls_channel::step s = tls_->handshake();
        milliseconds rest(0); // the handshake as a whole has the limit, not each of its waits
        if (limit.count() > 0)
            rest = std::max(
                milliseconds(1), std::chrono::duration_cast<milliseconds>(until - op.now())
            );
        moved m = co_await flush(op, {rest, errc::timeout});
        const bool over =
            s.what == tls_channel::state::failed || s.what == tls_channel::state::closed;
        if (over && m.how != ending::stopped)
            m.how = ending::tls; // also where the alert found no taker
        if (m.how != ending::none) co_return failure(op, m, phase::handshake);
        if (s.what == tls_channel::state::ok) co_return result<void>();
        if (s.what != tls_channel::state::need_input) continue;
        m = co_await fill(op, {rest, errc::timeout});
        if (m.how != ending::none) co_return failure(op, m, phase::handshake);
    }
}

task<moved> channel::write(
    operation& op, std::span<const char> head, std::span<const char> body, time_limit limit
) {
    if (!tls_) {
        moved m = co_await write_plain(op, head, body, limit);
        co_return m;
    }
    const std::size_t due = body.size();
    while (!head.empty() || !body.empty()) {
        std::span<const char>& piece = head.empty() ? body : head;
        const tls_channel::step s = tls_->encrypt(piece);
        if (s.what == tls_channel::state::failed || s.what == tls_channel::state::closed)
            co_return moved{ending::tls, 0, {}};
        piece = piece.subspan(s.bytes);
        const bool more = !head.empty() || !body.empty();
        if (more && s.what == tls_channel::state::ok && !tls_->batch_full()) continue;
        moved m = co_await flush(op, limit);
        if (m.how != ending::none) co_return m;
        if (s.what != tls_channel::state::need_input) continue;
        m = co_await fill(op, limit);
        if (m.how != ending::none) co_return m;
    }
    co_return moved{ending::none, due, {}};
}

/// What the socket takes at once; 0 also where it fails, which the wait that follows will tell.
std::size_t channel::send_now(std::span<const char> head, std::span<const char> body) noexcept {
    std::array<iovec, 2> parts{
        iovec{const_cast<char*>(head.data()), head.size()},
        iovec{const_cast<char*>(body.data()), body.size()}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = body.empty() ? 1 : 2;
    const ssize_t n = ::sendmsg(descriptor(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
}

task<moved> channel::write_plain(
    operation& op, std::span<const char> head, std::span<const char> body, time_limit limit
) {
    const std::size_t due = body.size();
    std::size_t unpaid = 0;
    const auto took = [&](std::size_t n) {
        written_ += n;
        if (up_) unpaid += n;
        counters::add(counts_.bytes_sent, n);
        const std::size_t of_head = std::min(n, head.size());
        head = head.subspan(of_head);
        body = body.subspan(n - of_head);
    };
    const auto share = [&] { return up_ ? body.first(std::min(body.size(), up_->step())) : body; };
    if (!op.stopped() && !head.empty()) took(send_now(head, share())); // most requests fit
    while (!head.empty() || !body.empty() || unpaid != 0) {
        if (up_ && unpaid != 0) {
            const result<void> paid = co_await up_->pay(op, std::exchange(unpaid, 0));
            if (!paid) co_return moved{ending::stopped, 0, {}};
            continue;
        }
        op.arm(limit.allowed, limit.code);
        const std::span<const char> next = share();
        const std::array<asio::const_buffer, 2> gather{
            asio::const_buffer(head.data(), head.size()),
            asio::const_buffer(next.data(), next.size())};
        auto start = [this, gather](io_handler h) { socket_->async_write_some(gather, h); };
        op.io_bytes = 0;
        const io_result r = co_await io_wait{op, &channel::interrupt, this, start};
        if (r.ec) co_return moved{ending::failed, 0, r.ec};
        took(handed_over(op, r));
        if (head.empty() && body.empty() && unpaid == 0) break;
        if (r.stopped != errc::ok) co_return moved{ending::stopped, 0, {}};
        if (head.empty() && heard()) break;
    }
    op.disarm();
    co_return moved{ending::none, due - body.size(), {}};
}

bool channel::heard() noexcept {
    char byte = 0;
    return ::recv(descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

task<moved> channel::flush(operation& op, time_limit limit) {
    // Asio does not try a second write to a broken socket but waits for it to become writable.
    while (!tls_->pending().empty() && !write_failed_) {
        op.arm(limit.allowed, limit.code);
        const std::span<const char> out = tls_->pending();
        auto start = [this, out](io_handler h) {
            socket_->async_write_some(asio::const_buffer(out.data(), out.size()), h);
        };
        op.io_bytes = 0;
        const io_result r = co_await io_wait{op, &channel::interrupt, this, start};
        write_failed_ = r.ec.failed();
        if (r.ec) co_return moved{ending::failed, 0, r.ec};
        const std::size_t n = handed_over(op, r);
        written_ += n;
        counters::add(counts_.bytes_sent, n);
        tls_->sent(n);
        if (r.stopped != errc::ok && !tls_->pending().empty())
            co_return moved{ending::stopped, 0, {}};
        if (!up_) continue;
        const result<void> paid = co_await up_->pay(op, n);
        if (!paid) co_return moved{ending::stopped, 0, {}};
    }
    op.disarm();
    co_return moved{};
}

task<moved> channel::fill(operation& op, time_limit limit) {
    const std::span<char> room = tls_->room();
    moved m = co_await receive_plain(op, room, 1, limit);
    tls_->received(m.bytes);
    co_return m;
}

task<moved>
channel::receive(operation& op, std::span<char> into, std::size_t enough, time_limit limit) {
    moved m;
    if (tls_)
        m = co_await receive_tls(op, into, enough, limit);
    else
        m = co_await receive_plain(op, into, enough, limit);
    co_return m;
}

task<moved>
channel::receive_plain(operation& op, std::span<char> into, std::size_t enough, time_limit limit) {
    std::size_t got = 0;
    const std::size_t most = down_ ? std::min(receive_cap, down_->step()) : receive_cap;
    while (got < enough) {
        op.arm(limit.allowed, limit.code);
        const std::span<char> room =
            into.subspan(got, whole_segments(std::min(most, into.size() - got)));
        auto start = [this, room](io_handler h) {
            socket_->async_read_some(asio::mutable_buffer(room.data(), room.size()), h);
        };
        const io_result r = co_await io_wait{op, &channel::interrupt, this, start};
        if (r.stopped != errc::ok) co_return moved{ending::stopped, got, {}};
        if (r.ec == asio::error::eof) co_return moved{ending::closed, got, {}};
        if (r.ec) co_return moved{ending::failed, got, r.ec};
        got += r.bytes;
        drained_ = r.bytes < room.size();
        counters::add(counts_.bytes_received, r.bytes);
        if (!down_) continue;
        const result<void> paid = co_await down_->pay(op, r.bytes);
        if (!paid) co_return moved{ending::stopped, got, {}};
    }
    op.disarm();
    co_return moved{ending::none, got, {}};
}

task<moved>
channel::receive_tls(operation& op, std::span<char> into, std::size_t enough, time_limit limit) {
    std::size_t got = 0;
    while (got < enough) {
        const tls_channel::step s = tls_->decrypt(into.subspan(got));
        got += s.bytes;
        if (got >= enough || s.what == tls_channel::state::ok) continue;
        if (s.what == tls_channel::state::closed) co_return moved{ending::notified, got, {}};
        if (s.what == tls_channel::state::failed) co_return moved{ending::tls, got, {}};
        moved m = co_await flush(op, limit); // an alert of ours
        if (m.how == ending::none && s.what == tls_channel::state::need_input)
            m = co_await fill(op, limit);
        if (m.how != ending::none) co_return moved{m.how, got, m.ec};
    }
    co_return moved{ending::none, got, {}};
}

std::size_t channel::look(std::span<char> into) noexcept {
    if (!tls_) {
        const ssize_t n = ::recv(descriptor(), into.data(), into.size(), MSG_DONTWAIT);
        return n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    tls_channel::step s = tls_->decrypt(into);
    if (s.bytes > 0 || s.what != tls_channel::state::need_input) return s.bytes;
    const std::span<char> room = tls_->room();
    const ssize_t n = ::recv(descriptor(), room.data(), room.size(), MSG_DONTWAIT);
    if (n <= 0) return 0;
    tls_->received(static_cast<std::size_t>(n));
    s = tls_->decrypt(into);
    return s.bytes;
}

void channel::learn_segment() noexcept {
    int segment = 0;
    socklen_t size = sizeof segment;
    if (::getsockopt(descriptor(), IPPROTO_TCP, TCP_MAXSEG, &segment, &size) == 0 && segment > 0)
        segment_ = static_cast<std::size_t>(segment);
}

std::size_t channel::whole_segments(std::size_t n) const noexcept {
    return n < segment_ ? n : n - n % segment_;
}

} // namespace blobstore::http
