// SPDX-License-Identifier: Apache-2.0
// Calls beyond one object's bytes: copy, delete_many, list, presign, and files.
#include "capi/arguments.h"

using namespace blobstore;
using namespace blobstore::capi;

namespace {

constexpr std::uint64_t most_moved = ~std::uint64_t{0};

struct copy_args {
    target where, from;
    copy_options options;
};

task<result<void>> run_copy(operation& op, copy_args& a) {
    result<object_meta> copied =
        co_await a.where.in->copy(op, *a.from.in, a.from.key, a.where.key, a.options);
    if (!copied) co_return copied.error();
    results_of(op).object = std::move(*copied);
    co_return result<void>();
}

result<prepared>
prepare_copy(result<target> from, result<target> to, const blobstore_put_options* given) {
    if (!from) return from.error();
    if (!to) return to.error();
    result<copy_options> options = read_copy(given);
    if (!options) return options.error();
    copy_args args{std::move(*to), std::move(*from), std::move(*options)};
    const bool blocks = args.from.in->blocks();
    prepared op = prepare(std::move(args), run_copy, most_moved);
    op->blocks = op->blocks || blocks;
    return op;
}

struct delete_many_args {
    target where;
    std::vector<std::string> keys;
    blobstore_status* results;
};

task<result<void>> run_delete_many(operation& op, delete_many_args& a) {
    result<std::vector<result<void>>> removed = co_await a.where.in->remove_many(op, a.keys);
    if (!removed) {
        std::fill_n(
            a.results, a.keys.size(), static_cast<blobstore_status>(removed.error().code())
        );
        co_return removed.error();
    }
    result<void> first;
    for (std::size_t i = 0; i < removed->size(); ++i) {
        const result<void>& one = (*removed)[i];
        a.results[i] = one ? BLOBSTORE_OK : static_cast<blobstore_status>(one.error().code());
        if (!one && first) first = one.error();
    }
    co_return first;
}

result<prepared> prepare_delete_many(
    result<target> where, const blobstore_str* keys, std::size_t n, blobstore_status* results
) {
    if (n > static_cast<std::size_t>(PTRDIFF_MAX) / sizeof(blobstore_str))
        return invalid("n is longer than memory can be");
    if (n != 0 && (!keys || !results)) return invalid("keys or results is NULL");
    std::fill_n(results, n, BLOBSTORE_E_CANCELLED); // until each was tried
    if (!where) return where.error();
    delete_many_args args{std::move(*where), {}, results};
    for (std::size_t i = 0; i < n; ++i) {
        result<std::string> key = text(keys[i].ptr, keys[i].len, "key");
        if (!key) return key.error();
        args.keys.push_back(std::move(*key));
    }
    return prepare(std::move(args), run_delete_many);
}

struct list_args {
    target where;
    list_options options;
};

task<result<void>> run_list(operation& op, list_args& a) {
    result<list_page> page = co_await a.where.in->list(op, a.options);
    if (!page) co_return page.error();
    results_of(op).page = std::make_unique<blobstore_page>(blobstore_page{std::move(*page)});
    co_return result<void>();
}

result<prepared> prepare_list(result<target> where, const blobstore_list_options* given) {
    if (!where) return where.error();
    result<list_options> options = read(given);
    if (!options) return options.error();
    return prepare(list_args{std::move(*where), std::move(*options)}, run_list);
}

struct presign_args {
    target where;
    presign_options options;
};

task<result<void>> run_presign(operation& op, presign_args& a) {
    result<std::string> link = co_await a.where.in->presign(op, a.where.key, a.options);
    if (!link) co_return link.error();
    results_of(op).buffer = make_buffer(std::move(*link));
    results_of(op).buffer->secret = true;
    co_return result<void>();
}

result<prepared> prepare_presign(result<target> where, const blobstore_presign_options* given) {
    if (!where) return where.error();
    result<presign_options> options = read(given);
    if (!options) return options.error();
    return prepare(presign_args{std::move(*where), std::move(*options)}, run_presign);
}

struct file_args {
    target where;
    local_file file;
    get_options get;
    put_options put;
};

task<result<void>> run_upload(operation& op, file_args& a) {
    result<object_meta> put = co_await a.where.in->upload(op, a.where.key, a.file, a.put);
    if (!put) co_return put.error();
    results_of(op).total = put->size.value_or(0);
    results_of(op).object = std::move(*put);
    co_return result<void>();
}

task<result<void>> run_download(operation& op, file_args& a) {
    result<object_meta> got = co_await a.where.in->download(op, a.where.key, a.get, a.file);
    if (!got) co_return got.error();
    results_of(op).total = got->size.value_or(0);
    results_of(op).object = std::move(*got);
    co_return result<void>();
}

result<prepared> prepare_upload(
    result<target> where, const blobstore_file* given, const blobstore_put_options* put
) {
    if (!where) return where.error();
    result<local_file> file = read(given);
    if (!file) return file.error();
    result<put_options> options = read(put);
    if (!options) return options.error();
    return prepare(
        file_args{std::move(*where), std::move(*file), {}, std::move(*options)},
        run_upload,
        most_moved
    );
}

result<prepared> prepare_download(
    result<target> where, const blobstore_get_options* get, const blobstore_file* given
) {
    if (!where) return where.error();
    result<local_file> file = read(given);
    if (!file) return file.error();
    result<get_options> options = read(get);
    if (!options) return options.error();
    prepared op = prepare(
        file_args{std::move(*where), std::move(*file), std::move(*options), {}},
        run_download,
        most_moved
    );
    return op;
}

} // namespace

