// SPDX-License-Identifier: Apache-2.0
// Checksums by name over the fastest form of each CRC, and the arithmetic that joins parts.
#include "base/checksum.h"

#include "base/crc_forms.h"

#include <algorithm>
#include <array>
#include <utility>

namespace blobstore {

namespace {

const crc::form& fastest() noexcept {
    static const crc::form& best = crc::forms().back();
    return best;
}

template <class Word>
constexpr Word multiply(Word polynomial, Word a, Word b) noexcept {
    Word product = 0;
    for (Word bit = Word{1} << (8 * sizeof(Word) - 1); bit != 0; bit >>= 1) {
        product = (a & bit) != 0 ? product ^ b : product;
        b = crc::times_x(polynomial, b);
    }
    return product;
}

// x^(8 * 2^n) for each bit of a size in bytes.
template <class Word>
constexpr std::array<Word, 64> powers_of(Word polynomial) noexcept {
    std::array<Word, 64> out{};
    out[0] = crc::power_of_x(polynomial, 8);
    for (std::size_t i = 1; i < out.size(); ++i) {
        out[i] = multiply(polynomial, out[i - 1], out[i - 1]);
    }
    return out;
}

constexpr auto powers_32 = powers_of(crc::crc32_polynomial);
constexpr auto powers_32c = powers_of(crc::crc32c_polynomial);
constexpr auto powers_64 = powers_of(crc::crc64nvme_polynomial);

// What a value inverts at either end is the same for a, for b and for both, and so falls out.
template <class Word>
Word join(
    Word polynomial, const std::array<Word, 64>& powers, Word a, Word b, std::uint64_t size_of_b
) noexcept {
    for (std::size_t i = 0; size_of_b != 0; ++i, size_of_b >>= 1) {
        a = (size_of_b & 1) != 0 ? multiply(polynomial, a, powers[i]) : a;
    }
    return a ^ b;
}

template <class Word>
std::string to_big_endian(Word value) {
    std::string out(sizeof(Word), '\0');
    for (std::size_t i = sizeof(Word); i > 0; --i, value = static_cast<Word>(value >> 8)) {
        out[i - 1] = static_cast<char>(value & 0xff);
    }
    return out;
}

std::uint64_t from_big_endian(std::string_view bytes) noexcept {
    std::uint64_t value = 0;
    for (const char c : bytes) {
        value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
}

struct named_kind {
    std::string_view name;
    std::size_t size;
    bool combines;
};

// In the order of checksum_kind.
constexpr std::array<named_kind, 7> kinds = {{
    {"", 0, false},
    {"crc32", 4, true},
    {"crc32c", 4, true},
    {"crc64nvme", 8, true},
    {"sha1", 20, false},
    {"sha256", 32, false},
    {"md5", 16, false},
}};

const named_kind& row_of(checksum_kind kind) noexcept {
    return kinds[static_cast<std::size_t>(kind)];
}

bool same_letters(std::string_view a, std::string_view lower) noexcept {
    return std::ranges::equal(a, lower, [](char one, char other) {
        return (one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one) == other;
    });
}

std::optional<digest_kind> digest_of(checksum_kind kind) noexcept {
    switch (kind) {
    case checksum_kind::sha1:
        return digest_kind::sha1;
    case checksum_kind::sha256:
        return digest_kind::sha256;
    case checksum_kind::md5:
        return digest_kind::md5;
    default:
        return std::nullopt;
    }
}

} // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t so_far) noexcept {
    return crc::crc32(fastest(), so_far, bytes.data(), bytes.size());
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t so_far) noexcept {
    return crc::crc32c(fastest(), so_far, bytes.data(), bytes.size());
}

std::uint64_t crc64nvme(std::string_view bytes, std::uint64_t so_far) noexcept {
    return crc::crc64nvme(fastest(), so_far, bytes.data(), bytes.size());
}

std::uint32_t combine_crc32(std::uint32_t a, std::uint32_t b, std::uint64_t size_of_b) noexcept {
    return join(crc::crc32_polynomial, powers_32, a, b, size_of_b);
}

std::uint32_t combine_crc32c(std::uint32_t a, std::uint32_t b, std::uint64_t size_of_b) noexcept {
    return join(crc::crc32c_polynomial, powers_32c, a, b, size_of_b);
}

std::uint64_t
combine_crc64nvme(std::uint64_t a, std::uint64_t b, std::uint64_t size_of_b) noexcept {
    return join(crc::crc64nvme_polynomial, powers_64, a, b, size_of_b);
}

std::string big_endian(std::uint32_t value) {
    return to_big_endian(value);
}

std::string big_endian(std::uint64_t value) {
    return to_big_endian(value);
}

std::string_view name_of(checksum_kind kind) noexcept {
    return row_of(kind).name;
}

std::optional<checksum_kind> checksum_kind_of(std::string_view name) noexcept {
    for (std::size_t i = 1; i < kinds.size(); ++i) {
        if (same_letters(name, kinds[i].name)) {
            return static_cast<checksum_kind>(i);
        }
    }
    return std::nullopt;
}

std::size_t checksum_size(checksum_kind kind) noexcept {
    return row_of(kind).size;
}

bool combines(checksum_kind kind) noexcept {
    return row_of(kind).combines;
}

std::string
combine(checksum_kind kind, std::string_view a, std::string_view b, std::uint64_t size_of_b) {
    const std::uint64_t first = from_big_endian(a);
    const std::uint64_t second = from_big_endian(b);
    if (kind == checksum_kind::crc64nvme) {
        return big_endian(combine_crc64nvme(first, second, size_of_b));
    }
    const auto of = kind == checksum_kind::crc32 ? combine_crc32 : combine_crc32c;
    return big_endian(
        of(static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(second), size_of_b)
    );
}

checksum::checksum(checksum_kind kind)
    : kind_(kind) {
    if (const std::optional<digest_kind> digest = digest_of(kind)) {
        digest_.emplace(*digest);
    }
}

void checksum::update(std::string_view bytes) {
    switch (kind_) {
    case checksum_kind::none:
        break;
    case checksum_kind::crc32:
        crc_ = crc32(bytes, static_cast<std::uint32_t>(crc_));
        break;
    case checksum_kind::crc32c:
        crc_ = crc32c(bytes, static_cast<std::uint32_t>(crc_));
        break;
    case checksum_kind::crc64nvme:
        crc_ = crc64nvme(bytes, crc_);
        break;
    case checksum_kind::sha1:
    case checksum_kind::sha256:
    case checksum_kind::md5:
        digest_->update(bytes);
        break;
    }
}

std::string checksum::finish() {
    if (digest_) {
        return digest_->finish();
    }
    const std::string all = big_endian(std::exchange(crc_, 0));
    return all.substr(all.size() - checksum_size(kind_));
}

std::string checksum_of(checksum_kind kind, std::string_view bytes) {
    checksum sum(kind);
    sum.update(bytes);
    return sum.finish();
}

} // namespace blobstore
