// SPDX-License-Identifier: Apache-2.0
// Handles that free themselves, and stores on the fake server, for the tests of the C interface.
#pragma once

#include "blobstore.h"

#include "fakes/s3_server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace blobstore::capi_tests {

using milliseconds = std::chrono::milliseconds;
using steady = std::chrono::steady_clock;
using settings = std::vector<std::pair<std::string, std::string>>;

template <auto Free>
struct freer {
    template <class T>
    void operator()(T* held) const {
        Free(held);
    }
};

using client_ptr = std::unique_ptr<blobstore_client, freer<blobstore_client_free>>;
using store_ptr = std::unique_ptr<blobstore_store, freer<blobstore_store_free>>;
using config_ptr = std::unique_ptr<blobstore_config, freer<blobstore_config_free>>;
using queue_ptr = std::unique_ptr<blobstore_queue, freer<blobstore_queue_free>>;
using op_ptr = std::unique_ptr<blobstore_op, freer<blobstore_op_free>>;
using cancel_ptr = std::unique_ptr<blobstore_cancel, freer<blobstore_cancel_free>>;
using buffer_ptr = std::unique_ptr<blobstore_buffer, freer<blobstore_buffer_free>>;
using error_ptr = std::unique_ptr<blobstore_error, freer<blobstore_error_free>>;

// A zeroed struct with its size, as the header asks for it.
template <class T>
T sized() {
    T made{};
    made.struct_size = sizeof(T);
    return made;
}

inline blobstore_str str(std::string_view text) {
    return {text.data(), text.size()};
}

inline std::string text_of(const blobstore_str& text) {
    return {text.ptr, text.len};
}

// A place for an error, freed at the next use.
class error_slot {
public:
    operator blobstore_error**() {
        get();
        held_.reset();
        return out_ptr_ = &raw_;
    }

    const blobstore_error* get() {
        if (out_ptr_) {
            held_.reset(raw_);
            raw_ = nullptr;
            out_ptr_ = nullptr;
        }
        return held_.get();
    }

    std::string line() { return blobstore_error_message(get()); }

    blobstore_error_view view() {
        auto out = sized<blobstore_error_view>();
        if (get()) {
            blobstore_error_get(get(), &out);
        }
        return out;
    }

    ~error_slot() { get(); }

    error_slot() = default;
    error_slot(const error_slot&) = delete;
    error_slot& operator=(const error_slot&) = delete;

private:
    blobstore_error* raw_ = nullptr;
    blobstore_error** out_ptr_ = nullptr;
    error_ptr held_;
};

inline config_ptr make_config(const settings& given) {
    blobstore_config* made = nullptr;
    EXPECT_EQ(blobstore_config_new(&made, nullptr), BLOBSTORE_OK);
    for (const auto& [key, value] : given) {
        error_slot err;
        EXPECT_EQ(
            blobstore_config_set(made, key.data(), key.size(), value.data(), value.size(), err),
            BLOBSTORE_OK
        ) << err.line();
    }
    return config_ptr(made);
}

inline client_ptr make_client(const settings& given = {}) {
    const config_ptr config = make_config(given);
    blobstore_client* made = nullptr;
    error_slot err;
    EXPECT_EQ(blobstore_client_new(config.get(), nullptr, &made, err), BLOBSTORE_OK) << err.line();
    return client_ptr(made);
}

inline store_ptr
open_store(const client_ptr& client, std::string_view url, const settings& given = {}) {
    const config_ptr config = make_config(given);
    blobstore_store* made = nullptr;
    error_slot err;
    EXPECT_EQ(
        blobstore_store_open(client.get(), url.data(), url.size(), config.get(), &made, err),
        BLOBSTORE_OK
    ) << err.line();
    return store_ptr(made);
}

// What a store of the fake needs; more overrides it.
inline settings fake_settings(const std::string& endpoint, const settings& more = {}) {
    settings out{
        {"endpoint", endpoint},
        {"region", "us-east-1"},
        {"access_key_id", "testkey"},
        {"secret_access_key", "testsecret1234"},
    };
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

inline store_ptr
open_fake(const client_ptr& client, const fakes::s3_server& server, const settings& more = {}) {
    settings given = more;
    if (server.endpoint().starts_with("https")) {
        given.emplace_back("ca_file", server.ca().ca_file());
    }
    return open_store(client, "s3://bucket", fake_settings(server.endpoint(), given));
}

inline queue_ptr make_queue(std::uint32_t capacity = 0) {
    blobstore_queue* made = nullptr;
    EXPECT_EQ(blobstore_queue_new(capacity, &made, nullptr), BLOBSTORE_OK);
    return queue_ptr(made);
}

inline cancel_ptr make_cancel() {
    blobstore_cancel* made = nullptr;
    EXPECT_EQ(blobstore_cancel_new(&made, nullptr), BLOBSTORE_OK);
    return cancel_ptr(made);
}

inline blobstore_status
put(const store_ptr& store,
    std::string_view key,
    std::string_view data,
    blobstore_error** err = nullptr) {
    return blobstore_put(
        store.get(),
        key.data(),
        key.size(),
        data.data(),
        data.size(),
        nullptr,
        nullptr,
        nullptr,
        err
    );
}

// The status alone; the bytes go to *body where it is given.
inline blobstore_status
get(const store_ptr& store,
    std::string_view key,
    const blobstore_call* call = nullptr,
    blobstore_error** err = nullptr,
    std::string* body = nullptr) {
    blobstore_buffer* got = nullptr;
    const blobstore_status status =
        blobstore_get(store.get(), key.data(), key.size(), nullptr, call, &got, nullptr, err);
    const buffer_ptr held(got);
    size_t len = 0;
    const void* data = blobstore_buffer_data(got, &len);
    if (body && data) {
        body->assign(static_cast<const char*>(data), len);
    }
    return status;
}

inline blobstore_status submit_get(
    const store_ptr& store,
    std::string_view key,
    const blobstore_call* call,
    const blobstore_async* how,
    blobstore_op** op
) {
    return blobstore_get_async(
        store.get(), key.data(), key.size(), nullptr, call, how, op, nullptr
    );
}

inline milliseconds since(steady::time_point start) {
    return std::chrono::duration_cast<milliseconds>(steady::now() - start);
}

} // namespace blobstore::capi_tests
