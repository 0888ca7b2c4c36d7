// SPDX-License-Identifier: Apache-2.0
// Checksums of objects as text, and what the bytes must have. Pure.
#pragma once

#include "store/types.h"

namespace blobstore {

/// The form of object_meta::checksum, of a raw value.
std::string checksum_text(checksum_kind kind, std::string_view value);

/// What object_meta::checksum says.
struct told_checksum {
    checksum_kind kind = checksum_kind::none;
    std::string value;      ///< raw
    bool composite = false; ///< of the sums of parts: says nothing of the bytes in a row. S3-41
};

/// Nothing for what is no checksum of a known kind.
std::optional<told_checksum> read_checksum(std::string_view text);

/// errc::checksum, for what came and what was told.
error wrong_checksum(checksum_kind kind, std::string_view came, std::string_view told);

/// The text of what was summed up; errc::checksum where the caller's digest is another.
result<std::string> checked_sum(checksum& of_all, const put_options& options);

} // namespace blobstore
