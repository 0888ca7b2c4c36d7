// SPDX-License-Identifier: Apache-2.0
// Trying again: the one table of what follows an attempt, and the arithmetic of how long to wait,
// how long a server asks to, how much is left to spend. Pure.
#pragma once

#include "http/message.h"

namespace blobstore::http {

/// What a backend makes of an answer, and what the next attempt must change.
enum class action : std::uint8_t {
    done,
    retry,
    throttled,
    new_credentials,
    new_region,
    new_clock,
    look,
    fail
};

/// May a request be sent again after one that may have been carried out? `safe` ones only read.
enum class op_class : std::uint8_t { safe, idempotent, once };

/// Of the request, in this attempt.
enum class sent_part : std::uint8_t { nothing, part, all };

/// What an attempt came to: what the backend said of the answer, or why there is none.
enum class outcome : std::uint8_t {
    done,
    retry,
    throttled,
    new_credentials,
    new_region,
    new_clock,
    look,
    fail,
    cut,        ///< the connection broke
    distrusted, ///< TLS failed in a way that lasts
    passing,    ///< a limit of the attempt passed, or nobody was reached: may go better
    lasting,    ///< anything else: the source, the peer's HTTP, a cancel, the call's own limit
    unexpected  ///< 417: the peer does not want to be asked first
};

inline constexpr unsigned outcomes = 13;

/// What the decision looks at.
struct situation {
    op_class kind = op_class::safe;
    sent_part sent = sent_part::nothing;
    outcome came = outcome::done;
    bool replayable = true; ///< the source was not touched, or can go back to its start
    bool stale = false;     ///< over a connection that was kept, before a byte of the answer
    bool corrected = false; ///< what `came` asks to change was changed in this call already
};

/// What follows.
enum class step : std::uint8_t {
    deliver,
    at_once,   ///< over a new connection; not counted
    corrected, ///< with what the verdict says; counted
    soon,      ///< after a pause
    later,     ///< after a longer one
    stop
};

struct decision {
    step next = step::stop;
    bool doubt = false; ///< from now on the request may have been carried out
};

/// PURE. Of the table in retry.cpp, which docs/networking.md shows and retry_test.cpp repeats.
decision decide(const situation& at) noexcept;

outcome outcome_of(action said) noexcept;
outcome outcome_of(const error& why) noexcept;

/// What a step costs.
struct terms {
    bool counted = false; ///< against max_attempts
    bool waits = false;
    bool throttled = false; ///< waits longer
    int tokens = 0;         ///< of the budget
};

terms terms_of(step next) noexcept;

inline constexpr milliseconds backoff_cap{20000};
inline constexpr milliseconds retry_after_cap{60000}, most_beyond_own{5000};

/// Full jitter: evenly spread over [0, base * 2^retry], capped; base 50 ms, throttled 1 s. `retry`
/// counts from 0.
milliseconds backoff(unsigned retry, bool throttled, std::uint64_t random) noexcept;

/// How long a server asks to wait; zero where it does not.
struct asked_pause {
    milliseconds value{0};
    bool near_own = false; ///< it adjusts the own pause, by no more than 5 s
};

/// What x-amz-retry-after asks for, in milliseconds and near the own pause; without it Retry-After,
/// in seconds or as a date against the answer's own Date. At most 60 s; zero where it is missing,
/// malformed or past.
asked_pause retry_after(const response_head& head) noexcept;

/// The longer of the two, with what the server asks for cut.
milliseconds pause_before(milliseconds own, asked_pause asked) noexcept;

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
