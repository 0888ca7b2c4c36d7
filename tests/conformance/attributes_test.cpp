// SPDX-License-Identifier: Apache-2.0
// Content type, encoding, cache control and user metadata, also through a copy.
#include "handles.h"

using namespace conformance;

namespace {

class attributes : public store_test {
protected:
    void SetUp() override {
        store_test::SetUp();
        options_.content_type = str("text/x-odd; charset=utf-8");
        options_.content_encoding = str("identity2");
        options_.cache_control = str("max-age=60, private");
        options_.metadata = pairs_;
        options_.metadata_len = 2;
    }

    static void expect_set(const object& seen) {
        EXPECT_EQ(seen.content_type, "text/x-odd; charset=utf-8");
        EXPECT_EQ(seen.content_encoding, "identity2");
        EXPECT_EQ(seen.cache_control, "max-age=60, private");
        const std::map<std::string, std::string> want{
            {"colour", "deep blue"}, {"x-n", "1,2;=\"q\""}};
        EXPECT_EQ(seen.metadata, want);
    }

    blobstore_put_options options_ = sized<blobstore_put_options>();
    blobstore_kv pairs_[2] = {{str("colour"), str("deep blue")}, {str("X-N"), str("1,2;=\"q\"")}};
};

} // namespace

CONFORMANCE_SUITE(attributes);

TEST_P(attributes, come_back) {
    const std::string k = key("a");
    const outcome written = put(k, "data", &options_);
    ASSERT_EQ(written.status, 0) << written.message;
    expect_set(head(k).info);
    const outcome read = get(k);
    expect_set(read.info);
    EXPECT_EQ(read.body, "data");
}

TEST_P(attributes, overwrite_removes_them) {
    const std::string k = key("a");
    ASSERT_EQ(put(k, "data", &options_).status, 0);
    ASSERT_EQ(put(k, "more").status, 0);
    const object seen = head(k).info;
    EXPECT_TRUE(seen.metadata.empty());
    EXPECT_EQ(seen.cache_control, "");
    EXPECT_EQ(seen.content_encoding, "");
}

TEST_P(attributes, refuses_line_breaks) {
    auto options = sized<blobstore_put_options>();
    options.content_type = str("a\r\nb: c");
    EXPECT_EQ(put(key("a"), "x", &options).status, BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_EQ(head(key("a")).status, BLOBSTORE_E_NOT_FOUND);
}

TEST_P(attributes, copy_keeps) {
    ASSERT_EQ(put(key("from"), "data", &options_).status, 0);
    const outcome done = copy(key("from"), key("to"));
    ASSERT_EQ(done.status, 0) << done.message;
    const outcome read = get(key("to"));
    EXPECT_EQ(read.body, "data");
    expect_set(read.info);
    EXPECT_EQ(get(key("from")).body, "data");
}

TEST_P(attributes, copy_replaces) {
    ASSERT_EQ(put(key("from"), "data", &options_).status, 0);
    auto other = sized<blobstore_put_options>();
    other.content_type = str("image/png");
    const blobstore_kv pair{str("only"), str("this")};
    other.metadata = &pair;
    other.metadata_len = 1;
    const outcome done = copy(key("from"), key("to"), &other);
    ASSERT_EQ(done.status, 0) << done.message;
    const object seen = head(key("to")).info;
    EXPECT_EQ(seen.content_type, "image/png");
    EXPECT_EQ(seen.cache_control, "");
    EXPECT_EQ(seen.metadata, (std::map<std::string, std::string>{{"only", "this"}}));
}

TEST_P(attributes, copy_over_and_missing) {
    ASSERT_EQ(put(key("from"), "new").status, 0);
    ASSERT_EQ(put(key("to"), "old and longer").status, 0);
    ASSERT_EQ(copy(key("from"), key("to")).status, 0);
    EXPECT_EQ(get(key("to")).body, "new");
    EXPECT_EQ(copy(key("none"), key("to")).status, BLOBSTORE_E_NOT_FOUND);
    EXPECT_EQ(get(key("to")).body, "new");
}
