// SPDX-License-Identifier: Apache-2.0
// Bytes that are pulled: the abstract reader, and what a request body is made of.
#pragma once

#include "async/operation.h"

#include <cstdint>
#include <span>

namespace blobstore {

/// A stream of bytes. One operation at a time; the operations may run on different threads, one
/// after the other.
class reader {
public:
    reader() = default;
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;
    virtual ~reader() = default;

    /// Reads at least `enough` (1 and up) and at most into.size() bytes; fewer than `enough` only
    /// at the end. 0 = end.
    virtual task<result<std::size_t>>
    read(operation& op, std::span<char> into, std::size_t enough) = 0;

    /// Back to the first byte, so that it can be sent again; errc::unsupported where that cannot
    /// be.
    virtual result<void> rewind() {
        return error(errc::unsupported, "this source cannot be read twice");
    }

    /// The next read starts at this byte; false: it cannot do that.
    virtual bool seek(std::uint64_t) noexcept { return false; }
};

/// errc::changed where there is still a byte.
inline task<result<void>> check_ended(operation& op, reader& from) {
    char more = 0;
    const result<std::size_t> n = co_await from.read(op, {&more, 1}, 1);
    if (!n) co_return n.error();
    if (*n != 0) co_return error(errc::changed, "the source has more bytes than were announced");
    co_return result<void>();
}

/// What a request or a put sends: memory, or a stream of known length, which may give fewer bytes
/// than enough before its end. Borrowed; the caller keeps both alive.
struct source {
    std::span<const char> memory;
    reader* stream = nullptr; ///< instead of memory
    std::uint64_t stream_length = 0;

    std::uint64_t size() const noexcept { return stream ? stream_length : memory.size(); }
};

} // namespace blobstore
