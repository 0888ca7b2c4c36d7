// SPDX-License-Identifier: Apache-2.0
// A context runs operations on whichever single thread drives it: an I/O thread, or the caller of a
// blocking call.
#pragma once

#include "async/operation.h"

#include <vector>

namespace blobstore {

class context {
public:
    context();
    context(const context&) = delete;
    context& operator=(const context&) = delete;
    ~context();

    boost::asio::io_context& io() noexcept { return io_; }

    steady::time_point now() const noexcept { return now_; }

    /// Whether this is an I/O thread's, which many operations share.
    bool serves_many() const noexcept { return serves_many_; }

    /// Drives the operation to its end on this thread.
    void run_blocking(const std::shared_ptr<operation>& op);

    /// Drives everything submitted until leave() was called and all has ended.
    void run_thread();

    /// Any thread: how many run or wait here; of the moment.
    std::size_t busy() const noexcept { return busy_.load(std::memory_order_relaxed); }

    /// Any thread: hands an operation to the thread in run_thread().
    void submit(std::shared_ptr<operation> op);

    /// Any thread: stops `op` with errc::cancelled if it still runs here.
    void request_cancel(std::shared_ptr<operation> op) noexcept;

    /// Any thread: stops everything that runs here, for good.
    void cancel_all() noexcept;

    /// Any thread: run_thread() returns when nothing runs any more.
    void leave() noexcept;

private:
    void start(const std::shared_ptr<operation>& op);
    void start_submitted();
    void finish(operation& op);
    void announce();
    void leave_active(operation& op, result<void> outcome);
    void conclude(operation& op, result<void> outcome);
    void look_around();
    void drain();
    friend class operation;

    boost::asio::io_context io_{1};
    steady::time_point now_ = steady::now();
    std::vector<std::shared_ptr<operation>> active_;
    std::atomic<operation*> submitted_{nullptr};          ///< the last first, by any thread
    operation *ended_ = nullptr, **ended_tail_ = &ended_; ///< not yet completed
    std::atomic<std::size_t> busy_{0};                    ///< submitted and not concluded
    bool serves_many_ = false;
    std::atomic<bool> leaving_{false}, all_cancelled_{false};
};

} // namespace blobstore
