// SPDX-License-Identifier: Apache-2.0
// Checksums of memory that stays in the cache, by each form that the processor has.
// usage: bench_checksums crc32|crc32c|crc64nvme [size=N] [count=N] [tables=1]
#include "base/crc_forms.h"
#include "measure.h"

namespace {

using namespace blobstore;

std::uint64_t advance(
    std::string_view work,
    const crc::form& by,
    std::uint64_t so_far,
    const char* at,
    std::size_t size
) {
    if (work == "crc64nvme") return crc::crc64nvme(by, so_far, at, size);
    const auto before = static_cast<std::uint32_t>(so_far);
    if (work == "crc32") return crc::crc32(by, before, at, size);
    if (work == "crc32c") return crc::crc32c(by, before, at, size);
    bench::fail("no such work");
}

} // namespace

int main(int argc, char** argv) {
    const bench::arguments args(argc, argv);
    const std::size_t size = args.number("size", 256u << 10);
    const long count = static_cast<long>(args.number("count", 20000));
    const crc::form& by = args.number("tables", 0) ? crc::forms().front() : crc::forms().back();
    const char* const memory = bench::touched_memory(size);
    std::uint64_t value = advance(args.work(), by, 0, memory, size);
    const bench::moment from = bench::now();
    for (long i = 0; i < count; i++)
        value = advance(args.work(), by, value, memory, size);
    const bench::moment to = bench::now();
    std::fprintf(stderr, "%s: %016llx\n", by.name, static_cast<unsigned long long>(value));
    bench::report({{"per_gb_s", double(size) * double(count) / (to.cpu - from.cpu) / 1e9}});
}
