// SPDX-License-Identifier: Apache-2.0
// One page of a listing cut out of an ordered walk of keys: how file and memory list alike. Pure.
#pragma once

#include "store/types.h"

#include <functional>

namespace blobstore {

/// The next object whose key is >= `from` (bytes), or nullopt at the end.
using next_key = std::function<result<std::optional<object_meta>>(const std::string& from)>;

/// A page as `options` asks for it. Tokens are the last entry's key or prefix, marked by kind.
result<list_page> cut_page(const list_options& options, const next_key& next);

} // namespace blobstore
