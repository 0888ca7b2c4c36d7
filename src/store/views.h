// SPDX-License-Identifier: Apache-2.0
// Stores seen through something: wrappers that are backends themselves.
#pragma once

#include "store/backend.h"

namespace blobstore {

/// What `inner` holds, to be read alone: whatever would change it is errc::permission, before a
/// byte is sent. Links to read are given out, links to write are not.
std::shared_ptr<backend> read_only_view(std::shared_ptr<backend> inner);

} // namespace blobstore
