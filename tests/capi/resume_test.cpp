// SPDX-License-Identifier: Apache-2.0
// Uploads that go on after their process was killed: what was there is not sent again.
#include "capi/support.h"
#include "support/temp_folder.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace blobstore::capi_tests {
namespace {

constexpr std::size_t part = 5u << 20;
constexpr unsigned parts = 8;
constexpr unsigned stuck = 5;

std::string bytes_of_file() {
    std::string bytes(part * (parts - 1) + 77, '\0');
    std::uint32_t state = 1;
    for (char& c : bytes) {
        state = state * 1664525u + 1013904223u;
        c = static_cast<char>(state >> 24);
    }
    return bytes;
}

class resume : public testing::Test {
protected:
    resume() { std::ofstream(path_, std::ios::binary) << body_; }

    blobstore_status upload(const client_ptr& client, const std::string& key) {
        const store_ptr store =
            open_store(client, "s3://bucket", fake_settings(server_.endpoint()));
        auto options = sized<blobstore_put_options>();
        options.part_size = part;
        options.parallel = 2;
        options.resume_path = {state_.data(), state_.size()};
        auto file = sized<blobstore_file>();
        file.path = {path_.data(), path_.size()};
        return blobstore_upload_file(
            store.get(), key.data(), key.size(), &file, &options, nullptr, nullptr, err_
        );
    }

    fakes::match part_match(unsigned number) const {
        return {"PUT", "key", "partNumber=" + std::to_string(number) + "&"};
    }

    std::uint64_t sent(unsigned number) const {
        return server_.traffic_of(part_match(number)).requests;
    }

    /// A process of its own uploads until part 5 stands still, and is killed there.
    void upload_and_be_killed() {
        server_.on(part_match(stuck), fakes::stall_at(fakes::stage::request_body), fakes::for_ever);
        const pid_t child = ::fork();
        if (child == 0) {
            const client_ptr mine = make_client();
            (void)upload(mine, "key");
            ::_exit(0);
        }
        ASSERT_GT(child, 0);
        for (int i = 0; i < 600 && !(sent(parts) == 1 && sent(parts - 1) == 1); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        std::this_thread::sleep_for(std::chrono::milliseconds(300)); // the last one is noted down
        ::kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status));
        server_.clear_faults();
    }

    const blobstore_tests::temp_folder folder_;
    const std::string path_ = folder_.path() + "/file", state_ = folder_.path() + "/state";
    const std::string body_ = bytes_of_file();
    fakes::s3_server server_;
    error_slot err_;
};

TEST_F(resume, a_killed_upload_sends_only_what_was_on_its_way) {
    upload_and_be_killed();

    struct stat kept {};

    ASSERT_EQ(::stat(state_.c_str(), &kept), 0);
    EXPECT_EQ(kept.st_mode & 0777, 0600U);
    ASSERT_EQ(server_.open_uploads().size(), 1U);
    const client_ptr client = make_client();
    ASSERT_EQ(upload(client, "key"), BLOBSTORE_OK) << err_.line();
    unsigned again = 0;
    for (unsigned number = 1; number <= parts; ++number)
        if (number != stuck && sent(number) > 1) ++again;
    EXPECT_LE(again, 1U); // beside the stuck one
    EXPECT_EQ(server_.traffic_of({"POST", "key", "uploads"}).requests, 1U);
    EXPECT_TRUE(server_.open_uploads().empty());
    EXPECT_NE(::stat(state_.c_str(), &kept), 0);
    const store_ptr store = open_store(client, "s3://bucket", fake_settings(server_.endpoint()));
    blobstore_buffer* got = nullptr;
    ASSERT_EQ(
        blobstore_get(store.get(), "key", 3, nullptr, nullptr, &got, nullptr, err_), BLOBSTORE_OK
    );
    std::size_t size = 0;
    const void* const data = blobstore_buffer_data(got, &size);
    EXPECT_TRUE(std::string(static_cast<const char*>(data), size) == body_);
    blobstore_buffer_free(got);
}

