// SPDX-License-Identifier: Apache-2.0
// The two loops that drive operations, and how they start, stop and end there.
#include "async/context.h"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/post.hpp>

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
    if (cancelled) op->stop_code_ = errc::cancelled;
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
    op.held.reset();
    {
        std::lock_guard lock(op.route_);
        op.context_ = nullptr;
    }
    op.done_ = true;
    if (op.completed) op.completed(op);
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
    drain();
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
        if (now_ < next_tick) continue;
        next_tick = now_ + tick;
        for (std::size_t i = active_.size(); i-- > 0;)
            active_[i]->on_time(now_); // only queues: the list stays
    }
    drain();
}

void context::submit(std::shared_ptr<operation> op) {
    const slot_allocator<void> own(&op->slot());
    boost::asio::post(io_, boost::asio::bind_allocator(own, [this, op = std::move(op)] {
                          now_ = steady::now();
                          start(op);
                      }));
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
