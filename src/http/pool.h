// SPDX-License-Identifier: Apache-2.0
// Idle connections by origin, last in first out. They belong to whoever takes them out.
#pragma once

#include "http/connection.h"

#include <mutex>

namespace blobstore::http {

/// Any thread.
class pool {
public:
    pool(milliseconds idle, milliseconds age)
        : idle_limit_(idle)
        , age_limit_(age) {}

    /// One that may be used, off every context but perhaps `home`; null where there is none.
    /// `rested` is how long it may have been idle, if less than the pool allows.
    std::unique_ptr<connection> take(const origin& to, context& home, milliseconds rested);

    /// After an exchange that left it reusable; closes it where it is too old or there are too
    /// many.
    void give(std::unique_ptr<connection> c, steady::time_point now);

    /// The peer closes idle connections early: from now on they are kept for 4 s at most.
    void saw_stale(const origin& to);

    /// Closes all that are idle: the process needs their descriptors.
    void give_up();

    std::size_t idle() const; ///< how many there are

private:
    struct shelf {
        origin to;
        milliseconds limit{0};
        std::vector<std::unique_ptr<connection>> idle;
    };

    shelf& shelf_of(const origin& to);
    std::unique_ptr<connection> candidate(
        const origin& to,
        context& home,
        milliseconds rested,
        std::vector<std::unique_ptr<connection>>& old
    );

    const milliseconds idle_limit_, age_limit_;
    mutable std::mutex mutex_;
    std::vector<shelf> shelves_;
};

} // namespace blobstore::http
