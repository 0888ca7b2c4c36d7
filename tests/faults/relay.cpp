// SPDX-License-Identifier: Apache-2.0
// The relay's loop: poll, read one side, harm, write to the other.
#include "faults/relay.h"

#include <arpa/inet.h>
#include <array>
#include <list>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace blobstore::fault_tests {

namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int tcp_socket() {
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) throw std::runtime_error("socket failed");
    const int on = 1;
    ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return made;
}

void close_with_reset(int socket) {
    const linger now{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(socket);
}

bool write_all(int socket, const char* bytes, std::size_t size) {
    while (size > 0) {
        const ssize_t sent = ::send(socket, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}

} // namespace

class relay::core {
public:
    explicit core(std::uint16_t upstream)
        : upstream_{upstream}
        , listener_{tcp_socket()}
        , wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
        sockaddr_in address = loopback(0);
        socklen_t length = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_, generic, sizeof address) != 0 || ::listen(listener_, 128) != 0 ||
            ::getsockname(listener_, generic, &length) != 0)
            throw std::runtime_error("bind failed");
        port_ = ntohs(address.sin_port);
        thread_ = std::thread{[this] { run(); }};
    }

    ~core() {
        ::eventfd_write(wake_, 1);
        thread_.join();
        for (const pair& each : pairs_)
            end(each);
        ::close(listener_);
        ::close(wake_);
    }

    std::uint16_t port() const { return port_; }

    void harm_with(const relay_fault& what) {
        const std::lock_guard lock{mutex_};
        fault_ = what;
        ++generation_;
        hits_ = 0;
    }

    unsigned hits() const {
        const std::lock_guard lock{mutex_};
        return hits_;
    }

private:
    struct pair {
        std::array<int, 2> sides{-1, -1}; // client, server
        std::array<bool, 2> open{true, true};
        unsigned generation = 0; // of the fault that is counted for
        std::uint64_t seen = 0;  // bytes in the fault's direction
        bool harmed = false, stalled = false, dead = false;
    };

    void run() {
        for (;;) {
            std::vector<pollfd> watched{{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
            std::vector<std::pair<pair*, int>> whose;
            for (pair& each : pairs_)
                for (int side = 0; side < 2; ++side) {
                    if (!each.open[static_cast<std::size_t>(side)]) continue;
                    // A stalled connection is watched for its end alone.
                    const short events = each.stalled ? POLLRDHUP : POLLIN;
                    watched.push_back({each.sides[static_cast<std::size_t>(side)], events, 0});
                    whose.emplace_back(&each, side);
                }
            ::poll(watched.data(), watched.size(), -1);
            if (watched[0].revents != 0) return;
            if (watched[1].revents != 0) accept_one();
            for (std::size_t i = 0; i < whose.size(); ++i)
                if (watched[i + 2].revents != 0 && !whose[i].first->dead)
                    move(*whose[i].first, whose[i].second);
            pairs_.remove_if([](const pair& each) { return each.dead; });
        }
    }

    void accept_one() {
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) return;
        const int server = tcp_socket();
        sockaddr_in address = loopback(upstream_);
        if (::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            ::close(client);
            ::close(server);
            return;
        }
        const int on = 1;
        ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        pairs_.emplace_back().sides = {client, server};
    }

    static void end(const pair& each) {
        for (const int side : each.sides)
            ::close(side);
    }

    static void kill(pair& each, bool reset) {
        each.dead = true;
        if (reset)
            close_with_reset(each.sides[0]);
        else
            ::close(each.sides[0]);
        close_with_reset(each.sides[1]);
    }

    void move(pair& each, int from) {
        std::array<char, 16384> bytes;
        const auto here = static_cast<std::size_t>(from);
        if (each.stalled) return kill(each, false);
        const ssize_t got = ::recv(each.sides[here], bytes.data(), bytes.size(), 0);
        if (got < 0) return kill(each, true);
        if (got == 0) {
            each.open[here] = false;
            ::shutdown(each.sides[1 - here], SHUT_WR);
            if (!each.open[0] && !each.open[1]) kill(each, false);
            return;
        }
        forward(each, from, bytes.data(), static_cast<std::size_t>(got));
    }

    void forward(pair& each, int from, char* bytes, std::size_t size) {
        const std::lock_guard lock{mutex_};
        const int to = each.sides[static_cast<std::size_t>(1 - from)];
        const bool counted = fault_.what != harm::none && (from == 1) == fault_.to_client;
        if (each.generation != generation_) {
            each.generation = generation_;
            each.seen = 0;
            each.harmed = false;
        }
        const std::uint64_t before = each.seen;
        if (counted) each.seen += size;
        const bool here = counted && before <= fault_.byte && fault_.byte < each.seen;
        if (!here || (fault_.times == 0 && !each.harmed)) {
            const bool pieces = counted && each.harmed && fault_.what == harm::pieces;
            if (!send(to, bytes, size, pieces)) kill(each, true);
            return;
        }
        each.harmed = true;
        --fault_.times;
        ++hits_;
        const auto at = static_cast<std::size_t>(fault_.byte - before);
        if (fault_.what == harm::flip) bytes[at] = static_cast<char>(bytes[at] ^ 1);
        const bool whole = fault_.what == harm::flip || fault_.what == harm::pieces;
        if (!send(to, bytes, whole ? size : at, fault_.what == harm::pieces))
            return kill(each, true);
        if (fault_.what == harm::stall) each.stalled = true;
        if (fault_.what == harm::close || fault_.what == harm::reset)
            kill(each, fault_.what == harm::reset);
    }

    static bool send(int to, const char* bytes, std::size_t size, bool in_pieces) {
        if (!in_pieces) return write_all(to, bytes, size);
        for (std::size_t i = 0; i < size; ++i)
            if (!write_all(to, bytes + i, 1)) return false;
        return true;
    }

    const std::uint16_t upstream_;
    const int listener_;
    const int wake_;
    std::uint16_t port_ = 0;
    std::list<pair> pairs_;    // of the thread
    mutable std::mutex mutex_; // the three below
    relay_fault fault_;
    unsigned generation_ = 0, hits_ = 0;
    std::thread thread_;
};

relay::relay(std::uint16_t upstream)
    : core_{std::make_unique<core>(upstream)} {
}

relay::~relay() = default;

std::uint16_t relay::port() const {
    return core_->port();
}

unsigned relay::hits() const {
    return core_->hits();
}

void relay::harm_with(const relay_fault& what) {
    core_->harm_with(what);
}

} // namespace blobstore::fault_tests
