// SPDX-License-Identifier: Apache-2.0
// The admin chapter: what a service enforces, locks of objects, buckets.
#include "capi/arguments.h"

using namespace blobstore;
using namespace blobstore::capi;

static_assert(static_cast<unsigned>(capability::create) == BLOBSTORE_CAN_CREATE);
static_assert(static_cast<unsigned>(capability::update) == BLOBSTORE_CAN_UPDATE);
static_assert(static_cast<unsigned>(capability::remove_if) == BLOBSTORE_CAN_DELETE_IF);
static_assert(static_cast<unsigned>(capability::atomic_rename) == BLOBSTORE_CAN_RENAME);
static_assert(static_cast<unsigned>(capability::append) == BLOBSTORE_CAN_APPEND);
static_assert(static_cast<unsigned>(capability::versions) == BLOBSTORE_CAN_VERSIONS);
static_assert(static_cast<unsigned>(capability::tags) == BLOBSTORE_CAN_TAGS);
static_assert(static_cast<unsigned>(capability::locks) == BLOBSTORE_CAN_LOCK);
static_assert(static_cast<unsigned>(capability::restore) == BLOBSTORE_CAN_RESTORE);
static_assert(static_cast<unsigned>(capability::customer_keys) == BLOBSTORE_CAN_CUSTOMER_KEY);
static_assert(static_cast<unsigned>(capability::copy_create) == BLOBSTORE_CAN_COPY_IF);

namespace {

struct store_args {
    target where;
};

task<result<void>> run_probe(operation& op, store_args& a) {
    result<void> done = co_await a.where.in->probe(op);
    co_return done;
}

task<result<void>> run_bucket_delete(operation& op, store_args& a) {
    result<void> done = co_await a.where.in->bucket_remove(op);
    co_return done;
}

task<result<void>> run_bucket_exists(operation& op, store_args& a) {
    result<object_meta> there = co_await a.where.in->bucket_head(op);
    if (!there) co_return there.error();
    co_return result<void>();
}

result<prepared> prepare_probe(result<target> where) {
    if (!where) return where.error();
    return prepare(store_args{std::move(*where)}, run_probe);
}

result<prepared> prepare_bucket_delete(result<target> where) {
    if (!where) return where.error();
    return prepare(store_args{std::move(*where)}, run_bucket_delete);
}

result<prepared> prepare_bucket_exists(result<target> where) {
    if (!where) return where.error();
    return prepare(store_args{std::move(*where)}, run_bucket_exists);
}

struct lock_args {
    target where;
    lock_options options;
};

task<result<void>> run_lock_get(operation& op, lock_args& a) {
    result<object_meta> got = co_await a.where.in->lock_get(op, a.where.key, a.options.version);
    if (!got) co_return got.error();
    results_of(op).object = std::move(*got);
    co_return result<void>();
}

task<result<void>> run_lock_set(operation& op, lock_args& a) {
    result<void> set = co_await a.where.in->lock_set(op, a.where.key, a.options);
    co_return set;
}

result<prepared> prepare_lock_get(result<target> where, const blobstore_get_options* given) {
    if (!where) return where.error();
    result<std::string> version = read_version(given);
    if (!version) return version.error();
    lock_args args{std::move(*where), {}};
    args.options.version = std::move(*version);
    return prepare(std::move(args), run_lock_get);
}

result<prepared> prepare_lock_set(result<target> where, const blobstore_lock_options* given) {
    if (!where) return where.error();
    result<lock_options> options = read(given);
    if (!options) return options.error();
    return prepare(lock_args{std::move(*where), std::move(*options)}, run_lock_set);
}

struct bucket_args {
    target where;
    bucket_options options;
};

task<result<void>> run_bucket_create(operation& op, bucket_args& a) {
    result<void> done = co_await a.where.in->bucket_create(op, a.options);
    co_return done;
}

task<result<void>> run_bucket_versions(operation& op, bucket_args& a) {
    result<void> done = co_await a.where.in->bucket_versions(op, a.options.versions);
    co_return done;
}

result<prepared>
prepare_bucket_create(result<target> where, const blobstore_bucket_options* given) {
    if (!where) return where.error();
    result<bucket_options> options = read(given);
    if (!options) return options.error();
    return prepare(bucket_args{std::move(*where), std::move(*options)}, run_bucket_create);
}

result<prepared> prepare_bucket_versions(result<target> where, std::int32_t on) {
    if (!where) return where.error();
    if (on != 0 && on != 1) return invalid("on is 0 or 1");
    bucket_args args{std::move(*where), {}};
    args.options.versions = on == 1;
    return prepare(std::move(args), run_bucket_versions);
}

struct list_args {
    target where;
    list_options options;
};

task<result<void>> run_bucket_list(operation& op, list_args& a) {
    result<list_page> page = co_await a.where.in->bucket_list(op, a.options);
    if (!page) co_return page.error();
    results_of(op).page = std::make_unique<blobstore_page>(blobstore_page{std::move(*page)});
    co_return result<void>();
}

result<prepared> prepare_bucket_list(result<target> where, const blobstore_list_options* given) {
    if (!where) return where.error();
    result<list_options> options = read(given);
    if (!options) return options.error();
    return prepare(list_args{std::move(*where), std::move(*options)}, run_bucket_list);
}

} // namespace

