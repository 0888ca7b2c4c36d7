// SPDX-License-Identifier: Apache-2.0
// The streaming writer: pushes, and the one finish that commits.
#include "capi/arguments.h"

using namespace blobstore;
using namespace blobstore::capi;

namespace {

/// What the calls on one writer share. One at a time uses it: `busy`.
struct writer_state {
    target where;
    call_limits limits; ///< of the open, for every write
    std::shared_ptr<cancel_core> cancel;
    std::unique_ptr<object_writer> to;
    std::atomic<bool> busy{false};
    const std::shared_ptr<cancel_core> freed = std::make_shared<cancel_core>();
};

} // namespace

struct blobstore_writer {
    std::shared_ptr<client_core> core;
    std::shared_ptr<writer_state> state;
};

namespace {

struct open_args {
    target where;
    put_options options;
};

task<result<void>> run_open(operation& op, open_args& a) {
    result<std::unique_ptr<object_writer>> opened = a.where.in->open_writer(a.where.key, a.options);
    if (!opened) co_return opened.error();
    auto made = std::make_unique<blobstore_writer>();
    made->core = a.where.core;
    made->state = std::make_shared<writer_state>();
    made->state->where = a.where;
    made->state->limits = op.limits;
    made->state->cancel = results_of(op).token;
    made->state->to = std::move(*opened);
    results_of(op).writer = made.release();
    co_return result<void>();
}

result<prepared> prepare_open(result<target> where, const blobstore_put_options* given) {
    if (!where) return where.error();
    result<put_options> options = read(given);
    if (!options) return options.error();
    if (!options->transfer.resume.empty() || !options->transfer.resume_path.empty())
        return invalid("a writer has no source to go on with: resume is for files");
    return prepare(open_args{std::move(*where), std::move(*options)}, run_open);
}

struct write_args {
    std::shared_ptr<writer_state> state;
    std::span<const char> bytes;
    buffer_reference kept;

    write_args(std::shared_ptr<writer_state> s, std::span<const char> b)
        : state(std::move(s))
        , bytes(b) {}

    write_args(write_args&&) = default;

    ~write_args() {
        if (state) state->busy.store(false, std::memory_order_release);
    }
};

task<result<void>> run_write(operation& op, write_args& a) {
    const result<void> written = co_await a.state->to->write(op, a.bytes);
    if (!written)
        co_return a.state->where.in->describe(written.error(), "write", a.state->where.key);
    results_of(op).bytes = a.bytes.size();
    co_return result<void>();
}

task<result<void>> run_finish(operation& op, write_args& a) {
    result<object_meta> meta = co_await a.state->to->finish(op);
    if (!meta) co_return a.state->where.in->describe(meta.error(), "finish", a.state->where.key);
    meta->key = a.state->where.key;
    results_of(op).total = meta->size.value_or(0);
    results_of(op).object = std::move(*meta);
    co_return result<void>();
}

result<prepared> prepare_write(
    blobstore_writer* writer,
    std::span<const char> bytes,
    blobstore_buffer* kept,
    task<result<void>> (*run)(operation&, write_args&)
) {
    if (!writer) return invalid("writer is NULL");
    result<void> checked = writer->core->check();
    if (checked && writer->core->run->closing())
        checked = error(errc::closed, "the client is closed");
    if (!checked) return checked.error();
    writer_state& s = *writer->state;
    if (s.busy.exchange(true, std::memory_order_acquire))
        return error(errc::invalid_state, "a call is running on this writer");
    write_args args(writer->state, bytes);
    if (kept) args.kept.reset(blobstore_buffer_retain(kept));
    prepared op = prepare_on(s.where, std::move(args), run);
    op->limits = s.limits;
    s.freed->attach(op);
    if (s.cancel) s.cancel->attach(op);
    return op;
}

result<prepared> prepare_write_bytes(blobstore_writer* writer, const void* data, std::size_t len) {
    const result<void> checked = check_bytes(data, len, "data");
    if (!checked) return checked.error();
    return prepare_write(
        writer, std::span(static_cast<const char*>(data), len), nullptr, run_write
    );
}

result<prepared> prepare_write_buffer(blobstore_writer* writer, blobstore_buffer* data) {
    if (!data) return invalid("data is NULL");
    return prepare_write(
        writer, std::span(static_cast<const char*>(data->data), data->size), data, run_write
    );
}

} // namespace

blobstore_status blobstore_writer_open(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    blobstore_writer** out,
    blobstore_error** err
) {
    if (out) *out = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            if (!out) return invalid("out is NULL");
            return prepare_open(at(store, key, key_len), options);
        },
        [&](blobstore_op& done) { *out = std::exchange(done.writer, nullptr); }
    );
}

blobstore_status blobstore_writer_open_async(
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
        return prepare_open(at(store, key, key_len), options);
    });
}

blobstore_status blobstore_writer_open_url(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    blobstore_writer** out,
    blobstore_error** err
) {
    if (out) *out = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            if (!out) return invalid("out is NULL");
            return prepare_open(at(client, url, url_len), options);
        },
        [&](blobstore_op& done) { *out = std::exchange(done.writer, nullptr); }
    );
}

blobstore_status blobstore_writer_open_url_async(
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
        return prepare_open(at(client, url, url_len), options);
    });
}

blobstore_status blobstore_writer_write(
    blobstore_writer* writer, const void* data, size_t len, blobstore_error** err
) {
    return run_call(
        err,
        nullptr,
        [&]() -> result<prepared> { return prepare_write_bytes(writer, data, len); },
        [&](blobstore_op&) {}
    );
}

blobstore_status blobstore_writer_write_async(
    blobstore_writer* writer,
    const void* data,
    size_t len,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, nullptr, async, op, [&]() -> result<prepared> {
        return prepare_write_bytes(writer, data, len);
    });
}

blobstore_status blobstore_writer_write_buffer(
    blobstore_writer* writer, blobstore_buffer* data, blobstore_error** err
) {
    return run_call(
        err,
        nullptr,
        [&]() -> result<prepared> { return prepare_write_buffer(writer, data); },
        [&](blobstore_op&) {}
    );
}

blobstore_status blobstore_writer_write_buffer_async(
    blobstore_writer* writer,
    blobstore_buffer* data,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, nullptr, async, op, [&]() -> result<prepared> {
        return prepare_write_buffer(writer, data);
    });
}

blobstore_status
blobstore_writer_finish(blobstore_writer* writer, blobstore_object** info, blobstore_error** err) {
    if (info) *info = nullptr;
    return run_call(
        err,
        nullptr,
        [&]() -> result<prepared> { return prepare_write(writer, {}, nullptr, run_finish); },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_writer_finish_async(
    blobstore_writer* writer, const blobstore_async* async, blobstore_op** op, blobstore_error** err
) {
    return submit_call(err, nullptr, async, op, [&]() -> result<prepared> {
        return prepare_write(writer, {}, nullptr, run_finish);
    });
}

void blobstore_writer_free(blobstore_writer* writer) {
    if (!writer) return;
    const long pid = writer->core->pid;
    if (process_id() == pid) {
        writer->state->freed->trigger();
        // Not while a call uses it: that one ends cancelled, and the last to hold it abandons.
        if (!writer->state->busy.load(std::memory_order_acquire)) writer->state->to->abandon();
    }
    let_go(writer->state, pid);
    let_go(writer->core, pid);
    delete writer;
}
