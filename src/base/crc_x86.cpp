// SPDX-License-Identifier: Apache-2.0
// CRCs on x86-64: folding by carry-less multiplication in 16, 32 or 64 bytes, and the CRC32C
// instruction.
#if defined(__x86_64__)

#include "base/crc_forms.h"

#include <cstring>
#include <immintrin.h>

// A function that is called where the processor has these.
#define BLOBSTORE_SSE __attribute__((target("sse4.2,pclmul")))
#define BLOBSTORE_AVX __attribute__((target("avx2,pclmul,vpclmulqdq")))

namespace blobstore::crc {

namespace {

BLOBSTORE_SSE inline __m128i keys_of(const fold_keys& keys) noexcept {
    return _mm_set_epi64x(static_cast<long long>(keys.high), static_cast<long long>(keys.low));
}

BLOBSTORE_SSE inline __m128i load(const unsigned char* at) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

/// Moves a block on by the keys' distance and adds what stands there.
BLOBSTORE_SSE inline __m128i fold(__m128i block, __m128i keys, __m128i there) noexcept {
    const __m128i low = _mm_clmulepi64_si128(block, keys, 0x00);
    const __m128i high = _mm_clmulepi64_si128(block, keys, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), there);
}

/// What is left when blocks of 16 bytes are folded one by one, `first` before them.
BLOBSTORE_SSE inline __m128i
fold_rest(__m128i first, __m128i keys, const unsigned char* at, std::size_t size) noexcept {
    for (; size > 0; size -= 16, at += 16) {
        first = fold(first, keys, load(at));
    }
    return first;
}

BLOBSTORE_SSE block to_block(__m128i value) noexcept {
    block out;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out.data()), value);
    return out;
}

BLOBSTORE_SSE inline __m128i first_of(std::uint64_t state, const unsigned char* at) noexcept {
    return _mm_xor_si128(load(at), _mm_cvtsi64_si128(static_cast<long long>(state)));
}

// Eight blocks at a time hide the latency of the multiplications.
BLOBSTORE_SSE block fold_sse(
    const fold_table& table, std::uint64_t state, const unsigned char* at, std::size_t size
) noexcept {
    const __m128i near = keys_of(table.by_16);
    __m128i first = first_of(state, at);
    if (size >= 256) {
        const __m128i far = keys_of(table.by_128);
        __m128i lanes[8] = {
            first,
            load(at + 16),
            load(at + 32),
            load(at + 48),
            load(at + 64),
            load(at + 80),
            load(at + 96),
            load(at + 112)};
        for (at += 128, size -= 128; size >= 128; at += 128, size -= 128) {
            for (unsigned i = 0; i < 8; ++i) {
                lanes[i] = fold(lanes[i], far, load(at + 16 * i));
            }
        }
        first = lanes[0];
        for (unsigned i = 1; i < 8; ++i) {
            first = fold(first, near, lanes[i]);
        }
    } else {
        at += 16;
        size -= 16;
    }
    return to_block(fold_rest(first, near, at, size));
}

BLOBSTORE_AVX inline __m256i load_32(const unsigned char* at) noexcept {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}

BLOBSTORE_AVX inline __m256i fold_32(__m256i block, __m256i keys, __m256i there) noexcept {
    const __m256i low = _mm256_clmulepi64_epi128(block, keys, 0x00);
    const __m256i high = _mm256_clmulepi64_epi128(block, keys, 0x11);
    return _mm256_xor_si256(_mm256_xor_si256(low, high), there);
}

BLOBSTORE_AVX block fold_avx(
    const fold_table& table, std::uint64_t state, const unsigned char* at, std::size_t size
) noexcept {
    if (size < 512) {
        return fold_sse(table, state, at, size);
    }
    const __m256i far = _mm256_broadcastsi128_si256(keys_of(table.by_256));
    __m256i lanes[8];
    for (unsigned i = 0; i < 8; ++i) {
        lanes[i] = load_32(at + 32 * i);
    }
    lanes[0] = _mm256_xor_si256(
        lanes[0], _mm256_zextsi128_si256(_mm_cvtsi64_si128(static_cast<long long>(state)))
    );
    for (at += 256, size -= 256; size >= 256; at += 256, size -= 256) {
        for (unsigned i = 0; i < 8; ++i) {
            lanes[i] = fold_32(lanes[i], far, load_32(at + 32 * i));
        }
    }
    const __m128i near = keys_of(table.by_16);
    __m128i first = _mm256_castsi256_si128(lanes[0]);
    first = fold(first, near, _mm256_extracti128_si256(lanes[0], 1));
    for (unsigned i = 1; i < 8; ++i) {
        first = fold(first, near, _mm256_castsi256_si128(lanes[i]));
        first = fold(first, near, _mm256_extracti128_si256(lanes[i], 1));
    }
    return to_block(fold_rest(first, near, at, size));
}

__attribute__((target("sse4.2"))) std::uint32_t
step_crc32c(std::uint32_t state, const unsigned char* at, std::size_t size) noexcept {
    std::uint64_t value = state;
    for (; size >= 8; size -= 8, at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        value = _mm_crc32_u64(value, word);
    }
    auto narrow = static_cast<std::uint32_t>(value);
    for (; size > 0; --size, ++at) {
        narrow = _mm_crc32_u8(narrow, *at);
    }
    return narrow;
}

} // namespace

std::span<const candidate> candidates() noexcept {
    // sse4.2 and pclmul are asked for by each that uses them: a virtual machine may hide either
    static constexpr candidate all[] = {
        {{"sse4.2", nullptr, nullptr, step_crc32c},
         [] { return __builtin_cpu_supports("sse4.2") != 0; }},
        {{"pclmulqdq", fold_sse, nullptr, step_crc32c},
         [] { return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"); }},
        {{"vpclmulqdq", fold_avx, nullptr, step_crc32c},
         [] {
             return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul") &&
                    __builtin_cpu_supports("avx2") && __builtin_cpu_supports("vpclmulqdq");
         }},
    };
    return all;
}

} // namespace blobstore::crc

#endif
