// SPDX-License-Identifier: Apache-2.0
// Sizes around 2^31 and 2^32, of files with holes: put, get, range and copy on the fake and on
// file, in little memory.
#include "capi/support.h"
#include "support/temp_folder.h"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

namespace blobstore::capi_tests {
namespace {

using reader_ptr = std::unique_ptr<blobstore_reader, freer<blobstore_reader_free>>;
using object_ptr = std::unique_ptr<blobstore_object, freer<blobstore_object_free>>;

constexpr std::uint64_t edges[] = {1ULL << 31U, 1ULL << 32U};
constexpr std::uint64_t most_memory = 640ULL
                                      << 20U; // client, fake, and what malloc keeps: not the 4 GiB
constexpr std::string_view key = "key", copy_key = "copy";

/// What stands at the start, at both sides of every edge and at the end, between zeros.
struct mark {
    std::uint64_t at;
    std::string text;
};

std::vector<mark> marks_of(std::uint64_t size) {
    std::vector<mark> out{{0, "start"}};
    for (const std::uint64_t edge : edges)
        if (edge + 3 <= size - 7) out.push_back({edge - 3, "across"});
    out.push_back({size - 7, "the end"});
    return out;
}

std::uint64_t status_line(const char* name) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        std::uint64_t kib = 0;
        if (word == name && status >> kib) return kib * 1024;
    }
    return 0;
}

class large_sizes : public testing::Test {
protected:
    blobstore_file make_sparse(std::uint64_t size) {
        const int fd = ::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
        EXPECT_EQ(::ftruncate(fd, static_cast<off_t>(size)), 0);
        for (const auto& [at, text] : marks_of(size))
            EXPECT_EQ(::pwrite(fd, text.data(), text.size(), static_cast<off_t>(at)), text.size());
        ::close(fd);
        auto file = sized<blobstore_file>();
        file.path = str(path_);
        return file;
    }

    void put(const store_ptr& store, const blobstore_file& file) {
        auto options = sized<blobstore_put_options>();
        options.part_size = 8u << 20;
        options.parallel = 2;
        ASSERT_EQ(
            blobstore_upload_file(
                store.get(), key.data(), key.size(), &file, &options, nullptr, nullptr, err_
            ),
            0
        ) << err_.line();
    }

    void copy(const store_ptr& store) {
        auto options = sized<blobstore_put_options>();
        options.part_size = 64u << 20;
        ASSERT_EQ(
            blobstore_copy(
                store.get(),
                key.data(),
                key.size(),
                store.get(),
                copy_key.data(),
                copy_key.size(),
                &options,
                nullptr,
                nullptr,
                err_
            ),
            0
        ) << err_.line();
    }

    void remove(const store_ptr& store) {
        for (const auto name : {key, copy_key})
            EXPECT_EQ(blobstore_delete(store.get(), name.data(), name.size(), nullptr, err_), 0);
    }

    std::uint64_t size_of(const store_ptr& store, std::string_view name) {
        blobstore_object* info = nullptr;
        EXPECT_EQ(
            blobstore_head(store.get(), name.data(), name.size(), nullptr, nullptr, &info, err_), 0
        ) << err_.line();
        const object_ptr held(info);
        auto view = sized<blobstore_object_view>();
        if (info) blobstore_object_get(info, &view);
        return view.size;
    }

    std::string
    range(const store_ptr& store, std::string_view name, std::uint64_t at, std::uint64_t length) {
        auto options = sized<blobstore_get_options>();
        options.flags = BLOBSTORE_GET_OFFSET | BLOBSTORE_GET_LENGTH;
        options.offset = at;
        options.length = length;
        blobstore_buffer* got = nullptr;
        EXPECT_EQ(
            blobstore_get(
                store.get(), name.data(), name.size(), &options, nullptr, &got, nullptr, err_
            ),
            0
        ) << err_.line();
        const buffer_ptr held(got);
        std::size_t n = 0;
        const void* const data = blobstore_buffer_data(got, &n);
        return {static_cast<const char*>(data), n};
    }

