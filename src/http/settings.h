// SPDX-License-Identifier: Apache-2.0
// The settings of the HTTP layer: one table, and the options made of it.
#pragma once

#include "base/settings.h"
#include "http/client.h"

namespace blobstore::http {

std::span<const setting> settings_table() noexcept;

/// `values` must hold settings_table().
client_options options_from(const settings_values& values);

} // namespace blobstore::http
