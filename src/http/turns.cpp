// SPDX-License-Identifier: Apache-2.0
// Turns are handed over, never taken back: who gives one up wakes the next in line.
#include "http/turns.h"

#include "async/context.h"

#include <algorithm>

namespace blobstore::http {

turns::line& turns::state::line_of(const origin& to) {
    const auto found =
        std::find_if(lines.begin(), lines.end(), [&](const line& l) { return l.to == to; });
    return found != lines.end() ? *found : lines.emplace_back(line{this, to, 0, {}});
}

void turns::give_back(void* turn) noexcept {
    line& l = *static_cast<line*>(turn);
    const std::lock_guard lock(l.of->mutex);
    if (l.waiting.empty()) {
        --l.used;
        return;
    }
    l.waiting.front().set(); // the turn is now that one's
    l.waiting.pop_front();
}

task<result<void>> turns::wait(operation& op, line& l) {
    std::list<wakeup> place(1);
    const auto me = place.begin();
    const wakeup called = *me;
    {
        const std::lock_guard lock(state_->mutex);
        if (l.used < state_->most) { // given back meanwhile
            ++l.used;
            op.held = turn_of(l);
            co_return result<void>();
        }
        l.waiting.splice(l.waiting.end(), place);
    }
    const result<void> waited = co_await called.wait(op);
    {
        const std::lock_guard lock(state_->mutex);
        if (!called.is_set()) {
            l.waiting.erase(me);
            co_return waited.error();
        }
    }
    op.held = turn_of(l);
    co_return result<void>();
}

task<result<void>> turns::take(operation& op, const origin& to) {
    if (!op.home().serves_many() || op.held) co_return result<void>();
    line* l = nullptr;
    {
        const std::lock_guard lock(state_->mutex);
        l = &state_->line_of(to);
        if (l->used < state_->most) {
            ++l->used;
            op.held = turn_of(*l);
            co_return result<void>();
        }
    }
    result<void> waited = co_await wait(op, *l);
    co_return waited;
}

} // namespace blobstore::http
