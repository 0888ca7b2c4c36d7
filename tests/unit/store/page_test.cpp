// SPDX-License-Identifier: Apache-2.0
// Pages cut out of an ordered walk, over a set of keys in memory.
#include "store/page.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

using namespace blobstore;

namespace {

struct keys_in_memory {
    std::set<std::string> keys;
    std::size_t asked = 0;

    next_key walk() {
        return [this](const std::string& from) -> result<std::optional<object_meta>> {
            ++asked;
            const auto at = keys.lower_bound(from);
            if (at == keys.end()) return std::optional<object_meta>();
            object_meta meta;
            meta.key = *at;
            meta.size = at->size();
            return std::optional(std::move(meta));
        };
    }
};

std::vector<std::string> names(const list_page& page) {
    std::vector<std::string> out;
    for (const object_meta& e : page.entries)
        out.push_back(e.is_prefix ? e.key + "*" : e.key);
    return out;
}

using strings = std::vector<std::string>;

list_page cut(keys_in_memory& keys, const list_options& options) {
    result<list_page> page = cut_page(options, keys.walk());
    EXPECT_TRUE(page) << page.error().message();
    return page ? *page : list_page{};
}

/// All entries, page after page; fails where a page is longer than asked for.
strings cut_all(keys_in_memory& keys, list_options options) {
    strings all;
    for (int i = 0; i < 1000; ++i) {
        const list_page page = cut(keys, options);
        EXPECT_LE(page.entries.size(), options.page_size == 0 ? most_per_page : options.page_size);
        for (const std::string& n : names(page))
            all.push_back(n);
        if (page.next_token.empty()) return all;
        EXPECT_EQ(page.entries.size(), options.page_size);
        options.page_token = page.next_token;
    }
    ADD_FAILURE() << "the pages do not end";
    return all;
}

} // namespace

TEST(page, gives_everything_in_byte_order) {
    keys_in_memory keys{{"b", "a/b", "a.txt", "a", "\xff\xff", "\xc3\xa4"}};
    EXPECT_EQ(names(cut(keys, {})), (strings{"a", "a.txt", "a/b", "b", "\xc3\xa4", "\xff\xff"}));
}

TEST(page, prefix_alone) {
    keys_in_memory keys{{"a", "ab", "ab/c", "abd", "b"}};
    list_options o;
    o.prefix = "ab";
    EXPECT_EQ(names(cut(keys, o)), (strings{"ab", "ab/c", "abd"}));
    o.prefix = "zz";
    EXPECT_TRUE(cut(keys, o).entries.empty());
}

TEST(page, delimiter_of_any_length_makes_prefixes) {
    keys_in_memory keys{{"a", "a/1", "a/2", "a//3", "b--1", "b--2", "c"}};
    list_options o;
    o.delimiter = "/";
    EXPECT_EQ(names(cut(keys, o)), (strings{"a", "a/*", "b--1", "b--2", "c"}));
    o.prefix = "a/";
    EXPECT_EQ(names(cut(keys, o)), (strings{"a//*", "a/1", "a/2"}));
    o.prefix.clear();
    o.delimiter = "--";
    EXPECT_EQ(names(cut(keys, o)), (strings{"a", "a//3", "a/1", "a/2", "b--*", "c"}));
}

TEST(page, a_prefix_is_passed_over_in_one_step) {
    keys_in_memory keys;
    for (int i = 0; i < 500; ++i)
        keys.keys.insert("a/" + std::to_string(i));
    keys.keys.insert("b");
    list_options o;
    o.delimiter = "/";
    EXPECT_EQ(names(cut(keys, o)), (strings{"a/*", "b"}));
    EXPECT_LE(keys.asked, 4U);
}

TEST(page, every_page_size_gives_the_same_entries) {
    keys_in_memory keys{{"a", "a/1", "a/2", "b/1", "b/2/3", "b0", "c", "d/1", "\xff", "\xff/1"}};
    for (const char* delimiter : {"", "/"}) {
        list_options o;
        o.delimiter = delimiter;
        const strings whole = cut_all(keys, o);
        for (std::uint32_t size = 1; size <= 12; ++size) {
            o.page_size = size;
            EXPECT_EQ(cut_all(keys, o), whole) << size;
        }
    }
}

