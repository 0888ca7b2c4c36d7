// SPDX-License-Identifier: Apache-2.0
// Every function of the header with NULL, closed handles, absurd lengths and NUL bytes: errors
// only.
#include "capi/abuse.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <unistd.h>

namespace blobstore::capi_tests {

handles::handles()
    : path_("/tmp/blobstore-abuse-" + std::to_string(::getpid())) {
    std::ofstream(path_) << "a file";
    file.path = str(path_);
    blobstore_client_new(nullptr, nullptr, &client, nullptr);
    blobstore_store_open(client, "memory://abuse", 14, nullptr, &store, nullptr);
    blobstore_config_new(&config, nullptr);
    blobstore_queue_new(4, &queue, nullptr);
    blobstore_cancel_new(&cancel, nullptr);
    blobstore_buffer_new(8, &buffer, nullptr);
    blobstore_put(store, "key", 3, data, 16, nullptr, nullptr, &object, nullptr);
    blobstore_list(store, nullptr, nullptr, &page, nullptr);
    blobstore_reader_open(store, "key", 3, nullptr, nullptr, &reader, nullptr);
    blobstore_writer_open(store, "key", 3, nullptr, nullptr, &writer, nullptr);
    blobstore_upload_create(store, "key", 3, nullptr, nullptr, &token, nullptr);
    blobstore_buffer* receipt = nullptr;
    std::size_t token_size = 0;
    const auto* const text = static_cast<const char*>(blobstore_buffer_data(token, &token_size));
    blobstore_upload_part(store, text, token_size, 1, "part", 4, nullptr, &receipt, nullptr);
    blobstore_buffer_free(receipt);
    blobstore_head(store, "missing", 7, nullptr, nullptr, nullptr, &error);
    blobstore_head_async(store, "key", 3, nullptr, nullptr, nullptr, &op, nullptr);
    blobstore_op_wait(op, -1);
    blobstore_queue_wake(queue);
}

handles::~handles() {
    blobstore_client_close(client, -1, nullptr);
    blobstore_error_free(error);
    blobstore_reader_free(reader);
    blobstore_writer_free(writer);
    blobstore_buffer_free(token);
    blobstore_page_free(page);
    blobstore_object_free(object);
    blobstore_buffer_free(buffer);
    blobstore_cancel_free(cancel);
    blobstore_op_free(op);
    blobstore_queue_free(queue);
    blobstore_config_free(config);
    blobstore_store_free(store);
    blobstore_client_free(client);
    std::remove(path_.c_str());
}

namespace {

report run(const function& f, const plan& p, bool closed = false) {
    SCOPED_TRACE(f.name);
    handles h;
    if (closed) {
        EXPECT_EQ(blobstore_client_close(h.client, -1, nullptr), BLOBSTORE_OK);
    }
    report r;
    f.run(h, p, r);
    EXPECT_FALSE(r.failed_with_result) << f.name;
    EXPECT_FALSE(r.failed_without_error) << f.name;
    return r;
}

// Functions on memory:// that cannot succeed there.
bool unsupported(const function& f) {
    static constexpr const char* none[] = {
        "blobstore_presign",
        "blobstore_upload_presign",
        "blobstore_rename", // onto its own key here
        "blobstore_undelete",
        "blobstore_restore",
        "blobstore_lock_",
        "blobstore_bucket_create",
        "blobstore_bucket_delete"};
    return std::any_of(std::begin(none), std::end(none), [&](const char* one) {
        return f.name.starts_with(one);
    });
}

TEST(abuse, AB01_the_table_has_every_function) {
    EXPECT_GE(functions().size(), 100U);
}

TEST(abuse, the_valid_calls_are_valid) {
    for (const function& f : functions()) {
        if (!f.answers_status || unsupported(f) || f.name == "blobstore_config_set") {
            continue;
        }
        EXPECT_EQ(run(f, {}).status, BLOBSTORE_OK) << f.name;
    }
}

TEST(abuse, AB01_null_in_each_pointer) {
    std::size_t calls = 0;
    for (const function& f : functions()) {
        for (std::size_t i = 0; i < f.parameters.size(); ++i) {
            if (!f.parameters[i].pointer) {
                continue;
            }
            const report r = run(f, {.null_at = static_cast<int>(i)});
            ++calls;
            if (f.answers_status && f.parameters[i].required) {
                EXPECT_EQ(r.status, BLOBSTORE_E_INVALID_ARGUMENT)
                    << f.name << " " << f.parameters[i].name;
            }
        }
    }
    std::printf("abuse: %zu calls with a NULL\n", calls);
}

TEST(abuse, AB01_lengths_above_ptrdiff_max) {
    for (const function& f : functions()) {
        for (std::size_t i = 0; i < f.parameters.size(); ++i) {
            const bool upper_bound =
                f.name.starts_with("blobstore_reader_next"); // any number will do
            if (!f.parameters[i].length || upper_bound || f.name == "blobstore_events_release") {
                continue;
            }
            const report r = run(f, {.long_at = static_cast<int>(i)});
            if (f.answers_status) {
                EXPECT_EQ(r.status, BLOBSTORE_E_INVALID_ARGUMENT)
                    << f.name << " " << f.parameters[i].name;
            }
        }
    }
}

TEST(abuse, nul_bytes_in_each_text) {
    for (const function& f : functions()) {
        for (std::size_t i = 0; i < f.parameters.size(); ++i) {
            if (f.parameters[i].text && f.answers_status) {
                const report r = run(f, {.nul_at = static_cast<int>(i)});
                EXPECT_NE(r.status, BLOBSTORE_OK) << f.name << " " << f.parameters[i].name;
            }
        }
    }
}

TEST(abuse, AB01_closed_handles) {
    for (const function& f : functions()) {
        if (!f.answers_status || f.parameters.empty() || f.name == "blobstore_client_close" ||
            f.name == "blobstore_client_stats") { // a closed client still tells
            continue;
        }
        const report r = run(f, {}, true);
        const std::string& first = f.parameters[0].type;
        if (first == "blobstore_client*" || first == "blobstore_store*") {
            EXPECT_EQ(r.status, BLOBSTORE_E_CLOSED) << f.name;
        } else if ((first == "blobstore_reader*" || first == "blobstore_writer*") && f.name != "blobstore_reader_object") {
            EXPECT_EQ(r.status, BLOBSTORE_E_CLOSED) << f.name;
        }
    }
}

TEST(abuse, AB01_garbage_numbers) {
    for (const int garbage : {-1, 1, 99, 313, 1000, INT32_MIN, INT32_MAX}) {
        EXPECT_STREQ(blobstore_status_name(garbage), "E_UNKNOWN");
    }
    handles h;
    size_t n = 0;
    EXPECT_EQ(blobstore_queue_poll(h.queue, h.events, 4, -2, &n), BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_EQ(blobstore_op_wait(h.op, -2), BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_EQ(blobstore_client_close(h.client, -2, nullptr), BLOBSTORE_E_INVALID_ARGUMENT);
    blobstore_queue* queue = nullptr;
    EXPECT_EQ(blobstore_queue_new(UINT32_MAX, &queue, nullptr), BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_EQ(blobstore_config_describe(SIZE_MAX, &h.config_key), BLOBSTORE_E_RANGE);
    h.client_options.log_level = 77;
    blobstore_client* client = nullptr;
    EXPECT_EQ(
        blobstore_client_new(nullptr, &h.client_options, &client, nullptr),
        BLOBSTORE_E_INVALID_ARGUMENT
    );
}

} // namespace
} // namespace blobstore::capi_tests
