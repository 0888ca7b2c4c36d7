// SPDX-License-Identifier: Apache-2.0
// A body in unsigned chunks with its checksum behind it (STREAMING-UNSIGNED-PAYLOAD-TRAILER):
// summed up while it is sent.
#pragma once

#include "async/stream.h"
#include "base/checksum.h"

#include <string>

namespace blobstore::s3 {

/// Reads `inner` and gives its aws-chunked form; the bytes go from reader to reader uncopied.
class trailing_body final : public reader {
public:
    trailing_body(reader& inner, std::uint64_t length, checksum_kind kind, std::string name);

    std::uint64_t encoded_length() const;

    task<result<std::size_t>>
    read(operation& op, std::span<char> into, std::size_t enough) override;

    result<void> rewind() override;

private:
    task<result<std::size_t>> read_inner(operation& op, std::span<char> into, std::size_t enough);
    std::size_t give(std::span<char> into);

    reader& inner_;
    void begin_chunk(std::string_view before);

    const std::uint64_t length_;
    const std::string name_;
    checksum sum_;
    std::string value_; ///< of the bytes as they were sent first. S3-41
    std::string frame_; ///< a chunk's header, or the end
    std::uint64_t left_, chunk_left_ = 0;
    std::size_t given_ = 0;
};

} // namespace blobstore::s3
