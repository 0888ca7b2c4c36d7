// SPDX-License-Identifier: Apache-2.0
// How an operation stops, sleeps and is woken.
#include "async/operation.h"

#include "async/context.h"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace blobstore {

frame_arena& arena_of(operation& op) noexcept {
    return op.arena_;
}

steady::time_point operation::now() const noexcept {
    return context_->now();
}

void operation::cancel() noexcept {
    std::lock_guard lock(route_);
    if (cancel_requested_) return;
    cancel_requested_ = true;
    if (context_) context_->request_cancel(shared_from_this());
}

bool operation::cancel_requested() noexcept {
    return cancel_requested_;
}

void operation::arm(milliseconds allowed, errc code) {
    if (limits.stall_everywhere && (allowed.count() == 0 || limits.stall < allowed)) {
        allowed = limits.stall;
        code = errc::stalled;
    }
    step_code_ = code;
    step_over_ = false;
    step_deadline_ = allowed.count() == 0 ? steady::time_point::max() : now() + allowed;
}

void operation::interrupt_after(milliseconds time) {
    wake_at_ = time.count() == 0 ? steady::time_point::max() : now() + time;
}

result<void> operation::check() {
    if (cancel_requested_) stop(errc::cancelled);
    if (total_deadline_ != steady::time_point::max() && steady::now() >= total_deadline_)
        stop(errc::timeout);
    switch (stop_code()) {
    case errc::ok:
        return {};
    case errc::cancelled:
        return error(errc::cancelled, "cancelled");
    case errc::stalled:
        return error(errc::stalled, "no byte moved within the stall timeout");
    default:
        return error(stop_code(), "timed out");
    }
}

void operation::stop(errc why) noexcept {
    if (stop_code_ != errc::ok) return;
    stop_code_ = why;
    if (waiting_ && interrupt_) interrupt_(interrupt_target_);
}

void operation::drop_work() noexcept {
    void* const work = std::exchange(work_, nullptr);
    if (!work) return;
    end_work_(work);
    arena_.give(work);
}

void operation::end_unstarted(error why) noexcept {
    outcome = std::move(why);
    body = nullptr;
    drop_work();
    done_ = true;
    if (completed) completed(*this);
    if (announced) announced(*this);
}

void operation::resume() {
    waiting_ = false;
    waiter_.resume();
    if (root_.done()) context_->finish(*this);
}

steady::time_point operation::next_deadline() const noexcept {
    return std::min({total_deadline_, step_deadline_, wake_at_});
}

void operation::on_time(steady::time_point now) noexcept {
    if (now >= total_deadline_)
        stop(errc::timeout);
    else if (now >= step_deadline_) {
        step_deadline_ = steady::time_point::max();
        step_over_ = true;
        if (waiting_ && interrupt_) interrupt_(interrupt_target_);
    } else if (now >= wake_at_ && waiting_ && interrupt_) {
        wake_at_ = steady::time_point::max();
        interrupt_(interrupt_target_);
    }
}

/// Once, into the slot of the operation, which waits for nothing else: no memory is needed.
void wakeup::fire(const std::shared_ptr<state>& s) noexcept {
    std::lock_guard lock(s->mutex);
    if (!s->waiter || s->fired) return;
    s->fired = true;
    operation& op = *s->waiter;
    const slot_allocator<void> own(&op.slot());
    boost::asio::post(op.home().io(), boost::asio::bind_allocator(own, [s] {
                          operation* waiter = nullptr;
                          {
                              std::lock_guard inner(s->mutex);
                              waiter = std::exchange(s->waiter, nullptr);
                          }
                          waiter->resume();
                      }));
}

void wakeup::set() const noexcept {
    {
        std::lock_guard lock(state_->mutex);
        state_->set = true;
    }
    fire(state_);
}

bool wakeup::is_set() const {
    std::lock_guard lock(state_->mutex);
    return state_->set;
}

struct wakeup::waiting {
    operation& op;
    const std::shared_ptr<state>& s;
    bool stops = true; ///< with the operation

    bool await_ready() const noexcept { return stops && op.stopped(); }

    bool await_suspend(std::coroutine_handle<> self) {
        std::lock_guard lock(s->mutex);
        if (s->set) return false;
        s->waiter = &op;
        s->fired = false;
        op.suspend(self);
        if (stops)
            op.set_interrupt(
                [](void* at) { fire(static_cast<state*>(at)->shared_from_this()); }, s.get()
            );
        return true;
    }

    void await_resume() const noexcept { op.set_interrupt(nullptr, nullptr); }
};

task<result<void>> wakeup::wait(operation& op) const {
    co_await waiting{op, state_};
    if (is_set()) co_return result<void>();
    co_return op.check();
}

task<result<void>> wakeup::outlast(operation& op) const {
    co_await waiting{op, state_, false};
    co_return op.check();
}

task<result<void>> sleep_for(operation& op, milliseconds time) {
    op.disarm();
    op.interrupt_after(std::max(time, milliseconds(1)));
    wakeup end; // never set: the deadline interrupts the wait
    result<void> waited = co_await end.wait(op);
    op.interrupt_after(milliseconds(0));
    co_return waited;
}

} // namespace blobstore
