// SPDX-License-Identifier: Apache-2.0
// One call on its way through the library: its limits, its cancel, its coroutine; and the waits it
// can suspend in.
#pragma once

#include "async/progress.h"
#include "async/task.h"
#include "base/error.h"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

namespace blobstore {

class context;
class runtime;

using steady = std::chrono::steady_clock;
using milliseconds = std::chrono::milliseconds;

/// Room for the one completion handler that an operation has outstanding, so that Asio allocates
/// nothing.
struct handler_slot {
    handler_slot() {} // `bytes` stays as it is

    alignas(16) std::array<std::byte, 384> bytes;
    bool used = false;
};

template <class T>
struct slot_allocator {
    using value_type = T;
    handler_slot* slot;

    explicit slot_allocator(handler_slot* s)
        : slot(s) {}

    template <class U>
    slot_allocator(const slot_allocator<U>& other)
        : slot(other.slot) {}

    T* allocate(std::size_t n) {
        if (slot->used || n * sizeof(T) > slot->bytes.size())
            return static_cast<T*>(::operator new(n * sizeof(T)));
        slot->used = true;
        return reinterpret_cast<T*>(slot->bytes.data());
    }

    void deallocate(T* p, std::size_t) noexcept {
        if (static_cast<void*>(p) == slot->bytes.data())
            slot->used = false;
        else
            ::operator delete(p);
    }

    template <class U>
    bool operator==(const slot_allocator<U>& other) const {
        return slot == other.slot;
    }
};

/// What an operation gives back when it ends, such as a turn at a server. Costs no memory.
class holding {
public:
    holding() = default;

    holding(std::shared_ptr<void> what, void (*give_back)(void*) noexcept) noexcept
        : what_(std::move(what))
        , give_back_(give_back) {}

    holding(holding&& other) noexcept = default;

    holding& operator=(holding&& other) noexcept {
        release();
        what_ = std::move(other.what_);
        give_back_ = other.give_back_;
        return *this;
    }

    ~holding() { release(); }

    explicit operator bool() const noexcept { return what_ != nullptr; }

    void release() noexcept {
        if (const std::shared_ptr<void> gone = std::move(what_)) give_back_(gone.get());
    }

private:
    std::shared_ptr<void> what_;
    void (*give_back_)(void*) noexcept = nullptr;
};

/// Limits of one call; set before it starts.
struct call_limits {
    milliseconds timeout{0};   ///< of the whole call; 0 = none
    milliseconds stall{20000}; ///< without a byte moved while we wait; 0 = none
    bool stall_everywhere =
        false; ///< the caller named the stall limit: it holds in connect, TLS and head too
    unsigned max_attempts = 5;
};

/// A call. Made with make_shared; run or submitted once through a runtime. Everything but cancel()
/// belongs to the thread that drives its context.
class operation : public std::enable_shared_from_this<operation> {
public:
    using body_function = std::function<task<result<void>>(operation&)>;

    operation() {} // not defaulted: make_shared would clear the arena first

    operation(const operation&) = delete;
    operation& operator=(const operation&) = delete;

    call_limits limits;
    body_function body; ///< what to do; started on the context's thread
    /// Both once, in this order, after `outcome` is set, on the context's thread. On an I/O thread
    /// `announced` follows when all that ended together has completed: it wakes whoever waits.
    void (*completed)(operation&) noexcept = nullptr;
    void (*announced)(operation&) noexcept = nullptr;
    std::shared_ptr<progress_meter> meter; ///< null where nobody wants to know how far it is
    result<void> outcome;
    unsigned attempts = 0; ///< requests sent so far; http counts
    holding held;
    bool small = false; ///< moves little: may share a thread with many of its kind

    /// What the body works on, in the operation's own memory. Once, before it starts; gone when it
    /// has ended.
    template <class T>
    T& keep(T what) {
        void* const place = arena_.take(sizeof(T));
        T* const made = new (place) T(std::move(what));
        work_ = made;
        end_work_ = [](void* at) noexcept { static_cast<T*>(at)->~T(); };
        return *made;
    }

    /// Any thread, any time: ends the operation early with errc::cancelled.
    void cancel() noexcept;

    /// So much will move in all.
    void expect(std::uint64_t total) noexcept {
        if (meter) meter->expect(total);
    }

    /// So much of what the call is for has moved.
    void advance(std::uint64_t bytes) noexcept {
        if (!meter) return;
        of_attempt_ += static_cast<std::int64_t>(bytes);
        meter->add(static_cast<std::int64_t>(bytes));
    }

    /// What moved from here on may be taken back: a request begins.
    void begin_request() noexcept { of_attempt_ = 0; }

    /// It begins anew.
    void take_back() noexcept {
        if (meter) meter->add(-std::exchange(of_attempt_, 0));
    }

    context& home() const noexcept { return *context_; }

    /// What runs it; null for one that is driven by a context alone.
    runtime* owner() const noexcept { return owner_; }

    steady::time_point now() const noexcept;

    /// The step that begins now may take so long; then its wait ends with `code`, and only the step
    /// is over: it can be tried again. 0 = no limit.
    void arm(milliseconds allowed, errc code);

    /// Ends the limit of a step.
    void disarm() noexcept {
        step_deadline_ = steady::time_point::max();
        step_over_ = false;
    }

