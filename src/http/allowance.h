// SPDX-License-Identifier: Apache-2.0
// How many requests at a time one server is trusted with. Pure, for one thread.
#pragma once

#include "async/operation.h"

#include <limits>

namespace blobstore::http {

/// No limit until the server asks to slow down: then half of what was on its way, and one more
/// after as many successes as there may be at a time, until `most` again. RT-12
class allowance {
public:
    static constexpr unsigned none = std::numeric_limits<unsigned>::max();

    explicit allowance(unsigned most) noexcept
        : most_(most) {}

    unsigned now() const noexcept { return now_; }

    /// The server asked to slow down after a request that began then, while `busy` were on their
    /// way. Those that were on their way when it last did so ask no second time.
    void throttled(steady::time_point begun, steady::time_point now, unsigned busy) noexcept;

    void succeeded() noexcept;

private:
    const unsigned most_;
    unsigned now_ = none;
    unsigned successes_ = 0; ///< since it changed
    steady::time_point changed_ = steady::time_point::min();
};

} // namespace blobstore::http
