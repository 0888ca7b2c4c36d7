// SPDX-License-Identifier: Apache-2.0
// Uploads in parts of the file store: what stands on the disk between the calls, full disks, killed
// processes and calls at the same time.
#include "file_calls.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <sys/wait.h>
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
const std::string ours = ".blobstore-uploads";

result<open_upload> begin(backend& b, const std::string& key, const put_options& options = {}) {
    return run<open_upload>([&](operation& o) { return b.upload_create(o, key, options); });
}

result<std::string>
part(backend& b, const open_upload& to, std::uint32_t number, std::string_view text) {
    source body;
    body.memory = std::span<const char>(text.data(), text.size());
    return run<std::string>([&](operation& o) { return b.upload_part(o, to, number, body); });
}

result<std::string>
part_of_stream(backend& b, const open_upload& to, text_stream& stream, std::uint64_t length) {
    source body;
    body.stream = &stream;
    body.stream_length = length;
    return run<std::string>([&](operation& o) { return b.upload_part(o, to, 1, body); });
}

result<std::vector<part_entry>> parts(backend& b, const open_upload& of) {
    return run<std::vector<part_entry>>([&](operation& o) { return b.upload_list_parts(o, of); });
}

result<object_meta>
complete(backend& b, const open_upload& of, const std::vector<finished_part>& parts) {
    return run<object_meta>([&](operation& o) {
        return b.upload_complete(o, of, parts, std::nullopt);
    });
}

result<void> abort(backend& b, const open_upload& of) {
    return run<void>([&](operation& o) { return b.upload_abort(o, of); });
}

result<upload_page> uploads(backend& b, const std::string& prefix = "", std::string token = "") {
    return run<upload_page>([&](operation& o) { return b.uploads(o, prefix, token); });
}

/// Of its record.
std::string name_of(const open_upload& upload) {
    return upload.id.substr(0, 16);
}

open_upload of_entry(const upload_entry& entry) {
    open_upload upload;
    upload.key = entry.key;
    upload.id = entry.id;
    return upload;
}

/// Runs `body` in a process of its own; true where it was killed, false where it came to its end.
bool killed(const std::function<void()>& body) {
    const pid_t child = ::fork();
    if (child == 0) {
        body();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

class file_uploads : public ::testing::TestWithParam<file_settings> {
protected:
    file_uploads()
        : store_(*open_file(folder_ / "root", GetParam())) {}

    ~file_uploads() override { faults().clear(); }

    strings there() const { return everything(folder_ / "root"); }

    temp_folder folder_;
    std::shared_ptr<backend> store_;
};

} // namespace

INSTANTIATE_TEST_SUITE_P(
    all,
    file_uploads,
    ::testing::Values(file_settings{}, by_parts, sidecars),
    [](const auto& of) {
        return std::string(std::array{"automatic", "by_parts", "sidecars"}[of.index]);
    }
);

TEST_P(file_uploads, parts_become_the_object_and_nothing_else_stays) {
    put_options options;
    options.set.content_type = "text/x-parts";
    options.set.metadata = {{"made-of", "parts"}};
    const open_upload upload = *begin(*store_, "d/k", options);
    const std::string one(300000, '1'), two(5, '2');
    ASSERT_TRUE(part(*store_, upload, 2, "replaced"));
    const std::string r2 = *part(*store_, upload, 2, two), r1 = *part(*store_, upload, 1, one);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "root/d"));
    EXPECT_TRUE(names(*store_).empty());
    const result<object_meta> done = complete(*store_, upload, {{1, r1}, {2, r2}});
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(*done->size, one.size() + two.size());
    EXPECT_EQ(done->etag, head(*store_, "d/k")->etag);
    EXPECT_EQ(*get(*store_, "d/k"), one + two);
    EXPECT_EQ(head(*store_, "d/k")->content_type, "text/x-parts");
    EXPECT_EQ(head(*store_, "d/k")->metadata, options.set.metadata);
    EXPECT_FALSE(std::filesystem::exists(folder_ / ("root/" + ours)));
    EXPECT_EQ(code_of(complete(*store_, upload, {{1, r1}})), errc::upload_not_found);
}

