// SPDX-License-Identifier: Apache-2.0
// Memory that exchanges borrow, last in first out so that it is hot: heads with their parser, and
// chunks.
#pragma once

#include "base/aligned.h"
#include "base/secret.h"
#include "http/parser.h"

#include <mutex>

namespace blobstore::http {

inline constexpr std::size_t chunk_size = 256 * 1024;

/// One answer's head: its bytes, the table of views into them, the parser that filled it.
struct head_block {
    std::unique_ptr<char[]> bytes{new char[head_limit]};
    response_head table;
    answer_parser parser;

    head_block() = default;
    head_block(const head_block&) = delete;
    head_block& operator=(const head_block&) = delete;

    /// The error that an answer holds may tell our own token back to us.
    ~head_block() { wipe(bytes.get(), head_limit); }

    std::span<char> room() noexcept { return {bytes.get(), head_limit}; }
};

/// Any thread.
class buffers {
public:
    buffers() { // so that giving back needs no memory
        heads_.reserve(most_heads);
        chunks_.reserve(most_chunks);
    }

    std::unique_ptr<head_block> take_head() {
        {
            std::lock_guard lock(mutex_);
            if (!heads_.empty()) return last_of(heads_);
        }
        return std::make_unique<head_block>();
    }

    void give_head(std::unique_ptr<head_block> head) noexcept {
        keep(heads_, std::move(head), most_heads);
    }

    /// chunk_size bytes, uninitialised.
    aligned_bytes take_chunk() {
        {
            std::lock_guard lock(mutex_);
            if (!chunks_.empty()) return last_of(chunks_);
        }
        return allocate_aligned(chunk_size);
    }

    void give_chunk(aligned_bytes chunk) noexcept { keep(chunks_, std::move(chunk), most_chunks); }

private:
    static constexpr std::size_t most_heads = 64, most_chunks = 16;

    template <class T>
    static T last_of(std::vector<T>& from) {
        T taken = std::move(from.back());
        from.pop_back();
        return taken;
    }

    template <class T>
    void keep(std::vector<T>& in, T what, std::size_t most) {
        if (!what) return;
        std::lock_guard lock(mutex_);
        if (in.size() >= most) return;
        in.push_back(std::move(what));
    }

    std::mutex mutex_;
    std::vector<std::unique_ptr<head_block>> heads_;
    std::vector<aligned_bytes> chunks_;
};

} // namespace blobstore::http
