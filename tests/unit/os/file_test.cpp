// SPDX-License-Identifier: Apache-2.0
// Pending files, errors of the system, attributes, copies, and the host.
#include "os/beneath.h"
#include "os/file.h"
#include "os/host.h"
#include "os/replace.h"
#include "support/file_faults.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <map>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

using namespace blobstore;
using file_faults::everything;
using file_faults::faults;
using file_faults::read_file;
using file_faults::temp_folder;
using file_faults::write_file;

namespace {

class pending : public ::testing::TestWithParam<temporary> {
protected:
    pending_file create() {
        return std::move(*pending_file::create(std::move(*open_root(folder_.path())), GetParam()));
    }

    ~pending() override { faults().clear(); }

    temp_folder folder_;
};

} // namespace

TEST_P(pending, FS02_is_published_whole_and_durable) {
    faults().clear();
    faults().record = true;
    {
        pending_file file = create();
        ASSERT_TRUE(file.write(std::string("hello ")));
        EXPECT_FALSE(std::filesystem::exists(folder_ / "f"));
        ASSERT_TRUE(file.write(std::string("world")));
        ASSERT_TRUE(file.publish("f", if_exists::replace));
    }
    ASSERT_EQ(faults().synced.size(), 2U); // the file under no or another name, then its folder
    EXPECT_NE(faults().synced[0], folder_ / "f");
    EXPECT_EQ(faults().synced[1], folder_.path());
    EXPECT_EQ(read_file(folder_ / "f"), "hello world");
    EXPECT_EQ(everything(folder_.path()), std::vector<std::string>{"f"});
}

TEST_P(pending, FS02_replaces_at_once_and_leaves_readers_their_version) {
    write_file(folder_ / "f", "old");
    const descriptor reading(::open((folder_ / "f").c_str(), O_RDONLY));
    pending_file file = create();
    ASSERT_TRUE(file.write(std::string("new!")));
    EXPECT_EQ(read_file(folder_ / "f"), "old");
    ASSERT_TRUE(file.publish("f", if_exists::replace));
    EXPECT_EQ(read_file(folder_ / "f"), "new!");
    std::string before(3, ' ');
    ASSERT_TRUE(read_at(reading.get(), before, 0));
    EXPECT_EQ(before, "old");
    EXPECT_EQ(everything(folder_.path()), std::vector<std::string>{"f"});
}

TEST_P(pending, FS02_a_failed_sync_fails_and_leaves_the_old) {
    write_file(folder_ / "f", "old");
    {
        pending_file file = create();
        ASSERT_TRUE(file.write(std::string("new")));
        faults().fail_sync = EIO;
        result<void> r = file.publish("f", if_exists::replace);
        ASSERT_FALSE(r);
        EXPECT_EQ(r.error().code(), errc::io);
    }
    EXPECT_EQ(read_file(folder_ / "f"), "old");
    EXPECT_EQ(everything(folder_.path()), std::vector<std::string>{"f"});
}

TEST_P(pending, FS03_creating_refuses_atomically_what_exists) {
    {
        pending_file file = create();
        ASSERT_TRUE(file.write(std::string("first")));
        ASSERT_TRUE(file.publish("f", if_exists::refuse));
    }
    {
        pending_file file = create();
        ASSERT_TRUE(file.write(std::string("second")));
        result<void> r = file.publish("f", if_exists::refuse);
        ASSERT_FALSE(r);
        EXPECT_EQ(r.error().code(), errc::exists);
    }
    EXPECT_EQ(read_file(folder_ / "f"), "first");
    EXPECT_EQ(everything(folder_.path()), std::vector<std::string>{"f"});
}

TEST_P(pending, FS03_short_and_interrupted_writes_go_on) {
    faults().most_written = 7;
    faults().interrupted = 5;
    std::string text;
    for (int i = 0; i < 1000; ++i)
        text += std::to_string(i);
    pending_file file = create();
    ASSERT_TRUE(file.write(text));
    ASSERT_TRUE(file.publish("f", if_exists::replace));
    EXPECT_EQ(read_file(folder_ / "f"), text);
}

TEST_P(pending, FS03_failed_writes_leave_nothing_and_are_told_apart) {
    const std::map<int, errc> expected{
        {ENOSPC, errc::no_space}, {EDQUOT, errc::quota}, {EIO, errc::io}, {EFBIG, errc::too_large}};
    for (const auto& [why, code] : expected) {
        pending_file file = create();
        faults().fail_write = why;
        result<void> r = file.write(std::string("text"));
        faults().fail_write = 0;
        ASSERT_FALSE(r);
        EXPECT_EQ(r.error().code(), code);
        EXPECT_EQ(r.error()->os_error, why);
    }
    EXPECT_TRUE(everything(folder_.path()).empty());
}

TEST_P(pending, FS04_mode_follows_the_umask) {
    const mode_t before = ::umask(027);
    {
        pending_file file = create();
        ASSERT_TRUE(file.publish("f", if_exists::replace));
        EXPECT_EQ(facts_of(file.fd())->mode, 0640U);
    }
    ::umask(before);
}

TEST_P(pending, goes_to_another_folder_when_its_own_was_removed) {
    std::filesystem::create_directory(folder_ / "d");
    std::filesystem::create_directory(folder_ / "e");
    pending_file file =
        std::move(*pending_file::create(std::move(*open_root(folder_ / "d")), GetParam()));
    ASSERT_TRUE(file.write(std::string("text")));
    file.move_to(std::move(*open_root(folder_ / "e")));
    ASSERT_TRUE(file.publish("f", if_exists::replace));
    EXPECT_EQ(read_file(folder_ / "e/f"), "text");
}