TEST_P(file_uploads, another_process_finishes_what_one_began) {
    ASSERT_TRUE(killed([&] {
        put_options options;
        options.set.content_type = "text/x-parts";
        const open_upload upload = *begin(*store_, "k", options);
        part(*store_, upload, 1, "one ").value();
        text_stream dies("two");
        dies.before_read = [](std::size_t given) {
            if (given != 0) ::kill(::getpid(), SIGKILL);
        };
        part_of_stream(*store_, upload, dies, 3).value();
    }));
    auto other = *open_file(folder_ / "root", GetParam());
    const upload_page open = *uploads(*other);
    ASSERT_EQ(open.uploads.size(), 1U);
    EXPECT_EQ(open.uploads[0].key, "k");
    EXPECT_TRUE(open.uploads[0].begun_ns);
    const open_upload upload = of_entry(open.uploads[0]);
    ASSERT_EQ(parts(*other, upload)->size(), 1U); // the first one that 1 was; not half of the next
    EXPECT_EQ(parts(*other, upload)->at(0).size, 4U);
    ASSERT_TRUE(part(*other, upload, 2, "two"));
    ASSERT_TRUE(complete(*other, upload, {{1, ""}, {2, ""}}));
    EXPECT_EQ(*get(*other, "k"), "one two");
    EXPECT_EQ(head(*other, "k")->content_type, "text/x-parts");
    EXPECT_FALSE(std::filesystem::exists(folder_ / ("root/" + ours)));
}

TEST_P(file_uploads, a_kill_at_any_step_leaves_an_upload_or_an_object_and_no_waste) {
    int steps = 0;
    for (bool died = true; died;) {
        std::filesystem::remove_all(folder_ / "root");
        ++steps;
        died = killed([&] {
            faults().kill_at_sync = steps;
            const open_upload upload = *begin(*store_, "d/k");
            const std::string r1 = *part(*store_, upload, 1, "one "),
                              r2 = *part(*store_, upload, 2, "two");
            complete(*store_, upload, {{1, r1}, {2, r2}}).value();
            const open_upload second = *begin(*store_, "d/k");
            part(*store_, second, 1, "never").value();
            abort(*store_, second).value();
        });
        const result<upload_page> open = uploads(*store_);
        const bool no_root = !open && open.error().code() == errc::store_not_found;
        ASSERT_TRUE(open || (no_root && steps == 1)) << open.error().message();
        if (!open) continue;
        ASSERT_LE(open->uploads.size(), 1U);
        for (const upload_entry& each : open->uploads)
            EXPECT_TRUE(abort(*store_, of_entry(each)));
        const result<std::string> text = get(*store_, "d/k");
        EXPECT_TRUE(text ? *text == "one two" : text.error().code() == errc::not_found);
        if (GetParam().temporaries == temporary::named) continue; // old ones go with their folder
        EXPECT_FALSE(std::filesystem::exists(folder_ / ("root/" + ours))) << "at sync " << steps;
    }
    EXPECT_GT(steps, 12);
    EXPECT_EQ(there(), (strings{"d", "d/k"}));
}

TEST_P(file_uploads, a_failed_sync_fails_the_call_and_loses_nothing) {
    faults().fail_sync = EIO;
    EXPECT_EQ(code_of(begin(*store_, "k")), errc::io);
    ASSERT_TRUE(put(*store_, "k", "old"));
    faults().fail_sync = ENOSPC;
    EXPECT_EQ(code_of(begin(*store_, "k")), errc::no_space);
    EXPECT_EQ(there(), strings{"k"});
    const open_upload upload = *begin(*store_, "k");
    const std::string r1 = *part(*store_, upload, 1, "one ");
    faults().fail_sync = EIO;
    EXPECT_EQ(code_of(part(*store_, upload, 1, "two")), errc::io);
    faults().fail_sync = EIO;
    EXPECT_EQ(code_of(complete(*store_, upload, {{1, r1}})), errc::io);
    EXPECT_EQ(*get(*store_, "k"), "old");
    ASSERT_TRUE(complete(*store_, upload, {{1, r1}}));
    EXPECT_EQ(*get(*store_, "k"), "one ");
    EXPECT_EQ(there(), strings{"k"});
}

TEST_P(file_uploads, a_failed_write_keeps_the_part_that_was_there) {
    const open_upload upload = *begin(*store_, "k");
    const std::string r1 = *part(*store_, upload, 1, "first");
    faults().fail_write = ENOSPC;
    EXPECT_EQ(code_of(part(*store_, upload, 1, "second")), errc::no_space);
    EXPECT_EQ(code_of(begin(*store_, "other")), errc::no_space);
    faults().clear();
    text_stream fails("sec");
    fails.fail_at_end = errc::network;
    EXPECT_EQ(code_of(part_of_stream(*store_, upload, fails, 6)), errc::network);
    text_stream brief("sec");
    EXPECT_EQ(code_of(part_of_stream(*store_, upload, brief, 6)), errc::changed);
    ASSERT_EQ(parts(*store_, upload)->size(), 1U);
    EXPECT_EQ(parts(*store_, upload)->at(0).receipt, r1);
    ASSERT_TRUE(abort(*store_, upload));
    EXPECT_TRUE(there().empty());
}

