// SPDX-License-Identifier: Apache-2.0
// CRC32, CRC32C and CRC64NVME, at once or in pieces. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace blobstore {

/// Each takes the value so far, so that pieces are chained: crc32(b, crc32(a)) == crc32(a + b).
std::uint32_t crc32(std::string_view bytes, std::uint32_t so_far = 0) noexcept;
std::uint32_t crc32c(std::string_view bytes, std::uint32_t so_far = 0) noexcept;
std::uint64_t crc64nvme(std::string_view bytes, std::uint64_t so_far = 0) noexcept;

/// The value as services write it: big-endian bytes, for base64().
std::string big_endian(std::uint32_t value);
std::string big_endian(std::uint64_t value);

} // namespace blobstore
