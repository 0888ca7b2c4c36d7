// SPDX-License-Identifier: Apache-2.0
// Finds the allocation counter where one is preloaded.
#include "measure.h"

#include <dlfcn.h>

namespace bench {

allocation_counter find_allocation_counter() {
    return reinterpret_cast<allocation_counter>(dlsym(RTLD_DEFAULT, "bench_allocations"));
}

} // namespace bench
