// SPDX-License-Identifier: Apache-2.0
// openat2 beneath a root, its component-wise stand-in, and the making and removing of folders.
#include "os/beneath.h"

#include "os/replace.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <memory>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <vector>

namespace blobstore {

namespace {

constexpr int always = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
constexpr int as_folder = O_RDONLY | O_DIRECTORY;
constexpr std::int64_t stale_after_ns = 24 * 3600 * std::int64_t{1'000'000'000};

/// The path's components; empty where one of them is empty, "." or "..".
std::vector<std::string> plain_parts(const std::string& path) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    while (begin <= path.size()) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        std::string part = path.substr(begin, end - begin);
        if (part.empty() || part == "." || part == "..") return {};
        parts.push_back(std::move(part));
        begin = end + 1;
    }
    return parts;
}

int open_at(int folder, const char* name, int flags) {
    int fd = -1;
    do
        fd = ::openat(folder, name, flags | always);
    while (fd < 0 && errno == EINTR);
    return fd;
}

/// -1 with ELOOP for a link, also where O_DIRECTORY makes the kernel say ENOTDIR.
int open_part(int folder, const std::string& name, int flags) {
    const int fd = open_at(folder, name.c_str(), flags | O_NOFOLLOW);
    if (fd >= 0 || errno != ENOTDIR) return fd;

    struct stat s {};

    const bool link =
        ::fstatat(folder, name.c_str(), &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(s.st_mode);
    errno = link ? ELOOP : ENOTDIR;
    return -1;
}

int open_by_parts(int root, const std::vector<std::string>& parts, int flags) {
    descriptor held;
    int at = root;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        descriptor next(open_part(at, parts[i], O_PATH | O_DIRECTORY));
        if (!next) return -1;
        held = std::move(next);
        at = held.get();
    }
    const int fd = open_part(at, parts.back(), flags);
    const int why = errno; // closing what is held may change it
    held.reset();
    errno = why;
    return fd;
}

int open_by_kernel(int root, const std::string& path, int flags) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | always);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS;
    long fd = -1;
    int tries = 0;
    do
        fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
    while (fd < 0 && (errno == EINTR || (errno == EAGAIN && ++tries < 16)));
    return static_cast<int>(fd);
}

/// Whether nothing stands in the folder but our own old leftovers, which are removed.
bool clear_leftovers(int folder) {
    struct stat now {}; // a name was just removed here: the folder's own time is the present

    const int fd = open_at(folder, ".", as_folder);
    if (fd < 0) return false;
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(fd), &::closedir);
    if (!listing) {
        ::close(fd);
        return false;
    }
    if (::fstat(folder, &now) != 0) return false;
    while (const dirent* entry = ::readdir(listing.get())) {
        const std::string name = entry->d_name;
        if (name == "." || name == "..") continue;
        if (!is_own_name(name)) return false;
        result<file_facts> facts = facts_at(folder, name);
        const std::int64_t present = now.st_mtim.tv_sec * std::int64_t{1'000'000'000};
        if (!facts || present - facts->changed_ns < stale_after_ns) return false;
        if (::unlinkat(folder, name.c_str(), 0) != 0) return false;
    }
    return true;
}

bool remove_folder(int parent, const std::string& name) {
    if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return true;
    if (errno != ENOTEMPTY && errno != EEXIST) return false;
    const descriptor folder(open_part(parent, name, as_folder));
    if (!folder || !clear_leftovers(folder.get())) return false;
    return ::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0;
}

/// Opens a folder after creating it where it is missing.
result<descriptor> create_part(int parent, const std::string& name) {
    if (::mkdirat(parent, name.c_str(), 0777) == 0) {
        result<void> durable = sync_folder(parent);
        if (!durable) return durable.error();
    } else if (errno != EEXIST) {
        return os_error(errno, "cannot create a folder");
    }
    descriptor folder(open_part(parent, name, as_folder));
    if (!folder) return os_error(errno, "cannot open a folder");
    return folder;
}

} // namespace

result<descriptor> open_beneath(int root, const std::string& path, int flags, resolution how) {
    int fd = -1;
    if (path.empty()) {
        fd = open_at(root, ".", flags);
    } else {
        const std::vector<std::string> parts = plain_parts(path);
        if (parts.empty()) return os_error(EXDEV, "the path leads out of the root");
        if (how == resolution::automatic) fd = open_by_kernel(root, path, flags);
        const bool refused = fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EAGAIN);
        if (how == resolution::by_parts || refused) fd = open_by_parts(root, parts, flags);
    }
    if (fd >= 0) return descriptor(fd);
    if (errno == ELOOP) return os_error(ELOOP, "a symbolic link is in the way and is not followed");
    return os_error(errno, "cannot open");
}

