// SPDX-License-Identifier: Apache-2.0
// Owners of the C handles, simple forms of the calls, and the fixture of the suite.
#pragma once

#include "blobstore.h"

#include "exceptions.h"
#include "target.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace conformance {

template <auto Free>
struct freed_by {
    template <typename T>
    void operator()(T* handle) const {
        Free(handle);
    }
};

template <typename T, auto Free>
using owned = std::unique_ptr<T, freed_by<Free>>;

using error_ptr = owned<blobstore_error, blobstore_error_free>;
using buffer_ptr = owned<blobstore_buffer, blobstore_buffer_free>;
using object_ptr = owned<blobstore_object, blobstore_object_free>;
using page_ptr = owned<blobstore_page, blobstore_page_free>;
using reader_ptr = owned<blobstore_reader, blobstore_reader_free>;
using op_ptr = owned<blobstore_op, blobstore_op_free>;
using queue_ptr = owned<blobstore_queue, blobstore_queue_free>;
using config_ptr = owned<blobstore_config, blobstore_config_free>;
using client_ptr = owned<blobstore_client, blobstore_client_free>;
using store_ptr = owned<blobstore_store, blobstore_store_free>;

template <typename T>
T sized() {
    T made{};
    made.struct_size = sizeof made;
    return made;
}

inline blobstore_str str(std::string_view text) {
    return {text.data(), text.size()};
}

inline std::string text(const blobstore_str& from) {
    return from.len == 0 ? std::string() : std::string(from.ptr, from.len);
}

std::string text(const blobstore_buffer* from);

// What is known of an object, copied out.
struct object {
    std::uint32_t flags = 0;
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    std::string key, etag, content_type, content_encoding, cache_control;
    std::map<std::string, std::string> metadata;
    std::string version, storage_class, content_disposition, content_language, expires, sse;
    std::string lock_mode;
    std::int64_t retain_until_ns = 0;
    std::uint64_t tag_count = 0, parts = 0;
    std::map<std::string, std::string> tags;
    std::string checksum;
};

object copied(const blobstore_object_view& view);
object copied(const blobstore_object* from);

struct outcome {
    blobstore_status status = 0;
    std::string message;
    std::string body;
    object info;
};

struct listing {
    blobstore_status status = 0;
    std::string message;
    std::vector<std::string> keys; // prefixes too
    std::vector<object> entries;
    std::string token;
};

std::string show(std::string_view bytes); // printable

// "E_NOT_FOUND: message"
std::string show(const outcome& of);

class store_test : public ::testing::TestWithParam<const char*> {
protected:
    void SetUp() override;

    std::string key(std::string_view name) const { return base_ + std::string(name); }

    outcome
    put(std::string_view key, std::string_view data, const blobstore_put_options* options = nullptr
    );
    outcome get(std::string_view key, const blobstore_get_options* options = nullptr);
    outcome head(std::string_view key, const blobstore_get_options* options = nullptr);
    outcome remove(std::string_view key);
    outcome copy(
        std::string_view from, std::string_view to, const blobstore_put_options* options = nullptr
    );
    outcome copy_with(
        std::string_view from,
        const blobstore_get_options* source,
        std::string_view to,
        const blobstore_put_options* options = nullptr
    );
    outcome remove_with(std::string_view key, const blobstore_delete_options& options);
    outcome rename(
        std::string_view from, std::string_view to, const blobstore_put_options* options = nullptr
    );
    outcome append(
        std::string_view key, std::string_view data, const blobstore_put_options* options = nullptr
    );
    outcome update(std::string_view key, const blobstore_put_options& options);
    outcome tags_get(std::string_view key, std::string_view version = {});
    outcome tags_set(std::string_view key, const std::vector<blobstore_kv>& tags);
    outcome inspect(std::string_view key);
    outcome undelete(std::string_view key);
    outcome probe();

    // Runs the probe first; nothing may be unknown then.
    bool can(std::uint32_t what);
    store_ptr open_other(const std::string& url); // of the same client
    static outcome ended(blobstore_status status, blobstore_error* error, blobstore_object* info);
    listing list(blobstore_list_options options);
    listing list_all(const std::string& prefix); // all pages

    // Runs a check that answers with its failure ("" for none) against the table of exceptions.
    void judge(const std::string& what, const outcome& failed_with, const std::string& failure);

    const target* target_ = nullptr;
    client_ptr client_;
    store_ptr store_;
    std::string base_; // of every key of this test, ends in '/'
};

// Tests are instantiated for all stores in the file that names the suite.
inline std::string store_name(const ::testing::TestParamInfo<const char*>& info) {
    return info.param;
}

#define CONFORMANCE_SUITE(suite)                                                                   \
    INSTANTIATE_TEST_SUITE_P(                                                                      \
        stores, suite, ::testing::ValuesIn(::conformance::all_stores), ::conformance::store_name   \
    )

} // namespace conformance
