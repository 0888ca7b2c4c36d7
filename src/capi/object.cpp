// SPDX-License-Identifier: Apache-2.0
// Calls on one object: get, get_into, head, put, delete; each blocking, submitted, by store or by
// URL.
#include "capi/arguments.h"

using namespace blobstore;
using namespace blobstore::capi;

namespace {

constexpr std::uint64_t unknown_size = ~std::uint64_t{0};

struct get_args {
    target where;
    get_options options;
    std::span<char> into;
};

task<result<void>> run_get(operation& op, get_args& a) {
    result<object_bytes> got = co_await a.where.in->get(op, a.where.key, a.options);
    if (!got) co_return got.error();
    blobstore_op& done = results_of(op);
    done.total = got->meta.size.value_or(0);
    done.buffer = make_buffer(std::move(got->bytes));
    done.object = std::move(got->meta);
    co_return result<void>();
}

task<result<void>> run_get_into(operation& op, get_args& a) {
    result<object_filled> got = co_await a.where.in->get_into(op, a.where.key, a.options, a.into);
    if (!got) co_return got.error();
    blobstore_op& done = results_of(op);
    done.bytes = got->size;
    done.total = got->meta.size.value_or(0);
    done.object = std::move(got->meta);
    co_return result<void>();
}

task<result<void>> run_head(operation& op, get_args& a) {
    result<object_meta> got = co_await a.where.in->head(op, a.where.key, a.options);
    if (!got) co_return got.error();
    results_of(op).total = got->size.value_or(0);
    results_of(op).object = std::move(*got);
    co_return result<void>();
}

struct put_args {
    target where;
    put_options options;
    source body;
    buffer_reference kept;
};

task<result<void>> run_put(operation& op, put_args& a) {
    result<object_meta> put = co_await a.where.in->put(op, a.where.key, a.body, a.options);
    if (!put) co_return put.error();
    results_of(op).total = put->size.value_or(0);
    results_of(op).object = std::move(*put);
    co_return result<void>();
}

struct delete_args {
    target where;
};

task<result<void>> run_delete(operation& op, delete_args& a) {
    result<void> removed = co_await a.where.in->remove(op, a.where.key);
    co_return removed;
}

result<prepared> prepare_get(result<target> where, const blobstore_get_options* given) {
    if (!where) return where.error();
    result<get_options> options = read(given);
    if (!options) return options.error();
    const std::uint64_t moves = options->range.length.value_or(unknown_size);
    return prepare(get_args{std::move(*where), std::move(*options), {}}, run_get, moves);
}

result<prepared> prepare_get_into(
    result<target> where, const blobstore_get_options* given, void* dst, std::size_t cap
) {
    if (!where) return where.error();
    result<get_options> options = read(given);
    if (!options) return options.error();
    result<void> checked = check_bytes(dst, cap, "dst");
    if (!checked) return checked.error();
    std::span<char> into(static_cast<char*>(dst), cap);
    return prepare(get_args{std::move(*where), std::move(*options), into}, run_get_into, cap);
}

result<prepared> prepare_head(result<target> where, const blobstore_get_options* given) {
    if (!where) return where.error();
    result<get_options> options = read(given);
    if (!options) return options.error();
    if (!options->range.whole()) return invalid("head takes no range");
    return prepare(get_args{std::move(*where), std::move(*options), {}}, run_head);
}

result<prepared> prepare_put(
    result<target> where, const void* data, std::size_t len, const blobstore_put_options* given
) {
    if (!where) return where.error();
    result<put_options> options = read(given);
    if (!options) return options.error();
    result<void> checked = check_bytes(data, len, "data");
    if (!checked) return checked.error();
    put_args args{std::move(*where), std::move(*options), {}, nullptr};
    args.body.memory = std::span(static_cast<const char*>(data), len);
    return prepare(std::move(args), run_put, len);
}

result<prepared> prepare_put_buffer(
    result<target> where, blobstore_buffer* body, const blobstore_put_options* given
) {
    if (!where) return where.error();
    if (!body) return invalid("body is NULL");
    result<put_options> options = read(given);
    if (!options) return options.error();
    put_args args{std::move(*where), std::move(*options), {}, nullptr};
    args.kept.reset(blobstore_buffer_retain(body));
    args.body.memory = std::span(static_cast<const char*>(body->data), body->size);
    return prepare(std::move(args), run_put, body->size);
}

result<prepared> prepare_delete(result<target> where) {
    if (!where) return where.error();
    return prepare(delete_args{std::move(*where)}, run_delete);
}

} // namespace

