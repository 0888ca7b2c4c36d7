// SPDX-License-Identifier: Apache-2.0
// Ports that stall or refuse a connect.
#include "fakes/s3_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace blobstore::fakes {

namespace {

int make_socket(int flags) {
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (made < 0) throw std::runtime_error("socket failed");
    return made;
}

sockaddr* generic(sockaddr_in& address) {
    return reinterpret_cast<sockaddr*>(&address);
}

std::uint16_t bind_loopback(int socket, sockaddr_in& address) {
    address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(socket, generic(address), sizeof address) != 0 ||
        ::getsockname(socket, generic(address), &length) != 0) {
        throw std::runtime_error("bind failed");
    }
    return ntohs(address.sin_port);
}

} // namespace

blackhole_port::blackhole_port() {
    const int listener = make_socket(0);
    sockets_.push_back(listener);
    sockaddr_in address{};
    port_ = bind_loopback(listener, address);
    if (::listen(listener, 0) != 0) throw std::runtime_error("listen failed");
    // Fill the backlog: the system drops every SYN after that.
    for (int i = 0; i < 4; ++i) {
        const int filler = make_socket(SOCK_NONBLOCK);
        sockets_.push_back(filler);
        ::connect(filler, generic(address), sizeof address);
    }
}

blackhole_port::~blackhole_port() {
    for (const int socket : sockets_)
        ::close(socket);
}

refused_port::refused_port()
    : socket_{make_socket(0)} {
    sockaddr_in address{};
    port_ = bind_loopback(socket_, address);
}

refused_port::~refused_port() {
    ::close(socket_);
}

} // namespace blobstore::fakes
