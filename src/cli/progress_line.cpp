// SPDX-License-Identifier: Apache-2.0
// The line of progress as text. Pure.
#include "cli/progress_line.h"

#include "cli/units.h"

#include <algorithm>
#include <cmath>

namespace blobstore::cli {

namespace {

constexpr std::size_t widest_bar = 30, narrowest_bar = 8;

std::string two_digits(std::uint64_t number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
}

/// 100 only where all is moved.
std::uint64_t percent_of(std::uint64_t moved, std::uint64_t total) {
    const double share = static_cast<double>(moved) / static_cast<double>(total);
    return moved == total ? 100
                          : std::min<std::uint64_t>(99, static_cast<std::uint64_t>(100 * share));
}

std::string bar(std::uint64_t percent, std::size_t inside) {
    const std::size_t full = inside * static_cast<std::size_t>(percent) / 100;
    std::string result(full, '=');
    if (full < inside) {
        result += '>';
    }
    result.resize(inside, ' ');
    return "[" + result + "] ";
}

} // namespace

std::string duration_text(std::uint64_t seconds) {
    const std::uint64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
    if (days > 0) {
        return std::to_string(days) + "d " + std::to_string(hours % 24) + "h";
    }
    if (hours > 0) {
        return std::to_string(hours) + ":" + two_digits(minutes % 60) + ":" +
               two_digits(seconds % 60);
    }
    return std::to_string(minutes) + ":" + two_digits(seconds % 60);
}

std::string progress_line(const progress_state& state, std::size_t width) {
    const bool is_known = state.total > 0 && state.complete;
    const std::uint64_t moved = is_known ? std::min(state.moved, state.total) : state.moved;
    const std::uint64_t percent = is_known ? percent_of(moved, state.total) : 0;
    std::string line = is_known ? (percent < 10    ? "  "
                                   : percent < 100 ? " "
                                                   : "") +
                                      std::to_string(percent) + "%  "
                                : "";
    line += std::to_string(state.done) + " done";
    line += state.failed > 0 ? ", " + std::to_string(state.failed) + " failed" : "";
    line += "  " + human_size(moved) + (is_known ? " of " + human_size(state.total) : "");
    line += "  " + human_size(state.rate) + "/s";
    if (is_known && state.rate > 0) {
        const std::uint64_t left = state.total - moved;
        line += "  " + duration_text(left / state.rate + (left % state.rate > 0 ? 1 : 0)) + " left";
    } else if (!is_known) {
        line += "  " + duration_text(state.elapsed_ms / 1000);
    }
    const std::size_t frame = 3; // brackets and a blank
    if (is_known && line.size() + frame + narrowest_bar <= width) {
        line = bar(percent, std::min(widest_bar, width - line.size() - frame)) + line;
    }
    return line.substr(0, width);
}

void rate_meter::add(std::uint64_t moved, std::uint64_t elapsed_ms) {
    constexpr double half_life_ms = 4000;
    if (elapsed_ms <= elapsed_ms_ || moved < moved_) {
        return;
    }
    const auto passed = static_cast<double>(elapsed_ms - elapsed_ms_);
    const double now = static_cast<double>(moved - moved_) * 1000 / passed;
    const double keep = elapsed_ms_ == 0 ? 0 : std::exp2(-passed / half_life_ms);
    rate_ = rate_ * keep + now * (1 - keep);
    moved_ = moved;
    elapsed_ms_ = elapsed_ms;
}

} // namespace blobstore::cli