blobstore_status blobstore_get(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    blobstore_buffer** body,
    blobstore_object** info,
    blobstore_error** err
) {
    if (body) *body = nullptr;
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            if (!body) return invalid("body is NULL");
            return prepare_get(at(store, key, key_len), options);
        },
        [&](blobstore_op& done) {
            *body = std::exchange(done.buffer, nullptr);
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_get_async(
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
        return prepare_get(at(store, key, key_len), options);
    });
}

blobstore_status blobstore_get_url(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    blobstore_buffer** body,
    blobstore_object** info,
    blobstore_error** err
) {
    if (body) *body = nullptr;
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            if (!body) return invalid("body is NULL");
            return prepare_get(at(client, url, url_len), options);
        },
        [&](blobstore_op& done) {
            *body = std::exchange(done.buffer, nullptr);
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_get_url_async(
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
        return prepare_get(at(client, url, url_len), options);
    });
}

blobstore_status blobstore_get_into(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    void* dst,
    size_t cap,
    size_t* n,
    blobstore_object** info,
    blobstore_error** err
) {
    if (n) *n = 0;
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            if (!n) return invalid("n is NULL");
            return prepare_get_into(at(store, key, key_len), options, dst, cap);
        },
        [&](blobstore_op& done) {
            *n = done.bytes;
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_get_into_async(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    void* dst,
    size_t cap,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_get_into(at(store, key, key_len), options, dst, cap);
    });
}

blobstore_status blobstore_get_into_url(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    void* dst,
    size_t cap,
    size_t* n,
    blobstore_object** info,
    blobstore_error** err
) {
    if (n) *n = 0;
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            if (!n) return invalid("n is NULL");
            return prepare_get_into(at(client, url, url_len), options, dst, cap);
        },
        [&](blobstore_op& done) {
            *n = done.bytes;
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_get_into_url_async(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    void* dst,
    size_t cap,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_get_into(at(client, url, url_len), options, dst, cap);
    });
}

blobstore_status blobstore_head(
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
        [&]() -> result<prepared> { return prepare_head(at(store, key, key_len), options); },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_head_async(
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
        return prepare_head(at(store, key, key_len), options);
    });
}

blobstore_status blobstore_head_url(
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
        [&]() -> result<prepared> { return prepare_head(at(client, url, url_len), options); },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_head_url_async(
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
        return prepare_head(at(client, url, url_len), options);
    });
}

blobstore_status blobstore_put(
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
            return prepare_put(at(store, key, key_len), data, len, options);
        },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_put_async(
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
        return prepare_put(at(store, key, key_len), data, len, options);
    });
}

blobstore_status blobstore_put_url(
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
            return prepare_put(at(client, url, url_len), data, len, options);
        },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_put_url_async(
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
        return prepare_put(at(client, url, url_len), data, len, options);
    });
}

blobstore_status blobstore_put_buffer(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    blobstore_buffer* body,
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
            return prepare_put_buffer(at(store, key, key_len), body, options);
        },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_put_buffer_async(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    blobstore_buffer* body,
    const blobstore_put_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_put_buffer(at(store, key, key_len), body, options);
    });
}

blobstore_status blobstore_delete(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_call* call,
    blobstore_error** err
) {
    return run_call(
        err,
        call,
        [&]() -> result<prepared> { return prepare_delete(at(store, key, key_len)); },
        [&](blobstore_op&) {}
    );
}

blobstore_status blobstore_delete_async(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_delete(at(store, key, key_len));
    });
}

blobstore_status blobstore_delete_url(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_call* call,
    blobstore_error** err
) {
    return run_call(
        err,
        call,
        [&]() -> result<prepared> { return prepare_delete(at(client, url, url_len)); },
        [&](blobstore_op&) {}
    );
}

blobstore_status blobstore_delete_url_async(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_delete(at(client, url, url_len));
    });
}
