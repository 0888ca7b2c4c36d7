// SPDX-License-Identifier: Apache-2.0
// Memory that a client's transfers share.
#pragma once

#include "async/operation.h"

#include <list>
#include <optional>

namespace blobstore {

/// So many bytes, given out whole or not at all, first come first served: who asks for much is not
/// overtaken. Any thread.
class budget {
public:
    /// Bytes taken; given back with it.
    class share {
    public:
        share() = default;

        share(share&& other) noexcept
            : of_(std::exchange(other.of_, nullptr))
            , bytes_(std::exchange(other.bytes_, 0)) {}

        share& operator=(share&& other) noexcept {
            give_back();
            of_ = std::exchange(other.of_, nullptr);
            bytes_ = std::exchange(other.bytes_, 0);
            return *this;
        }

        ~share() { give_back(); }

        std::uint64_t bytes() const noexcept { return bytes_; }

        void give_back() noexcept;

    private:
        friend class budget;
        std::shared_ptr<budget> of_;
        std::uint64_t bytes_ = 0;
    };

    explicit budget(std::uint64_t bytes)
        : total_(bytes)
        , free_(bytes) {}

    std::uint64_t total() const noexcept { return total_; }

    /// The most that was out at one time.
    std::uint64_t peak() const;

    /// At once or not at all; nothing where somebody waits, or less than `leave` would remain.
    static std::optional<share>
    try_take(const std::shared_ptr<budget>& from, std::uint64_t bytes, std::uint64_t leave = 0);

    /// Waits its turn, as long as the operation is armed for. errc::too_large for more than there
    /// is in all.
    static task<result<share>>
    take(operation& op, std::shared_ptr<budget> from, std::uint64_t bytes);

private:
    struct claim {
        std::uint64_t bytes;
        wakeup granted;
    };

    static share granted(const std::shared_ptr<budget>& from, std::uint64_t bytes) noexcept;
    void hand_out() noexcept; ///< with mutex_ held

    const std::uint64_t total_;
    mutable std::mutex mutex_;
    std::uint64_t free_, most_out_ = 0;
    std::list<claim> waiting_;
};

} // namespace blobstore
