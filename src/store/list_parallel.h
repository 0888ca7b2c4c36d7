// SPDX-License-Identifier: Apache-2.0
// A listing by several requests at a time.
#pragma once

#include "store/backend.h"

namespace blobstore {

/// As backend::list, for options.parallel > 1 and a backend that does not block. The next token is
/// one of such a listing.
task<result<list_page>> list_parallel(operation& op, backend& from, const list_options& options);

} // namespace blobstore
