// SPDX-License-Identifier: Apache-2.0
// The older versions of a key in one listing with all keys, so that one page token fits all: each
// stands behind the key under a name of its own, the key, NUL and how many are newer. Pure.
#pragma once

#include <string>
#include <string_view>

namespace blobstore {

std::string versioned_name(const std::string& key, std::size_t newer);

/// How many versions of its key are newer than the first one at `from` or behind it.
std::size_t newer_than(std::string_view from);

} // namespace blobstore
