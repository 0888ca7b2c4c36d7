// SPDX-License-Identifier: Apache-2.0
// Paths beneath an open root folder: never out of it, never through a link.
#pragma once

#include "os/file.h"

#include <vector>

namespace blobstore {

/// How a path is resolved: by the kernel's openat2 where it has it, or always one component after
/// another.
enum class resolution { automatic, by_parts };

/// Opens `path`, relative to `root`, with flags of open(2) that create nothing; O_CLOEXEC, O_NOCTTY
/// and O_NONBLOCK are added. An empty path is the root itself. `..`, `.`, empty parts and a leading
/// slash fail with EXDEV, links in any place with ELOOP, both errc::not_a_file.
result<descriptor> open_beneath(int root, const std::string& path, int flags, resolution how);

/// A folder that open_beneath can use as its root; links in `path` are the user's and are followed.
result<descriptor> open_root(const std::string& path);

/// Creates the folder with all that is missing above it; each new name is made durable.
result<void> make_root(const std::string& path);

struct made_folder {
    descriptor folder;
    std::size_t existed = 0; ///< leading components of the path that stood before
};

/// Opens a folder beneath the root, creating what is missing; each new name is made durable.
result<made_folder> make_folders(int root, const std::string& path, resolution how);

/// Removes `path` and its parents while they are empty, but not the first `keep` components.
/// Leftovers of killed writers, over a day old, count as nothing. Returns the path of the deepest
/// folder that stays.
std::string prune_folders(int root, std::string path, std::size_t keep, resolution how);

/// True where the folder could take two spellings for one name (case or normal form).
bool folds_names(int folder);

/// All names in the folder but "." and "..", in no order.
result<std::vector<std::string>> names_in(int folder);

/// Those of folders.
result<std::vector<std::string>> folders_in(int folder);

/// Whether the folder lists exactly this name.
result<bool> lists_name(int folder, const std::string& name);

} // namespace blobstore
