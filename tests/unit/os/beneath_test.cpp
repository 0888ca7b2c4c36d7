// SPDX-License-Identifier: Apache-2.0
// Resolution beneath a root: what leads out, links, races, and folders made and removed.
#include "os/beneath.h"
#include "support/file_faults.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace blobstore;
using file_faults::faults;
using file_faults::temp_folder;
using file_faults::write_file;

namespace {

class beneath : public ::testing::TestWithParam<resolution> {
protected:
    result<descriptor> open(const std::string& path, int flags = O_RDONLY) {
        if (!root_) root_ = std::move(*open_root(folder_.path()));
        return open_beneath(root_.get(), path, flags, GetParam());
    }

    int why(const std::string& path, int flags = O_RDONLY) {
        result<descriptor> r = open(path, flags);
        return r ? 0 : r.error()->os_error;
    }

    temp_folder folder_;
    descriptor root_;
};

std::string text_of(int fd) {
    std::string text(64, '\0');
    result<std::size_t> got = read_at(fd, text, 0);
    text.resize(got ? *got : 0);
    return text;
}

} // namespace

TEST_P(beneath, opens_what_is_beneath) {
    write_file(folder_ / "a/b/c", "deep");
    write_file(folder_ / "top", "flat");
    EXPECT_EQ(text_of(open("a/b/c")->get()), "deep");
    EXPECT_EQ(text_of(open("top")->get()), "flat");
    EXPECT_TRUE(open("", O_RDONLY | O_DIRECTORY));
    EXPECT_EQ(why("nothing"), ENOENT);
    EXPECT_EQ(why("a/nothing/c"), ENOENT);
    EXPECT_EQ(why("top/x"), ENOTDIR);
}

TEST_P(beneath, FS01_paths_that_lead_out_are_refused) {
    write_file(folder_ / "a/f", "x");
    for (const char* bad :
         {"..",
          "../x",
          "a/../../x",
          "a/..",
          "/etc/passwd",
          "/",
          "a//f",
          "a/f/",
          "./a/f",
          "a/./f"}) {
        result<descriptor> r = open(bad);
        ASSERT_FALSE(r) << bad;
        EXPECT_EQ(r.error()->os_error, EXDEV) << bad;
        EXPECT_EQ(r.error().code(), errc::not_a_file) << bad;
    }
}

TEST_P(beneath, FS01_links_are_not_followed_anywhere) {
    temp_folder outside;
    write_file(outside / "secret", "secret");
    write_file(folder_ / "real/f", "x");
    std::filesystem::create_symlink(outside.path(), folder_ / "out");
    std::filesystem::create_symlink(outside / "secret", folder_ / "file");
    std::filesystem::create_symlink("real", folder_ / "inside");
    std::filesystem::create_symlink("/proc/self/root", folder_ / "magic");
    for (const char* bad :
         {"out", "out/secret", "file", "inside", "inside/f", "magic/etc/passwd"}) {
        EXPECT_EQ(why(bad), ELOOP) << bad;
        EXPECT_EQ(open(bad).error().code(), errc::not_a_file) << bad;
    }
    EXPECT_EQ(why("out", O_RDONLY | O_DIRECTORY), ELOOP);
    EXPECT_FALSE(make_folders(root_.get(), "out/new", GetParam()));
    EXPECT_FALSE(std::filesystem::exists(outside / "new"));
}

TEST_P(beneath, FS01_no_escape_while_folders_are_swapped_for_links) {
    temp_folder outside;
    write_file(outside / "f", "outside");
    write_file(folder_ / "d/f", "inside");
    std::filesystem::create_symlink(outside.path(), folder_ / "l");
    const std::string d = folder_ / "d", l = folder_ / "l";
    std::atomic<bool> done{false};
    std::atomic<unsigned> swaps{0};
    std::thread swapper([&] {
        while (!done) {
            ::renameat2(AT_FDCWD, d.c_str(), AT_FDCWD, l.c_str(), RENAME_EXCHANGE);
            ++swaps;
        }
    });
    unsigned inside = 0, refused = 0, escaped = 0;
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1000);
    while (std::chrono::steady_clock::now() < end) {
        result<descriptor> r = open("d/f");
        if (!r)
            ++refused;
        else
            ++(text_of(r->get()) == "inside" ? inside : escaped);
        make_folders(root_.get(), "d/new", GetParam()).has_value();
    }
    done = true;
    swapper.join();
    std::printf(
        "%u swaps: %u inside, %u refused, %u escaped\n", swaps.load(), inside, refused, escaped
    );
    EXPECT_EQ(escaped, 0U);
    EXPECT_GT(inside, 0U);
    EXPECT_GT(refused, 0U);
    EXPECT_FALSE(std::filesystem::exists(outside / "new"));
}

