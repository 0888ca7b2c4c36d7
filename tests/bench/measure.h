// SPDX-License-Identifier: Apache-2.0
// What every program of the benchmark shares: key=value arguments, clocks, memory, one result line.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/resource.h>
#include <utility>

namespace bench {

inline constexpr double gib = 1024.0 * 1024 * 1024;
inline constexpr std::size_t pattern_size = 64u << 20;

/// Byte number i of every object that the server gives; repeats every pattern_size bytes.
inline unsigned char pattern(std::uint64_t i) {
    i %= pattern_size;
    return static_cast<unsigned char>((i * 2654435761u) >> 13);
}

[[noreturn]] inline void fail(std::string_view what) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
    std::exit(1);
}

/// WORK key=value...
class arguments {
public:
    arguments(int argc, char** argv)
        : argc_(argc)
        , argv_(argv) {
        if (argc < 2) fail("usage: PROGRAM WORK port=N [size=N] [count=N] [flight=N] [ca=FILE]");
    }

    std::string work() const { return argv_[1]; }

    std::string text(std::string_view key) const {
        for (int i = 2; i < argc_; i++) {
            const std::string_view word = argv_[i];
            if (word.size() > key.size() && word.substr(0, key.size()) == key &&
                word[key.size()] == '=')
                return std::string(word.substr(key.size() + 1));
        }
        return {};
    }

    std::uint64_t number(std::string_view key, std::uint64_t otherwise) const {
        const std::string value = text(key);
        return value.empty() ? otherwise : std::strtoull(value.c_str(), nullptr, 10);
    }

    std::size_t size() const { return number("size", 64u << 20); }

    long count() const { return static_cast<long>(number("count", 8)); }

    int port() const { return static_cast<int>(number("port", 0)); }

    bool tls() const { return !text("ca").empty(); }

private:
    int argc_;
    char** argv_;
};

struct moment {
    double wall, cpu;
};

inline moment now() {
    timespec at{};
    clock_gettime(CLOCK_MONOTONIC, &at);
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return {
        double(at.tv_sec) + double(at.tv_nsec) * 1e-9,
        double(used.tv_sec) + double(used.tv_nsec) * 1e-9};
}

/// A line of /proc/self/status in KiB, such as VmRSS or VmHWM.
inline long status_kib(std::string_view name) {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.compare(0, name.size(), name) == 0)
            return std::strtol(line.c_str() + name.size() + 1, nullptr, 10);
    return 0;
}

/// The high-water mark starts again at what is resident now.
inline void reset_peak() {
    std::ofstream("/proc/self/clear_refs") << "5";
}

/// Memory that is touched before the clock starts.
inline char* touched_memory(std::size_t size) {
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail("mmap");
    std::memset(memory, 1, size);
    return static_cast<char*>(memory);
}

inline void check_pattern(const char* data, std::size_t size) {
    for (std::size_t i = 0; i < size; i++)
        if (static_cast<unsigned char>(data[i]) != pattern(i)) fail("wrong bytes");
}

/// file=PATH of size= bytes of the pattern, written where it is not there.
std::string pattern_file(const arguments& args);
void check_file(const std::string& path, std::uint64_t size);

/// One line of JSON, what run.py reads.
inline void report(std::initializer_list<std::pair<const char*, double>> values) {
    const char* before = "{";
    for (const auto& [name, value] : values) {
        std::printf("%s\"%s\": %.6g", before, name, value);
        before = ", ";
    }
    std::puts("}");
}

/// Runs `one` once to warm up, then count times; reports per GiB of the bytes that it moves.
template <typename One>
void per_gib(std::size_t size, long count, One one) {
    one();
    const long idle = status_kib("VmRSS");
    reset_peak();
    const moment from = now();
    for (long i = 0; i < count; i++)
        one();
    const moment to = now();
    const double moved = double(size) * double(count) / gib;
    report(
        {{"cpu_s_gib", (to.cpu - from.cpu) / moved},
         {"wall_s_gib", (to.wall - from.wall) / moved},
         {"rss_over_idle_kib", double(status_kib("VmHWM") - idle)}}
    );
}

/// Counts of a preloaded bench_allocations; 0 without it.
using allocation_counter = std::uint64_t (*)();
allocation_counter find_allocation_counter();

/// Calls run(n), which performs n operations: first a tenth to warm up; reports per operation.
template <typename Run>
void per_operation(long count, Run run) {
    const allocation_counter allocations = find_allocation_counter();
    run(count / 10 + 1);
    const std::uint64_t before = allocations ? allocations() : 0;
    const moment from = now();
    run(count);
    const moment to = now();
    const std::uint64_t after = allocations ? allocations() : 0;
    const double n = double(count);
    if (allocations)
        report({{"allocations", double(after - before) / n}});
    else
        report(
            {{"cpu_us", (to.cpu - from.cpu) / n * 1e6},
             {"wall_us", (to.wall - from.wall) / n * 1e6},
             {"per_s", n / (to.wall - from.wall)}}
        );
}

} // namespace bench
