// SPDX-License-Identifier: Apache-2.0
// Answers that behave and misbehave, each with what a call must make of it. Data alone.
#pragma once

#include "base/error.h"

#include <string>
#include <vector>

namespace blobstore::http::test {

struct golden_answer {
    const char* item; ///< of reliability.md, or the section of RFC 9112
    const char* name;
    const char* method;
    std::string wire;
    bool ends; ///< the server says nothing more; else it goes on serving
    errc code;
    std::string says; ///< the body, or what the message must hold
    bool reused;      ///< the connection serves the next call
};

inline std::string answer_of(const std::string& fields, const std::string& body = "") {
    return "HTTP/1.1 200 OK\r\n" + fields + "\r\n" + body;
}

inline std::string length_5(const std::string& fields = "") {
    return answer_of(fields + "Content-Length: 5\r\n", "hello");
}

inline std::string chunked(const std::string& chunks) {
    return answer_of("Transfer-Encoding: chunked\r\n", chunks);
}

inline std::string times(int n, const std::string& text) {
    std::string all;
    for (int i = 0; i < n; ++i)
        all += text;
    return all;
}

/// A success, after which the connection serves the next call.
inline golden_answer
kept(const char* item, const char* name, const std::string& wire, const std::string& body) {
    return {item, name, "GET", wire, false, errc::ok, body, true};
}

/// A success whose connection is not used again.
inline golden_answer
lost(const char* item, const char* name, const std::string& wire, const std::string& body) {
    return {item, name, "GET", wire, false, errc::ok, body, false};
}

inline golden_answer
refused(const char* item, const char* name, const std::string& wire, const std::string& why) {
    return {item, name, "GET", wire, false, errc::protocol, why, false};
}

inline const std::string early_hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
inline const std::string
    gzip_hello("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9", 15);

inline constexpr errc ok = errc::ok, bad = errc::protocol, cut = errc::network;
inline const std::string bad_length = "its Content-Length is malformed or doubtful";
inline const std::string bad_coding = "its Transfer-Encoding is not exactly chunked";
inline const std::string evil_answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";

inline const std::vector<golden_answer> golden_framing = {
    kept("6.3", "a length", length_5(), "hello"),
    kept("6.3", "a length of nothing", answer_of("Content-Length: 0\r\n"), ""),
    {"9.3", "close asked for", "GET", length_5("Connection: close\r\n"), true, ok, "hello", false},
    {"9.3",
     "1.0",
     "GET",
     "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
     true,
     ok,
     "hello",
     false},
    kept(
        "9.3",
        "1.0 kept alive",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
        "hello"
    ),
    refused("ST-05", "equal lengths", length_5("Content-Length: 5\r\n"), bad_length),
    refused("ST-05", "two lengths", length_5("Content-Length: 4\r\n"), bad_length),
    refused(
        "ST-05", "a list of lengths", answer_of("Content-Length: 5, 5\r\n", "hello"), bad_length
    ),
    refused("ST-05", "length +5", answer_of("Content-Length: +5\r\n", "hello"), bad_length),
    refused("ST-05", "length -1", answer_of("Content-Length: -1\r\n", "hello"), bad_length),
    refused(
        "ST-05",
        "length 10^22",
        answer_of("Content-Length: 10000000000000000000000\r\n", "hello"),
        bad_length
    ),
    refused(
        "ST-05",
        "length 2^64",
        answer_of("Content-Length: 18446744073709551616\r\n", "hello"),
        bad_length
    ),
    refused("ST-05", "length 0x5", answer_of("Content-Length: 0x5\r\n", "hello"), bad_length),
    refused("ST-05", "length of no digits", answer_of("Content-Length:\r\n", "hello"), bad_length),
    refused(
        "ST-05",
        "length, then chunked",
        answer_of("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        bad_coding
    ),
    refused(
        "ST-05",
        "chunked, then length",
        answer_of("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
        bad_length
    ),
    refused(
        "ST-05",
        "gzip, chunked",
        answer_of("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
        bad_coding
    ),
    {"ST-05",
     "coded by gzip",
     "GET",
     answer_of("Transfer-Encoding: gzip\r\n", gzip_hello),
     true,
     bad,
     bad_coding,
     false},
    refused(
        "ST-05",
        "chunked, identity",
        answer_of("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
        bad_coding
    ),
    refused(
        "ST-05",
        "chunked twice",
        answer_of("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        bad_coding
    ),
    {"ST-05",
     "chunked in 1.0",
     "GET",
     "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     true,
     bad,
     bad_coding,
     false},
    {"ST-03",
     "no length, then the end",
     "GET",
     answer_of("", "hello"),
     true,
     bad,
     "it has no length",
     false},
    {"ST-03",
     "shorter than its length",
     "GET",
     answer_of("Content-Length: 6\r\n", "hello"),
     true,
     cut,
     "ended after 5 of 6 bytes",
     false},
    {"ST-03", "no last chunk", "GET", chunked("5\r\nhello\r\n"), true, cut, "was truncated", false},
    {"ST-03",
     "half a last chunk",
     "GET",
     chunked("5\r\nhello\r\n0\r\n"),
     true,
     cut,
     "was truncated",
     false},
    {"ST-03",
     "no end of its head",
     "GET",
     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
     true,
     cut,
     "closed reading the answer",
     false},
    refused(
        "ST-06",
        "another answer behind it",
        length_5() + evil_answer,
        "it is longer than it promised"
    ),
    lost("ST-06", "a byte behind chunks", chunked("5\r\nhello\r\n0\r\n\r\n\n"), "hello"),
    lost(
        "ST-06",
        "an answer behind chunks",
        chunked("5\r\nhello\r\n0\r\n\r\n") + evil_answer,
        "hello"
    ),
    {"ST-06",
     "HEAD with a length",
     "HEAD",
     answer_of("Content-Length: 5\r\n"),
     false,
     ok,
     "",
     true},
    {"ST-06", "HEAD that says chunked", "HEAD", chunked(""), false, ok, "", true},
    {"ST-06", "HEAD without a length", "HEAD", answer_of(""), false, ok, "", true},
    {"ST-06", "HEAD with a body", "HEAD", length_5(), false, ok, "", false},
    {"ST-06", "HEAD with chunks", "HEAD", chunked("5\r\nhello\r\n0\r\n\r\n"), false, ok, "", false},
    kept("ST-06", "204", "HTTP/1.1 204 No Content\r\n\r\n", ""),
    kept("ST-06", "204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", ""),
    lost(
        "ST-06", "204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", ""
    ),
    {"ST-06",
     "304 with a length",
     "GET",
     "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
     false,
     errc::service,
     "status 304",
     true},
    {"ST-06",
     "304 with a body",
     "GET",
     "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello",
     false,
     errc::service,
     "status 304",
     false},
    kept(
        "SE-04",
        "gzip nobody asked for",
        answer_of("Content-Encoding: gzip\r\nContent-Length: 15\r\n", gzip_hello),
        gzip_hello
    ),
    {"ST-03",
     "an error without a length",
     "GET",
     "HTTP/1.1 403 No\r\n\r\ndenied",
     true,
     errc::service,
     "status 403 denied",
     false},
    {"ST-03",
     "an error cut short",
     "GET",
     "HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\ndenied",
     true,
     errc::service,
     "status 403 denied",
     false},
};

inline const std::string rest_of_5 = "Content-Length: 5\r\n\r\nhello";
inline const std::string too_many = "there are too many interim answers";
inline const std::string large_head = "the head is larger than 16 KiB";
inline const std::string large_metadata = "x-amz-meta-a: " + std::string(8192, 'm') + "\r\n";

inline const std::vector<golden_answer> golden_heads = {
    kept(
        "ST-04",
        "100, 102, 103, 200",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + early_hints + length_5(),
        "hello"
    ),
    kept(
        "ST-04",
        "100 with a length",
        "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n" + length_5(),
        "hello"
    ),
    kept("ST-04", "10 x 103", times(10, early_hints) + length_5(), "hello"),
    refused("ST-04", "11 x 103", times(11, early_hints) + length_5(), too_many),
    refused(
        "ST-04",
        "100 behind the answer",
        length_5() + "HTTP/1.1 100 Continue\r\n\r\n",
        "it is longer than it promised"
    ),
    lost(
        "ST-04",
        "100 behind a 204",
        "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
        ""
    ),
    refused(
        "ST-04",
        "another protocol",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        "it switches protocols"
    ),
    {"ST-04",
     "interim answers alone",
     "GET",
     early_hints,
     true,
     errc::network,
     "closed reading the answer",
     false},
    kept("ST-02", "8 KiB of metadata", length_5(large_metadata), "hello"),
    refused(
        "ST-02", "a field of 64 KiB", length_5("A: " + std::string(65536, 'a') + "\r\n"), large_head
    ),
    refused(
        "ST-02",
        "64 KiB of fields",
        length_5(times(64, "A: " + std::string(1020, 'a') + "\r\n")),
        large_head
    ),
    kept("SE-05", "255 fields", length_5(times(255, "A: b\r\n")), "hello"),
    refused("SE-05", "300 fields", length_5(times(299, "A: b\r\n")), "or 256 fields"),
    kept("4", "no reason", "HTTP/1.1 200 \r\n" + rest_of_5, "hello"),
    kept(
        "4",
        "bytes beyond ASCII",
        "HTTP/1.1 200 D\xc3\xa9j\xc3\xa0\r\nA: \xc3\xa9\r\n" + rest_of_5,
        "hello"
    ),
    refused(
        "ST-05",
        "no space behind the status",
        "HTTP/1.1 200\r\n" + rest_of_5,
        "its status is malformed"
    ),
    refused("4", "status 99", "HTTP/1.1 099 OK\r\n" + rest_of_5, "its status is malformed"),
    refused(
        "4", "status of four digits", "HTTP/1.1 2000 OK\r\n" + rest_of_5, "its status is malformed"
    ),
    refused("4", "status in letters", "HTTP/1.1 abc OK\r\n" + rest_of_5, "its status is malformed"),
    refused(
        "2.3", "version 2", "HTTP/2.0 200 OK\r\n" + rest_of_5, "it is not HTTP/1.0 or HTTP/1.1"
    ),
    refused(
        "2.3", "version 1.2", "HTTP/1.2 200 OK\r\n" + rest_of_5, "it is not HTTP/1.0 or HTTP/1.1"
    ),
    refused("2.3", "version in small letters", "http/1.1 200 OK\r\n" + rest_of_5, "it is not HTTP"),
    refused("2.2", "another protocol's greeting", "SSH-2.0-OpenSSH_9.2\r\n", "it is not HTTP"),
    refused("2.2", "a TLS alert", std::string("\x15\x03\x01\x00\x02\x02\x46", 7), "it is not HTTP"),
    refused("2.2", "a line end before it", "\r\n" + length_5(), "it is not HTTP"),
    refused(
        "2.2",
        "bare line feeds",
        "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
        "its lines do not end in CR LF"
    ),
    refused("2.2", "one bare line feed", "HTTP/1.1 200 OK\r\nA: b\n" + rest_of_5, "is malformed"),
    refused("5.2", "a folded field", length_5("A: b\r\n c\r\n"), "a header field is folded"),
    refused(
        "5.2", "a field folded by a tab", length_5("A: b\r\n\tc\r\n"), "a header field is folded"
    ),
    refused(
        "5.2",
        "a folded length",
        answer_of("Content-Length:\r\n 5\r\n", "hello"),
        "a header field is folded"
    ),
    refused(
        "5.1",
        "a space before the colon",
        length_5("A : b\r\n"),
        "a header field's name is malformed"
    ),
    refused("5.1", "no colon", length_5("Abc\r\n"), "a header field's name is malformed"),
    refused("5.1", "no name", length_5(": b\r\n"), "a header field's name is malformed"),
    refused(
        "5.5",
        "NUL in a value",
        length_5(std::string("A: b\0c\r\n", 8)),
        "a header field's value is malformed"
    ),
    refused(
        "5.5",
        "a control character",
        length_5("A: b\x01\r\n"),
        "a header field's value is malformed"
    ),
    refused("5.5", "CR in a value", length_5("A: b\rc\r\n"), "its lines do not end in CR LF"),
};

inline const std::string last_chunk = "0\r\n\r\n";
inline const std::string hello_chunk = "5\r\nhello\r\n" + last_chunk;
inline const std::string bad_chunk = "a chunk is malformed";
inline const std::string bad_extension = "a chunk's head is malformed or its extension over 1 KiB";
inline const std::string large_chunk = "a chunk's head or the trailers are too large";

inline const std::vector<golden_answer> golden_chunks = {
    kept("7.1", "one chunk", chunked(hello_chunk), "hello"),
    kept("7.1", "no chunk", chunked(last_chunk), ""),
    kept(
        "7.1",
        "hex in both cases, leading zeros",
        chunked("0000A\r\n0123456789\r\nb\r\nabcdefghijk\r\n" + last_chunk),
        "0123456789abcdefghijk"
    ),
    kept("7.1.1", "extensions", chunked("5;a;b=c;d=\"e;f\"\r\nhello\r\n0;g\r\n\r\n"), "hello"),
    kept(
        "7.1.2",
        "trailers",
        chunked("5\r\nhello\r\n0\r\nx-amz-checksum: a\r\nB: c\r\n\r\n"),
        "hello"
    ),
    kept(
        "SE-05",
        "an extension of 1 KiB",
        chunked("5;" + std::string(1023, 'a') + "\r\nhello\r\n" + last_chunk),
        "hello"
    ),
    refused(
        "SE-05",
        "an extension of 2 KiB",
        chunked("5;" + std::string(2047, 'a') + "\r\nhello\r\n" + last_chunk),
        bad_extension
    ),
    refused(
        "SE-05",
        "many large extensions",
        chunked(times(99, "1;" + std::string(4096, 'a') + "\r\nh\r\n")),
        bad_extension
    ),
    refused("SE-05", "an extension of 70 KB", chunked("5;" + std::string(70000, 'a')), large_chunk),
    refused(
        "SE-05", "trailers of 70 KB", chunked("0\r\n" + times(7000, "Abc: def\r\n")), large_chunk
    ),
    refused(
        "7.1.2",
        "a length in the trailers",
        chunked("5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n"),
        "its Content-Length is malformed or doubtful"
    ),
    refused("7.1", "a size that is no number", chunked("xyz\r\nhello\r\n" + last_chunk), bad_chunk),
    refused("7.1", "no size", chunked("\r\nhello\r\n" + last_chunk), bad_chunk),
    refused("7.1", "a size with a sign", chunked("+5\r\nhello\r\n" + last_chunk), bad_chunk),
    refused("7.1", "a negative size", chunked("-5\r\nhello\r\n" + last_chunk), bad_chunk),
    refused("7.1", "a size with 0x", chunked("0x5\r\nhello\r\n" + last_chunk), bad_extension),
    refused(
        "7.1", "a size of 2^64", chunked("10000000000000000\r\nhello\r\n" + last_chunk), bad_chunk
    ),
    refused("7.1", "a space before the size", chunked(" 5\r\nhello\r\n" + last_chunk), bad_chunk),
    refused("7.1", "longer than its size", chunked("5\r\nhelloX\r\n" + last_chunk), bad_chunk),
    refused("7.1", "a bare line feed", chunked("5\nhello\r\n" + last_chunk), bad_extension),
    refused(
        "7.1", "a bare line feed behind the data", chunked("5\r\nhello\n" + last_chunk), bad_chunk
    ),
};

} // namespace blobstore::http::test
