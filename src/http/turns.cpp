// SPDX-License-Identifier: Apache-2.0
// Turns are handed over, never taken back: who gives one up wakes the next in line.
#include "http/turns.h"

#include "async/context.h"

#include <algorithm>

namespace blobstore::http {

turns::line& turns::state::line_of(const origin& to) {
    const auto found =
        std::find_if(lines.begin(), lines.end(), [&](const line& l) { return l.to == to; });
    return found != lines.end() ? *found : lines.emplace_back(line{to, 0, {}});
}

void turns::state::give_back(const origin& to) noexcept {
    const std::lock_guard lock(mutex);
    const auto l =
        std::find_if(lines.begin(), lines.end(), [&](const line& each) { return each.to == to; });
    if (l->waiting.empty()) {
        --l->used;
        return;
    }
    l->waiting.front().set(); // the turn is now that one's
    l->waiting.pop_front();
}

task<result<void>> turns::take(operation& op, const origin& to) {
    if (!op.home().serves_many() || op.held) co_return result<void>();

    struct held_turn {
        std::shared_ptr<state> of;
        origin at;
        bool mine = false;

        ~held_turn() {
            if (mine) of->give_back(at);
        }
    };

    auto turn = std::make_shared<held_turn>();
    turn->of = state_;
    turn->at = to;
    std::list<wakeup> place(1);
    const auto me = place.begin();
    const wakeup called = *me;
    {
        const std::lock_guard lock(state_->mutex);
        line& l = state_->line_of(to);
        turn->mine = l.used < state_->most;
        if (turn->mine)
            ++l.used;
        else
            l.waiting.splice(l.waiting.end(), place);
    }
    if (!turn->mine) {
        const result<void> waited = co_await called.wait(op);
        const std::lock_guard lock(state_->mutex);
        turn->mine = called.is_set();
        if (!turn->mine) {
            state_->line_of(to).waiting.erase(me);
            co_return waited.error();
        }
    }
    op.held = std::move(turn);
    co_return result<void>();
}

} // namespace blobstore::http
