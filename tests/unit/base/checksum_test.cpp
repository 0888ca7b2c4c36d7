// SPDX-License-Identifier: Apache-2.0
// Every form of each CRC that this processor has against bit by bit division, and what joins parts.
#include "base/checksum.h"
#include "base/crc_forms.h"
#include "base/encoding.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <vector>

namespace blobstore {
namespace {

// The definition: one bit after the other.
template <class Word>
Word divide(Word polynomial, std::string_view bytes) {
    auto value = static_cast<Word>(~Word{0});
    for (const char c : bytes) {
        value ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) {
            value = static_cast<Word>((value & 1) != 0 ? value >> 1 ^ polynomial : value >> 1);
        }
    }
    return static_cast<Word>(~value);
}

std::string noise(std::size_t size) {
    std::mt19937 random(20240229);
    std::string out(size, '\0');
    for (char& c : out) {
        c = static_cast<char>(random());
    }
    return out;
}

TEST(checksum, catalogue_values) {
    EXPECT_EQ(crc32("123456789"), 0xcbf43926U);
    EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
    EXPECT_EQ(crc64nvme("123456789"), 0xae8b14860a799888U);
    EXPECT_EQ(crc64nvme(std::string(4096, '\0')), 0x6482d367eb22b64eU);
    EXPECT_EQ(crc64nvme(std::string(4096, '\xff')), 0xc0ddba7302eca3acU);
    EXPECT_EQ(base64(big_endian(crc32("Hello world"))), "i9aeUg==");
    EXPECT_EQ(base64(big_endian(crc32c("Hello world"))), "crUfeA==");
    EXPECT_EQ(base64(big_endian(crc64nvme("Hello world"))), "OOJZ0D8xKts=");
    EXPECT_EQ(base64(big_endian(crc32c(std::string(66560, 'a')))), "sOO8/Q==");
}

TEST(checksum, every_form_of_this_processor) {
    const std::string all = noise(8192);
    std::vector<std::size_t> sizes = {1000, 1023, 1024, 1039, 2047, 2048, 4096, 4111, 8176};
    for (std::size_t size = 0; size <= 600; ++size) {
        sizes.push_back(size);
    }
    int compared = 0;
    for (const std::size_t size : sizes) {
        const std::string_view bytes = std::string_view(all).substr(size % 16, size);
        const std::uint32_t expected_32 = divide(crc::crc32_polynomial, bytes);
        const std::uint32_t expected_32c = divide(crc::crc32c_polynomial, bytes);
        const std::uint64_t expected_64 = divide(crc::crc64nvme_polynomial, bytes);
        for (const crc::form& by : crc::forms()) {
            ASSERT_EQ(crc::crc32(by, 0, bytes.data(), size), expected_32) << by.name << size;
            ASSERT_EQ(crc::crc32c(by, 0, bytes.data(), size), expected_32c) << by.name << size;
            ASSERT_EQ(crc::crc64nvme(by, 0, bytes.data(), size), expected_64) << by.name << size;
            compared += 3;
        }
    }
    for (const crc::form& by : crc::forms()) {
        std::printf("checksums by %s\n", by.name);
    }
    std::printf("checksums: %d compared\n", compared);
    EXPECT_STREQ(crc::forms().front().name, "tables");
}

TEST(checksum, pieces_are_chained_in_every_form) {
    const std::string all = noise(1500);
    const std::uint32_t whole_32 = crc32(all);
    const std::uint32_t whole_32c = crc32c(all);
    const std::uint64_t whole_64 = crc64nvme(all);
    for (const crc::form& by : crc::forms()) {
        for (std::size_t cut = 0; cut <= all.size(); cut += 7) {
            const char* const b = all.data() + cut;
            const std::size_t rest = all.size() - cut;
            EXPECT_EQ(crc::crc32(by, crc32({all.data(), cut}), b, rest), whole_32);
            EXPECT_EQ(crc::crc32c(by, crc32c({all.data(), cut}), b, rest), whole_32c);
            EXPECT_EQ(crc::crc64nvme(by, crc64nvme({all.data(), cut}), b, rest), whole_64);
        }
    }
}

TEST(checksum, parts_are_combined) {
    const std::string all = noise(3000);
    for (const checksum_kind kind :
         {checksum_kind::crc32, checksum_kind::crc32c, checksum_kind::crc64nvme}) {
        ASSERT_TRUE(combines(kind));
        for (std::size_t cut = 0; cut <= all.size(); cut += 11) {
            const std::string_view a = std::string_view(all).substr(0, cut);
            const std::string_view b = std::string_view(all).substr(cut);
            EXPECT_EQ(
                combine(kind, checksum_of(kind, a), checksum_of(kind, b), b.size()),
                checksum_of(kind, all)
            ) << cut;
        }
    }
    // sizes past any buffer: joining zeros doubles the size each time
    std::uint64_t value = crc64nvme(std::string(1, '\0'));
    std::uint32_t value_32 = crc32(std::string(1, '\0'));
    std::uint64_t size = 1;
    for (; size < 4096; size *= 2) {
        value = combine_crc64nvme(value, value, size);
        value_32 = combine_crc32(value_32, value_32, size);
    }
    EXPECT_EQ(value, 0x6482d367eb22b64eU);
    EXPECT_EQ(value_32, crc32(std::string(4096, '\0')));
    // in either grouping, with sizes of more than 32 bits
    const std::uint64_t huge = 0x1234567890ULL;
    EXPECT_EQ(
        combine_crc64nvme(combine_crc64nvme(1, 2, huge), 3, huge + 1),
        combine_crc64nvme(1, combine_crc64nvme(2, 3, huge + 1), 2 * huge + 1)
    );
    EXPECT_EQ(
        combine_crc32c(combine_crc32c(1, 2, huge), 3, huge + 1),
        combine_crc32c(1, combine_crc32c(2, 3, huge + 1), 2 * huge + 1)
    );
}

TEST(checksum, kinds_have_names_sizes_and_values) {
    // of "Hello world"
    const std::pair<std::string_view, std::string_view> published[] = {
        {"crc32", "i9aeUg=="},
        {"crc32c", "crUfeA=="},
        {"crc64nvme", "OOJZ0D8xKts="},
        {"sha1", "e1AsOh9IyGCa4hLN+2Od7jlnP14="},
        {"sha256", "ZOyIygCyaOW6GjVnihtTFtIS9PNmskdyMlNKiuyjfzw="},
        {"md5", "PiWWCnnbxptnTNTsZ6csYg=="},
    };
    for (const auto& [name, expected] : published) {
        const std::optional<checksum_kind> kind = checksum_kind_of(name);
        ASSERT_TRUE(kind) << name;
        EXPECT_EQ(name_of(*kind), name);
        checksum sum(*kind);
        for (int round = 0; round < 2; ++round) {
            sum.update("Hello");
            sum.update("");
            sum.update(" world");
            const std::string value = sum.finish();
            EXPECT_EQ(value.size(), checksum_size(*kind));
            EXPECT_EQ(base64(value), expected) << name;
        }
        EXPECT_EQ(checksum_of(*kind, "Hello world"), checksum_of(*kind, "Hello world"));
    }
    EXPECT_EQ(checksum_kind_of("CRC64NVME"), checksum_kind::crc64nvme);
    EXPECT_EQ(checksum_kind_of(""), std::nullopt);
    EXPECT_EQ(checksum_kind_of("crc"), std::nullopt);
    EXPECT_EQ(checksum().finish(), "");
    EXPECT_FALSE(combines(checksum_kind::sha256));
    EXPECT_FALSE(combines(checksum_kind::none));
}

} // namespace
} // namespace blobstore
