// SPDX-License-Identifier: Apache-2.0
// A socket that sends bytes and keeps what comes back, for tests of the fake server itself.
#pragma once

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace blobstore::fakes {

enum class read_end { closed, reset, time_over, enough };

class raw_client {
public:
    explicit raw_client(std::uint16_t port)
        : socket_{::socket(AF_INET, SOCK_STREAM, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const auto* generic = reinterpret_cast<const sockaddr*>(&address);
        connected_ = ::connect(socket_, generic, sizeof address) == 0;
    }

    ~raw_client() { ::close(socket_); }

    raw_client(const raw_client&) = delete;
    raw_client& operator=(const raw_client&) = delete;

    bool connected() const { return connected_; }

    int descriptor() const { return socket_; }

    const std::string& received() const { return received_; }

    void forget() { received_.clear(); }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) {
                // The error is reported once: here or by the next read.
                reset_ = errno == ECONNRESET || errno == EPIPE;
                return;
            }
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }

    void request(
        const std::string& method,
        const std::string& target,
        const std::string& headers = "",
        const std::string& body = ""
    ) {
        auto head = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers;
        if (!body.empty()) head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        send(head + "\r\n" + body);
    }

    // Until the peer ends, the time is over, or `until` is in what came.
    read_end read(int milliseconds = 300, std::string_view until = {}) {
        using clock = std::chrono::steady_clock;
        const auto end = clock::now() + std::chrono::milliseconds{milliseconds};
        for (;;) {
            if (!until.empty() && received_.find(until) != std::string::npos) {
                return read_end::enough;
            }
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now()).count();
            pollfd watched{socket_, POLLIN, 0};
            if (left <= 0 || ::poll(&watched, 1, static_cast<int>(left)) <= 0) {
                return read_end::time_over;
            }
            char bytes[65536];
            const auto count = ::recv(socket_, bytes, sizeof bytes, 0);
            if (count == 0) return reset_ ? read_end::reset : read_end::closed;
            if (count < 0) return errno == ECONNRESET ? read_end::reset : read_end::closed;
            received_.append(bytes, static_cast<std::size_t>(count));
        }
    }

    // One exchange that ends with the server's close; everything that came.
    static std::string fetch(
        std::uint16_t port,
        const std::string& method,
        const std::string& target,
        const std::string& headers = "",
        const std::string& body = ""
    ) {
        raw_client client{port};
        client.request(method, target, headers + "Connection: close\r\n", body);
        client.read(5000);
        return client.received();
    }

private:
    int socket_;
    bool connected_ = false;
    bool reset_ = false;
    std::string received_;
};

} // namespace blobstore::fakes
