// SPDX-License-Identifier: Apache-2.0
// Part sizes from totals and limits.
#include "store/parts.h"

#include <algorithm>
#include <string>

namespace blobstore {

namespace {

constexpr std::uint64_t mebibyte = 1u << 20;
constexpr std::uint64_t usual_part = 8 * mebibyte;
constexpr std::uint64_t usual_parts = 9000; // leaves room below the 10,000 that services allow
constexpr std::uint64_t largest_part = 5ull << 30;
constexpr std::uint32_t parts_per_size = 1000;

std::uint64_t divided_up(std::uint64_t n, std::uint64_t by) {
    return n / by + (n % by != 0 ? 1 : 0);
}

std::uint64_t to_mebibytes(std::uint64_t n) {
    return divided_up(n, mebibyte) * mebibyte;
}

error too_many_bytes(std::uint64_t total, const part_limits& limits) {
    return error(
        errc::too_large,
        std::to_string(total) + " bytes are more than this store takes for one object, " +
            std::to_string(std::min(limits.most_object, limits.most_part * limits.most_parts))
    );
}

} // namespace

std::uint64_t optimal_part_size(std::uint64_t total) noexcept {
    const std::uint64_t even = to_mebibytes(divided_up(total, usual_parts));
    return std::clamp(even, usual_part, largest_part);
}

result<part_plan> plan_parts(std::uint64_t total, std::uint64_t wanted, const part_limits& limits) {
    if (wanted != 0 && (wanted < limits.least_part || wanted > limits.most_part))
        return error(
            errc::invalid_argument,
            "part_size " + std::to_string(wanted) + " is not between " +
                std::to_string(limits.least_part) + " and " + std::to_string(limits.most_part)
        );
    if (total > limits.most_object) return too_many_bytes(total, limits);
    std::uint64_t size = wanted != 0 ? wanted : optimal_part_size(total);
    size = std::max(size, divided_up(total, limits.most_parts));
    if (wanted == 0 || size != wanted) size = to_mebibytes(size);
    size = std::max(size, limits.least_part);
    size = std::min(size, limits.most_part);
    const std::uint64_t count = std::max<std::uint64_t>(1, divided_up(total, size));
    if (count > limits.most_parts) return too_many_bytes(total, limits);
    return part_plan{total, size, static_cast<std::uint32_t>(count)};
}

result<std::uint64_t> part_size_of_stream(
    std::uint32_t number, std::uint64_t wanted, std::uint64_t most, const part_limits& limits
) {
    if (number > limits.most_parts) {
        error e(
            errc::too_large,
            "the stream is longer than " + std::to_string(limits.most_parts) + " parts hold"
        );
        e->hint = "give its length, or a larger part_size: size_hint chooses parts that suffice";
        return e;
    }
    std::uint64_t size = std::max(wanted != 0 ? wanted : usual_part, limits.least_part);
    size = std::min(size, limits.most_part);
    const std::uint64_t ceiling = std::max(size, std::min(most, limits.most_part));
    if (!limits.unequal) return size;
    for (std::uint32_t n = parts_per_size; n < number && size < ceiling; n += parts_per_size)
        size *= 2;
    return std::min(size, ceiling);
}

} // namespace blobstore
