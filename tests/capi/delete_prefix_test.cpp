// SPDX-License-Identifier: Apache-2.0
// Prefix deletes of which some keys fail: what is told of each, and what is tried again.
#include "capi/support.h"

#include <algorithm>

namespace blobstore::capi_tests {
namespace {

using page_ptr = std::unique_ptr<blobstore_page, freer<blobstore_page_free>>;

class prefix_delete : public testing::Test {
protected:
    prefix_delete() {
        for (int i = 0; i < count; ++i)
            server_.put_object("bucket", "p/" + std::to_string(10000 + i), "x");
    }

    static void expect_left(const blobstore_page* left, const std::vector<std::string>& keys) {
        std::vector<blobstore_object_view> views(
            blobstore_page_len(left), sized<blobstore_object_view>()
        );
        blobstore_page_get(left, 0, views.data(), sizeof(blobstore_object_view), views.size());
        std::vector<std::string> found;
        for (const blobstore_object_view& each : views) {
            found.push_back(text_of(each.key));
            EXPECT_EQ(each.status, BLOBSTORE_E_PERMISSION) << found.back();
        }
        EXPECT_EQ(found, keys);
    }

    static constexpr int count = 2500;
    fakes::s3_server server_;
    const client_ptr client_ = make_client();
    const store_ptr store_ = open_fake(client_, server_);
    error_slot err_;
};

TEST_F(prefix_delete, RT16_what_fails_is_told_and_only_that_is_tried_again) {
    const std::vector<std::string> kept{"p/10007", "p/12001"};
    for (const std::string& one : kept)
        server_.service().fail_bulk_delete(one, "AccessDenied", 1000);
    server_.service().fail_bulk_delete("p/10500", "InternalError", 1);
    std::uint64_t deleted = 0;
    blobstore_page* left = nullptr;
    EXPECT_EQ(
        blobstore_delete_prefix(store_.get(), "p/", 2, 0, nullptr, &deleted, &left, err_),
        BLOBSTORE_E_PERMISSION
    );
    const page_ptr owner(left);
    EXPECT_EQ(deleted, count - kept.size());
    expect_left(left, kept);
    EXPECT_EQ(server_.keys("bucket"), kept);
    std::vector<std::uint64_t> bodies;
    for (const fakes::logged_request& each : server_.log())
        if (each.method == "POST") bodies.push_back(each.body_bytes);
    ASSERT_EQ(bodies.size(), 4U); // of 1,000, 1,000, 500 keys, and of the one that passed later
    EXPECT_LT(*std::min_element(bodies.begin(), bodies.end()), 300U);
}

TEST_F(prefix_delete, RT16_the_asynchronous_form_tells_the_same) {
    server_.service().fail_bulk_delete("p/10007", "AccessDenied", 1000);
    blobstore_op* op = nullptr;
    ASSERT_EQ(
        blobstore_delete_prefix_async(store_.get(), "p/", 2, 0, nullptr, nullptr, &op, err_),
        BLOBSTORE_OK
    ) << err_.line();
    const op_ptr owner(op);
    EXPECT_EQ(blobstore_op_wait(op, -1), BLOBSTORE_E_PERMISSION);
    EXPECT_EQ(blobstore_op_bytes(op), count - 1U);
    const page_ptr left(blobstore_op_take_page(op));
    expect_left(left.get(), {"p/10007"});
}

// S3-22: a listing that does not end well is no reason to say that all is gone.
TEST_F(prefix_delete, RT16_a_listing_that_fails_half_way_is_told) {
    server_.on(
        {"GET", {}, "continuation-token"},
        fakes::answer_status(403, "AccessDenied"),
        fakes::for_ever
    );
    std::uint64_t deleted = 0;
    EXPECT_EQ(
        blobstore_delete_prefix(store_.get(), "p/", 2, 0, nullptr, &deleted, nullptr, err_),
        BLOBSTORE_E_PERMISSION
    );
    EXPECT_EQ(deleted, 1000U);
    EXPECT_EQ(server_.keys("bucket").size(), count - 1000U);
}

} // namespace
} // namespace blobstore::capi_tests
