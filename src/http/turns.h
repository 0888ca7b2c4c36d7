// SPDX-License-Identifier: Apache-2.0
// How many operations may use one server at the same time; the others wait their turn.
#pragma once

#include "http/allowance.h"
#include "http/message.h"

#include <atomic>
#include <list>
#include <memory>
#include <mutex>

namespace blobstore::http {

/// Any thread.
class turns {
public:
    /// `most` submitted operations; of those that have a thread of their own it is the limit. Where
    /// a server asked to slow down, its allowance holds for all together. RT-12
    explicit turns(unsigned most)
        : state_(std::make_shared<state>(most)) {}

    /// Waits for a turn at `to`, first in first out, which the operation keeps until it ends. One
    /// turn is enough for an operation, wherever else it sends: two that wait for each other's
    /// would never end.
    task<result<void>> take(operation& op, const origin& to);

    /// The server asked to slow down after a request that began then.
    void throttled(const origin& to, steady::time_point begun, steady::time_point now);

    /// A request to it went well.
    void succeeded(const origin& to);

private:
    struct state;

    /// Who waits, and for which kind of turn.
    struct place {
        wakeup call;
        bool submitted;
    };

    struct line {
        state* of;
        origin to;
        allowance allowed;
        unsigned submitted = 0, direct = 0; ///< turns that are taken
        std::list<place> waiting;

        bool admits(bool as_submitted) const noexcept;

        unsigned& count(bool as_submitted) noexcept { return as_submitted ? submitted : direct; }

        void call_next() noexcept; ///< those who may go now have their turn
    };

    struct state {
        explicit state(unsigned m)
            : most(m) {}

        line& line_of(const origin& to); ///< with mutex held; it stays

        const unsigned most;
        std::atomic<unsigned> slowed = 0; ///< lines with an allowance
        std::mutex mutex;
        std::list<line> lines;
    };

    static void give_back(line& l, bool submitted) noexcept;
    task<result<void>> wait(operation& op, line& l, bool submitted);
    holding turn_of(line& l, bool submitted) const noexcept;

    std::shared_ptr<state> state_;
};

} // namespace blobstore::http
