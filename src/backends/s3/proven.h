// SPDX-License-Identifier: Apache-2.0
// What is known of an endpoint's enforcement of conditions: told by a probe, shared by all stores
// of a client on that endpoint and bucket.
#pragma once

#include "store/admin.h"

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>

namespace blobstore::s3 {

/// 1 yes, 0 no, -1 not known, for each capability. Any thread.
class proven {
public:
    proven();

    int get(capability what) const noexcept { return known_[index(what)]; }

    void set(capability what, bool yes) noexcept { known_[index(what)] = yes ? 1 : 0; }

private:
    static std::size_t index(capability what) noexcept {
        return static_cast<std::size_t>(what) % 16;
    }

    std::array<std::atomic<int>, 16> known_;
};

/// By endpoint and bucket; of one client.
class proven_endpoints {
public:
    std::shared_ptr<proven> of(const std::string& identity);

private:
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<proven>> known_;
};

struct endpoint;

/// What is known of that endpoint and bucket.
std::shared_ptr<proven> known_of(proven_endpoints& all, const endpoint& at);

} // namespace blobstore::s3
