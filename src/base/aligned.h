// SPDX-License-Identifier: Apache-2.0
// Memory that the kernel copies into and out of.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace blobstore {

inline constexpr std::align_val_t page_alignment{4096};

struct aligned_delete {
    void operator()(char* bytes) const noexcept { ::operator delete[](bytes, page_alignment); }
};

/// They begin at a page, as what is copied does: a copy to a few bytes behind the place within a
/// page that it comes from, where malloc puts large blocks, takes three times as long.
using aligned_bytes = std::unique_ptr<char[], aligned_delete>;

/// Uninitialised.
inline aligned_bytes allocate_aligned(std::size_t size) {
    return aligned_bytes(static_cast<char*>(::operator new[](size, page_alignment)));
}

} // namespace blobstore
