// SPDX-License-Identifier: Apache-2.0
// Backoff, Retry-After and the budget, with saturating arithmetic.
#include "http/retry.h"

#include "base/time.h"

#include <charconv>

namespace blobstore::http {

milliseconds backoff(unsigned retry, bool throttled, std::uint64_t random) noexcept {
    const std::uint64_t base = throttled ? 1000 : 50;
    const std::uint64_t cap = static_cast<std::uint64_t>(backoff_cap.count());
    const std::uint64_t most = retry >= 16 ? cap : std::min(cap, base << retry);
    const std::uint64_t spread = (random >> 32U) * (most + 1); // below 2^32 * 2^15
    return milliseconds(static_cast<milliseconds::rep>(spread >> 32U));
}

milliseconds retry_after(const response_head& head) noexcept {
    const std::string_view value = head.find("Retry-After");
    if (value.empty()) return milliseconds(0);
    if (std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) {
        std::uint64_t seconds = 0;
        const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), seconds);
        if (ec != std::errc() || seconds >= 60) return retry_after_cap;
        return milliseconds(static_cast<milliseconds::rep>(seconds * 1000));
    }
    const result<nanoseconds> until = parse_http_date(value);
    const result<nanoseconds> sent = parse_http_date(head.find("Date"));
    if (!until || !sent || *until <= *sent) return milliseconds(0);
    const milliseconds asked((*until - *sent) / 1'000'000);
    return std::min(asked, retry_after_cap);
}

milliseconds pause_before(milliseconds own, milliseconds asked) noexcept {
    return std::max(own, std::min(asked, retry_after_cap));
}

bool retry_budget::spend(int cost) noexcept {
    if (tokens_ < cost) return false;
    tokens_ -= cost;
    return true;
}

void retry_budget::succeeded(int spent) noexcept {
    tokens_ = std::min(full, tokens_ + std::max(spent, 1));
}

} // namespace blobstore::http
