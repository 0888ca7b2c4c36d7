// SPDX-License-Identifier: Apache-2.0
// Checksums as text, and bytes that are held against one while they are read.
#include "async/context.h"
#include "base/encoding.h"
#include "store/key.h"
#include "store/verify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace blobstore {
namespace {

class pieces final : public reader {
public:
    explicit pieces(std::string bytes)
        : bytes_(std::move(bytes)) {}

    task<result<std::size_t>> read(operation&, std::span<char> into, std::size_t enough) override {
        const std::size_t n = std::min({into.size(), enough, bytes_.size() - at_});
        std::memcpy(into.data(), bytes_.data() + at_, n);
        at_ += n;
        co_return n;
    }

private:
    const std::string bytes_;
    std::size_t at_ = 0;
};

struct one_call final : operation {};

task<result<void>> read_all(operation& op, reader& from, std::size_t step, std::string& all) {
    std::string room(step, '\0');
    for (;;) {
        result<std::size_t> n = co_await from.read(op, room, step);
        if (!n) co_return n.error();
        all.append(room, 0, *n);
        if (*n < step) co_return result<void>();
    }
}

result<std::string> all_of(reader& from, std::size_t step) {
    std::string all;
    auto op = std::make_shared<one_call>();
    op->body = [&](operation& o) { return read_all(o, from, step, all); };
    context here;
    here.run_blocking(op);
    if (!op->outcome) return op->outcome.error();
    return all;
}

TEST(store_checksums, text_and_back) {
    const std::string value = checksum_of(checksum_kind::crc64nvme, "Hello world");
    EXPECT_EQ(checksum_text(checksum_kind::crc64nvme, value), "crc64nvme:OOJZ0D8xKts=");
    const auto told = read_checksum("crc64nvme:OOJZ0D8xKts=");
    ASSERT_TRUE(told);
    EXPECT_EQ(told->kind, checksum_kind::crc64nvme);
    EXPECT_EQ(told->value, value);
    EXPECT_FALSE(told->composite);
    for (const std::string_view bad :
         {"",
          "crc64nvme",
          "crc64nvme:",
          "crc64nvme:OOJZ0D8xKt==",
          "crc32:OOJZ0D8xKts=",
          "crc65:OOJZ0D8xKts=",
          "crc32:i9aeUg==-",
          "crc32:i9aeUg==-0",
          "crc32:i9aeUg==-x"})
        EXPECT_FALSE(read_checksum(bad)) << bad;
}

TEST(store_checksums, S3_41_sums_of_parts_say_nothing_of_the_bytes) {
    const auto told = read_checksum("sha256:uWBwpe1dxI4Vw8Gf0X9ynOdw/SS6VBzfWm9giiv1sf4=-3");
    ASSERT_TRUE(told);
    EXPECT_TRUE(told->composite);
    EXPECT_EQ(told->value.size(), 32u);
}

/// Damaged or not, of known length or not, in steps: whether it comes out as it should.
void expect_verified(checksum_kind kind, bool damaged, bool known, std::size_t step) {
    const std::string bytes = "The quick brown fox jumps over the lazy dog";
    std::string sent = bytes;
    if (damaged) sent[20] = static_cast<char>(sent[20] ^ 1);
    const auto reading = verified(
        std::make_unique<pieces>(sent),
        {kind, checksum_of(kind, bytes), false},
        known ? std::optional<std::uint64_t>(bytes.size()) : std::nullopt
    );
    const result<std::string> got = all_of(*reading, step);
    ASSERT_EQ(got.has_value(), !damaged) << name_of(kind) << known << step;
    if (got)
        EXPECT_EQ(*got, bytes);
    else
        EXPECT_EQ(got.error().code(), errc::checksum);
}

TEST(store_checksums, every_kind_verifies_with_and_without_a_length) {
    for (int kind = 1; kind <= 6; ++kind)
        for (const std::size_t step : {1u, 7u, 43u, 64u})
            for (const bool damaged : {false, true}) {
                expect_verified(static_cast<checksum_kind>(kind), damaged, true, step);
                expect_verified(static_cast<checksum_kind>(kind), damaged, false, step);
            }
}

TEST(store_checksums, the_last_byte_does_not_come_where_the_length_is_known) {
    const auto reading = verified(
        std::make_unique<pieces>("abc"),
        {checksum_kind::crc32c, checksum_of(checksum_kind::crc32c, "abd"), false},
        3
    );
    const result<std::string> got = all_of(*reading, 3); // a read that asks for no more than 3
    ASSERT_FALSE(got);
    EXPECT_TRUE(got.error()->retryable);
    EXPECT_NE(got.error().message().find("crc32c:"), std::string::npos);
}

TEST(store_checksums, digests_of_callers) {
    put_options options;
    EXPECT_TRUE(check_checksum(options));
    options.checksum_value = "OOJZ0D8xKts=";
    EXPECT_FALSE(check_checksum(options)); // of which kind?
    options.checksum = checksum_kind::crc32;
    EXPECT_FALSE(check_checksum(options)); // too long
    options.checksum = checksum_kind::crc64nvme;
    EXPECT_TRUE(check_checksum(options));
    options.checksum_value = "OOJZ0D8xKts";
    EXPECT_FALSE(check_checksum(options));
    options.checksum_value = "OOJZ0D8xKts=";
    checksum sum(checksum_kind::crc64nvme);
    sum.update("Hello world");
    EXPECT_EQ(*checked_sum(sum, options), "crc64nvme:OOJZ0D8xKts=");
    sum.update("Hello World");
    const result<std::string> other = checked_sum(sum, options);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code(), errc::checksum);
    EXPECT_FALSE(other.error()->retryable);
}

} // namespace
} // namespace blobstore
