// SPDX-License-Identifier: Apache-2.0
// CRCs by tables (eight of them, eight bytes a step), and around whatever folds.
#include "base/crc_forms.h"

namespace blobstore::crc {

namespace {

template <class Word>
using tables = std::array<std::array<Word, 256>, 8>;

// Table n advances a byte by n more bytes.
template <class Word>
constexpr tables<Word> make_tables(Word polynomial) {
    tables<Word> made{};
    for (unsigned i = 0; i < 256; ++i) {
        Word value = i;
        for (int bit = 0; bit < 8; ++bit) {
            value = times_x(polynomial, value);
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

/// All that belongs to one polynomial.
template <class Word>
struct parameters {
    tables<Word> table;
    fold_table fold;
};

template <class Word>
constexpr parameters<Word> parameters_of(Word polynomial) {
    return {make_tables(polynomial), fold_table_of(polynomial)};
}

constexpr auto of_crc32 = parameters_of(crc32_polynomial);
constexpr auto of_crc32c = parameters_of(crc32c_polynomial);
constexpr auto of_crc64nvme = parameters_of(crc64nvme_polynomial);

std::uint64_t load_little_endian(const unsigned char* at) noexcept {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < 8; ++i) {
        value |= std::uint64_t{at[i]} << (8 * i); // GCC and Clang make one load of it
    }
    return value;
}

template <class Word>
Word by_tables(
    const tables<Word>& table, Word value, const unsigned char* at, std::size_t size
) noexcept {
    for (; size >= 8; size -= 8, at += 8) {
        const std::uint64_t word = load_little_endian(at) ^ value;
        value = table[7][word & 0xff] ^ table[6][word >> 8 & 0xff] ^ table[5][word >> 16 & 0xff] ^
                table[4][word >> 24 & 0xff] ^ table[3][word >> 32 & 0xff] ^
                table[2][word >> 40 & 0xff] ^ table[1][word >> 48 & 0xff] ^ table[0][word >> 56];
    }
    for (; size > 0; --size, ++at) {
        value = value >> 8 ^ table[0][(value ^ *at) & 0xff];
    }
    return value;
}

// Below this many bytes folding costs more than it saves.
constexpr std::size_t least_folded = 64;

// Folded to 16 bytes, these are all that is left to divide.
template <class Word, class Step>
Word advance(
    folder fold, const fold_table& keys, Step step, Word so_far, const void* bytes, std::size_t size
) noexcept {
    const auto* at = static_cast<const unsigned char*>(bytes);
    auto value = static_cast<Word>(~so_far);
    if (fold != nullptr && size >= least_folded) {
        const std::size_t whole = size - size % 16;
        const block rest = fold(keys, value, at, whole);
        value = step(Word{0}, rest.data(), rest.size());
        at += whole;
        size -= whole;
    }
    return static_cast<Word>(~step(value, at, size));
}

template <class Word>
auto step_by(const parameters<Word>& with) noexcept {
    return [&with](Word value, const unsigned char* at, std::size_t size) noexcept {
        return by_tables(with.table, value, at, size);
    };
}

std::uint32_t advance_32(
    folder fold,
    stepper step,
    const parameters<std::uint32_t>& with,
    std::uint32_t so_far,
    const void* at,
    std::size_t size
) noexcept {
    return step != nullptr ? advance(fold, with.fold, step, so_far, at, size)
                           : advance(fold, with.fold, step_by(with), so_far, at, size);
}

/// Nothing to be destroyed at exit, when other threads may still compute.
struct found {
    std::array<form, 8> forms{};
    std::size_t count = 0;
};

found find() noexcept {
    found out;
    out.forms[out.count++] = {.name = "tables"};
    for (const candidate& one : candidates()) {
        if (one.usable()) {
            out.forms[out.count++] = one.by;
        }
    }
    return out;
}

} // namespace

#if !defined(__x86_64__) && !defined(__aarch64__)
std::span<const candidate> candidates() noexcept {
    return {};
}
#endif

std::span<const form> forms() noexcept {
    static const found all = find();
    return {all.forms.data(), all.count};
}

std::uint32_t
crc32(const form& by, std::uint32_t so_far, const void* at, std::size_t size) noexcept {
    return advance_32(by.fold, by.crc32, of_crc32, so_far, at, size);
}

std::uint32_t
crc32c(const form& by, std::uint32_t so_far, const void* at, std::size_t size) noexcept {
    return advance_32(by.fold, by.crc32c, of_crc32c, so_far, at, size);
}

std::uint64_t
crc64nvme(const form& by, std::uint64_t so_far, const void* at, std::size_t size) noexcept {
    return advance(by.fold, of_crc64nvme.fold, step_by(of_crc64nvme), so_far, at, size);
}

} // namespace blobstore::crc