TEST_F(resume, what_does_not_fit_is_refused_and_kept) {
    upload_and_be_killed();
    const client_ptr client = make_client();
    EXPECT_EQ(upload(client, "another key"), BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_NE(err_.line().find("another object"), std::string::npos) << err_.line();
    std::string text;
    std::ifstream(state_) >> text;
    std::ofstream(state_) << text.substr(0, text.size() - 5);
    EXPECT_EQ(upload(client, "key"), BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_NE(err_.line().find("cut or changed"), std::string::npos) << err_.line();
    std::ofstream(state_) << text;
    std::ofstream(path_, std::ios::app) << "more";
    EXPECT_EQ(upload(client, "key"), BLOBSTORE_E_CHANGED) << err_.line();
    EXPECT_EQ(server_.open_uploads().size(), 1U);
}

/// Downloads of several parts at a time, from a server that sends slowly.
class resume_download : public testing::Test {
protected:
    static constexpr std::size_t part = 1u << 20, size = 24 * part + 77;

    resume_download() {
        put(body_);
        options_.part_size = part;
        options_.parallel = 4;
        options_.resume_path = str(state_);
    }

    void put(const std::string& body) {
        const client_ptr client = make_client();
        const store_ptr store =
            open_store(client, "s3://bucket", fake_settings(server_.endpoint()));
        auto with = sized<blobstore_put_options>();
        with.checksum = BLOBSTORE_CHECKSUM_CRC64NVME;
        ASSERT_EQ(
            blobstore_put(
                store.get(), "key", 3, body.data(), body.size(), &with, nullptr, nullptr, err_
            ),
            BLOBSTORE_OK
        ) << err_.line();
    }

    blobstore_status download(const char* key = "key") {
        const client_ptr client = make_client();
        const store_ptr store =
            open_store(client, "s3://bucket", fake_settings(server_.endpoint()));
        auto file = sized<blobstore_file>();
        file.path = str(path_);
        return blobstore_download_file(
            store.get(), key, std::strlen(key), &options_, &file, nullptr, nullptr, err_
        );
    }

    std::uintmax_t state_size() const {
        std::error_code missing;
        const std::uintmax_t there = std::filesystem::file_size(state_, missing);
        return missing ? 0 : there;
    }

    /// A process of its own downloads so many parts, and is killed.
    void download_and_be_killed(unsigned parts_there) {
        fakes::fault slow;
        slow.segment = 128 * 1024;
        slow.segment_delay = milliseconds(20);
        server_.on({}, slow, fakes::for_ever);
        const pid_t child = ::fork();
        if (child == 0) {
            (void)download();
            ::_exit(0);
        }
        ASSERT_GT(child, 0);
        std::uintmax_t first = 0; // a part is a number and 16 digits of its sum, in base64
        for (int i = 0; i < 6000; ++i) {
            if (first == 0) first = state_size();
            if (first != 0 && state_size() >= first + std::uintmax_t{27} * parts_there) break;
            std::this_thread::sleep_for(milliseconds(5));
        }
        ::kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status));
        server_.clear_faults();
    }

    std::string content() const {
        std::ostringstream text;
        text << std::ifstream(path_, std::ios::binary).rdbuf();
        return text.str();
    }

    std::vector<std::string> left() const {
        std::vector<std::string> names;
        for (const auto& each : std::filesystem::directory_iterator(folder_.path()))
            names.push_back(each.path().filename());
        std::sort(names.begin(), names.end());
        return names;
    }

    const blobstore_tests::temp_folder folder_;
    const std::string path_ = folder_.path() + "/file", state_ = folder_.path() + "/state";
    const std::string body_ = bytes_of_file().substr(0, size);
    fakes::s3_server server_;
    blobstore_get_options options_ = sized<blobstore_get_options>();
    error_slot err_;
};

TEST_F(resume_download, a_killed_download_fetches_only_what_was_on_its_way) {
    std::size_t saved = 0;
    for (const unsigned there : {0U, 2U, 6U, 11U}) {
        download_and_be_killed(there);
        EXPECT_FALSE(std::filesystem::exists(path_));

        struct stat kept {};

        const bool resumes = ::stat(state_.c_str(), &kept) == 0;
        if (resumes) {
            EXPECT_EQ(kept.st_mode & 0777, 0600U);
        }
        server_.clear_log();
        ASSERT_EQ(download(), BLOBSTORE_OK) << err_.line();
        EXPECT_TRUE(content() == body_) << there;
        EXPECT_EQ(left(), std::vector<std::string>{"file"}) << there;
        const std::uint64_t fetched = server_.traffic_of({"GET", "key"}).answer_bytes;
        if (fetched < size) saved += size - fetched;
        if (resumes) {
            EXPECT_LE(fetched, size + 64 * 1024) << there;
        }
        std::filesystem::remove(path_);
    }
    EXPECT_GE(saved, (1 + 5 + 10) * part - 64 * 1024); // the last part is of 77 bytes
}

TEST_F(resume_download, an_object_that_changed_is_refused_and_what_came_is_kept) {
    download_and_be_killed(5);
    const std::vector<std::string> there = left();
    ASSERT_EQ(there.size(), 2U);
    put(body_.substr(1));
    EXPECT_EQ(download(), BLOBSTORE_E_CHANGED);
    EXPECT_NE(err_.line().find("remove the resume string"), std::string::npos) << err_.line();
    EXPECT_EQ(download("another"), BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_NE(err_.line().find("another object"), std::string::npos) << err_.line();
    std::string text;
    std::ifstream(state_) >> text;
    std::ofstream(state_) << text.substr(0, text.size() - 5);
    EXPECT_EQ(download(), BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_NE(err_.line().find("cut or changed"), std::string::npos) << err_.line();
    EXPECT_EQ(left(), there);
    std::ofstream(state_) << text;
    put(body_);
    EXPECT_EQ(download(), BLOBSTORE_OK) << err_.line(); // the same bytes have the same ETag
    EXPECT_TRUE(content() == body_);
}

TEST_F(resume_download, what_the_file_lost_in_between_is_fetched_again) {
    download_and_be_killed(5);
    for (const std::string& name : left())
        if (name.starts_with(".blobstore-"))
            std::filesystem::resize_file(folder_.path() + "/" + name, 3 * part / 2);
    ASSERT_EQ(download(), BLOBSTORE_OK) << err_.line();
    EXPECT_TRUE(content() == body_);
}

TEST_F(resume_download, parts_are_held_against_the_sum_of_the_whole) {
    fakes::fault flipped;
    flipped.corrupt_byte = 5;
    server_.on({.nth = 3}, flipped, 1);
    options_.resume_path = {};
    EXPECT_EQ(download(), BLOBSTORE_E_CHECKSUM) << err_.line();
    EXPECT_TRUE(left().empty());
}

} // namespace
} // namespace blobstore::capi_tests
