// SPDX-License-Identifier: Apache-2.0
// Turns are handed over, never taken back: who gives one up wakes the next in line.
#include "http/turns.h"

#include "async/context.h"

#include <algorithm>

namespace blobstore::http {

namespace {

/// Who has a thread of its own goes on then as it is: what holds the turns may be waiting for it.
constexpr milliseconds patience_of_threads{1000};

} // namespace

turns::line& turns::state::line_of(const origin& to) {
    const auto found =
        std::find_if(lines.begin(), lines.end(), [&](const line& l) { return l.to == to; });
    return found != lines.end() ? *found
                                : lines.emplace_back(line{this, to, allowance(most), 0, 0, {}});
}

bool turns::line::admits(bool as_submitted) const noexcept {
    return submitted + direct < allowed.now() && (!as_submitted || submitted < of->most);
}

void turns::line::call_next() noexcept {
    while (!waiting.empty() && admits(waiting.front().submitted)) {
        ++count(waiting.front().submitted); // the turn is now that one's
        waiting.front().call.set();
        waiting.pop_front();
    }
}

void turns::give_back(line& l, bool submitted) noexcept {
    const std::lock_guard lock(l.of->mutex);
    --l.count(submitted);
    l.call_next();
}

holding turns::turn_of(line& l, bool submitted) const noexcept {
    if (submitted)
        return {
            {state_, &l}, [](void* turn) noexcept { give_back(*static_cast<line*>(turn), true); }};
    return {{state_, &l}, [](void* turn) noexcept { give_back(*static_cast<line*>(turn), false); }};
}

task<result<void>> turns::wait(operation& op, line& l, bool submitted) {
    std::list<place> mine(1, place{wakeup(), submitted});
    const auto me = mine.begin();
    const wakeup called = me->call;
    {
        const std::lock_guard lock(state_->mutex);
        l.waiting.splice(l.waiting.end(), mine);
        l.call_next(); // one may have been given back meanwhile
    }
    if (!submitted) op.interrupt_after(patience_of_threads);
    const result<void> waited = co_await called.wait(op);
    op.interrupt_after(milliseconds(0));
    {
        const std::lock_guard lock(state_->mutex);
        if (!called.is_set()) {
            l.waiting.erase(me);
            l.call_next(); // those behind may go where this one might not
            co_return waited;
        }
    }
    op.held = turn_of(l, submitted);
    co_return result<void>();
}

task<result<void>> turns::take(operation& op, const origin& to) {
    if (op.held) co_return result<void>();
    const bool submitted = op.home().serves_many();
    line* l = nullptr;
    {
        const std::lock_guard lock(state_->mutex);
        l = &state_->line_of(to);
        if (l->waiting.empty() && l->admits(submitted)) {
            ++l->count(submitted);
            op.held = turn_of(*l, submitted);
            co_return result<void>();
        }
    }
    result<void> waited = co_await wait(op, *l, submitted);
    co_return waited;
}

void turns::throttled(const origin& to, steady::time_point begun, steady::time_point now) {
    const std::lock_guard lock(state_->mutex);
    line& l = state_->line_of(to);
    if (l.allowed.now() == allowance::none) ++state_->slowed;
    l.allowed.throttled(begun, now, l.submitted + l.direct);
}

void turns::succeeded(const origin& to) {
    if (state_->slowed == 0) return;
    const std::lock_guard lock(state_->mutex);
    line& l = state_->line_of(to);
    if (l.allowed.now() == allowance::none) return;
    l.allowed.succeeded();
    if (l.allowed.now() == allowance::none) --state_->slowed;
    l.call_next();
}

} // namespace blobstore::http
