// SPDX-License-Identifier: Apache-2.0
// Settings describe themselves; threads and descriptors of a client go with it.
#include "capi/support.h"

#include <array>
#include <filesystem>
#include <set>
#include <thread>

namespace blobstore::capi_tests {
namespace {

std::size_t entries(const char* folder) {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator(folder)) {
        ++n;
    }
    return n;
}

bool back_to(const char* folder, std::size_t count) {
    for (int i = 0; i < 100; ++i) {
        if (entries(folder) <= count) {
            return true;
        }
        std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
}

TEST(lifetime, describe_lists_the_settings) {
    std::set<std::string> names;
    auto key = sized<blobstore_config_key>();
    size_t i = 0;
    for (; blobstore_config_describe(i, &key) == BLOBSTORE_OK; ++i) {
        EXPECT_TRUE(names.insert(text_of(key.name)).second) << text_of(key.name);
        EXPECT_GT(key.doc.len, 0U) << text_of(key.name);
        EXPECT_GT(key.type.len, 0U) << text_of(key.name);
        const bool secret = (key.flags & BLOBSTORE_CONFIG_SECRET) != 0;
        const bool is_secret = text_of(key.name) == "secret_access_key" ||
                               text_of(key.name) == "session_token" ||
                               text_of(key.name) == "client_key";
        EXPECT_EQ(secret, is_secret) << text_of(key.name);
    }
    EXPECT_EQ(blobstore_config_describe(i, &key), BLOBSTORE_E_RANGE);
    for (const char* known : {"region", "endpoint", "memory_limit", "timeout", "ca_file"}) {
        EXPECT_TRUE(names.contains(known)) << known;
    }
}

TEST(lifetime, threads_and_descriptors_go_with_the_client) {
    fakes::s3_server server;
    server.put_object("bucket", "key", "data");
    { make_client(); }
    const std::size_t threads = entries("/proc/self/task");
    const std::size_t descriptors = entries("/proc/self/fd");
    {
        const client_ptr client = make_client();
        EXPECT_EQ(entries("/proc/self/task"), threads) << "a client starts no thread by itself";
        const store_ptr store = open_fake(client, server);
        for (int i = 0; i < 20; ++i) {
            EXPECT_EQ(get(store, "key"), BLOBSTORE_OK);
            auto how = sized<blobstore_async>();
            how.callback = [](const blobstore_event*) {};
            EXPECT_EQ(submit_get(store, "key", nullptr, &how, nullptr), BLOBSTORE_OK);
        }
        EXPECT_EQ(blobstore_client_close(client.get(), -1, nullptr), BLOBSTORE_OK);
    }
    EXPECT_TRUE(back_to("/proc/self/task", threads))
        << entries("/proc/self/task") << " of " << threads;
    EXPECT_TRUE(back_to("/proc/self/fd", descriptors))
        << entries("/proc/self/fd") << " of " << descriptors;
}

/// Calls that hang in connect, TLS, head and body, with their completions on a queue.
class hanging_calls {
public:
    static constexpr std::size_t count = 100;

    hanging_calls() {
        plain_.put_object("bucket", "key", "0123456789");
        plain_.on({.key = "key"}, fakes::stall_at(fakes::stage::answer_body, 3), fakes::for_ever);
        plain_.on({}, fakes::stall_at(fakes::stage::answer_head), fakes::for_ever);
        secure_.on({}, fakes::stall_at(fakes::stage::accept), fakes::for_ever);
        const store_ptr stores[] = {
            open_fake(client, plain_),
            open_fake(client, secure_),
            open_store(
                client,
                "s3://bucket",
                fake_settings("http://127.0.0.1:" + std::to_string(hole_.port()))
            )};
        auto how = sized<blobstore_async>();
        how.queue = queue.get();
        for (std::size_t i = 0; i < count; ++i)
            EXPECT_EQ(
                submit_get(stores[i % 3], i % 2 == 0 ? "key" : "other", nullptr, &how, nullptr),
                BLOBSTORE_OK
            );
        std::this_thread::sleep_for(milliseconds(300));
    }

    // How many have ended with E_CANCELLED.
    std::size_t cancelled() {
        std::size_t ended = 0, right = 0;
        std::array<blobstore_event, 32> batch;
        for (int i = 0; i < 100 && ended < count; ++i) {
            size_t n = 0;
            blobstore_queue_poll(queue.get(), batch.data(), batch.size(), 100, &n);
            for (std::size_t each = 0; each < n; ++each)
                right += batch.at(each).status == BLOBSTORE_E_CANCELLED ? 1 : 0;
            blobstore_events_release(batch.data(), n);
            ended += n;
        }
        return right;
    }

    queue_ptr queue = make_queue(count);
    client_ptr client = make_client();

private:
    static fakes::server_options tls() {
        fakes::server_options out;
        out.tls = fakes::tls_mode::on;
        return out;
    }

    fakes::s3_server plain_, secure_{tls()};
    fakes::blackhole_port hole_;
};

TEST(lifetime, AB04_close_ends_what_runs_within_a_second) {
    hanging_calls calls;
    EXPECT_EQ(blobstore_client_close(calls.client.get(), 1000, nullptr), BLOBSTORE_OK);
    EXPECT_EQ(calls.cancelled(), calls.count);
}

TEST(lifetime, AB04_free_does_not_wait) {
    hanging_calls calls;
    const auto from = steady::now();
    calls.client.reset();
    EXPECT_LT(since(from).count(), 250);
    EXPECT_EQ(calls.cancelled(), calls.count);
}

TEST(lifetime, two_clients_with_different_settings) {
    fakes::s3_server server;
    server.put_object("bucket", "key", std::string(1000, 'x'));
    const client_ptr small = make_client({{"memory_limit", "10"}});
    const client_ptr large = make_client();
    EXPECT_EQ(get(open_fake(small, server), "key"), BLOBSTORE_E_TOO_LARGE);
    EXPECT_EQ(get(open_fake(large, server), "key"), BLOBSTORE_OK);
}

} // namespace
} // namespace blobstore::capi_tests
