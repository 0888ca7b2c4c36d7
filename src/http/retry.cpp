// SPDX-License-Identifier: Apache-2.0
// The table; then backoff, Retry-After and the budget, with saturating arithmetic.
#include "http/retry.h"

#include "base/time.h"

#include <charconv>

namespace blobstore::http {

namespace {

/// A set of enumerators.
using mask = unsigned;

template <class... T>
constexpr mask of(T... each) {
    return ((1U << static_cast<unsigned>(each)) | ...);
}

constexpr mask any = ~0U, yes = 2, no = 1; // of a bool: its value's bit

constexpr mask reads = of(op_class::safe), repeats = of(op_class::idempotent);
constexpr mask once = of(op_class::once);
constexpr mask nothing = of(sent_part::nothing), all = of(sent_part::all);
constexpr mask not_all = of(sent_part::nothing, sent_part::part);
constexpr mask some = of(sent_part::part, sent_part::all);
constexpr mask correction =
    of(outcome::new_credentials, outcome::new_region, outcome::new_clock, outcome::unexpected);
constexpr mask answered = correction | of(outcome::retry, outcome::throttled, outcome::fail);
constexpr mask broke = of(outcome::cut, outcome::distrusted);
constexpr mask may_pass = of(outcome::cut, outcome::passing);
constexpr mask unanswered = broke | of(outcome::passing, outcome::lasting);

struct row {
    mask kind, sent, came, replayable, stale, corrected;
    step next;
    bool doubt;
};

// The first row that fits counts. RT-13
constexpr row table[] = {
    // operation, sent, came, replayable, stale, corrected, next, doubt
    {any, any, of(outcome::done), any, any, any, step::deliver, false},
    {any, any, of(outcome::look), any, any, any, step::stop, true},
    {any, any, correction, yes, any, no, step::corrected, false},
    {any, any, of(outcome::retry), yes, any, any, step::soon, false},
    {any, any, of(outcome::throttled), yes, any, any, step::later, false},
    {any, any, answered, any, any, any, step::stop, false},
    {reads, any, broke, yes, yes, any, step::at_once, false},
    {reads, any, may_pass, yes, any, any, step::soon, false},
    {reads, any, unanswered, any, any, any, step::stop, false},
    {repeats, not_all, broke, yes, yes, any, step::at_once, false},
    {repeats, not_all, may_pass, yes, any, any, step::soon, false},
    {repeats, not_all, unanswered, any, any, any, step::stop, false},
    {repeats, all, broke, yes, yes, any, step::at_once, true},
    {repeats, all, may_pass, yes, any, any, step::soon, true},
    {repeats, all, unanswered, any, any, any, step::stop, true},
    {once, nothing, broke, yes, yes, any, step::at_once, false},
    {once, nothing, may_pass, yes, any, any, step::soon, false},
    {once, nothing, unanswered, any, any, any, step::stop, false},
    {once, some, unanswered, any, any, any, step::stop, true},
};

bool fits(const row& r, const situation& at) noexcept {
    const auto in = [](mask set, auto value) {
        return (set >> static_cast<unsigned>(value) & 1U) != 0;
    };
    return in(r.kind, at.kind) && in(r.sent, at.sent) && in(r.came, at.came) &&
           in(r.replayable, at.replayable) && in(r.stale, at.stale) &&
           in(r.corrected, at.corrected);
}

bool is_number(std::string_view text) noexcept {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return !text.empty() && std::all_of(text.begin(), text.end(), digit);
}

/// Of a number in units of `unit` milliseconds.
milliseconds number_up_to_cap(std::string_view text, std::uint64_t unit) noexcept {
    const auto cap = static_cast<std::uint64_t>(retry_after_cap.count());
    std::uint64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || value >= cap / unit) return retry_after_cap;
    return milliseconds(static_cast<milliseconds::rep>(value * unit));
}

} // namespace

decision decide(const situation& at) noexcept {
    for (const row& r : table)
        if (fits(r, at)) return {r.next, r.doubt};
    return {};
}

outcome outcome_of(action said) noexcept {
    return static_cast<outcome>(said);
}

static_assert(static_cast<unsigned>(outcome::fail) == static_cast<unsigned>(action::fail));

outcome outcome_of(const error& why) noexcept {
    if (why.code() == errc::network) return outcome::cut;
    if (why.code() == errc::tls) return why->retryable ? outcome::cut : outcome::distrusted;
    return why->retryable ? outcome::passing : outcome::lasting;
}

terms terms_of(step next) noexcept {
    switch (next) {
    case step::corrected:
        return {true, false, false, 0};
    case step::soon:
        return {true, true, false, retry_budget::transient_cost};
    case step::later:
        return {true, true, true, retry_budget::throttle_cost};
    default:
        return {};
    }
}

milliseconds backoff(unsigned retry, bool throttled, std::uint64_t random) noexcept {
    const std::uint64_t base = throttled ? 1000 : 50;
    const std::uint64_t cap = static_cast<std::uint64_t>(backoff_cap.count());
    const std::uint64_t most = retry >= 16 ? cap : std::min(cap, base << retry);
    const std::uint64_t spread = (random >> 32U) * (most + 1); // below 2^32 * 2^15
    return milliseconds(static_cast<milliseconds::rep>(spread >> 32U));
}

asked_pause retry_after(const response_head& head) noexcept {
    const std::string_view near_own = head.find("x-amz-retry-after");
    if (is_number(near_own)) return {number_up_to_cap(near_own, 1), true};
    const std::string_view value = head.find("Retry-After");
    if (is_number(value)) return {number_up_to_cap(value, 1000)};
    const result<nanoseconds> until = parse_http_date(value);
    const result<nanoseconds> sent = parse_http_date(head.find("Date"));
    if (!until || !sent || *until <= *sent) return {};
    const milliseconds asked((*until - *sent) / 1'000'000);
    return {std::min(asked, retry_after_cap)};
}

milliseconds pause_before(milliseconds own, asked_pause asked) noexcept {
    const milliseconds most = asked.near_own ? own + most_beyond_own : retry_after_cap;
    return std::max(own, std::min(asked.value, most));
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
