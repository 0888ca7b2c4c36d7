// SPDX-License-Identifier: Apache-2.0
// All objects of a prefix removed by one call, and how many one call takes.
#include "handles.h"

using namespace conformance;

namespace {

class prefix_delete : public store_test {
protected:
    struct removed {
        blobstore_status status = 0;
        std::uint64_t count = 99;
        bool all = false;
        std::string message;
    };

    removed remove_prefix(const std::string& prefix, std::uint32_t flags = 0) {
        removed made;
        blobstore_page* left = nullptr;
        blobstore_error* error = nullptr;
        made.status = blobstore_delete_prefix(
            store_.get(), prefix.data(), prefix.size(), flags, nullptr, &made.count, &left, &error
        );
        const page_ptr page(left);
        const error_ptr freed(error);
        made.all = left == nullptr;
        made.message = blobstore_error_message(error);
        return made;
    }
};

} // namespace

CONFORMANCE_SUITE(prefix_delete);

TEST_P(prefix_delete, RT16_removes_all_and_nothing_else) {
    const bool many = target_->what == kind::memory || target_->name == "fake";
    const std::size_t count = many ? 2105 : 30; // more than two pages of a listing
    for (std::size_t i = 0; i < count; ++i)
        ASSERT_EQ(
            put(key("gone/" + std::to_string(i % 7) + "/& <" + std::to_string(i)), "x").status, 0
        );
    const std::vector<std::string> others{key("gon"), key("gone-not"), key("other/gone/x")};
    for (const std::string& one : others)
        ASSERT_EQ(put(one, "x").status, 0);
    const removed dry = remove_prefix(key("gone/"), BLOBSTORE_DELETE_DRY_RUN);
    EXPECT_EQ(dry.status, 0) << dry.message;
    EXPECT_EQ(dry.count, count);
    EXPECT_EQ(list_all(key("gone/")).keys.size(), count);
    const removed done = remove_prefix(key("gone/"));
    EXPECT_EQ(done.status, 0) << done.message;
    EXPECT_EQ(done.count, count);
    EXPECT_TRUE(done.all);
    EXPECT_EQ(list_all(base_).keys, others);
    const removed none = remove_prefix(key("gone/"));
    EXPECT_EQ(none.status, 0) << none.message;
    EXPECT_EQ(none.count, 0U);
}

TEST_P(prefix_delete, an_empty_prefix_has_to_be_meant) {
    ASSERT_EQ(put(key("stays"), "x").status, 0);
    const removed refused = remove_prefix("");
    EXPECT_EQ(refused.status, BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_EQ(refused.count, 0U);
    EXPECT_EQ(remove_prefix("x", 64).status, BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_EQ(get(key("stays")).body, "x");
    if (target_->what == kind::memory) { // a store that nobody shares
        const removed all = remove_prefix("", BLOBSTORE_DELETE_EVERYTHING);
        EXPECT_EQ(all.status, 0) << all.message;
        EXPECT_EQ(all.count, 1U);
    }
}

TEST_P(prefix_delete, a_hundred_thousand_and_one_keys_in_one_call) {
    if (target_->name.starts_with("toxic") || target_->tls || target_->name == "minio")
        GTEST_SKIP() << "versitygw shows it in less time";
    constexpr std::size_t count = 100'001;
    std::vector<std::string> keys;
    keys.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        keys.push_back(key(std::to_string(i)));
    std::vector<blobstore_str> views;
    for (const std::string& one : keys)
        views.push_back(str(one));
    ASSERT_EQ(put(keys.front(), "x").status, 0);
    ASSERT_EQ(put(keys.back(), "x").status, 0);
    std::vector<blobstore_status> results(count, -1);
    blobstore_error* error = nullptr;
    const blobstore_status status =
        blobstore_delete_many(store_.get(), views.data(), count, nullptr, results.data(), &error);
    const error_ptr freed(error);
    EXPECT_EQ(status, 0) << blobstore_error_message(error);
    EXPECT_EQ(results, std::vector<blobstore_status>(count, 0));
    EXPECT_TRUE(list_all(base_).keys.empty());
}