int32_t blobstore_store_supports(const blobstore_store* store, uint32_t what) {
    if (!store || what == 0 || what > BLOBSTORE_CAN_COPY_IF) return 0;
    if (!store->core->check()) return 0;
    return store->store->supports(static_cast<capability>(what));
}

blobstore_status
blobstore_store_probe(blobstore_store* store, const blobstore_call* call, blobstore_error** err) {
    return run_call(
        err,
        call,
        [&]() -> result<prepared> { return prepare_probe(at(store)); },
        [&](blobstore_op&) {}
    );
}

blobstore_status blobstore_store_probe_async(
    blobstore_store* store,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_probe(at(store));
    });
}

blobstore_status blobstore_lock_get(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> { return prepare_lock_get(at(store, key, key_len), options); },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_lock_get_async(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_lock_get(at(store, key, key_len), options);
    });
}

blobstore_status blobstore_lock_set(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_lock_options* options,
    const blobstore_call* call,
    blobstore_error** err
) {
    return run_call(
        err,
        call,
        [&]() -> result<prepared> { return prepare_lock_set(at(store, key, key_len), options); },
        [&](blobstore_op&) {}
    );
}

blobstore_status blobstore_lock_set_async(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_lock_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_lock_set(at(store, key, key_len), options);
    });
}

blobstore_status blobstore_bucket_create(
    blobstore_store* store,
    const blobstore_bucket_options* options,
    const blobstore_call* call,
    blobstore_error** err
) {
    return run_call(
        err,
        call,
        [&]() -> result<prepared> { return prepare_bucket_create(at(store), options); },
        [&](blobstore_op&) {}
    );
}

blobstore_status blobstore_bucket_create_async(
    blobstore_store* store,
    const blobstore_bucket_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_bucket_create(at(store), options);
    });
}

blobstore_status
blobstore_bucket_delete(blobstore_store* store, const blobstore_call* call, blobstore_error** err) {
    return run_call(
        err,
        call,
        [&]() -> result<prepared> { return prepare_bucket_delete(at(store)); },
        [&](blobstore_op&) {}
    );
}

blobstore_status blobstore_bucket_delete_async(
    blobstore_store* store,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_bucket_delete(at(store));
    });
}

blobstore_status
blobstore_bucket_exists(blobstore_store* store, const blobstore_call* call, blobstore_error** err) {
    return run_call(
        err,
        call,
        [&]() -> result<prepared> { return prepare_bucket_exists(at(store)); },
        [&](blobstore_op&) {}
    );
}

blobstore_status blobstore_bucket_exists_async(
    blobstore_store* store,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_bucket_exists(at(store));
    });
}

blobstore_status blobstore_bucket_versioning(
    blobstore_store* store, int32_t on, const blobstore_call* call, blobstore_error** err
) {
    return run_call(
        err,
        call,
        [&]() -> result<prepared> { return prepare_bucket_versions(at(store), on); },
        [&](blobstore_op&) {}
    );
}

blobstore_status blobstore_bucket_versioning_async(
    blobstore_store* store,
    int32_t on,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_bucket_versions(at(store), on);
    });
}

blobstore_status blobstore_bucket_list(
    blobstore_store* store,
    const blobstore_list_options* options,
    const blobstore_call* call,
    blobstore_page** page,
    blobstore_error** err
) {
    if (page) *page = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            if (!page) return invalid("page is NULL");
            return prepare_bucket_list(at(store), options);
        },
        [&](blobstore_op& done) { *page = done.page.release(); }
    );
}

blobstore_status blobstore_bucket_list_async(
    blobstore_store* store,
    const blobstore_list_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_bucket_list(at(store), options);
    });
}
