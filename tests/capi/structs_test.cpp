// SPDX-License-Identifier: Apache-2.0
// struct_size, flag bits and reserved words of every struct.
#include "capi/support.h"

#include <cstring>
#include <functional>

namespace blobstore::capi_tests {
namespace {

struct fixture {
    client_ptr client = make_client();
    store_ptr store = open_store(client, "memory://structs");

    fixture() { EXPECT_EQ(put(store, "key", "data"), BLOBSTORE_OK); }
};

// A struct with room behind it, passed to a call.
template <class T>
struct padded {
    T known{};
    unsigned char tail[32] = {};
};

template <class T>
using call_with = std::function<blobstore_status(fixture&, T*)>;

template <class T>
void check_sizes(const char* name, const call_with<T>& call, blobstore_status good = BLOBSTORE_OK) {
    SCOPED_TRACE(name);
    fixture f;
    padded<T> given;
    given.known.struct_size = sizeof(T);
    EXPECT_EQ(call(f, &given.known), good);
    given.known.struct_size = 2 * sizeof(std::uint32_t);
    EXPECT_EQ(call(f, &given.known), good) << "shorter";
    given.known.struct_size = sizeof given;
    EXPECT_EQ(call(f, &given.known), good) << "longer";
    given.tail[sizeof given.tail - 1] = 1;
    EXPECT_EQ(call(f, &given.known), BLOBSTORE_E_VERSION) << "longer, tail not zero";
    given.tail[sizeof given.tail - 1] = 0;
    for (const std::uint32_t size : {0U, 4U, 7U, 1U << 20, UINT32_MAX}) {
        given.known.struct_size = size;
        EXPECT_EQ(call(f, &given.known), BLOBSTORE_E_INVALID_ARGUMENT) << size;
    }
    given.known.struct_size = sizeof(T);
    given.known.flags = 1U << 31;
    EXPECT_EQ(call(f, &given.known), BLOBSTORE_E_INVALID_ARGUMENT) << "flag";
    given.known.flags = 0;
    if constexpr (requires { given.known.reserved0; }) {
        given.known.reserved0 = 1;
        EXPECT_EQ(call(f, &given.known), BLOBSTORE_E_INVALID_ARGUMENT) << "reserved";
    }
}

template <class T>
void check_view(const char* name, const call_with<T>& call) {
    SCOPED_TRACE(name);
    fixture f;
    padded<T> out;
    out.known.struct_size = 2 * sizeof(std::uint32_t);
    std::memset(reinterpret_cast<char*>(&out) + 8, 0x5a, sizeof out - 8);
    EXPECT_EQ(call(f, &out.known), BLOBSTORE_OK) << "shorter";
    EXPECT_EQ(reinterpret_cast<unsigned char*>(&out)[8], 0x5a) << "wrote behind struct_size";
    std::memset(static_cast<void*>(&out), 0, sizeof out);
    out.known.struct_size = sizeof out;
    EXPECT_EQ(call(f, &out.known), BLOBSTORE_OK) << "longer";
    for (const unsigned char byte : out.tail) {
        EXPECT_EQ(byte, 0);
    }
    for (const std::uint32_t size : {0U, 4U, 7U, UINT32_MAX}) {
        out.known.struct_size = size;
        EXPECT_EQ(call(f, &out.known), BLOBSTORE_E_INVALID_ARGUMENT) << size;
    }
    out.known.struct_size = sizeof out;
    out.tail[31] = 1;
    EXPECT_EQ(call(f, &out.known), BLOBSTORE_E_VERSION) << "longer, tail not zero";
}

TEST(structs, AB03_call_and_async) {
    check_sizes<blobstore_call>("call", [](fixture& f, blobstore_call* c) {
        return get(f.store, "key", c);
    });
    check_sizes<blobstore_async>("async", [](fixture& f, blobstore_async* a) {
        return submit_get(f.store, "key", nullptr, a, nullptr);
    });
}

TEST(structs, AB03_options) {
    check_sizes<blobstore_get_options>("get", [](fixture& f, blobstore_get_options* o) {
        return blobstore_head(f.store.get(), "key", 3, o, nullptr, nullptr, nullptr);
    });
    check_sizes<blobstore_put_options>("put", [](fixture& f, blobstore_put_options* o) {
        return blobstore_put(f.store.get(), "key", 3, "x", 1, o, nullptr, nullptr, nullptr);
    });
    check_sizes<blobstore_list_options>("list", [](fixture& f, blobstore_list_options* o) {
        blobstore_page* page = nullptr;
        const auto status = blobstore_list(f.store.get(), o, nullptr, &page, nullptr);
        blobstore_page_free(page);
        return status;
    });
    check_sizes<blobstore_presign_options>(
        "presign",
        [](fixture& f, blobstore_presign_options* o) {
            blobstore_buffer* link = nullptr;
            return blobstore_presign(f.store.get(), "key", 3, o, nullptr, &link, nullptr);
        },
        BLOBSTORE_E_UNSUPPORTED // on memory://, once the options are right
    );
    check_sizes<blobstore_client_options>("client", [](fixture&, blobstore_client_options* o) {
        blobstore_client* client = nullptr;
        const auto status = blobstore_client_new(nullptr, o, &client, nullptr);
        blobstore_client_free(client);
        return status;
    });
}

TEST(structs, file) {
    check_sizes<blobstore_file>("file", [](fixture& f, blobstore_file* o) {
        const auto status =
            blobstore_upload_file(f.store.get(), "key", 3, o, nullptr, nullptr, nullptr, nullptr);
        return status == BLOBSTORE_E_VERSION || o->struct_size < 8 || o->struct_size > 4096 ||
                       o->flags
                   ? status
                   : BLOBSTORE_OK; // no path: refused otherwise
    });
}

TEST(structs, AB03_error_view) {
    check_view<blobstore_error_view>("error", [](fixture& f, blobstore_error_view* v) {
        error_slot err;
        get(f.store, "missing", nullptr, err);
        return blobstore_error_get(err.get(), v);
    });
}

TEST(structs, AB03_object_view) {
    check_view<blobstore_object_view>("object", [](fixture& f, blobstore_object_view* v) {
        blobstore_object* info = nullptr;
        blobstore_head(f.store.get(), "key", 3, nullptr, nullptr, &info, nullptr);
        const auto status = blobstore_object_get(info, v);
        blobstore_object_free(info);
        return status;
    });
}

TEST(structs, config_key) {
    check_view<blobstore_config_key>("config", [](fixture&, blobstore_config_key* v) {
        return blobstore_config_describe(0, v);
    });
}

} // namespace
} // namespace blobstore::capi_tests
