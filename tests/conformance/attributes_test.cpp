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

namespace {

class more_attributes : public store_test {};

} // namespace

CONFORMANCE_SUITE(more_attributes);

TEST_P(more_attributes, come_back_and_are_kept_by_copies) {
    auto options = sized<blobstore_put_options>();
    options.content_disposition = str("attachment; filename=\"a b.txt\"");
    options.content_language = str("de, en");
    options.expires = str("Thu, 01 Dec 2033 16:00:00 GMT");
    options.flags = BLOBSTORE_PUT_GUESS_TYPE;
    const std::string k = key("a.CSV");
    const outcome written = put(k, "data", &options);
    ASSERT_EQ(written.status, 0) << written.message;
    ASSERT_EQ(copy(k, key("copy")).status, 0);
    for (const std::string& one : {k, key("copy")}) {
        const object seen = head(one).info;
        EXPECT_EQ(seen.content_disposition, "attachment; filename=\"a b.txt\"") << one;
        EXPECT_EQ(seen.content_language, "de, en");
        EXPECT_EQ(seen.content_type, "text/csv");
        const bool kept = seen.expires == "Thu, 01 Dec 2033 16:00:00 GMT";
        judge(one == k ? "expires" : "expires of a copy", {}, kept ? "" : "it is " + seen.expires);
    }
    ASSERT_EQ(put(k, "data").status, 0);
    EXPECT_EQ(head(k).info.content_disposition, "");
}

TEST_P(more_attributes, S3_45_metadata_of_any_characters) {
    const std::vector<std::pair<std::string, std::string>> wanted{
        {"accent", "d\xc3\xa9j\xc3\xa0 vu"},
        {"inner", "a  b"},
        {"percent", "100% %zz"},
        {"encoded", "%C3%A9"},
        {"twice", "%25C3%25A9"},
        {"word", "=?UTF-8?Q?=C3=A9?="},
        {"empty", ""},
        {"outer", "blanks"}};
    std::vector<blobstore_kv> pairs;
    for (const auto& [name, value] : wanted)
        pairs.push_back({str(name), str(value)});
    pairs.back().value = str(" blanks\t");
    auto options = sized<blobstore_put_options>();
    options.metadata = pairs.data();
    options.metadata_len = pairs.size();
    const outcome written = put(key("a"), "x", &options);
    ASSERT_EQ(written.status, 0) << written.message;
    const std::map<std::string, std::string> seen = head(key("a")).info.metadata;
    for (const auto& [name, value] : wanted) {
        outcome shown;
        const auto at = seen.find(name);
        std::string failure;
        if (at == seen.end() ? !value.empty() : at->second != value)
            failure = at == seen.end() ? "it is not there" : "it is " + at->second;
        judge("metadata " + name, shown, failure);
    }
}

