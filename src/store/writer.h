// SPDX-License-Identifier: Apache-2.0
// An object written by pushes, its length unknown: one PUT where it stays small, else parts. Only
// finish() commits.
#pragma once

#include "async/budget.h"
#include "async/group.h"
#include "base/aligned.h"
#include "store/backend.h"

namespace blobstore {

/// What a store's settings allow its transfers.
struct transfer_limits {
    std::uint64_t threshold = 16u << 20;       ///< one PUT up to so much
    std::uint64_t copy_threshold = 5ull << 30; ///< one request copies up to so much
    std::uint64_t part_size = 0;               ///< 0: the best
    std::uint32_t parallel = 8;
    std::shared_ptr<budget> memory; ///< of all transfers of the client
};

/// One call at a time; the calls may run on different threads. Dropped unfinished it leaves
/// nothing: its upload is aborted behind it.
class object_writer {
public:
    object_writer(
        std::shared_ptr<backend> to,
        std::string key,
        put_options options,
        const transfer_limits& limits
    );
    object_writer(const object_writer&) = delete;
    object_writer& operator=(const object_writer&) = delete;
    ~object_writer();

    /// All of it, or an error after which nothing more is taken. Waits while too many parts are on
    /// their way or the memory is short.
    task<result<void>> write(operation& op, std::span<const char> bytes);

    /// The commit. Once.
    task<result<object_meta>> finish(operation& op);

    /// Ends what is on its way; nothing is committed. Does not wait.
    void abandon() noexcept;

    std::uint64_t size() const noexcept { return size_; }

private:
    struct buffer {
        aligned_bytes bytes;
        std::uint64_t room = 0, used = 0;
        budget::share share;

        std::span<const char> span() const noexcept {
            return {bytes.get(), static_cast<std::size_t>(used)};
        }
    };

    struct receipts {
        std::mutex mutex;
        std::vector<finished_part> parts;
    };

    task<result<void>> take_buffer(operation& op);
    task<result<void>> begin_part(operation& op, buffer what);
    task<result<void>> send_pending(operation& op);
    task<result<void>> put_whole(operation& op, object_meta& done);
    task<result<object_meta>> complete(operation& op);
    static task<result<void>> put_part(
        operation& member,
        std::shared_ptr<backend> to,
        std::shared_ptr<const open_upload> upload,
        std::uint32_t number,
        std::shared_ptr<buffer> what,
        std::shared_ptr<receipts> into
    );

    const std::shared_ptr<backend> to_;
    const std::string key_;
    const put_options options_;
    const part_limits parts_;
    const transfer_limits limits_;
    std::vector<buffer> pending_; ///< the last one is being filled
    std::shared_ptr<const open_upload> upload_;
    std::shared_ptr<receipts> receipts_ = std::make_shared<receipts>();
    group group_;
    std::uint32_t begun_ = 0; ///< parts
    std::uint64_t size_ = 0, wanted_part_ = 0;
    checksum digest_; ///< of everything, where the caller gave one to compare with
    std::optional<error> failure_;
    bool finished_ = false;
    runtime* runs_on_ = nullptr;
};

/// All of a stream of known length, pushed into a writer.
task<result<object_meta>> write_all(operation& op, object_writer& to, const source& body);

} // namespace blobstore