result<descriptor> open_root(const std::string& path) {
    const int fd = open_at(AT_FDCWD, path.c_str(), as_folder);
    if (fd < 0) return os_error(errno, "cannot open the root folder");
    return descriptor(fd);
}

result<void> make_root(const std::string& path) {
    if (::mkdir(path.c_str(), 0777) != 0) {
        if (errno == EEXIST) return {};
        if (errno != ENOENT) return os_error(errno, "cannot create the root folder");
        const std::size_t slash = path.rfind('/');
        if (slash == 0 || slash == std::string::npos)
            return os_error(ENOENT, "cannot create the root folder");
        result<void> above = make_root(path.substr(0, slash));
        if (!above) return above;
        if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST)
            return os_error(errno, "cannot create the root folder");
    }
    const std::size_t slash = path.rfind('/');
    result<descriptor> parent = open_root(slash == 0 ? "/" : path.substr(0, slash));
    if (!parent) return parent.error();
    return sync_folder(parent->get());
}

result<made_folder> make_folders(int root, const std::string& path, resolution how) {
    const std::vector<std::string> parts = plain_parts(path);
    result<descriptor> there = open_beneath(root, path, as_folder, how);
    if (there) return made_folder{std::move(*there), parts.size()};
    if (there.error()->os_error != ENOENT) return there.error();
    made_folder made{descriptor(open_at(root, ".", as_folder)), 0};
    if (!made.folder) return os_error(errno, "cannot open a folder");
    std::string done;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i != 0) done += '/';
        done += parts[i];
        descriptor next(open_part(made.folder.get(), parts[i], as_folder));
        if (next && made.existed == i) ++made.existed;
        if (next) {
            made.folder = std::move(next);
            continue;
        }
        result<descriptor> created = create_part(made.folder.get(), parts[i]);
        if (!created) {
            prune_folders(root, done, made.existed, how);
            return created.error();
        }
        made.folder = std::move(*created);
    }
    return made;
}

std::string prune_folders(int root, std::string path, std::size_t keep, resolution how) {
    for (std::size_t count = plain_parts(path).size(); count > keep; --count) {
        const std::size_t slash = path.rfind('/');
        const std::string above = slash == std::string::npos ? "" : path.substr(0, slash);
        const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
        result<descriptor> parent = open_beneath(root, above, as_folder, how);
        if (!parent || !remove_folder(parent->get(), name)) return path;
        path = above;
    }
    return path;
}

bool folds_names(int folder) {
    int flags = 0;
    if (::ioctl(folder, FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_CASEFOLD_FL) != 0) return true;

    struct statfs s {};

    if (::fstatfs(folder, &s) != 0) return false;
    switch (static_cast<std::uint32_t>(s.f_type)) {
    case 0x4d44U:     // vfat
    case 0x2011bab0U: // exfat
    case 0x7366746eU: // ntfs3
    case 0x5346544eU: // ntfs
    case 0xff534d42U: // cifs
    case 0xfe534d42U: // smb2
    case 0x482bU:     // hfs+
        return true;
    default:
        return false;
    }
}

namespace {

/// Every name but "." and "..", or those only that may be folders.
result<std::vector<std::string>> read_names(int folder, bool folders_only) {
    const int fd = open_at(folder, ".", as_folder);
    if (fd < 0) return os_error(errno, "cannot read the folder");
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(fd), &::closedir);
    if (!listing) {
        ::close(fd);
        return error(errc::no_memory, "no memory to read the folder");
    }
    std::vector<std::string> names;
    while (true) {
        errno = 0;
        const dirent* entry = ::readdir(listing.get());
        if (entry == nullptr) break;
        std::string name = entry->d_name;
        const bool wanted = !folders_only || entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN;
        if (wanted && name != "." && name != "..") names.push_back(std::move(name));
    }
    if (errno != 0) return os_error(errno, "cannot read the folder");
    return names;
}

} // namespace

result<std::vector<std::string>> names_in(int folder) {
    return read_names(folder, false);
}

result<std::vector<std::string>> folders_in(int folder) {
    result<std::vector<std::string>> names = read_names(folder, true);
    if (!names) return names;
    std::erase_if(*names, [&](const std::string& name) {
        const result<file_facts> facts = facts_at(folder, name);
        return !facts || facts->kind != file_kind::folder;
    });
    return names;
}

result<bool> lists_name(int folder, const std::string& name) {
    result<std::vector<std::string>> names = names_in(folder);
    if (!names) return names.error();
    return std::find(names->begin(), names->end(), name) != names->end();
}

} // namespace blobstore
