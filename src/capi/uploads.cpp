// SPDX-License-Identifier: Apache-2.0
// Uploads in parts that the caller leads: begun, filled, looked at, completed, aborted.
#include "base/encoding.h"
#include "capi/arguments.h"
#include "os/host.h"
#include "store/parts.h"

#include <charconv>

using namespace blobstore;
using namespace blobstore::capi;

namespace {

constexpr std::uint64_t most_moved = ~std::uint64_t{0};
constexpr std::int64_t nanoseconds_per_ms = 1'000'000;

struct create_args {
    target where;
    put_options options;
};

task<result<void>> run_create(operation& op, create_args& a) {
    result<std::string> token = co_await a.where.in->upload_create(op, a.where.key, a.options);
    if (!token) co_return token.error();
    results_of(op).buffer = make_buffer(std::move(*token));
    results_of(op).buffer->secret = true; // may hold an SSE-C key
    co_return result<void>();
}

result<prepared> prepare_create(result<target> where, const blobstore_put_options* given) {
    if (!where) return where.error();
    result<put_options> options = read(given);
    if (!options) return options.error();
    return prepare(create_args{std::move(*where), std::move(*options)}, run_create);
}

/// A call on one upload.
struct upload_args {
    target where;
    std::string token;
    std::uint32_t number = 0;
    source body;
    target from;
    get_options what;
    presign_options link;
    std::vector<finished_part> parts;
};

result<upload_args> read_upload(blobstore_store* store, const char* token, std::size_t len) {
    result<target> where = at(store);
    if (!where) return where.error();
    result<std::string> read = text(token, len, "token");
    if (!read) return read.error();
    upload_args args;
    args.where = std::move(*where);
    args.token = std::move(*read);
    return args;
}

void keep_receipt(operation& op, std::string receipt) {
    results_of(op).buffer = make_buffer(std::move(receipt));
}

task<result<void>> run_part(operation& op, upload_args& a) {
    result<std::string> receipt = co_await a.where.in->upload_part(op, a.token, a.number, a.body);
    if (!receipt) co_return receipt.error();
    keep_receipt(op, std::move(*receipt));
    co_return result<void>();
}

result<prepared>
prepare_part(result<upload_args> args, std::uint32_t number, const void* data, std::size_t len) {
    if (!args) return args.error();
    const result<void> checked = check_bytes(data, len, "data");
    if (!checked) return checked.error();
    args->number = number;
    args->body.memory = std::span(static_cast<const char*>(data), len);
    return prepare(std::move(*args), run_part, len);
}

task<result<void>> run_part_copy(operation& op, upload_args& a) {
    result<std::string> receipt = co_await a.where.in->upload_part_copy(
        op, a.token, a.number, *a.from.in, a.from.key, a.what
    );
    if (!receipt) co_return receipt.error();
    keep_receipt(op, std::move(*receipt));
    co_return result<void>();
}

result<prepared> prepare_part_copy(
    result<upload_args> args,
    std::uint32_t number,
    result<target> from,
    const blobstore_get_options* given
) {
    if (!args) return args.error();
    if (!from) return from.error();
    result<get_options> what = read(given);
    if (!what) return what.error();
    args->number = number;
    args->from = std::move(*from);
    args->what = std::move(*what);
    const bool blocks = args->from.in->blocks();
    prepared op = prepare(std::move(*args), run_part_copy, most_moved);
    op->blocks = op->blocks || blocks;
    return op;
}

task<result<void>> run_list_parts(operation& op, upload_args& a) {
    const result<std::vector<part_entry>> parts =
        co_await a.where.in->upload_list_parts(op, a.token);
    if (!parts) co_return parts.error();
    list_page page;
    for (const part_entry& part : *parts) {
        object_meta& entry = page.entries.emplace_back();
        entry.key = std::to_string(part.number);
        entry.size = part.size;
        entry.modified_ns = part.modified_ns;
        entry.etag = part.receipt;
    }
    results_of(op).page = std::make_unique<blobstore_page>(blobstore_page{std::move(page)});
    co_return result<void>();
}

task<result<void>> run_complete(operation& op, upload_args& a) {
    result<object_meta> meta = co_await a.where.in->upload_complete(op, a.token, a.parts);
    if (!meta) co_return meta.error();
    results_of(op).object = std::move(*meta);
    co_return result<void>();
}

/// A number in decimal digits.
result<std::uint32_t> part_number(const blobstore_str& given) {
    const result<std::string> digits = text(given, "parts[].key");
    if (!digits) return digits.error();
    std::uint32_t number = 0;
    const char* const end = digits->data() + digits->size();
    const auto [stop, failed] = std::from_chars(digits->data(), end, number);
    if (failed != std::errc() || stop != end || digits->empty())
        return invalid("parts[].key \"" + *digits + "\" is no part number");
    return number;
}

result<prepared>
prepare_complete(result<upload_args> args, const blobstore_kv* parts, std::size_t n) {
    if (!args) return args.error();
    if (n > static_cast<std::size_t>(PTRDIFF_MAX) / sizeof(blobstore_kv))
        return invalid("n is longer than memory can be");
    if (n != 0 && !parts) return invalid("parts is NULL");
    for (std::size_t i = 0; i < n; ++i) {
        const result<std::uint32_t> number = part_number(parts[i].key);
        if (!number) return number.error();
        result<std::string> receipt = text(parts[i].value, "parts[].value");
        if (!receipt) return receipt.error();
        args->parts.push_back({*number, std::move(*receipt)});
    }
    return prepare(std::move(*args), run_complete);
}

task<result<void>> run_abort(operation& op, upload_args& a) {
    const result<void> aborted = co_await a.where.in->upload_abort(op, a.token);
    co_return aborted;
}

task<result<void>> run_presign_part(operation& op, upload_args& a) {
    result<std::string> link =
        co_await a.where.in->upload_presign_part(op, a.token, a.number, a.link);
    if (!link) co_return link.error();
    results_of(op).buffer = make_buffer(std::move(*link));
    results_of(op).buffer->secret = true;
    co_return result<void>();
}

result<prepared> prepare_presign_part(
    result<upload_args> args, std::uint32_t number, const blobstore_presign_options* given
) {
    if (!args) return args.error();
    result<presign_options> link = read(given);
    if (!link) return link.error();
    if (given && given->method.len != 0 && link->method != "PUT")
        return invalid("a part is put: method is PUT or empty");
    args->number = number;
    args->link = std::move(*link);
    args->link.method = "PUT";
    return prepare(std::move(*args), run_presign_part);
}

result<prepared>
prepare_upload_call(result<upload_args> args, task<result<void>> (*run)(operation&, upload_args&)) {
    if (!args) return args.error();
    return prepare(std::move(*args), run);
}

struct uploads_args {
    target where;
    std::string prefix, token;
    std::int64_t begun_before_ns = 0;
};

task<result<void>> run_uploads(operation& op, uploads_args& a) {
    result<upload_page> uploads = co_await a.where.in->uploads(op, a.prefix, a.token);
    if (!uploads) co_return uploads.error();
    list_page page;
    page.next_token = std::move(uploads->next_token);
    for (upload_entry& upload : uploads->uploads) {
        object_meta& entry = page.entries.emplace_back();
        entry.key = std::move(upload.key);
        entry.modified_ns = upload.begun_ns;
        entry.version = std::move(upload.id);
    }
    results_of(op).page = std::make_unique<blobstore_page>(blobstore_page{std::move(page)});
    co_return result<void>();
}

result<prepared> prepare_uploads(result<target> where, const blobstore_list_options* given) {
    if (!where) return where.error();
    result<list_options> options = read(given);
    if (!options) return options.error();
    if (!options->delimiter.empty() || !options->start_after.empty() || options->page_size != 0 ||
        options->versions)
        return invalid("a list of uploads takes a prefix and a page token");
    return prepare(
        uploads_args{std::move(*where), std::move(options->prefix), std::move(options->page_token)},
        run_uploads
    );
}

task<result<void>> run_uploads_abort(operation& op, uploads_args& a) {
    const result<std::uint64_t> aborted =
        co_await a.where.in->uploads_abort(op, a.prefix, a.begun_before_ns);
    if (!aborted) co_return aborted.error();
    results_of(op).bytes = *aborted;
    co_return result<void>();
}

result<prepared> prepare_uploads_abort(
    result<target> where, const char* prefix, std::size_t prefix_len, std::int64_t older_than_ms
) {
    if (!where) return where.error();
    result<std::string> begin = text(prefix, prefix_len, "prefix");
    if (!begin) return begin.error();
    if (older_than_ms < 0) return invalid("older_than_ms is negative");
    const std::int64_t now = where->core->machine->now_ns();
    const std::int64_t age = std::min(older_than_ms, now / nanoseconds_per_ms);
    return prepare(
        uploads_args{std::move(*where), std::move(*begin), {}, now - age * nanoseconds_per_ms},
        run_uploads_abort
    );
}

} // namespace

