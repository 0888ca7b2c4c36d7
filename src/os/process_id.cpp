// SPDX-License-Identifier: Apache-2.0
// A page that the kernel wipes in a child keeps the number.
#include "os/process_id.h"

#include <atomic>
#include <new>
#include <sys/mman.h>
#include <unistd.h>

namespace blobstore {

namespace {

using cell = std::atomic<long>;

/// Null where the kernel cannot wipe it. Never given back: other threads may be reading.
cell* wiped_by_fork() noexcept {
    const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* const page =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return nullptr;
    if (::madvise(page, size, MADV_WIPEONFORK) == 0) return new (page) cell(0);
    ::munmap(page, size);
    return nullptr;
}

} // namespace

long process_id() noexcept {
    static cell* const kept = wiped_by_fork();
    if (!kept) return ::getpid();
    long id = kept->load(std::memory_order_relaxed);
    if (id != 0) return id;
    id = ::getpid();
    kept->store(id, std::memory_order_relaxed);
    return id;
}

} // namespace blobstore
