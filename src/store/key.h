// SPDX-License-Identifier: Apache-2.0
// What every store refuses alike: keys and header-bound values that could not arrive as they were
// given. Pure.
#pragma once

#include "store/admin.h"

namespace blobstore {

/// Not empty, no NUL, at most 1024 bytes. errc::invalid_argument.
result<void> check_key(std::string_view key);

/// No control character in any value, names that are HTTP tokens. errc::invalid_argument names the
/// field.
result<void> check_attributes(const attributes& set);

/// As a service will give them back: names of metadata in lower case, values without outer blanks.
/// errc::invalid_argument where two names are then the same.
result<attributes> as_kept(const attributes& set);

/// Range, conditions, version and key of encryption of a read.
result<void> check_get(const get_options& options);

/// All that a put says beside its bytes.
result<void> check_put(const put_options& options);

/// At most 10, names of 1 to 128 characters that differ and do not begin with "aws:", values of at
/// most 256.
result<void> check_tags(const name_values& tags);
result<void> check_placement(const placement& as);
result<void> check_remove(const remove_options& options);
result<void> check_lock(const lock_options& options);
result<void> check_write_text(const write_condition& when);
result<void> check_conditions_text(const conditions& when);
result<void> check_range(const byte_range& range);

/// A digest of the caller's is base64 of a kind that is named, and as long as that kind's.
result<void> check_checksum(const put_options& options);
result<void> check_presign(const presign_options& options);
result<void> check_post(const post_options& options);

} // namespace blobstore
