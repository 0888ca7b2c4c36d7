// SPDX-License-Identifier: Apache-2.0
// One bucket against servers that know less than AWS.
#include "backends/s3/proven.h"
#include "backends/s3/requests.h"
#include "backends/s3/s3.h"
#include "backends/s3/settings.h"
#include "http/settings.h"
#include "unit/http/raw_server.h"

#include <gtest/gtest.h>

#include <mutex>

namespace blobstore::s3 {
namespace {

using http::test::raw_server;
using pairs = std::initializer_list<std::pair<std::string_view, std::string_view>>;

std::shared_ptr<backend> open_bucket(const raw_server& server, pairs given) {
    settings_values values{settings_table(), http::settings_table()};
    const std::string endpoint = "http://127.0.0.1:" + std::to_string(server.port());
    EXPECT_TRUE(values.set("endpoint", endpoint, setting_origin::call));
    EXPECT_TRUE(values.set("skip_signature", "true", setting_origin::call));
    for (const auto& [key, value] : given)
        EXPECT_TRUE(values.set(key, value, setting_origin::call));
    auto machine = std::make_shared<host>();
    machine->now_ns = [] { return std::int64_t{0}; };
    proven_endpoints known;
    return open("bucket", values, machine, http::test::open_client(), known).value();
}

std::string answer(const std::string& status, const std::string& body) {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

std::string list_of(const std::string& inside) {
    return answer("200 OK", "<ListBucketResult>" + inside + "</ListBucketResult>");
}

/// A server that answers by the first line, which it keeps.
class script {
public:
    explicit script(std::function<std::string(const std::string& line)> answer)
        : answer_(std::move(answer)) {}

    void operator()(int fd, int) {
        std::string rest;
        for (;;) {
            const std::string head = http::test::take_head(fd, rest);
            if (head.empty()) return;
            const std::string line = head.substr(0, head.find(" HTTP"));
            std::lock_guard lock(mutex_);
            lines_.push_back(line);
            http::test::put(fd, answer_(line));
        }
    }

    std::vector<std::string> lines() {
        std::lock_guard lock(mutex_);
        return lines_;
    }

private:
    std::function<std::string(const std::string& line)> answer_;
    std::mutex mutex_;
    std::vector<std::string> lines_;
};

/// All keys of a list, each page's behind '|'; the error's message where it fails.
std::string keys_of(context& on, backend& bucket) {
    std::string keys;
    const result<void> done = http::test::run(on, [&](operation& op) -> task<result<void>> {
        list_options options;
        do {
            result<list_page> page = co_await bucket.list(op, options);
            if (!page) co_return page.error();
            keys += "|";
            for (const object_meta& entry : page->entries)
                keys += entry.key;
            options.page_token = page->next_token;
        } while (!options.page_token.empty());
        co_return result<void>();
    });
    return done ? keys : done.error().message();
}

std::string old_server(const std::string& line) {
    if (line.find("list-type=2") != line.npos)
        return answer("501 No", "<Error><Code>NotImplemented</Code></Error>");
    if (line.find("marker=b%2B") != line.npos) return list_of("<Contents><Key>c</Key></Contents>");
    return list_of("<IsTruncated>true</IsTruncated><Contents><Key>a</Key></Contents>"
                   "<Contents><Key>b+</Key></Contents>");
}

TEST(s3_wire, S3_22_S3_42_lists_go_by_the_older_operation_where_the_newer_is_refused) {
    script server_of(old_server);
    raw_server server([&](int fd, int n) { server_of(fd, n); });
    context on;
    const std::shared_ptr<backend> bucket = open_bucket(server, {});
    EXPECT_EQ(keys_of(on, *bucket), "|ab+|c");
    EXPECT_EQ(keys_of(on, *bucket), "|ab+|c");
    const std::vector<std::string> lines = server_of.lines();
    ASSERT_EQ(lines.size(), 5U) << "the refusal is remembered";
    EXPECT_EQ(lines[0], "GET /bucket?list-type=2&encoding-type=url");
    EXPECT_EQ(lines[1], "GET /bucket?encoding-type=url");
    EXPECT_EQ(lines[2], "GET /bucket?encoding-type=url&marker=b%2B");
    EXPECT_EQ(lines[3], "GET /bucket?encoding-type=url");
}

TEST(s3_wire, S3_42_a_vendor_without_the_newer_list_is_not_asked_for_it) {
    for (const bool old : {false, true}) {
        script server_of(old_server);
        raw_server server([&](int fd, int n) { server_of(fd, n); });
        context on;
        const std::shared_ptr<backend> bucket =
            old ? open_bucket(server, {{"vendor", "ceph"}, {"disable_list_objects_v2", "true"}})
                : open_bucket(server, {{"vendor", "obs"}, {"path_style", "true"}});
        EXPECT_EQ(keys_of(on, *bucket), "|ab+|c");
        const std::vector<std::string> lines = server_of.lines();
        ASSERT_EQ(lines.size(), 2U);
        EXPECT_EQ(lines[0], "GET /bucket") << "and not for encoded keys";
        EXPECT_EQ(lines[1], "GET /bucket?marker=b%2B");
    }
}

TEST(s3_wire, S3_22_lists_of_markers_end) {
    context on;
    script server_of([](const std::string&) {
        return list_of("<IsTruncated>true</IsTruncated><Contents><Key>a</Key></Contents>");
    });
    raw_server server([&](int fd, int n) { server_of(fd, n); });
    EXPECT_EQ(
        keys_of(on, *open_bucket(server, {{"vendor", "ceph"}})), "the service repeats a page"
    );
    script empty_of([](const std::string&) { return list_of("<IsTruncated>true</IsTruncated>"); });
    raw_server empty([&](int fd, int n) { empty_of(fd, n); });
    EXPECT_EQ(
        keys_of(on, *open_bucket(empty, {{"vendor", "ceph"}})),
        "the list goes on, but the service does not say where"
    );
}

TEST(s3_wire, S3_42_where_there_is_no_bulk_delete_each_key_is_one_request) {
    script server_of([](const std::string& line) {
        return line.ends_with("/b") ? answer("403 No", "<Error><Code>AccessDenied</Code></Error>")
                                    : std::string("HTTP/1.1 204 Gone\r\n\r\n");
    });
    raw_server server([&](int fd, int n) { server_of(fd, n); });
    context on;
    const std::shared_ptr<backend> bucket = open_bucket(server, {{"vendor", "gcs"}});
    std::vector<result<void>> results;
    const result<void> done = http::test::run(on, [&](operation& op) -> task<result<void>> {
        const std::vector<std::string> keys = {"a", "b", "c"};
        result<std::vector<result<void>>> removed = co_await bucket->remove_many(op, keys);
        if (!removed) co_return removed.error();
        results = std::move(*removed);
        co_return result<void>();
    });
    ASSERT_TRUE(done.has_value());
    ASSERT_EQ(results.size(), 3U);
    EXPECT_TRUE(results[0] && results[2]);
    EXPECT_EQ(results[1].error().code(), errc::permission);
    const std::vector<std::string> lines = server_of.lines();
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0], "DELETE /bucket/a");
}

TEST(s3_requests, S3_23_what_a_directory_bucket_lists) {
    const std::string_view directory = "b--usw2-az1--x-s3";
    EXPECT_TRUE(list_traits_of("bucket").sorted);
    EXPECT_FALSE(list_traits_of(directory).sorted) << "nobody may merge or skip by order";
    EXPECT_FALSE(list_traits_of("p--usw2-az1--xa-s3").sorted);

    const struct {
        const char *prefix, *delimiter, *start_after;
        bool fits;
    } cases[] = {
        {"", "", "", true},
        {"a/", "/", "", true},
        {"a", "", "", false},
        {"a/", "-", "", false},
        {"", "", "k", false}};

    for (const auto& c : cases) {
        list_options options;
        options.prefix = c.prefix;
        options.delimiter = c.delimiter;
        options.start_after = c.start_after;
        EXPECT_TRUE(check_list("bucket", options));
        const result<void> checked = check_list(directory, options);
        EXPECT_EQ(checked.has_value(), c.fits) << c.prefix << c.delimiter << c.start_after;
        EXPECT_TRUE(checked || checked.error().code() == errc::unsupported);
    }
}

} // namespace
} // namespace blobstore::s3