TEST_P(file_uploads, FS03_a_full_disk_at_the_end_keeps_the_upload) {
    small_disk disk("size=256k");
    if (!disk) GTEST_SKIP() << "mounting a tmpfs needs root";
    auto store = *open_file(disk / "root", GetParam());
    const open_upload upload = *begin(*store, "new/k");
    const std::string half(80000, 'h');
    const std::string r1 = *part(*store, upload, 1, half), r2 = *part(*store, upload, 2, half);
    EXPECT_EQ(code_of(complete(*store, upload, {{1, r1}, {2, r2}})), errc::no_space);
    EXPECT_FALSE(std::filesystem::exists(disk / "root/new"));
    EXPECT_EQ(parts(*store, upload)->size(), 2U);
    ASSERT_TRUE(complete(*store, upload, {{1, r1}})); // room for this one
    EXPECT_EQ(*get(*store, "new/k"), half);
    EXPECT_EQ(everything(disk / "root"), (strings{"new", "new/k"}));
}

TEST_P(file_uploads, wrong_receipts_and_missing_parts_are_refused_before_a_byte_moves) {
    const open_upload upload = *begin(*store_, "k");
    EXPECT_EQ(code_of(complete(*store_, upload, {{1, ""}})), errc::invalid_argument);
    const std::string old = *part(*store_, upload, 1, "one"), r1 = *part(*store_, upload, 1, "One");
    EXPECT_NE(old, r1);
    EXPECT_EQ(code_of(complete(*store_, upload, {{1, old}})), errc::invalid_argument);
    const result<object_meta> missing = complete(*store_, upload, {{1, r1}, {7, ""}});
    ASSERT_EQ(code_of(missing), errc::invalid_argument);
    EXPECT_NE(missing.error().message().find("part 7 was not uploaded"), std::string::npos);
    ASSERT_TRUE(complete(*store_, upload, {{1, r1}}));
}

TEST_P(file_uploads, unknown_uploads_are_not_found_whatever_they_call_themselves) {
    open_upload upload;
    upload.key = "k";
    for (const char* id :
         {"0123456789abcdef",
          "0123456789abcdef-0",
          "0123456789abcdef-9",
          "../../x-0",
          "../../x",
          "",
          "k",
          "0123456789abcdef.parts"}) {
        upload.id = id;
        EXPECT_EQ(code_of(part(*store_, upload, 1, "x")), errc::upload_not_found) << id;
        EXPECT_EQ(code_of(parts(*store_, upload)), errc::upload_not_found) << id;
        EXPECT_EQ(code_of(complete(*store_, upload, {{1, ""}})), errc::upload_not_found) << id;
        EXPECT_EQ(code_of(abort(*store_, upload)), errc::upload_not_found) << id;
    }
    EXPECT_EQ(code_of(uploads(*store_)), errc::store_not_found);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "root"));
    open_upload other = *begin(*store_, "k");
    other.key = "l"; // the id of another key's
    EXPECT_EQ(code_of(abort(*store_, other)), errc::upload_not_found);
    EXPECT_EQ(code_of(begin(*store_, ".blobstore-uploads/x")), errc::invalid_argument);
}

TEST_P(file_uploads, are_listed_by_key_and_age_in_pages) {
    std::vector<std::string> of_b;
    for (const char* key : {"c", "b", "a", "b"}) {
        const open_upload made = *begin(*store_, key);
        if (made.key == "b") of_b.push_back(made.id);
        ::usleep(20000); // more than a tick of a coarse clock
    }
    const upload_page all = *uploads(*store_);
    ASSERT_EQ(all.uploads.size(), 4U);
    EXPECT_EQ(all.uploads[0].key, "a");
    EXPECT_EQ(all.uploads[1].id, of_b[0]);
    EXPECT_EQ(all.uploads[2].id, of_b[1]);
    EXPECT_EQ(all.uploads[3].key, "c");
    EXPECT_EQ(uploads(*store_, "b")->uploads.size(), 2U);
    const std::string record = read_file(folder_ / ("root/" + ours + "/" + of_b[0].substr(0, 16)));
    for (int i = 1000; i < 2000; ++i) // of one key and one time, but for the clock's ticks
        write_file(folder_ / ("root/" + ours + "/000000000000" + std::to_string(i)), record);
    std::set<std::string> keys;
    std::string token;
    do {
        const upload_page page = *uploads(*store_, "", token);
        for (const upload_entry& each : page.uploads)
            EXPECT_TRUE(keys.insert(each.id).second);
        token = page.next_token;
    } while (!token.empty());
    EXPECT_EQ(keys.size(), 1004U);
}

