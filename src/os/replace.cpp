// SPDX-License-Identifier: Apache-2.0
// Durable replace: unnamed or temporary file, fsync, link or rename, fsync of the folder.
#include "os/replace.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace blobstore {

namespace {

constexpr int tries = 16;

result<std::string> temporary_name() {
    std::uint64_t bits = 0;
    if (::getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits))
        return os_error(errno, "cannot name a temporary file");
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(bits));
    return std::string(own_prefix) + "tmp-" + text;
}

std::string link_to_descriptor(int fd) {
    return "/proc/self/fd/" + std::to_string(fd);
}

} // namespace

pending_file::pending_file(descriptor folder, descriptor file, std::string name)
    : folder_(std::move(folder))
    , file_(std::move(file))
    , name_(std::move(name)) {
}

pending_file::pending_file(pending_file&& other) noexcept
    : folder_(std::move(other.folder_))
    , target_(std::move(other.target_))
    , file_(std::move(other.file_))
    , name_(std::exchange(other.name_, {}))
    , size_(other.size_)
    , durable_(other.durable_)
    , kept_(other.kept_) {
}

pending_file::~pending_file() {
    if (!name_.empty() && folder_ && !kept_) ::unlinkat(folder_.get(), name_.c_str(), 0);
}

result<pending_file> pending_file::create(descriptor folder, temporary kind) {
    if (kind == temporary::automatic) {
        descriptor file(::openat(folder.get(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
        // without /proc an unnamed file could not be given a name later
        const bool usable = file && ::access(link_to_descriptor(file.get()).c_str(), F_OK) == 0;
        if (usable) return pending_file(std::move(folder), std::move(file), {});
    }
    for (int i = 0; i < tries; ++i) {
        result<std::string> name = temporary_name();
        if (!name) return name.error();
        const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        descriptor file(::openat(folder.get(), name->c_str(), flags, 0666));
        if (file) return pending_file(std::move(folder), std::move(file), std::move(*name));
        if (errno != EEXIST && errno != EINTR) return os_error(errno, "cannot create a file");
    }
    return os_error(EEXIST, "cannot create a file");
}

result<pending_file> pending_file::reopen(descriptor folder, std::string name) {
    if (!is_own_name(name) || name.find('/') != std::string::npos)
        return error(errc::invalid_argument, "not the name of a temporary file");
    descriptor file(::openat(folder.get(), name.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
    if (!file) return os_error(errno, "cannot open what came before");
    pending_file kept(std::move(folder), std::move(file), std::move(name));
    kept.kept_ = true;
    return kept;
}

result<void> pending_file::write(std::span<const char> bytes) {
    result<void> written = write_at(fd(), bytes, size_);
    if (written) size_ += bytes.size();
    return written;
}

result<void> pending_file::settle() {
    if (durable_) return {};
    result<void> synced = sync_file(fd());
    durable_ = synced.has_value();
    return synced;
}

result<void> pending_file::publish(const std::string& name, if_exists policy) {
    result<void> settled = settle();
    if (!settled) return settled;
    result<void> named = name_.empty() ? link_as(name, policy) : rename_as(name, policy);
    if (!named) return named;
    result<void> kept = sync_folder(target());
    if (kept) return kept;
    error e = kept.error();
    e->outcome_unknown = true; // it has its name; whether that survives a crash is open
    return e;
}

/// A link replaces nothing: over an existing file an unnamed one takes the way of a named one.
result<void> pending_file::link_as(const std::string& name, if_exists policy) {
    const std::string from = link_to_descriptor(fd());
    if (::linkat(AT_FDCWD, from.c_str(), target(), name.c_str(), AT_SYMLINK_FOLLOW) == 0) return {};
    if (errno != EEXIST || policy == if_exists::refuse)
        return os_error(errno, "cannot give the file its name");
    for (int i = 0; i < tries; ++i) {
        result<std::string> temp = temporary_name();
        if (!temp) return temp.error();
        const int linked =
            ::linkat(AT_FDCWD, from.c_str(), target(), temp->c_str(), AT_SYMLINK_FOLLOW);
        if (linked == 0) {
            if (target_) folder_ = std::move(target_);
            name_ = std::move(*temp);
            return rename_as(name, policy);
        }
        if (errno != EEXIST) break;
    }
    return os_error(errno, "cannot give the file its name");
}

result<void> pending_file::rename_as(const std::string& name, if_exists policy) {
    const unsigned flags = policy == if_exists::refuse ? RENAME_NOREPLACE : 0;
    int done = ::renameat2(folder_.get(), name_.c_str(), target(), name.c_str(), flags);
    if (done != 0 && flags != 0 && (errno == EINVAL || errno == ENOSYS)) {
        // no NOREPLACE here: a link refuses just as atomically, the temporary then goes
        done = ::linkat(folder_.get(), name_.c_str(), target(), name.c_str(), 0);
        if (done == 0) ::unlinkat(folder_.get(), name_.c_str(), 0);
    }
    if (done != 0) return os_error(errno, "cannot give the file its name");
    name_.clear();
    return {};
}

} // namespace blobstore