TEST_P(more_attributes, S3_45_more_than_2_kilobytes) {
    const std::string long_value(2049 - 1, 'v');
    const blobstore_kv pair{str("n"), str(long_value)};
    auto options = sized<blobstore_put_options>();
    options.metadata = &pair;
    options.metadata_len = 1;
    const outcome written = put(key("a"), "x", &options);
    if (!target_->is_s3()) {
        EXPECT_EQ(written.status, 0) << written.message;
        return;
    }
    EXPECT_EQ(written.status, BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_NE(written.message.find("2048"), std::string::npos) << written.message;
    EXPECT_EQ(head(key("a")).status, BLOBSTORE_E_NOT_FOUND);
}

TEST_P(more_attributes, update_in_place) {
    auto options = sized<blobstore_put_options>();
    options.content_type = str("text/plain");
    const blobstore_kv pair{str("old"), str("1")};
    options.metadata = &pair;
    options.metadata_len = 1;
    const std::string k = key("a");
    ASSERT_EQ(put(k, "data", &options).status, 0);
    const blobstore_kv other{str("new"), str("2")};
    options.metadata = &other;
    options.content_type = str("text/html");
    options.flags = BLOBSTORE_PUT_KEEP_TAGS;
    const outcome updated = update(k, options);
    ASSERT_EQ(updated.status, 0) << updated.message;
    const outcome there = get(k);
    EXPECT_EQ(there.body, "data");
    EXPECT_EQ(there.info.content_type, "text/html");
    EXPECT_EQ(there.info.metadata, (std::map<std::string, std::string>{{"new", "2"}}));
    EXPECT_EQ(update(key("none"), options).status, BLOBSTORE_E_NOT_FOUND);
    options.if_match = str("\"other\"");
    EXPECT_EQ(update(k, options).status, BLOBSTORE_E_PRECONDITION);
}

TEST_P(more_attributes, tags) {
    ASSERT_TRUE(can(BLOBSTORE_CAN_TAGS));
    const std::string k = key("a");
    std::vector<blobstore_kv> tags{{str("team"), str("a b")}, {str("k&=+"), str("")}};
    auto options = sized<blobstore_put_options>();
    options.tags = tags.data();
    options.tags_len = 1;
    const outcome written = put(k, "data", &options);
    ASSERT_EQ(written.status, 0) << written.message;
    EXPECT_EQ(tags_get(k).info.tags, (std::map<std::string, std::string>{{"team", "a b"}}));
    EXPECT_EQ(head(k).info.tag_count, 1U);
    ASSERT_EQ(copy(k, key("copy")).status, 0);
    EXPECT_EQ(tags_get(key("copy")).info.tags.size(), 1U);
    const auto none = sized<blobstore_put_options>();
    ASSERT_EQ(copy(k, key("bare"), &none).status, 0);
    EXPECT_TRUE(tags_get(key("bare")).info.tags.empty());
    tags[1].key = str("other-key");
    const outcome set = tags_set(k, tags);
    ASSERT_EQ(set.status, 0) << set.message;
    EXPECT_EQ(
        tags_get(k).info.tags,
        (std::map<std::string, std::string>{{"team", "a b"}, {"other-key", ""}})
    );
    EXPECT_EQ(get(k).body, "data");
    EXPECT_EQ(tags_set(k, {}).status, 0);
    EXPECT_TRUE(tags_get(k).info.tags.empty());
    EXPECT_EQ(tags_get(key("none")).status, BLOBSTORE_E_NOT_FOUND);
    EXPECT_EQ(tags_set(key("none"), tags).status, BLOBSTORE_E_NOT_FOUND);
}

TEST_P(more_attributes, rules_of_tags) {
    const std::string k = key("a");
    ASSERT_EQ(put(k, "x").status, 0);
    const std::string name_129(129, 'n');
    const std::string value_257(257, 'v');
    const auto refused = [&](const std::vector<blobstore_kv>& tags) {
        return tags_set(k, tags).status == BLOBSTORE_E_INVALID_ARGUMENT;
    };
    std::vector<std::string> names;
    std::vector<blobstore_kv> eleven;
    for (int i = 0; i < 11; ++i)
        names.push_back("n" + std::to_string(i));
    for (const std::string& name : names)
        eleven.push_back({str(name), str("v")});
    EXPECT_TRUE(refused(eleven));
    EXPECT_TRUE(refused({{str("a"), str("1")}, {str("a"), str("2")}}));
    EXPECT_TRUE(refused({{str(""), str("1")}}));
    EXPECT_TRUE(refused({{str("aws:x"), str("1")}}));
    EXPECT_TRUE(refused({{str(name_129), str("1")}}));
    EXPECT_TRUE(refused({{str("n"), str(value_257)}}));
}

TEST_P(more_attributes, inspect) {
    ASSERT_EQ(put(key("a"), "four").status, 0);
    const outcome seen = inspect(key("a"));
    ASSERT_EQ(seen.status, 0) << seen.message;
    EXPECT_EQ(seen.info.size, 4U);
    EXPECT_EQ(seen.info.etag, head(key("a")).info.etag);
    EXPECT_EQ(inspect(key("none")).status, BLOBSTORE_E_NOT_FOUND);
}
