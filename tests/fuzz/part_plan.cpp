// SPDX-License-Identifier: Apache-2.0
// Plans of parts: each keeps the limits of the service and covers every byte once, or there is
// none; parts of streams grow and never pass what a part may have.
#include "fuzz.h"
#include "store/parts.h"

#include <algorithm>

using namespace blobstore;

namespace {

constexpr std::uint64_t mib = 1u << 20;

/// A number of the input; what is missing is zero.
std::uint64_t take(std::string_view& input, std::size_t bytes) {
    std::uint64_t n = 0;
    for (const char c : input.substr(0, bytes))
        n = n << 8 | static_cast<unsigned char>(c);
    input.remove_prefix(std::min(bytes, input.size()));
    return n;
}

part_limits limits_of(std::uint64_t kind) {
    part_limits limits; // S3
    if (kind % 5 == 1) limits.most_parts = 1000;
    if (kind % 5 == 2) limits.unequal = false;
    if (kind % 5 == 3) limits.least_part = 64 * mib;
    if (kind % 5 == 4) limits.least_part = 1;
    return limits;
}

void check_plan(std::uint64_t total, std::uint64_t wanted, const part_limits& limits) {
    const result<part_plan> plan = plan_parts(total, wanted, limits);
    const bool fits = wanted == 0 || (wanted >= limits.least_part && wanted <= limits.most_part);
    if (!plan) {
        const errc why = plan.error().code();
        FUZZ_ASSERT(why == (fits ? errc::too_large : errc::invalid_argument));
        FUZZ_ASSERT(
            !fits || total > std::min(limits.most_object, limits.most_part * limits.most_parts)
        );
        return;
    }
    FUZZ_ASSERT(fits && plan->total == total);
    FUZZ_ASSERT(plan->count >= 1 && plan->count <= limits.most_parts);
    FUZZ_ASSERT(plan->part_size >= limits.least_part && plan->part_size <= limits.most_part);
    FUZZ_ASSERT(plan->part_size >= std::min(wanted, limits.most_part));
    FUZZ_ASSERT(plan->offset(1) == 0);
    FUZZ_ASSERT(plan->offset(plan->count) + plan->size(plan->count) == total);
    FUZZ_ASSERT(plan->size(plan->count) <= plan->part_size);
    FUZZ_ASSERT(plan->count == 1 || plan->size(plan->count) >= 1);
}

void check_stream(
    std::uint32_t number, std::uint64_t wanted, std::uint64_t most, const part_limits& limits
) {
    const result<std::uint64_t> size = part_size_of_stream(number, wanted, most, limits);
    FUZZ_ASSERT(size.has_value() == (number <= limits.most_parts));
    if (!size) {
        FUZZ_ASSERT(size.error().code() == errc::too_large);
        return;
    }
    FUZZ_ASSERT(*size >= limits.least_part && *size <= limits.most_part);
    if (number <= 1) return;
    const result<std::uint64_t> before = part_size_of_stream(number - 1, wanted, most, limits);
    FUZZ_ASSERT(before && *before <= *size);
    FUZZ_ASSERT(limits.unequal || *before == *size);
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view input = fuzz::text_of(data, size);
    const part_limits limits = limits_of(take(input, 1));
    const std::uint64_t total = take(input, 8), wanted = take(input, 8), most = take(input, 8);
    check_plan(total, wanted, limits);
    check_plan(total, 0, limits);
    check_stream(static_cast<std::uint32_t>(take(input, 4)), wanted, most, limits);
    const std::uint64_t best = optimal_part_size(total);
    FUZZ_ASSERT(best >= 8 * mib && best <= 5120 * mib && best % mib == 0);
    return 0;
}
