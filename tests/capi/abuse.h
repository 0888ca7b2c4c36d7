// SPDX-License-Identifier: Apache-2.0
// What the generated callers of every function share with the test that walks them.
#pragma once

#include "capi/support.h"

#include <cstdint>
#include <string>
#include <vector>

namespace blobstore::capi_tests {

inline constexpr std::size_t too_long = static_cast<std::size_t>(PTRDIFF_MAX) + 1;

// Which argument is spoilt; -1: none.
struct plan {
    int null_at = -1;
    int long_at = -1;
    int nul_at = -1;
};

// What came back; the op is waited for and every result freed.
struct report {
    blobstore_status status = BLOBSTORE_OK;
    bool failed_with_result = false;
    bool failed_without_error = false;

    template <class T>
    void result(int, T* made) {
        if constexpr (std::is_same_v<T, blobstore_error>) {
            if (status != BLOBSTORE_OK && made && !*blobstore_error_message(made)) {
                failed_without_error = true;
            }
            blobstore_error_free(made);
        } else {
            failed_with_result |= status != BLOBSTORE_OK && made != nullptr;
            release(made);
        }
    }

private:
    static void release(blobstore_client* made) { blobstore_client_free(made); }

    static void release(blobstore_store* made) { blobstore_store_free(made); }

    static void release(blobstore_config* made) { blobstore_config_free(made); }

    static void release(blobstore_queue* made) { blobstore_queue_free(made); }

    static void release(blobstore_cancel* made) { blobstore_cancel_free(made); }

    static void release(blobstore_buffer* made) { blobstore_buffer_free(made); }

    static void release(blobstore_object* made) { blobstore_object_free(made); }

    static void release(blobstore_page* made) { blobstore_page_free(made); }

    static void release(blobstore_reader* made) { blobstore_reader_free(made); }

    static void release(blobstore_writer* made) { blobstore_writer_free(made); }

    void release(blobstore_op* made) {
        if (made) {
            status = blobstore_op_wait(made, -1);
        }
        blobstore_op_free(made);
    }
};

// One of each handle, on memory://, and one of each struct.
struct handles {
    handles();
    ~handles();
    handles(const handles&) = delete;
    handles& operator=(const handles&) = delete;

    const char* key_text(const plan& p, int at) { return p.nul_at == at ? "a\0b" : "key"; }

    std::size_t key_len(const plan&, int) { return 3; }

    const char* url_text(const plan& p, int at) {
        return p.nul_at == at ? "memory://abuse/a\0b" : "memory://abuse/key";
    }

    std::size_t url_len(const plan&, int) { return 18; }

    const char* token_text(const plan& p, int at) {
        return p.nul_at == at ? "a\0b"
                              : static_cast<const char*>(blobstore_buffer_data(token, nullptr));
    }

    std::size_t token_len(const plan& p, int at) {
        std::size_t len = 0;
        blobstore_buffer_data(token, &len);
        return p.nul_at == at ? 3 : len;
    }

    blobstore_buffer* token = nullptr; // of an upload with part 1
    blobstore_client* client = nullptr;
    blobstore_store* store = nullptr;
    blobstore_config* config = nullptr;
    blobstore_queue* queue = nullptr;
    blobstore_op* op = nullptr;
    blobstore_cancel* cancel = nullptr;
    blobstore_buffer* buffer = nullptr;
    blobstore_object* object = nullptr;
    blobstore_page* page = nullptr;
    blobstore_reader* reader = nullptr;
    blobstore_writer* writer = nullptr;
    blobstore_error* error = nullptr;

    blobstore_call call = sized<blobstore_call>();
    blobstore_async async = sized<blobstore_async>();
    blobstore_file file = sized<blobstore_file>();
    blobstore_get_options get_options = sized<blobstore_get_options>();
    blobstore_put_options put_options = sized<blobstore_put_options>();
    blobstore_list_options list_options = sized<blobstore_list_options>();
    blobstore_presign_options presign_options = sized<blobstore_presign_options>();
    blobstore_delete_options delete_options = sized<blobstore_delete_options>();
    blobstore_restore_options restore_options = sized<blobstore_restore_options>();
    blobstore_lock_options lock_options = sized<blobstore_lock_options>();
    blobstore_bucket_options bucket_options = sized<blobstore_bucket_options>();
    blobstore_post_options post_options = sized<blobstore_post_options>();
    blobstore_client_options client_options = sized<blobstore_client_options>();
    blobstore_error_view error_view = sized<blobstore_error_view>();
    blobstore_object_view object_view = sized<blobstore_object_view>();
    blobstore_stats stats = sized<blobstore_stats>();
    blobstore_config_key config_key = sized<blobstore_config_key>();
    blobstore_event events[4] = {};
    blobstore_str keys[1] = {{"gone", 4}};
    blobstore_kv tags[1] = {{{"tag", 3}, {"value", 5}}};
    blobstore_status results[1] = {};
    blobstore_kv parts[1] = {{{"1", 1}, {nullptr, 0}}};
    blobstore_range ranges[1] = {{0, 1, data, 0}};
    char data[64] = "0123456789abcdef";

private:
    std::string path_;
};

struct parameter {
    std::string name;
    std::string type; // without const and spaces
    bool pointer;
    bool required; // NULL is an error
    bool text;
    bool length;
};

struct function {
    std::string name;
    void (*run)(handles&, const plan&, report&);
    bool answers_status;
    std::vector<parameter> parameters;
};

const std::vector<function>& functions(); // generated

} // namespace blobstore::capi_tests
