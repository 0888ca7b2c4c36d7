// SPDX-License-Identifier: Apache-2.0
// The streaming reader: pulls, seeks, and stays with the object it opened.
#include "capi/arguments.h"

#include <algorithm>

using namespace blobstore;
using namespace blobstore::capi;

namespace {

/// What the calls on one reader share. One at a time uses it: `busy`.
struct reader_state {
    target where;
    call_limits limits; ///< of the open, for every read
    std::shared_ptr<cancel_core> cancel;
    std::unique_ptr<object_reader> body;
    std::atomic<bool> busy{false};
    const std::shared_ptr<cancel_core> freed = std::make_shared<cancel_core>();
};

} // namespace

struct blobstore_reader {
    std::shared_ptr<client_core> core;
    std::shared_ptr<reader_state> state;
    std::unique_ptr<blobstore_object> object;
};

namespace {

struct open_args {
    target where;
    get_options options;
};

task<result<void>> run_open(operation& op, open_args& a) {
    result<std::unique_ptr<object_reader>> opened =
        co_await a.where.in->open(op, a.where.key, a.options);
    if (!opened) co_return opened.error();
    auto made = std::make_unique<blobstore_reader>();
    made->core = a.where.core;
    made->object = make_object((*opened)->meta());
    made->state = std::make_shared<reader_state>();
    made->state->where = a.where;
    made->state->limits = op.limits;
    made->state->cancel = results_of(op).token;
    made->state->body = std::move(*opened);
    results_of(op).reader = made.release();
    co_return result<void>();
}

result<prepared> prepare_reader_open(result<target> where, const blobstore_get_options* given) {
    if (!where) return where.error();
    result<get_options> options = read(given);
    if (!options) return options.error();
    return prepare(open_args{std::move(*where), std::move(*options)}, run_open);
}

/// At least one byte unless at the end.
task<result<std::size_t>> pull(operation& op, reader_state& s, std::span<char> into) {
    const result<std::size_t> n = co_await s.body->read(op, into, 1);
    if (!n) co_return s.where.in->describe(n.error(), "read", s.where.key);
    co_return *n;
}

struct read_args {
    std::shared_ptr<reader_state> state;
    std::span<char> into;
    std::size_t max = 0;

    read_args(std::shared_ptr<reader_state> s, std::span<char> i, std::size_t m)
        : state(std::move(s))
        , into(i)
        , max(m) {}

    read_args(read_args&&) = default;

    ~read_args() {
        if (state) state->busy.store(false, std::memory_order_release);
    }
};

task<result<void>> run_read(operation& op, read_args& a) {
    result<std::size_t> n = co_await pull(op, *a.state, a.into);
    if (!n) co_return n.error();
    results_of(op).bytes = *n;
    co_return result<void>();
}

task<result<void>> run_next(operation& op, read_args& a) {
    const object_reader& body = *a.state->body;
    std::size_t room = a.max;
    if (body.length())
        room = static_cast<std::size_t>(std::min<std::uint64_t>(
            room, *body.length() - std::min(*body.length(), body.position())
        ));
    std::string chunk(room, '\0');
    result<std::size_t> n = co_await pull(op, *a.state, chunk);
    if (!n) co_return n.error();
    if (*n == 0) co_return result<void>();
    chunk.resize(*n);
    results_of(op).buffer = make_buffer(std::move(chunk));
    co_return result<void>();
}

constexpr std::size_t largest_chunk = 64u << 20;

result<prepared> prepare_read(
    blobstore_reader* reader,
    void* dst,
    std::size_t cap,
    std::size_t max,
    task<result<void>> (*run)(operation&, read_args&)
) {
    if (!reader) return invalid("reader is NULL");
    result<void> checked = reader->core->check();
    if (checked && reader->core->run->closing())
        checked = error(errc::closed, "the client is closed");
    if (checked) checked = check_bytes(dst, cap, "dst");
    if (!checked) return checked.error();
    reader_state& s = *reader->state;
    if (s.busy.exchange(true, std::memory_order_acquire))
        return error(errc::invalid_state, "a call is running on this reader");
    read_args args(
        reader->state, std::span(static_cast<char*>(dst), cap), std::min(max, largest_chunk)
    );
    prepared op = prepare_on(s.where, std::move(args), run);
    op->limits = s.limits;
    s.freed->attach(op);
    if (s.cancel) s.cancel->attach(op);
    return op;
}

} // namespace

