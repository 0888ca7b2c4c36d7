// SPDX-License-Identifier: Apache-2.0
// The two loops that drive operations, and how they start, stop and end there.
#include "async/context.h"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace blobstore {

namespace {

constexpr milliseconds tick{25}; // how late a deadline may be on an I/O thread
constexpr int batch = 64;        // handlers between two looks at the clock

result<void> outcome_of(task<result<void>>& root) noexcept {
    try {
        return root.result();
    } catch (...) {
        return error::of_exception();
    }
}

} // namespace

context::context() {
    io_.get_executor().on_work_started(); // run_one() waits, the context never "stops"
}

context::~context() {
    io_.get_executor().on_work_finished();
}

void context::start(const std::shared_ptr<operation>& op) {
    bool cancelled = false;
    {
        std::lock_guard lock(op->route_);
        op->context_ = this;
        cancelled = op->cancel_requested_;
    }
    try {
        active_.push_back(op);
    } catch (...) {
        conclude(*op, error::of_exception());
        return;
    }
    op->active_index_ = active_.size() - 1;
    if (op->limits.timeout.count() > 0 && op->total_deadline_ == steady::time_point::max())
        op->total_deadline_ = now_ + op->limits.timeout;
    if (cancelled || all_cancelled_)
        op->stop_code_ = errc::cancelled; // it came behind cancel_all()
    try {
        op->root_ = op->body(*op);
        op->root_.start();
    } catch (...) { // the first frame did not fit anywhere
        leave_active(*op, error::of_exception());
        return;
    }
    if (op->root_.done()) finish(*op);
}

void context::finish(operation& op) {
    leave_active(op, outcome_of(op.root_));
}

void context::leave_active(operation& op, result<void> outcome) {
    const std::shared_ptr<operation> kept = std::move(active_[op.active_index_]);
    if (op.active_index_ + 1 != active_.size()) {
        active_[op.active_index_] = std::move(active_.back());
        active_[op.active_index_]->active_index_ = op.active_index_;
    }
    active_.pop_back();
    conclude(op, std::move(outcome));
}

void context::conclude(operation& op, result<void> outcome) {
    op.outcome = std::move(outcome);
    op.root_ = {};
    op.body = nullptr;
    op.drop_work();
    op.held.release();
    {
        std::lock_guard lock(op.route_);
        op.context_ = nullptr;
    }
    op.done_ = true;
    if (serves_many_) busy_.fetch_sub(1, std::memory_order_relaxed);
    if (!op.completed) return;
    if (serves_many_) { // with all that end in this round
        op.kept_ = op.shared_from_this();
        *ended_tail_ = &op;
        ended_tail_ = &op.next_;
        return;
    }
    op.completed(op);
    if (op.announced) op.announced(op);
}

/// Completes what has ended, and only then wakes those who wait for it: once, not once for each.
void context::announce() {
    if (!ended_) return;
    operation* const first = std::exchange(ended_, nullptr);
    ended_tail_ = &ended_;
    for (operation* op = first; op; op = op->next_)
        op->completed(*op);
    for (operation* op = first; op;) {
        const std::shared_ptr<operation> kept = std::move(op->kept_);
        op = std::exchange(op->next_, nullptr);
        if (kept->announced) kept->announced(*kept);
    }
}

/// A cancel that came when the operation had just ended: its handler must not stay and keep it.
void context::drain() {
    if (io_.stopped()) io_.restart();
    while (io_.poll_one() != 0) {
    }
}

void context::run_blocking(const std::shared_ptr<operation>& op) {
    now_ = steady::now();
    start(op);
    while (!op->done_) {
        if (op->stopped())
            io_.run_one();
        else
            io_.run_one_until(op->next_deadline());
        now_ = steady::now();
        look_around();
        if (!op->done_) op->on_time(now_);
    }
    if (op->cancel_requested_) drain();
}

void context::run_thread() {
    serves_many_ = true;
    steady::time_point next_tick = steady::now();
    while (!leaving_ || !active_.empty()) {
        if (active_.empty())
            io_.run_one();
        else
            io_.run_one_until(next_tick);
        now_ = steady::now();
        look_around();
        for (int i = 0; i < batch && io_.poll_one() != 0; ++i) {
        }
        announce();
        if (now_ < next_tick) continue;
        next_tick = now_ + tick;
        for (std::size_t i = active_.size(); i-- > 0;)
            active_[i]->on_time(now_); // only queues: the list stays
    }
    drain();
}

/// Posts only where the list was empty: the thread then takes all that came meanwhile.
void context::submit(std::shared_ptr<operation> op) {
    busy_.fetch_add(1, std::memory_order_relaxed);
    operation* const raw = op.get();
    raw->kept_ = std::move(op);
    operation* before = submitted_.load(std::memory_order_relaxed);
    do
        raw->next_ = before;
    while (!submitted_.compare_exchange_weak(before, raw, std::memory_order_release));
    if (before) return;
    const slot_allocator<void> own(&raw->slot());
    boost::asio::post(io_, boost::asio::bind_allocator(own, [this] { start_submitted(); }));
}

void context::start_submitted() {
    now_ = steady::now();
    operation* first = nullptr;
    for (operation* op = submitted_.exchange(nullptr, std::memory_order_acquire); op;) {
        operation* const next = std::exchange(op->next_, first);
        first = std::exchange(op, next);
    }
    while (first) {
        const std::shared_ptr<operation> op = std::move(first->kept_);
        first = std::exchange(op->next_, nullptr);
        start(op);
    }
}

// What follows must work without memory: a stopped io_context makes the thread look around.

void context::request_cancel(std::shared_ptr<operation> op) noexcept {
    try {
        boost::asio::post(io_, [this, op = std::move(op)] {
            if (op->context_ == this) op->stop(errc::cancelled);
        });
    } catch (...) {
        io_.stop();
    }
}

void context::cancel_all() noexcept {
    all_cancelled_ = true;
    io_.stop();
}

void context::leave() noexcept {
    leaving_ = true;
    io_.stop();
}

void context::look_around() {
    if (!io_.stopped()) return;
    io_.restart();
    for (const auto& op : active_) // stop() only queues: the list stays
        if (all_cancelled_ || op->cancel_requested()) op->stop(errc::cancelled);
}

} // namespace blobstore
