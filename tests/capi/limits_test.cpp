// SPDX-License-Identifier: Apache-2.0
// Cancels within 100 ms and limits within 250 ms, with the server stalled at each step of a call.
#include "capi/support.h"
#include "support/temp_folder.h"

#include <fcntl.h>
#include <fstream>
#include <functional>
#include <optional>
#include <thread>
#include <unistd.h>

namespace blobstore::capi_tests {
namespace {

enum class step { connect, tls, header, body };

struct situation {
    step where;
    bool async;
};

std::string name_of(const testing::TestParamInfo<situation>& info) {
    const char* steps[] = {"connect", "tls", "header", "body"};
    return std::string(steps[static_cast<int>(info.param.where)]) +
           (info.param.async ? "_async" : "_blocking");
}

class limits : public testing::TestWithParam<situation> {
protected:
    limits() {
        if (GetParam().where == step::connect) {
            hole_.emplace();
            const std::string endpoint = "http://127.0.0.1:" + std::to_string(hole_->port());
            store_ = open_store(client_, "s3://bucket", fake_settings(endpoint));
            return;
        }
        fakes::server_options options;
        options.tls = GetParam().where == step::tls ? fakes::tls_mode::on : fakes::tls_mode::off;
        server_ = std::make_unique<fakes::s3_server>(std::move(options));
        server_->put_object("bucket", "key", std::string(100000, 'x'));
        const fakes::stage where = GetParam().where == step::tls      ? fakes::stage::accept
                                   : GetParam().where == step::header ? fakes::stage::answer_head
                                                                      : fakes::stage::answer_body;
        server_->on(
            {},
            fakes::stall_at(where, where == fakes::stage::answer_body ? 100 : 0),
            fakes::for_ever
        );
        store_ = open_fake(client_, *server_);
    }

    ~limits() override {
        EXPECT_EQ(blobstore_client_close(client_.get(), -1, nullptr), BLOBSTORE_OK);
    }

    // Runs a get to its end; `cancel` gets the op, or NULL, after 200 ms. The time of the end comes
    // out.
    blobstore_status
    run(const blobstore_call& call,
        const std::function<void(blobstore_op*)>& cancel,
        steady::time_point& cancelled) {
        blobstore_op* op = nullptr;
        if (GetParam().async) {
            EXPECT_EQ(submit_get(store_, "key", &call, nullptr, &op), BLOBSTORE_OK);
        }
        std::thread other([&] {
            if (cancel) {
                std::this_thread::sleep_for(milliseconds(200));
                cancelled = steady::now();
                cancel(op);
            }
        });
        const blobstore_status status =
            op ? blobstore_op_wait(op, 5000) : get(store_, "key", &call);
        ended_ = steady::now();
        other.join();
        blobstore_op_free(op);
        return status;
    }

    void
    expect_cancelled(const blobstore_call& call, const std::function<void(blobstore_op*)>& cancel) {
        steady::time_point at;
        EXPECT_EQ(run(call, cancel, at), BLOBSTORE_E_CANCELLED);
        EXPECT_LE(std::chrono::duration_cast<milliseconds>(ended_ - at).count(), 100);
    }

    void expect_limit(const blobstore_call& call, blobstore_status expected) {
        steady::time_point none;
        const auto start = steady::now();
        EXPECT_EQ(run(call, {}, none), expected);
        const auto took = std::chrono::duration_cast<milliseconds>(ended_ - start).count();
        EXPECT_GE(took, 290);
        EXPECT_LE(took, 300 + 250);
    }

