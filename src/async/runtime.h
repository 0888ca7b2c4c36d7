// SPDX-License-Identifier: Apache-2.0
// Where operations run: I/O threads, worker threads for stores that block, the caller's thread; and
// callback threads.
#pragma once

#include "async/context.h"

#include <condition_variable>
#include <list>
#include <thread>

namespace blobstore {

struct runtime_options {
    unsigned io_threads = 2, worker_threads = 16, callback_threads = 1;
};

/// Work for a pool; made beforehand, so that handing it over needs no memory.
using work_list = std::list<std::function<void()>>;

/// A pool of detached threads, started one by one as work comes; they keep it alive and end after
/// close().
class thread_pool : public std::enable_shared_from_this<thread_pool> {
public:
    thread_pool(const char* name, unsigned most)
        : name_(name)
        , most_(most) {
        threads_.reserve(most);
    }

    /// False after close(), and where no thread runs and none can be started: the work is then not
    /// taken.
    bool post(work_list&& work) noexcept;
    void close() noexcept;

    /// Whether what is posted now has to wait.
    bool all_busy() const;

    /// True on a thread of this pool.
    bool is_own_thread() const;

private:
    void run() noexcept;
    bool start_one() noexcept; ///< with mutex_ held

    const char* name_;
    const unsigned most_;
    mutable std::mutex mutex_;
    std::condition_variable ready_;
    work_list work_;
    std::vector<std::thread::id> threads_;
    unsigned idle_ = 0;
    bool closed_ = false;
};

/// Starts a detached thread with every signal blocked; errc::no_memory where the system has none
/// left.
result<void> start_thread(const char* name, std::function<void()> body);

/// The threads and contexts of one client. Contexts live as long as the runtime.
class runtime : public std::enable_shared_from_this<runtime> {
public:
    explicit runtime(runtime_options options);

    /// Runs the operation on the calling thread; its outcome is set on return. errc::closed after
    /// close().
    void run(const std::shared_ptr<operation>& op);

    /// Hands the operation over; `completed` runs once, on another thread. An error means that it
    /// was not taken.
    result<void> submit(const std::shared_ptr<operation>& op, bool blocks);

    /// Runs `work` on a callback thread. Cannot fail inside enter() once prepare_callbacks() was
    /// true.
    bool post_callback(work_list&& work) noexcept { return callbacks_->post(std::move(work)); }

    /// Makes sure that a callback thread runs.
    bool prepare_callbacks() {
        return callbacks_->post(work_list{[] {}});
    }

    bool on_callback_thread() const { return callbacks_->is_own_thread(); }

    /// Keeps close() waiting: an operation until its completion was delivered.
    bool enter();
    void exit() noexcept;

    /// Refuses new operations and cancels the running ones; does not wait.
    void begin_close() noexcept;

    /// True once nothing runs; waits so long (negative: for ever).
    bool wait_closed(milliseconds timeout);

    /// Between enter() and exit().
    std::size_t inside() const noexcept { return inside_; }

    bool closing() const noexcept { return closing_; }

private:
    void last_left() noexcept; ///< with mutex_ held
    context& lease();
    void give_back(context& leased) noexcept;
    void drive(const std::shared_ptr<operation>& op) noexcept;
    result<void> start_io_thread();
    result<void> submit_to_workers(const std::shared_ptr<operation>& op);
    void drive_next() noexcept;
    void watch_waiting() noexcept;
    task<result<void>> look_after(operation& op);
    bool end_waiting() noexcept;
    result<context*> next_io_context(bool small);

    const runtime_options options_;
    // Each is written before the other is read: no call slips in unseen by begin_close().
    std::atomic<bool> closing_{false};
    std::atomic<std::size_t> inside_{0};
    mutable std::mutex mutex_; ///< guards contexts_, idle_, io_, turn_, waiting_
    std::condition_variable drained_;
    std::vector<std::unique_ptr<context>>
        contexts_;                             ///< all there ever were; idle ones listed below
    std::atomic<context*> last_idle_{nullptr}; ///< the last one given back, without the lock
    std::vector<context*> idle_;               ///< for blocking calls, last in first out
    std::vector<context*> io_;                 ///< each with its thread
    std::atomic<context*> first_io_{nullptr};
    std::size_t turn_ = 0;
    std::list<std::shared_ptr<operation>> waiting_; ///< for a worker, first in first out
    std::atomic<bool> watching_{false};
    std::shared_ptr<thread_pool> workers_, callbacks_;
};

} // namespace blobstore
