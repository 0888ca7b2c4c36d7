// SPDX-License-Identifier: Apache-2.0
// Floors: what the same work costs with bare sockets and a request head of the same size.
// usage: bench_floors WORK port=N [size=N] [count=N] [flight=N] [ca=FILE]
#include "base/checksum.h"
#include "measure.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <arpa/inet.h>
#include <fcntl.h>
#include <functional>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace bench;

// 65,483 bytes is one segment on loopback: 65,536 would leave runts of 53 bytes.
constexpr std::size_t hot_size = 65483;
constexpr std::size_t memory_read = 4 * hot_size;

constexpr const char* fields =
    "Host: 127.0.0.1:12345\r\nUser-Agent: libblobstore/0.1\r\n"
    "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n"
    "x-amz-date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 "
    "Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
    "Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n";

int dial(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to)) fail("connect");
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

std::string get_request(std::size_t size) {
    return "GET /b/" + std::to_string(size) + "/x HTTP/1.1\r\n" + fields + "\r\n";
}

std::string put_request(std::size_t size) {
    return std::string("PUT /b/k HTTP/1.1\r\n") + fields +
           "Content-Length: " + std::to_string(size) + "\r\n\r\n";
}

struct stream {
    std::function<long(const char*, std::size_t)> write;
    std::function<long(char*, std::size_t)> read;
};

stream plain_stream(int port) {
    const int fd = dial(port);
    return {
        [fd](const char* p, std::size_t n) { return send(fd, p, n, 0); },
        [fd](char* p, std::size_t n) { return recv(fd, p, n, 0); }};
}

stream tls_stream(int port) { // what OpenSSL does by itself at its best: read-ahead of 128 KiB
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, 131072);
    SSL* const ssl = SSL_new(context);
    SSL_set_fd(ssl, dial(port));
    if (SSL_connect(ssl) != 1) fail("handshake");
    return {
        [ssl](const char* p, std::size_t n) {
            return static_cast<long>(
                SSL_write(ssl, p, static_cast<int>(std::min<std::size_t>(n, 1u << 20)))
            );
        },
        [ssl](char* p, std::size_t n) {
            return static_cast<long>(
                SSL_read(ssl, p, static_cast<int>(std::min<std::size_t>(n, 1u << 20)))
            );
        }};
}

std::size_t must(long n) {
    if (n <= 0) fail("the connection ended");
    return static_cast<std::size_t>(n);
}

/// Reads a head; returns how much was read, *end is where the body begins.
std::size_t read_head(const stream& s, char* buffer, std::size_t size, std::size_t* end) {
    for (std::size_t have = 0;;) {
        have += must(s.read(buffer + have, size - have));
        if (void* at = memmem(buffer, have, "\r\n\r\n", 4)) {
            *end = static_cast<std::size_t>(static_cast<char*>(at) - buffer) + 4;
            return have;
        }
    }
}

void get(const arguments& args, bool keep) {
    const stream s = args.tls() ? tls_stream(args.port()) : plain_stream(args.port());
    const std::size_t size = args.size();
    const std::string request = get_request(size);
    char* const memory = touched_memory(keep ? size : hot_size);
    static char head[16384];
    bool checked = !keep;
    per_gib(size, args.count(), [&] {
        must(s.write(request.data(), request.size()));
        std::size_t end = 0;
        std::size_t got = read_head(s, head, sizeof head, &end) - end;
        std::memcpy(memory, head + end, got);
        while (got < size)
            got += keep ? must(s.read(memory + got, std::min(memory_read, size - got)))
                        : must(s.read(memory, std::min(hot_size, size - got)));
        if (!checked) check_pattern(memory, size);
        checked = true;
    });
}

void put(const arguments& args, bool hash) {
    const int fd = dial(args.port());
    const std::size_t size = args.size();
    const std::string request = put_request(size);
    char* const memory = touched_memory(size);
    static char head[16384];
    EVP_MD_CTX* const digest = EVP_MD_CTX_new();
    EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    per_gib(size, args.count(), [&] {
        if (hash) {
            unsigned char out[32];
            EVP_DigestInit_ex2(digest, sha256, nullptr);
            EVP_DigestUpdate(digest, memory, size);
            EVP_DigestFinal_ex(digest, out, nullptr);
        }
        std::size_t sent = 0;
        while (sent < request.size() + size) {
            const std::size_t body = sent > request.size() ? sent - request.size() : 0;
            iovec parts[2];
            int n = 0;
            if (sent < request.size())
                parts[n++] = {const_cast<char*>(request.data()) + sent, request.size() - sent};
            parts[n++] = {memory + body, size - body};
            sent += must(writev(fd, parts, n));
        }
        must(recv(fd, head, sizeof head, 0));
    });
}

