// SPDX-License-Identifier: Apache-2.0
// The versions that the fake server keeps of the objects of its buckets.
#pragma once

#include "fakes/object_map.h"

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace blobstore::fakes {

enum class versioning { never, on, suspended };

struct kept_version {
    std::string id;
    object_ptr object; // null: a delete marker
    std::time_t made = 0;
};

struct versioned_bucket {
    versioning state = versioning::never;
    bool locks = false;                                    // objects may be locked
    std::map<std::string, std::vector<kept_version>> keys; // of each the newest last

    kept_version* find(const std::string& key, const std::string& id);
};

class version_store {
public:
    // Runs use(versioned_bucket&) under the lock, which is taken after that of the buckets.
    template <class Use>
    auto with(const std::string& bucket, Use&& use) {
        const std::lock_guard lock{mutex_};
        return use(buckets_[bucket]);
    }

    std::string next_id(); // under the lock
    void forget(const std::string& bucket);

private:
    std::mutex mutex_;
    std::map<std::string, versioned_bucket> buckets_;
    std::uint64_t ids_ = 0;
};

// What a request that names an object, or a version of it, finds.
struct found_version {
    object_ptr object;
    bool is_marker = false;
    std::string id; // of the marker
};

} // namespace blobstore::fakes
