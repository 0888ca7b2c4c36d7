// SPDX-License-Identifier: Apache-2.0
// Hex, base64 and percent-encoding of byte strings. Pure.
#pragma once

#include "base/error.h"

#include <array>
#include <string>
#include <string_view>

namespace blobstore {

/// Lower-case hex.
std::string hex(std::string_view bytes);

/// The same of a digest, without an allocation.
std::array<char, 64> hex_of(const std::array<unsigned char, 32>& value) noexcept;

/// Either case; an odd length or another character is errc::invalid_argument.
result<std::string> unhex(std::string_view text);

/// RFC 4648 section 4, padded.
std::string base64(std::string_view bytes);

/// Strict: padded, no white space, unused bits zero; else errc::invalid_argument.
result<std::string> unbase64(std::string_view text);

/// Which bytes stay as they are.
enum class encode_set {
    unreserved, ///< A-Z a-z 0-9 - . _ ~
    path,       ///< these and '/'
};

/// Every byte outside the set becomes %XX, upper-case hex.
std::string percent_encode(std::string_view bytes, encode_set keep);

/// The same, appended to `out`.
void percent_encode_to(std::string& out, std::string_view bytes, encode_set keep);

/// The same to memory with room for three times as many bytes; returns the end.
char* percent_encode_at(char* at, std::string_view bytes, encode_set keep) noexcept;

/// What '+' stands for in encoded text.
enum class plus { literal, space };

/// Decodes once. A '%' without two hex digits is errc::invalid_argument; %00 is decoded.
result<std::string> percent_decode(std::string_view text, plus plus_means);

} // namespace blobstore
