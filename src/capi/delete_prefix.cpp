// SPDX-License-Identifier: Apache-2.0
// All objects of a prefix removed by one call.
#include "capi/arguments.h"
#include "capi/call.h"

using namespace blobstore;
using namespace blobstore::capi;

namespace {

/// Where a blocking call is told what came of it, whatever its status; null: the operation keeps
/// it.
struct told_to {
    std::uint64_t* deleted = nullptr;
    std::unique_ptr<blobstore_page>* left = nullptr;
};

struct delete_prefix_args {
    target where;
    std::string prefix;
    bool dry_run;
    told_to into;
};

task<result<void>> run_delete_prefix(operation& op, delete_prefix_args& a) {
    prefix_removal what;
    const result<void> done = co_await a.where.in->remove_prefix(op, a.prefix, a.dry_run, what);
    std::unique_ptr<blobstore_page> left;
    if (!what.left.entries.empty())
        left = std::make_unique<blobstore_page>(blobstore_page{std::move(what.left)});
    if (a.into.deleted) *a.into.deleted = what.removed;
    if (a.into.left) *a.into.left = std::move(left);
    results_of(op).bytes = what.removed;
    results_of(op).page = std::move(left);
    results_of(op).tells_failed = true;
    co_return done;
}

result<prepared> prepare_delete_prefix(
    result<target> where,
    const char* prefix,
    std::size_t prefix_len,
    std::uint32_t flags,
    const told_to& into
) {
    if (!where) return where.error();
    const std::uint32_t known = BLOBSTORE_DELETE_DRY_RUN | BLOBSTORE_DELETE_EVERYTHING;
    result<void> checked = check_flags(flags, known, "blobstore_delete_prefix");
    if (!checked) return checked.error();
    result<std::string> begin = text(prefix, prefix_len, "prefix");
    if (!begin) return begin.error();
    if (begin->empty() && (flags & BLOBSTORE_DELETE_EVERYTHING) == 0)
        return invalid("an empty prefix is everything; say so by BLOBSTORE_DELETE_EVERYTHING");
    const bool dry_run = (flags & BLOBSTORE_DELETE_DRY_RUN) != 0;
    return prepare(
        delete_prefix_args{std::move(*where), std::move(*begin), dry_run, into}, run_delete_prefix
    );
}

} // namespace

blobstore_status blobstore_delete_prefix(
    blobstore_store* store,
    const char* prefix,
    size_t prefix_len,
    uint32_t flags,
    const blobstore_call* call,
    uint64_t* deleted,
    blobstore_page** left,
    blobstore_error** err
) {
    std::uint64_t count = 0;
    std::unique_ptr<blobstore_page> kept;
    const blobstore_status status = run_call(
        err,
        call,
        [&]() -> result<prepared> {
            return prepare_delete_prefix(at(store), prefix, prefix_len, flags, {&count, &kept});
        },
        [&](blobstore_op&) {}
    );
    if (deleted) *deleted = count;
    if (left) *left = kept.release();
    return status;
}

blobstore_status blobstore_delete_prefix_async(
    blobstore_store* store,
    const char* prefix,
    size_t prefix_len,
    uint32_t flags,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_delete_prefix(at(store), prefix, prefix_len, flags, {});
    });
}
