// SPDX-License-Identifier: Apache-2.0
// Links, and the calls by object URL.
#include "handles.h"

using namespace conformance;

namespace {

class urls : public store_test {
protected:
    outcome presign(const std::string& k, std::int64_t expires_ms) {
        auto options = sized<blobstore_presign_options>();
        options.expires_ms = expires_ms;
        blobstore_buffer* link = nullptr;
        blobstore_error* error = nullptr;
        outcome made;
        made.status =
            blobstore_presign(store_.get(), k.data(), k.size(), &options, nullptr, &link, &error);
        made.message = blobstore_error_message(error);
        const error_ptr freed(error);
        const buffer_ptr held(link);
        if (link != nullptr) made.body = text(link);
        return made;
    }
};

constexpr std::int64_t week_ms = 7LL * 24 * 3600 * 1000;

} // namespace

CONFORMANCE_SUITE(urls);

TEST_P(urls, presign) {
    ASSERT_EQ(put(key("p"), "data").status, 0);
    const outcome link = presign(key("p"), 0);
    if (target_->what == kind::memory) {
        EXPECT_EQ(link.status, BLOBSTORE_E_UNSUPPORTED);
        return;
    }
    ASSERT_EQ(link.status, 0) << link.message;
    if (target_->what == kind::file) {
        EXPECT_EQ(link.body, target_->url + "/" + key("p"));
        return;
    }
    EXPECT_NE(link.body.find("X-Amz-Signature="), std::string::npos) << link.body;
    EXPECT_EQ(presign(key("p"), week_ms).status, 0);
    EXPECT_EQ(presign(key("p"), week_ms + 1000).status, BLOBSTORE_E_INVALID_ARGUMENT);
}

TEST_P(urls, object_urls) {
    if (target_->is_s3()) GTEST_SKIP() << "the endpoint is an option of the store's URL";
    const std::string root = target_->what == kind::file ? target_->url : "memory://conformance";
    const std::string from = root + "/" + key("u%2F+"), to = root + "/" + key("v");
    blobstore_client* const c = client_.get();
    ASSERT_EQ(
        blobstore_put_url(
            c, from.data(), from.size(), "data", 4, nullptr, nullptr, nullptr, nullptr
        ),
        0
    );
    ASSERT_EQ(
        blobstore_copy_url(
            c, from.data(), from.size(), to.data(), to.size(), nullptr, nullptr, nullptr, nullptr
        ),
        0
    );
    for (const std::string& url : {from, to}) {
        blobstore_buffer* body = nullptr;
        ASSERT_EQ(
            blobstore_get_url(c, url.data(), url.size(), nullptr, nullptr, &body, nullptr, nullptr),
            0
        );
        const buffer_ptr held(body);
        EXPECT_EQ(text(body), "data");
        EXPECT_EQ(blobstore_delete_url(c, url.data(), url.size(), nullptr, nullptr), 0);
        blobstore_object* info = nullptr;
        EXPECT_EQ(
            blobstore_head_url(c, url.data(), url.size(), nullptr, nullptr, &info, nullptr),
            BLOBSTORE_E_NOT_FOUND
        );
    }
}
