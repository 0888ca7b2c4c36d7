// SPDX-License-Identifier: Apache-2.0
// What every store refuses alike: keys and header-bound values that could not arrive as they were
// given. Pure.
#pragma once

#include "store/types.h"

namespace blobstore {

/// Not empty, no NUL, at most 1024 bytes. errc::invalid_argument.
result<void> check_key(std::string_view key);

/// No control character in any value, names that are HTTP tokens. errc::invalid_argument names the
/// field.
result<void> check_attributes(const attributes& set);

/// As a service will give them back: names of metadata in lower case, values without outer blanks.
/// errc::invalid_argument where two names are then the same.
result<attributes> as_kept(const attributes& set);
result<void> check_conditions_text(const conditions& when);
result<void> check_range(const byte_range& range);

/// A digest of the caller's is base64 of a kind that is named, and as long as that kind's.
result<void> check_checksum(const put_options& options);
result<void> check_presign(const presign_options& options);

} // namespace blobstore
