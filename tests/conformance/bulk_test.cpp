// SPDX-License-Identifier: Apache-2.0
// Many deletes in one call.
#include "handles.h"

using namespace conformance;

namespace {

class bulk : public store_test {};

} // namespace

CONFORMANCE_SUITE(bulk);

TEST_P(bulk, deletes_present_and_missing) {
    const std::size_t count = target_->tls ? 50 : 1005;
    std::vector<std::string> keys;
    std::vector<blobstore_str> views;
    for (std::size_t i = 0; i < count; ++i) {
        keys.push_back(key("k & " + std::to_string(i)));
        if (i % 3 != 0) continue;
        ASSERT_EQ(put(keys.back(), "x").status, 0);
    }
    for (const std::string& one : keys)
        views.push_back(str(one));
    ASSERT_EQ(put(key("stays"), "x").status, 0);
    std::vector<blobstore_status> results(count, -1);
    blobstore_error* error = nullptr;
    const blobstore_status status =
        blobstore_delete_many(store_.get(), views.data(), count, nullptr, results.data(), &error);
    EXPECT_EQ(status, 0) << blobstore_error_message(error);
    const error_ptr freed(error);
    EXPECT_EQ(results, std::vector<blobstore_status>(count, 0));
    EXPECT_EQ(list_all(base_).keys, std::vector<std::string>{key("stays")});
}

TEST_P(bulk, nothing_is_ok) {
    blobstore_status none = -1;
    EXPECT_EQ(blobstore_delete_many(store_.get(), nullptr, 0, nullptr, &none, nullptr), 0);
}
