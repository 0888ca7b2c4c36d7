// SPDX-License-Identifier: Apache-2.0
// Local files as sources and destinations of a store's bytes; memory is bounded by one chunk.
#pragma once

#include "os/file.h"
#include "os/replace.h"
#include "store/download.h"
#include "store/resume.h"
#include "store/store.h"

#include <optional>

namespace blobstore {

/// The bytes of a regular file from its start (a descriptor: also from its start), with its size
/// when it was opened; or a section of them.
class file_source final : public reader {
public:
    /// errc::not_a_file for what is no regular file.
    static result<std::unique_ptr<file_source>> open(const local_file& from);

    std::uint64_t size() const noexcept { return end_ - begin_; }

    source_facts facts() const noexcept {
        return {facts_.size, facts_.device, facts_.inode, facts_.modified_ns};
    }

    /// Bytes within it; borrows the file from this.
    std::unique_ptr<file_source> section(std::uint64_t offset, std::uint64_t size) const;

    /// errc::changed in place of the last bytes where size or times are not those at open.
    task<result<std::size_t>>
    read(operation& op, std::span<char> into, std::size_t enough) override;

    result<void> rewind() override {
        offset_ = begin_;
        return {};
    }

private:
    result<void> check_unchanged() const;

    file_source(descriptor own, int fd, file_facts facts, std::uint64_t begin, std::uint64_t end)
        : own_(std::move(own))
        , fd_(fd)
        , facts_(facts)
        , begin_(begin)
        , end_(end)
        , offset_(begin) {}

    descriptor own_; ///< empty where the descriptor is the caller's
    int fd_;
    file_facts facts_;
    std::uint64_t begin_, end_, offset_;
};

/// Where a download goes: a file that gets its name at commit(), or the caller's descriptor,
/// written from its start and cut behind the end.
class file_sink {
public:
    /// errc::not_a_file where the path leads to something that is no regular file.
    static result<std::unique_ptr<file_sink>>
    open(const local_file& to, temporary kind = temporary::automatic);

    /// Goes on with what one with a name kept; errc::not_found where that is gone.
    static result<std::unique_ptr<file_sink>>
    reopen(const local_file& to, const std::string& partial);

    /// Any thread, concurrently.
    result<void> write(std::span<const char> bytes, std::uint64_t offset) {
        return write_at(fd_, bytes, offset);
    }

    result<std::size_t> read(std::span<char> into, std::uint64_t offset) {
        return read_at(fd_, into, offset);
    }

    /// Durable, of `size` bytes and under its final name. A sink dropped before leaves nothing
    /// under it.
    result<void> commit(std::uint64_t size);

    /// Of one with a name: what was written is durable, and stays. For reopen().
    result<std::string> keep();

    /// Nothing stays when it is dropped.
    void let_go() noexcept { pending_->let_go(); }

private:
    file_sink(std::optional<pending_file> pending, std::string name, int fd, file_kind kind)
        : pending_(std::move(pending))
        , name_(std::move(name))
        , fd_(fd)
        , kind_(kind) {}

    std::optional<pending_file> pending_;
    std::string name_;
    int fd_;
    file_kind kind_;
};

/// The next `length` bytes (nullopt: all that come) of a body, to `offset` in the file; how many
/// there were. Blocks on the file.
task<result<std::uint64_t>> move_bytes(
    operation& op,
    resumable from,
    std::optional<std::uint64_t> length,
    file_sink& to,
    std::uint64_t offset
);

} // namespace blobstore