    std::optional<fakes::blackhole_port> hole_;
    std::unique_ptr<fakes::s3_server> server_;
    client_ptr client_ = make_client();
    store_ptr store_;
    steady::time_point ended_;
};

TEST_P(limits, token) {
    const cancel_ptr token = make_cancel();
    auto call = sized<blobstore_call>();
    call.cancel = token.get();
    expect_cancelled(call, [&](blobstore_op*) { blobstore_cancel_trigger(token.get()); });
    const auto start = steady::now();
    EXPECT_EQ(get(store_, "key", &call), BLOBSTORE_E_CANCELLED) << "a later call of the same token";
    EXPECT_LE(since(start).count(), 100);
}

TEST_P(limits, op_cancel) {
    if (GetParam().async) {
        expect_cancelled(sized<blobstore_call>(), blobstore_op_cancel);
    }
}

TEST_P(limits, timeout) {
    auto call = sized<blobstore_call>();
    call.timeout_ms = 300;
    expect_limit(call, BLOBSTORE_E_TIMEOUT);
}

TEST_P(limits, stall_timeout) {
    auto call = sized<blobstore_call>();
    call.stall_timeout_ms = 300;
    call.max_attempts = 1;
    expect_limit(call, BLOBSTORE_E_STALLED);
}

// RT-06: each attempt stalls until the body has begun; that ends the call.
TEST_P(limits, RT06_stalled_attempts_are_counted) {
    auto call = sized<blobstore_call>();
    call.stall_timeout_ms = 150;
    call.max_attempts = 3;
    const auto start = steady::now();
    error_slot err;
    blobstore_status status = BLOBSTORE_OK;
    auto view = sized<blobstore_error_view>();
    if (GetParam().async) {
        blobstore_op* op = nullptr;
        EXPECT_EQ(submit_get(store_, "key", &call, nullptr, &op), BLOBSTORE_OK);
        const op_ptr held(op);
        status = blobstore_op_wait(op, 5000);
        blobstore_error_get(blobstore_op_error(op), &view);
    } else {
        blobstore_buffer* body = nullptr;
        status = blobstore_get(store_.get(), "key", 3, nullptr, &call, &body, nullptr, err);
        view = err.view();
    }
    const unsigned attempts = 3; // a body that stalls is asked for again from where it was
    EXPECT_EQ(status, BLOBSTORE_E_STALLED);
    EXPECT_EQ(view.attempts, attempts);
    EXPECT_GE(since(start).count(), 140 * attempts);
    EXPECT_LE(since(start).count(), 150 * attempts + 150 + 250);
}

// Calls on files wait for a worker; their limits and cancels do not.
TEST(waiting, calls_without_a_worker_can_be_cancelled_and_time_out) {
    fakes::s3_server server;
    server.put_object("bucket", "key", std::string(1000, 'x'));
    server.on({}, fakes::stall_at(fakes::stage::answer_body, 10), fakes::for_ever);
    const client_ptr client = make_client({{"worker_threads", "1"}});
    const store_ptr store = open_fake(client, server);
    const int out = ::open("/dev/null", O_WRONLY);
    auto file = sized<blobstore_file>();
    file.flags = BLOBSTORE_FILE_FD;
    file.fd = out;
    const auto submit = [&](std::int64_t timeout_ms) {
        auto call = sized<blobstore_call>();
        call.timeout_ms = timeout_ms;
        blobstore_op* op = nullptr;
        EXPECT_EQ(
            blobstore_download_file_async(
                store.get(), "key", 3, nullptr, &file, &call, nullptr, &op, nullptr
            ),
            BLOBSTORE_OK
        );
        return op_ptr(op);
    };
    const op_ptr first = submit(0); // has the worker
    const op_ptr second = submit(0);
    const auto start = steady::now();
    const op_ptr third = submit(300);
    EXPECT_EQ(blobstore_op_wait(third.get(), 5000), BLOBSTORE_E_TIMEOUT);
    EXPECT_GE(since(start).count(), 290);
    EXPECT_LE(since(start).count(), 550);
    const auto cancelled = steady::now();
    blobstore_op_cancel(second.get());
    EXPECT_EQ(blobstore_op_wait(second.get(), 5000), BLOBSTORE_E_CANCELLED);
    EXPECT_LE(since(cancelled).count(), 100);
    EXPECT_EQ(blobstore_op_wait(first.get(), 0), BLOBSTORE_E_AGAIN);
    EXPECT_EQ(blobstore_client_close(client.get(), -1, nullptr), BLOBSTORE_OK);
    ::close(out);
}

// Where no socket is waited for: a large file is copied, or hashed before it is sent.
TEST(waiting, long_local_work_ends_in_time_and_leaves_nothing) {
    fakes::s3_server server;
    server.put_object("bucket", "other", "x");
    const blobstore_tests::temp_folder folder;
    const std::string path = folder / "sparse";
    std::ofstream(path).put('x');
    std::filesystem::resize_file(path, std::uint64_t{4} << 30);
    const client_ptr client = make_client();
    const store_ptr stores[] = {
        open_store(client, "file://" + (folder / "root")), open_fake(client, server)};
    auto file = sized<blobstore_file>();
    file.path = str(path);
    for (const store_ptr& store : stores) {
        auto call = sized<blobstore_call>();
        call.timeout_ms = 200;
        const auto upload = [&] {
            return blobstore_upload_file(
                store.get(), "key", 3, &file, nullptr, &call, nullptr, nullptr
            );
        };
        const auto start = steady::now();
        EXPECT_EQ(upload(), BLOBSTORE_E_TIMEOUT);
        EXPECT_LE(since(start).count(), 450);
        const cancel_ptr token = make_cancel();
        call.timeout_ms = 0;
        call.cancel = token.get();
        steady::time_point at;
        std::thread other([&] {
            std::this_thread::sleep_for(milliseconds(200));
            at = steady::now();
            blobstore_cancel_trigger(token.get());
        });
        EXPECT_EQ(upload(), BLOBSTORE_E_CANCELLED);
        const auto ended = steady::now();
        other.join();
        EXPECT_LE(std::chrono::duration_cast<milliseconds>(ended - at).count(), 100);
        EXPECT_EQ(get(store, "key"), BLOBSTORE_E_NOT_FOUND);
    }
}

TEST(waiting, a_freed_reader_cancels_what_was_just_submitted) {
    fakes::s3_server server;
    server.put_object("bucket", "key", std::string(1 << 20, 'x'));
    server.on({}, fakes::stall_at(fakes::stage::answer_body, 10), fakes::for_ever);
    const client_ptr client = make_client();
    const store_ptr store = open_fake(client, server);
    for (int i = 0; i < 20; ++i) {
        blobstore_reader* reader = nullptr;
        ASSERT_EQ(
            blobstore_reader_open(store.get(), "key", 3, nullptr, nullptr, &reader, nullptr),
            BLOBSTORE_OK
        );
        std::string into(1 << 20, '\0');
        blobstore_op* op = nullptr;
        EXPECT_EQ(
            blobstore_reader_read_async(reader, into.data(), into.size(), nullptr, &op, nullptr),
            BLOBSTORE_OK
        );
        blobstore_reader_free(reader);
        const auto freed = steady::now();
        const blobstore_status status = blobstore_op_wait(op, 5000);
        EXPECT_TRUE(status == BLOBSTORE_E_CANCELLED || status == BLOBSTORE_OK) << status;
        EXPECT_LE(since(freed).count(), 100);
        blobstore_op_free(op);
    }
}

INSTANTIATE_TEST_SUITE_P(
    all,
    limits,
    testing::Values(
        situation{step::connect, false},
        situation{step::connect, true},
        situation{step::tls, false},
        situation{step::tls, true},
        situation{step::header, false},
        situation{step::header, true},
        situation{step::body, false},
        situation{step::body, true}
    ),
    name_of
);

} // namespace
} // namespace blobstore::capi_tests
