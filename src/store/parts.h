// SPDX-License-Identifier: Apache-2.0
// How a large object is cut into parts. Pure.
#pragma once

#include "base/error.h"

#include <cstdint>

namespace blobstore {

/// What a service takes. The defaults are those of S3.
struct part_limits {
    std::uint64_t least_part = 5u << 20; ///< of every part but the last
    std::uint64_t most_part = 5ull << 30;
    std::uint64_t most_put = 5ull << 30;               ///< one PUT
    std::uint64_t most_copy = 5ull << 30;              ///< one copy()
    std::uint64_t most_object = 50'000'000'000'000ull; ///< all parts together
    std::uint32_t most_parts = 10000;
    bool unequal = true;        ///< parts before the last may have different sizes
    bool large_in_parts = true; ///< a large put or copy goes better as parts side by side
    bool part_copy = true;      ///< the service makes parts of objects by itself
};

/// Equal parts but for the last, which has what is left: 1 byte and up.
struct part_plan {
    std::uint64_t total = 0, part_size = 0;
    std::uint32_t count = 0;

    std::uint64_t offset(std::uint32_t number) const noexcept { return (number - 1) * part_size; }

    std::uint64_t size(std::uint32_t number) const noexcept {
        return number < count ? part_size : total - offset(count);
    }
};

/// The larger of 8 MiB and total/9000 rounded up to MiB, at most 5 GiB.
std::uint64_t optimal_part_size(std::uint64_t total) noexcept;

/// Parts of `wanted` bytes (0: the best size) within the limits, larger where there would be too
/// many. errc::too_large where no plan is, errc::invalid_argument for a size no part may have.
result<part_plan> plan_parts(std::uint64_t total, std::uint64_t wanted, const part_limits& limits);

/// Of part `number` of a stream whose length nobody knows: `wanted` (0: 8 MiB), doubling every
/// 1,000 parts up to `most` where parts may differ. errc::too_large behind the last part.
result<std::uint64_t> part_size_of_stream(
    std::uint32_t number, std::uint64_t wanted, std::uint64_t most, const part_limits& limits
);

} // namespace blobstore
