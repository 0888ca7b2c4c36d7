// SPDX-License-Identifier: Apache-2.0
// What every store refuses before anything is sent, and ranges and conditions as they are resolved.
#include "store/key.h"

#include <gtest/gtest.h>

namespace blobstore {
namespace {

errc code_of(const result<void>& r) {
    return r ? errc::ok : r.error().code();
}

TEST(key, limits) {
    EXPECT_EQ(code_of(check_key("k")), errc::ok);
    EXPECT_EQ(code_of(check_key(std::string(1024, 'k'))), errc::ok);
    EXPECT_EQ(code_of(check_key("../\xff \r\n\x01")), errc::ok) << "keys are bytes";
    EXPECT_EQ(code_of(check_key("")), errc::invalid_argument);
    EXPECT_EQ(code_of(check_key(std::string(1025, 'k'))), errc::invalid_argument);
    EXPECT_EQ(code_of(check_key(std::string_view("a\0b", 3))), errc::invalid_argument);
}

TEST(key, no_line_break_reaches_a_header) {
    for (const char* bad : {"a\rb", "a\nb", "a\x01", "a\x7f"}) {
        attributes set;
        set.content_type = bad;
        EXPECT_EQ(code_of(check_attributes(set)), errc::invalid_argument);
        set = {};
        set.content_encoding = bad;
        EXPECT_EQ(code_of(check_attributes(set)), errc::invalid_argument);
        set = {};
        set.cache_control = bad;
        EXPECT_EQ(code_of(check_attributes(set)), errc::invalid_argument);
        set = {};
        set.metadata = {{"name", bad}};
        EXPECT_EQ(code_of(check_attributes(set)), errc::invalid_argument);
        set.metadata = {{bad, "value"}};
        EXPECT_EQ(code_of(check_attributes(set)), errc::invalid_argument);
        conditions when;
        when.if_match = bad;
        EXPECT_EQ(code_of(check_conditions_text(when)), errc::invalid_argument);
        when = {};
        when.if_none_match = bad;
        EXPECT_EQ(code_of(check_conditions_text(when)), errc::invalid_argument);
        presign_options link;
        link.headers = {{"x-amz-meta-a", bad}};
        EXPECT_EQ(code_of(check_presign(link)), errc::invalid_argument);
    }
    attributes set;
    set.metadata = {{"", "nameless"}};
    EXPECT_EQ(code_of(check_attributes(set)), errc::invalid_argument);
    set.metadata = {{"name", "tab\tand \xc3\xa4"}};
    EXPECT_EQ(code_of(check_attributes(set)), errc::ok);
}

TEST(key, ranges) {
    byte_range both;
    both.suffix = 1;
    both.offset = 0;
    EXPECT_EQ(code_of(check_range(both)), errc::invalid_argument);
    byte_range past;
    past.offset = UINT64_MAX;
    past.length = 1;
    EXPECT_EQ(code_of(check_range(past)), errc::invalid_argument);
    past.offset = static_cast<std::uint64_t>(-5);
    EXPECT_EQ(code_of(check_range(past)), errc::invalid_argument);
    past.offset = std::uint64_t{INT64_MAX} + 1;
    EXPECT_EQ(code_of(check_range(past)), errc::invalid_argument);
    past.offset = INT64_MAX;
    EXPECT_TRUE(check_range(past));
    past.length = UINT64_MAX;
    EXPECT_EQ(code_of(check_range(past)), errc::invalid_argument);

    struct row {
        std::optional<std::uint64_t> offset, length, suffix;
        std::uint64_t first, count;
    };

    const std::nullopt_t no = std::nullopt;
    for (const row& r :
         {row{no, no, no, 0, 10},
          row{3, no, no, 3, 7},
          row{3, 4, no, 3, 4},
          row{3, 99, no, 3, 7},
          row{9, 1, no, 9, 1},
          row{0, 0, no, 0, 0},
          row{no, no, 4, 6, 4},
          row{no, no, 99, 0, 10}}) {
        const result<resolved_range> got = resolve({r.offset, r.length, r.suffix}, 10);
        ASSERT_TRUE(got);
        EXPECT_EQ(got->offset, r.first);
        EXPECT_EQ(got->length, r.count);
    }
    EXPECT_EQ(resolve({11, no, no}, 10).error().code(), errc::range);
    EXPECT_EQ(resolve({10, 1, no}, 10).error().code(), errc::range);
}

TEST(key, links) {
    presign_options link;
    EXPECT_EQ(code_of(check_presign(link)), errc::ok);
    link.method = "POST";
    EXPECT_EQ(code_of(check_presign(link)), errc::invalid_argument);
    link.method = "PUT";
    link.expires_ms = 0;
    EXPECT_EQ(code_of(check_presign(link)), errc::invalid_argument);
}

TEST(conditions, in_the_order_of_rfc_9110) {
    constexpr std::int64_t second = 1'000'000'000, now = 1000 * second + 5;

    struct row {
        conditions when;
        errc code;
    };

    const std::nullopt_t no = std::nullopt;
    for (const row& r :
         {row{{"", "", no, no}, errc::ok},
          row{{"\"e\"", "", no, no}, errc::ok},
          row{{"*", "", no, no}, errc::ok},
          row{{"\"f\"", "", no, no}, errc::precondition},
          row{{"", "\"e\"", no, no}, errc::not_modified},
          row{{"", "*", no, no}, errc::not_modified},
          row{{"", "\"f\"", no, no}, errc::ok},
          row{{"", "", 1000 * second, no}, errc::not_modified},
          row{{"", "", 999 * second, no}, errc::ok},
          row{{"", "", no, 999 * second}, errc::precondition},
          row{{"", "", no, 1000 * second}, errc::ok},
          row{{"\"e\"", "", no, 999 * second}, errc::ok},
          row{{"", "\"f\"", 1000 * second, no}, errc::ok}})
        EXPECT_EQ(code_of(check_conditions(r.when, "\"e\"", now)), r.code)
            << r.when.if_match << " " << r.when.if_none_match;
}

} // namespace
} // namespace blobstore
