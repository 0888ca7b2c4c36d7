// SPDX-License-Identifier: Apache-2.0
// Content types by the suffix of a key. Pure.
#pragma once

#include <string_view>

namespace blobstore {

/// "image/png" of "a/b.PNG"; empty where the suffix tells nothing. Static.
std::string_view media_type_of(std::string_view key) noexcept;

} // namespace blobstore
