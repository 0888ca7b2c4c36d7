// SPDX-License-Identifier: Apache-2.0
// Calls beside an object's bytes: tags, inspect, undelete, restore.
#include "capi/arguments.h"

using namespace blobstore;
using namespace blobstore::capi;

namespace {

struct tags_args {
    target where;
    std::string version;
    name_values tags;
};

task<result<void>> run_tags_get(operation& op, tags_args& a) {
    result<object_meta> got = co_await a.where.in->tags_get(op, a.where.key, a.version);
    if (!got) co_return got.error();
    results_of(op).object = std::move(*got);
    co_return result<void>();
}

task<result<void>> run_tags_set(operation& op, tags_args& a) {
    result<object_meta> set = co_await a.where.in->tags_set(op, a.where.key, a.version, a.tags);
    if (!set) co_return set.error();
    co_return result<void>();
}

result<prepared> prepare_tags_get(result<target> where, const blobstore_get_options* given) {
    if (!where) return where.error();
    result<std::string> version = read_version(given);
    if (!version) return version.error();
    return prepare(tags_args{std::move(*where), std::move(*version), {}}, run_tags_get);
}

result<prepared> prepare_tags_set(
    result<target> where,
    const blobstore_kv* tags,
    std::size_t n,
    const blobstore_get_options* given
) {
    if (!where) return where.error();
    result<std::string> version = read_version(given);
    if (!version) return version.error();
    result<name_values> all = pairs(tags, n, "tags");
    if (!all) return all.error();
    return prepare(
        tags_args{std::move(*where), std::move(*version), std::move(*all)}, run_tags_set
    );
}

struct inspect_args {
    target where;
    get_options options;
};

task<result<void>> run_inspect(operation& op, inspect_args& a) {
    result<object_meta> got = co_await a.where.in->inspect(op, a.where.key, a.options);
    if (!got) co_return got.error();
    results_of(op).object = std::move(*got);
    co_return result<void>();
}

result<prepared> prepare_inspect(result<target> where, const blobstore_get_options* given) {
    if (!where) return where.error();
    result<get_options> options = read(given);
    if (!options) return options.error();
    const conditions& when = options->when;
    const bool conditional = !when.if_match.empty() || !when.if_none_match.empty() ||
                             when.if_modified_since_ns || when.if_unmodified_since_ns;
    if (!options->range.whole() || conditional)
        return invalid("inspect takes no range and no condition");
    return prepare(inspect_args{std::move(*where), std::move(*options)}, run_inspect);
}

struct undelete_args {
    target where;
};

task<result<void>> run_undelete(operation& op, undelete_args& a) {
    result<object_meta> back = co_await a.where.in->undelete(op, a.where.key);
    if (!back) co_return back.error();
    results_of(op).object = std::move(*back);
    co_return result<void>();
}

result<prepared> prepare_undelete(result<target> where) {
    if (!where) return where.error();
    return prepare(undelete_args{std::move(*where)}, run_undelete);
}

struct restore_args {
    target where;
    restore_options options;
};

task<result<void>> run_restore(operation& op, restore_args& a) {
    result<void> asked = co_await a.where.in->restore(op, a.where.key, a.options);
    co_return asked;
}

result<prepared> prepare_restore(result<target> where, const blobstore_restore_options* given) {
    if (!where) return where.error();
    result<restore_options> options = read(given);
    if (!options) return options.error();
    return prepare(restore_args{std::move(*where), std::move(*options)}, run_restore);
}

} // namespace

blobstore_status blobstore_tags_get(
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
        [&]() -> result<prepared> { return prepare_tags_get(at(store, key, key_len), options); },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_tags_get_async(
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
        return prepare_tags_get(at(store, key, key_len), options);
    });
}

blobstore_status blobstore_tags_get_url(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> { return prepare_tags_get(at(client, url, url_len), options); },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_tags_get_url_async(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_tags_get(at(client, url, url_len), options);
    });
}

blobstore_status blobstore_tags_set(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_kv* tags,
    size_t n,
    const blobstore_get_options* options,
    const blobstore_call* call,
    blobstore_error** err
) {
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            return prepare_tags_set(at(store, key, key_len), tags, n, options);
        },
        [&](blobstore_op&) {}
    );
}

blobstore_status blobstore_tags_set_async(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_kv* tags,
    size_t n,
    const blobstore_get_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_tags_set(at(store, key, key_len), tags, n, options);
    });
}

blobstore_status blobstore_tags_set_url(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_kv* tags,
    size_t n,
    const blobstore_get_options* options,
    const blobstore_call* call,
    blobstore_error** err
) {
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            return prepare_tags_set(at(client, url, url_len), tags, n, options);
        },
        [&](blobstore_op&) {}
    );
}

blobstore_status blobstore_tags_set_url_async(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_kv* tags,
    size_t n,
    const blobstore_get_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_tags_set(at(client, url, url_len), tags, n, options);
    });
}

blobstore_status blobstore_inspect(
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
        [&]() -> result<prepared> { return prepare_inspect(at(store, key, key_len), options); },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_inspect_async(
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
        return prepare_inspect(at(store, key, key_len), options);
    });
}

blobstore_status blobstore_inspect_url(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> { return prepare_inspect(at(client, url, url_len), options); },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_inspect_url_async(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_inspect(at(client, url, url_len), options);
    });
}

blobstore_status blobstore_undelete(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_call* call,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> { return prepare_undelete(at(store, key, key_len)); },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_undelete_async(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_undelete(at(store, key, key_len));
    });
}

blobstore_status blobstore_restore(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_restore_options* options,
    const blobstore_call* call,
    blobstore_error** err
) {
    return run_call(
        err,
        call,
        [&]() -> result<prepared> { return prepare_restore(at(store, key, key_len), options); },
        [&](blobstore_op&) {}
    );
}

blobstore_status blobstore_restore_async(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_restore_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_restore(at(store, key, key_len), options);
    });
}