    /// After so long the present wait is interrupted, once, and the operation goes on. 0 = never.
    void interrupt_after(milliseconds time);

    bool cancel_requested() noexcept;

    bool stopped() const noexcept { return stop_code_ != errc::ok; }

    /// cancelled or timeout, or what arm() was given where the step is over; errc::ok else.
    errc stop_code() const noexcept {
        return stop_code_ == errc::ok && step_over_ ? step_code_ : stop_code_;
    }

    /// The same as an error, or success. Looks at the clock and for a cancel itself: for long work
    /// between two waits.
    result<void> check();

    // -- for the waits below and for context --

    /// What stop() calls to end the present wait early; it must only queue the resumption.
    void set_interrupt(void (*fn)(void*), void* target) noexcept {
        interrupt_ = fn;
        interrupt_target_ = target;
    }

    void suspend(std::coroutine_handle<> waiter) noexcept {
        waiter_ = waiter;
        waiting_ = true;
    }

    void resume();
    void stop(errc why) noexcept;

    /// For one that no context will run: its outcome, and its completion if it has one.
    void end_unstarted(error why) noexcept;

    handler_slot& slot() noexcept { return slot_; }

    boost::system::error_code io_error;
    std::size_t io_bytes = 0;

protected:
    ~operation() { drop_work(); }

private:
    friend class context;
    friend class runtime;
    friend frame_arena& arena_of(operation& op) noexcept;

    void drop_work() noexcept;
    steady::time_point next_deadline() const noexcept;
    void on_time(steady::time_point now) noexcept;

    frame_arena arena_;
    void* work_ = nullptr; ///< see keep()
    void (*end_work_)(void*) noexcept = nullptr;
    handler_slot slot_;
    task<result<void>> root_;
    std::coroutine_handle<> waiter_;
    void (*interrupt_)(void*) = nullptr;
    void* interrupt_target_ = nullptr;
    steady::time_point total_deadline_ = steady::time_point::max();
    steady::time_point step_deadline_ = steady::time_point::max();
    steady::time_point wake_at_ = steady::time_point::max();
    errc step_code_ = errc::timeout, stop_code_ = errc::ok;
    std::size_t active_index_ = 0;
    std::int64_t of_attempt_ = 0; ///< see take_back()
    runtime* owner_ = nullptr;
    operation* next_ = nullptr;       ///< in the one list of its context that it is in
    std::shared_ptr<operation> kept_; ///< itself, while it is in one
    bool step_over_ = false, waiting_ = false, done_ = false;

    std::mutex route_; ///< guards the two below
    context* context_ = nullptr;
    std::atomic<bool> cancel_requested_{false}; ///< written under it
};

/// The completion handler of every Asio call of the house.
struct io_handler {
    operation* op;
    using allocator_type = slot_allocator<void>;

    allocator_type get_allocator() const noexcept { return allocator_type(&op->slot()); }

    void operator()(boost::system::error_code ec, std::size_t bytes = 0) const {
        op->io_error = ec;
        op->io_bytes = bytes;
        op->resume();
    }
};

/// What a socket wait came to. `ec` is only meaningful while `stopped` is errc::ok.
struct io_result {
    errc stopped = errc::ok;
    boost::system::error_code ec;
    std::size_t bytes = 0;
};

/// The one leaf of every coroutine that does I/O: starts an Asio operation with
/// `initiate(io_handler)`, yields its result, and is where cancel and deadlines take effect.
/// `interrupt(target)` must make the handler run soon.
template <class Initiate>
struct io_wait {
    operation& op;
    void (*interrupt)(void*);
    void* target;
    Initiate initiate;

    bool await_ready() const noexcept { return op.stopped(); }

    void await_suspend(std::coroutine_handle<> self) {
        op.suspend(self);
        op.set_interrupt(interrupt, target);
        initiate(io_handler{&op});
    }

    io_result await_resume() const {
        op.set_interrupt(nullptr, nullptr);
        if (op.stop_code() != errc::ok) return {op.stop_code(), {}, 0};
        return {errc::ok, op.io_error, op.io_bytes};
    }
};

template <class Initiate>
io_wait(operation&, void (*)(void*), void*, Initiate) -> io_wait<Initiate>;

/// Waits; fails early when the operation is stopped. On an I/O thread up to one tick (25 ms) late.
task<result<void>> sleep_for(operation& op, milliseconds time);

/// A thing that happens once on another thread (a name resolved, a turn granted) and one operation
/// waits for.
class wakeup {
public:
    wakeup()
        : state_(std::make_shared<state>()) {}

    /// Any thread, any number of times; the operation may be long gone.
    void set() const noexcept;

    bool is_set() const;

    /// Until set() or until the operation is stopped, which is the error.
    task<result<void>> wait(operation& op) const;

    /// Until set(), also where the operation is stopped: for what must not be left behind.
    task<result<void>> outlast(operation& op) const;

private:
    struct waiting;

    struct state : std::enable_shared_from_this<state> {
        std::mutex mutex;
        operation* waiter = nullptr;
        bool set = false;   ///< for good
        bool fired = false; ///< the waiter was told
    };

    static void fire(const std::shared_ptr<state>& s) noexcept;

    std::shared_ptr<state> state_;
};

} // namespace blobstore
