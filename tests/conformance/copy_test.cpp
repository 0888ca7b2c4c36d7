// SPDX-License-Identifier: Apache-2.0
// Copies that are too large for one request: parts that the service makes of one source.
#include "handles.h"

#include <cstring>
#include <unistd.h>

using namespace conformance;

namespace {

constexpr std::size_t mib = 1u << 20;

class large_copy : public store_test {
protected:
    /// A store that copies little by one request.
    void SetUp() override {
        store_test::SetUp();
        if (IsSkipped() || !store_) return;
        blobstore_config* config = nullptr;
        ASSERT_EQ(blobstore_config_new(&config, nullptr), 0);
        const config_ptr owner(config);
        for (const auto& [name, value] :
             {std::pair{"copy_threshold", "6MiB"}, std::pair{"part_size", "5MiB"}})
            ASSERT_EQ(
                blobstore_config_set(
                    config, name, std::strlen(name), value, std::strlen(value), nullptr
                ),
                0
            );
        blobstore_store* store = nullptr;
        const std::string& url = target_->url;
        ASSERT_EQ(
            blobstore_store_open(client_.get(), url.data(), url.size(), config, &store, nullptr), 0
        );
        store_.reset(store);
        for (std::size_t i = 0; bytes_.size() < 11 * mib; ++i)
            bytes_ += std::to_string(i * 2654435761U) + ",";
    }

    bool no_upload_is_left() {
        auto options = sized<blobstore_list_options>();
        options.prefix = str(base_);
        for (int i = 0; i < 100; ++i) {
            blobstore_page* page = nullptr;
            if (blobstore_uploads_list(store_.get(), &options, nullptr, &page, nullptr) != 0)
                return false;
            const page_ptr owner(page);
            if (blobstore_page_len(page) == 0) return true;
            ::usleep(50000);
        }
        return target_->name == "toxic_reset"; // a create's lost answer leaves one
    }

    std::string bytes_;
};

} // namespace

CONFORMANCE_SUITE(large_copy);

TEST_P(large_copy, S3_33_in_parts_keeps_what_one_request_keeps) {
    auto options = sized<blobstore_put_options>();
    options.content_type = str("text/x-copied");
    options.cache_control = str("no-store");
    const blobstore_kv meta{str("made-of"), str("parts")};
    options.metadata = &meta;
    options.metadata_len = 1;
    const bool tags = can(BLOBSTORE_CAN_TAGS);
    const blobstore_kv tag{str("colour"), str("red + blue")};
    const std::string from = key("from +%20/ä"), to = key("to"), other = key("replaced");
    ASSERT_EQ(put(from, bytes_, &options).status, 0);
    if (tags) {
        ASSERT_EQ(tags_set(from, {tag}).status, 0);
    }
    const outcome copied = copy(from, to);
    ASSERT_EQ(copied.status, 0) << copied.message;
    EXPECT_EQ(copied.info.key, to);
    const outcome there = get(to);
    EXPECT_TRUE(there.body == bytes_);
    EXPECT_EQ(there.info.etag, copied.info.etag);
    EXPECT_EQ(there.info.content_type, "text/x-copied");
    EXPECT_EQ(there.info.cache_control, "no-store");
    EXPECT_EQ(there.info.metadata, (std::map<std::string, std::string>{{"made-of", "parts"}}));
    if (tags) {
        EXPECT_EQ(tags_get(to).info.tags["colour"], "red + blue");
    }
    auto replaced = sized<blobstore_put_options>();
    replaced.content_type = str("text/x-replaced");
    ASSERT_EQ(copy(from, other, &replaced).status, 0);
    const outcome now = get(other);
    EXPECT_TRUE(now.body == bytes_);
    EXPECT_EQ(now.info.content_type, "text/x-replaced");
    EXPECT_TRUE(now.info.metadata.empty());
    if (tags) {
        EXPECT_TRUE(tags_get(other).info.tags.empty());
    }
    EXPECT_TRUE(no_upload_is_left());
}

TEST_P(large_copy, conditions) {
    ASSERT_TRUE(can(BLOBSTORE_CAN_CREATE));
    const std::string from = key("from"), to = key("to");
    ASSERT_EQ(put(from, bytes_).status, 0);
    auto create = sized<blobstore_put_options>();
    create.flags = BLOBSTORE_PUT_CREATE;
    const outcome made = copy(from, to, &create);
    ASSERT_EQ(made.status, 0) << made.message;
    EXPECT_EQ(copy(from, to, &create).status, BLOBSTORE_E_EXISTS);
    auto source = sized<blobstore_get_options>();
    source.if_match = str("\"other\"");
    EXPECT_EQ(copy_with(from, &source, key("none")).status, BLOBSTORE_E_PRECONDITION);
    const std::string etag = head(from).info.etag;
    source.if_match = {};
    source.if_none_match = str(etag);
    EXPECT_EQ(copy_with(from, &source, key("none")).status, BLOBSTORE_E_PRECONDITION);
    EXPECT_EQ(copy(key("missing"), key("none")).status, BLOBSTORE_E_NOT_FOUND);
    EXPECT_EQ(head(key("none")).status, BLOBSTORE_E_NOT_FOUND);
    EXPECT_TRUE(no_upload_is_left());
}

TEST_P(large_copy, renames_and_updates) {
    const std::string from = key("from"), to = key("to");
    ASSERT_EQ(put(from, bytes_).status, 0);
    const outcome moved = rename(from, to);
    ASSERT_EQ(moved.status, 0) << moved.message;
    EXPECT_EQ(head(from).status, BLOBSTORE_E_NOT_FOUND);
    auto options = sized<blobstore_put_options>();
    options.content_type = str("text/x-updated");
    const outcome updated = update(to, options);
    ASSERT_EQ(updated.status, 0) << updated.message;
    const outcome there = get(to);
    EXPECT_TRUE(there.body == bytes_);
    EXPECT_EQ(there.info.content_type, "text/x-updated");
    EXPECT_TRUE(no_upload_is_left());
}
