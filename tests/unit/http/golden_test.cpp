// SPDX-License-Identifier: Apache-2.0
// The golden answers over sockets and through the parser alone, cut anywhere; and that what never
// ends is left early.
#include "golden_answers.h"
#include "http/parser.h"
#include "raw_server.h"
#include "tls_server.h"

#include <gtest/gtest.h>

#include <cstring>

namespace blobstore::http::test {

namespace {

const std::string served_next = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext";

/// The answer to the first request of all, and "next" to every other.
void play(int fd, int number, const golden_answer& row) {
    std::string rest;
    if (number == 0) {
        take_head(fd, rest);
        put(fd, row.wire);
        if (row.ends) ::shutdown(fd, SHUT_WR);
    }
    while (!take_head(fd, rest).empty())
        put(fd, served_next);
}

exchange request_of(const golden_answer& row, const origin& to) {
    exchange e = get(to);
    e.unsigned_request.method = row.method;
    return e;
}

void expect_golden(const golden_answer& row) {
    SCOPED_TRACE(std::string(row.item) + ": " + row.name);
    raw_server server([&](int fd, int number) { play(fd, number, row); });
    context on;
    const auto c = open_client();
    const auto op = std::make_shared<test_operation>();
    op->limits.max_attempts = 1;
    op->limits.stall = milliseconds(8000);
    const answer a = ask(*c, on, request_of(row, server.to()), op);
    const errc code = a.outcome ? errc::ok : a.outcome.error().code();
    const std::string said = a.outcome ? a.body : a.outcome.error().message();
    EXPECT_EQ(name_of(code), name_of(row.code)) << said.substr(0, 200);
    if (row.code == errc::ok)
        EXPECT_EQ(said, row.says);
    else
        EXPECT_NE(said.find(row.says), said.npos) << said;
    EXPECT_EQ(said.find('\r'), said.npos);
    EXPECT_LT(a.seconds, 7) << "it was waited for";
    EXPECT_EQ(ask(*c, on, get(server.to())).body, "next") << "the next call gets its own answer";
    EXPECT_EQ(server.connections(), row.reused ? 1 : 2);
}

TEST(golden, ST05_ST06_framing_of_bodies) {
    ASSERT_GE(golden_framing.size(), 29U);
    for (const golden_answer& row : golden_framing)
        expect_golden(row);
}

TEST(golden, ST02_ST04_heads) {
    for (const golden_answer& row : golden_heads)
        expect_golden(row);
}

TEST(golden, SE05_chunks) {
    for (const golden_answer& row : golden_chunks)
        expect_golden(row);
}

/// What the parser alone makes of a wire that comes in two pieces.
struct parsed {
    answer_parser::state what = answer_parser::state::more;
    std::string reason, body;
    int status = 0;
    std::size_t fields = 0, left = 0;

    bool operator==(const parsed&) const = default;

