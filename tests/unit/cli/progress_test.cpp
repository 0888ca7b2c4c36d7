// SPDX-License-Identifier: Apache-2.0
// Tests the line of progress.
#include "cli/progress_line.h"

#include <gtest/gtest.h>

namespace blobstore::cli {
namespace {

constexpr std::uint64_t mib = 1 << 20;

progress_state half_done() {
    progress_state state;
    state.done = 3;
    state.moved = 512 * mib;
    state.total = 1024 * mib;
    state.complete = true;
    state.elapsed_ms = 5000;
    state.rate = 100 * mib;
    return state;
}

TEST(progress, bar_percent_rate_and_time_left) {
    EXPECT_EQ(
        progress_line(half_done(), 80),
        "[=========>         ]  50%  3 done  512.0 MiB of 1.0 GiB  100.0 MiB/s  0:06 left"
    );
    progress_state state = half_done();
    state.failed = 2;
    state.rate = 0;
    EXPECT_EQ(
        progress_line(state, 120),
        "[===============>              ]  50%  3 done, 2 failed  512.0 MiB of 1.0 GiB  0 B/s"
    );
    state = half_done();
    state.moved = state.total;
    EXPECT_EQ(progress_line(state, 60), "100%  3 done  1.0 GiB of 1.0 GiB  100.0 MiB/s  0:00 left");
    state.moved = 2 * state.total; // repeats
    EXPECT_EQ(progress_line(state, 60).substr(0, 4), "100%");
    state.moved = 0;
    EXPECT_EQ(progress_line(state, 63).substr(0, 15), "[>       ]   0%");
}

TEST(progress, total_that_is_not_known) {
    progress_state state = half_done();
    state.complete = false; // more may come
    EXPECT_EQ(progress_line(state, 80), "3 done  512.0 MiB  100.0 MiB/s  0:05");
    state = progress_state();
    EXPECT_EQ(progress_line(state, 80), "0 done  0 B  0 B/s  0:00");
    state.complete = true; // nothing but empty files
    EXPECT_EQ(progress_line(state, 80), "0 done  0 B  0 B/s  0:00");
}

TEST(progress, is_never_wider_than_told) {
    for (std::size_t width = 0; width < 200; ++width) {
        EXPECT_LE(progress_line(half_done(), width).size(), width);
    }
    EXPECT_EQ(progress_line(half_done(), 12), " 50%  3 done");
    progress_state state = half_done();
    state.total = ~std::uint64_t{0};
    state.moved = state.total - 1;
    state.rate = 1;
    EXPECT_NE(progress_line(state, 100).find("99%"), std::string::npos)
        << progress_line(state, 100);
}

TEST(progress, durations) {
    EXPECT_EQ(duration_text(0), "0:00");
    EXPECT_EQ(duration_text(61), "1:01");
    EXPECT_EQ(duration_text(3599), "59:59");
    EXPECT_EQ(duration_text(3723), "1:02:03");
    EXPECT_EQ(duration_text(100 * 3600), "4d 4h");
}

TEST(progress, rate_is_that_of_late) {
    rate_meter meter;
    EXPECT_EQ(meter.rate(), 0U);
    for (std::uint64_t i = 1; i <= 50; ++i) {
        meter.add(i * 200, i * 200);
    }
    EXPECT_NEAR(static_cast<double>(meter.rate()), 1000, 1);
    for (std::uint64_t i = 1; i <= 20; ++i) {
        meter.add(10000, 10000 + i * 200); // four seconds of nothing
    }
    EXPECT_NEAR(static_cast<double>(meter.rate()), 500, 5);
    meter.add(10000, 14000); // no time passed
    meter.add(5, 20000);     // goes back
    EXPECT_NEAR(static_cast<double>(meter.rate()), 500, 5);
}

} // namespace
} // namespace blobstore::cli
