// SPDX-License-Identifier: Apache-2.0
// The settings of every client and store: threads, memory, limits of calls.
#pragma once

#include "base/settings.h"

namespace blobstore {

std::span<const setting> store_settings_table() noexcept;

} // namespace blobstore