uint64_t blobstore_optimal_part_size(uint64_t total) {
    return optimal_part_size(total);
}

blobstore_status blobstore_upload_create(
    blobstore_store* store,
    const char* key,
    size_t key_len,
    const blobstore_put_options* options,
    const blobstore_call* call,
    blobstore_buffer** token,
    blobstore_error** err
) {
    if (token) *token = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            if (!token) return invalid("token is NULL");
            return prepare_create(at(store, key, key_len), options);
        },
        [&](blobstore_op& done) { *token = std::exchange(done.buffer, nullptr); }
    );
}

blobstore_status blobstore_upload_create_async(
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
        return prepare_create(at(store, key, key_len), options);
    });
}

blobstore_status blobstore_upload_part(
    blobstore_store* store,
    const char* token,
    size_t token_len,
    uint32_t number,
    const void* data,
    size_t len,
    const blobstore_call* call,
    blobstore_buffer** receipt,
    blobstore_error** err
) {
    if (receipt) *receipt = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            if (!receipt) return invalid("receipt is NULL");
            return prepare_part(read_upload(store, token, token_len), number, data, len);
        },
        [&](blobstore_op& done) { *receipt = std::exchange(done.buffer, nullptr); }
    );
}

blobstore_status blobstore_upload_part_async(
    blobstore_store* store,
    const char* token,
    size_t token_len,
    uint32_t number,
    const void* data,
    size_t len,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_part(read_upload(store, token, token_len), number, data, len);
    });
}