INSTANTIATE_TEST_SUITE_P(
    ways,
    pending,
    ::testing::Values(temporary::automatic, temporary::named),
    [](const auto& one) { return one.param == temporary::automatic ? "unnamed" : "named"; }
);

TEST(os_errors, FS03_each_has_its_code_and_one_line) {
    const std::map<int, errc> expected{
        {ENOENT, errc::not_found},
        {EACCES, errc::permission},
        {EPERM, errc::permission},
        {EROFS, errc::permission},
        {ENOSPC, errc::no_space},
        {EDQUOT, errc::quota},
        {EIO, errc::io},
        {EMLINK, errc::io},
        {ENAMETOOLONG, errc::invalid_argument},
        {EXDEV, errc::not_a_file},
        {ELOOP, errc::not_a_file},
        {EISDIR, errc::not_a_file},
        {ENOTDIR, errc::conflict},
        {EEXIST, errc::exists},
        {ENOMEM, errc::no_memory},
        {EMFILE, errc::io}};
    std::set<std::string> messages;
    for (const auto& [why, code] : expected) {
        const error e = os_error(why, "cannot try");
        EXPECT_EQ(e.code(), code) << why;
        EXPECT_EQ(e->os_error, why);
        EXPECT_EQ(e.message().find('\n'), std::string::npos);
        messages.insert(e.message());
    }
    EXPECT_EQ(messages.size(), expected.size());
}

TEST(file, copies_ranges_and_reads_on_after_the_end) {
    temp_folder folder;
    const std::string text(300000, 'x');
    write_file(folder / "a", text);
    const descriptor from(::open((folder / "a").c_str(), O_RDONLY));
    const descriptor to(::open((folder / "b").c_str(), O_RDWR | O_CREAT, 0600));
    EXPECT_EQ(*copy_range(to.get(), from.get(), 0, 1000), 1000U);
    EXPECT_EQ(*copy_range(to.get(), from.get(), 1000, 1U << 30), text.size() - 1000);
    EXPECT_EQ(read_file(folder / "b"), text);
    std::string room(10, ' ');
    EXPECT_EQ(*read_at(from.get(), room, text.size() - 4), 4U);
    EXPECT_EQ(*read_at(from.get(), room, text.size() + 4), 0U);
    EXPECT_FALSE(read_at(-1, room, 0));
}

TEST(file, copies_ranges_to_another_place) {
    temp_folder folder;
    write_file(folder / "a", "0123456789");
    const descriptor from(::open((folder / "a").c_str(), O_RDONLY));
    const descriptor to(::open((folder / "b").c_str(), O_RDWR | O_CREAT, 0600));
    EXPECT_EQ(*copy_range(to.get(), 0, from.get(), 5, 100), 5U);
    EXPECT_EQ(*copy_range(to.get(), 5, from.get(), 1, 3), 3U);
    EXPECT_EQ(read_file(folder / "b"), "56789123");
    const descriptor proc(::open("/proc/version", O_RDONLY)); // through memory
    const std::uint64_t size = *copy_range(to.get(), 8, proc.get(), 2, 1 << 20);
    EXPECT_EQ(read_file(folder / "b"), "56789123" + read_file("/proc/version").substr(2, size));
}

TEST(file, copies_out_of_proc_through_memory) {
    temp_folder folder;
    const descriptor from(::open("/proc/version", O_RDONLY));
    const descriptor to(::open((folder / "b").c_str(), O_RDWR | O_CREAT, 0600));
    result<std::uint64_t> copied = copy_range(to.get(), from.get(), 0, 1 << 20);
    ASSERT_TRUE(copied);
    EXPECT_EQ(read_file(folder / "b"), read_file("/proc/version").substr(0, *copied));
}

TEST(file, FS06_attributes_and_where_there_are_none) {
    temp_folder folder;
    const descriptor file(::open((folder / "a").c_str(), O_RDWR | O_CREAT, 0600));
    result<xattr_value> none = get_xattr(file.get(), "user.blobstore.test");
    ASSERT_TRUE(none);
    EXPECT_FALSE(none->value);
    result<bool> stored = set_xattr(file.get(), "user.blobstore.test", std::string(2000, 'v'));
    ASSERT_TRUE(stored);
    if (*stored) {
        EXPECT_EQ(get_xattr(file.get(), "user.blobstore.test")->value, std::string(2000, 'v'));
    }
    EXPECT_FALSE(*set_xattr(file.get(), "user.blobstore.test", std::string(100000, 'v'))); // E2BIG
    const descriptor proc(::open("/proc/version", O_RDONLY));
    EXPECT_FALSE(get_xattr(proc.get(), "user.blobstore.test")->supported);
    EXPECT_FALSE(*set_xattr(proc.get(), "user.blobstore.test", "v"));
}

TEST(host, is_this_machine) {
    ::setenv("BLOBSTORE_HOST_TEST", "a=b", 1);
    const host h = real_host();
    ::unsetenv("BLOBSTORE_HOST_TEST");
    EXPECT_EQ(h.environment.at("BLOBSTORE_HOST_TEST"), "a=b");
    EXPECT_EQ(h.root, "/");
    EXPECT_FALSE(h.home.empty());
    EXPECT_GT(h.now_ns(), std::int64_t{1'600'000'000} * 1'000'000'000);
}
