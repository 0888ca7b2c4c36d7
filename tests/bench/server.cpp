// SPDX-License-Identifier: Apache-2.0
// The benchmark's S3 server: one epoll thread, plain and TLS, made never to be the bottleneck.
// usage: bench_server serve [cert=FILE key=FILE] [show=1]; prints its ports, ends with its parent.
#include "measure.h"
#include "server_answers.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <deque>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace bench;

constexpr std::size_t record_batch = 512u << 10; // plain bytes per SSL_write: one send of as much
constexpr std::size_t input_size = 64u << 10;

int option_on(int fd, int level, int name) {
    const int one = 1;
    return setsockopt(fd, level, name, &one, sizeof one);
}

/// Collects what SSL_write makes, so that many records leave by one send.
struct outbox {
    std::vector<char> bytes;
    std::size_t sent = 0;
};

int outbox_write(BIO* bio, const char* data, int size) {
    auto* out = static_cast<outbox*>(BIO_get_data(bio));
    out->bytes.insert(out->bytes.end(), data, data + size);
    return size;
}

long outbox_control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH;
}

BIO* new_outbox(outbox* to) {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "outbox");
        BIO_meth_set_write(made, outbox_write);
        BIO_meth_set_ctrl(made, outbox_control);
        return made;
    }();
    BIO* bio = BIO_new(method);
    BIO_set_data(bio, to);
    BIO_set_init(bio, 1);
    return bio;
}

struct connection {
    int fd = -1;
    SSL* ssl = nullptr;
    outbox out;
    std::string input;
    std::uint64_t drain = 0; // of a request body
    answer reply;
    std::size_t head_sent = 0;
    bool sending = false, held = false, wants_write = false, shown = false;

    ~connection() {
        SSL_free(ssl);
        close(fd);
    }
};

using clock = std::chrono::steady_clock;

class server {
public:
    server(SSL_CTX* tls, bool show)
        : tls_(tls)
        , show_(show)
        , epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

    int listen_here(int* slot);
    [[noreturn]] void run();

    int plain = -1, secure = -1;

private:
    void accept_one(int listener);
    bool readable(connection& c);
    bool read_more(connection& c);
    bool process(connection& c);
    bool flush(connection& c);
    bool flush_plain(connection& c, bool& full);
    bool flush_tls(connection& c, bool& full);
    bool send_outbox(connection& c, bool& full);
    void watch_write(connection& c, bool on);
    bool release_held(unsigned wanted);
    void release_late();
    void drop(connection* c);

    SSL_CTX* tls_;
    bool show_;
    int epoll_;
    answers answers_;
    std::vector<connection*> held_;

    struct late_answer {
        clock::time_point due;
        connection* to;
    };

    std::deque<late_answer> late_; // all wait as long: in order
    char hot_[input_size];
};

int server::listen_here(int* slot) {
    *slot = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (bind(*slot, reinterpret_cast<sockaddr*>(&at), size) || listen(*slot, 1024)) fail("listen");
    getsockname(*slot, reinterpret_cast<sockaddr*>(&at), &size);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = slot;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, *slot, &event);
    return ntohs(at.sin_port);
}

void server::accept_one(int listener) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    option_on(fd, IPPROTO_TCP, TCP_NODELAY);
    auto* c = new connection;
    c->fd = fd;
    if (listener == secure) {
        c->ssl = SSL_new(tls_);
        SSL_set_bio(c->ssl, BIO_new_socket(fd, BIO_NOCLOSE), new_outbox(&c->out));
        SSL_set_accept_state(c->ssl);
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = c;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void server::watch_write(connection& c, bool on) {
    if (c.wants_write == on) return;
    c.wants_write = on;
    epoll_event event{};
    event.events = on ? EPOLLOUT : EPOLLIN; // nothing is read while an answer waits
    event.data.ptr = &c;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, c.fd, &event);
}

