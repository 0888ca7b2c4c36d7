// SPDX-License-Identifier: Apache-2.0
// The file store against links, special files, full disks, crashes' leftovers and writers at the
// same time.
#include "backends/file/attributes.h"
#include "file_calls.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <linux/fs.h>
#include <set>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

using namespace file_calls;
using blobstore_tests::small_disk;
using file_faults::everything;
using file_faults::faults;
using file_faults::read_file;
using file_faults::temp_folder;
using file_faults::write_file;
using strings = std::vector<std::string>;

namespace {

const file_settings by_parts{resolution::by_parts, attribute_place::automatic, temporary::named};
const file_settings sidecars{resolution::automatic, attribute_place::sidecar, temporary::automatic};

} // namespace

TEST(file_safety, FS01_a_key_never_leaves_the_root_through_links) {
    for (const file_settings& settings : {file_settings{}, by_parts, sidecars}) {
        temp_folder folder, outside;
        write_file(outside / "f", "outside");
        write_file(folder / "real/f", "inside");
        std::filesystem::create_symlink(outside.path(), folder / "d");
        std::filesystem::create_symlink(outside / "f", folder / "l");
        std::filesystem::create_symlink("real", folder / "near");
        auto store = *open_file(folder.path(), settings);
        for (const char* key : {"d/f", "l", "near/f"}) {
            EXPECT_EQ(code_of(get(*store, key)), errc::not_a_file) << key;
            EXPECT_EQ(code_of(put(*store, key, "new")), errc::not_a_file) << key;
            EXPECT_EQ(code_of(remove(*store, key)), errc::not_a_file) << key;
            EXPECT_EQ(code_of(copy(*store, *store, key, "copy")), errc::not_a_file) << key;
            EXPECT_EQ(code_of(copy(*store, *store, "real/f", key)), errc::not_a_file) << key;
        }
        EXPECT_EQ(names(*store), strings{"real/f"});
        list_options o;
        o.prefix = "d/";
        EXPECT_TRUE(names(*store, o).empty());
        EXPECT_EQ(everything(outside.path()), strings{"f"});
        EXPECT_EQ(read_file(outside / "f"), "outside");
        EXPECT_EQ(std::filesystem::read_symlink(folder / "l"), outside / "f");
    }
}

TEST(file_safety, FS01_no_put_or_get_escapes_while_a_folder_is_swapped) {
    temp_folder folder, outside;
    write_file(folder / "d/f", "inside");
    write_file(outside / "f", "outside");
    std::filesystem::create_symlink(outside.path(), folder / "l");
    const std::string d = folder / "d", l = folder / "l";
    std::atomic<bool> done{false};
    std::thread swapper([&] {
        while (!done)
            ::renameat2(AT_FDCWD, d.c_str(), AT_FDCWD, l.c_str(), RENAME_EXCHANGE);
    });
    auto kernel = *open_file(folder.path()), parts = *open_file(folder.path(), by_parts);
    unsigned escaped = 0, good = 0;
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1000);
    while (std::chrono::steady_clock::now() < end) {
        for (backend* b : {kernel.get(), parts.get()}) {
            result<std::string> text = get(*b, "d/f");
            if (text) ++(*text == "inside" ? good : escaped);
            put(*b, "d/new", "inside").has_value();
            remove(*b, "d/gone").has_value();
        }
    }
    done = true;
    swapper.join();
    std::printf("%u read inside, %u escaped\n", good, escaped);
    EXPECT_EQ(escaped, 0U);
    EXPECT_GT(good, 0U);
    EXPECT_EQ(everything(outside.path()), strings{"f"});
}

TEST(file_safety, FS02_a_put_syncs_file_then_folders) {
    for (const file_settings& settings : {file_settings{}, by_parts}) {
        temp_folder folder;
        auto store = *open_file(folder / "root", settings);
        faults().clear();
        faults().record = true;
        ASSERT_TRUE(put(*store, "a/k", "text"));
        const strings synced = faults().synced;
        faults().clear();
        ASSERT_EQ(synced.size(), 4U);
        EXPECT_EQ(synced[0], folder.path());       // for the name "root"
        EXPECT_EQ(synced[1], folder / "root");     // for "a"
        EXPECT_NE(synced[2], folder / "root/a/k"); // the file before it has its name
        EXPECT_EQ(synced[3], folder / "root/a");   // for "k"
        faults().record = true;
        ASSERT_TRUE(remove(*store, "a/k"));
        EXPECT_EQ(faults().synced, strings{folder / "root"});
        faults().clear();
    }
}

