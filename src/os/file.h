// SPDX-License-Identifier: Apache-2.0
// Descriptors and what is done with an open file; errors of the system as ours. Knows no paths and
// no keys.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace blobstore {

/// `errnum` as an error that names `what` was done; the one translation of errno.
error os_error(int errnum, std::string_view what);

/// An open file descriptor, closed with its owner.
class descriptor {
public:
    descriptor() = default;

    explicit descriptor(int fd) noexcept
        : fd_(fd) {}

    descriptor(descriptor&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)) {}

    descriptor& operator=(descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }

    ~descriptor() { reset(); }

    int get() const noexcept { return fd_; }

    explicit operator bool() const noexcept { return fd_ >= 0; }

    void reset() noexcept;

private:
    int fd_ = -1;
};

/// What stands under a name.
enum class file_kind { regular, folder, link, other };

/// What fstat says, as far as anything here needs it.
struct file_facts {
    file_kind kind = file_kind::other;
    std::uint32_t mode = 0;
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t modified_ns = 0, changed_ns = 0;
};

result<file_facts> facts_of(int fd);

/// Of a single name in a folder; a link is described, not followed.
result<file_facts> facts_at(int folder, const std::string& name);

/// Reads until `into` is full or the file ends; continues after signals.
result<std::size_t> read_at(int fd, std::span<char> into, std::uint64_t offset);

/// Writes all; continues after signals and short writes.
result<void> write_at(int fd, std::span<const char> bytes, std::uint64_t offset);

/// To stable storage. A failure is final: what was written may be lost (never ask again).
result<void> sync_file(int fd);

/// The same for the names in a folder; what cannot sync folders at all passes.
result<void> sync_folder(int folder);

/// Makes `to`, which is empty, share the blocks of `from`; false where the file system cannot.
bool share_blocks(int to, int from);

/// Copies at most `length` bytes at `offset` within the kernel or through memory; fewer only at the
/// end.
result<std::uint64_t> copy_range(int to, int from, std::uint64_t offset, std::uint64_t length);

/// The same to another offset.
result<std::uint64_t>
copy_range(int to, std::uint64_t to_offset, int from, std::uint64_t offset, std::uint64_t length);

/// An extended attribute. nullopt: there is none, or the file system has none at all (`supported`
/// false).
struct xattr_value {
    std::optional<std::string> value;
    bool supported = true;
};

result<xattr_value> get_xattr(int fd, const char* name);

/// False where the file system has none or no room for this one; errors are real failures.
result<bool> set_xattr(int fd, const char* name, std::string_view value);

} // namespace blobstore
