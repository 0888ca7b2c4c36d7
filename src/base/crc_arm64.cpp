// SPDX-License-Identifier: Apache-2.0
// CRCs on arm64: folding by polynomial multiplication (PMULL), and the CRC instructions.
#if defined(__aarch64__)

#include "base/crc_forms.h"

#include <arm_acle.h>
#include <arm_neon.h>
#include <cstring>
#include <sys/auxv.h>

#if defined(__clang__)
#define BLOBSTORE_PMULL __attribute__((target("aes")))
#define BLOBSTORE_CRC __attribute__((target("crc")))
#else
#define BLOBSTORE_PMULL __attribute__((target("+crypto")))
#define BLOBSTORE_CRC __attribute__((target("+crc")))
#endif

namespace blobstore::crc {

namespace {

// Bits of AT_HWCAP, as the kernel's documentation numbers them.
constexpr unsigned long has_pmull = 1UL << 4;
constexpr unsigned long has_crc32 = 1UL << 7;

BLOBSTORE_PMULL inline uint64x2_t load(const unsigned char* at) noexcept {
    return vreinterpretq_u64_u8(vld1q_u8(at));
}

/// Moves a block on by the keys' distance and adds what stands there.
BLOBSTORE_PMULL inline uint64x2_t
fold(uint64x2_t block, poly64x2_t keys, uint64x2_t there) noexcept {
    const poly64x2_t value = vreinterpretq_p64_u64(block);
    const poly128_t low = vmull_p64(
        static_cast<poly64_t>(vgetq_lane_p64(value, 0)),
        static_cast<poly64_t>(vgetq_lane_p64(keys, 0))
    );
    const poly128_t high = vmull_high_p64(value, keys);
    return veorq_u64(veorq_u64(vreinterpretq_u64_p128(low), vreinterpretq_u64_p128(high)), there);
}

BLOBSTORE_PMULL inline poly64x2_t keys_of(const fold_keys& keys) noexcept {
    return vreinterpretq_p64_u64(vcombine_u64(vcreate_u64(keys.low), vcreate_u64(keys.high)));
}

// Eight blocks at a time hide the latency of the multiplications.
BLOBSTORE_PMULL block fold_pmull(
    const fold_table& table, std::uint64_t state, const unsigned char* at, std::size_t size
) noexcept {
    const poly64x2_t near = keys_of(table.by_16);
    uint64x2_t first = veorq_u64(load(at), vcombine_u64(vcreate_u64(state), vcreate_u64(0)));
    at += 16;
    size -= 16;
    if (size >= 240) {
        const poly64x2_t far = keys_of(table.by_128);
        uint64x2_t lanes[8] = {first};
        for (unsigned i = 1; i < 8; ++i, at += 16) {
            lanes[i] = load(at);
        }
        for (size -= 112; size >= 128; at += 128, size -= 128) {
            for (unsigned i = 0; i < 8; ++i) {
                lanes[i] = fold(lanes[i], far, load(at + 16 * i));
            }
        }
        first = lanes[0];
        for (unsigned i = 1; i < 8; ++i) {
            first = fold(first, near, lanes[i]);
        }
    }
    for (; size > 0; size -= 16, at += 16) {
        first = fold(first, near, load(at));
    }
    block out;
    vst1q_u8(out.data(), vreinterpretq_u8_u64(first));
    return out;
}

BLOBSTORE_CRC std::uint32_t
step_crc32(std::uint32_t state, const unsigned char* at, std::size_t size) noexcept {
    for (; size >= 8; size -= 8, at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        state = __crc32d(state, word);
    }
    for (; size > 0; --size, ++at) {
        state = __crc32b(state, *at);
    }
    return state;
}

BLOBSTORE_CRC std::uint32_t
step_crc32c(std::uint32_t state, const unsigned char* at, std::size_t size) noexcept {
    for (; size >= 8; size -= 8, at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        state = __crc32cd(state, word);
    }
    for (; size > 0; --size, ++at) {
        state = __crc32cb(state, *at);
    }
    return state;
}

bool has(unsigned long bits) noexcept {
    return (getauxval(AT_HWCAP) & bits) == bits;
}

} // namespace

std::span<const candidate> candidates() noexcept {
    static constexpr candidate all[] = {
        {{"crc32", nullptr, step_crc32, step_crc32c}, [] { return has(has_crc32); }},
        {{"pmull", fold_pmull, nullptr, nullptr}, [] { return has(has_pmull); }},
        {{"pmull and crc32", fold_pmull, step_crc32, step_crc32c},
         [] { return has(has_pmull | has_crc32); }},
    };
    return all;
}

} // namespace blobstore::crc

#endif