TEST(file_safety, FS02_a_failed_sync_is_a_failed_put) {
    for (const file_settings& settings : {file_settings{}, by_parts, sidecars}) {
        temp_folder folder;
        auto store = *open_file(folder.path(), settings);
        ASSERT_TRUE(put(*store, "k", "old"));
        for (const int why : {EIO, ENOSPC, EDQUOT}) {
            faults().fail_sync = why;
            const errc code = code_of(put(*store, "k", "new"));
            EXPECT_EQ(code, why == EIO ? errc::io : why == ENOSPC ? errc::no_space : errc::quota);
        }
        faults().clear();
        EXPECT_EQ(*get(*store, "k"), "old");
        EXPECT_EQ(everything(folder.path()), strings{"k"});
    }
}

TEST(file_safety, FS03_a_full_disk_leaves_the_old_object_and_nothing_new) {
    for (const file_settings& settings : {file_settings{}, by_parts, sidecars}) {
        small_disk disk("size=256k");
        if (!disk) GTEST_SKIP() << "mounting a tmpfs needs root";
        auto store = *open_file(disk / "root", settings);
        attributes set;
        set.content_type = "text/plain";
        ASSERT_TRUE(put(*store, "k", "old", set));
        const std::string large(1 << 20, 'n');
        result<object_meta> r = put(*store, "k", large);
        ASSERT_FALSE(r);
        EXPECT_EQ(r.error().code(), errc::no_space);
        EXPECT_EQ(r.error()->os_error, ENOSPC);
        EXPECT_EQ(r.error().message().find('\n'), std::string::npos);
        text_stream stream(large);
        EXPECT_EQ(
            code_of(put_stream(*store, "new/folder/k", stream, large.size())), errc::no_space
        );
        EXPECT_EQ(*get(*store, "k"), "old");
        EXPECT_EQ(head(*store, "k")->content_type, "text/plain");
        EXPECT_EQ(names(*store), strings{"k"});
        EXPECT_FALSE(std::filesystem::exists(disk / "root/new"));
    }
}

TEST(file_safety, FS03_a_file_size_limit_is_too_large) {
    temp_folder folder;
    auto store = *open_file(folder.path());
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    auto* old_handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{10000, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const errc code = code_of(put(*store, "a/k", std::string(20000, 'x')));
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, old_handler);
    EXPECT_EQ(code, errc::too_large);
    EXPECT_TRUE(everything(folder.path()).empty());
}

TEST(file_safety, FS03_writers_and_removers_of_one_folder_do_not_break_each_other) {
    for (const file_settings& settings : {file_settings{}, by_parts, sidecars}) {
        temp_folder folder;
        auto store = *open_file(folder / "root", settings);
        std::atomic<unsigned> failed{0};
        const auto work = [&](const std::string& name) {
            for (int i = 0; i < 60; ++i) {
                attributes set;
                set.metadata = {{"w", name}};
                result<object_meta> r = put(*store, "d/e/" + name, name, set);
                if (!r) std::printf("%s\n", r.error().message().c_str());
                if (!r || code_of(get(*store, "d/e/" + name)) != errc::ok) ++failed;
                if (!remove(*store, "d/e/" + name)) ++failed;
            }
        };
        std::thread one([&] { work("one"); }), two([&] { work("two"); });
        one.join();
        two.join();
        EXPECT_EQ(failed, 0U);
        EXPECT_TRUE(everything(folder / "root").empty());
    }
}

TEST(file_safety, FS04_special_files_are_not_read_replaced_or_removed) {
    temp_folder folder;
    auto store = *open_file(folder.path());
    ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
    strings special{"fifo"};
    if (::mknod((folder / "device").c_str(), S_IFCHR | 0600, makedev(1, 5)) == 0)
        special.push_back("device");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder / "socket";
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
        special.push_back("socket");
    for (const std::string& key : special) {
        EXPECT_EQ(code_of(get(*store, key)), errc::not_a_file)
            << key; // and does not wait for a writer
        EXPECT_EQ(code_of(head(*store, key)), errc::not_a_file) << key;
        EXPECT_EQ(code_of(put(*store, key, "x")), errc::not_a_file) << key;
        EXPECT_EQ(code_of(remove(*store, key)), errc::not_a_file) << key;
    }
    ::close(listener);
    EXPECT_TRUE(names(*store).empty());
    EXPECT_EQ(everything(folder.path()).size(), special.size());
}

