// SPDX-License-Identifier: Apache-2.0
// What goes to standard error: error lines, notices, and on a terminal a line of progress.
#include "cli/progress.h"

#include "cli/output.h"

#include <algorithm>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace blobstore::cli {

namespace {

constexpr std::uint64_t ticks_per_second = 5;
constexpr std::size_t narrow_width = 80;
constexpr const char* red = "\033[31m";
constexpr const char* yellow = "\033[33m";

/// Standard error may be closed or full; there is nowhere to tell it.
void put(std::string_view text) noexcept {
    [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
}

std::size_t terminal_width() noexcept {
    winsize size{};
    const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : narrow_width;
}

} // namespace

progress::progress(const options& wanted)
    : options_(wanted)
    , terminal_(::isatty(STDERR_FILENO) == 1) {
}

void progress::message(std::string_view text, const char* color) {
    clear();
    const bool colored = terminal_ && options_.color;
    std::string line = colored ? std::string(color) + "blobstore:\033[0m " : "blobstore: ";
    put(line + printable(text) + "\n");
}

void progress::error(std::string_view text) {
    message(text, red);
}

void progress::notice(std::string_view text) {
    if (!options_.quiet) {
        message(text, yellow);
    }
}

bool progress::is_wanted() const noexcept {
    return !options_.quiet && (options_.forced || (terminal_ && options_.live));
}

void progress::start() {
    if (!is_wanted() || timer_) {
        return;
    }
    timer_ = descriptor(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    itimerspec every{};
    every.it_interval.tv_nsec = 1'000'000'000L / static_cast<long>(ticks_per_second);
    every.it_value = every.it_interval;
    if (timer_) {
        ::timerfd_settime(timer_.get(), 0, &every, nullptr);
    }
}

void progress::expect(std::optional<std::uint64_t> bytes) {
    state_.total += bytes.value_or(0);
    unknown_ = unknown_ || !bytes;
}

bool progress::is_due() {
    std::uint64_t passed = 0;
    if (!timer_ || ::read(timer_.get(), &passed, sizeof passed) != sizeof passed) {
        return false;
    }
    ticks_ += passed;
    return terminal_ || ticks_ >= drawn_at_ + ticks_per_second;
}

void progress::draw(std::uint64_t under_way) {
    state_.moved = std::max(state_.moved, items_ + under_way); // what is sent again goes not back
    state_.elapsed_ms = ticks_ * 1000 / ticks_per_second;
    rate_.add(state_.moved, state_.elapsed_ms);
    state_.rate = rate_.rate();
    drawn_at_ = ticks_;
    if (terminal_) {
        put("\r\033[K" + progress_line(state_, terminal_width() - 1));
        drawn_ = true;
    } else {
        put(progress_line(state_, narrow_width) + "\n");
    }
}

void progress::draw_end() {
    if (timer_ && !terminal_) {
        state_.moved = items_;
        draw(0);
    }
}

void progress::clear() {
    if (drawn_) {
        put("\r\033[K");
        drawn_ = false;
    }
}

} // namespace blobstore::cli
