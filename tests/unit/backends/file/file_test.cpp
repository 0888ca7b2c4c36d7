// SPDX-License-Identifier: Apache-2.0
// The file store as a store: reading, writing, listing, copying, and what it refuses.
#include "file_calls.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>

using namespace file_calls;
using file_faults::everything;
using file_faults::temp_folder;
using file_faults::write_file;
using strings = std::vector<std::string>;

namespace {

/// Every way that settings can force.
class file_store : public ::testing::TestWithParam<file_settings> {
protected:
    file_store()
        : store_(*open_file(folder_ / "root", GetParam())) {}

    temp_folder folder_;
    std::shared_ptr<backend> store_;
    backend& b_ = *store_;
};

std::string way(const ::testing::TestParamInfo<file_settings>& one) {
    std::string name = one.param.how == resolution::automatic ? "kernel" : "by_parts";
    name += one.param.attributes == attribute_place::automatic ? "_xattr" : "_sidecar";
    return name + (one.param.temporaries == temporary::automatic ? "_unnamed" : "_named");
}

} // namespace

INSTANTIATE_TEST_SUITE_P(
    ways,
    file_store,
    ::testing::Values(
        file_settings{},
        file_settings{resolution::by_parts, attribute_place::automatic, temporary::named},
        file_settings{resolution::automatic, attribute_place::sidecar, temporary::automatic},
        file_settings{resolution::by_parts, attribute_place::sidecar, temporary::named}
    ),
    way
);

TEST_P(file_store, gives_back_what_was_put) {
    const std::string binary("\0\r\n\xff", 4), large(3 << 20, 'x');
    for (const std::string& text : {std::string(), std::string("hello"), binary, large}) {
        result<object_meta> done = put(b_, "a/b/c.bin", text);
        ASSERT_TRUE(done) << done.error().message();
        EXPECT_EQ(done->key, "a/b/c.bin");
        EXPECT_EQ(done->size, text.size());
        EXPECT_EQ(*get(b_, "a/b/c.bin"), text);
        EXPECT_EQ(head(b_, "a/b/c.bin")->etag, done->etag);
        text_stream stream(text);
        ASSERT_TRUE(put_stream(b_, "streamed", stream, text.size()));
        EXPECT_EQ(*get(b_, "streamed"), text);
    }
    EXPECT_TRUE(b_.blocks());
}

TEST_P(file_store, attributes_stay_with_their_version) {
    attributes set;
    set.content_type = "text/plain; charset=utf-8";
    set.content_encoding = "gzip";
    set.cache_control = "no-cache";
    set.metadata = {{"Mixed-Case", "a b\nc%"}, {"empty", ""}, {"\xc3\xa4", "\xff"}};
    ASSERT_TRUE(put(b_, "d/k", "1", set));
    const object_meta got = *head(b_, "d/k");
    EXPECT_EQ(got.content_type, set.content_type);
    EXPECT_EQ(got.content_encoding, "gzip");
    EXPECT_EQ(got.cache_control, "no-cache");
    EXPECT_EQ(
        got.metadata, (name_values{{"mixed-case", "a b\nc%"}, {"empty", ""}, {"\xc3\xa4", "\xff"}})
    );
    EXPECT_EQ(open(b_, "d/k")->meta.metadata.size(), 3U);
    attributes other;
    other.content_type = "image/png";
    ASSERT_TRUE(put(b_, "d/k", "2", other));
    EXPECT_EQ(head(b_, "d/k")->content_type, "image/png");
    EXPECT_TRUE(head(b_, "d/k")->metadata.empty());
    ASSERT_TRUE(put(b_, "d/k", "3"));
    EXPECT_EQ(head(b_, "d/k")->content_type, "");
    ASSERT_TRUE(put(b_, "d/k", "4", other));
    ASSERT_TRUE(remove(b_, "d/k"));
    EXPECT_TRUE(everything(folder_ / "root").empty()); // no sidecar, no empty folder stays
}

