// SPDX-License-Identifier: Apache-2.0
// What goes to standard error: error lines, notices, and on a terminal a line of progress.
#pragma once

#include "cli/handles.h"
#include "cli/progress_line.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace blobstore::cli {

/// Errors and progress share a terminal line, so one class writes both. One thread at a time.
class progress {
public:
    struct options {
        bool quiet = false;  ///< errors only
        bool color = true;   ///< on a terminal
        bool live = true;    ///< a progress line, on a terminal
        bool forced = false; ///< and elsewhere, a line of its own each second
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

    /// Whether start() begins one.
    [[nodiscard]] bool is_wanted() const noexcept;

    /// Starts the progress line if there is to be one.
    void start();

    /// One more item, of so many bytes where that is known.
    void expect(std::optional<std::uint64_t> bytes);

    /// No more items come: the total is known, unless that of one item is not.
    void expect_no_more() { state_.complete = !unknown_; }

    void moved(std::uint64_t bytes) { items_ += bytes; }

    void item_done() { ++state_.done; }

    void item_failed() { ++state_.failed; }

    /// Whether somebody should ask is_due() about five times a second.
    [[nodiscard]] bool is_live() const noexcept { return static_cast<bool>(timer_); }

    /// Whether draw() is to be called now.
    bool is_due();

    /// `under_way`: bytes of items that are not yet done.
    void draw(std::uint64_t under_way);

    /// The last line where each is one of its own.
    void draw_end();
    void clear();

private:
    void message(std::string_view text, const char* color);

    options options_;
    bool terminal_ = false;
    bool drawn_ = false;
    descriptor timer_; ///< expires five times a second
    std::uint64_t ticks_ = 0, drawn_at_ = 0;
    bool unknown_ = false;    ///< the size of an item is not known
    std::uint64_t items_ = 0; ///< bytes of what is done
    progress_state state_;
    rate_meter rate_;
};

} // namespace blobstore::cli
