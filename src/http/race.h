// SPDX-License-Identifier: Apache-2.0
// Connecting to whichever of a host's addresses answers first (RFC 8305), and remembering which did
// not.
#pragma once

#include "http/channel.h"

#include <mutex>

namespace blobstore::http {

/// Addresses that could not be reached or served badly, for a minute. Any thread.
class reachability {
public:
    /// The order to try them in: families by turns, starting with the first one's; what failed
    /// comes last.
    std::vector<endpoint> order(std::vector<endpoint> addresses, steady::time_point now) const;

    void failed(const endpoint& at, steady::time_point now);
    void worked(const endpoint& at) noexcept;

private:
    struct dead {
        endpoint at;
        steady::time_point until;
    };

    mutable std::mutex mutex_;
    std::vector<dead> dead_;
};

/// A connected socket.
struct connected {
    int descriptor = -1;
    endpoint to;
};

/// The next address is tried when an attempt fails or 250 ms after it began; the first to connect
/// wins, the others are closed. On failure: how the last attempt ended.
struct race_outcome {
    io_result how;
    connected winner; ///< where `how` is a success
};

task<race_outcome>
race(operation& op, std::span<const endpoint> addresses, milliseconds limit, reachability& known);

} // namespace blobstore::http