TEST_P(beneath, FS02_each_new_folder_is_made_durable_in_its_parent) {
    open("");
    std::filesystem::create_directory(folder_ / "a");
    faults().clear();
    faults().record = true;
    result<made_folder> made = make_folders(root_.get(), "a/b/c", GetParam());
    const std::vector<std::string> synced = faults().synced;
    faults().clear();
    ASSERT_TRUE(made);
    EXPECT_EQ(made->existed, 1U);
    EXPECT_EQ(synced, (std::vector<std::string>{folder_ / "a", folder_ / "a/b"}));
    EXPECT_EQ(make_folders(root_.get(), "a/b/c", GetParam())->existed, 3U);
    faults().fail_sync = EIO;
    EXPECT_EQ(make_folders(root_.get(), "x/y", GetParam()).error().code(), errc::io);
    faults().clear();
}

TEST_P(beneath, prunes_what_is_empty_and_keeps_the_rest) {
    open("");
    std::filesystem::create_directories(folder_ / "a/b/c/d");
    write_file(folder_ / "a/f", "x");
    EXPECT_EQ(prune_folders(root_.get(), "a/b/c/d", 3, GetParam()), "a/b/c");
    EXPECT_EQ(prune_folders(root_.get(), "a/b/c", 0, GetParam()), "a");
    std::filesystem::remove(folder_ / "a/f");
    EXPECT_EQ(prune_folders(root_.get(), "a", 0, GetParam()), "");
    EXPECT_TRUE(file_faults::everything(folder_.path()).empty());
}

TEST_P(beneath, FS03_only_our_own_old_leftovers_are_swept) {
    open("");
    write_file(folder_ / "a/.blobstore-tmp-0123456789abcdef", "young");
    EXPECT_EQ(prune_folders(root_.get(), "a", 0, GetParam()), "a");
    EXPECT_TRUE(std::filesystem::exists(folder_ / "a/.blobstore-tmp-0123456789abcdef"));
    // a day later, as the folder's own time says
    const timespec later[2] = {{::time(nullptr) + 2 * 86400, 0}, {::time(nullptr) + 2 * 86400, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (folder_ / "a").c_str(), later, 0), 0);
    EXPECT_EQ(prune_folders(root_.get(), "a", 0, GetParam()), "");
    write_file(folder_ / "c/.other", "not ours");
    ASSERT_EQ(::utimensat(AT_FDCWD, (folder_ / "c").c_str(), later, 0), 0);
    EXPECT_EQ(prune_folders(root_.get(), "c", 0, GetParam()), "c");
    EXPECT_TRUE(std::filesystem::exists(folder_ / "c/.other"));
}

INSTANTIATE_TEST_SUITE_P(
    ways,
    beneath,
    ::testing::Values(resolution::automatic, resolution::by_parts),
    [](const auto& one) { return one.param == resolution::automatic ? "kernel" : "by_parts"; }
);

TEST(root, is_created_durably_with_what_is_above) {
    temp_folder folder;
    faults().clear();
    faults().record = true;
    ASSERT_TRUE(make_root(folder / "x/y"));
    const std::vector<std::string> synced = faults().synced;
    faults().clear();
    EXPECT_EQ(synced, (std::vector<std::string>{folder.path(), folder / "x"}));
    EXPECT_TRUE(make_root(folder / "x/y"));
    EXPECT_TRUE(open_root(folder / "x/y"));
    EXPECT_EQ(open_root(folder / "z").error().code(), errc::not_found);
}
