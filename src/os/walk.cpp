// SPDX-License-Identifier: Apache-2.0
// A depth-first walk that compares folders as their name with '/', so that paths come in byte
// order.
#include "os/walk.h"

#include "os/replace.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <unistd.h>

namespace blobstore {

namespace {

constexpr int as_folder = O_RDONLY | O_DIRECTORY;
constexpr std::size_t folders_held_open = 16;

bool begins_with(const std::string& text, const std::string& prefix) {
    return text.compare(0, prefix.size(), prefix) == 0;
}

/// The folder that all paths with this prefix lie in, as a level's path.
std::string folder_of(const std::string& prefix) {
    const std::size_t slash = prefix.rfind('/');
    return slash == std::string::npos ? "" : prefix.substr(0, slash + 1);
}

/// Whether a folder that cannot be opened simply is not there (any more).
bool is_gone(const error& e) {
    const int why = e->os_error; // a path too long for the system holds no key
    return why == ENOENT || why == ENOTDIR || why == ELOOP || why == EXDEV || why == ENAMETOOLONG;
}

/// Calls `each(name, kind)` for what is not ours until it returns false; `kind` is regular or
/// folder.
result<void>
each_name(int folder, const std::function<result<bool>(const char*, file_kind)>& each) {
    const int fd = ::openat(folder, ".", as_folder | O_CLOEXEC);
    if (fd < 0) return os_error(errno, "cannot read a folder");
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(fd), &::closedir);
    if (!listing) {
        ::close(fd);
        return error(errc::no_memory, "no memory to read a folder");
    }
    while (true) {
        errno = 0;
        const dirent* entry = ::readdir(listing.get());
        if (entry == nullptr) break;
        const std::string_view name = entry->d_name;
        if (name == "." || name == ".." || is_own_name(name)) continue;
        file_kind kind = entry->d_type == DT_REG ? file_kind::regular : file_kind::folder;
        if (entry->d_type == DT_UNKNOWN) {
            result<file_facts> facts = facts_at(folder, entry->d_name);
            if (!facts) continue;
            kind = facts->kind;
            if (kind != file_kind::regular && kind != file_kind::folder) continue;
        } else if (entry->d_type != DT_REG && entry->d_type != DT_DIR) {
            continue;
        }
        result<bool> more = each(entry->d_name, kind);
        if (!more) return more.error();
        if (!*more) return {};
    }
    if (errno != 0 && errno != ENOENT) return os_error(errno, "cannot read a folder");
    return {};
}

std::string without_slash(const std::string& path) {
    return path.empty() ? path : path.substr(0, path.size() - 1);
}

} // namespace

ordered_walk::ordered_walk(int root, walk_options options)
    : root_(root)
    , options_(std::move(options)) {
}

result<std::optional<found_file>> ordered_walk::next(const std::string& from) {
    if (!started_) {
        started_ = true;
        result<void> entered = enter(folder_of(options_.prefix), from);
        if (!entered) return entered.error();
    }
    while (!levels_.empty()) {
        result<std::optional<found_file>> found = step(from);
        if (!found || *found) return found;
    }
    return std::optional<found_file>();
}

/// Whether `path`, or for a folder something beneath it, is at or behind `from` and may have the
/// prefix.
bool ordered_walk::wanted(const std::string& path, const std::string& from) const {
    const bool folder = path.empty() || path.back() == '/';
    if (path < from && !(folder && begins_with(from, path))) return false;
    return begins_with(path, options_.prefix) || (folder && begins_with(options_.prefix, path));
}

result<void> ordered_walk::enter(const std::string& path, const std::string& from) {
    if (path == "/") return {}; // no path begins so
    if (("/" + path).find("/" + std::string(own_prefix)) != std::string::npos) return {};
    result<descriptor> folder = open_beneath(root_, without_slash(path), as_folder, options_.how);
    if (!folder && is_gone(folder.error())) return {};
    if (!folder) return folder.error();
    level entered;
    entered.path = path;
    entered.folder = std::move(*folder);
    result<void> read = read_names(entered, from);
    if (!read) return read;
    if (levels_.size() >= folders_held_open) levels_.back().folder.reset();
    levels_.push_back(std::move(entered));
    return {};
}

