// SPDX-License-Identifier: Apache-2.0
// Finds secrets in this process's own memory, or in a text, while it knows nothing but hashes of
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace blobstore_tests {

class memory_search {
public:
    memory_search();
    ~memory_search();
    memory_search(const memory_search&) = delete;
    memory_search& operator=(const memory_search&) = delete;

    static constexpr std::size_t window =
        12; // bytes of a secret that must be somewhere to be found

    /// From now on any `window` bytes in a row of this secret are looked for.
    void add(const std::string& kind, std::string_view secret);

    struct place {
        std::string kind;
        std::uintptr_t at = 0;
        std::size_t bytes = 0; // of the secret, in a row
        std::string where;     // the mapping, or the text's name
        std::string around;    // what stands there, the secret itself hidden
    };

    /// Everything that this process can read, but the memory this reads it into.
    std::vector<place> in_process();

    std::vector<place> in_text(std::string_view text, const std::string& name) const;

    std::size_t looked_at() const { return looked_at_; } // bytes, in_process

private:
    struct hash_pair {
        std::uint64_t first = 0, second = 0;
        std::size_t kind = 0;
    };

    const hash_pair* find(std::uint64_t first, std::uint64_t second) const;
    void scan(
        std::string_view text,
        std::uintptr_t at,
        const std::string& where,
        std::vector<place>& found
    ) const;
    void scan_mapping(
        int memory,
        std::uintptr_t from,
        std::uintptr_t to,
        const std::string& where,
        std::vector<place>& found
    );

    std::vector<std::string> kinds_;
    std::vector<hash_pair> hashes_; // sorted
    std::vector<bool> maybe_;       // by the top bits of the first hash
    char* room_ = nullptr;
    std::size_t looked_at_ = 0;
};

/// One line for each place.
std::string lines_of(const std::vector<memory_search::place>& places);

} // namespace blobstore_tests
