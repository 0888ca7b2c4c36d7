// SPDX-License-Identifier: Apache-2.0
// A listener on loopback whose connections are played by a function of the test; and how tests run
// operations.
#pragma once

#include "async/context.h"
#include "http/client.h"

#include <arpa/inet.h>
#include <atomic>
#include <csignal>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace blobstore::http::test {

/// Sends everything or gives up.
inline void put(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (n <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
}

/// Until the blank line; what came behind it stays in `rest`. Empty where the client closed.
inline std::string take_head(int fd, std::string& rest) {
    std::array<char, 4096> piece;
    for (;;) {
        const std::size_t end = rest.find("\r\n\r\n");
        if (end != rest.npos) {
            std::string head = rest.substr(0, end + 4);
            rest.erase(0, end + 4);
            return head;
        }
        const ssize_t n = ::recv(fd, piece.data(), piece.size(), 0);
        if (n <= 0) return {};
        rest.append(piece.data(), static_cast<std::size_t>(n));
    }
}

inline std::string take_bytes(int fd, std::string& rest, std::size_t size) {
    std::array<char, 65536> piece;
    rest.reserve(size); // growing takes long enough to look like a stall
    while (rest.size() < size) {
        const ssize_t n = ::recv(fd, piece.data(), piece.size(), 0);
        if (n <= 0) return {};
        rest.append(piece.data(), static_cast<std::size_t>(n));
    }
    std::string taken = rest.substr(0, size);
    rest.erase(0, size);
    return taken;
}

inline std::string head_of(int fd) {
    std::string rest;
    return take_head(fd, rest);
}

/// Until the client closes or the test is over.
inline void hold(int fd) {
    char byte = 0;
    while (::recv(fd, &byte, 1, 0) > 0) {
    }
}

/// Closes with a reset instead of an end.
inline void reset_on_close(int fd) {
    const linger now{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

class raw_server {
public:
    /// `play(socket, number)` runs on a thread per connection; the socket is closed when it
    /// returns.
    explicit raw_server(std::function<void(int, int)> play)
        : play_(std::move(play)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at);
        ::listen(listener_, 64);
        socklen_t size = sizeof at;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
        port_ = ntohs(at.sin_port);
        thread_ = std::thread([this] { accept_all(); });
    }

    raw_server(const raw_server&) = delete;
    raw_server& operator=(const raw_server&) = delete;

    ~raw_server() {
        over_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        {
            std::lock_guard lock(mutex_);
            for (const int fd : open_)
                ::shutdown(fd, SHUT_RDWR);
        }
        for (std::thread& t : players_)
            t.join();
        ::close(listener_);
    }

    origin to() const { return {false, "127.0.0.1", port_}; }

    std::uint16_t port() const { return port_; }

    int connections() const { return count_; }

private:
    void accept_all() {
        while (!over_) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) continue;
            const int number = count_++;
            {
                std::lock_guard lock(mutex_);
                open_.push_back(fd);
            }
            players_.emplace_back([this, fd, number] {
                sigset_t pipe; // OpenSSL's own writes raise it
                sigemptyset(&pipe);
                sigaddset(&pipe, SIGPIPE);
                pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
                play_(fd, number);
                std::lock_guard lock(mutex_);
                std::erase(open_, fd);
                ::close(fd);
            });
        }
    }

    std::function<void(int, int)> play_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> count_{0};
    std::atomic<bool> over_{false};
    std::mutex mutex_;
    std::vector<int> open_;
    std::vector<std::thread> players_;
    std::thread thread_;
};

struct test_operation final : operation {
    test_operation() = default;
};

/// Runs `body` on this thread and gives its outcome.
inline result<void>
run(context& on, const std::shared_ptr<test_operation>& op, operation::body_function body) {
    op->body = std::move(body);
    on.run_blocking(op);
    return op->outcome;
}

inline result<void> run(context& on, operation::body_function body) {
    return run(on, std::make_shared<test_operation>(), std::move(body));
}

/// A listener that accepts nobody: once its backlog is full, connecting hangs.
class full_listener {
public:
    full_listener() {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        at_.sin_family = AF_INET;
        at_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(listener_, reinterpret_cast<sockaddr*>(&at_), sizeof at_);
        ::listen(listener_, 0);
        socklen_t size = sizeof at_;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at_), &size);
        for (int& fd : fillers_) {
            fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
            (void)::connect(fd, reinterpret_cast<sockaddr*>(&at_), sizeof at_);
        }
        std::this_thread::sleep_for(milliseconds(20));
    }

    full_listener(const full_listener&) = delete;
    full_listener& operator=(const full_listener&) = delete;

    ~full_listener() {
        for (const int fd : fillers_)
            ::close(fd);
        ::close(listener_);
    }

    std::uint16_t port() const { return ntohs(at_.sin_port); }

private:
    int listener_ = -1;
    sockaddr_in at_{};
    std::array<int, 4> fillers_{};
};

/// 2xx and 404 are done, 503 is tried again, the rest fails.
inline verdict plain_judge(const response_head& head, std::string_view body) {
    verdict v;
    if (head.status / 100 == 2 || head.status == 404) return v;
    v.what = head.status == 503 ? action::retry : action::fail;
    v.why = error(errc::service, "status " + std::to_string(head.status) + " " + std::string(body));
    v.why->http_status = head.status;
    return v;
}

struct answer {
    result<void> outcome;
    int status = 0;
    std::string body;
    unsigned attempts = 0;
    double seconds = 0;
};

inline exchange get(const origin& to, std::string target = "/x") {
    exchange e;
    e.unsigned_request.to = to;
    e.unsigned_request.target = std::move(target);
    e.decide = plain_judge;
    return e;
}

inline exchange put_of(const origin& to, std::string_view body) {
    exchange e = get(to);
    e.unsigned_request.method = "PUT";
    e.unsigned_request.body.memory = {body.data(), body.size()};
    return e;
}

/// One exchange with its whole body, on this thread.
inline answer
ask(client& with,
    context& on,
    const exchange& e,
    const std::shared_ptr<test_operation>& op = std::make_shared<test_operation>()) {
    answer a;
    const auto began = std::chrono::steady_clock::now();
    a.outcome = run(on, op, [&](operation& o) -> task<result<void>> {
        result<std::unique_ptr<response>> r = co_await with.send(o, e);
        if (!r) co_return r.error();
        a.status = (*r)->head().status;
        result<std::string> all = co_await (*r)->read_all(o, std::size_t{1} << 30U);
        if (!all) co_return all.error();
        a.body = std::move(*all);
        co_return result<void>();
    });
    a.attempts = op->attempts;
    a.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    return a;
}

inline std::shared_ptr<client> open_client(client_options options = {}) {
    return client::open(std::move(options)).value();
}

} // namespace blobstore::http::test