TEST_P(file_store, ranges_and_conditions) {
    const object_meta put_one = *put(b_, "k", "0123456789");
    get_options o;
    o.range.offset = 3;
    o.range.length = 4;
    EXPECT_EQ(*get(b_, "k", o), "3456");
    result<object_body> body = open(b_, "k", o);
    EXPECT_EQ(body->offset, 3U);
    EXPECT_EQ(body->meta.size, 10U);
    EXPECT_EQ(*drain(*body->bytes), "3456");
    ASSERT_TRUE(body->bytes->rewind());
    EXPECT_EQ(*drain(*body->bytes), "3456");
    o.range = {};
    o.range.suffix = 2;
    EXPECT_EQ(*get(b_, "k", o), "89");
    o.range = {};
    o.range.offset = 10;
    EXPECT_EQ(code_of(get(b_, "k", o)), errc::range);
    conditions when;
    when.if_match = put_one.etag;
    EXPECT_TRUE(head(b_, "k", when));
    when.if_match = "\"other\"";
    EXPECT_EQ(code_of(head(b_, "k", when)), errc::precondition);
    when = {};
    when.if_none_match = put_one.etag;
    EXPECT_EQ(code_of(head(b_, "k", when)), errc::not_modified);
    when = {};
    when.if_modified_since_ns = put_one.modified_ns;
    EXPECT_EQ(code_of(head(b_, "k", when)), errc::not_modified);
}

TEST_P(file_store, keys_that_no_file_can_have_are_refused_before_anything_is_written) {
    const strings bad{
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/..",
        "../a",
        "a/./b",
        std::string(256, 'x'),
        "a/" + std::string(256, 'x') + "/b",
        std::string("a\0b", 3),
        ".blobstore-x",
        "a/.blobstore-tmp-1",
        ".blobstore-d/a",
        std::string(4096, 'x')};
    for (const std::string& key : bad) {
        result<object_meta> r = put(b_, key, "text");
        ASSERT_FALSE(r) << key;
        EXPECT_EQ(r.error().code(), errc::invalid_argument) << key;
        EXPECT_EQ(r.error().message().find('\n'), std::string::npos);
        EXPECT_EQ(code_of(b_.check_key(key)), errc::invalid_argument) << key;
        EXPECT_EQ(code_of(get(b_, key)), errc::invalid_argument) << key;
        EXPECT_EQ(code_of(remove(b_, key)), errc::invalid_argument) << key;
    }
    EXPECT_FALSE(std::filesystem::exists(folder_ / "root"));
}

TEST_P(file_store, odd_keys_are_kept_byte_for_byte) {
    strings odd{
        " ",
        "a b",
        "a\\b",
        "C:",
        "nul",
        "trailing.",
        "trailing ",
        "%2e%2e",
        "?x=y",
        "#f",
        "*",
        "\"'",
        "\xff\xfe",
        "\xc3\xa4",
        "a\xcc\x88",
        "\n",
        "-rf",
        "~",
        ".hidden",
        ".blobstor",
        "x/.../y",
        std::string(255, 'l'),
        std::string(255, 'p') + "/" + std::string(250, 'q'),
        "Upper",
        "upper"};
    for (const std::string& key : odd) {
        attributes set;
        set.metadata = {{"k", key}};
        ASSERT_TRUE(put(b_, key, key, set)) << key;
    }
    for (const std::string& key : odd) {
        EXPECT_EQ(*get(b_, key), key);
        EXPECT_EQ(head(b_, key)->metadata, (name_values{{"k", key}})) << key;
    }
    std::sort(odd.begin(), odd.end());
    EXPECT_EQ(names(b_), odd);
    for (const std::string& key : odd)
        ASSERT_TRUE(remove(b_, key)) << key;
    EXPECT_TRUE(everything(folder_ / "root").empty());
}

TEST_P(file_store, FS05_a_beside_a_slash_b_is_a_conflict) {
    ASSERT_TRUE(put(b_, "a", "file"));
    for (const char* key : {"a/b", "a/b/c"}) {
        result<object_meta> r = put(b_, key, "below");
        EXPECT_EQ(code_of(r), errc::conflict) << key;
        EXPECT_EQ(code_of(get(b_, key)), errc::not_found);
        EXPECT_TRUE(remove(b_, key));
    }
    EXPECT_EQ(*get(b_, "a"), "file");
    ASSERT_TRUE(put(b_, "d/e", "below"));
    EXPECT_EQ(code_of(put(b_, "d", "file")), errc::conflict);
    EXPECT_EQ(code_of(get(b_, "d")), errc::not_found);
    EXPECT_TRUE(remove(b_, "d")); // no such object
    EXPECT_EQ(*get(b_, "d/e"), "below");
    EXPECT_EQ(names(b_), (strings{"a", "d/e"}));
    ASSERT_TRUE(remove(b_, "d/e"));
    EXPECT_TRUE(put(b_, "d", "file")); // the folder went with its last object
    std::filesystem::create_directory(folder_ / "root/empty");
    EXPECT_TRUE(put(b_, "empty", "file"));
}

