// SPDX-License-Identifier: Apache-2.0
// A byte stream to one peer, plain or TLS: opens, moves between contexts, sends, receives. Knows no
// HTTP.
#pragma once

#include "async/context.h"
#include "async/limiter.h"
#include "http/counters.h"
#include "http/message.h"
#include "http/tls.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <optional>
#include <span>

namespace blobstore::http {

using endpoint = boost::asio::ip::tcp::endpoint;

/// How a transfer ended; `notified` is a TLS peer's close_notify, `closed` a bare end.
enum class ending : std::uint8_t { none, stopped, closed, notified, failed, tls };

struct moved {
    ending how = ending::none;
    std::size_t bytes = 0;
    boost::system::error_code ec; ///< with ending::failed
};

/// What was going on when something failed; words for messages.
enum class phase : std::uint8_t { connect, handshake, send, wait, read };

struct time_limit {
    milliseconds allowed{0};
    errc code = errc::stalled;
};

struct connect_limits {
    milliseconds connect{5000}, handshake{5000};
};

class reachability;

/// Belongs to one context or to none; only whoever holds it may touch it.
class channel {
public:
    channel(const origin& to, counters& counts);
    channel(const channel&) = delete;
    channel& operator=(const channel&) = delete;
    ~channel();

    context* home() const noexcept { return home_; }

    /// Takes the socket off its reactor; the old context must still live.
    void detach() noexcept;

    /// False where it could not be registered; the channel is then dead.
    bool adopt(context& home) noexcept;

    /// Nothing to read and not closed: an idle connection may be used again.
    bool silent() noexcept;

    /// To the first address that answers; then the handshake where the origin asks for TLS.
    task<result<void>> open(
        operation& op,
        std::span<const endpoint> addresses,
        connect_limits limits,
        reachability& known,
        trust* roots
    );

    /// All of head and body, as one gather, unless the peer says something while it takes no more:
    /// `bytes` is what went of the body. The limit holds for each wait.
    task<moved>
    write(operation& op, std::span<const char> head, std::span<const char> body, time_limit limit);

    /// At least `enough` bytes unless it ends; the limit holds for each wait.
    task<moved> receive(operation& op, std::span<char> into, std::size_t enough, time_limit limit);

    /// Nothing was left in the socket when the last bytes were received.
    bool drained() const noexcept { return drained_ && !tls_; }

    /// What is here already, without waiting.
    std::size_t look(std::span<char> into) noexcept;

    /// Bytes handed to the kernel since the last call of count_from_here().
    std::uint64_t written() const noexcept { return written_; }

    void count_from_here() noexcept { written_ = 0; }

    /// What goes and comes from now on waits for its share of these, which live longer.
    void shape(const bandwidth& by) noexcept {
        up_ = by.up.get();
        down_ = by.down.get();
    }

    bool secure() const noexcept { return to_.tls; }

    const origin& to() const noexcept { return to_; }

    const endpoint& address() const noexcept { return address_; } ///< port 0 until it is connected

    std::string peer() const; ///< host:port

    /// What a transfer that did not end well means.
    error failure(operation& op, const moved& how, phase during) const;

private:
    using stream_socket = boost::asio::
        basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

    task<result<void>> shake_hands(operation& op, milliseconds limit);
    task<moved> flush(operation& op, time_limit limit);
    task<moved> fill(operation& op, time_limit limit);
    task<moved> write_plain(
        operation& op, std::span<const char> head, std::span<const char> body, time_limit limit
    );
    task<moved>
    receive_plain(operation& op, std::span<char> into, std::size_t enough, time_limit limit);
    task<moved>
    receive_tls(operation& op, std::span<char> into, std::size_t enough, time_limit limit);
    error connect_failure(operation& op, const io_result& how) const;
    error stop_failure(operation& op, phase during) const;
    int descriptor() noexcept;
    std::size_t send_now(std::span<const char> head, std::span<const char> body) noexcept;
    bool heard() noexcept; ///< plain: there is something to read
    void learn_segment() noexcept;
    std::size_t whole_segments(std::size_t n) const noexcept;
    static void interrupt(void* self);

    const origin to_;
    counters& counts_;
    limiter *up_ = nullptr, *down_ = nullptr; ///< null: no limit
    context* home_ = nullptr;
    std::optional<stream_socket> socket_;
    endpoint address_;
    int loose_ = -1; ///< the socket while it belongs to no context
    std::unique_ptr<tls_channel> tls_;
    std::uint64_t written_ = 0;
    std::size_t segment_ = 1;
    bool drained_ = false;
    bool write_failed_ = false; ///< over TLS; the peer may still have said something
};

} // namespace blobstore::http
