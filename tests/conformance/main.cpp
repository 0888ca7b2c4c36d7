// SPDX-License-Identifier: Apache-2.0
// Runs the suite; exits with 77 where every test was skipped because its server is not there.
#include "race.h"
#include "target.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string_view>

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == conformance::race_argument)
        return conformance::race(argc - 2, argv + 2);
    ::testing::InitGoogleTest(&argc, argv);
    int code = RUN_ALL_TESTS();
    const ::testing::UnitTest& all = *::testing::UnitTest::GetInstance();
    const int skipped = all.skipped_test_count();
    std::printf(
        "conformance: %d passed, %d failed, %d skipped\n",
        all.successful_test_count(),
        all.failed_test_count(),
        skipped
    );
    if (code == 0 && skipped > 0 && skipped == all.test_to_run_count()) code = 77;
    conformance::end_targets();
    return code;
}
