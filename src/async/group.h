// SPDX-License-Identifier: Apache-2.0
// Bounded fan-out: operations that run beside the one that waits for them, such as the parts of a
// transfer.
#pragma once

#include "async/runtime.h"

#include <optional>

namespace blobstore {

/// Where the members of a group run: on I/O threads, or on workers where they may block. Who waits
/// for workers must not be one itself: all could wait, and none would be left.
enum class lane { io, workers };

/// Any number of members, so many at a time. The first failure cancels the others and is what the
/// group comes to. What the members use must live until join() has returned; it returns only when
/// all have ended, also where `op` is stopped, so nothing may throw between begin() and join(). A
/// member's outcome_unknown is the group's.
class group {
public:
    group(lane where, std::size_t most)
        : where_(where)
        , state_(std::make_shared<state>(most)) {}

    group(const group&) = delete;
    group& operator=(const group&) = delete;
    ~group(); ///< after join(); else it cancels what runs, and the members own what they use

    /// Starts one more once there is room. An error of an earlier one, or `op` stopped: it was not
    /// started. Gives back the turn that `op` has at a server, so that the members find one.
    task<result<void>> begin(operation& op, operation::body_function work);

    /// The end of all.
    task<result<void>> join(operation& op);

    void cancel() const noexcept;

    /// Whether the next begin() would wait.
    bool full() const;

private:
    struct member;

    struct state {
        explicit state(std::size_t m)
            : most(m) {}

        void ended(member& one) noexcept;
        void cancel_all() noexcept; ///< with mutex held

        const std::size_t most;
        std::mutex mutex;
        std::list<std::shared_ptr<operation>> running;
        std::optional<error> failure;
        std::optional<wakeup> waiter;
        std::size_t room_for = 0; ///< the waiter is woken where no more than so many run
        unsigned attempts = 0;    ///< of members that have ended, not yet counted to an operation
    };

    task<result<void>> until(operation& op, std::size_t running);
    void start(operation& op, operation::body_function work);

    const lane where_;
    const std::shared_ptr<state> state_;
};

/// Calls work(op, i) for each i below n, at most `width` at a time.
task<result<void>> for_each_of(
    operation& op,
    lane where,
    std::size_t n,
    std::size_t width,
    std::function<task<result<void>>(operation&, std::size_t)> work
);

} // namespace blobstore
