// SPDX-License-Identifier: Apache-2.0
// What goes to standard error: error lines, notices, and on a terminal a line of progress.
#include "cli/progress.h"

#include "cli/output.h"
#include "cli/units.h"

#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace blobstore::cli {

namespace {

constexpr std::uint64_t ticks_per_second = 5;
constexpr const char* red = "\033[31m";
constexpr const char* yellow = "\033[33m";

/// Standard error may be closed or full; there is nowhere to tell it.
void put(std::string_view text) noexcept {
    [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
}

std::size_t terminal_width() noexcept {
    winsize size{};
    const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : 80;
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

void progress::start() {
    if (!terminal_ || options_.quiet || !options_.live || timer_) {
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

void progress::item_done(std::uint64_t bytes) {
    ++done_;
    bytes_ += bytes;
}

void progress::item_failed() {
    ++failed_;
}

void progress::tick() {
    std::uint64_t passed = 0;
    if (!timer_ || ::read(timer_.get(), &passed, sizeof passed) != sizeof passed) {
        return;
    }
    ticks_ += passed;
    std::string line = std::to_string(done_) + " done, ";
    if (failed_ > 0) {
        line += std::to_string(failed_) + " failed, ";
    }
    line += human_size(bytes_) + ", " + human_size(bytes_ * ticks_per_second / ticks_) + "/s";
    put("\r\033[K" + line.substr(0, terminal_width() - 1));
    drawn_ = true;
}

void progress::clear() {
    if (drawn_) {
        put("\r\033[K");
        drawn_ = false;
    }
}

} // namespace blobstore::cli
