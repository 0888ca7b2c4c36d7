// SPDX-License-Identifier: Apache-2.0
// get_ranges: many ranges of one object in one call.
#include "capi/arguments.h"

using namespace blobstore;
using namespace blobstore::capi;

namespace {

struct ranges_args {
    target where;
    get_options options;
    std::span<blobstore_range> given;
    std::vector<range_target> targets;
};

task<result<void>> run_ranges(operation& op, ranges_args& a) {
    result<object_meta> read =
        co_await a.where.in->get_ranges(op, a.where.key, a.options, a.targets);
    if (!read) co_return read.error();
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < a.given.size(); ++i) {
        a.given[i].n = static_cast<std::size_t>(a.targets[i].got);
        bytes += a.targets[i].got;
    }
    results_of(op).bytes = bytes;
    results_of(op).total = read->size.value_or(0);
    results_of(op).object = std::move(*read);
    co_return result<void>();
}

result<prepared> prepare_ranges(
    result<target> where, const blobstore_get_options* given, blobstore_range* ranges, std::size_t n
) {
    if (n > static_cast<std::size_t>(PTRDIFF_MAX) / sizeof(blobstore_range))
        return invalid("n is longer than memory can be");
    if (n != 0 && !ranges) return invalid("ranges is NULL");
    for (std::size_t i = 0; i < n; ++i)
        ranges[i].n = 0;
    if (!where) return where.error();
    result<get_options> options = read(given);
    if (!options) return options.error();
    ranges_args args{std::move(*where), std::move(*options), std::span(ranges, n), {}};
    args.targets.reserve(n);
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const blobstore_range& one = ranges[i];
        const std::string name = "range " + std::to_string(i);
        if (one.length > static_cast<std::uint64_t>(PTRDIFF_MAX))
            return invalid(
                name + ": the length " + std::to_string(one.length) +
                " is more than memory can be; a negative one looks like that"
            );
        if (!one.dst && one.length != 0) return invalid(name + ": dst is NULL with a length");
        args.targets.push_back({{one.offset, one.length}, static_cast<char*>(one.dst), 0});
        bytes += std::min(one.length, small_call + 1);
    }
    return prepare(std::move(args), run_ranges, bytes);
}

} // namespace

blobstore_status blobstore_get_ranges(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    blobstore_range* ranges,
    size_t n,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&] { return prepare_ranges(at(store, key, key_len), options, ranges, n); },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_get_ranges_async(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    blobstore_range* ranges,
    size_t n,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&] {
        return prepare_ranges(at(store, key, key_len), options, ranges, n);
    });
}

blobstore_status blobstore_get_ranges_url(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    blobstore_range* ranges,
    size_t n,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&] { return prepare_ranges(at(client, url, url_len), options, ranges, n); },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_get_ranges_url_async(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    blobstore_range* ranges,
    size_t n,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&] {
        return prepare_ranges(at(client, url, url_len), options, ranges, n);
    });
}
