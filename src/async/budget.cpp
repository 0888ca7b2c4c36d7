// SPDX-License-Identifier: Apache-2.0
// Claims stand in line; what is given back goes to the first as soon as it suffices.
#include "async/budget.h"

#include <algorithm>

namespace blobstore {

void budget::share::give_back() noexcept {
    if (const std::shared_ptr<budget> from = std::move(of_)) {
        const std::lock_guard lock(from->mutex_);
        from->free_ += std::exchange(bytes_, 0);
        from->hand_out();
    }
}

void budget::hand_out() noexcept {
    while (!waiting_.empty() && waiting_.front().bytes <= free_) {
        free_ -= waiting_.front().bytes;
        most_out_ = std::max(most_out_, total_ - free_);
        waiting_.front().granted.set();
        waiting_.pop_front();
    }
}

std::uint64_t budget::peak() const {
    const std::lock_guard lock(mutex_);
    return most_out_;
}

budget::share budget::granted(const std::shared_ptr<budget>& from, std::uint64_t bytes) noexcept {
    share mine;
    mine.of_ = from;
    mine.bytes_ = bytes;
    return mine;
}

std::optional<budget::share>
budget::try_take(const std::shared_ptr<budget>& from, std::uint64_t bytes, std::uint64_t leave) {
    const std::lock_guard lock(from->mutex_);
    if (!from->waiting_.empty() || bytes > from->free_ || from->free_ - bytes < leave)
        return std::nullopt;
    from->free_ -= bytes;
    from->most_out_ = std::max(from->most_out_, from->total_ - from->free_);
    return granted(from, bytes);
}

task<result<budget::share>>
budget::take(operation& op, std::shared_ptr<budget> from, std::uint64_t bytes) {
    if (bytes > from->total_)
        co_return error(
            errc::too_large,
            std::to_string(bytes) + " bytes are more than memory_budget, " +
                std::to_string(from->total_)
        );
    std::list<claim> place;
    place.push_back(claim{bytes, {}});
    const auto me = place.begin();
    const wakeup called = me->granted;
    {
        const std::lock_guard lock(from->mutex_);
        from->waiting_.splice(from->waiting_.end(), place);
        from->hand_out();
    }
    if (called.is_set()) co_return granted(from, bytes);
    op.held.release(); // or those who hold the memory might wait for its turn
    const result<void> waited = co_await called.wait(op);
    {
        const std::lock_guard lock(from->mutex_);
        if (!called.is_set()) {
            from->waiting_.erase(me);
            from->hand_out(); // who stood behind it may need less
            co_return waited.error();
        }
    }
    co_return granted(from, bytes);
}

} // namespace blobstore
