// SPDX-License-Identifier: Apache-2.0
// Bodies in chunks: what they make of sources, and where their pieces begin.
#include "async/runtime.h"
#include "backends/s3/signed_body.h"
#include "backends/s3/trailing_body.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace blobstore::s3 {
namespace {

/// So many bytes, whatever was promised.
struct bytes_of final : reader {
    explicit bytes_of(std::size_t size)
        : left(size) {}

    task<result<std::size_t>> read(operation&, std::span<char> into, std::size_t) override {
        const std::size_t n = std::min(left, into.size());
        std::fill_n(into.begin(), n, 'x');
        left -= n;
        co_return n;
    }

    std::size_t left;
};

struct call final : operation {};

/// The pieces that a body gives, read as a connection does it.
result<std::vector<std::string>> pieces_of(reader& body) {
    const auto on = std::make_shared<runtime>(runtime_options{});
    const auto op = std::make_shared<call>();
    std::vector<std::string> pieces;
    op->body = [&](operation& o) -> task<result<void>> {
        std::string room(256 * 1024, '\0');
        for (;;) {
            const result<std::size_t> n = co_await body.read(o, room, room.size());
            if (!n) co_return n.error();
            if (*n == 0) break;
            pieces.push_back(room.substr(0, *n));
        }
        co_return result<void>();
    };
    on->run(op);
    if (!op->outcome) return op->outcome.error();
    return pieces;
}

TEST(framed_body, a_chunks_header_comes_alone_so_that_bytes_keep_their_place_in_pages) {
    constexpr std::size_t size = (8 << 20) + 8192; // a chunk, and a second one
    bytes_of source(size);
    trailing_body body(source, size, checksum_kind::crc64nvme, "x-amz-checksum-crc64nvme");
    const result<std::vector<std::string>> pieces = pieces_of(body);
    ASSERT_TRUE(pieces.has_value());
    std::uint64_t length = 0, of_source = 0;
    for (const std::string& piece : *pieces) {
        EXPECT_TRUE(piece[0] != 'x' || of_source % 4096 == 0) << of_source;
        of_source += static_cast<std::uint64_t>(std::ranges::count(piece, 'x'));
        length += piece.size();
    }
    EXPECT_EQ((*pieces)[0], "800000\r\n");
    EXPECT_EQ(length, body.encoded_length());
}

TEST(framed_body, a_source_of_another_length_is_refused) {
    for (const std::size_t there : {99U, 101U}) {
        bytes_of one(there), other(there);
        trailing_body trailing(one, 100, checksum_kind::crc32c, "x-amz-checksum-crc32c");
        signed_body chunks(other, 100);
        chunks.start({}, 0, {"us-east-1", "s3"}, "seed");
        for (reader* body : {static_cast<reader*>(&trailing), static_cast<reader*>(&chunks)}) {
            const result<std::vector<std::string>> pieces = pieces_of(*body);
            ASSERT_FALSE(pieces.has_value()) << there;
            EXPECT_EQ(pieces.error().code(), errc::changed) << pieces.error().message();
        }
    }
}

} // namespace
} // namespace blobstore::s3
