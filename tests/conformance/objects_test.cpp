// SPDX-License-Identifier: Apache-2.0
// Put, get, head, get_into, delete and the conditions.
#include "handles.h"

using namespace conformance;

namespace {

class objects : public store_test {};

constexpr std::int64_t second = 1'000'000'000;

} // namespace

CONFORMANCE_SUITE(objects);

TEST_P(objects, round_trip) {
    std::string large(5 << 20, '\0');
    for (std::size_t i = 0; i < large.size(); ++i)
        large[i] = static_cast<char>(i * 2654435761U >> 13);
    for (const std::string& data : {std::string(), std::string("hello"), large}) {
        const std::string k = key("n" + std::to_string(data.size()));
        const outcome written = put(k, data);
        ASSERT_EQ(written.status, 0) << written.message;
        const outcome read = get(k);
        ASSERT_EQ(read.status, 0) << read.message;
        EXPECT_TRUE(read.body == data);
        EXPECT_EQ(read.info.size, data.size());
        EXPECT_FALSE(read.info.etag.empty());
        EXPECT_EQ(read.info.etag, written.info.etag);
        const outcome known = head(k);
        ASSERT_EQ(known.status, 0) << known.message;
        EXPECT_EQ(known.info.key, k);
        EXPECT_EQ(known.info.size, data.size());
        EXPECT_EQ(known.info.etag, read.info.etag);
        EXPECT_TRUE(known.info.flags & BLOBSTORE_OBJECT_HAS_MODIFIED);
        EXPECT_EQ(remove(k).status, 0);
        EXPECT_EQ(head(k).status, BLOBSTORE_E_NOT_FOUND);
    }
}

TEST_P(objects, binary_bytes) {
    const std::string data("\0\r\n\xff\x80", 5);
    ASSERT_EQ(put(key("b"), data).status, 0);
    EXPECT_EQ(get(key("b")).body, data);
}

TEST_P(objects, put_buffer) {
    blobstore_buffer* made = nullptr;
    ASSERT_EQ(blobstore_buffer_new(3, &made, nullptr), 0);
    const buffer_ptr buffer(made);
    std::char_traits<char>::copy(
        static_cast<char*>(blobstore_buffer_data(made, nullptr)), "abc", 3
    );
    const std::string k = key("b");
    ASSERT_EQ(
        blobstore_put_buffer(
            store_.get(), k.data(), k.size(), made, nullptr, nullptr, nullptr, nullptr
        ),
        0
    );
    EXPECT_EQ(get(k).body, "abc");
}

TEST_P(objects, not_found) {
    EXPECT_EQ(get(key("none")).status, BLOBSTORE_E_NOT_FOUND);
    EXPECT_EQ(head(key("none")).status, BLOBSTORE_E_NOT_FOUND);
    EXPECT_EQ(get(key("no/such/folder")).status, BLOBSTORE_E_NOT_FOUND);
    EXPECT_EQ(remove(key("none")).status, 0);
    EXPECT_EQ(remove(key("no/such/folder")).status, 0);
}

TEST_P(objects, bad_keys) {
    for (const std::string& bad : {std::string(), std::string("a\0b", 3), std::string(1025, 'k')}) {
        EXPECT_EQ(put(bad, "x").status, BLOBSTORE_E_INVALID_ARGUMENT) << show(bad);
        EXPECT_EQ(get(bad).status, BLOBSTORE_E_INVALID_ARGUMENT) << show(bad);
    }
}

TEST_P(objects, overwrite) {
    const std::string k = key("o");
    ASSERT_EQ(put(k, "first, and longer").status, 0);
    const std::string before = head(k).info.etag;
    ASSERT_EQ(put(k, "second").status, 0);
    const outcome read = get(k);
    EXPECT_EQ(read.body, "second");
    EXPECT_EQ(read.info.size, 6U);
    EXPECT_NE(read.info.etag, before);
}

TEST_P(objects, get_into) {
    const std::string k = key("i");
    ASSERT_EQ(put(k, "0123456789").status, 0);
    char memory[10];
    std::size_t n = 99;
    const auto into = [&](std::size_t cap, const blobstore_get_options* options) {
        return blobstore_get_into(
            store_.get(), k.data(), k.size(), options, nullptr, memory, cap, &n, nullptr, nullptr
        );
    };
    ASSERT_EQ(into(10, nullptr), 0);
    EXPECT_EQ(std::string(memory, n), "0123456789");
    EXPECT_EQ(into(9, nullptr), BLOBSTORE_E_TOO_LARGE);
    EXPECT_EQ(n, 0U);
    auto options = sized<blobstore_get_options>();
    options.flags = BLOBSTORE_GET_OFFSET | BLOBSTORE_GET_LENGTH;
    options.offset = 3;
    options.length = 4;
    ASSERT_EQ(into(4, &options), 0);
    EXPECT_EQ(std::string(memory, n), "3456");
}

TEST_P(objects, etag_conditions) {
    const std::string k = key("c");
    ASSERT_EQ(put(k, "data").status, 0);
    const std::string etag = head(k).info.etag;
    const auto both = [&](std::string_view match, std::string_view none, blobstore_status want) {
        auto options = sized<blobstore_get_options>();
        options.if_match = str(match);
        options.if_none_match = str(none);
        EXPECT_EQ(get(k, &options).status, want) << match << " " << none;
        EXPECT_EQ(head(k, &options).status, want) << match << " " << none;
    };
    both(etag, "", BLOBSTORE_OK);
    both("*", "", BLOBSTORE_OK);
    both("\"0123\"", "", BLOBSTORE_E_PRECONDITION);
    both("", etag, BLOBSTORE_E_NOT_MODIFIED);
    both("", "\"0123\"", BLOBSTORE_OK);
}

TEST_P(objects, time_conditions) {
    const std::string k = key("t");
    ASSERT_EQ(put(k, "data").status, 0);
    const std::int64_t modified = head(k).info.modified_ns;
    const auto at = [&](std::uint32_t flag, std::int64_t when) {
        auto options = sized<blobstore_get_options>();
        options.flags = flag;
        (flag == BLOBSTORE_GET_IF_MODIFIED ? options.if_modified_since_ns
                                           : options.if_unmodified_since_ns) = when;
        return get(k, &options);
    };
    EXPECT_EQ(at(BLOBSTORE_GET_IF_MODIFIED, modified - 100 * second).status, 0);
    EXPECT_EQ(at(BLOBSTORE_GET_IF_UNMODIFIED, modified + 100 * second).status, 0);
    EXPECT_EQ(
        at(BLOBSTORE_GET_IF_UNMODIFIED, modified - 100 * second).status, BLOBSTORE_E_PRECONDITION
    );
    const outcome same = at(BLOBSTORE_GET_IF_MODIFIED, modified);
    judge(
        "if_modified_since",
        same,
        same.status == BLOBSTORE_E_NOT_MODIFIED ? "" : "not E_NOT_MODIFIED but " + show(same)
    );
}
