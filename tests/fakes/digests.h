// SPDX-License-Identifier: Apache-2.0
// Digests, checksums and their text forms, for what the fake server verifies (OpenSSL and tables).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blobstore::fakes {

// Bytes, and so many zeros behind them.
struct stretch {
    std::string_view bytes;
    std::uint64_t zeros = 0;
};

using stretches = std::vector<stretch>;

std::string sha256(std::string_view data); // raw bytes, as the three below
std::string sha1(std::string_view data);
std::string md5(std::string_view data);
std::string md5(const stretches& data);
std::string hmac_sha256(std::string_view key, std::string_view data);

std::uint32_t crc32(std::string_view data);
std::uint32_t crc32c(std::string_view data);
std::uint64_t crc64nvme(std::string_view data);

// The value of x-amz-checksum-<algorithm>; nothing if the algorithm is not known.
std::optional<std::string> amz_checksum(std::string_view algorithm, std::string_view data);
std::optional<std::string> amz_checksum(std::string_view algorithm, const stretches& data);

std::string to_hex(std::string_view bytes);
std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

} // namespace blobstore::fakes
