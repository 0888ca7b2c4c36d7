// SPDX-License-Identifier: Apache-2.0
// Which characters XML 1.0 allows where. Pure.
#pragma once

#include <array>
#include <cstdint>

namespace blobstore::xml {

constexpr bool is_space(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// XML 1.0, production 2.
constexpr bool is_char(std::uint32_t c) noexcept {
    return c >= 0x20
               ? c <= 0xd7ff || (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff)
               : c == '\t' || c == '\n' || c == '\r';
}

// Production 4, XML 1.0 fifth edition, without ':' (which names may hold here as everywhere).
constexpr bool is_name_start(std::uint32_t c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           (c >= 0xc0 && c <= 0x2ff && c != 0xd7 && c != 0xf7) ||
           (c >= 0x370 && c <= 0x1fff && c != 0x37e) || c == 0x200c || c == 0x200d ||
           (c >= 0x2070 && c <= 0x218f) || (c >= 0x2c00 && c <= 0x2fef) ||
           (c >= 0x3001 && c <= 0xd7ff) || (c >= 0xf900 && c <= 0xfdcf) ||
           (c >= 0xfdf0 && c <= 0xfffd) || (c >= 0x10000 && c <= 0xeffff);
}

constexpr bool is_name_char(std::uint32_t c) noexcept {
    return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == 0xb7 ||
           (c >= 0x300 && c <= 0x36f) || c == 0x203f || c == 0x2040;
}

// What is_name_char() says of ASCII, of which nearly every name consists.
constexpr std::array<bool, 128> ascii_name_chars = [] {
    std::array<bool, 128> table{};
    for (std::uint32_t c = 0; c < table.size(); ++c) {
        table[c] = is_name_char(c);
    }
    return table;
}();

} // namespace blobstore::xml
