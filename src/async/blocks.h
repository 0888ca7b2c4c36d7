// SPDX-License-Identifier: Apache-2.0
// Memory of operations that have ended, for those that follow: one is larger than what malloc keeps
// at hand.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace blobstore {

/// Blocks of one size. Any thread.
class block_pool {
public:
    block_pool() { free_.reserve(most); } // so that giving back needs no memory

    block_pool(const block_pool&) = delete;
    block_pool& operator=(const block_pool&) = delete;

    ~block_pool() {
        for (void* each : free_)
            ::operator delete(each);
    }

    void* take(std::size_t size) {
        {
            const std::lock_guard lock(mutex_);
            if (size == size_ && !free_.empty()) {
                void* const last = free_.back();
                free_.pop_back();
                return last;
            }
        }
        return ::operator new(size);
    }

    void give(void* block, std::size_t size) noexcept {
        {
            const std::lock_guard lock(mutex_);
            if (free_.empty()) size_ = size;
            if (size == size_ && free_.size() < most) {
                free_.push_back(block);
                return;
            }
        }
        ::operator delete(block);
    }

private:
    static constexpr std::size_t most = 64;

    std::mutex mutex_;
    std::size_t size_ = 0;
    std::vector<void*> free_; ///< last in first out, so that it is hot
};

/// For allocate_shared: what it makes keeps the pool.
template <class T>
struct block_allocator {
    using value_type = T;
    std::shared_ptr<block_pool> from;

    explicit block_allocator(std::shared_ptr<block_pool> p)
        : from(std::move(p)) {}

    template <class U>
    block_allocator(const block_allocator<U>& other)
        : from(other.from) {}

    T* allocate(std::size_t n) { return static_cast<T*>(from->take(n * sizeof(T))); }

    void deallocate(T* p, std::size_t n) noexcept { from->give(p, n * sizeof(T)); }

    template <class U>
    bool operator==(const block_allocator<U>& other) const {
        return from == other.from;
    }
};

} // namespace blobstore
