// SPDX-License-Identifier: Apache-2.0
// getrandom, and what is left where a sandbox forbids it.
#include "async/random.h"

#include <chrono>
#include <sys/random.h>

namespace blobstore {

std::uint64_t random_bits() noexcept {
    std::uint64_t bits = 0;
    if (::getrandom(&bits, sizeof bits, GRND_NONBLOCK) == static_cast<ssize_t>(sizeof bits))
        return bits;
    // Too early after boot or forbidden: jitter only has to differ between processes and calls.
    bits = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    bits ^= reinterpret_cast<std::uintptr_t>(&bits) << 20U;
    bits *= 0x9E3779B97F4A7C15U;
    return bits ^ (bits >> 29U);
}

} // namespace blobstore
