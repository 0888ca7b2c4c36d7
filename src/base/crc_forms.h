// SPDX-License-Identifier: Apache-2.0
// The ways to compute a CRC that this machine has, and the arithmetic that they share. Internal to
// checksum.cpp and its tests.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace blobstore::crc {

// All polynomials and values are bit-reversed: the lowest bit is the highest power of x.
inline constexpr std::uint32_t crc32_polynomial = 0xedb88320;
inline constexpr std::uint32_t crc32c_polynomial = 0x82f63b78;
inline constexpr std::uint64_t crc64nvme_polynomial = 0x9a6c9329ac4bc9b5;

/// value * x modulo the polynomial.
template <class Word>
constexpr Word times_x(Word polynomial, Word value) noexcept {
    return static_cast<Word>((value & 1) != 0 ? value >> 1 ^ polynomial : value >> 1);
}

/// x^power modulo the polynomial.
template <class Word>
constexpr Word power_of_x(Word polynomial, unsigned power) noexcept {
    auto value = static_cast<Word>(Word{1} << (8 * sizeof(Word) - 1));
    for (; power > 0; --power) {
        value = times_x(polynomial, value);
    }
    return value;
}

/// What the two halves of a block of 16 bytes are multiplied by to move it `distance` bytes on.
struct fold_keys {
    std::uint64_t low = 0, high = 0;
};

/// The product of two reversed words stands one power too low, so the keys are one power less; the
/// lower half comes first and is 64 powers above the higher.
template <class Word>
constexpr fold_keys keys_for(Word polynomial, unsigned distance) noexcept {
    constexpr unsigned up = 64 - 8 * sizeof(Word);
    return {
        std::uint64_t{power_of_x(polynomial, 8 * distance + 63)} << up,
        std::uint64_t{power_of_x(polynomial, 8 * distance - 1)} << up};
}

struct fold_table {
    fold_keys by_16, by_128, by_256;
};

template <class Word>
constexpr fold_table fold_table_of(Word polynomial) noexcept {
    return {keys_for(polynomial, 16), keys_for(polynomial, 128), keys_for(polynomial, 256)};
}

/// What is left of a message when it is folded: 16 bytes with the same remainder.
using block = std::array<unsigned char, 16>;

/// Folds `size` bytes, a multiple of 16 and not less than 16, with `state` added to the first.
using folder = block (*)(
    const fold_table& table, std::uint64_t state, const unsigned char* at, std::size_t size
) noexcept;

/// Advances a CRC's register over bytes by the machine's own instruction.
using stepper =
    std::uint32_t (*)(std::uint32_t state, const unsigned char* at, std::size_t size) noexcept;

/// One way to compute; a null member is done by tables.
struct form {
    const char* name = "";
    folder fold = nullptr;
    stepper crc32 = nullptr;
    stepper crc32c = nullptr;
};

/// A form and whether this processor has what it needs.
struct candidate {
    form by;
    bool (*usable)();
};

/// Those of the processor's kind, slowest first.
std::span<const candidate> candidates() noexcept;

/// The forms that this processor has, slowest first; the first is by tables alone.
std::span<const form> forms() noexcept;

std::uint32_t
crc32(const form& by, std::uint32_t so_far, const void* at, std::size_t size) noexcept;
std::uint32_t
crc32c(const form& by, std::uint32_t so_far, const void* at, std::size_t size) noexcept;
std::uint64_t
crc64nvme(const form& by, std::uint64_t so_far, const void* at, std::size_t size) noexcept;

} // namespace blobstore::crc
