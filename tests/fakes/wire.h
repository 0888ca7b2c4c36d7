// SPDX-License-Identifier: Apache-2.0
// One accepted socket, plain or TLS, with blocking reads and writes that a stop ends.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <chrono>
#include <optional>
#include <string_view>

namespace blobstore::fakes {

// An eventfd that becomes readable for good when the server stops: poll() sees it anywhere.
class stop_signal {
public:
    stop_signal();
    ~stop_signal();
    stop_signal(const stop_signal&) = delete;
    stop_signal& operator=(const stop_signal&) = delete;

    void raise();

    bool raised() const { return raised_.load(); }

    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
    std::atomic<bool> raised_{false};
};

enum class wait_end { time_over, peer_gone, stopped };

// Models Beast's SyncReadStream and SyncWriteStream.
class wire {
public:
    using tcp = boost::asio::ip::tcp;
    using error_code = boost::system::error_code;

    wire(tcp::socket socket, const stop_signal& stop);

    bool handshake(boost::asio::ssl::context& context);

    bool is_tls() const { return tls_.has_value(); }

    bool resumed() { return tls_ && SSL_session_reused(tls_->native_handle()) == 1; }

    int descriptor() { return socket_.native_handle(); }

    template <class Buffers>
    std::size_t read_some(const Buffers& buffers, error_code& error) {
        return tls_ ? tls_->read_some(buffers, error) : socket_.read_some(buffers, error);
    }

    template <class Buffers>
    std::size_t read_some(const Buffers& buffers) {
        error_code error;
        const auto count = read_some(buffers, error);
        if (error) throw boost::system::system_error{error};
        return count;
    }

    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, error_code& error) {
        return tls_ ? tls_->write_some(buffers, error) : socket_.write_some(buffers, error);
    }

    bool write(std::string_view bytes);
    bool write(std::string_view first, std::string_view second);

    std::uint64_t written() const { return written_; } // in all, without what TLS adds

    // Waits for the time (0: for ever), the peer's end if `until_gone`, or the stop.
    wait_end wait(std::chrono::milliseconds time, bool until_gone);

    void reset();                   // RST
    void finish(bool close_notify); // FIN; reads on for a moment so that no RST overtakes it
    void hang_up();                 // FIN at once; what still comes is refused
    void half_close();              // FIN; silent, but open, until the peer leaves or the stop
    void close();

private:
    std::uint64_t written_ = 0;
    tcp::socket socket_;
    std::optional<boost::asio::ssl::stream<tcp::socket&>> tls_;
    const stop_signal& stop_;
};

} // namespace blobstore::fakes
