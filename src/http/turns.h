// SPDX-License-Identifier: Apache-2.0
// How many submitted operations may use one server at the same time; the others wait their turn.
#pragma once

#include "http/message.h"

#include <list>
#include <memory>
#include <mutex>

namespace blobstore::http {

/// Any thread.
class turns {
public:
    explicit turns(unsigned most)
        : state_(std::make_shared<state>(most)) {}

    /// Waits for a turn at `to`, first in first out, which the operation keeps until it ends. One
    /// turn is enough for an operation, wherever else it sends: two that wait for each other's
    /// would never end. A blocking call needs none: its thread is the limit.
    task<result<void>> take(operation& op, const origin& to);

private:
    struct state;

    struct line {
        state* of;
        origin to;
        unsigned used = 0;
        std::list<wakeup> waiting;
    };

    struct state {
        explicit state(unsigned m)
            : most(m) {}

        line& line_of(const origin& to); ///< with mutex held; it stays

        const unsigned most;
        std::mutex mutex;
        std::list<line> lines;
    };

    static void give_back(void* turn) noexcept;
    task<result<void>> wait(operation& op, line& l);

    holding turn_of(line& l) const noexcept { return {{state_, &l}, &turns::give_back}; }

    std::shared_ptr<state> state_;
};

} // namespace blobstore::http