blobstore_status blobstore_reader_open(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    blobstore_reader** out,
    blobstore_error** err
) {
    if (out) *out = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            if (!out) return invalid("out is NULL");
            return prepare_reader_open(at(store, key, key_len), options);
        },
        [&](blobstore_op& done) { *out = std::exchange(done.reader, nullptr); }
    );
}

blobstore_status blobstore_reader_open_async(
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
        return prepare_reader_open(at(store, key, key_len), options);
    });
}

blobstore_status blobstore_reader_open_url(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_get_options* options,
    const blobstore_call* call,
    blobstore_reader** out,
    blobstore_error** err
) {
    if (out) *out = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            if (!out) return invalid("out is NULL");
            return prepare_reader_open(at(client, url, url_len), options);
        },
        [&](blobstore_op& done) { *out = std::exchange(done.reader, nullptr); }
    );
}

blobstore_status blobstore_reader_open_url_async(
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
        return prepare_reader_open(at(client, url, url_len), options);
    });
}

blobstore_status blobstore_reader_read(
    blobstore_reader* reader, void* dst, size_t cap, size_t* n, blobstore_error** err
) {
    if (n) *n = 0;
    return run_call(
        err,
        nullptr,
        [&]() -> result<prepared> {
            if (!n) return invalid("n is NULL");
            return prepare_read(reader, dst, cap, 0, run_read);
        },
        [&](blobstore_op& done) { *n = done.bytes; }
    );
}

blobstore_status blobstore_reader_read_async(
    blobstore_reader* reader,
    void* dst,
    size_t cap,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, nullptr, async, op, [&] {
        return prepare_read(reader, dst, cap, 0, run_read);
    });
}

blobstore_status blobstore_reader_next(
    blobstore_reader* reader, size_t max, blobstore_buffer** chunk, blobstore_error** err
) {
    if (chunk) *chunk = nullptr;
    return run_call(
        err,
        nullptr,
        [&]() -> result<prepared> {
            if (!chunk || max == 0) return invalid("chunk is NULL or max is 0");
            return prepare_read(reader, nullptr, 0, max, run_next);
        },
        [&](blobstore_op& done) { *chunk = std::exchange(done.buffer, nullptr); }
    );
}

blobstore_status blobstore_reader_next_async(
    blobstore_reader* reader,
    size_t max,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, nullptr, async, op, [&]() -> result<prepared> {
        if (max == 0) return invalid("max is 0");
        return prepare_read(reader, nullptr, 0, max, run_next);
    });
}

blobstore_status
blobstore_reader_seek(blobstore_reader* reader, uint64_t offset, blobstore_error** err) {
    return guard(err, [&]() -> result<void> {
        if (!reader) return invalid("reader is NULL");
        result<void> alive = reader->core->check();
        if (!alive) return alive;
        if (reader->core->run->closing()) return error(errc::closed, "the client is closed");
        reader_state& s = *reader->state;
        if (s.busy.exchange(true, std::memory_order_acquire))
            return error(errc::invalid_state, "a call is running on this reader");
        s.body->seek(offset);
        s.busy.store(false, std::memory_order_release);
        return {};
    });
}

blobstore_status
blobstore_reader_object(const blobstore_reader* reader, blobstore_object_view* out) {
    if (!reader) return BLOBSTORE_E_INVALID_ARGUMENT;
    return blobstore_object_get(reader->object.get(), out);
}

void blobstore_reader_free(blobstore_reader* reader) {
    if (!reader) return;
    const long pid = reader->core->pid;
    if (process_id() == pid) reader->state->freed->trigger();
    let_go(reader->state, pid);
    let_go(reader->core, pid);
    delete reader;
}
