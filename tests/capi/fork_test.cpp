// SPDX-License-Identifier: Apache-2.0
// In the child of a fork every old handle is refused at once, and a new client works.
#include "capi/support.h"

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace blobstore::capi_tests {
namespace {

// The address sanitizer's own allocator does not survive a fork while other threads allocate (GCC
// 12): a lock of it may be held for ever in the child.
#ifdef __SANITIZE_ADDRESS__
constexpr bool traffic_during_forks = false;
constexpr int forks = 20;
#else
constexpr bool traffic_during_forks = true;
constexpr int forks = 200;
#endif

// True when every other thread of the process sleeps: none of them can be inside an allocator.
bool others_sleep() {
    const auto self = std::to_string(::gettid());
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(task.path() / "stat");
        std::string line;
        std::getline(file, line);
        const auto name_end = line.rfind(')');
        if (task.path().filename() != self && name_end != std::string::npos &&
            line[name_end + 2] != 'S') {
            return false;
        }
    }
    return true;
}

void wait_for_silence() {
    const auto until = steady::now() + std::chrono::seconds(30);
    for (int silent = 0; silent < 10 && steady::now() < until;) {
        std::this_thread::sleep_for(milliseconds(5));
        silent = others_sleep() ? silent + 1 : 0;
    }
}

struct old_handles {
    const client_ptr& client;
    const store_ptr& store;
    const queue_ptr& queue;
    blobstore_op* op;
    blobstore_reader* reader;
};

// The number of the first check that failed in the child; 0: none. No gtest in here.
int in_child(const old_handles& old, const std::string& endpoint) {
    ::alarm(10);
    const auto start = steady::now();
    char byte = 0;
    size_t n = 0;
    blobstore_event event{};
    blobstore_store* made = nullptr;
    if (get(old.store, "key") != BLOBSTORE_E_FORKED) {
        return 1;
    }
    if (submit_get(old.store, "key", nullptr, nullptr, nullptr) != BLOBSTORE_E_FORKED) {
        return 2;
    }
    if (blobstore_queue_poll(old.queue.get(), &event, 1, -1, &n) != BLOBSTORE_E_FORKED) {
        return 3;
    }
    if (blobstore_op_wait(old.op, -1) != BLOBSTORE_E_FORKED) {
        return 4;
    }
    if (blobstore_reader_read(old.reader, &byte, 1, &n, nullptr) != BLOBSTORE_E_FORKED) {
        return 5;
    }
    if (blobstore_reader_seek(old.reader, 0, nullptr) != BLOBSTORE_E_FORKED) {
        return 6;
    }
    if (blobstore_client_close(old.client.get(), -1, nullptr) != BLOBSTORE_E_FORKED) {
        return 7;
    }
    if (blobstore_store_open(old.client.get(), "memory://m", 10, nullptr, &made, nullptr) !=
        BLOBSTORE_E_FORKED) {
        return 8;
    }
    if (since(start).count() > 500) {
        return 9;
    }
    const client_ptr client = make_client();
    std::string body;
    const store_ptr store = open_store(client, "s3://bucket", fake_settings(endpoint));
    if (get(store, "key", nullptr, nullptr, &body) != BLOBSTORE_OK || body != "data") {
        return 10;
    }
    blobstore_op* op = nullptr;
    if (submit_get(store, "key", nullptr, nullptr, &op) != BLOBSTORE_OK ||
        blobstore_op_wait(op, 5000) != BLOBSTORE_OK) {
        return 11;
    }
    blobstore_op_free(op);
    return blobstore_client_close(client.get(), 5000, nullptr) == BLOBSTORE_OK ? 0 : 12;
}

TEST(fork, old_handles_are_refused_and_a_new_client_works) {
    fakes::s3_server server;
    server.put_object("bucket", "key", "data");
    const client_ptr client = make_client();
    const store_ptr store = open_fake(client, server);
    const queue_ptr queue = make_queue();
    blobstore_op* op = nullptr;
    blobstore_reader* reader = nullptr;
    ASSERT_EQ(submit_get(store, "key", nullptr, nullptr, &op), BLOBSTORE_OK);
    ASSERT_EQ(
        blobstore_reader_open(store.get(), "key", 3, nullptr, nullptr, &reader, nullptr),
        BLOBSTORE_OK
    );
    if (!traffic_during_forks) {
        EXPECT_EQ(blobstore_op_wait(op, -1), BLOBSTORE_OK);
    }
    std::atomic<bool> stop{false};
    std::thread traffic([&] {
        while (traffic_during_forks && !stop) {
            get(store, "key");
            submit_get(store, "key", nullptr, nullptr, nullptr);
        }
    });
    for (int i = 0; i < forks; ++i) {
        if (!traffic_during_forks) {
            wait_for_silence();
        }
        const pid_t child = ::fork();
        if (child == 0) {
            ::_exit(in_child({client, store, queue, op, reader}, server.endpoint()));
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFEXITED(status)) << "fork " << i << ", signal " << WTERMSIG(status);
        EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : 0, 0) << "fork " << i;
    }
    stop = true;
    traffic.join();
    blobstore_reader_free(reader);
    EXPECT_EQ(blobstore_op_wait(op, -1), BLOBSTORE_OK);
    blobstore_op_free(op);
    EXPECT_EQ(blobstore_client_close(client.get(), -1, nullptr), BLOBSTORE_OK);
}

} // namespace
} // namespace blobstore::capi_tests
