// SPDX-License-Identifier: Apache-2.0
// Uploads from and downloads to files: full disks, unreadable files, and that nothing half-written
// gets a name.
#include "capi/support.h"
#include "support/temp_folder.h"

#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace blobstore::capi_tests {
namespace {

using blobstore_tests::small_disk;
using blobstore_tests::temp_folder;

const std::string large(1 << 20, 'x');

std::string content(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

std::size_t names_in(const std::string& folder) {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& one : std::filesystem::recursive_directory_iterator(folder))
        ++n;
    return n;
}

class files : public testing::Test {
protected:
    files() { server_.put_object("bucket", "the/key", large); }

    blobstore_status download(const store_ptr& store, const blobstore_file& file) {
        return blobstore_download_file(
            store.get(), "the/key", 7, nullptr, &file, nullptr, nullptr, err_
        );
    }

    blobstore_status upload(const store_ptr& store, const blobstore_file& file) {
        return blobstore_upload_file(
            store.get(), "the/key", 7, &file, nullptr, nullptr, nullptr, err_
        );
    }

    static blobstore_file at(const std::string& path) {
        auto file = sized<blobstore_file>();
        file.path = str(path);
        return file;
    }

    void expect_line(const char* operation, const std::string& uri) {
        const std::string line = err_.line();
        EXPECT_TRUE(line.starts_with(std::string(operation) + " " + uri + ": ")) << line;
        EXPECT_EQ(line.find("testsecret"), std::string::npos) << line;
        EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    }

