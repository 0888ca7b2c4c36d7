// SPDX-License-Identifier: Apache-2.0
// Debts stand in line, each behind the one before.
#include "async/limiter.h"

namespace blobstore {

namespace {

constexpr milliseconds most_saved{50}, shortest_wait{1};

} // namespace

std::chrono::nanoseconds token_bucket::take(steady::time_point now, std::uint64_t tokens) noexcept {
    constexpr double second = 1e9;
    until_ = std::max(until_, now - most_saved);
    const double lasts = static_cast<double>(tokens) / static_cast<double>(rate_) * second;
    until_ += std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(lasts, 1e15)));
    return std::max(until_ - now, steady::duration(0));
}

task<result<void>> limiter::pay(operation& op, std::uint64_t bytes) {
    std::chrono::nanoseconds wait{0};
    {
        const std::lock_guard lock(mutex_);
        wait = bucket_.take(steady::now(), bytes);
    }
    result<void> waited;
    if (wait >= shortest_wait)
        waited = co_await sleep_for(op, std::chrono::duration_cast<milliseconds>(wait));
    co_return waited;
}

} // namespace blobstore
