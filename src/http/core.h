// SPDX-License-Identifier: Apache-2.0
// What the calls of one client share, and an answer's body between its reads.
#pragma once

#include "http/client.h"
#include "http/pool.h"
#include "http/race.h"
#include "http/resolver.h"
#include "http/retry.h"
#include "http/turns.h"

namespace blobstore::http {

/// Servers that do not answer `Expect: 100-continue`: one of them costs a second, once. Any thread.
class silent_servers {
public:
    void add(const origin& to) {
        const std::lock_guard lock(mutex_);
        if (std::find(all_.begin(), all_.end(), to) == all_.end()) all_.push_back(to);
    }

    bool has(const origin& to) const {
        const std::lock_guard lock(mutex_);
        return std::find(all_.begin(), all_.end(), to) != all_.end();
    }

private:
    mutable std::mutex mutex_;
    std::vector<origin> all_;
};

/// Kept alive by the client and by every answer whose body may still be read.
struct core {
    core(client_options o, std::shared_ptr<trust> t, resolver r)
        : options(std::move(o))
        , roots(std::move(t))
        , names(std::move(r))
        , idle(options.idle, options.age)
        , places(options.most) {}

    const client_options options;
    const std::shared_ptr<trust> roots;
    resolver names;
    reachability reached;
    silent_servers silent;
    counters counts;
    buffers memory; ///< before the pool, whose connections give back to it
    pool idle;
    turns places;

    std::mutex budget_mutex; ///< guards the next
    retry_budget budget;
};

struct response::body_state {
    body_state(std::shared_ptr<core> s, std::unique_ptr<connection> c, wiping_string first);
    body_state(const body_state&) = delete;
    body_state& operator=(const body_state&) = delete;
    ~body_state();

    const response_head& head() const noexcept {
        return head_block_ ? head_block_->table : wire_->head();
    }

    task<result<std::size_t>> read(operation& op, std::span<char> into, std::size_t enough);

    std::optional<std::uint64_t> length;

private:
    void settle(steady::time_point now);

    std::shared_ptr<core> shared_;
    std::unique_ptr<connection> wire_;       ///< until the body has ended
    std::unique_ptr<head_block> head_block_; ///< from then on
    wiping_string first_; ///< the body's beginning, where the judge had to see it
    std::size_t first_at_ = 0;
    std::optional<error> failed_;
};

} // namespace blobstore::http