TEST_P(file_store, a_missing_root_is_created_by_the_first_write) {
    EXPECT_EQ(code_of(get(b_, "k")), errc::not_found);
    EXPECT_EQ(code_of(head(b_, "k")), errc::not_found);
    EXPECT_EQ(code_of(list(b_)), errc::store_not_found);
    EXPECT_TRUE(remove(b_, "k"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "root"));
    ASSERT_TRUE(put(b_, "k", "text"));
    EXPECT_EQ(names(b_), strings{"k"});
    ASSERT_TRUE(remove(b_, "k"));
    EXPECT_TRUE(names(b_).empty()); // the root stays
}

TEST_P(file_store, lists_in_key_order_with_prefix_delimiter_and_pages) {
    strings keys{"a.txt", "a/1", "a/2", "a/b/3", "a0", "b/1", "c"};
    for (const std::string& k : keys)
        ASSERT_TRUE(put(b_, k, k));
    write_file(folder_ / "root/.blobstore-tmp-0000000000000000", "left");
    EXPECT_EQ(names(b_), keys);
    for (std::uint32_t size = 1; size < 9; ++size) {
        list_options o;
        o.page_size = size;
        EXPECT_EQ(names(b_, o), keys);
        o.delimiter = "/";
        EXPECT_EQ(names(b_, o), (strings{"a.txt", "a/*", "a0", "b/*", "c"}));
        o.prefix = "a/";
        EXPECT_EQ(names(b_, o), (strings{"a/1", "a/2", "a/b/*"}));
        o.start_after = "a/1";
        EXPECT_EQ(names(b_, o), (strings{"a/2", "a/b/*"}));
        o = {};
        o.page_size = size;
        o.delimiter = "b";
        EXPECT_EQ(names(b_, o), (strings{"a.txt", "a/1", "a/2", "a/b*", "a0", "b*", "c"}));
    }
    list_options o;
    o.prefix = "a/1";
    const list_page page = *list(b_, o);
    EXPECT_EQ(page.entries.at(0).etag, head(b_, "a/1")->etag);
    EXPECT_EQ(page.entries.at(0).size, 3U);
    EXPECT_EQ(page.entries.at(0).modified_ns, head(b_, "a/1")->modified_ns);
    o.page_token = "nonsense";
    EXPECT_EQ(code_of(list(b_, o)), errc::invalid_argument);
}

TEST_P(file_store, copies_with_attributes_kept_or_replaced) {
    attributes set;
    set.content_type = "text/plain";
    set.metadata = {{"a", "1"}};
    const std::string large(5 << 20, 'y');
    ASSERT_TRUE(put(b_, "from", large, set));
    ASSERT_TRUE(copy(b_, b_, "from", "deep/to"));
    EXPECT_EQ(*get(b_, "deep/to"), large);
    EXPECT_EQ(head(b_, "deep/to")->content_type, "text/plain");
    EXPECT_EQ(head(b_, "deep/to")->metadata, set.metadata);
    copy_options o;
    o.replace = attributes{};
    o.replace->content_type = "image/png";
    ASSERT_TRUE(copy(b_, b_, "from", "from", o)); // onto itself
    EXPECT_EQ(*get(b_, "from"), large);
    EXPECT_EQ(head(b_, "from")->content_type, "image/png");
    EXPECT_TRUE(head(b_, "from")->metadata.empty());
    auto other = *open_file(folder_ / "other", GetParam());
    ASSERT_TRUE(copy(*other, b_, "deep/to", "k"));
    EXPECT_EQ(*get(*other, "k"), large);
    ASSERT_TRUE(put(b_, "nothing", ""));
    ASSERT_TRUE(copy(b_, b_, "nothing", "nothing2"));
    EXPECT_EQ(*get(b_, "nothing2"), "");
    EXPECT_EQ(code_of(copy(b_, b_, "missing", "x")), errc::not_found);
    EXPECT_EQ(code_of(copy(b_, b_, "from", "from/x")), errc::conflict);
}

