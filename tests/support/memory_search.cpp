// SPDX-License-Identifier: Apache-2.0
// Rolling hashes over /proc/self/mem.
#include "support/memory_search.h"

#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/mman.h>
#include <unistd.h>

namespace blobstore_tests {

namespace {

constexpr std::size_t window = memory_search::window;
constexpr std::size_t piece = std::size_t{1} << 20;
constexpr std::uint64_t factors[] = {0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f};
constexpr unsigned maybe_bits = 16;

constexpr std::uint64_t power(std::uint64_t factor, std::size_t exponent) {
    std::uint64_t out = 1;
    for (; exponent != 0; --exponent)
        out *= factor;
    return out;
}

/// Of the last `window` bytes it was given.
class rolling {
public:
    explicit rolling(std::uint64_t factor)
        : factor_(factor)
        , oldest_(power(factor, window)) {}

    void next(char in, char out) { value_ = value_ * factor_ + byte(in) - byte(out) * oldest_; }

    void next(char in) { value_ = value_ * factor_ + byte(in); }

    std::uint64_t value() const { return value_; }

private:
    static std::uint64_t byte(char c) { return static_cast<unsigned char>(c) + std::uint64_t{1}; }

    std::uint64_t factor_, oldest_, value_ = 0;
};

/// `use` is called with the offset behind each window and its two hashes.
template <class Use>
void each_window(std::string_view text, Use use) {
    rolling first(factors[0]), second(factors[1]);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i < window) {
            first.next(text[i]);
            second.next(text[i]);
        } else {
            first.next(text[i], text[i - window]);
            second.next(text[i], text[i - window]);
        }
        if (i + 1 >= window) use(i + 1, first.value(), second.value());
    }
}

std::size_t top_bits(std::uint64_t hash) {
    return static_cast<std::size_t>(hash >> (64 - maybe_bits));
}

/// What stands before and behind, so that the one who left it can be found.
std::string around(std::string_view text, std::size_t from, std::size_t to) {
    constexpr std::size_t margin = 64;
    std::string out;
    for (std::size_t i = from - std::min(from, margin); i < std::min(text.size(), to + margin);
         ++i) {
        const char c = text[i];
        if (i == from) out += "<secret>";
        if (i < from || i >= to) out += c >= 0x20 && c < 0x7f ? c : '.';
    }
    return out;
}

} // namespace

memory_search::memory_search()
    : maybe_(std::size_t{1} << maybe_bits) {
    void* const mapped =
        ::mmap(nullptr, piece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) std::abort();
    room_ = static_cast<char*>(mapped);
}

memory_search::~memory_search() {
    ::munmap(room_, piece);
}

void memory_search::add(const std::string& kind, std::string_view secret) {
    const std::size_t number = kinds_.size();
    kinds_.push_back(kind);
    each_window(secret, [&](std::size_t, std::uint64_t first, std::uint64_t second) {
        hashes_.push_back({first, second, number});
        maybe_[top_bits(first)] = true;
    });
    std::ranges::sort(hashes_, {}, &hash_pair::first);
}

const memory_search::hash_pair*
memory_search::find(std::uint64_t first, std::uint64_t second) const {
    if (!maybe_[top_bits(first)]) return nullptr;
    const auto at = std::ranges::lower_bound(hashes_, first, {}, &hash_pair::first);
    return at != hashes_.end() && at->first == first && at->second == second ? &*at : nullptr;
}

void memory_search::scan(
    std::string_view text, std::uintptr_t at, const std::string& where, std::vector<place>& found
) const {
    struct run {
        std::size_t from = 0, to = 0, kind = 0;
    };

    std::vector<run> runs;
    each_window(text, [&](std::size_t end, std::uint64_t first, std::uint64_t second) {
        const hash_pair* const hit = find(first, second);
        if (!hit) return;
        if (!runs.empty() && runs.back().to + 1 == end && runs.back().kind == hit->kind)
            runs.back().to = end;
        else
            runs.push_back({end - window, end, hit->kind});
    });
    for (const run& r : runs)
        found.push_back(
            {kinds_[r.kind], at + r.from, r.to - r.from, where, around(text, r.from, r.to)}
        );
}

void memory_search::scan_mapping(
    int memory,
    std::uintptr_t from,
    std::uintptr_t to,
    const std::string& where,
    std::vector<place>& found
) {
    for (std::uintptr_t at = from; at < to;) {
        const std::size_t want = std::min<std::size_t>(piece, to - at);
        const ssize_t n = ::pread(memory, room_, want, static_cast<off_t>(at));
        if (n <= 0) return; // nothing that can be read
        const auto got = static_cast<std::size_t>(n);
        scan({room_, got}, at, where, found);
        looked_at_ += got;
        if (at + got >= to || got < window) return;
        at += got - (window - 1); // what lies across two pieces
    }
}

std::vector<memory_search::place> memory_search::in_process() {
    std::vector<place> found;
    looked_at_ = 0;
    const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t from = 0, to = 0;
        char dash = 0;
        std::string rights;
        std::istringstream(line) >> std::hex >> from >> dash >> to >> rights;
        if (rights.empty() || rights.front() != 'r') continue;
        const auto own = reinterpret_cast<std::uintptr_t>(room_);
        if (own >= from && own < to) { // the kernel joins neighbours
            scan_mapping(memory, from, own, line, found);
            scan_mapping(memory, own + piece, to, line, found);
        } else {
            scan_mapping(memory, from, to, line, found);
        }
    }
    ::close(memory);
    std::fill_n(room_, piece, '\0');
    return found;
}

std::vector<memory_search::place>
memory_search::in_text(std::string_view text, const std::string& name) const {
    std::vector<place> found;
    scan(text, 0, name, found);
    return found;
}

std::string lines_of(const std::vector<memory_search::place>& places) {
    std::ostringstream out;
    for (const memory_search::place& p : places)
        out << "  " << p.bytes << " bytes of " << p.kind << " at " << std::hex << p.at << std::dec
            << " in " << p.where << "\n    " << p.around << "\n";
    return out.str();
}

} // namespace blobstore_tests
