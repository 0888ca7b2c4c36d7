// SPDX-License-Identifier: Apache-2.0
// Which requests serve many ranges of one object: near ones together, long ones in pieces. Pure.
#pragma once

#include "store/types.h"

#include <span>

namespace blobstore {

/// Bytes of one wanted range.
struct range_piece {
    std::size_t of = 0;                   ///< its index
    std::uint64_t offset = 0, length = 0; ///< in the object
    std::uint64_t at = 0;                 ///< of these bytes in the range
};

/// One request, which begins and ends with a piece.
struct range_fetch {
    std::uint64_t offset = 0, length = 0;
    std::size_t first = 0, pieces = 0; ///< in range_plan::pieces, by offset
};

struct range_plan {
    std::vector<range_fetch> fetches; ///< by offset; none overlaps another
    std::vector<range_piece> pieces;
};

/// Ranges that touch, or lie less than `gap` bytes apart, share a request; none asks for more than
/// `most` (1 and up) bytes. Ranges of no length get none.
range_plan
plan_ranges(std::span<const resolved_range> wanted, std::uint64_t gap, std::uint64_t most);

/// The first request of that plan, found without the others: for when the object's size is not
/// known yet. nullopt: there is none.
std::optional<resolved_range>
first_fetch(std::span<const resolved_range> wanted, std::uint64_t gap, std::uint64_t most);

} // namespace blobstore
