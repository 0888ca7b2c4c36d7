// SPDX-License-Identifier: Apache-2.0
// A gigabyte in each direction by processes that are killed at random points: what follows sends
// and fetches again no more than what was on its way.
#include "capi/support.h"
#include "support/temp_folder.h"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <random>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace blobstore::capi_tests {
namespace {

constexpr std::uint64_t part = 16u << 20, parts = 64, size = part * parts;
constexpr unsigned kills = 3, parallel = 4;
// What every kill may cost, and what is around the bytes: heads, chunks.
constexpr std::uint64_t again = kills * parallel, around = 1u << 20;

/// Each part is its number between zeros.
std::string text_of_part(std::uint64_t number) {
    std::string text(part, '\0');
    std::memcpy(text.data() + part / 2, &number, sizeof number);
    return text;
}

class killed : public testing::Test {
protected:
    /// Runs the work in a process of its own until so many more requests were made, and kills it.
    void kill_in(const std::function<void()>& work, const fakes::match& counted) {
        const std::uint64_t from = server_.traffic_of(counted).requests;
        const std::uint64_t enough = from + std::uint64_t{2} * parallel + random_() % 7;
        const pid_t child = ::fork();
        if (child == 0) {
            work();
            ::_exit(0);
        }
        ASSERT_GT(child, 0);
        for (int i = 0; i < 30000 && server_.traffic_of(counted).requests < enough; ++i)
            std::this_thread::sleep_for(milliseconds(1));
        std::this_thread::sleep_for(std::chrono::microseconds(random_() % 20000));
        ::kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "it was done before it was killed";
    }

    store_ptr open(const client_ptr& client) {
        return open_fake(client, server_, {{"unsigned_payload", "true"}});
    }

    std::vector<std::string> left() const {
        std::vector<std::string> names;
        for (const auto& each : std::filesystem::directory_iterator(folder_.path()))
            names.push_back(each.path().filename());
        return names;
    }

    const unsigned seed_ = std::random_device{}();
    std::minstd_rand random_{seed_};
    const blobstore_tests::temp_folder folder_;
    const std::string path_ = folder_.path() + "/file", state_ = folder_.path() + "/state";
    fakes::s3_server server_;
};

TEST_F(killed, a_gigabyte_up_is_sent_once) {
    std::printf("seed %u\n", seed_);
    const int fd = ::open(path_.c_str(), O_RDWR | O_CREAT, 0600);
    ASSERT_EQ(::ftruncate(fd, static_cast<off_t>(size)), 0);
    fakes::object_bytes due;
    for (std::uint64_t i = 0; i < parts; ++i) {
        due.append(fakes::object_bytes(text_of_part(i)));
        ASSERT_EQ(::pwrite(fd, &i, sizeof i, static_cast<off_t>(i * part + part / 2)), 8);
    }
    ::close(fd);
    std::string why;
    const auto upload = [&] {
        const client_ptr client = make_client();
        const store_ptr store = open(client);
        auto options = sized<blobstore_put_options>();
        options.part_size = part;
        options.parallel = parallel;
        options.resume_path = str(state_);
        auto file = sized<blobstore_file>();
        file.path = str(path_);
        error_slot err;
        const blobstore_status status =
            blobstore_upload_file(store.get(), "key", 3, &file, &options, nullptr, nullptr, err);
        why = err.line();
        return status;
    };
    const fakes::match of_parts{"PUT", "key", "partNumber="};
    for (unsigned i = 0; i < kills; ++i)
        ASSERT_NO_FATAL_FAILURE(kill_in(upload, of_parts)) << "seed " << seed_;
    ASSERT_EQ(upload(), BLOBSTORE_OK) << why << " seed " << seed_;
    const fakes::traffic sent = server_.traffic_of(of_parts);
    EXPECT_LE(sent.requests, parts + again) << "seed " << seed_;
    EXPECT_LE(sent.body_bytes, size + again * part + around) << "seed " << seed_;
    EXPECT_EQ(server_.traffic_of({"POST", "key", "uploads"}).requests, 1U);
    EXPECT_TRUE(server_.open_uploads().empty());
    EXPECT_EQ(left(), std::vector<std::string>{"file"});
    server_.service().buckets().with("bucket", [&](const fakes::object_map* objects) {
        const fakes::object_bytes& there = objects->at("key")->data;
        EXPECT_EQ(there.size(), size);
        EXPECT_EQ(fakes::md5(there.pieces()), fakes::md5(due.pieces()));
    });
}

TEST_F(killed, a_gigabyte_down_is_fetched_once) {
    std::printf("seed %u\n", seed_);
    fakes::object_bytes whole;
    for (std::uint64_t i = 0; i < parts; ++i)
        whole.append(fakes::object_bytes(text_of_part(i)));
    server_.put_object("bucket", "key", whole);
    std::string why;
    const auto download = [&] {
        const client_ptr client = make_client();
        const store_ptr store = open(client);
        auto options = sized<blobstore_get_options>();
        options.part_size = part;
        options.parallel = parallel;
        options.resume_path = str(state_);
        auto file = sized<blobstore_file>();
        file.path = str(path_);
        error_slot err;
        const blobstore_status status =
            blobstore_download_file(store.get(), "key", 3, &options, &file, nullptr, nullptr, err);
        why = err.line();
        return status;
    };
    const fakes::match of_parts{"GET", "key"};
    for (unsigned i = 0; i < kills; ++i) {
        ASSERT_NO_FATAL_FAILURE(kill_in(download, of_parts)) << "seed " << seed_;
        EXPECT_FALSE(std::filesystem::exists(path_));
    }
    ASSERT_EQ(download(), BLOBSTORE_OK) << why << " seed " << seed_;
    EXPECT_LE(server_.traffic_of(of_parts).answer_bytes, size + again * part + around)
        << "seed " << seed_;
    EXPECT_EQ(left(), std::vector<std::string>{"file"});
    ASSERT_EQ(std::filesystem::file_size(path_), size);
    const int fd = ::open(path_.c_str(), O_RDONLY);
    std::string piece(part, '\0');
    for (std::uint64_t i = 0; i < parts; ++i) {
        ASSERT_EQ(::pread(fd, piece.data(), part, static_cast<off_t>(i * part)), part);
        ASSERT_TRUE(piece == text_of_part(i)) << i << " seed " << seed_;
    }
    ::close(fd);
}

} // namespace
} // namespace blobstore::capi_tests
