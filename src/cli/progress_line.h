// SPDX-License-Identifier: Apache-2.0
// The line of progress as text. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace blobstore::cli {

/// What is known of a command's transfers so far.
struct progress_state {
    std::uint64_t done = 0, failed = 0;     ///< items
    std::uint64_t moved = 0;                ///< bytes
    std::uint64_t total = 0;                ///< bytes of all items known so far; 0: not known
    bool complete = false;                  ///< no more items come
    std::uint64_t elapsed_ms = 0, rate = 0; ///< rate: bytes a second of late
};

/// Such as `[=====>     ]  52%  3 done  1.0 GiB of 2.0 GiB  101.2 MiB/s  0:10 left`, at most as
/// wide as told; what does not fit is left out, the bar first. Bar, percent and time left only
/// where the total is known.
std::string progress_line(const progress_state& state, std::size_t width);

/// `0:10`, `12:34`, `1:02:03`, or `3d 4h`.
std::string duration_text(std::uint64_t seconds);

/// The rate of late: half of it is from the last four seconds or so.
class rate_meter {
public:
    /// Bytes moved since the start, and when.
    void add(std::uint64_t moved, std::uint64_t elapsed_ms);

    [[nodiscard]] std::uint64_t rate() const noexcept { return static_cast<std::uint64_t>(rate_); }

private:
    double rate_ = 0;
    std::uint64_t moved_ = 0, elapsed_ms_ = 0;
};

} // namespace blobstore::cli
