// SPDX-License-Identifier: Apache-2.0
// Each chunk's header and its bytes, and the trailer.
#include "backends/s3/trailing_body.h"

#include "auth/sigv4.h"
#include "base/encoding.h"

#include <algorithm>
#include <cstring>

namespace blobstore::s3 {

namespace {

constexpr std::uint64_t chunk_size = 8 << 20; // MinIO takes no more than 16 MiB

} // namespace

trailing_body::trailing_body(
    reader& inner, std::uint64_t length, checksum_kind kind, std::string name
)
    : inner_(inner)
    , length_(length)
    , name_(std::move(name))
    , sum_(kind)
    , left_(length) {
    begin_chunk({});
}

void trailing_body::begin_chunk(std::string_view before) {
    chunk_left_ = std::min(left_, chunk_size);
    frame_ = std::string(before) + sigv4::encode_chunk_header(chunk_left_);
    given_ = 0;
}

std::uint64_t trailing_body::encoded_length() const {
    const std::size_t value = (checksum_size(sum_.kind()) + 2) / 3 * 4;
    const std::size_t line = name_.size() + 1 + value + 2;
    return sigv4::encoded_length(length_, chunk_size, line, sigv4::chunks::plain);
}

result<void> trailing_body::rewind() {
    result<void> back = inner_.rewind();
    if (!back) return back;
    if (left_ != length_) static_cast<void>(sum_.finish());
    left_ = length_;
    begin_chunk({});
    return back;
}

std::size_t trailing_body::give(std::span<char> into) {
    const std::size_t n = std::min(into.size(), frame_.size() - given_);
    std::memcpy(into.data(), frame_.data() + given_, n);
    given_ += n;
    return n;
}

/// Bytes of the source; the end is framed behind the last of them.
task<result<std::size_t>>
trailing_body::read_inner(operation& op, std::span<char> into, std::size_t enough) {
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), chunk_left_));
    result<std::size_t> n = co_await inner_.read(
        op, into.first(room), std::min(std::max<std::size_t>(enough, 1), room)
    );
    if (!n) co_return n;
    if (*n == 0) co_return error(errc::changed, "the source ended before the length it promised");
    sum_.update({into.data(), *n});
    left_ -= *n;
    chunk_left_ -= *n;
    if (left_ > 0 && chunk_left_ == 0) begin_chunk("\r\n");
    if (left_ > 0) co_return n;
    const result<void> ended = co_await check_ended(op, inner_);
    if (!ended) co_return ended.error();
    const std::string now = base64(sum_.finish());
    if (value_.empty()) value_ = now;
    const sigv4::field trailer{name_, value_};
    frame_ = "\r\n" + sigv4::encode_body_end({}, std::span(&trailer, 1));
    given_ = 0;
    co_return n;
}

/// A chunk's header is given alone, so that the bytes behind it stay at whole pages.
task<result<std::size_t>>
trailing_body::read(operation& op, std::span<char> into, std::size_t enough) {
    std::size_t got = 0;
    while (got < enough) {
        const std::size_t framed = give(into.subspan(got));
        got += framed;
        if (framed != 0 && left_ != 0) break;
        if (framed != 0) continue;
        if (left_ == 0) break;
        result<std::size_t> n = co_await read_inner(op, into.subspan(got), enough - got);
        if (!n) co_return n;
        got += *n;
    }
    co_return got;
}

} // namespace blobstore::s3
