// SPDX-License-Identifier: Apache-2.0
// Additive increase, multiplicative decrease.
#include "http/allowance.h"

#include <algorithm>

namespace blobstore::http {

void allowance::throttled(
    steady::time_point begun, steady::time_point now, unsigned busy
) noexcept {
    if (begun < changed_) return;
    changed_ = now;
    successes_ = 0;
    now_ = std::max(1U, std::min({now_, busy, most_}) / 2);
}

void allowance::succeeded() noexcept {
    if (now_ == none || ++successes_ < now_) return;
    successes_ = 0;
    now_ = now_ + 1 < most_ ? now_ + 1 : none;
}

} // namespace blobstore::http
