// SPDX-License-Identifier: Apache-2.0
// What is known of an endpoint: the conditions that it enforces, told by a probe, and the checksums
// that it takes, told by its refusals. Shared by all stores of a client on it.
#pragma once

#include "backends/s3/profiles.h"
#include "store/admin.h"

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>

namespace blobstore::s3 {

/// What a service has shown to take, whatever the bucket. Any thread. S3-40
struct taken {
    std::atomic<checksum_form> sums{checksum_form::trailer};
    std::atomic<bool> sum_mode{true}; ///< x-amz-checksum-mode of a read
};

/// 1 yes, 0 no, -1 not known, for each capability. Any thread.
class proven {
public:
    explicit proven(std::shared_ptr<taken> of_service);

    int get(capability what) const noexcept { return known_[index(what)]; }

    void set(capability what, bool yes) noexcept { known_[index(what)] = yes ? 1 : 0; }

    taken& service() const noexcept { return *service_; }

private:
    static std::size_t index(capability what) noexcept {
        return static_cast<std::size_t>(what) % 16;
    }

    const std::shared_ptr<taken> service_;
    std::array<std::atomic<int>, 16> known_;
};

/// By endpoint and bucket; of one client.
class proven_endpoints {
public:
    std::shared_ptr<proven> of(const std::string& service, const std::string& bucket);

private:
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<taken>> taken_; ///< by service
    std::map<std::string, std::shared_ptr<proven>> known_;
};

struct endpoint;

/// What is known of that endpoint and bucket.
std::shared_ptr<proven> known_of(proven_endpoints& all, const endpoint& at);

} // namespace blobstore::s3