bool server::flush_plain(connection& c, bool& full) {
    answer& reply = c.reply;
    while (c.head_sent < reply.head.size() || reply.from < reply.to) {
        iovec parts[2];
        int n = 0;
        if (c.head_sent < reply.head.size())
            parts[n++] = {reply.head.data() + c.head_sent, reply.head.size() - c.head_sent};
        if (reply.from < reply.to) {
            const std::size_t at = reply.from % reply.body_size;
            const std::size_t length =
                std::min<std::uint64_t>(reply.to - reply.from, reply.body_size - at);
            parts[n++] = {const_cast<char*>(reply.body) + at, length};
        }
        const ssize_t sent = writev(c.fd, parts, n);
        if (sent < 0) {
            full = errno == EAGAIN;
            return full;
        }
        const std::size_t of_head =
            std::min(static_cast<std::size_t>(sent), reply.head.size() - c.head_sent);
        c.head_sent += of_head;
        reply.from += static_cast<std::size_t>(sent) - of_head;
    }
    return true;
}

bool server::send_outbox(connection& c, bool& full) {
    outbox& out = c.out;
    while (out.sent < out.bytes.size()) {
        const ssize_t sent =
            send(c.fd, out.bytes.data() + out.sent, out.bytes.size() - out.sent, 0);
        if (sent < 0) {
            full = errno == EAGAIN;
            return full;
        }
        out.sent += static_cast<std::size_t>(sent);
    }
    out.bytes.clear();
    out.sent = 0;
    return true;
}

bool server::flush_tls(connection& c, bool& full) {
    answer& reply = c.reply;
    for (;;) {
        if (!send_outbox(c, full)) return false;
        if (full) return true;
        if (c.head_sent == reply.head.size() && reply.from == reply.to) return true;
        if (c.head_sent < reply.head.size()) { // with the start of the body, as one record
            const std::size_t length = std::min<std::uint64_t>(reply.to - reply.from, 8192);
            const std::size_t at = reply.from % reply.body_size;
            if (at + length <= reply.body_size && length) {
                reply.head.append(reply.body + at, length);
                reply.from += length;
            }
            if (SSL_write(c.ssl, reply.head.data(), static_cast<int>(reply.head.size())) <= 0)
                return false;
            c.head_sent = reply.head.size();
        }
        if (reply.from < reply.to) {
            const std::size_t at = reply.from % reply.body_size;
            const std::size_t length = std::min<std::uint64_t>(
                std::min<std::uint64_t>(reply.to - reply.from, reply.body_size - at), record_batch
            );
            if (SSL_write(c.ssl, reply.body + at, static_cast<int>(length)) <= 0) return false;
            reply.from += length;
        }
    }
}

bool server::flush(connection& c) {
    bool full = false;
    if (!(c.ssl ? flush_tls(c, full) : flush_plain(c, full))) return false;
    watch_write(c, full);
    if (!full) c.sending = false;
    return true;
}

/// Answers to "gather-N" wait until N connections ask: then all of them are in use at once.
bool server::release_held(unsigned wanted) {
    if (held_.size() < wanted) return true;
    std::vector<connection*> ready;
    ready.swap(held_);
    for (connection* c : ready) {
        c->held = false;
        if (!flush(*c)) return false;
    }
    return true;
}

void server::release_late() {
    while (!late_.empty() && late_.front().due <= clock::now()) {
        connection* const c = late_.front().to;
        late_.pop_front();
        c->held = false;
        if (!flush(*c)) drop(c);
    }
}

