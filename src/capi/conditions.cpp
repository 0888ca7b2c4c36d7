// SPDX-License-Identifier: Apache-2.0
// Calls on conditions and on what is there: delete_with, copy_with, rename, append, update.
#include "capi/arguments.h"

using namespace blobstore;
using namespace blobstore::capi;

namespace {

constexpr std::uint64_t most_moved = ~std::uint64_t{0};

struct delete_args {
    target where;
    remove_options options;
};

task<result<void>> run_delete_with(operation& op, delete_args& a) {
    result<object_meta> gone = co_await a.where.in->remove_if(op, a.where.key, a.options);
    if (!gone) co_return gone.error();
    results_of(op).object = std::move(*gone);
    co_return result<void>();
}

result<prepared> prepare_delete_with(result<target> where, const blobstore_delete_options* given) {
    if (!where) return where.error();
    result<remove_options> options = read(given);
    if (!options) return options.error();
    return prepare(delete_args{std::move(*where), std::move(*options)}, run_delete_with);
}

struct copy_args {
    target where, from;
    copy_options options;
};

task<result<void>> run_copy_with(operation& op, copy_args& a) {
    result<object_meta> copied =
        co_await a.where.in->copy(op, *a.from.in, a.from.key, a.where.key, a.options);
    if (!copied) co_return copied.error();
    results_of(op).object = std::move(*copied);
    co_return result<void>();
}

result<prepared> prepare_copy_with(
    result<target> from,
    const blobstore_get_options* source_given,
    result<target> to,
    const blobstore_put_options* given
) {
    if (!from) return from.error();
    if (!to) return to.error();
    result<get_options> source = read(source_given);
    if (!source) return source.error();
    result<copy_options> options = read_copy(given);
    if (!options) return options.error();
    options->from = std::move(*source);
    copy_args args{std::move(*to), std::move(*from), std::move(*options)};
    const bool blocks = args.from.in->blocks();
    prepared op = prepare(std::move(args), run_copy_with, most_moved);
    op->blocks = op->blocks || blocks;
    return op;
}

struct rename_args {
    target where;
    std::string from_key;
    write_condition when;
};

task<result<void>> run_rename(operation& op, rename_args& a) {
    result<object_meta> moved = co_await a.where.in->rename(op, a.from_key, a.where.key, a.when);
    if (!moved) co_return moved.error();
    results_of(op).object = std::move(*moved);
    co_return result<void>();
}

result<prepared>
prepare_rename(result<target> from, result<target> to, const blobstore_put_options* given) {
    if (!from) return from.error();
    if (!to) return to.error();
    result<put_options> options = read(given);
    if (!options) return options.error();
    if (options->set != attributes() || !options->tags.empty() || !options->as.usual())
        return invalid("a rename takes conditions only");
    rename_args args{std::move(*to), std::move(from->key), std::move(options->when)};
    return prepare(std::move(args), run_rename, most_moved);
}

struct append_args {
    target where;
    put_options options;
    source body;
};

task<result<void>> run_append(operation& op, append_args& a) {
    result<object_meta> longer = co_await a.where.in->append(op, a.where.key, a.body, a.options);
    if (!longer) co_return longer.error();
    results_of(op).total = longer->size.value_or(0);
    results_of(op).object = std::move(*longer);
    co_return result<void>();
}

result<prepared> prepare_append(
    result<target> where, const void* data, std::size_t len, const blobstore_put_options* given
) {
    if (!where) return where.error();
    result<put_options> options = read(given);
    if (!options) return options.error();
    result<void> checked = check_bytes(data, len, "data");
    if (!checked) return checked.error();
    append_args args{std::move(*where), std::move(*options), {}};
    args.body.memory = std::span(static_cast<const char*>(data), len);
    return prepare(std::move(args), run_append, most_moved);
}

struct update_args {
    target where;
    copy_options options;
};

task<result<void>> run_update(operation& op, update_args& a) {
    result<object_meta> updated = co_await a.where.in->update(op, a.where.key, a.options);
    if (!updated) co_return updated.error();
    results_of(op).object = std::move(*updated);
    co_return result<void>();
}

result<prepared> prepare_update(result<target> where, const blobstore_put_options* given) {
    if (!where) return where.error();
    result<copy_options> options = read_copy(given);
    if (!options) return options.error();
    return prepare(update_args{std::move(*where), std::move(*options)}, run_update, most_moved);
}

} // namespace

blobstore_status blobstore_delete_with(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_delete_options* options,
    const blobstore_call* call,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> { return prepare_delete_with(at(store, key, key_len), options); },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_delete_with_async(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_delete_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_delete_with(at(store, key, key_len), options);
    });
}

blobstore_status blobstore_delete_with_url(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_delete_options* options,
    const blobstore_call* call,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            return prepare_delete_with(at(client, url, url_len), options);
        },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_delete_with_url_async(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_delete_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_delete_with(at(client, url, url_len), options);
    });
}

blobstore_status blobstore_copy_with(
    blobstore_store* source,
    const char* source_key,
    size_t source_key_len,
    const blobstore_get_options* source_options,
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            return prepare_copy_with(
                at(source, source_key, source_key_len),
                source_options,
                at(store, key, key_len),
                options
            );
        },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_copy_with_async(
    blobstore_store* source,
    const char* source_key,
    size_t source_key_len,
    const blobstore_get_options* source_options,
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_copy_with(
            at(source, source_key, source_key_len), source_options, at(store, key, key_len), options
        );
    });
}

blobstore_status blobstore_copy_with_url(
    blobstore_client* client,
    const char* source_url,
    size_t source_url_len,
    const blobstore_get_options* source_options,
    const char* url,
    size_t url_len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            return prepare_copy_with(
                at(client, source_url, source_url_len),
                source_options,
                at(client, url, url_len),
                options
            );
        },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_copy_with_url_async(
    blobstore_client* client,
    const char* source_url,
    size_t source_url_len,
    const blobstore_get_options* source_options,
    const char* url,
    size_t url_len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_copy_with(
            at(client, source_url, source_url_len),
            source_options,
            at(client, url, url_len),
            options
        );
    });
}

blobstore_status blobstore_rename(
    blobstore_store* store,
    const char* source_key,
    size_t source_key_len,
    const char* key,
    size_t key_len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            return prepare_rename(
                at(store, source_key, source_key_len), at(store, key, key_len), options
            );
        },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_rename_async(
    blobstore_store* store,
    const char* source_key,
    size_t source_key_len,
    const char* key,
    size_t key_len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_rename(
            at(store, source_key, source_key_len), at(store, key, key_len), options
        );
    });
}

blobstore_status blobstore_append(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const void* data,
    size_t len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            return prepare_append(at(store, key, key_len), data, len, options);
        },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_append_async(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const void* data,
    size_t len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_append(at(store, key, key_len), data, len, options);
    });
}

blobstore_status blobstore_append_url(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const void* data,
    size_t len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            return prepare_append(at(client, url, url_len), data, len, options);
        },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_append_url_async(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const void* data,
    size_t len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_append(at(client, url, url_len), data, len, options);
    });
}

blobstore_status blobstore_update(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> { return prepare_update(at(store, key, key_len), options); },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_update_async(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_update(at(store, key, key_len), options);
    });
}

blobstore_status blobstore_update_url(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> { return prepare_update(at(client, url, url_len), options); },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_update_url_async(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_update(at(client, url, url_len), options);
    });
}
