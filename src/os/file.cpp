// SPDX-License-Identifier: Apache-2.0
// System calls on open files, with the loops that signals and short counts make necessary.
#include "os/file.h"

#include "base/aligned.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace blobstore {

namespace {

constexpr std::size_t most_per_call = std::size_t{1} << 30;

errc code_of(int errnum) noexcept {
    switch (errnum) {
    case ENOENT:
        return errc::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
        return errc::permission;
    case ENOSPC:
        return errc::no_space;
    case EDQUOT:
        return errc::quota;
    case EFBIG:
        return errc::too_large;
    case ENOMEM:
        return errc::no_memory;
    case EEXIST:
        return errc::exists;
    case ENOTDIR:
    case ENOTEMPTY:
        return errc::conflict;
    case EISDIR:
    case ELOOP:
    case EXDEV:
    case ENXIO:
    case ENODEV:
        return errc::not_a_file;
    case ENAMETOOLONG:
    case EILSEQ:
        return errc::invalid_argument;
    case EOPNOTSUPP:
    case ENOSYS:
        return errc::unsupported;
    default:
        return errc::io;
    }
}

std::int64_t nanoseconds_of(const timespec& t) {
    return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

file_facts from_stat(const struct stat& s) {
    file_facts f;
    f.kind = S_ISREG(s.st_mode)   ? file_kind::regular
             : S_ISDIR(s.st_mode) ? file_kind::folder
             : S_ISLNK(s.st_mode) ? file_kind::link
                                  : file_kind::other;
    f.mode = s.st_mode & 07777U;
    f.device = s.st_dev;
    f.inode = s.st_ino;
    f.size = static_cast<std::uint64_t>(s.st_size);
    f.modified_ns = nanoseconds_of(s.st_mtim);
    f.changed_ns = nanoseconds_of(s.st_ctim);
    return f;
}

result<std::uint64_t> copy_through_memory(
    int to, std::uint64_t to_offset, int from, std::uint64_t offset, std::uint64_t length
) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(length, 256 * 1024));
    const aligned_bytes memory = allocate_aligned(size);
    const std::span room(memory.get(), size);
    std::uint64_t done = 0;
    while (done < length) {
        const std::size_t want = std::min<std::uint64_t>(room.size(), length - done);
        result<std::size_t> got = read_at(from, room.first(want), offset + done);
        if (!got) return got.error();
        if (*got == 0) break;
        result<void> put = write_at(to, std::span<const char>(room.data(), *got), to_offset + done);
        if (!put) return put.error();
        done += *got;
    }
    return done;
}

} // namespace

error os_error(int errnum, std::string_view what) {
    error e(code_of(errnum), std::string(what) + ": " + std::generic_category().message(errnum));
    e->os_error = errnum;
    return e;
}

void descriptor::reset() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1)); // never twice: Linux frees it even on EINTR
}

result<file_facts> facts_of(int fd) {
    struct stat s {};

    if (::fstat(fd, &s) != 0) return os_error(errno, "cannot examine the file");
    return from_stat(s);
}

result<file_facts> facts_at(int folder, const std::string& name) {
    struct stat s {};

    if (::fstatat(folder, name.c_str(), &s, AT_SYMLINK_NOFOLLOW) != 0)
        return os_error(errno, "cannot examine the file");
    return from_stat(s);
}

result<std::size_t> read_at(int fd, std::span<char> into, std::uint64_t offset) {
    std::size_t done = 0;
    while (done < into.size()) {
        const std::size_t want = std::min(into.size() - done, most_per_call);
        const auto at = static_cast<off_t>(offset + done);
        const ssize_t got = ::pread(fd, into.data() + done, want, at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return os_error(errno, "cannot read the file");
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

result<void> write_at(int fd, std::span<const char> bytes, std::uint64_t offset) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const std::size_t want = std::min(bytes.size() - done, most_per_call);
        const auto at = static_cast<off_t>(offset + done);
        const ssize_t put = ::pwrite(fd, bytes.data() + done, want, at);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return os_error(errno, "cannot write the file");
        if (put == 0) return os_error(EIO, "cannot write the file");
        done += static_cast<std::size_t>(put);
    }
    return {};
}

result<void> sync_file(int fd) {
    if (::fsync(fd) != 0) return os_error(errno, "cannot make the file durable");
    return {};
}

result<void> sync_folder(int folder) {
    if (::fsync(folder) == 0 || errno == EINVAL || errno == EOPNOTSUPP) return {};
    return os_error(errno, "cannot make the folder durable");
}

bool share_blocks(int to, int from) {
    return ::ioctl(to, FICLONE, from) == 0;
}

result<std::uint64_t> copy_range(int to, int from, std::uint64_t offset, std::uint64_t length) {
    return copy_range(to, offset, from, offset, length);
}

result<std::uint64_t>
copy_range(int to, std::uint64_t to_offset, int from, std::uint64_t offset, std::uint64_t length) {
    std::uint64_t done = 0;
    while (done < length) {
        off_t in = static_cast<off_t>(offset + done);
        off_t out = static_cast<off_t>(to_offset + done);
        const std::size_t want = std::min<std::uint64_t>(length - done, most_per_call);
        const ssize_t got = ::copy_file_range(from, &in, to, &out, want, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 &&
            (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
            result<std::uint64_t> rest =
                copy_through_memory(to, to_offset + done, from, offset + done, length - done);
            if (!rest) return rest.error();
            return done + *rest;
        }
        if (got < 0) return os_error(errno, "cannot copy the file");
        if (got == 0) break;
        done += static_cast<std::uint64_t>(got);
    }
    return done;
}

result<xattr_value> get_xattr(int fd, const char* name) {
    std::string room(512, '\0');
    while (true) {
        const ssize_t got = ::fgetxattr(fd, name, room.data(), room.size());
        if (got >= 0) {
            room.resize(static_cast<std::size_t>(got));
            return xattr_value{std::move(room), true};
        }
        if (errno == ENODATA) return xattr_value{};
        if (errno == EOPNOTSUPP || errno == ENOSYS) return xattr_value{std::nullopt, false};
        if (errno != ERANGE || room.size() > XATTR_SIZE_MAX)
            return os_error(errno, "cannot read the file's attributes");
        room.resize(room.size() * 8);
    }
}

result<bool> set_xattr(int fd, const char* name, std::string_view value) {
    if (::fsetxattr(fd, name, value.data(), value.size(), 0) == 0) return true;
    switch (errno) {
    case EOPNOTSUPP: // no attributes here
    case ENOSYS:
    case EPERM:  // not for this kind of file, or forbidden
    case ENOSPC: // ext4: more than its one block; a full disk shows at the next write
    case E2BIG:
    case ERANGE:
    case EINVAL:
        return false;
    default:
        return os_error(errno, "cannot write the file's attributes");
    }
}

} // namespace blobstore