result<void> ordered_walk::read_names(level& into, const std::string& from) const {
    result<void> read = each_name(into.folder.get(), [&](const char* name, file_kind kind) {
        std::string full = name;
        if (kind == file_kind::folder) full.push_back('/');
        if (wanted(into.path + full, from)) into.names.push_back(std::move(full));
        return result<bool>(true);
    });
    std::make_heap(into.names.begin(), into.names.end(), std::greater<>());
    return read;
}

/// Takes one name off the deepest level; nullopt where that gave no file.
result<std::optional<found_file>> ordered_walk::step(const std::string& from) {
    level& deepest = levels_.back();
    if (deepest.names.empty() || !wanted(deepest.path, from)) {
        levels_.pop_back();
        return std::optional<found_file>();
    }
    std::pop_heap(deepest.names.begin(), deepest.names.end(), std::greater<>());
    const std::string name = std::move(deepest.names.back());
    deepest.names.pop_back();
    const std::string path = deepest.path + name;
    if (!wanted(path, from)) return std::optional<found_file>();
    if (name.back() != '/') return examine(deepest, name);
    if (options_.folders && path >= from && begins_with(path, options_.prefix)) {
        deepest.names.push_back(name); // entered when what comes next is beneath it
        std::push_heap(deepest.names.begin(), deepest.names.end(), std::greater<>());
        file_facts facts;
        facts.kind = file_kind::folder;
        return std::optional(found_file{path, facts});
    }
    const bool inside = from.size() > path.size() && begins_with(from, path);
    if (options_.one_per_folder && !inside && begins_with(path, options_.prefix))
        return any_beneath(path);
    result<void> entered = enter(path, from);
    if (!entered) return entered.error();
    return std::optional<found_file>();
}

result<std::optional<found_file>> ordered_walk::examine(level& in, const std::string& name) {
    if (!in.folder) {
        result<descriptor> again =
            open_beneath(root_, without_slash(in.path), as_folder, options_.how);
        if (!again && is_gone(again.error())) return std::optional<found_file>();
        if (!again) return again.error();
        in.folder = std::move(*again);
    }
    result<file_facts> facts = facts_at(in.folder.get(), name);
    if (!facts && is_gone(facts.error())) return std::optional<found_file>();
    if (!facts) return facts.error();
    if (facts->kind != file_kind::regular) return std::optional<found_file>();
    return std::optional(found_file{in.path + name, *facts});
}

/// The first file that comes up, files of the folder itself before those deeper down.
result<std::optional<found_file>> ordered_walk::any_beneath(const std::string& path) const {
    std::vector<std::string> folders;
    std::optional<found_file> found;
    {
        result<descriptor> folder =
            open_beneath(root_, without_slash(path), as_folder, options_.how);
        if (!folder && is_gone(folder.error())) return found;
        if (!folder) return folder.error();
        result<void> read = each_name(folder->get(), [&](const char* name, file_kind kind) {
            if (kind == file_kind::folder) {
                folders.push_back(path + name + "/");
                return result<bool>(true);
            }
            result<file_facts> facts = facts_at(folder->get(), name);
            if (!facts || facts->kind != file_kind::regular) return result<bool>(true);
            found = found_file{path + name, *facts};
            return result<bool>(false);
        });
        if (!read) return read.error();
    }
    for (std::size_t i = 0; !found && i < folders.size(); ++i) {
        result<std::optional<found_file>> deeper = any_beneath(folders[i]);
        if (!deeper) return deeper;
        found = std::move(*deeper);
    }
    return found;
}

} // namespace blobstore
