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

private:
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<memory_objects>> stores_;
};

std::shared_ptr<backend> open_memory(
    std::string name, std::shared_ptr<memory_objects> objects, std::function<std::int64_t()> now_ns
);

} // namespace blobstore
