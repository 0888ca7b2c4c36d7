// SPDX-License-Identifier: Apache-2.0
// Checksums of objects: the CRCs, at once, in pieces or of joined parts, and one type for all that
// services know by name.
#pragma once

#include "base/digest.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace blobstore {

/// Each takes the value so far, so that pieces are chained: crc32(b, crc32(a)) == crc32(a + b).
/// Done by the fastest instructions that the processor has. Thread-safe.
std::uint32_t crc32(std::string_view bytes, std::uint32_t so_far = 0) noexcept;
std::uint32_t crc32c(std::string_view bytes, std::uint32_t so_far = 0) noexcept;
std::uint64_t crc64nvme(std::string_view bytes, std::uint64_t so_far = 0) noexcept;

/// The CRC of a followed by b, of the CRCs of both and b's size: what joins the CRCs of parts.
std::uint32_t combine_crc32(std::uint32_t a, std::uint32_t b, std::uint64_t size_of_b) noexcept;
std::uint32_t combine_crc32c(std::uint32_t a, std::uint32_t b, std::uint64_t size_of_b) noexcept;
std::uint64_t combine_crc64nvme(std::uint64_t a, std::uint64_t b, std::uint64_t size_of_b) noexcept;

/// The value as services write it: big-endian bytes, for base64().
std::string big_endian(std::uint32_t value);
std::string big_endian(std::uint64_t value);

enum class checksum_kind : unsigned char { none, crc32, crc32c, crc64nvme, sha1, sha256, md5 };

/// The name on the wire ("crc64nvme"); empty for none.
std::string_view name_of(checksum_kind kind) noexcept;

/// The kind of a name, whatever its case; nothing for an unknown one and for none.
std::optional<checksum_kind> checksum_kind_of(std::string_view name) noexcept;

/// The bytes of a value: 4, 8, 16, 20 or 32; 0 for none.
std::size_t checksum_size(checksum_kind kind) noexcept;

/// Whether the value of a whole can be had from those of its parts.
bool combines(checksum_kind kind) noexcept;

/// The raw value (big-endian) of a whole of the raw values of two parts; only of kinds that combine
/// and of values of their size.
std::string
combine(checksum_kind kind, std::string_view a, std::string_view b, std::uint64_t size_of_b);

/// A checksum of bytes that come in pieces. Not thread-safe.
class checksum final {
public:
    explicit checksum(checksum_kind kind = checksum_kind::none);

    checksum_kind kind() const noexcept { return kind_; }

    void update(std::string_view bytes);

    /// The raw value of everything so far (big-endian), for base64(); it then starts anew. Empty
    /// for none, and for an MD5 or SHA-1 that the system's OpenSSL forbids.
    std::string finish();

private:
    checksum_kind kind_;
    std::uint64_t crc_ = 0;
    std::optional<digest_stream> digest_;
};

/// The raw value of bytes at once.
std::string checksum_of(checksum_kind kind, std::string_view bytes);

} // namespace blobstore
