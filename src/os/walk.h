// SPDX-License-Identifier: Apache-2.0
// The regular files beneath a folder in the byte order of their paths, from any path on.
#pragma once

#include "os/beneath.h"

#include <optional>
#include <vector>

namespace blobstore {

struct found_file {
    std::string path; ///< relative to the root
    file_facts facts;
};

struct walk_options {
    std::string prefix;          ///< paths that do not begin so need not be given
    bool one_per_folder = false; ///< of a folder below the prefix's own, any one file is enough
    resolution how = resolution::automatic;
    bool folders = false; ///< folders too, as paths that end in '/'
};

/// Links, special files and our own names are passed over. Each folder is read once, those that
/// cannot hold a wanted path never; what vanishes meanwhile is passed over. The root's descriptor
/// is borrowed. One thread.
class ordered_walk {
public:
    ordered_walk(int root, walk_options options);

    /// The first file at or behind `from`, which never goes back from one call to the next.
    result<std::optional<found_file>> next(const std::string& from);

private:
    struct level {
        std::string path;               ///< "" or ending in '/'
        descriptor folder;              ///< closed while many levels are open below
        std::vector<std::string> names; ///< a heap, smallest on top; folders end in '/'
    };

    result<void> enter(const std::string& path, const std::string& from);
    result<void> read_names(level& into, const std::string& from) const;
    result<std::optional<found_file>> step(const std::string& from);
    result<std::optional<found_file>> examine(level& in, const std::string& name);
    result<std::optional<found_file>> any_beneath(const std::string& path) const;
    bool wanted(const std::string& path, const std::string& from) const;

    int root_;
    walk_options options_;
    std::vector<level> levels_;
    bool started_ = false;
};

} // namespace blobstore
