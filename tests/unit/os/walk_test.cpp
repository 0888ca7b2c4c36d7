// SPDX-License-Identifier: Apache-2.0
// The ordered walk: byte order, seeking, what is passed over, and which folders are not read.
#include "os/replace.h"
#include "os/walk.h"
#include "support/file_faults.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fcntl.h>
#include <random>
#include <set>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace blobstore;
using file_faults::temp_folder;
using file_faults::write_file;
using strings = std::vector<std::string>;

namespace {

strings walk_from(const temp_folder& folder, std::string from, const walk_options& options = {}) {
    const descriptor root = std::move(*open_root(folder.path()));
    ordered_walk walk(root.get(), options);
    strings all;
    while (true) {
        result<std::optional<found_file>> found = walk.next(from);
        EXPECT_TRUE(found) << (found ? "" : found.error().message());
        if (!found || !*found) return all;
        all.push_back((*found)->path);
        from = (*found)->path + '\0';
    }
}

} // namespace

TEST(walk, gives_paths_in_byte_order) {
    temp_folder folder;
    strings keys{"a.txt", "a/b", "a/b.c/d", "a-b", "a0", "a/\xff", "\xc3\xa4/x", "Z", "b/c/d/e"};
    for (const std::string& k : keys)
        write_file(folder / k, k);
    std::sort(keys.begin(), keys.end());
    EXPECT_EQ(walk_from(folder, ""), keys);
}

TEST(walk, seeks_and_prunes_like_a_sorted_set) {
    temp_folder folder;
    std::set<std::string> keys;
    std::mt19937 bits(7);
    const auto letters = [&](std::size_t n) {
        std::string s;
        for (std::size_t i = 0; i < n; ++i)
            s += "ab.-0"[bits() % 5];
        return s;
    };
    for (int i = 0; i < 300; ++i) {
        std::string key = "x" + letters(1 + bits() % 2);
        for (std::size_t d = bits() % 4; d > 0; --d)
            key += "/y" + letters(1 + bits() % 2);
        const std::string path = folder / key;
        std::error_code failed;
        std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
        if (failed || std::filesystem::exists(path)) continue;
        std::ofstream(path) << key;
        if (std::filesystem::is_regular_file(path)) keys.insert(key);
    }
    ASSERT_GT(keys.size(), 60U);
    EXPECT_EQ(walk_from(folder, ""), strings(keys.begin(), keys.end()));
    for (const std::string& key : keys) {
        for (const std::string& from :
             {key, key + '\0', key + "/", key.substr(0, key.size() - 1), key + "\xff"})
            EXPECT_EQ(walk_from(folder, from), strings(keys.lower_bound(from), keys.end())) << from;
        walk_options o;
        o.prefix = key.substr(0, 1 + bits() % key.size());
        strings expected;
        for (const std::string& k : keys)
            if (k.compare(0, o.prefix.size(), o.prefix) == 0) expected.push_back(k);
        EXPECT_EQ(walk_from(folder, o.prefix, o), expected) << o.prefix;
    }
}

TEST(walk, SE03_passes_over_links_special_files_and_our_own_names) {
    temp_folder folder;
    write_file(folder / "a/f", "x");
    write_file(folder / ".hidden", "x");
    write_file(folder / ".blobstore-tmp-1", "x");
    write_file(folder / "a/.blobstore-meta-f", "x");
    write_file(folder / ".blobstore-state/f", "x");
    std::filesystem::create_symlink("a", folder / "link");
    std::filesystem::create_symlink("a/f", folder / "a/link");
    std::filesystem::create_symlink(".", folder / "a/loop");
    ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
    std::filesystem::create_directory(folder / "empty");
    EXPECT_EQ(walk_from(folder, ""), (strings{".hidden", "a/f"}));
    walk_options o;
    for (const char* prefix : {".blobstore-state/", "link/", "a/f/", "../", "a//", "/", "none/x"}) {
        o.prefix = prefix;
        EXPECT_TRUE(walk_from(folder, o.prefix, o).empty()) << prefix;
    }
}

TEST(walk, does_not_read_what_cannot_hold_a_wanted_path) {
    if (::geteuid() != 0) GTEST_SKIP() << "counts reads by access times of a mounted file system";
    temp_folder folder;
    for (const char* k : {"a/1", "b/1", "b/2", "c/1"})
        write_file(folder / k, "x");
    const auto set_old = [&](const char* name) {
        const timespec old[2] = {{1000, 0}, {2000, 0}}; // relatime: the next read sets it
        ::utimensat(AT_FDCWD, (folder / name).c_str(), old, 0);
    };
    const auto was_read = [&](const char* name) {
        struct stat s {};
        ::stat((folder / name).c_str(), &s);
        return s.st_atim.tv_sec != 1000;
    };
    for (const char* name : {"a", "b", "c"})
        set_old(name);
    walk_options o;
    o.prefix = "b/";
    EXPECT_EQ(walk_from(folder, "b/", o), (strings{"b/1", "b/2"}));
    if (!was_read("b")) GTEST_SKIP() << "no access times here";
    EXPECT_FALSE(was_read("a"));
    EXPECT_FALSE(was_read("c"));
    set_old("b");
    EXPECT_EQ(walk_from(folder, "c"), strings{"c/1"});
    EXPECT_FALSE(was_read("a"));
    EXPECT_FALSE(was_read("b"));
}

TEST(walk, goes_deeper_than_it_holds_folders_open) {
    temp_folder folder;
    std::string deep = "d";
    for (int i = 0; i < 60; ++i) {
        write_file(folder / (deep + "/z"), "x");
        deep += "/d";
    }
    EXPECT_EQ(walk_from(folder, "").size(), 60U);
}

TEST(walk, one_file_tells_of_a_folder) {
    temp_folder folder;
    for (int i = 0; i < 50; ++i)
        write_file(folder / ("a/" + std::to_string(i)), "x");
    write_file(folder / "b/c/d/e", "x");
    std::filesystem::create_directories(folder / "c/empty");
    write_file(folder / "d", "x");
    const descriptor root = std::move(*open_root(folder.path()));
    walk_options o;
    o.one_per_folder = true;
    ordered_walk walk(root.get(), o);
    EXPECT_EQ((*walk.next(""))->path.substr(0, 2), "a/");
    EXPECT_EQ((*walk.next("a0"))->path, "b/c/d/e");
    EXPECT_EQ((*walk.next("b0"))->path, "d");
    EXPECT_FALSE(*walk.next("e"));
    ordered_walk inside(root.get(), o);
    EXPECT_EQ((*inside.next("a/48"))->path, "a/48");
    EXPECT_EQ((*inside.next(std::string("a/9") + '\0'))->path, "b/c/d/e");
}

TEST(walk, an_unreadable_folder_is_an_error) {
    temp_folder folder;
    write_file(folder / "a/f", "x");
    ::chmod(folder.path().c_str(), 0755);
    ::chmod((folder / "a").c_str(), 0);
    const descriptor root = std::move(*open_root(folder.path()));
    const int user = ::setfsuid(65534); // root would read everything; this thread's
    ordered_walk walk(root.get(), {});
    result<std::optional<found_file>> found = walk.next("");
    ::setfsuid(static_cast<uid_t>(user));
    ::chmod((folder / "a").c_str(), 0700);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code(), errc::permission);
}
