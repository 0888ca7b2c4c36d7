// SPDX-License-Identifier: Apache-2.0
// One bucket against a server that misbehaves: which answers become data, and which an error.
#include "backends/s3/proven.h"
#include "backends/s3/s3.h"
#include "backends/s3/settings.h"
#include "http/settings.h"
#include "unit/http/raw_server.h"

#include <gtest/gtest.h>

namespace blobstore::s3 {
namespace {

using http::test::raw_server;
using http::test::test_operation;

std::shared_ptr<backend> open_bucket(const raw_server& server) {
    settings_values values{settings_table(), http::settings_table()};
    const std::string endpoint = "http://127.0.0.1:" + std::to_string(server.port());
    EXPECT_TRUE(values.set("endpoint", endpoint, setting_origin::call));
    EXPECT_TRUE(values.set("skip_signature", "true", setting_origin::call));
    auto machine = std::make_shared<host>();
    machine->now_ns = [] { return std::int64_t{0}; };
    proven_endpoints known;
    return open("bucket", values, machine, http::test::open_client(), known).value();
}

std::shared_ptr<test_operation> once() {
    auto op = std::make_shared<test_operation>();
    op->limits.max_attempts = 1;
    return op;
}

/// The bytes that reached the caller, then how it ended.
std::string get_of(const std::string& wire, const byte_range& range) {
    raw_server server([&](int fd, int) {
        http::test::head_of(fd);
        http::test::put(fd, wire);
        ::shutdown(fd, SHUT_WR);
        http::test::hold(fd);
    });
    context on;
    const std::shared_ptr<backend> bucket = open_bucket(server);
    std::string sink;
    get_options options;
    options.range = range;
    const result<void> done = run(on, once(), [&](operation& op) -> task<result<void>> {
        const std::string key = "k";
        result<object_body> body = co_await bucket->get(op, key, options);
        if (!body) co_return body.error();
        for (;;) {
            std::array<char, 64> piece;
            result<std::size_t> n = co_await body->bytes->read(op, piece, piece.size());
            if (!n) co_return n.error();
            if (*n == 0) co_return result<void>();
            sink.append(piece.data(), *n);
        }
    });
    return sink + (done ? "" : "!" + done.error().message());
}

TEST(s3_wire, S3_04_only_what_was_asked_for_is_data) {
    struct row {
        const char* name;
        bool ranged; ///< bytes 5 to 9 are asked for
        std::string wire;
        const char* expected; ///< data, or behind '!' what the message must hold
    };

    const std::string error_document = "<Error><Code>InternalError</Code></Error>";
    const std::string part = "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n";
    const std::string whole = "HTTP/1.1 200 OK\r\n";
    const std::vector<row> rows = {
        {"whole", false, whole + "Content-Length: 5\r\n\r\nhello", "hello"},
        {"gzip stays gzip",
         false,
         whole + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08",
         "\x1f\x8b\x08"},
        {"an error behind the data",
         false,
         whole + "Content-Length: 5\r\n\r\nhello" + error_document,
         "!longer than it promised"},
        {"an error in place of data",
         false,
         "HTTP/1.1 500 No\r\nContent-Length: " + std::to_string(error_document.size()) +
             "\r\n\r\n" + error_document,
         "!InternalError"},
        {"no length", false, whole + "\r\nhello", "!does not say how long"},
        {"nothing", false, "HTTP/1.1 204 No Content\r\n\r\n", "!answered a get with 204"},
        {"the part", true, part + "Content-Range: bytes 5-9/100\r\n\r\nhello", "hello"},
        {"another part",
         true,
         part + "Content-Range: bytes 0-4/100\r\n\r\nhello",
         "!another range"},
        {"a part of another length",
         true,
         part + "Content-Range: bytes 5-10/100\r\n\r\nhello",
         "!another range"},
        {"a part of what", true, part + "\r\nhello", "!Content-Range"},
        {"a part that nobody asked for",
         false,
         part + "Content-Range: bytes 5-9/100\r\n\r\nhello",
         "!another range"},
        {"the whole for a part",
         true,
         whole + "Content-Length: 10\r\n\r\n0123456789",
         "!does not serve ranges"},
    };
    for (const row& one : rows) {
        byte_range range;
        if (one.ranged) range = {5, 5, {}};
        const std::string seen = get_of(one.wire, range);
        const std::string_view expected = one.expected;
        if (expected.front() != '!') {
            EXPECT_EQ(seen, expected) << one.name;
            continue;
        }
        EXPECT_EQ(seen.find("<Error>"), seen.npos) << one.name << ": " << seen;
        EXPECT_NE(seen.find('!'), seen.npos) << one.name << ": " << seen;
        EXPECT_NE(seen.find(expected.substr(1)), seen.npos) << one.name << ": " << seen;
    }
}

std::string document(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(s3_wire, S3_01_an_unreadable_success_of_a_copy_is_asked_for_again) {
    const std::string good = "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>";
    for (const std::string& first :
         {std::string(),
          good.substr(0, 20),
          std::string("<Error><Code>InternalError</Code></Error>")}) {
        std::atomic<int> asked{0};
        raw_server server([&](int fd, int) {
            std::string rest;
            while (!http::test::take_head(fd, rest).empty())
                http::test::put(fd, document(asked++ == 0 ? first : good));
        });
        context on;
        const std::shared_ptr<backend> bucket = open_bucket(server);
        std::string etag;
        const result<void> done = http::test::run(on, [&](operation& op) -> task<result<void>> {
            const std::string key = "k";
            const copy_options options;
            result<object_meta> copied = co_await bucket->copy(op, *bucket, key, key, options);
            if (!copied) co_return copied.error();
            etag = copied->etag;
            co_return result<void>();
        });
        EXPECT_TRUE(done.has_value()) << first;
        EXPECT_EQ(etag, "\"e\"");
        EXPECT_EQ(asked, 2);
    }
}

TEST(s3_wire, S3_24_bulk_deletes_whose_answer_is_lost) {
    std::atomic<int> asked{0};
    raw_server server([&](int fd, int) {
        std::string rest;
        const std::string head = http::test::take_head(fd, rest);
        const std::size_t at = head.find("Content-Length: ");
        http::test::take_bytes(fd, rest, std::stoul(head.substr(at + 16)));
        if (++asked == 1) return; // closes without a word
        http::test::put(fd, document("<DeleteResult/>"));
        http::test::hold(fd);
    });
    context on;
    const std::shared_ptr<backend> bucket = open_bucket(server);
    std::vector<std::string> keys;
    for (int i = 0; i < 1001; ++i)
        keys.push_back("k" + std::to_string(i));
    std::vector<result<void>> results;
    const result<void> done = run(on, once(), [&](operation& op) -> task<result<void>> {
        result<std::vector<result<void>>> removed = co_await bucket->remove_many(op, keys);
        if (!removed) co_return removed.error();
        results = std::move(*removed);
        co_return result<void>();
    });
    ASSERT_TRUE(done.has_value());
    ASSERT_EQ(results.size(), 1001U);
    EXPECT_EQ(asked, 2) << "1000 keys a request";
    for (const std::size_t lost : {0U, 500U, 999U}) {
        ASSERT_FALSE(results[lost]);
        EXPECT_TRUE(results[lost].error()->outcome_unknown);
    }
    EXPECT_TRUE(results[1000]);
}

} // namespace
} // namespace blobstore::s3
