// SPDX-License-Identifier: Apache-2.0
// The log: by callback and by queue, what it says at which level, and that no secret is in it.
#include "capi/support.h"

#include <atomic>
#include <mutex>
#include <thread>

namespace blobstore::capi_tests {
namespace {

struct lines {
    std::mutex mutex;
    std::vector<std::pair<int, std::string>> all;
    std::atomic<bool> slow{false};
};

void BLOBSTORE_CALL keep(std::int32_t level, const char* line, size_t len, std::uint64_t to) {
    auto& into = *reinterpret_cast<lines*>(to);
    if (into.slow) std::this_thread::sleep_for(milliseconds(50));
    const std::lock_guard lock(into.mutex);
    into.all.emplace_back(level, std::string(line, len));
}

client_ptr logging(std::int32_t level, blobstore_log_fn log, blobstore_queue* queue, lines* to) {
    auto options = sized<blobstore_client_options>();
    options.log_level = level;
    options.log = log;
    options.log_queue = queue;
    options.log_user_data = reinterpret_cast<std::uint64_t>(to);
    blobstore_client* made = nullptr;
    error_slot err;
    EXPECT_EQ(blobstore_client_new(nullptr, &options, &made, err), BLOBSTORE_OK) << err.line();
    return client_ptr(made);
}

class log : public testing::Test {
protected:
    log() {
        server_.put_object("bucket", "key", "data");
        server_.on({}, fakes::answer_status(503, "SlowDown"), 1);
    }

    fakes::s3_server server_;
    lines seen_;
};

TEST_F(log, callback_gets_every_attempt_at_debug_and_is_over_after_close) {
    const client_ptr client = logging(BLOBSTORE_LOG_DEBUG, keep, nullptr, &seen_);
    const settings token{{"session_token", "hidden-session-token"}};
    seen_.slow = true;
    get(open_fake(client, server_, token), "key");
    EXPECT_EQ(blobstore_client_close(client.get(), -1, nullptr), BLOBSTORE_OK);
    const std::size_t at_close = seen_.all.size();
    EXPECT_GE(at_close, 3U) << "two attempts and what is between";
    std::this_thread::sleep_for(milliseconds(200));
    EXPECT_EQ(seen_.all.size(), at_close) << "after close nothing is called";
    for (const auto& [level, line] : seen_.all) {
        EXPECT_NE(line.find("GET"), std::string::npos) << line;
        for (const char* secret : {"testsecret", "hidden-session", "Signature="})
            EXPECT_EQ(line.find(secret), std::string::npos) << line;
    }
}

TEST_F(log, warn_tells_of_throttling_alone) {
    const client_ptr client = logging(BLOBSTORE_LOG_WARN, keep, nullptr, &seen_);
    EXPECT_EQ(get(open_fake(client, server_), "key"), BLOBSTORE_OK);
    EXPECT_EQ(get(open_fake(client, server_), "key"), BLOBSTORE_OK);
    EXPECT_EQ(blobstore_client_close(client.get(), -1, nullptr), BLOBSTORE_OK);
    ASSERT_EQ(seen_.all.size(), 1U);
    EXPECT_EQ(seen_.all[0].first, BLOBSTORE_LOG_WARN);
    EXPECT_NE(seen_.all[0].second.find("SlowDown"), std::string::npos) << seen_.all[0].second;
}

TEST_F(log, queue_gets_lines_as_events_and_drops_what_does_not_fit) {
    const queue_ptr queue = make_queue(2);
    const client_ptr client = logging(BLOBSTORE_LOG_DEBUG, nullptr, queue.get(), &seen_);
    const store_ptr store = open_fake(client, server_);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(get(store, "key"), BLOBSTORE_OK) << "a full log queue stops nobody";
    blobstore_event events[16];
    size_t n = 0;
    ASSERT_EQ(blobstore_queue_poll(queue.get(), events, 16, 1000, &n), BLOBSTORE_OK);
    EXPECT_EQ(n, 2U);
    for (size_t i = 0; i < n; ++i) {
        EXPECT_EQ(events[i].type, BLOBSTORE_EVENT_LOG);
        EXPECT_EQ(events[i].user_data, reinterpret_cast<std::uint64_t>(&seen_));
        const std::string line(static_cast<const char*>(events[i].data), events[i].data_len);
        EXPECT_NE(line.find("GET"), std::string::npos) << line;
        EXPECT_EQ(blobstore_op_wait(events[i].op, -1), BLOBSTORE_OK)
            << "there is nothing to wait for";
    }
    blobstore_events_release(events, n);
}

TEST_F(log, callback_and_queue_at_once_is_refused) {
    const queue_ptr queue = make_queue();
    auto options = sized<blobstore_client_options>();
    options.log_level = BLOBSTORE_LOG_INFO;
    options.log = keep;
    options.log_queue = queue.get();
    blobstore_client* made = nullptr;
    EXPECT_EQ(
        blobstore_client_new(nullptr, &options, &made, nullptr), BLOBSTORE_E_INVALID_ARGUMENT
    );
}

} // namespace
} // namespace blobstore::capi_tests
