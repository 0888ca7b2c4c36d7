// SPDX-License-Identifier: Apache-2.0
// Listings: prefix, delimiter, start, pages.
#include "handles.h"

using namespace conformance;

namespace {

using strings = std::vector<std::string>;

class lists : public store_test {
protected:
    void SetUp() override {
        store_test::SetUp();
        if (IsSkipped()) return;
        for (const char* name : {"a", "b/1", "b/2", "b/sub/3", "b-x", "bc", "c/4", "d"})
            ASSERT_EQ(put(key(name), name).status, 0) << name;
    }

    strings names(const listing& of) const {
        EXPECT_EQ(of.status, 0) << of.message;
        strings out;
        for (const std::string& one : of.keys)
            out.push_back(one.starts_with(base_) ? one.substr(base_.size()) : "?" + one);
        return out;
    }
};

} // namespace

CONFORMANCE_SUITE(lists);

TEST_P(lists, in_order_with_facts) {
    const listing all = list_all(base_);
    EXPECT_EQ(names(all), (strings{"a", "b-x", "b/1", "b/2", "b/sub/3", "bc", "c/4", "d"}));
    for (const object& one : all.entries) {
        EXPECT_EQ(one.size, one.key.size() - base_.size());
        EXPECT_EQ(one.flags, BLOBSTORE_OBJECT_HAS_SIZE | BLOBSTORE_OBJECT_HAS_MODIFIED);
        EXPECT_EQ(one.etag, head(one.key).info.etag) << one.key;
    }
}

TEST_P(lists, prefix) {
    EXPECT_EQ(names(list_all(key("b/"))), (strings{"b/1", "b/2", "b/sub/3"}));
    EXPECT_EQ(names(list_all(key("b"))), (strings{"b-x", "b/1", "b/2", "b/sub/3", "bc"}));
    EXPECT_EQ(names(list_all(key("b/su"))), strings{"b/sub/3"});
    EXPECT_EQ(names(list_all(key("a"))), strings{"a"});
}

TEST_P(lists, delimiter) {
    auto options = sized<blobstore_list_options>();
    options.prefix = str(base_);
    options.delimiter = str("/");
    const listing level = list(options);
    EXPECT_EQ(names(level), (strings{"a", "b-x", "b/", "bc", "c/", "d"}));
    for (const object& one : level.entries)
        EXPECT_EQ((one.flags & BLOBSTORE_OBJECT_IS_PREFIX) != 0, one.key.ends_with('/')) << one.key;
    const std::string half = key("b");
    options.prefix = str(half);
    EXPECT_EQ(names(list(options)), (strings{"b-x", "b/", "bc"}));
    const std::string inside = key("b/");
    options.prefix = str(inside);
    EXPECT_EQ(names(list(options)), (strings{"b/1", "b/2", "b/sub/"}));
}

TEST_P(lists, start_after) {
    auto options = sized<blobstore_list_options>();
    options.prefix = str(base_);
    const std::string present = key("b/2"), absent = key("b/1zzz");
    options.start_after = str(present);
    EXPECT_EQ(names(list(options)), (strings{"b/sub/3", "bc", "c/4", "d"}));
    options.start_after = str(absent);
    EXPECT_EQ(names(list(options)), (strings{"b/2", "b/sub/3", "bc", "c/4", "d"}));
}

TEST_P(lists, pages) {
    for (const char* delimiter : {"", "/"}) {
        auto options = sized<blobstore_list_options>();
        options.prefix = str(base_);
        options.delimiter = str(delimiter);
        options.page_size = 2;
        std::string token;
        strings seen;
        int pages = 0;
        do {
            options.page_token = str(token);
            const listing page = list(options);
            const strings more = names(page);
            EXPECT_LE(more.size(), 2U);
            seen.insert(seen.end(), more.begin(), more.end());
            token = page.token;
        } while (!token.empty() && ++pages < 20);
        options.page_size = 0;
        options.page_token = {};
        EXPECT_EQ(seen, names(list(options))) << "delimiter " << delimiter;
        EXPECT_EQ(seen.size(), *delimiter == '\0' ? 8U : 6U);
    }
}

TEST_P(lists, empty) {
    const listing none = list_all(key("nothing/"));
    EXPECT_EQ(none.status, 0) << none.message;
    EXPECT_TRUE(none.keys.empty());
}
