// SPDX-License-Identifier: Apache-2.0
// The file:// store: a folder whose regular files are the objects.
#pragma once

#include "os/beneath.h"
#include "os/replace.h"
#include "store/backend.h"

#include <memory>
#include <string>

namespace blobstore {

/// Where attributes go: extended attributes where the file system has them, else a sidecar; or
/// always a sidecar.
enum class attribute_place { automatic, sidecar };

/// What tests force; the defaults are for everyone else.
struct file_settings {
    resolution how = resolution::automatic;
    attribute_place attributes = attribute_place::automatic;
    temporary temporaries = temporary::automatic;
};

/// A store in the folder `root_path`, an absolute path, which the first write creates. Does no I/O.
result<std::shared_ptr<backend>>
open_file(const std::string& root_path, const file_settings& settings = {});

} // namespace blobstore
