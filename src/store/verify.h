// SPDX-License-Identifier: Apache-2.0
// A reader that holds what it reads against a checksum.
#pragma once

#include "store/checksums.h"

namespace blobstore {

/// `inner`, whose bytes must have the checksum: errc::checksum in place of the last of them where
/// `length` is known, else at the end.
std::unique_ptr<reader>
verified(std::unique_ptr<reader> inner, told_checksum told, std::optional<std::uint64_t> length);

} // namespace blobstore
