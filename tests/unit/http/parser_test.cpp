// SPDX-License-Identifier: Apache-2.0
// Every head that is refused, those that are not, and chunked bodies cut at each byte.
#include "http/parser.h"

#include <gtest/gtest.h>

#include <cstring>

namespace blobstore::http {

namespace {

using state = answer_parser::state;
using framing = answer_parser::framing;

struct parsed {
    state what = state::more;
    std::string reason;
    framing body = framing::none;
    std::uint64_t length = 0;
    int status = 0;
    std::size_t count = 0, used = 0;
    bool keep_alive = false;
};

/// Feeds `text` in steps of `step` bytes into a buffer as the connection does.
parsed parse(std::string_view text, std::size_t step = head_limit, bool no_body = false) {
    answer_parser parser;
    response_head head;
    std::vector<char> buffer(head_limit);
    parser.begin(head, buffer, no_body);
    parsed p;
    std::size_t begin = 0;
    std::size_t end = 0;
    while (p.what == state::more && !text.empty() && end < buffer.size()) {
        const std::size_t n = std::min({step, text.size(), buffer.size() - end});
        std::memcpy(buffer.data() + end, text.data(), n);
        text.remove_prefix(n);
        end += n;
        const auto progress = parser.head({buffer.data() + begin, end - begin});
        begin += progress.used;
        p.what = progress.what;
    }
    p.reason = parser.reason();
    p.used = begin;
    if (p.what != state::done) return p;
    p.body = parser.body();
    p.length = parser.length();
    p.status = head.status;
    p.count = head.count;
    p.keep_alive = parser.keep_alive();
    return p;
}

std::string answer(std::string_view fields) {
    return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "\r\n";
}

TEST(parser, refused_heads) {
    std::string many;
    for (int i = 0; i < 257; ++i)
        many += "A" + std::to_string(i) + ": b\r\n";
    const std::vector<std::pair<const char*, std::string>> refused = {
        {"garbage", "SSH-2.0-OpenSSH_9.2\r\n\r\n"},
        {"version 2", "HTTP/2.0 200 OK\r\n\r\n"},
        {"no reason's space", "HTTP/1.1 200\r\n\r\n"},
        {"status of two digits", "HTTP/1.1 20 OK\r\n\r\n"},
        {"status below 100", "HTTP/1.1 099 OK\r\n\r\n"},
        {"bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"},
        {"equal lengths twice", answer("Content-Length: 3\r\nContent-Length: 3\r\n")},
        {"other lengths twice", answer("Content-Length: 3\r\nContent-Length: 4\r\n")},
        {"a list of lengths", answer("Content-Length: 3, 3\r\n")},
        {"length with a sign", answer("Content-Length: +3\r\n")},
        {"negative length", answer("Content-Length: -3\r\n")},
        {"empty length", answer("Content-Length: \r\n")},
        {"hex length", answer("Content-Length: 0x3\r\n")},
        {"length of 2^64", answer("Content-Length: 18446744073709551616\r\n")},
        {"length, then chunked", answer("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")},
        {"chunked, then length", answer("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n")},
        {"gzip, chunked", answer("Transfer-Encoding: gzip, chunked\r\n")},
        {"gzip", answer("Transfer-Encoding: gzip\r\n")},
        {"identity", answer("Transfer-Encoding: identity\r\n")},
        {"chunked twice", answer("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
        {"chunked, chunked", answer("Transfer-Encoding: chunked, chunked\r\n")},
        {"chunked in 1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {"obs-fold", answer("A: b\r\n c\r\n")},
        {"obs-fold by tab", answer("A: b\r\n\tc\r\n")},
        {"obs-fold of nothing", answer("A:\r\n \r\n")},
        {"space before the colon", answer("A : b\r\n")},
        {"no colon", answer("Abc\r\n")},
        {"empty name", answer(": b\r\n")},
        {"control character", answer("A: b\x01\r\n")},
        {"over 16 KiB", answer("A: " + std::string(head_limit, 'b') + "\r\n")},
        {"over 256 fields", answer(many)},
    };
    for (const auto& [name, text] : refused) {
        for (const std::size_t step : {head_limit, std::size_t{1}}) {
            const parsed p = parse(text, step);
            // The connection refuses what fills the buffer; lone line feeds may be waited on, never
            // taken.
            const bool open = text.size() > head_limit || text.find("OK\n") != text.npos;
            const bool waits = p.what == state::more && open;
            EXPECT_TRUE(p.what == state::bad || waits) << name << " in steps of " << step;
            EXPECT_TRUE(waits || !p.reason.empty()) << name;
        }
    }
}

TEST(parser, accepted_heads) {
    parsed p = parse(answer("content-LENGTH: 12\r\nX: \r\n"), 1);
    EXPECT_EQ(p.what, state::done);
    EXPECT_EQ(p.body, framing::length);
    EXPECT_EQ(p.length, 12U);
    EXPECT_EQ(p.count, 2U);
    EXPECT_TRUE(p.keep_alive);
    p = parse(answer("Transfer-Encoding: Chunked\r\nConnection: close\r\n"));
    EXPECT_EQ(p.body, framing::chunked);
    EXPECT_FALSE(p.keep_alive);
    EXPECT_EQ(parse(answer("")).body, framing::until_close);
    EXPECT_EQ(parse("HTTP/1.1 204 No Content\r\n\r\n").body, framing::none);
    EXPECT_EQ(parse("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n").body, framing::none);
    EXPECT_EQ(parse(answer("Content-Length: 9\r\n"), head_limit, true).body, framing::none);
    EXPECT_EQ(parse(answer("Content-Length: 0\r\n")).length, 0U);
    EXPECT_EQ(parse(answer("Content-Length: 18446744073709551615\r\n")).length, ~std::uint64_t{0});
    EXPECT_EQ(parse("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n").status, 100);
    EXPECT_FALSE(parse("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n").keep_alive);
    std::string many;
    for (int i = 0; i < 256; ++i)
        many += "A" + std::to_string(i) + ": b\r\n";
    EXPECT_EQ(parse(answer(many)).count, 256U);
}

/// Decodes with the wire cut at `cut` and output of `room` bytes at a time.
std::string
decode(std::string_view wire, std::size_t cut, std::size_t room, state& end, std::size_t& left) {
    answer_parser parser;
    response_head head;
    std::string text = answer("Transfer-Encoding: chunked\r\n");
    std::vector<char> buffer(head_limit);
    std::memcpy(buffer.data(), text.data(), text.size());
    parser.begin(head, buffer, false);
    parser.head({buffer.data(), text.size()});
    std::string out;
    std::string have(wire.substr(0, cut));
    std::string_view more = wire.substr(cut);
    for (;;) {
        std::string piece(room, '\0');
        const auto p = parser.chunks(have, piece);
        have.erase(0, p.used);
        out += piece.substr(0, p.made);
        end = p.what;
        left = have.size() + more.size();
        if (p.what != state::more) return out;
        if (p.made != 0) continue;
        if (more.empty()) return out;
        have += more;
        more = {};
    }
}

TEST(parser, chunks_cut_anywhere) {
    const std::string wire =
        "5;a=b\r\nhello\r\n1\r\n \r\nB\r\nworld, how?\r\n0\r\nTrailer: x\r\n\r\nJUNK";
    for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
        for (const std::size_t room : {std::size_t{1}, std::size_t{3}, std::size_t{100}}) {
            state end = state::more;
            std::size_t left = 0;
            EXPECT_EQ(decode(wire, cut, room, end, left), "hello world, how?")
                << cut << " " << room;
            EXPECT_EQ(end, state::done) << cut << " " << room;
            EXPECT_EQ(left, 4U);
        }
    }
}

TEST(parser, refused_chunks) {
    for (const char* wire :
         {"x\r\n",
          "5\r\nhelloXX0\r\n\r\n",
          "-1\r\n",
          "5\nhello\r\n",
          "11111111111111111\r\n",
          "\r\n"}) {
        state end = state::more;
        std::size_t left = 0;
        decode(wire, std::strlen(wire), 100, end, left);
        EXPECT_EQ(end, state::bad) << wire;
    }
}

} // namespace

} // namespace blobstore::http