TEST_P(file_uploads, live_beside_the_object_and_are_one_from_every_root_above) {
    ASSERT_TRUE(put(*store_, "a/b/there", "x"));
    const open_upload upload = *begin(*store_, "a/b/c/k");
    ASSERT_TRUE(part(*store_, upload, 1, "text"));
    EXPECT_TRUE(std::filesystem::exists(folder_ / ("root/a/b/" + ours)));
    auto nearer = *open_file(folder_ / "root/a", GetParam());
    auto whole = *open_file("/", GetParam());
    ASSERT_EQ(uploads(*nearer)->uploads.size(), 1U);
    EXPECT_EQ(uploads(*nearer)->uploads[0].key, "b/c/k");
    EXPECT_EQ(uploads(*nearer, "b/c/")->uploads.size(), 1U);
    EXPECT_EQ(uploads(*nearer, "b/d")->uploads.size(), 0U);
    const std::string prefix = (folder_ / "root/a/b/c/").substr(1);
    const upload_page seen = *uploads(*whole, prefix);
    ASSERT_EQ(seen.uploads.size(), 1U);
    EXPECT_EQ(seen.uploads[0].key, prefix + "k");
    ASSERT_TRUE(part(*whole, of_entry(seen.uploads[0]), 2, " more"));
    const open_upload near = of_entry(uploads(*nearer)->uploads[0]);
    ASSERT_TRUE(complete(*nearer, near, {{1, ""}, {2, ""}}));
    EXPECT_EQ(*get(*store_, "a/b/c/k"), "text more");
    EXPECT_EQ(code_of(abort(*store_, upload)), errc::upload_not_found);
    EXPECT_FALSE(std::filesystem::exists(folder_ / ("root/a/b/" + ours)));
}

TEST_P(file_uploads, a_record_that_is_malformed_is_named) {
    const open_upload upload = *begin(*store_, "k");
    write_file(folder_ / ("root/" + ours) + "/" + name_of(upload), "bsf1.garbage");
    EXPECT_EQ(code_of(part(*store_, upload, 1, "x")), errc::corrupt);
    const result<upload_page> page = uploads(*store_);
    ASSERT_EQ(code_of(page), errc::corrupt);
    EXPECT_NE(page.error()->hint.find(name_of(upload)), std::string::npos);
}

TEST_P(file_uploads, FS01_no_link_leads_out_of_the_root) {
    temp_folder outside;
    write_file(outside / "f", "outside");
    const open_upload upload = *begin(*store_, "k");
    const std::string parts_folder = folder_ / ("root/" + ours) + "/" + name_of(upload) + ".parts";
    std::filesystem::create_symlink(outside.path(), parts_folder);
    EXPECT_FALSE(part(*store_, upload, 1, "x"));
    EXPECT_FALSE(complete(*store_, upload, {{1, ""}}));
    EXPECT_FALSE(abort(*store_, upload));
    EXPECT_EQ(everything(outside.path()), strings{"f"});
}

TEST_P(file_uploads, parts_and_an_abort_at_the_same_time_leave_nothing) {
    for (int round = 0; round < 30; ++round) {
        const open_upload upload = *begin(*store_, "k");
        std::vector<std::thread> writers;
        for (std::uint32_t number = 1; number <= 3; ++number)
            writers.emplace_back([&, number] {
                while (true) {
                    const result<std::string> done = part(*store_, upload, number, "text");
                    if (done) continue;
                    EXPECT_EQ(done.error().code(), errc::upload_not_found)
                        << done.error().message();
                    return;
                }
            });
        ::usleep(2000);
        EXPECT_TRUE(abort(*store_, upload));
        for (std::thread& each : writers)
            each.join();
        EXPECT_TRUE(uploads(*store_)->uploads.empty());
        EXPECT_EQ(there(), strings());
    }
}

TEST_P(file_uploads, are_begun_and_ended_by_many_at_the_same_time) {
    std::vector<std::thread> users;
    for (int user = 0; user < 3; ++user)
        users.emplace_back([&, user] {
            for (int i = 0; i < 30; ++i) {
                const result<open_upload> upload = begin(*store_, "k" + std::to_string(user));
                ASSERT_TRUE(upload) << upload.error().message();
                const result<std::string> done = part(*store_, *upload, 1, "text");
                EXPECT_TRUE(done) << done.error().message();
                EXPECT_TRUE(complete(*store_, *upload, {{1, *done}}));
            }
        });
    for (std::thread& each : users)
        each.join();
    EXPECT_EQ(there().size(), 3U);
}
