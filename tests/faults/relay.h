// SPDX-License-Identifier: Apache-2.0
// A TCP relay that harms the bytes on their way, below TLS: cut, reset, stalled, flipped, in
// pieces.
#pragma once

#include <cstdint>
#include <memory>

namespace blobstore::fault_tests {

enum class harm { none, reset, close, stall, flip, pieces };

struct relay_fault {
    harm what = harm::none;
    bool to_client = true;  // the direction whose bytes are counted and harmed
    std::uint64_t byte = 0; // of that direction, since harm() or since the connection began
    unsigned times = 1;     // connections that are harmed
};

// One thread for all connections. The destructor ends them.
class relay {
public:
    explicit relay(std::uint16_t upstream);
    ~relay();
    relay(const relay&) = delete;
    relay& operator=(const relay&) = delete;

    std::uint16_t port() const;
    // From now on, also for connections that are open; relay_fault{} ends it.
    void harm_with(const relay_fault& what);
    unsigned hits() const; // connections that were harmed, since harm_with()

private:
    class core;

    std::unique_ptr<core> core_;
};

} // namespace blobstore::fault_tests
