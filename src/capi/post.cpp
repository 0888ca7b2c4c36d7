// SPDX-License-Identifier: Apache-2.0
// Forms by which browsers upload.
#include "capi/arguments.h"

using namespace blobstore;
using namespace blobstore::capi;

namespace {

struct post_args {
    target where;
    post_options options;
};

task<result<void>> run_post(operation& op, post_args& a) {
    result<std::string> form = co_await a.where.in->presign_post(op, a.where.key, a.options);
    if (!form) co_return form.error();
    results_of(op).buffer = make_buffer(std::move(*form));
    results_of(op).buffer->secret = true;
    co_return result<void>();
}

result<prepared> prepare_post(result<target> where, const blobstore_post_options* given) {
    if (!where) return where.error();
    result<post_options> options = read(given);
    if (!options) return options.error();
    return prepare(post_args{std::move(*where), std::move(*options)}, run_post);
}

} // namespace

blobstore_status blobstore_presign_post(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_post_options* options,
    const blobstore_call* call,
    blobstore_buffer** form,
    blobstore_error** err
) {
    if (form) *form = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            if (!form) return invalid("form is NULL");
            return prepare_post(at(store, key, key_len), options);
        },
        [&](blobstore_op& done) { *form = std::exchange(done.buffer, nullptr); }
    );
}

blobstore_status blobstore_presign_post_async(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_post_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_post(at(store, key, key_len), options);
    });
}

blobstore_status blobstore_presign_post_url(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_post_options* options,
    const blobstore_call* call,
    blobstore_buffer** form,
    blobstore_error** err
) {
    if (form) *form = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            if (!form) return invalid("form is NULL");
            return prepare_post(at(client, url, url_len), options);
        },
        [&](blobstore_op& done) { *form = std::exchange(done.buffer, nullptr); }
    );
}

blobstore_status blobstore_presign_post_url_async(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_post_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_post(at(client, url, url_len), options);
    });
}
