// SPDX-License-Identifier: Apache-2.0
// The arithmetic of trying again: how long to wait, how long a server asks to, how much is left to
// spend. Pure.
#pragma once

#include "http/message.h"

namespace blobstore::http {

inline constexpr milliseconds backoff_cap{20000};
inline constexpr milliseconds retry_after_cap{60000};

/// Full jitter: evenly spread over [0, base * 2^retry], capped; base 50 ms, throttled 1 s. `retry`
/// counts from 0.
milliseconds backoff(unsigned retry, bool throttled, std::uint64_t random) noexcept;

/// What Retry-After asks for, in seconds or as a date against the answer's own Date; 0 where it is
/// missing, malformed or past; at most 60 s.
milliseconds retry_after(const response_head& head) noexcept;

/// The longer of the two, with what the server asks for cut at 60 s.
milliseconds pause_before(milliseconds own, milliseconds asked) noexcept;

/// Tokens that all calls of one client share, so that a failing service is not hammered.
class retry_budget {
public:
    static constexpr int full = 500, transient_cost = 14, throttle_cost = 5;

    /// False, and nothing taken, where less is left.
    bool spend(int cost) noexcept;

    /// A call ended well: what it spent comes back, and one token if it spent nothing.
    void succeeded(int spent) noexcept;

    int left() const noexcept { return tokens_; }

private:
    int tokens_ = full;
};

} // namespace blobstore::http
