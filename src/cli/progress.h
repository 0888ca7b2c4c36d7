// SPDX-License-Identifier: Apache-2.0
// What goes to standard error: error lines, notices, and on a terminal a line of progress.
#pragma once

#include "cli/handles.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace blobstore::cli {

/// Errors and progress share a terminal line, so one class writes both. One thread at a time.
class progress {
public:
    struct options {
        bool quiet = false; ///< errors only
        bool color = true;  ///< on a terminal
        bool live = true;   ///< a progress line, on a terminal
    };

    explicit progress(const options& wanted);
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;
    progress(progress&&) = delete;
    progress& operator=(progress&&) = delete;

    ~progress() { clear(); }

    /// `blobstore: <message>` in one line.
    void error(std::string_view message);

    /// The same for what is worth a line but no failure; not if quiet.
    void notice(std::string_view message);

    /// Starts the progress line if there is to be one.
    void start();
    void item_done(std::uint64_t bytes);
    void item_failed();

    /// Whether somebody should call tick() about five times a second.
    [[nodiscard]] bool is_live() const noexcept { return static_cast<bool>(timer_); }

    void tick();
    void clear();

private:
    void message(std::string_view text, const char* color);

    options options_;
    bool terminal_ = false;
    bool drawn_ = false;
    descriptor timer_; ///< expires five times a second
    std::uint64_t ticks_ = 0;
    std::uint64_t done_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t bytes_ = 0;
};

} // namespace blobstore::cli
