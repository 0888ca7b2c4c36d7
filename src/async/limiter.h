// SPDX-License-Identifier: Apache-2.0
// A rate that many transfers share.
#pragma once

#include "async/operation.h"

#include <algorithm>

namespace blobstore {

/// So many tokens a second; whoever takes some learns how long they last. What nobody took for a
/// moment (50 ms) is there at once, more is lost. PURE, for one thread.
class token_bucket {
public:
    explicit token_bucket(std::uint64_t per_second) noexcept
        : rate_(std::max<std::uint64_t>(per_second, 1)) {}

    std::chrono::nanoseconds take(steady::time_point now, std::uint64_t tokens) noexcept;

private:
    const std::uint64_t rate_;
    steady::time_point until_ = steady::time_point::min(); ///< what was taken lasts so long
};

/// A token bucket of bytes that operations of any thread wait for.
class limiter {
public:
    explicit limiter(std::uint64_t bytes_per_second) noexcept
        : step_(std::clamp<std::uint64_t>(bytes_per_second / 20, 1024, 1 << 20))
        , bucket_(bytes_per_second) {}

    /// What one transfer moves at most before it pays.
    std::size_t step() const noexcept { return step_; }

    /// For bytes that were moved: waits as long as they last. Stops with the operation.
    task<result<void>> pay(operation& op, std::uint64_t bytes);

private:
    const std::size_t step_;
    std::mutex mutex_;
    token_bucket bucket_;
};

/// Of a client, in both directions; null: no limit.
struct bandwidth {
    std::shared_ptr<limiter> up, down;
};

} // namespace blobstore
