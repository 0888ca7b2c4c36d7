// SPDX-License-Identifier: Apache-2.0
// Finds the allocation counter where one is preloaded; files of the pattern.
#include "measure.h"

#include <dlfcn.h>
#include <filesystem>
#include <vector>

namespace bench {

namespace {

std::vector<char> pattern_bytes() {
    std::vector<char> bytes(pattern_size);
    for (std::size_t i = 0; i < bytes.size(); i++)
        bytes[i] = static_cast<char>(pattern(i));
    return bytes;
}

} // namespace

allocation_counter find_allocation_counter() {
    return reinterpret_cast<allocation_counter>(dlsym(RTLD_DEFAULT, "bench_allocations"));
}

std::string pattern_file(const arguments& args) {
    std::string path = args.text("file");
    std::error_code missing;
    if (std::filesystem::file_size(path, missing) == args.size() && !missing) return path;
    const std::vector<char> bytes = pattern_bytes();
    std::ofstream file(path, std::ios::binary);
    for (std::uint64_t left = args.size(); left != 0;) {
        const std::uint64_t n = left < bytes.size() ? left : bytes.size();
        file.write(bytes.data(), static_cast<std::streamsize>(n));
        left -= n;
    }
    if (!file.flush()) fail("cannot write the file");
    return path;
}

void check_file(const std::string& path, std::uint64_t size) {
    const std::vector<char> bytes = pattern_bytes();
    std::vector<char> there(bytes.size());
    std::ifstream file(path, std::ios::binary);
    for (std::uint64_t left = size; left != 0;) {
        const std::uint64_t n = left < bytes.size() ? left : bytes.size();
        if (!file.read(there.data(), static_cast<std::streamsize>(n))) fail("the file is short");
        if (std::memcmp(there.data(), bytes.data(), n) != 0) fail("wrong bytes in the file");
        left -= n;
    }
}

} // namespace bench
