// SPDX-License-Identifier: Apache-2.0
// Which idle connection is used next, and when one is too old.
#include "http/pool.h"

#include <iterator>

namespace blobstore::http {

namespace {

constexpr milliseconds idle_of_the_impatient{4000};
constexpr std::size_t most_idle = 256;    // of one origin
constexpr std::size_t most_looked_at = 8; // for one of the same context

} // namespace

pool::shelf& pool::shelf_of(const origin& to) {
    for (shelf& s : shelves_)
        if (s.to == to) return s;
    return shelves_.emplace_back(shelf{to, idle_limit_, {}});
}

std::unique_ptr<connection> pool::candidate(
    const origin& to,
    context& home,
    milliseconds rested,
    std::vector<std::unique_ptr<connection>>& old
) {
    std::lock_guard lock(mutex_);
    shelf& s = shelf_of(to);
    const steady::time_point now = home.now();
    const auto fresh = [&](const std::unique_ptr<connection>& c) {
        return now - c->idle_since <= s.limit && now - c->born <= age_limit_;
    };
    const auto first_fresh =
        std::find_if(s.idle.begin(), s.idle.end(), fresh); // the oldest come first
    old.insert(
        old.end(), std::make_move_iterator(s.idle.begin()), std::make_move_iterator(first_fresh)
    );
    s.idle.erase(s.idle.begin(), first_fresh);
    if (s.idle.empty()) return nullptr;
    std::size_t at = s.idle.size() - 1;
    for (std::size_t i = s.idle.size(), looked = 0; i-- > 0 && looked < most_looked_at; ++looked) {
        if (s.idle[i]->wire().home() != &home) continue;
        at = i;
        break;
    }
    if (now - s.idle[at]->idle_since > rested) return nullptr;
    std::unique_ptr<connection> c = std::move(s.idle[at]);
    s.idle.erase(s.idle.begin() + static_cast<std::ptrdiff_t>(at));
    // Off its context before it leaves the lock: that context may be about to run or to go.
    if (c->wire().home() != &home) c->wire().detach();
    if (now - c->born <= age_limit_) return c;
    old.push_back(std::move(c));
    return nullptr;
}

std::unique_ptr<connection> pool::take(const origin& to, context& home, milliseconds rested) {
    std::vector<std::unique_ptr<connection>> old; // closed outside the lock
    for (;;) {
        std::unique_ptr<connection> c = candidate(to, home, rested, old);
        if (!c) return nullptr;
        if (c->wire().silent() && c->wire().adopt(home)) return c;
    }
}

void pool::give(std::unique_ptr<connection> c, steady::time_point now) {
    if (now - c->born > age_limit_) return;
    c->idle_since = now;
    std::unique_ptr<connection> surplus; // closed outside the lock
    std::lock_guard lock(mutex_);
    shelf& s = shelf_of(c->wire().to());
    s.idle.push_back(std::move(c));
    if (s.idle.size() <= most_idle) return;
    surplus = std::move(s.idle.front());
    s.idle.erase(s.idle.begin());
}

void pool::saw_stale(const origin& to) {
    std::lock_guard lock(mutex_);
    shelf& s = shelf_of(to);
    s.limit = std::min(s.limit, idle_of_the_impatient);
}

void pool::give_up() {
    std::vector<std::unique_ptr<connection>> closed; // outside the lock
    const std::lock_guard lock(mutex_);
    for (shelf& s : shelves_) {
        std::ranges::move(s.idle, std::back_inserter(closed));
        s.idle.clear();
    }
}

std::size_t pool::idle() const {
    std::lock_guard lock(mutex_);
    std::size_t n = 0;
    for (const shelf& s : shelves_)
        n += s.idle.size();
    return n;
}

} // namespace blobstore::http
