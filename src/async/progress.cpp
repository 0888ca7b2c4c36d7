// SPDX-License-Identifier: Apache-2.0
// When it is time to tell, and how fast it goes.
#include "async/progress.h"

#include <algorithm>

namespace blobstore {

/// One of the threads that ask gets a yes an interval.
bool progress_meter::is_time() noexcept {
    const clock::rep now = clock::now().time_since_epoch().count();
    clock::rep next = next_.load(std::memory_order_relaxed);
    if (now < next) return false;
    const clock::rep after = now + clock::duration(interval_).count();
    return next_.compare_exchange_strong(next, after, std::memory_order_relaxed);
}

void progress_meter::add(std::int64_t bytes) noexcept {
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
    if (bytes > 0 && is_time()) tell();
}

void progress_meter::keep(std::string_view text) {
    const std::lock_guard lock(mutex_);
    text_ = text;
    new_text_ = true;
    tell_locked();
}

void progress_meter::tell() noexcept {
    const std::lock_guard lock(mutex_);
    tell_locked();
}

void progress_meter::close() noexcept {
    const std::lock_guard lock(mutex_);
    tell_ = nullptr;
}

void progress_meter::tell_locked() noexcept {
    if (!tell_) return;
    const clock::time_point at = clock::now();
    progress now;
    now.total = total_.load(std::memory_order_relaxed);
    const std::int64_t counted = std::max<std::int64_t>(0, bytes_.load(std::memory_order_relaxed));
    now.bytes = static_cast<std::uint64_t>(counted);
    if (now.total != 0) now.bytes = std::min(now.bytes, now.total);
    const auto passed = std::chrono::duration<double>(at - last_at_).count();
    const std::uint64_t moved = now.bytes - std::min(now.bytes, last_.bytes);
    now.rate = last_.rate; // two that follow at once say nothing of the speed
    if (passed >= 0.001) now.rate = static_cast<std::uint64_t>(static_cast<double>(moved) / passed);
    if (new_text_) now.resume = text_;
    if (!tell_(who_, now)) return;
    new_text_ = false;
    last_ = now;
    last_.resume = {};
    last_at_ = at;
}

} // namespace blobstore
