// SPDX-License-Identifier: Apache-2.0
// Copies in parts on the wire: which requests, of which source, and what is left of those that
// fail.
#include "capi/support.h"

#include <algorithm>
#include <set>
#include <thread>

namespace blobstore::capi_tests {
namespace {

constexpr std::size_t mib = 1u << 20;

std::string field_of(const fakes::logged_request& request, std::string_view name) {
    for (const auto& [each, value] : request.headers)
        if (std::equal(each.begin(), each.end(), name.begin(), name.end(), [](char a, char b) {
                return std::tolower(a) == std::tolower(b);
            }))
            return value;
    return {};
}

class copies : public testing::Test {
protected:
    copies() { server_.put_object("bucket", from_, bytes_); }

    blobstore_status copy(const std::string& vendor = "default") {
        const store_ptr store = open_fake(
            client_,
            server_,
            {{"copy_threshold", "6MiB"}, {"part_size", "5MiB"}, {"vendor", vendor}}
        );
        return blobstore_copy(
            store.get(),
            from_.data(),
            from_.size(),
            store.get(),
            "to",
            2,
            nullptr,
            nullptr,
            nullptr,
            err_
        );
    }

    std::string begin(const store_ptr& store) {
        blobstore_buffer* token = nullptr;
        EXPECT_EQ(
            blobstore_upload_create(store.get(), "to", 2, nullptr, nullptr, &token, err_),
            BLOBSTORE_OK
        ) << err_.line();
        const buffer_ptr held(token);
        std::size_t size = 0;
        const void* text = blobstore_buffer_data(token, &size);
        return std::string(static_cast<const char*>(text), size);
    }

    std::vector<fakes::logged_request> parts() const {
        std::vector<fakes::logged_request> found;
        for (const fakes::logged_request& each : server_.log())
            if (each.target.find("partNumber=") != std::string::npos) found.push_back(each);
        return found;
    }

    bool no_upload_is_left() const {
        for (int i = 0; i < 100 && !server_.open_uploads().empty(); ++i)
            std::this_thread::sleep_for(milliseconds(50));
        return server_.open_uploads().empty();
    }

    const std::string from_ = "folder/a +%b";
    const std::string bytes_ = std::string(11 * mib, 'x') + "end";
    fakes::s3_server server_;
    const client_ptr client_ = make_client();
    error_slot err_;
};

TEST_F(copies, S3_33_each_part_is_of_the_source_that_was_seen) {
    ASSERT_EQ(copy(), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(server_.object_data("bucket", "to"), bytes_);
    std::set<std::string> ranges;
    const auto sent = parts();
    ASSERT_EQ(sent.size(), 3U);
    for (const fakes::logged_request& part : sent) {
        EXPECT_EQ(field_of(part, "x-amz-copy-source"), "/bucket/folder/a%20%2B%25b");
        EXPECT_FALSE(field_of(part, "x-amz-copy-source-if-match").empty());
        EXPECT_EQ(part.body_bytes, 0U);
        ranges.insert(field_of(part, "x-amz-copy-source-range"));
    }
    EXPECT_EQ(
        ranges,
        (std::set<std::string>{
            "bytes=0-5242879", "bytes=10485760-11534338", "bytes=5242880-10485759"})
    );
}

TEST_F(copies, S3_33_a_source_that_changes_ends_the_copy) {
    const auto late = fakes::answer_late(milliseconds(300));
    server_.on({"POST", "to", "uploads"}, late);
    std::thread other([&] {
        EXPECT_TRUE(server_.wait_for_requests(2, milliseconds(10000))); // the look and the create
        server_.put_object("bucket", from_, "new");
    });
    EXPECT_EQ(copy(), BLOBSTORE_E_CHANGED) << err_.line();
    other.join();
    EXPECT_FALSE(server_.object_data("bucket", "to"));
    EXPECT_TRUE(no_upload_is_left());
}

TEST_F(copies, S3_03_an_answer_to_complete_that_is_lost_is_found_out) {
    server_.on({"POST", "to", "uploadId"}, fakes::reset_at(fakes::stage::answer_head));
    ASSERT_EQ(copy(), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(server_.object_data("bucket", "to"), bytes_);
    EXPECT_TRUE(server_.open_uploads().empty());
}

TEST_F(copies, a_part_that_fails_leaves_nothing) {
    server_.on(
        {"PUT", "to", "partNumber=2"}, fakes::answer_status(403, "AccessDenied"), fakes::for_ever
    );
    EXPECT_EQ(copy(), BLOBSTORE_E_PERMISSION);
    EXPECT_FALSE(server_.object_data("bucket", "to"));
    EXPECT_TRUE(no_upload_is_left());
}

TEST_F(copies, S3_42_a_vendor_that_copies_no_parts_is_not_asked_to) {
    ASSERT_EQ(copy("gcs"), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(server_.object_data("bucket", "to"), bytes_);
    EXPECT_EQ(server_.log().size(), 1U) << "one copy, whatever the threshold";
    server_.clear_log();
    const store_ptr store = open_fake(client_, server_, {{"vendor", "gcs"}});
    const std::string token = begin(store);
    blobstore_buffer* receipt = nullptr;
    ASSERT_EQ(
        blobstore_upload_part_copy(
            store.get(),
            token.data(),
            token.size(),
            1,
            store.get(),
            from_.data(),
            from_.size(),
            nullptr,
            nullptr,
            &receipt,
            err_
        ),
        BLOBSTORE_OK
    ) << err_.line();
    blobstore_buffer_free(receipt);
    const auto sent = parts();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].body_bytes, bytes_.size()) << "the bytes go through here";
    EXPECT_EQ(field_of(sent[0], "x-amz-copy-source"), "");
}

TEST_F(copies, S3_31_a_vendor_with_fewer_or_larger_parts_gets_such) {
    const store_ptr few = open_fake(client_, server_, {{"vendor", "scaleway"}});
    const std::string token = begin(few);
    server_.clear_log();
    blobstore_buffer* receipt = nullptr;
    EXPECT_EQ(
        blobstore_upload_part(
            few.get(), token.data(), token.size(), 1001, "x", 1, nullptr, &receipt, err_
        ),
        BLOBSTORE_E_INVALID_ARGUMENT
    );
    EXPECT_EQ(server_.log().size(), 0U);
    const store_ptr large =
        open_fake(client_, server_, {{"vendor", "storj"}, {"multipart_threshold", "5MiB"}});
    ASSERT_EQ(put(large, "large", std::string(65 * mib, 'x'), err_), BLOBSTORE_OK) << err_.line();
    std::multiset<std::uint64_t> sizes;
    for (const fakes::logged_request& part : parts())
        sizes.insert(part.body_bytes);
    EXPECT_EQ(sizes, (std::multiset<std::uint64_t>{mib, 64 * mib}));
}

} // namespace
} // namespace blobstore::capi_tests
