// SPDX-License-Identifier: Apache-2.0
// The bytes of an object; long runs of zeros are kept as their length.
#pragma once

#include "fakes/digests.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blobstore::fakes {

class object_bytes {
public:
    static constexpr std::uint64_t to_end = UINT64_MAX;

    object_bytes() = default;
    explicit object_bytes(const std::string& text);

    std::uint64_t size() const { return size_; }

    void append(const object_bytes& more);
    object_bytes part(std::uint64_t first, std::uint64_t count) const;

    // Views, as long as this is there.
    stretches pieces(std::uint64_t first = 0, std::uint64_t count = to_end) const;
    std::string text(std::uint64_t first = 0, std::uint64_t count = to_end) const;

private:
    struct run {
        std::shared_ptr<const std::string> held; // null: zeros
        std::size_t offset = 0;                  // in *held
        std::uint64_t count = 0;
    };

    void add(run one);

    std::vector<run> runs_;
    std::uint64_t size_ = 0;
};

} // namespace blobstore::fakes
