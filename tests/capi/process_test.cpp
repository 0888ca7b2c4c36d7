// SPDX-License-Identifier: Apache-2.0
// What the library does to its process, seen from outside: loaded and unloaded, left behind at
// exit, silent.
#include "capi/support.h"
#include "support/temp_folder.h"

#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>

extern char** environ;

namespace blobstore::capi_tests {
namespace {

using blobstore_tests::temp_folder;

struct seen {
    int status = -1; // exit status, or 1000 + the signal
    std::string said;
    milliseconds took{0};
};

class process : public testing::TestWithParam<bool> {
protected:
    process() {
        server_.put_object("bucket", "stall", "x");
        server_.on({.key = "stall"}, fakes::stall_at(fakes::stage::answer_body), fakes::for_ever);
        const auto set = [](const char* name, const std::string& value) {
            ::setenv(name, value.c_str(), 1);
        };
        set("AWS_ACCESS_KEY_ID", "testkey");
        set("AWS_SECRET_ACCESS_KEY", "testsecret1234");
        url_ = "s3://bucket?region=us-east-1&endpoint=" + server_.endpoint();
        if (GetParam()) set("AWS_CA_BUNDLE", server_.ca().ca_file());
    }

    ~process() override {
        for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CA_BUNDLE"})
            ::unsetenv(name);
    }

    static seen probe(std::string mode, std::string argument) {
        const temp_folder folder;
        const std::string said = folder / "said";
        std::string program = BLOBSTORE_PROBE, library = BLOBSTORE_LIBRARY;
        char* argv[] = {program.data(), library.data(), mode.data(), argument.data(), nullptr};
        posix_spawn_file_actions_t files{};
        ::posix_spawn_file_actions_init(&files);
        for (const int fd : {1, 2})
            ::posix_spawn_file_actions_addopen(
                &files, fd, said.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600
            );
        pid_t child = 0;
        const auto start = steady::now();
        EXPECT_EQ(::posix_spawn(&child, argv[0], &files, nullptr, argv, environ), 0);
        ::posix_spawn_file_actions_destroy(&files);
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        seen out;
        out.took = since(start);
        out.status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
        std::ostringstream text;
        text << std::ifstream(said).rdbuf();
        out.said = text.str();
        return out;
    }

    static fakes::server_options options() {
        fakes::server_options made;
        made.tls = GetParam() ? fakes::tls_mode::on : fakes::tls_mode::off;
        return made;
    }

    fakes::s3_server server_{options()};
    std::string url_;
};

TEST_P(process, SE10_leaves_signals_locale_umask_environment_folder_and_output_alone) {
    const seen s = probe("quiet", url_);
    EXPECT_EQ(s.status, 0);
    EXPECT_EQ(s.said, "");
}

TEST_P(process, AB04_may_exit_with_calls_pending) {
    for (int i = 0; i < 10; ++i) {
        const seen s = probe("pending", url_);
        EXPECT_EQ(s.status, 0);
        EXPECT_EQ(s.said, "");
        EXPECT_LE(s.took.count(), 3000);
    }
}

TEST_P(process, has_the_threads_and_descriptors_that_are_documented) {
    server_.put_object("bucket", "key", "data");
    const seen s = probe("counts", url_);
    EXPECT_EQ(s.status, 0);
    EXPECT_EQ(s.said, "");
}

TEST_P(process, AB04_may_load_and_unload_the_library_100_times) {
    const seen s = probe("reopen", "100");
    EXPECT_EQ(s.status, 0);
    EXPECT_EQ(s.said, "");
}

std::string name_of(const testing::TestParamInfo<bool>& tls) {
    return tls.param ? "tls" : "plain";
}

INSTANTIATE_TEST_SUITE_P(over, process, testing::Bool(), name_of);

} // namespace
} // namespace blobstore::capi_tests