blobstore_status blobstore_upload_part_copy(
    blobstore_store* store,
    const char* token,
    size_t token_len,
    uint32_t number,
    blobstore_store* source,
    const char* source_key,
    size_t source_key_len,
    const blobstore_get_options* what,
    const blobstore_call* call,
    blobstore_buffer** receipt,
    blobstore_error** err
) {
    if (receipt) *receipt = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            if (!receipt) return invalid("receipt is NULL");
            return prepare_part_copy(
                read_upload(store, token, token_len),
                number,
                at(source, source_key, source_key_len),
                what
            );
        },
        [&](blobstore_op& done) { *receipt = std::exchange(done.buffer, nullptr); }
    );
}

blobstore_status blobstore_upload_part_copy_async(
    blobstore_store* store,
    const char* token,
    size_t token_len,
    uint32_t number,
    blobstore_store* source,
    const char* source_key,
    size_t source_key_len,
    const blobstore_get_options* what,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_part_copy(
            read_upload(store, token, token_len),
            number,
            at(source, source_key, source_key_len),
            what
        );
    });
}

blobstore_status blobstore_upload_list_parts(
    blobstore_store* store,
    const char* token,
    size_t token_len,
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
            return prepare_upload_call(read_upload(store, token, token_len), run_list_parts);
        },
        [&](blobstore_op& done) { *page = done.page.release(); }
    );
}

blobstore_status blobstore_upload_list_parts_async(
    blobstore_store* store,
    const char* token,
    size_t token_len,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_upload_call(read_upload(store, token, token_len), run_list_parts);
    });
}

blobstore_status blobstore_upload_presign_part(
    blobstore_store* store,
    const char* token,
    size_t token_len,
    uint32_t number,
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
            return prepare_presign_part(read_upload(store, token, token_len), number, options);
        },
        [&](blobstore_op& done) { *link = std::exchange(done.buffer, nullptr); }
    );
}

blobstore_status blobstore_upload_presign_part_async(
    blobstore_store* store,
    const char* token,
    size_t token_len,
    uint32_t number,
    const blobstore_presign_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_presign_part(read_upload(store, token, token_len), number, options);
    });
}

blobstore_status blobstore_upload_complete(
    blobstore_store* store,
    const char* token,
    size_t token_len,
    const blobstore_kv* parts,
    size_t n,
    const blobstore_call* call,
    blobstore_object** info,
    blobstore_error** err
) {
    if (info) *info = nullptr;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            return prepare_complete(read_upload(store, token, token_len), parts, n);
        },
        [&](blobstore_op& done) {
            if (info) *info = take_object(done);
        }
    );
}

blobstore_status blobstore_upload_complete_async(
    blobstore_store* store,
    const char* token,
    size_t token_len,
    const blobstore_kv* parts,
    size_t n,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_complete(read_upload(store, token, token_len), parts, n);
    });
}

blobstore_status blobstore_upload_abort(
    blobstore_store* store,
    const char* token,
    size_t token_len,
    const blobstore_call* call,
    blobstore_error** err
) {
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            return prepare_upload_call(read_upload(store, token, token_len), run_abort);
        },
        [&](blobstore_op&) {}
    );
}

blobstore_status blobstore_upload_abort_async(
    blobstore_store* store,
    const char* token,
    size_t token_len,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_upload_call(read_upload(store, token, token_len), run_abort);
    });
}

blobstore_status blobstore_uploads_list(
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
            return prepare_uploads(at(store), options);
        },
        [&](blobstore_op& done) { *page = done.page.release(); }
    );
}

blobstore_status blobstore_uploads_list_async(
    blobstore_store* store,
    const blobstore_list_options* options,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_uploads(at(store), options);
    });
}

blobstore_status blobstore_uploads_abort(
    blobstore_store* store,
    const char* prefix,
    size_t prefix_len,
    int64_t older_than_ms,
    const blobstore_call* call,
    uint64_t* aborted,
    blobstore_error** err
) {
    if (aborted) *aborted = 0;
    return run_call(
        err,
        call,
        [&]() -> result<prepared> {
            return prepare_uploads_abort(at(store), prefix, prefix_len, older_than_ms);
        },
        [&](blobstore_op& done) {
            if (aborted) *aborted = done.bytes;
        }
    );
}

blobstore_status blobstore_uploads_abort_async(
    blobstore_store* store,
    const char* prefix,
    size_t prefix_len,
    int64_t older_than_ms,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    blobstore_error** err
) {
    return submit_call(err, call, async, op, [&]() -> result<prepared> {
        return prepare_uploads_abort(at(store), prefix, prefix_len, older_than_ms);
    });
}
