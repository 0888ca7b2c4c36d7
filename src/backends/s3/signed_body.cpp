// SPDX-License-Identifier: Apache-2.0
// Chunk after chunk: read, hash, sign, frame.
#include "backends/s3/signed_body.h"

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
    previous_ = sigv4::chunk_signature(key_, at, previous_, sha256(data));
    if (data.empty()) {
        encoded_ = sigv4::encode_body_end(previous_, {});
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
