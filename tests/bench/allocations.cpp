// SPDX-License-Identifier: Apache-2.0
// To be preloaded: counts every way to ask glibc for memory, then passes on.
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#define VISIBLE __attribute__((visibility("default")))

extern "C" {

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

std::atomic<std::uint64_t> asked{0};

void count() {
    asked.fetch_add(1, std::memory_order_relaxed);
}

} // namespace

extern "C" {

VISIBLE std::uint64_t bench_allocations() {
    return asked.load(std::memory_order_relaxed);
}

VISIBLE void* malloc(std::size_t size) {
    count();
    return __libc_malloc(size);
}

VISIBLE void* calloc(std::size_t number, std::size_t size) {
    count();
    return __libc_calloc(number, size);
}

VISIBLE void* realloc(void* old, std::size_t size) {
    count();
    return __libc_realloc(old, size);
}

VISIBLE void* memalign(std::size_t alignment, std::size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

VISIBLE void* aligned_alloc(std::size_t alignment, std::size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

VISIBLE int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
    count();
    void* memory = __libc_memalign(alignment, size);
    if (!memory) return ENOMEM;
    *out = memory;
    return 0;
}
}
