// SPDX-License-Identifier: Apache-2.0
// How far a long call is, with all the operations that work for it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace blobstore {

/// What is told.
struct progress {
    std::uint64_t bytes = 0, total = 0; ///< total 0: not known
    std::uint64_t rate = 0;             ///< bytes per second of late
    std::string_view resume;            ///< to go on with after a crash; empty: no new one
};

/// Counts bytes on any thread and tells whoever listens, at most once an interval.
class progress_meter {
public:
    using clock = std::chrono::steady_clock;
    /// False: it could not be heard now; a text is told again then.
    using listener = bool (*)(void* who, const progress& now) noexcept;

    progress_meter(std::chrono::milliseconds interval, listener to, void* who) noexcept
        : interval_(interval)
        , tell_(to)
        , who_(who) {}

    void expect(std::uint64_t total) noexcept { total_ = total; }

    /// Less than nothing where an attempt begins anew.
    void add(std::int64_t bytes) noexcept;

    /// The text to go on with after a crash; told at once.
    void keep(std::string_view text);

    /// Now, whatever the time.
    void tell() noexcept;

    /// Nothing is told from here on.
    void close() noexcept;

private:
    bool is_time() noexcept;
    void tell_locked() noexcept;

    const std::chrono::milliseconds interval_;
    std::atomic<std::int64_t> bytes_{0};
    std::atomic<std::uint64_t> total_{0};
    std::atomic<clock::rep> next_{0};
    std::mutex mutex_; ///< guards the rest; held while it tells
    listener tell_;    ///< null: closed
    void* const who_;
    std::string text_;
    bool new_text_ = false;

    struct mark {
        clock::time_point at = clock::now();
        std::uint64_t bytes = 0;
    };

    std::uint64_t rate_of(const mark& now) noexcept;

    mark from_, last_; ///< the rate is counted from; what was told last
    std::uint64_t rate_ = 0;
};

} // namespace blobstore
