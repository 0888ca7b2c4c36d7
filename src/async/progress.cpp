// SPDX-License-Identifier: Apache-2.0
// When it is time to tell, and how fast it goes.
#include "async/progress.h"

#include "base/secret.h"

#include <algorithm>

namespace blobstore {

namespace {

constexpr std::chrono::seconds rate_window{2};

} // namespace

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
    if (!tell_) return;
    wipe(text_.data(), text_.size()); // there may be a customer's key in it
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
    wipe(text_.data(), text_.size());
}

/// Over the last seconds: a call that waits for its next part is not slow yet.
std::uint64_t progress_meter::rate_of(const mark& now) noexcept {
    const double passed = std::chrono::duration<double>(now.at - from_.at).count();
    if (now.bytes < from_.bytes || passed < 0.001) return rate_;
    rate_ = static_cast<std::uint64_t>(static_cast<double>(now.bytes - from_.bytes) / passed);
    if (now.at - from_.at > rate_window) from_ = last_;
    return rate_;
}

void progress_meter::tell_locked() noexcept {
    if (!tell_) return;
    const std::int64_t counted = std::max<std::int64_t>(0, bytes_.load(std::memory_order_relaxed));
    mark at{clock::now(), static_cast<std::uint64_t>(counted)};
    progress now;
    now.total = total_.load(std::memory_order_relaxed);
    if (now.total != 0) at.bytes = std::min(at.bytes, now.total);
    now.bytes = at.bytes;
    now.rate = rate_of(at);
    if (new_text_) now.resume = text_;
    last_ = at;
    if (tell_(who_, now)) new_text_ = false;
}

} // namespace blobstore