/// One stream, read, summed up and sent while it is hot.
void upload(const arguments& args) {
    constexpr std::size_t step = 256u << 10;
    const int fd = dial(args.port());
    const std::size_t size = args.size();
    const int file = open(pattern_file(args).c_str(), O_RDONLY);
    const std::string request = put_request(size);
    char* const memory = touched_memory(step);
    static char head[16384];
    per_gib(size, args.count(), [&] {
        must(send(fd, request.data(), request.size(), MSG_MORE));
        std::uint64_t sum = 0;
        for (std::size_t at = 0; at < size;) {
            const std::size_t n = must(pread(file, memory, step, static_cast<off_t>(at)));
            sum = blobstore::crc64nvme({memory, n}, sum);
            for (std::size_t sent = 0; sent < n;)
                sent += must(send(fd, memory + sent, n - sent, 0));
            at += n;
        }
        if (sum == 0) fail("no sum");
        must(recv(fd, head, sizeof head, 0));
    });
}

/// Into a new file each time, as a download has it.
void download(const arguments& args) {
    const stream s = plain_stream(args.port());
    const std::size_t size = args.size();
    const std::string path = args.text("file") + ".floor", request = get_request(size);
    char* const memory = touched_memory(memory_read);
    per_gib(size, args.count(), [&] {
        unlink(path.c_str());
        const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0644);
        must(s.write(request.data(), request.size()));
        std::size_t end = 0, have = read_head(s, memory, memory_read, &end) - end;
        std::memmove(memory, memory + end, have);
        for (std::size_t done = 0; done < size; have = 0) { // whole pages at whole pages
            const std::size_t step = std::min(memory_read, size - done);
            while (have < step)
                have += must(s.read(memory + have, step - have));
            must(pwrite(file, memory, step, static_cast<off_t>(done)));
            done += step;
        }
        close(file);
    });
    check_file(path, size);
    unlink(path.c_str());
}

void put_tls(const arguments& args) {
    const stream s = tls_stream(args.port());
    const std::size_t size = args.size();
    const std::string request = put_request(size);
    char* const memory = touched_memory(size);
    static char head[16384];
    per_gib(size, args.count(), [&] {
        must(s.write(request.data(), request.size()));
        for (std::size_t sent = 0; sent < size;)
            sent += must(s.write(memory + sent, size - sent));
        must(s.read(head, sizeof head));
    });
}

void ping(const arguments& args) {
    const int fd = dial(args.port());
    const std::size_t size = args.size();
    const std::string request = get_request(size);
    static char head[16384];
    per_operation(args.count(), [&](long n) {
        for (long i = 0; i < n; i++) {
            must(send(fd, request.data(), request.size(), 0));
            std::size_t have = 0, whole = 1;
            while (have < whole) {
                have += must(recv(fd, head + have, sizeof head - have, 0));
                void* const at = memmem(head, have, "\r\n\r\n", 4);
                whole = at ? static_cast<std::size_t>(static_cast<char*>(at) - head) + 4 + size
                           : sizeof head;
            }
        }
    });
}

struct waiting {
    int fd;
    std::size_t have, whole;
};

/// `flight` connections on one epoll, one request on each; body: what each PUT sends.
void flight(const arguments& args, bool up) {
    const std::size_t size = args.size();
    const std::string request = up ? put_request(size) + std::string(size, 'x') : get_request(size);
    const int epoll = epoll_create1(0);
    std::vector<waiting> all(args.number("flight", 32));
    for (waiting& one : all) {
        one = {dial(args.port()), 0, 0};
        fcntl(one.fd, F_SETFL, O_NONBLOCK);
        epoll_event event{};
        event.events = EPOLLIN | EPOLLET;
        event.data.ptr = &one;
        epoll_ctl(epoll, EPOLL_CTL_ADD, one.fd, &event);
    }
    static char buffer[16384];
    epoll_event events[256];
    per_operation(args.count(), [&](long n) {
        long begun = 0, done = 0;
        const auto begin = [&](waiting& one) {
            if (begun++ < n) must(send(one.fd, request.data(), request.size(), 0));
        };
        for (waiting& one : all)
            begin(one);
        while (done < n) {
            const int ready = epoll_wait(epoll, events, 256, -1);
            for (int i = 0; i < ready; i++) {
                auto& one = *static_cast<waiting*>(events[i].data.ptr);
                const ssize_t got = recv(one.fd, buffer, sizeof buffer, 0);
                if (got < 0) continue;
                if (!one.have) {
                    const auto* at = static_cast<char*>(memmem(buffer, must(got), "\r\n\r\n", 4));
                    if (!at) fail("a head in pieces");
                    one.whole = static_cast<std::size_t>(at - buffer) + 4 + (up ? 0 : size);
                }
                one.have += must(got);
                if (one.have < one.whole) continue;
                one.have = 0;
                done++;
                begin(one);
            }
        }
    });
}

} // namespace

int main(int argc, char** argv) {
    const arguments args(argc, argv);
    const std::string work = args.work();
    if (work == "get")
        get(args, true);
    else if (work == "stream")
        get(args, false);
    else if (work == "put")
        args.tls() ? put_tls(args) : put(args, false);
    else if (work == "upload")
        upload(args);
    else if (work == "download")
        download(args);
    else if (work == "put-hashed")
        put(args, true);
    else if (work == "get-blocking")
        ping(args);
    else if (work == "get-flight")
        flight(args, false);
    else if (work == "put-flight")
        flight(args, true);
    else
        fail("no such work");
}
