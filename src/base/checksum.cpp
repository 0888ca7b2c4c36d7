// SPDX-License-Identifier: Apache-2.0
// CRCs by slicing: eight tables, eight bytes a step.
#include "base/checksum.h"

#include <array>
#include <cstddef>

namespace blobstore {

namespace {

template <class Word>
using tables = std::array<std::array<Word, 256>, 8>;

// `polynomial` is bit-reversed. Table n advances a byte by n more bytes.
template <class Word>
constexpr tables<Word> make_tables(Word polynomial) {
    tables<Word> made{};
    for (unsigned i = 0; i < 256; ++i) {
        Word value = i;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 1) != 0 ? value >> 1 ^ polynomial : value >> 1;
        }
        made[0][i] = value;
    }
    for (std::size_t table = 1; table < 8; ++table) {
        for (unsigned i = 0; i < 256; ++i) {
            const Word before = made[table - 1][i];
            made[table][i] = before >> 8 ^ made[0][before & 0xff];
        }
    }
    return made;
}

constexpr tables<std::uint32_t> crc32_tables = make_tables<std::uint32_t>(0xedb88320);
constexpr tables<std::uint32_t> crc32c_tables = make_tables<std::uint32_t>(0x82f63b78);
constexpr tables<std::uint64_t> crc64_tables = make_tables<std::uint64_t>(0x9a6c9329ac4bc9b5);

std::uint64_t load_little_endian(const unsigned char* at) noexcept {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < 8; ++i) {
        value |= std::uint64_t{at[i]} << (8 * i); // GCC and Clang make one load of it
    }
    return value;
}

template <class Word>
Word advance(const tables<Word>& table, std::string_view bytes, Word so_far) noexcept {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
    std::size_t left = bytes.size();
    Word value = ~so_far;
    for (; left >= 8; left -= 8, at += 8) {
        const std::uint64_t word = load_little_endian(at) ^ value;
        value = table[7][word & 0xff] ^ table[6][word >> 8 & 0xff] ^ table[5][word >> 16 & 0xff] ^
                table[4][word >> 24 & 0xff] ^ table[3][word >> 32 & 0xff] ^
                table[2][word >> 40 & 0xff] ^ table[1][word >> 48 & 0xff] ^ table[0][word >> 56];
    }
    for (; left > 0; --left, ++at) {
        value = value >> 8 ^ table[0][(value ^ *at) & 0xff];
    }
    return ~value;
}

template <class Word>
std::string to_big_endian(Word value) {
    std::string out(sizeof(Word), '\0');
    for (std::size_t i = sizeof(Word); i > 0; --i, value = static_cast<Word>(value >> 8)) {
        out[i - 1] = static_cast<char>(value & 0xff);
    }
    return out;
}

} // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t so_far) noexcept {
    return advance(crc32_tables, bytes, so_far);
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t so_far) noexcept {
    return advance(crc32c_tables, bytes, so_far);
}

std::uint64_t crc64nvme(std::string_view bytes, std::uint64_t so_far) noexcept {
    return advance(crc64_tables, bytes, so_far);
}

std::string big_endian(std::uint32_t value) {
    return to_big_endian(value);
}

std::string big_endian(std::uint64_t value) {
    return to_big_endian(value);
}

} // namespace blobstore
