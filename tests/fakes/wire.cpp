// SPDX-License-Identifier: Apache-2.0
// Waiting that a stop or the peer's leaving ends, and the three ways to end a connection.
#include "fakes/wire.h"

#include <boost/asio/write.hpp>

#include <array>
#include <cerrno>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <unistd.h>

namespace blobstore::fakes {

namespace net = boost::asio;

stop_signal::stop_signal()
    : descriptor_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    if (descriptor_ < 0) throw std::runtime_error("eventfd failed");
}

stop_signal::~stop_signal() {
    ::close(descriptor_);
}

void stop_signal::raise() {
    raised_.store(true);
    eventfd_write(descriptor_, 1);
}

wire::wire(tcp::socket socket, const stop_signal& stop)
    : socket_{std::move(socket)}
    , stop_{stop} {
    error_code ignored;
    socket_.set_option(tcp::no_delay{true}, ignored);
}

bool wire::handshake(net::ssl::context& context) {
    tls_.emplace(socket_, context);
    error_code error;
    tls_->handshake(net::ssl::stream_base::server, error);
    return !error;
}

bool wire::write(std::string_view bytes) {
    return write(bytes, {});
}

bool wire::write(std::string_view first, std::string_view second) {
    const std::array<net::const_buffer, 2> buffers{
        net::buffer(first.data(), first.size()), net::buffer(second.data(), second.size())};
    error_code error;
    if (tls_) {
        written_ += net::write(*tls_, buffers, error);
    } else {
        written_ += net::write(socket_, buffers, error);
    }
    return !error;
}

wait_end wire::wait(std::chrono::milliseconds time, bool until_gone) {
    using clock = std::chrono::steady_clock;
    const auto end = clock::now() + time;
    for (;;) {
        int left = -1;
        if (time.count() > 0) {
            const auto rest = std::chrono::ceil<std::chrono::milliseconds>(end - clock::now());
            if (rest.count() <= 0) return wait_end::time_over;
            left = static_cast<int>(rest.count());
        }
        std::array<pollfd, 2> watched{{{stop_.descriptor(), POLLIN, 0}, {-1, POLLRDHUP, 0}}};
        if (until_gone) watched[1].fd = descriptor();
        const int ready = ::poll(watched.data(), watched.size(), left);
        if (ready < 0 && errno != EINTR) return wait_end::stopped;
        if (watched[0].revents != 0 || stop_.raised()) return wait_end::stopped;
        if (watched[1].revents != 0) return wait_end::peer_gone;
    }
}

void wire::reset() {
    error_code ignored;
    socket_.set_option(net::socket_base::linger{true, 0}, ignored);
    close();
}

void wire::finish(bool close_notify) {
    error_code error;
    if (tls_ && close_notify) {
        // The alert goes out; with reading shut down nothing waits for the peer's own alert.
        socket_.shutdown(tcp::socket::shutdown_receive, error);
        tls_->shutdown(error);
    }
    socket_.shutdown(tcp::socket::shutdown_send, error);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{1};
    std::array<char, 4096> unread{};
    while (!stop_.raised() && std::chrono::steady_clock::now() < end) {
        std::array<pollfd, 2> watched{{{stop_.descriptor(), POLLIN, 0}, {descriptor(), POLLIN, 0}}};
        if (::poll(watched.data(), watched.size(), 100) < 0 && errno != EINTR) break;
        if (watched[1].revents == 0) continue;
        if (::recv(descriptor(), unread.data(), unread.size(), MSG_DONTWAIT) <= 0) break;
    }
    close();
}

void wire::hang_up() {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
}

void wire::half_close() {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    wait(std::chrono::milliseconds{0}, true);
    close();
}

void wire::close() {
    error_code ignored;
    socket_.close(ignored);
}

} // namespace blobstore::fakes
