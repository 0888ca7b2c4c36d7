// SPDX-License-Identifier: Apache-2.0
// Chunk after chunk: read, hash, sign, frame.
#include "backends/s3/signed_body.h"

#include "base/encoding.h"

#include <algorithm>
#include <cstring>

namespace blobstore::s3 {

void signed_body::start(
    const sha256_value& key, std::int64_t time, const sigv4::scope& where, std::string seed
) {
    key_.value = key;
    time_ = time;
    region_ = where.region;
    service_ = where.service;
    previous_ = std::move(seed);
}

std::uint64_t signed_body::encoded_length() const {
    const std::size_t value = (checksum_size(sum_.kind()) + 2) / 3 * 4;
    const std::size_t line = value == 0 ? 0 : sum_name_.size() + 1 + value + 2;
    return sigv4::encoded_length(length_, chunk_size, line, sigv4::chunks::with_signature);
}

/// The empty chunk, whose signature is the last one, and the trailer.
std::string signed_body::end(const sigv4::stamp& at) {
    if (sum_.kind() == checksum_kind::none) return sigv4::encode_body_end(previous_, {});
    const std::string value = base64(sum_.finish());
    const sigv4::field trailer{sum_name_, value};
    const std::string signature =
        sigv4::trailer_signature(key_, at, previous_, sum_name_ + ":" + value + "\n");
    return sigv4::encode_body_end(previous_, std::span(&trailer, 1), signature);
}

task<result<void>> signed_body::next_chunk(operation& op) {
    const sigv4::stamp at{time_, {region_, service_}};
    std::string data(static_cast<std::size_t>(std::min<std::uint64_t>(left_, chunk_size)), '\0');
    if (!data.empty()) {
        result<std::size_t> n = co_await inner_.read(op, data, data.size());
        if (!n) co_return n.error();
        if (*n != data.size())
            co_return error(errc::changed, "the source ended before the length it promised");
    }
    left_ -= data.size();
    if (data.empty()) {
        const result<void> ended = co_await check_ended(op, inner_);
        if (!ended) co_return ended.error();
    }
    sum_.update(data);
    previous_ = sigv4::chunk_signature(key_, at, previous_, sha256(data));
    if (data.empty()) {
        encoded_ = end(at);
        ended_ = true;
    } else {
        encoded_ = sigv4::encode_chunk_header(data.size(), previous_);
        encoded_ += data;
        encoded_ += "\r\n";
    }
    given_ = 0;
    co_return result<void>();
}

task<result<std::size_t>>
signed_body::read(operation& op, std::span<char> into, std::size_t enough) {
    std::size_t got = 0;
    while (got < enough) {
        if (given_ == encoded_.size()) {
            if (ended_) break;
            result<void> framed = co_await next_chunk(op);
            if (!framed) co_return framed.error();
        }
        std::size_t n = std::min(into.size() - got, encoded_.size() - given_);
        std::memcpy(into.data() + got, encoded_.data() + given_, n);
        got += n;
        given_ += n;
    }
    co_return got;
}

} // namespace blobstore::s3
