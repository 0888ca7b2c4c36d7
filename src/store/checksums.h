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

/// What a part's receipt says: its ETag, and its checksum where the service took one.
struct part_receipt {
    std::string etag;
    std::string checksum; ///< as object_meta::checksum
    std::uint64_t size = 0;
};

/// The ETag alone where there is no checksum.
std::string join_receipt(const part_receipt& what);
part_receipt split_receipt(std::string_view receipt);

/// The checksum of parts in a row as text; empty unless each has one of that kind, which combines.
std::string combined_sum(checksum_kind kind, const std::vector<finished_part>& parts);

/// errc::checksum, for what came and what was told.
error wrong_checksum(checksum_kind kind, std::string_view came, std::string_view told);

/// The text of what was summed up; errc::checksum where the caller's digest is another.
result<std::string> checked_sum(checksum& of_all, const put_options& options);

} // namespace blobstore
