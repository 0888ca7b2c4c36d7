// SPDX-License-Identifier: Apache-2.0
// The works of bench_ours that move much: files in parts, many ranges.
#include "ours.h"

#include <fcntl.h>
#include <unistd.h>
#include <vector>

namespace bench {

namespace {

template <typename T>
T sized() {
    T made{};
    made.struct_size = sizeof made;
    return made;
}

} // namespace

void upload(const arguments& args) {
    const session s(args, "&unsigned_payload=true&vendor=aws");
    const std::string path = pattern_file(args);
    auto file = sized<blobstore_file>();
    file.path = {path.data(), path.size()};
    auto options = sized<blobstore_put_options>();
    options.checksum = BLOBSTORE_CHECKSUM_CRC64NVME;
    options.parallel = 8;
    per_gib(args.size(), args.count(), [&] {
        blobstore_error* err = nullptr;
        const blobstore_status status =
            blobstore_upload_file(s.store.get(), "k", 1, &file, &options, nullptr, nullptr, &err);
        check(status, err);
    });
}

/// Held against the checksum that the server tells; and once more byte by byte.
void download(const arguments& args) {
    const session s(args);
    const std::string path = args.text("file") + ".ours",
                      key = std::to_string(args.size()) + "/sum";
    auto file = sized<blobstore_file>();
    file.path = {path.data(), path.size()};
    per_gib(args.size(), args.count(), [&] {
        ::unlink(path.c_str()); // the machine's memory stays that of one file
        blobstore_error* err = nullptr;
        blobstore_object* told = nullptr;
        const blobstore_status status = blobstore_download_file(
            s.store.get(), key.data(), key.size(), nullptr, &file, nullptr, &told, &err
        );
        check(status, err);
        blobstore_object_view view = sized<blobstore_object_view>();
        check(blobstore_object_get(told, &view), nullptr);
        if (view.checksum.len == 0) fail("nothing was verified");
        blobstore_object_free(told);
    });
    check_file(path, args.size());
    ::unlink(path.c_str());
}

/// count ranges of 4 KiB, spread over the object; gap=N: what is read along at most.
void ranges(const arguments& args) {
    constexpr std::size_t length = 4096;
    const session s(args);
    const std::string key = std::to_string(args.size()) + "/x";
    const auto n = static_cast<std::size_t>(args.count());
    std::vector<char> memory(n * length, 1);
    std::vector<blobstore_range> wanted(n);
    auto options = sized<blobstore_get_options>();
    if (!args.text("gap").empty()) {
        options.flags = BLOBSTORE_GET_MAX_GAP;
        options.max_gap = args.number("gap", 0);
    }
    const auto all = [&](long) {
        for (std::size_t i = 0; i < n; i++)
            wanted[i] = {i * (args.size() / n), length, &memory[i * length], 0};
        blobstore_error* err = nullptr;
        const blobstore_status status = blobstore_get_ranges(
            s.store.get(),
            key.data(),
            key.size(),
            &options,
            nullptr,
            wanted.data(),
            n,
            nullptr,
            &err
        );
        check(status, err);
    };
    all(0);
    for (std::size_t i = 0; i < n; i++)
        for (std::size_t k = 0; k < length; k++)
            if (static_cast<unsigned char>(memory[i * length + k]) != pattern(wanted[i].offset + k))
                fail("wrong bytes");
    per_operation(args.count(), all);
}

} // namespace bench
