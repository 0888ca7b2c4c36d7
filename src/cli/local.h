// SPDX-License-Identifier: Apache-2.0
// Local files: what they are, what is below a folder, reading of streams, modification times.
#pragma once

#include "cli/handles.h"

#include <cstdint>
#include <functional>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace blobstore::cli {

/// A regular file below a folder.
struct local_file {
    std::string path;
    std::string relative; ///< with '/' between the segments
    std::uint64_t size = 0;
    std::int64_t mtime_ns = 0;
};

std::int64_t mtime_of(const struct stat& status) noexcept;

/// Follows links. Throws failure naming the path.
struct stat stat_path(const std::string& path);

bool is_directory(const std::string& path) noexcept;

/// A link to nowhere too.
bool exists(const std::string& path) noexcept;

/// Whether the path exists and is no regular file and no folder: a device, a FIFO.
bool is_special(const std::string& path) noexcept;

/// Visits all regular files below the folder in byte order of the names, level by level. Links are
/// followed; files of ours (`.blobstore-*`) are left out. `skip` hears of what cannot be copied:
/// devices and the like, links to nowhere or in a circle; `fail` of what cannot be read.
struct walk_visitor {
    std::function<void(const local_file&)> file;
    std::function<void(const std::string& message)> skip;
    std::function<void(const std::string& message, int error)> fail;
};

void walk(const std::string& folder, const walk_visitor& visitor);

/// Reads what is there, at most as much as `into` holds; 0 at the end. Throws failure.
std::size_t read_some(int fd, const std::string& name, std::vector<char>& into);

/// Hands over each line without its end; empty ones are passed over. Throws failure.
void read_lines(
    int fd, const std::string& name, const std::function<void(const std::string&)>& each
);

/// Makes the folder and those above it. Throws failure.
void make_folders(const std::string& path);

/// Opens for reading, or for writing over what is there. Throws failure.
descriptor open_to_read(const std::string& path);
descriptor open_to_write(const std::string& path);

/// False with errno if it could not.
bool set_mtime(const std::string& path, std::int64_t mtime_ns) noexcept;

/// Where a link leads, so that writing goes through it; the path itself if it is none.
std::string through_links(const std::string& path);

} // namespace blobstore::cli