    fakes::s3_server server_;
    client_ptr client_ = make_client();
    temp_folder folder_;
    error_slot err_;
};

TEST_F(files, up_and_down_by_path_and_by_descriptor) {
    const store_ptr store = open_fake(client_, server_);
    const std::string path = folder_ / "file";
    ASSERT_EQ(download(store, at(path)), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(content(path), large);
    std::ofstream(path, std::ios::trunc) << "short";
    ASSERT_EQ(upload(store, at(path)), BLOBSTORE_OK) << err_.line();
    auto by_fd = sized<blobstore_file>();
    by_fd.flags = BLOBSTORE_FILE_FD;
    by_fd.fd = ::open((folder_ / "other").c_str(), O_RDWR | O_CREAT, 0600);
    ASSERT_EQ(download(store, by_fd), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(content(folder_ / "other"), "short");
    ::close(static_cast<int>(by_fd.fd));
}

TEST_F(files, a_full_disk_on_download_leaves_the_old_file) {
    const small_disk disk("size=256k");
    if (!disk) GTEST_SKIP() << "may not mount";
    const store_ptr store = open_fake(client_, server_);
    std::ofstream(disk / "old") << "old content";
    EXPECT_EQ(download(store, at(disk / "old")), BLOBSTORE_E_NO_SPACE);
    expect_line("get", "s3://bucket/the/key");
    EXPECT_EQ(err_.view().os_error, ENOSPC);
    EXPECT_EQ(content(disk / "old"), "old content");
    EXPECT_EQ(download(store, at(disk / "new")), BLOBSTORE_E_NO_SPACE);
    EXPECT_EQ(names_in(disk / ""), 1U);
}

TEST_F(files, a_full_disk_under_a_store_leaves_the_old_object) {
    const small_disk disk("size=256k");
    if (!disk) GTEST_SKIP() << "may not mount";
    const store_ptr store = open_store(client_, "file://" + (disk / "root"));
    ASSERT_EQ(put(store, "the/key", "old"), BLOBSTORE_OK);
    EXPECT_EQ(put(store, "the/key", large, err_), BLOBSTORE_E_NO_SPACE);
    expect_line("put", "file://" + (disk / "root") + "/the/key");
    EXPECT_EQ(put(store, "another/key", large, err_), BLOBSTORE_E_NO_SPACE);
    EXPECT_EQ(content(disk / "root/the/key"), "old");
    EXPECT_EQ(names_in(disk / "root"), 2U) << "the/ and the/key alone";
}

TEST_F(files, a_full_device_behind_a_descriptor) {
    auto full = sized<blobstore_file>();
    full.flags = BLOBSTORE_FILE_FD;
    full.fd = ::open("/dev/full", O_WRONLY);
    EXPECT_EQ(download(open_fake(client_, server_), full), BLOBSTORE_E_NO_SPACE) << err_.line();
    expect_line("get", "s3://bucket/the/key");
    ::close(static_cast<int>(full.fd));
}

TEST_F(files, an_unreadable_file_is_not_sent) {
    const store_ptr store = open_fake(client_, server_);
    std::ofstream(folder_ / "secret") << "content";
    ::chmod((folder_ / "secret").c_str(), 0);
    const int root = ::setfsuid(65534); // for root too a file without permissions; this thread's
    EXPECT_EQ(upload(store, at(folder_ / "secret")), BLOBSTORE_E_PERMISSION);
    ::setfsuid(static_cast<uid_t>(root));
    expect_line("put", "s3://bucket/the/key");
    EXPECT_NE(err_.line().find(folder_ / "secret"), std::string::npos) << err_.line();
    EXPECT_EQ(upload(store, at(folder_ / "none")), BLOBSTORE_E_NOT_FOUND);
    EXPECT_EQ(upload(store, at(folder_.path())), BLOBSTORE_E_NOT_A_FILE);
    EXPECT_EQ(server_.counters().requests, 0U);
}

TEST_F(files, what_is_no_regular_file_is_not_replaced) {
    const store_ptr store = open_fake(client_, server_);
    ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
    for (const std::string& path : {folder_ / "pipe", folder_.path(), std::string("/dev/null")}) {
        EXPECT_EQ(download(store, at(path)), BLOBSTORE_E_NOT_A_FILE) << path;
        expect_line("get", "s3://bucket/the/key");
    }
    EXPECT_TRUE(std::filesystem::is_fifo(folder_ / "pipe"));
}

// Nothing is stored of a file that grows or shrinks while it is read: the last bytes are not sent.
TEST_F(files, FS07_a_file_that_changes_under_way_is_not_stored) {
    const store_ptr store =
        open_fake(client_, server_, {{"max_attempts", "1"}, {"multipart_threshold", "1GiB"}});
    const std::string path = folder_ / "changing";
    std::ofstream(path) << std::string(32 << 20, 'a');
    for (const bool grows : {true, false}) {
        server_.on(
            {.method = "PUT"},
            fakes::stall_at(fakes::stage::request_body, 1000, milliseconds(1000)),
            1
        );
        std::thread writer([&] {
            std::this_thread::sleep_for(milliseconds(500));
            if (grows)
                std::ofstream(path, std::ios::app) << "more";
            else
                std::filesystem::resize_file(path, 1000);
        });
        EXPECT_EQ(upload(store, at(path)), BLOBSTORE_E_CHANGED) << err_.line();
        writer.join();
        std::string kept;
        EXPECT_EQ(get(store, "the/key", nullptr, nullptr, &kept), BLOBSTORE_OK);
        EXPECT_EQ(kept, large);
    }
}

// In parts, the last part that is read sees it, whatever changed: size, or a byte alone.
TEST_F(files, FS07_a_file_that_changes_between_its_parts_is_not_stored) {
    const store_ptr store = open_fake(
        client_,
        server_,
        {{"multipart_threshold", "5MiB"}, {"part_size", "5MiB"}, {"parallel_parts", "1"}}
    );
    const std::string path = folder_ / "changing";
    for (const bool grows : {true, false}) {
        std::ofstream(path, std::ios::trunc) << std::string(11 << 20, 'a');
        fakes::fault change;
        change.meanwhile = [&] { // the first part is read, the second is not
            std::fstream file(
                path, grows ? std::ios::app | std::ios::out : std::ios::in | std::ios::out
            );
            file << 'x';
        };
        server_.on({.method = "PUT", .query = "partNumber=1&"}, change);
        EXPECT_EQ(upload(store, at(path)), BLOBSTORE_E_CHANGED) << err_.line();
        std::string kept;
        EXPECT_EQ(get(store, "the/key", nullptr, nullptr, &kept), BLOBSTORE_OK);
        EXPECT_EQ(kept, large);
        for (int i = 0; i < 100 && !server_.open_uploads().empty(); ++i)
            std::this_thread::sleep_for(milliseconds(20));
        EXPECT_TRUE(server_.open_uploads().empty()) << "nothing is left behind";
    }
}

/// The cancel comes at any moment, also while the file gets its name.
TEST_F(files, a_download_that_was_cancelled_has_no_name) {
    constexpr int rounds = 200;
    const store_ptr store = open_store(client_, "memory://cancelled");
    ASSERT_EQ(put(store, "the/key", large.substr(0, 4096)), BLOBSTORE_OK);
    const std::string path = folder_ / "target";
    const blobstore_file file = at(path);
    const auto begun = steady::now();
    ASSERT_EQ(download(store, file), BLOBSTORE_OK) << err_.line();
    const auto usual = (steady::now() - begun) * 3 / 2;
    for (int i = 0; i < rounds; ++i) {
        std::ofstream(path) << "old content";
        const cancel_ptr cancel = make_cancel();
        auto call = sized<blobstore_call>();
        call.cancel = cancel.get();
        blobstore_op* op = nullptr;
        ASSERT_EQ(
            blobstore_download_file_async(
                store.get(), "the/key", 7, nullptr, &file, &call, nullptr, &op, err_
            ),
            BLOBSTORE_OK
        );
        const op_ptr held(op);
        std::this_thread::sleep_for(usual * i / rounds);
        blobstore_cancel_trigger(cancel.get());
        const blobstore_status status = blobstore_op_wait(op, -1);
        ASSERT_TRUE(status == BLOBSTORE_OK || status == BLOBSTORE_E_CANCELLED) << status;
        const bool as_before = content(path) == "old content";
        ASSERT_EQ(as_before, status != BLOBSTORE_OK) << i;
    }
}

TEST_F(files, a_truncated_body_gets_no_name) {
    server_.on({}, fakes::close_at(fakes::stage::answer_body, 1000), fakes::for_ever);
    const store_ptr store = open_fake(client_, server_, {{"max_attempts", "1"}});
    std::ofstream(folder_ / "old") << "old content";
    EXPECT_EQ(download(store, at(folder_ / "old")), BLOBSTORE_E_NETWORK);
    expect_line("get", "s3://bucket/the/key");
    EXPECT_EQ(content(folder_ / "old"), "old content");
    EXPECT_EQ(download(store, at(folder_ / "new")), BLOBSTORE_E_NETWORK);
    EXPECT_EQ(names_in(folder_.path()), 1U);
}

} // namespace
} // namespace blobstore::capi_tests