blobstore_status blobstore_copy(
    blobstore_store* source,
    const char* source_key,
    size_t source_key_len,
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
            return prepare_copy(
                at(source, source_key, source_key_len), at(store, key, key_len), options
            );
        },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_copy_async(
    blobstore_store* source,
    const char* source_key,
    size_t source_key_len,
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
        return prepare_copy(
            at(source, source_key, source_key_len), at(store, key, key_len), options
        );
    });
}

blobstore_status blobstore_copy_url(
    blobstore_client* client,
    const char* source_url,
    size_t source_url_len,
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
            return prepare_copy(
                at(client, source_url, source_url_len), at(client, url, url_len), options
            );
        },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_copy_url_async(
    blobstore_client* client,
    const char* source_url,
    size_t source_url_len,
    const char* url,
    size_t url_len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_copy(
            at(client, source_url, source_url_len), at(client, url, url_len), options
        );
    });
}

blobstore_status blobstore_delete_many(
    blobstore_store* store,
    const blobstore_str* keys,
    size_t n,
    const blobstore_call* call,
    blobstore_status* results,
    blobstore_error** err
) {
    return run_call(
        err,
        call,
        [&]() -> result<prepared> { return prepare_delete_many(at(store), keys, n, results); },
        [&](blobstore_op&) {}
    );
}

blobstore_status blobstore_delete_many_async(
    blobstore_store* store,
    const blobstore_str* keys,
    size_t n,
    const blobstore_call* call,
    blobstore_status* results,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_delete_many(at(store), keys, n, results);
    });
}

blobstore_status blobstore_list(
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
            return prepare_list(at(store), options);
        },
        [&](blobstore_op& done) { *page = done.page.release(); }
    );
}

blobstore_status blobstore_list_async(
    blobstore_store* store,
    const blobstore_list_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_list(at(store), options);
    });
}

blobstore_status blobstore_presign(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_presign_options* options,
    const blobstore_call* call,
    blobstore_buffer** link,
    blobstore_error** err
) {
    if (link) *link = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            if (!link) return invalid("link is NULL");
            return prepare_presign(at(store, key, key_len), options);
        },
        [&](blobstore_op& done) { *link = std::exchange(done.buffer, nullptr); }
    );
}

blobstore_status blobstore_presign_async(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_presign_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_presign(at(store, key, key_len), options);
    });
}

blobstore_status blobstore_presign_url(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_presign_options* options,
    const blobstore_call* call,
    blobstore_buffer** link,
    blobstore_error** err
) {
    if (link) *link = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            if (!link) return invalid("link is NULL");
            return prepare_presign(at(client, url, url_len), options);
        },
        [&](blobstore_op& done) { *link = std::exchange(done.buffer, nullptr); }
    );
}

blobstore_status blobstore_presign_url_async(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_presign_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_presign(at(client, url, url_len), options);
    });
}

blobstore_status blobstore_upload_file(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_file* file,
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
            return prepare_upload(at(store, key, key_len), file, options);
        },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_upload_file_async(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_file* file,
    const blobstore_put_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_upload(at(store, key, key_len), file, options);
    });
}

blobstore_status blobstore_upload_file_url(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_file* file,
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
            return prepare_upload(at(client, url, url_len), file, options);
        },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_upload_file_url_async(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_file* file,
    const blobstore_put_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_upload(at(client, url, url_len), file, options);
    });
}

blobstore_status blobstore_download_file(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_get_options* options,
    const blobstore_file* file,
    const blobstore_call* call,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            return prepare_download(at(store, key, key_len), options, file);
        },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_download_file_async(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_get_options* options,
    const blobstore_file* file,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_download(at(store, key, key_len), options, file);
    });
}

blobstore_status blobstore_download_file_url(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_get_options* options,
    const blobstore_file* file,
    const blobstore_call* call,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            return prepare_download(at(client, url, url_len), options, file);
        },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_download_file_url_async(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_get_options* options,
    const blobstore_file* file,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_download(at(client, url, url_len), options, file);
    });
}