    friend void PrintTo(const parsed& p, std::ostream* out) {
        *out << int(p.what) << " '" << p.reason << "' '" << p.body << "' status " << p.status
             << ", " << p.fields << " fields, " << p.left << " bytes left";
    }
};

/// Decodes chunks with what is there, into `out`.
void decode(answer_parser& parser, parsed& p, std::string& have) {
    for (;;) {
        std::array<char, 64> piece;
        const auto progress = parser.chunks(have, piece);
        have.erase(0, progress.used);
        p.body.append(piece.data(), progress.made);
        p.what = progress.what;
        if (p.what != answer_parser::state::more || progress.made < piece.size()) return;
    }
}

/// The wire comes up to each of `ends` in turn.
parsed parse_cut(const golden_answer& row, const std::vector<std::size_t>& ends) {
    answer_parser parser;
    response_head head;
    std::vector<char> buffer(head_limit);
    const bool no_body = std::string_view(row.method) == "HEAD";
    parser.begin(head, buffer, no_body);
    parsed p;
    std::size_t used = 0;
    bool in_body = false;
    std::string have;
    std::memcpy(buffer.data(), row.wire.data(), row.wire.size());
    for (const std::size_t end : ends) {
        while (!in_body && used < end) {
            const auto progress = parser.head({buffer.data() + used, end - used});
            used += progress.used;
            p.what = progress.what;
            if (p.what != answer_parser::state::done) break;
            in_body = head.status / 100 != 1;
            if (!in_body) parser.begin(head, buffer, no_body);
        }
        if (p.what == answer_parser::state::bad) break;
        if (!in_body) continue;
        have.append(buffer.data() + used, end - used);
        used = end;
        if (parser.body() == answer_parser::framing::chunked) decode(parser, p, have);
        if (p.what == answer_parser::state::bad) break;
    }
    p.reason = parser.reason();
    p.status = in_body ? head.status : 0;
    p.fields = in_body ? head.count : 0;
    p.left = p.what == answer_parser::state::bad ? 0 : have.size();
    return p;
}

TEST(golden, the_parser_finds_the_same_wherever_the_wire_is_cut) {
    std::size_t cuts = 0;
    for (const auto* rows : {&golden_framing, &golden_heads, &golden_chunks}) {
        for (const golden_answer& row : *rows) {
            if (row.wire.size() > 4096) continue;
            const std::size_t size = row.wire.size();
            const parsed whole = parse_cut(row, {size});
            std::vector<std::size_t> each_byte;
            for (std::size_t cut = 0; cut < size && !HasFailure(); ++cut, ++cuts) {
                EXPECT_EQ(parse_cut(row, {cut, size}), whole)
                    << row.name << " cut at " << cut << ": " << whole.reason;
                each_byte.push_back(cut + 1);
            }
            EXPECT_EQ(parse_cut(row, each_byte), whole) << row.name << " byte by byte";
        }
    }
    EXPECT_GT(cuts, 5000U);
}

struct endless_answer {
    const char* name;
    std::string begin, again;
    errc code;
    const char* says;
};

/// Serves `again` until the client has gone; how much it could send.
std::size_t flood(int fd, const endless_answer& row) {
    std::string block;
    while (block.size() < 65536)
        block += row.again;
    std::size_t sent = 0;
    put(fd, row.begin);
    while (sent < (std::size_t{1} << 30U)) {
        const ssize_t n = ::send(fd, block.data(), block.size(), MSG_NOSIGNAL);
        if (n <= 0) return sent;
        // a block that went out in part goes on with its beginning: every row may be cut like that
        sent += static_cast<std::size_t>(n);
    }
    return sent;
}

TEST(golden, ST02_SE05_what_never_ends_is_left_early) {
    const std::string chunks = "Transfer-Encoding: chunked\r\n\r\n";
    const std::vector<endless_answer> rows = {
        {"a field", "HTTP/1.1 200 OK\r\nA: ", "aaaa", errc::protocol, "the head is larger"},
        {"fields", "HTTP/1.1 200 OK\r\n", "A: b\r\n", errc::protocol, "the head is larger"},
        {"a first line", "HTTP/1.1 200 ", "OK OK ", errc::protocol, "the head is larger"},
        {"interim answers", "", early_hints, errc::protocol, "too many interim answers"},
        {"an extension", "HTTP/1.1 200 OK\r\n" + chunks + "5;", "a", errc::protocol, "too large"},
        {"trailers",
         "HTTP/1.1 200 OK\r\n" + chunks + "0\r\n",
         "A: b\r\n",
         errc::protocol,
         "too large"},
        {"zeros of a size", "HTTP/1.1 200 OK\r\n" + chunks, "0", errc::protocol, "chunk"},
        {"an error of 1 GiB",
         "HTTP/1.1 403 No\r\nContent-Length: 1073741824\r\n\r\n",
         "<Error>",
         errc::service,
         "status 403 <Error>"},
        {"an error in chunks",
         "HTTP/1.1 403 No\r\n" + chunks,
         "7\r\n<Error>\r\n",
         errc::service,
         "status 403 <Error>"},
        {"an error without a length",
         "HTTP/1.1 403 No\r\n\r\n",
         "<Error>",
         errc::service,
         "status 403 <Error>"},
    };
    for (const endless_answer& row : rows) {
        SCOPED_TRACE(row.name);
        std::atomic<std::size_t> sent{0};
        {
            raw_server server([&](int fd, int) {
                head_of(fd);
                sent += flood(fd, row);
            });
            context on;
            const auto c = open_client();
            const auto op = std::make_shared<test_operation>();
            op->limits.max_attempts = 1;
            exchange e = get(server.to());
            std::size_t judged = 0;
            e.decide = [&](const response_head& head, std::string_view body) {
                judged = body.size();
                return plain_judge(head, body);
            };
            const answer a = ask(*c, on, e, op);
            ASSERT_FALSE(a.outcome.has_value());
            EXPECT_EQ(name_of(a.outcome.error().code()), name_of(row.code));
            EXPECT_NE(a.outcome.error().message().find(row.says), std::string::npos)
                << a.outcome.error().message().substr(0, 200);
            EXPECT_LE(judged, 65536U);
        }
        EXPECT_LT(sent, std::size_t{32} << 20U) << "more than sockets hold was read";
    }
}

/// Every prefix of an answer of three chunks: only the whole is a success.
template <class Serve>
void cut_everywhere(const std::string& wire, Serve serve) {
    for (std::size_t size = 0; size <= wire.size(); ++size) {
        const answer a = serve(std::string_view(wire).substr(0, size));
        if (size == wire.size()) {
            EXPECT_EQ(a.body, "onetwothree");
            continue;
        }
        ASSERT_FALSE(a.outcome.has_value()) << size;
        EXPECT_EQ(name_of(a.outcome.error().code()), name_of(errc::network)) << size;
        EXPECT_TRUE(a.outcome.error()->retryable) << size;
    }
}

const std::string three_chunks = chunked("3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n");

std::shared_ptr<test_operation> single_attempt() {
    auto op = std::make_shared<test_operation>();
    op->limits.max_attempts = 1;
    return op;
}

TEST(golden, ST03_closed_at_every_byte) {
    cut_everywhere(three_chunks, [](std::string_view wire) {
        raw_server server([wire](int fd, int) {
            head_of(fd);
            put(fd, wire);
            ::shutdown(fd, SHUT_WR);
            hold(fd);
        });
        context on;
        return ask(*open_client(), on, get(server.to()), single_attempt());
    });
}

TEST(golden, ST03_closed_at_every_byte_with_and_without_close_notify) {
    const test_ca ca;
    certificate own;
    make_certificate(own, "IP:127.0.0.1", &ca.ca);
    const server_identity identity(own);
    client_options options;
    options.ca_file = ca.path();
    context on; // outlives the client, whose idle connections are on it
    const auto c = open_client(options);
    for (const bool notifies : {true, false}) {
        cut_everywhere(three_chunks, [&](std::string_view wire) {
            raw_server server([&](int fd, int) {
                tls_peer peer(fd, identity);
                peer.take_head();
                peer.put(wire);
                if (notifies) peer.notify();
                ::shutdown(fd, SHUT_WR);
                hold(fd);
            });
            origin to = server.to();
            to.tls = true;
            return ask(*c, on, get(to), single_attempt());
        });
    }
}

} // namespace

} // namespace blobstore::http::test
