// SPDX-License-Identifier: Apache-2.0
// Random bits from the kernel. Not for keys: those come from OpenSSL.
#pragma once

#include <cstdint>

namespace blobstore {

/// 64 bits that nobody can guess; the kernel's own. Any thread; never fails.
std::uint64_t random_bits() noexcept;

} // namespace blobstore