TEST(file_safety, FS04_modes_come_from_the_umask_and_copies_share_nothing) {
    temp_folder folder;
    auto store = *open_file(folder.path());
    const mode_t before = ::umask(027);
    ASSERT_TRUE(put(*store, "k", "text"));

    struct stat s {};

    ASSERT_EQ(::stat((folder / "k").c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 07777U, 0640U);
    ASSERT_EQ(::chmod((folder / "k").c_str(), 06755), 0);
    ASSERT_TRUE(copy(*store, *store, "k", "d/copy"));
    ASSERT_EQ(::stat((folder / "d/copy").c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 07777U, 0640U);
    EXPECT_EQ(s.st_nlink, 1U);
    ASSERT_EQ(::stat((folder / "d").c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 0777U, 0750U);
    ASSERT_TRUE(put(*store, "k", "after")); // setuid does not stay either
    ASSERT_EQ(::stat((folder / "k").c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 07777U, 0640U);
    ::umask(before);
    std::ofstream(folder / "k") << "in place";
    EXPECT_EQ(*get(*store, "d/copy"), "text");
}

TEST(file_safety, FS05_two_spellings_of_one_name_do_not_overwrite) {
    small_disk disk("size=1m,casefold");
    int flags = FS_CASEFOLD_FL;
    if (!disk) GTEST_SKIP() << "no tmpfs with folded names can be mounted here";
    std::filesystem::create_directory(disk / "root");
    const int root = ::open((disk / "root").c_str(), O_RDONLY | O_DIRECTORY);
    const bool folds = ::ioctl(root, FS_IOC_SETFLAGS, &flags) == 0;
    ::close(root);
    if (!folds) GTEST_SKIP() << "the folder cannot be made to fold names";
    auto store = *open_file(disk / "root");
    ASSERT_TRUE(put(*store, "name", "first"));
    EXPECT_EQ(code_of(put(*store, "NAME", "second")), errc::conflict);
    EXPECT_EQ(*get(*store, "name"), "first");
    EXPECT_TRUE(put(*store, "name", "again"));
}

TEST(file_safety, FS06_an_overwrite_of_the_same_size_and_time_changes_the_etag) {
    temp_folder folder;
    auto store = *open_file(folder.path());
    ASSERT_TRUE(put(*store, "k", "one"));
    const timespec whole[2] = {{1000000000, 0}, {1000000000, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (folder / "k").c_str(), whole, 0), 0);
    const object_meta first = *head(*store, "k");
    EXPECT_EQ(first.etag, head(*store, "k")->etag);
    EXPECT_EQ(first.etag.front(), '"');
    EXPECT_EQ(first.etag.back(), '"');
    ::usleep(20000); // more than a tick of a coarse clock
    const descriptor in_place(::open((folder / "k").c_str(), O_WRONLY));
    ASSERT_EQ(::write(in_place.get(), "two", 3), 3);
    ASSERT_EQ(::utimensat(AT_FDCWD, (folder / "k").c_str(), whole, 0), 0);
    const object_meta second = *head(*store, "k");
    EXPECT_EQ(second.modified_ns, first.modified_ns);
    EXPECT_EQ(second.size, first.size);
    EXPECT_NE(second.etag, first.etag);
    std::set<std::string> etags;
    for (int i = 0; i < 50; ++i)
        etags.insert(put(*store, "k", "abc")->etag);
    EXPECT_GT(etags.size(), 1U);
}

TEST(file_safety, FS06_attributes_too_large_for_the_file_go_to_a_sidecar) {
    temp_folder folder;
    auto store = *open_file(folder.path());
    attributes set;
    set.metadata = {{"large", std::string(200000, 'v')}};
    ASSERT_TRUE(put(*store, "d/k", "text", set));
    EXPECT_TRUE(std::filesystem::exists(folder / "d/.blobstore-meta-k"));
    EXPECT_EQ(head(*store, "d/k")->metadata, set.metadata);
    ASSERT_TRUE(copy(*store, *store, "d/k", "d/copy"));
    EXPECT_EQ(head(*store, "d/copy")->metadata, set.metadata);
    EXPECT_EQ(names(*store), (strings{"d/copy", "d/k"}));
    ASSERT_TRUE(put(*store, "d/k", "text"));
    EXPECT_FALSE(std::filesystem::exists(folder / "d/.blobstore-meta-k"));
    EXPECT_TRUE(head(*store, "d/k")->metadata.empty());
}

TEST(file_safety, FS06_a_sidecar_serves_the_old_version_until_the_new_has_the_name) {
    temp_folder folder;
    auto store = *open_file(folder.path(), sidecars);
    attributes set;
    set.content_type = "text/plain";
    ASSERT_TRUE(put(*store, "k", "old", set));
    // a crash between the sidecar's rename and the object's: the new record is there, the old
    // object too
    const std::string side = folder / ".blobstore-meta-k";
    std::string text = read_file(side);
    const std::string head_line = "blobstore-meta 1\n";
    text.insert(head_line.size(), "object 77 12345\ncontent-type image/png\n");
    write_file(side, text);
    EXPECT_EQ(head(*store, "k")->content_type, "text/plain");
    write_file(side, "garbage");
    EXPECT_EQ(code_of(head(*store, "k")), errc::corrupt);
    ASSERT_TRUE(put(*store, "k", "new", set)); // repairs it
    EXPECT_EQ(head(*store, "k")->content_type, "text/plain");
}

TEST(file_safety, FS06_readers_never_see_attributes_of_another_version) {
    for (const file_settings& settings : {file_settings{}, sidecars}) {
        temp_folder folder;
        auto store = *open_file(folder.path(), settings);
        attributes set;
        set.content_type = "v/1";
        ASSERT_TRUE(put(*store, "k", std::string(1, 'x'), set));
        std::atomic<bool> done{false};
        std::thread writer([&] {
            for (std::size_t i = 2; i < 150; ++i) {
                attributes mine;
                mine.content_type = "v/" + std::to_string(i);
                EXPECT_TRUE(put(*store, "k", std::string(i, 'x'), mine));
            }
            done = true;
        });
        unsigned wrong = 0, seen = 0;
        while (!done) {
            result<object_meta> meta = head(*store, "k");
            ++seen;
            if (!meta || meta->content_type != "v/" + std::to_string(*meta->size)) ++wrong;
        }
        writer.join();
        EXPECT_EQ(wrong, 0U) << "of " << seen;
    }
}

TEST(file_safety, a_file_cut_while_it_is_read_is_an_error) {
    temp_folder folder;
    auto store = *open_file(folder.path());
    ASSERT_TRUE(put(*store, "k", std::string(100000, 'x')));
    result<object_body> body = open(*store, "k");
    ASSERT_TRUE(body);
    std::filesystem::resize_file(folder / "k", 5000);
    EXPECT_EQ(code_of(drain(*body->bytes)), errc::changed);
}

TEST(file_safety, an_unreadable_file_is_a_permission_error) {
    temp_folder folder;
    auto store = *open_file(folder.path());
    ASSERT_TRUE(put(*store, "k", "x"));
    ASSERT_EQ(::chmod((folder / "k").c_str(), 0), 0);
    ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
    if (::geteuid() == 0 && ::seteuid(65534) != 0) GTEST_SKIP() << "cannot become an ordinary user";
    const errc read = code_of(get(*store, "k"));
    const errc written = code_of(put(*store, "new", "x"));
    const bool was_root = ::getuid() == 0;
    ASSERT_TRUE(!was_root || ::seteuid(0) == 0);
    EXPECT_EQ(read, errc::permission);
    EXPECT_EQ(written, was_root ? errc::permission : errc::ok);
}

TEST(file_attributes, survive_any_bytes_and_refuse_garbage) {
    attributes set;
    set.content_type = "a/b; c=\"d e\"";
    set.cache_control = "\n\r %";
    set.metadata = {{"k v", " "}, {"z", "\xff"}};
    result<attributes> back = file::decode_attributes(file::encode_attributes(set));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->content_type, set.content_type);
    EXPECT_EQ(back->cache_control, set.cache_control);
    EXPECT_EQ(back->metadata, set.metadata);
    EXPECT_EQ(file::encode_attributes({}), "");
    for (const char* bad : {"content-type %zz\n", "meta\n", "meta  x\n", "meta %1 x\n"})
        EXPECT_EQ(code_of(file::decode_attributes(bad)), errc::corrupt) << bad;
    EXPECT_TRUE(file::decode_attributes("later-invention x\n"));
    for (const char* bad :
         {"",
          "x",
          "blobstore-meta 1\ncontent-type x\n",
          "blobstore-meta 1\nobject x 1\n",
          "blobstore-meta 1\nobject 1\n",
          "blobstore-meta 1\nobject 1 2 3\n"})
        EXPECT_EQ(code_of(file::decode_sidecar(bad)), errc::corrupt) << bad;
    EXPECT_EQ(file::sidecar_name("k"), ".blobstore-meta-k");
    EXPECT_LE(file::sidecar_name(std::string(255, 'x')).size(), 255U);
}
