// SPDX-License-Identifier: Apache-2.0
// A body signed chunk by chunk (STREAMING-AWS4-HMAC-SHA256-PAYLOAD): for streams that cannot be
// hashed beforehand.
#pragma once

#include "async/stream.h"
#include "auth/sigv4.h"

namespace blobstore::s3 {

/// Reads `inner` and gives its aws-chunked form. start() before each attempt, with that attempt's
/// signature.
class signed_body final : public reader {
public:
    static constexpr std::size_t chunk_size = 128 * 1024;

    signed_body(reader& inner, std::uint64_t length)
        : inner_(inner)
        , left_(length) {}

    static std::uint64_t encoded_length(std::uint64_t length) {
        return sigv4::encoded_length(length, chunk_size, 0, sigv4::chunks::with_signature);
    }

    void
    start(const sha256_value& key, std::int64_t time, const sigv4::scope& where, std::string seed);

    task<result<std::size_t>>
    read(operation& op, std::span<char> into, std::size_t enough) override;

private:
    task<result<void>> next_chunk(operation& op);

    reader& inner_;
    std::uint64_t left_;
    secret_digest key_;
    std::int64_t time_ = 0;
    std::string region_, service_, previous_, encoded_;
    std::size_t given_ = 0;
    bool ended_ = false;
};

} // namespace blobstore::s3