TEST_P(file_store, removes_many_and_tells_of_each) {
    for (const char* k : {"a/1", "a/2", "b"})
        ASSERT_TRUE(put(b_, k, "x"));
    const strings keys{"a/1", "missing", "..", "b"};
    const auto removed =
        run<std::vector<result<void>>>([&](operation& o) { return b_.remove_many(o, keys); });
    ASSERT_TRUE(removed);
    EXPECT_TRUE(removed->at(0) && removed->at(1) && removed->at(3));
    EXPECT_EQ(code_of(removed->at(2)), errc::invalid_argument);
    EXPECT_EQ(names(b_), strings{"a/2"});
}

// An object URL's root is the machine's: a folder that a delete leaves empty may be somebody's.
TEST_P(file_store, a_delete_beneath_the_machines_root_leaves_the_folders) {
    auto machine = *open_file("/", GetParam());
    write_file(folder_ / "mine/f", "x");
    ASSERT_TRUE(remove(*machine, (folder_ / "mine/f").substr(1)));
    EXPECT_EQ(everything(folder_.path()), strings{"mine"});
}

TEST_P(file_store, a_link_is_the_file_uri) {
    presign_options o;
    const std::string key = "a b/\xc3\xa4?#%.txt";
    const auto link = run<std::string>([&](operation& op) { return b_.presign(op, key, o); });
    ASSERT_TRUE(link);
    EXPECT_EQ(*link, "file://" + folder_.path() + "/root/a%20b/%C3%A4%3F%23%25.txt");
    EXPECT_EQ(b_.uri(key), *link);
    EXPECT_EQ((*open_file("/"))->uri("x"), "file:///x");
}

TEST_P(file_store, a_stream_of_another_length_changes_nothing) {
    ASSERT_TRUE(put(b_, "k", "old"));
    for (const std::uint64_t length : {0U, 4999U, 5001U, 1U << 20}) {
        text_stream stream(std::string(5000, 'n'));
        EXPECT_EQ(code_of(put_stream(b_, "k", stream, length)), errc::changed) << length;
        text_stream again(std::string(5000, 'n'));
        EXPECT_EQ(code_of(put_stream(b_, "new/folder/k", again, length)), errc::changed);
    }
    text_stream failing(std::string(5000, 'n'));
    failing.fail_at_end = errc::network;
    EXPECT_EQ(code_of(put_stream(b_, "k", failing, 6000)), errc::network);
    EXPECT_EQ(*get(b_, "k"), "old");
    EXPECT_EQ(everything(folder_ / "root"), strings{"k"});
}

TEST_P(file_store, a_cancel_ends_a_put_and_leaves_nothing) {
    text_stream stream(std::string(5 << 20, 'n'));
    operation* running = nullptr;
    stream.before_read = [&](std::size_t given) {
        if (given >= 100000 && running != nullptr) running->stop(errc::cancelled);
    };
    source body;
    body.stream = &stream;
    body.stream_length = 5 << 20;
    const put_options options;
    const std::string key = "a/k";
    const auto start = [&](operation& o) {
        running = &o;
        return b_.put(o, key, body, options);
    };
    EXPECT_EQ(code_of(run<object_meta>(start)), errc::cancelled);
    EXPECT_TRUE(everything(folder_ / "root").empty());
}

TEST(file_roots, must_be_absolute_folders) {
    EXPECT_EQ(code_of(open_file("")), errc::invalid_argument);
    EXPECT_EQ(code_of(open_file("relative/x")), errc::invalid_argument);
    EXPECT_EQ(code_of(open_file(std::string("/a\0b", 4))), errc::invalid_argument);
    temp_folder folder;
    write_file(folder / "f", "x");
    auto store = *open_file(folder / "f");
    EXPECT_NE(code_of(put(*store, "k", "x")), errc::ok);
    EXPECT_NE(code_of(list(*store)), errc::ok);
}
