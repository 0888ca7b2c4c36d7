// SPDX-License-Identifier: Apache-2.0
// What the environment may say where a program has more rights than whoever started it.
#include "os/host.h"
#include "support/temp_folder.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

namespace blobstore {

namespace {

TEST(host, SE06_variables_that_name_files_are_left_out) {
    const std::map<std::string, std::string> left = without_files({
        {"SSL_CERT_FILE", "/a"},
        {"SSL_CERT_DIR", "/b"},
        {"AWS_CA_BUNDLE", "/c"},
        {"HOME", "/d"},
        {"AWS_REGION", "here"},
    });
    EXPECT_EQ(left, (std::map<std::string, std::string>{{"AWS_REGION", "here"}}));
}

/// What the next test runs as another user.
TEST(host, DISABLED_says_whom_it_trusts) {
    const host h = real_host();
    std::printf(
        "secure %d file %d region %d\n",
        ::getauxval(AT_SECURE) != 0 ? 1 : 0,
        static_cast<int>(h.environment.count("SSL_CERT_FILE")),
        static_cast<int>(h.environment.count("AWS_REGION"))
    );
}

TEST(host, SE06_a_set_user_id_program_ignores_them) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to make a program that belongs to another";
    const blobstore_tests::temp_folder folder;
    ::chmod((folder / "").c_str(), 0755);
    const std::string copy = folder / "program";
    std::filesystem::copy_file("/proc/self/exe", copy);
    const auto says = [&] {
        const std::string command =
            "SSL_CERT_FILE=/x AWS_REGION=here '" + copy +
            "' --gtest_also_run_disabled_tests --gtest_filter=host.DISABLED_* | grep ^secure";
        FILE* const from = ::popen(command.c_str(), "r");
        char line[100] = "";
        if (!std::fgets(line, sizeof line, from)) line[0] = 0;
        ::pclose(from);
        return std::string(line);
    };
    EXPECT_EQ(says(), "secure 0 file 1 region 1\n");
    ASSERT_EQ(::chown(copy.c_str(), 65534, 65534), 0);
    ASSERT_EQ(::chmod(copy.c_str(), 04755), 0);
    const std::string secure = says();
    if (secure.starts_with("secure 0")) GTEST_SKIP() << "programs here cannot set their user";
    EXPECT_EQ(secure, "secure 1 file 0 region 1\n");
}

} // namespace

} // namespace blobstore
