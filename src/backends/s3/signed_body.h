// SPDX-License-Identifier: Apache-2.0
// A body signed chunk by chunk (STREAMING-AWS4-HMAC-SHA256-PAYLOAD), with or without a checksum
// behind it: for streams that cannot be hashed beforehand.
#pragma once

#include "async/stream.h"
#include "auth/sigv4.h"
#include "base/checksum.h"

namespace blobstore::s3 {

/// Reads `inner` and gives its aws-chunked form. start() before each attempt, with that attempt's
/// signature.
class signed_body final : public reader {
public:
    static constexpr std::size_t chunk_size = 128 * 1024;

    signed_body(
        reader& inner,
        std::uint64_t length,
        checksum_kind kind = checksum_kind::none,
        std::string name_of_sum = {}
    )
        : inner_(inner)
        , length_(length)
        , left_(length)
        , sum_(kind)
        , sum_name_(std::move(name_of_sum)) {}

    std::uint64_t encoded_length() const;

    void
    start(const sha256_value& key, std::int64_t time, const sigv4::scope& where, std::string seed);

    task<result<std::size_t>>
    read(operation& op, std::span<char> into, std::size_t enough) override;

private:
    task<result<void>> next_chunk(operation& op);

    std::string end(const sigv4::stamp& at);

    reader& inner_;
    const std::uint64_t length_;
    std::uint64_t left_;
    checksum sum_;
    const std::string sum_name_; ///< of the trailer
    secret_digest key_;
    std::int64_t time_ = 0;
    std::string region_, service_, previous_, encoded_;
    std::size_t given_ = 0;
    bool ended_ = false;
};

} // namespace blobstore::s3
