// SPDX-License-Identifier: Apache-2.0
// Feeds every file of the folders named to the target, and each of its prefixes and one-byte
// changes: the corpus as a test without a fuzzer.
#include "fuzz.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace {

void feed(const std::string& input) {
    // a copy of the exact size, so that a sanitizer sees reading past its end
    const std::string exact(input.data(), input.size());
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(exact.data()), exact.size());
}

std::size_t replay(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(in), {}};
    feed(whole);
    for (std::size_t at = 0; at < whole.size() && at < 2048; ++at) {
        feed(whole.substr(0, at));
        for (const char mask : {'\x01', '\x20', '\x80'}) {
            std::string changed = whole;
            changed[at] = static_cast<char>(changed[at] ^ mask);
            feed(changed);
        }
    }
    return 1 + 4 * whole.size();
}

} // namespace

int main(int count, char** arguments) {
    std::size_t files = 0;
    std::size_t inputs = 0;
    for (int i = 1; i < count; ++i)
        for (const auto& entry : std::filesystem::directory_iterator(arguments[i])) {
            inputs += replay(entry.path());
            ++files;
        }
    std::printf("%zu inputs from %zu files\n", inputs, files);
    return files == 0 ? 1 : 0;
}
