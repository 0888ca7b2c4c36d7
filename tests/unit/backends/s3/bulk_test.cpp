// SPDX-License-Identifier: Apache-2.0
// Bulk deletes of which a part fails: what is asked for again, and what each key's result is.
#include "backends/s3/bulk_delete.h"
#include "backends/s3/proven.h"
#include "backends/s3/s3.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "http/settings.h"
#include "unit/http/raw_server.h"

#include <gtest/gtest.h>

namespace blobstore::s3 {
namespace {

using http::test::raw_server;
using http::test::test_operation;

std::string failure(const std::string& key, const std::string& code) {
    return "<Error><Key>" + key + "</Key><Code>" + code + "</Code><Message>m</Message></Error>";
}

std::string answer(const std::string& failures) {
    const std::string body = "<DeleteResult>" + failures + "</DeleteResult>";
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// Plays one answer after another; an empty one closes. Keeps which keys each request named.
class bulk_server {
public:
    explicit bulk_server(std::vector<std::string> answers)
        : answers_(std::move(answers))
        , server_([this](int fd, int) { serve(fd); }) {}

    /// The statuses by key, then the requests: "k1: E_PERMISSION; asked k0 k1 | k1".
    std::string remove(const std::vector<std::string>& keys, unsigned attempts) {
        context on; // outlives the client
        settings_values values{settings_table(), http::settings_table()};
        const std::string to = "http://127.0.0.1:" + std::to_string(server_.port());
        EXPECT_TRUE(values.set("endpoint", to, setting_origin::call));
        EXPECT_TRUE(values.set("skip_signature", "true", setting_origin::call));
        auto machine = std::make_shared<host>();
        machine->now_ns = [] { return std::int64_t{0}; };
        proven_endpoints known;
        const auto bucket =
            open("bucket", values, machine, http::test::open_client(), known).value();
        const auto op = std::make_shared<test_operation>();
        op->limits.max_attempts = attempts;
        std::string said;
        EXPECT_TRUE(run(on, op, [&](operation& o) -> task<result<void>> {
            result<std::vector<result<void>>> removed = co_await bucket->remove_many(o, keys);
            if (!removed) co_return removed.error();
            for (std::size_t i = 0; i < keys.size(); ++i) {
                const result<void>& one = (*removed)[i];
                if (one) continue;
                const error why = one.error();
                said += keys[i] + ": " + std::string(name_of(why.code())) + " " +
                        std::to_string(why->attempts) + (why->outcome_unknown ? "?; " : "; ");
            }
            co_return result<void>();
        }));
        return said + "asked" + asked_;
    }

private:
    void serve(int fd) {
        std::string rest;
        for (;;) {
            const std::string head = http::test::take_head(fd, rest);
            if (head.empty()) return;
            const std::size_t at = head.find("Content-Length: ");
            const std::string body =
                http::test::take_bytes(fd, rest, std::stoul(head.substr(at + 16)));
            EXPECT_NE(head.find("Content-MD5: " + base64(md5(body)) + "\r\n"), head.npos);
            asked_ += asked_.empty() ? "" : " |";
            for (std::size_t k = body.find("<Key>"); k != body.npos; k = body.find("<Key>", k + 1))
                asked_ += " " + body.substr(k + 5, body.find('<', k + 5) - k - 5);
            const std::string said = next_ < answers_.size() ? answers_[next_++] : "";
            if (said.empty()) return;
            http::test::put(fd, said);
        }
    }

    const std::vector<std::string> answers_;
    std::size_t next_ = 0;
    std::string asked_;
    raw_server server_;
};

const std::vector<std::string> five = {"k0", "k1", "k2", "k3", "k4"};

TEST(s3_bulk, S3_24_only_what_may_go_better_is_asked_for_again) {
    bulk_server server(
        {answer(
             failure("k3", "InternalError") + failure("k1", "AccessDenied") +
             failure("k4", "InternalError")
         ),
         answer(failure("k4", "InternalError")),
         answer("")}
    );
    EXPECT_EQ(server.remove(five, 5), "k1: E_PERMISSION 0; asked k0 k1 k2 k3 k4 | k3 k4 | k4");
}

TEST(s3_bulk, S3_24_the_attempts_of_the_call_end_it) {
    const std::string twice = answer(failure("k4", "InternalError") + failure("k2", "SlowDown"));
    bulk_server server({twice, twice, answer("")});
    EXPECT_EQ(
        server.remove(five, 2),
        "k2: E_THROTTLED 2; k4: E_UNAVAILABLE 2; asked k0 k1 k2 k3 k4 | k2 k4"
    );
}

TEST(s3_bulk, S3_24_an_answer_that_is_lost_leaves_settled_keys_alone) {
    bulk_server server(
        {answer(failure("k1", "AccessDenied") + failure("k4", "InternalError")), "", ""}
    );
    EXPECT_EQ(
        server.remove(five, 2),
        "k1: E_PERMISSION 0; k4: E_NETWORK 3?; asked k0 k1 k2 k3 k4 | k4 | k4" // one was stale
    );
}

TEST(s3_bulk, S3_24_a_whole_request_that_fails_is_asked_for_again_whole) {
    bulk_server server(
        {"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
         answer(failure("k0", "NeverHeardOf")),
         answer("")}
    );
    EXPECT_EQ(server.remove({"k0", "k1"}, 5), "k0: E_SERVICE 0; asked k0 k1 | k0 k1");
}

// Of an answer past the 64 KiB that are judged the whole is not known before the attempt is over.
TEST(s3_bulk, S3_24_long_answers) {
    std::vector<std::string> keys;
    std::string throttled, refused;
    for (int i = 0; i < 1000; ++i) {
        keys.push_back("key" + std::to_string(i));
        throttled += failure(keys.back(), i == 0 ? "InternalError" : "AccessDenied");
        refused += failure(keys.back(), i == 999 ? "InternalError" : "AccessDenied");
    }
    ASSERT_GT(throttled.size(), document_judged);
    bulk_server again({answer(throttled), answer("")});
    const std::string all = again.remove(keys, 5);
    EXPECT_TRUE(all.starts_with("asked")) << all.substr(0, 100);
    EXPECT_EQ(std::count(all.begin(), all.end(), '|'), 1);
    bulk_server once({answer(refused)});
    const std::string none = once.remove(keys, 5);
    EXPECT_EQ(std::count(none.begin(), none.end(), '|'), 0);
    EXPECT_NE(none.find("key998: E_PERMISSION"), none.npos);
    EXPECT_NE(none.find("key999: E_UNAVAILABLE"), none.npos);
}

} // namespace
} // namespace blobstore::s3
