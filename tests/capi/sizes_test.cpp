// SPDX-License-Identifier: Apache-2.0
// Sizes at the edges of parts and of 32 bits; work that a service takes long for; retries that do
// not multiply.
#include "capi/support.h"
#include "support/temp_folder.h"

#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace blobstore::capi_tests {
namespace {

constexpr std::uint64_t part = 5u << 20;

std::string numbered(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<char>(i * 2654435761u >> 15);
    return bytes;
}

class sizes : public testing::Test {
protected:
    std::string read(const store_ptr& store, std::uint64_t offset, std::uint64_t length) {
        auto options = sized<blobstore_get_options>();
        options.flags = BLOBSTORE_GET_OFFSET | BLOBSTORE_GET_LENGTH;
        options.offset = offset;
        options.length = length;
        return body_of(store, options);
    }

    std::string body_of(const store_ptr& store, const blobstore_get_options& options) {
        blobstore_buffer* got = nullptr;
        EXPECT_EQ(blobstore_get(store.get(), "key", 3, &options, nullptr, &got, nullptr, err_), 0)
            << err_.line();
        const buffer_ptr held(got);
        std::size_t n = 0;
        const void* const data = blobstore_buffer_data(got, &n);
        return {static_cast<const char*>(data), n};
    }

    const blobstore_tests::temp_folder folder_;
    client_ptr client_ = make_client();
    fakes::s3_server server_;
    error_slot err_;
};

TEST_F(sizes, ST16_around_parts_on_every_store) {
    const std::string bytes = numbered(3 * part + 1), path = folder_.path() + "/f";
    auto put = sized<blobstore_put_options>();
    put.part_size = part;
    auto get = sized<blobstore_get_options>();
    get.part_size = 1u << 20;
    const settings in_parts{{"multipart_threshold", "5MiB"}};
    for (const store_ptr& store :
         {open_fake(client_, server_, in_parts),
          open_store(client_, "memory://sizes"),
          open_store(client_, "file://" + folder_.path())})
        for (const std::uint64_t size :
             {std::uint64_t{0},
              std::uint64_t{1},
              part - 1,
              part,
              part + 1,
              2 * part - 1,
              2 * part,
              2 * part + 1,
              3 * part - 1,
              3 * part,
              3 * part + 1}) {
            const std::string due = bytes.substr(0, size);
            std::ofstream(path, std::ios::binary) << due;
            auto file = sized<blobstore_file>();
            file.path = str(path);
            ASSERT_EQ(
                blobstore_upload_file(store.get(), "key", 3, &file, &put, nullptr, nullptr, err_), 0
            ) << size
              << ' ' << err_.line();
            EXPECT_TRUE(body_of(store, get) == due) << size;
            ASSERT_EQ(
                blobstore_download_file(store.get(), "key", 3, &get, &file, nullptr, nullptr, err_),
                0
            ) << size
              << ' ' << err_.line();
            std::ostringstream text;
            text << std::ifstream(path, std::ios::binary).rdbuf();
            EXPECT_TRUE(text.str() == due) << size;
            if (size < 2) continue;
            EXPECT_EQ(read(store, 0, 1), due.substr(0, 1)) << size;
            EXPECT_EQ(read(store, size - 1, 5), due.substr(size - 1)) << size;
            ASSERT_EQ(
                blobstore_copy(
                    store.get(), "key", 3, store.get(), "copy", 4, nullptr, nullptr, nullptr, err_
                ),
                0
            ) << err_.line();
        }
}

/// A file with holes, whose marks stand at the edges.
TEST_F(sizes, ST16_around_32_bits_on_file) {
    constexpr std::uint64_t edges[] = {1ULL << 31U, 1ULL << 32U};
    const std::string path = folder_.path() + "/key";
    const store_ptr store = open_store(client_, "file://" + folder_.path());
    for (const std::uint64_t edge : edges)
        for (const std::uint64_t size : {edge - 1, edge, edge + 1}) {
            const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
            ASSERT_GE(fd, 0);
            ASSERT_EQ(::ftruncate(fd, static_cast<off_t>(size)), 0);
            ASSERT_EQ(::pwrite(fd, "the end", 7, static_cast<off_t>(size - 7)), 7);
            ::close(fd);
            blobstore_object* info = nullptr;
            ASSERT_EQ(blobstore_head(store.get(), "key", 3, nullptr, nullptr, &info, err_), 0);
            auto view = sized<blobstore_object_view>();
            blobstore_object_get(info, &view);
            EXPECT_EQ(view.size, size);
            blobstore_object_free(info);
            EXPECT_EQ(read(store, size - 7, 7), "the end");
            EXPECT_EQ(read(store, size - 3, 100), "end");
            EXPECT_EQ(read(store, edge - 8, 8).size(), 8 - (edge - std::min(edge, size)));
            auto last = sized<blobstore_get_options>();
            last.flags = BLOBSTORE_GET_SUFFIX;
            last.suffix_length = 3;
            EXPECT_EQ(body_of(store, last), "end");
        }
}

/// Of a part that never succeeds only its own layer asks again, and says how often.
TEST_F(sizes, RT12_retries_of_parts_do_not_multiply) {
    const store_ptr store = open_fake(client_, server_, {{"multipart_threshold", "5MiB"}});
    fakes::fault busy;
    busy.status = 503;
    busy.code = "SlowDown";
    const fakes::match second{"PUT", "key", "partNumber=2&"};
    server_.on(second, busy, fakes::for_ever);
    const std::string bytes = numbered(3 * part);
    auto put = sized<blobstore_put_options>();
    put.part_size = part;
    put.parallel = 1;
    auto call = sized<blobstore_call>();
    call.max_attempts = 3;
    EXPECT_EQ(
        blobstore_put(
            store.get(), "key", 3, bytes.data(), bytes.size(), &put, &call, nullptr, err_
        ),
        BLOBSTORE_E_THROTTLED
    ) << err_.line();
    EXPECT_EQ(server_.traffic_of(second).requests, 3U);
    EXPECT_EQ(err_.view().attempts, 3U);
}

/// White space comes for longer than a stall may last.
TEST_F(sizes, S3_02_a_completion_or_copy_that_takes_long_is_no_stall) {
    const store_ptr store = open_fake(client_, server_, {{"multipart_threshold", "5MiB"}});
    const std::string bytes = numbered(2 * part);
    auto put = sized<blobstore_put_options>();
    put.part_size = part;
    auto call = sized<blobstore_call>();
    call.stall_timeout_ms = 400;
    fakes::fault slow;
    slow.spaces = 40;
    slow.segment = 100;
    slow.segment_delay = milliseconds(100);
    server_.on({"POST", "key", "uploadId="}, slow, 1);
    const auto from = steady::now();
    ASSERT_EQ(
        blobstore_put(
            store.get(), "key", 3, bytes.data(), bytes.size(), &put, &call, nullptr, err_
        ),
        0
    ) << err_.line();
    server_.on({.method = "PUT", .key = "copy"}, slow, 1);
    ASSERT_EQ(
        blobstore_copy(
            store.get(), "key", 3, store.get(), "copy", 4, nullptr, &call, nullptr, err_
        ),
        0
    ) << err_.line();
    EXPECT_GT(steady::now() - from, milliseconds(800));
    EXPECT_EQ(server_.object_data("bucket", "copy").value_or(""), bytes);
    fakes::fault late; // the head itself comes after more than a stall
    late.delay = milliseconds(1000);
    server_.on({"POST", "key", "uploadId="}, late, 1);
    EXPECT_EQ(
        blobstore_put(
            store.get(), "key", 3, bytes.data(), bytes.size(), &put, nullptr, nullptr, err_
        ),
        0
    ) << err_.line();
}

} // namespace
} // namespace blobstore::capi_tests