TEST(page, prefixes_count_to_the_page_size) {
    keys_in_memory keys{{"a/1", "a/2", "b/1", "c"}};
    list_options o;
    o.delimiter = "/";
    o.page_size = 2;
    const list_page first = cut(keys, o);
    EXPECT_EQ(names(first), (strings{"a/*", "b/*"}));
    ASSERT_FALSE(first.next_token.empty());
    o.page_token = first.next_token;
    const list_page second = cut(keys, o);
    EXPECT_EQ(names(second), (strings{"c"}));
    EXPECT_TRUE(second.next_token.empty());
}

TEST(page, the_last_page_has_no_token_even_when_full) {
    keys_in_memory keys{{"a", "b"}};
    list_options o;
    o.page_size = 2;
    EXPECT_TRUE(cut(keys, o).next_token.empty());
    keys.keys.insert("c");
    EXPECT_FALSE(cut(keys, o).next_token.empty());
    o.prefix = "a"; // what follows has another prefix
    o.page_size = 1;
    EXPECT_TRUE(cut(keys, o).next_token.empty());
}

TEST(page, start_after_compares_keys) {
    keys_in_memory keys{{"a", "a/1", "a/5", "b"}};
    list_options o;
    o.start_after = "a";
    EXPECT_EQ(names(cut(keys, o)), (strings{"a/1", "a/5", "b"}));
    o.start_after = "a/3"; // itself not there
    o.delimiter = "/";
    EXPECT_EQ(names(cut(keys, o)), (strings{"a/*", "b"}));
    o.start_after = "a/5";
    EXPECT_EQ(names(cut(keys, o)), (strings{"b"}));
    o.prefix = "b";
    o.start_after = "a";
    EXPECT_EQ(names(cut(keys, o)), (strings{"b"}));
}

TEST(page, a_prefix_of_0xff_bytes_ends_the_listing) {
    keys_in_memory keys{{"a", "\xff\xff\x01", "\xff\xff\x02"}};
    list_options o;
    o.delimiter = "\xff\xff";
    o.page_size = 2;
    const list_page page = cut(keys, o);
    EXPECT_EQ(names(page), (strings{"a", "\xff\xff*"}));
    EXPECT_TRUE(page.next_token.empty());
}

TEST(page, without_a_size_a_page_has_what_s3_allows_most) {
    keys_in_memory keys;
    for (int i = 0; i < 1500; ++i)
        keys.keys.insert(std::to_string(10000 + i));
    EXPECT_EQ(cut(keys, {}).entries.size(), most_per_page);
    list_options o;
    o.page_size = 5000;
    EXPECT_EQ(cut(keys, o).entries.size(), most_per_page);
}

TEST(page, tokens_carry_any_bytes) {
    keys_in_memory keys;
    for (int a = 1; a < 256; ++a)
        keys.keys.insert(std::string{static_cast<char>(a), 'x', static_cast<char>(~a)});
    list_options o;
    o.page_size = 7;
    EXPECT_EQ(cut_all(keys, o).size(), 255U);
}

TEST(page, malformed_tokens_are_refused) {
    keys_in_memory keys{{"a"}};
    list_options o;
    for (const char* bad : {"a", "k", "k:", "q:YQ", "k:*", "k:Y", "k:YQ==", "p YQ", "k:YQ\n"}) {
        o.page_token = bad;
        result<list_page> page = cut_page(o, keys.walk());
        ASSERT_FALSE(page) << bad;
        EXPECT_EQ(page.error().code(), errc::invalid_argument);
    }
}

TEST(page, an_error_of_the_walk_is_the_error) {
    const next_key failing = [](const std::string&) -> result<std::optional<object_meta>> {
        return error(errc::permission, "no");
    };
    result<list_page> page = cut_page({}, failing);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code(), errc::permission);
}
