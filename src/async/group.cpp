// SPDX-License-Identifier: Apache-2.0
// Members are operations of the same runtime; the group is woken as they end.
#include "async/group.h"

#include <algorithm>

namespace blobstore {

struct group::member final : operation {
    std::shared_ptr<state> of;
    std::list<std::shared_ptr<operation>>::iterator place;
};

void group::state::cancel_all() noexcept {
    for (const auto& each : running)
        each->cancel();
}

/// On the member's thread. The list keeps it until here, so it goes last, without the lock.
void group::state::ended(member& one) noexcept {
    std::list<std::shared_ptr<operation>> gone;
    std::optional<wakeup> wake;
    {
        const std::lock_guard lock(mutex);
        attempts += one.attempts;
        gone.splice(gone.end(), running, one.place);
        if (!one.outcome && !failure) {
            failure = one.outcome.error();
            cancel_all();
        }
        if (waiter && (running.size() <= room_for || failure)) wake.swap(waiter);
    }
    if (wake) wake->set();
}

group::~group() {
    cancel();
}

void group::cancel() const noexcept {
    const std::lock_guard lock(state_->mutex);
    state_->cancel_all();
}

bool group::full() const {
    const std::lock_guard lock(state_->mutex);
    return state_->running.size() >= state_->most;
}

/// Success where no more than so many run; else the failure of a member, or that `op` was stopped.
task<result<void>> group::until(operation& op, std::size_t running) {
    for (;;) {
        wakeup wake;
        {
            const std::lock_guard lock(state_->mutex);
            op.attempts += std::exchange(state_->attempts, 0);
            if (state_->failure) co_return *state_->failure;
            if (state_->running.size() <= running) co_return result<void>();
            state_->waiter = wake;
            state_->room_for = running;
        }
        const result<void> waited = co_await wake.wait(op);
        if (!waited) co_return waited.error();
    }
}

void group::start(operation& op, operation::body_function work) {
    auto one = std::make_shared<member>();
    one->limits = op.limits;
    one->meter = op.meter;
    one->limits.timeout = milliseconds(0); // the group ends in time: it is cancelled
    one->body = std::move(work);
    one->of = state_;
    one->completed = [](operation& ended) noexcept {
        auto& m = static_cast<member&>(ended);
        const std::shared_ptr<state> of = std::move(m.of);
        of->ended(m);
    };
    {
        const std::lock_guard lock(state_->mutex);
        one->place = state_->running.insert(state_->running.end(), one);
    }
    result<void> taken;
    try {
        taken = op.owner()->submit(one, where_ == lane::workers);
    } catch (...) {
        taken = error::of_exception();
    }
    if (taken) return;
    one->outcome = taken;
    one->completed(*one);
}

task<result<void>> group::begin(operation& op, operation::body_function work) {
    op.held.release();
    op.disarm();
    result<void> room = co_await until(op, state_->most - 1);
    if (!room) co_return room.error();
    try {
        start(op, std::move(work));
    } catch (...) { // out of memory
        room = error::of_exception();
    }
    co_return room;
}

task<result<void>> group::join(operation& op) {
    op.held.release();
    op.disarm();
    result<void> all = co_await until(op, 0);
    if (all) co_return all;
    cancel();
    for (;;) { // the members end before this does, whatever stopped it
        wakeup wake;
        {
            const std::lock_guard lock(state_->mutex);
            op.attempts += std::exchange(state_->attempts, 0);
            if (state_->running.empty()) break;
            state_->room_for = 0;
            state_->waiter = wake;
        }
        (void)co_await wake.outlast(op);
    }
    const result<void> stopped = op.check();
    error why = stopped ? all.error() : stopped.error();
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->failure && (*state_->failure)->outcome_unknown) why->outcome_unknown = true;
    }
    co_return why;
}

task<result<void>> for_each_of(
    operation& op,
    lane where,
    std::size_t n,
    std::size_t width,
    std::function<task<result<void>>(operation&, std::size_t)> work
) {
    group all(where, width);
    result<void> begun;
    for (std::size_t i = 0; i < n && begun; ++i)
        begun = co_await all.begin(op, [&work, i](operation& member) { return work(member, i); });
    const result<void> ended = co_await all.join(op);
    if (!ended) co_return ended.error();
    co_return begun;
}

} // namespace blobstore
