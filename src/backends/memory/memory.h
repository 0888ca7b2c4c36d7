// SPDX-License-Identifier: Apache-2.0
// The memory store: objects of this process, with the semantics of the others.
#pragma once

#include "os/host.h"
#include "store/backend.h"

#include <map>
#include <mutex>

namespace blobstore {

/// The objects of one memory store; shared by every store opened under its name within a client.
class memory_objects;

/// The named stores of one client.
class memory_stores {
public:
    std::shared_ptr<memory_objects> named(const std::string& name);
    std::vector<std::string> names() const; ///< in order

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<memory_objects>> stores_;
};

/// With `versioned` the store of that name keeps every version from then on.
std::shared_ptr<backend> open_memory(
    std::string name,
    std::shared_ptr<memory_stores> stores,
    std::function<std::int64_t()> now_ns,
    bool versioned
);

} // namespace blobstore