    void expect_marks(const store_ptr& store, std::string_view name, std::uint64_t size) {
        EXPECT_EQ(size_of(store, name), size) << name;
        for (const auto& [at, text] : marks_of(size)) {
            EXPECT_EQ(range(store, name, at, text.size()), text) << size << ' ' << at;
            const std::uint64_t before = std::min<std::uint64_t>(at, 9);
            EXPECT_EQ(range(store, name, at - before, before), std::string(before, '\0')) << at;
        }
        EXPECT_EQ(range(store, name, size - 3, 100), "end");
    }

    /// All bytes in order; the reader holds them against the checksum that the store tells.
    void read_whole(const store_ptr& store, std::uint64_t size) {
        blobstore_reader* made = nullptr;
        ASSERT_EQ(
            blobstore_reader_open(
                store.get(), key.data(), key.size(), nullptr, nullptr, &made, err_
            ),
            0
        ) << err_.line();
        const reader_ptr reader(made);
        std::string piece(1u << 20, '\0');
        const std::string zeros(piece.size(), '\0');
        const std::vector<mark> marks = marks_of(size);
        std::uint64_t at = 0, odd = 0;
        for (std::size_t n = 1; n != 0; at += n) {
            n = 0;
            ASSERT_EQ(blobstore_reader_read(reader.get(), piece.data(), piece.size(), &n, err_), 0)
                << err_.line();
            std::string due;
            for (const auto& [where, text] : marks)
                if (where < at + n && at < where + text.size()) due = text;
            const bool all_zeros = std::memcmp(piece.data(), zeros.data(), n) == 0;
            if (all_zeros != due.empty()) ++odd;
        }
        EXPECT_EQ(at, size);
        EXPECT_EQ(odd, 0U);
    }

    void expect_little_memory() {
        const std::uint64_t peak = status_line("VmHWM:");
        EXPECT_GT(peak, 0U);
        EXPECT_LT(peak, most_memory);
    }

    /// The peak that status_line() tells begins anew; what tests before this one left goes back.
    static void forget_peak() {
        ::malloc_trim(0);
        std::ofstream("/proc/self/clear_refs") << "5";
    }

    const blobstore_tests::temp_folder folder_;
    const std::string path_ = folder_.path() + "/source";
    client_ptr client_ = make_client();
    error_slot err_;
};

TEST_F(large_sizes, ST16_around_32_bits_on_the_fake) {
    forget_peak();
    fakes::s3_server server;
    const store_ptr store =
        open_fake(client_, server, {{"unsigned_payload", "true"}, {"copy_threshold", "1GiB"}});
    for (const std::uint64_t edge : edges)
        for (const std::uint64_t size : {edge - 1, edge + 1}) {
            put(store, make_sparse(size));
            copy(store);
            ::unlink(path_.c_str());
            for (const auto name : {key, copy_key})
                expect_marks(store, name, size);
            read_whole(store, size);
            remove(store);
            EXPECT_TRUE(server.open_uploads().empty());
        }
    expect_little_memory();
}

/// Here every byte is written: what ends below the edges is in sizes.ST16_around_32_bits_on_file.
TEST_F(large_sizes, ST16_past_32_bits_on_file) {
    forget_peak();
    const std::string root = folder_.path() + "/store";
    ASSERT_EQ(::mkdir(root.c_str(), 0700), 0);
    const store_ptr store = open_store(client_, "file://" + root);
    for (const std::uint64_t edge : edges) {
        put(store, make_sparse(edge + 1));
        expect_marks(store, key, edge + 1);
        read_whole(store, edge + 1);
    }
    ::unlink(path_.c_str());
    copy(store);
    expect_marks(store, copy_key, edges[1] + 1);
    remove(store);
    expect_little_memory();
}

} // namespace
} // namespace blobstore::capi_tests
