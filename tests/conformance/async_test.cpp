// SPDX-License-Identifier: Apache-2.0
// Put and get by queue, by callback and by wait.
#include "handles.h"

#include <chrono>
#include <future>

using namespace conformance;

namespace {

class asynchronous : public store_test {
protected:
    blobstore_status
    submit_put(const std::string& k, const blobstore_async* how, blobstore_op** op = nullptr) {
        return blobstore_put_async(
            store_.get(), k.data(), k.size(), "data", 4, nullptr, nullptr, how, op, nullptr
        );
    }

    blobstore_status
    submit_get(const std::string& k, const blobstore_async* how, blobstore_op** op = nullptr) {
        return blobstore_get_async(
            store_.get(), k.data(), k.size(), nullptr, nullptr, how, op, nullptr
        );
    }
};

struct completion {
    blobstore_status status = -1;
    std::string body;
};

completion taken(const blobstore_event& event) {
    completion made{event.status, {}};
    const buffer_ptr body(blobstore_op_take_buffer(event.op));
    if (body) made.body = text(body.get());
    return made;
}

void BLOBSTORE_CALL fulfil(const blobstore_event* event) {
    reinterpret_cast<std::promise<completion>*>(event->user_data)->set_value(taken(*event));
}

} // namespace

CONFORMANCE_SUITE(asynchronous);

TEST_P(asynchronous, by_queue) {
    blobstore_queue* made = nullptr;
    ASSERT_EQ(blobstore_queue_new(0, &made, nullptr), 0);
    const queue_ptr queue(made);
    auto how = sized<blobstore_async>();
    how.queue = made;
    const auto collect = [&](std::size_t count) {
        std::map<std::uint64_t, completion> seen;
        while (seen.size() < count) {
            blobstore_event events[8];
            std::size_t n = 0;
            if (blobstore_queue_poll(made, events, 8, 20'000, &n) != 0) break;
            for (std::size_t i = 0; i < n; ++i)
                EXPECT_TRUE(seen.emplace(events[i].user_data, taken(events[i])).second);
            blobstore_events_release(events, n);
        }
        return seen;
    };
    for (how.user_data = 0; how.user_data < 20; ++how.user_data)
        ASSERT_EQ(submit_put(key(std::to_string(how.user_data)), &how), 0);
    for (const auto& [id, one] : collect(20))
        EXPECT_EQ(one.status, 0) << id;
    for (how.user_data = 0; how.user_data < 21; ++how.user_data)
        ASSERT_EQ(submit_get(key(std::to_string(how.user_data)), &how), 0);
    const auto read = collect(21);
    ASSERT_EQ(read.size(), 21U);
    for (std::uint64_t i = 0; i < 20; ++i)
        EXPECT_EQ(read.at(i).body, "data");
    EXPECT_EQ(read.at(20).status, BLOBSTORE_E_NOT_FOUND);
}

TEST_P(asynchronous, by_callback) {
    auto how = sized<blobstore_async>();
    how.callback = fulfil;
    const auto wait = [&](const std::function<blobstore_status()>& submit) {
        std::promise<completion> promise;
        how.user_data = reinterpret_cast<std::uintptr_t>(&promise);
        EXPECT_EQ(submit(), 0);
        return promise.get_future().get();
    };
    EXPECT_EQ(wait([&] { return submit_put(key("c"), &how); }).status, 0);
    EXPECT_EQ(wait([&] { return submit_get(key("c"), &how); }).body, "data");
    EXPECT_EQ(wait([&] { return submit_get(key("n"), &how); }).status, BLOBSTORE_E_NOT_FOUND);
}

TEST_P(asynchronous, by_wait) {
    const auto how = sized<blobstore_async>();
    blobstore_op* op = nullptr;
    ASSERT_EQ(submit_put(key("w"), &how, &op), 0);
    EXPECT_EQ(blobstore_op_wait(op, 20'000), 0);
    const object_ptr info(blobstore_op_take_object(op));
    EXPECT_TRUE(info);
    blobstore_op_free(op);
    ASSERT_EQ(submit_get(key("w"), &how, &op), 0);
    EXPECT_EQ(blobstore_op_wait(op, 20'000), 0);
    const buffer_ptr body(blobstore_op_take_buffer(op));
    EXPECT_EQ(text(body.get()), "data");
    blobstore_op_free(op);
    ASSERT_EQ(submit_get(key("none"), &how, &op), 0);
    EXPECT_EQ(blobstore_op_wait(op, 20'000), BLOBSTORE_E_NOT_FOUND);
    EXPECT_NE(blobstore_op_error(op), nullptr);
    blobstore_op_free(op);
}