bool server::process(connection& c) {
    while (!c.sending && !c.held) {
        if (c.drain) {
            const std::size_t here = std::min<std::uint64_t>(c.drain, c.input.size());
            c.input.erase(0, here);
            c.drain -= here;
            if (c.drain) return true;
        } else {
            const std::size_t end = c.input.find("\r\n\r\n");
            if (end == std::string::npos) return true;
            const std::string_view head(c.input.data(), end + 4);
            const request asked = parse_request(head);
            if (show_ && !c.shown)
                std::fprintf(stderr, "%.*s", static_cast<int>(head.size()), head.data());
            c.shown = true;
            answers_.respond(asked, c.reply);
            c.head_sent = 0;
            c.drain = asked.length;
            const bool go_on = asked.expects_continue && c.input.size() == end + 4;
            c.input.erase(0, end + 4);
            if (go_on) {
                constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
                bool full = false;
                if (c.ssl && SSL_write(c.ssl, text.data(), static_cast<int>(text.size())) <= 0)
                    return false;
                if (c.ssl ? !send_outbox(c, full) : send(c.fd, text.data(), text.size(), 0) < 0)
                    return false;
            }
            if (c.drain) continue;
        }
        c.sending = true;
        if (c.reply.delay_ms) {
            c.held = true;
            late_.push_back({clock::now() + std::chrono::milliseconds(c.reply.delay_ms), &c});
            return true;
        }
        if (c.reply.gather) {
            c.held = true;
            held_.push_back(&c);
            return release_held(c.reply.gather);
        }
        if (!flush(c)) return false;
    }
    return true;
}

/// One read; a body is dropped without a copy where it can be.
bool server::read_more(connection& c) {
    if (!c.ssl) {
        const bool body = c.drain && c.input.empty();
        const ssize_t n = body ? recv(
                                     c.fd,
                                     const_cast<char*>(answers_.pattern_memory()),
                                     std::min<std::uint64_t>(c.drain, pattern_size),
                                     MSG_TRUNC
                                 )
                               : recv(c.fd, hot_, sizeof hot_, 0);
        if (n <= 0) return n < 0 && errno == EAGAIN;
        if (body) {
            c.drain -= static_cast<std::uint64_t>(n);
            if (c.drain) return true;
            c.drain = 0;
            c.sending = true;
            return flush(c);
        }
        c.input.append(hot_, static_cast<std::size_t>(n));
        return process(c);
    }
    for (;;) {
        const int n = SSL_read(c.ssl, hot_, sizeof hot_);
        if (n <= 0) {
            bool full = false;
            return SSL_get_error(c.ssl, n) == SSL_ERROR_WANT_READ && send_outbox(c, full);
        }
        if (c.drain > static_cast<std::uint64_t>(n) && c.input.empty()) {
            c.drain -= static_cast<std::uint64_t>(n);
            continue;
        }
        c.input.append(hot_, static_cast<std::size_t>(n));
        if (!process(c)) return false;
    }
}

void server::drop(connection* c) {
    held_.erase(std::remove(held_.begin(), held_.end(), c), held_.end());
    std::erase_if(late_, [&](const late_answer& one) { return one.to == c; });
    delete c;
}

void server::run() {
    std::vector<epoll_event> events(256);
    for (;;) {
        const int n = epoll_wait(
            epoll_, events.data(), static_cast<int>(events.size()), late_.empty() ? -1 : 1
        );
        release_late();
        answers_.set_time(std::time(nullptr));
        for (int i = 0; i < n; i++) {
            void* const what = events[static_cast<std::size_t>(i)].data.ptr;
            if (what == &plain || what == &secure) {
                accept_one(*static_cast<int*>(what));
                continue;
            }
            auto* c = static_cast<connection*>(what);
            bool good = true;
            const auto mask = events[static_cast<std::size_t>(i)].events;
            if (mask & EPOLLOUT) good = flush(*c) && process(*c);
            if (good && (mask & (EPOLLIN | EPOLLHUP | EPOLLERR))) good = read_more(*c);
            if (!good) drop(c);
        }
    }
}

SSL_CTX* tls_context(const arguments& args) {
    const std::string certificate = args.text("cert"), key = args.text("key");
    if (certificate.empty()) return nullptr;
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256"); // the same for every client
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, 256u << 10);
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
        fail("cannot use the certificate");
    return context;
}

} // namespace

int main(int argc, char** argv) {
    const arguments args(argc, argv);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    std::signal(SIGPIPE, SIG_IGN);
    SSL_CTX* const tls = tls_context(args);
    const auto here = std::make_unique<server>(tls, args.number("show", 0) != 0);
    const int port = here->listen_here(&here->plain);
    const int tls_port = tls ? here->listen_here(&here->secure) : 0;
    std::printf("%d %d\n", port, tls_port);
    std::fflush(stdout);
    here->run();
}
