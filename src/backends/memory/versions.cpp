// SPDX-License-Identifier: Apache-2.0
// The number in letters that are no letters of keys that anyone cuts at.
#include "backends/memory/versions.h"

namespace blobstore {

namespace {

constexpr std::size_t letters = 20;

} // namespace

std::string versioned_name(const std::string& key, std::size_t newer) {
    if (newer == 0) return key;
    std::string name = key + '\0';
    for (std::size_t bit = letters; bit-- > 0;)
        name += (newer >> bit & 1) != 0 ? '\2' : '\1';
    return name;
}

std::size_t newer_than(std::string_view from) {
    const std::size_t cut = from.find('\0');
    if (cut == std::string_view::npos) return 0;
    from.remove_prefix(cut + 1);
    if (from.empty()) return 1; // behind the newest one
    std::size_t newer = 0;
    for (const char c : from.substr(0, letters))
        newer = newer * 2 + (c == '\2' ? 1 : 0);
    return newer + (from.size() > letters ? 1 : 0);
}

} // namespace blobstore
