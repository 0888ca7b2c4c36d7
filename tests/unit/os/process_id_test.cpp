// SPDX-License-Identifier: Apache-2.0
// The number of the process, in parent and child.
#include "os/process_id.h"

#include <gtest/gtest.h>

#include <csignal>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace blobstore {
namespace {

TEST(process_id, AB05_is_right_in_a_child_however_it_was_forked) {
    EXPECT_EQ(process_id(), ::getpid());
    EXPECT_EQ(process_id(), ::getpid());
    for (const bool raw : {false, true}) {
        const auto child = static_cast<pid_t>(
            raw ? ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr) : ::fork()
        );
        if (child == 0)
            ::_exit(process_id() == ::syscall(SYS_getpid) && process_id() == ::getpid() ? 0 : 1);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0) << (raw ? "raw" : "fork()");
    }
    EXPECT_EQ(process_id(), ::getpid());
}

} // namespace
} // namespace blobstore
