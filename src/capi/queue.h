// SPDX-License-Identifier: Apache-2.0
// Completions that wait to be polled: a ring of fixed size and a level-triggered descriptor.
#pragma once

#include "capi/handle.h"

namespace blobstore::capi {

/// Shared by its handle and by the operations that will complete into it. Slots are reserved at
/// submit, so that push() never fails and never allocates.
class queue_core {
public:
    static result<std::shared_ptr<queue_core>> make(std::uint32_t capacity);
    ~queue_core();
    queue_core(const queue_core&) = delete;
    queue_core& operator=(const queue_core&) = delete;

    /// errc::again when full, errc::closed after shutdown.
    /// `with_progress`: also for one PROGRESS event at a time, until the call completes.
    result<void> reserve(bool with_progress);
    void unreserve(bool with_progress) noexcept;
    void push(const blobstore_event& event) noexcept; ///< into a reserved slot; wakes nobody
    void push_progress(const blobstore_event& event) noexcept; ///< wakes who waits
    void announce() noexcept; ///< wakes who waits for what was pushed
    void wake() noexcept;
    void shutdown() noexcept;
    void abandon() noexcept; ///< the handle is gone: what comes is dropped

    result<std::size_t>
    poll(blobstore_event* events, std::size_t max, milliseconds timeout, bool for_ever);

    /// It follows the queue from the first time that somebody asks for it.
    int descriptor() noexcept;

    bool forked() const noexcept { return process_id() != pid_; }

private:
    queue_core(std::uint32_t capacity, int fd)
        : ring_(capacity)
        , descriptor_(fd) {}

    void signal(bool readable) noexcept; ///< with mutex_ held

    bool something() const noexcept { return count_ != 0 || !progress_.empty() || woken_; }

    bool drained() const noexcept { return shut_ && reserved_ == 0 && !something(); }

    std::mutex mutex_;
    std::condition_variable ready_;
    std::vector<blobstore_event> ring_;
    std::vector<blobstore_event> progress_; ///< before the ring, so that COMPLETE is the last
    std::size_t told_ = 0;                  ///< calls that tell of progress
    std::size_t first_ = 0, count_ = 0, reserved_ = 0;
    unsigned waiting_ = 0; ///< threads in poll()
    bool woken_ = false, shut_ = false, abandoned_ = false, readable_ = false;
    bool watched_ = false; ///< somebody has the descriptor
    bool unannounced_ = false;
    const int descriptor_;
    const long pid_ = process_id();
};

} // namespace blobstore::capi

struct blobstore_queue {
    std::shared_ptr<blobstore::capi::queue_core> core;
};
