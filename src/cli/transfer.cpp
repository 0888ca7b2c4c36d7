// SPDX-License-Identifier: Apache-2.0
// Runs the transfers of cp and mv, several at a time, through one completion queue.
#include "cli/transfer.h"

#include "cli/local.h"
#include "cli/put_options.h"
#include "cli/remote.h"
#include "cli/units.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace blobstore::cli {

namespace {

constexpr std::uint32_t live_poll_ms = 200;
constexpr std::size_t stream_chunk = std::size_t{1} << 20;

const char* name_of(const transfer& item) noexcept {
    if (item.moves) {
        return "move";
    }
    switch (item.kind) {
    case transfer_kind::upload:
        return "upload";
    case transfer_kind::download:
        return "download";
    case transfer_kind::copy:
        break;
    }
    return "copy";
}

json_object describe(const transfer& item) {
    json_object line;
    line.text("operation", name_of(item))
        .text("source", item.source)
        .text("destination", item.destination);
    return line;
}

failure not_removed(const transfer& item, exit_code code, const std::string& why) {
    return {code, item.source + ": copied, but not removed: " + why};
}

/// What does not fit the state stays so until that is removed.
failure with_state(const transfer& item, blobstore_status status, const failure& why) {
    const bool may_not_fit = status == BLOBSTORE_E_CHANGED ||
                             status == BLOBSTORE_E_INVALID_ARGUMENT ||
                             status == BLOBSTORE_E_UPLOAD_NOT_FOUND;
    if (item.state.empty() || !may_not_fit || !exists(item.state)) {
        return why;
    }
    return {why.code(), std::string(why.what()) + "; it is kept in " + item.state};
}

bool is_stream(const transfer& item) noexcept {
    return item.kind == transfer_kind::upload && item.path.empty();
}

/// Whether what is moved can be removed on the condition that it is what was copied: the ETag is
/// known, and the store known to enforce it.
bool is_guarded(const transfer& item) {
    return item.moves && item.from.store && !item.etag.empty() &&
           blobstore_store_supports(item.from.store.get(), BLOBSTORE_CAN_DELETE_IF) == 1;
}

/// Removes the local file of a move, unless it changed since it was looked at.
void remove_local(const transfer& item) {
    const struct stat now = stat_path(item.path);
    const bool same =
        item.size == static_cast<std::uint64_t>(now.st_size) && item.mtime_ns == mtime_of(now);
    if (!same) {
        throw not_removed(item, exit_code::failed, "it changed meanwhile");
    }
    if (::unlink(item.path.c_str()) != 0) {
        throw not_removed(item, code_for_errno(errno), std::strerror(errno));
    }
}

} // namespace

transfer_engine::transfer_engine(session& with)
    : with_(with)
    , slots_(with.args().jobs) {
    error_handle error;
    const blobstore_status status = blobstore_queue_new(
        static_cast<uint32_t>(slots_.size()), out_handle(queue_), out_handle(error)
    );
    check(status, error);
    if (!with_.args().dry_run) {
        with_.errors().start();
    }
}

transfer_engine::~transfer_engine() {
    if (running_ > 0) {
        blobstore_cancel_trigger(with_.cancel());
    }
    while (running_ > 0) {
        std::array<blobstore_event, 64> events{};
        std::size_t n = 0;
        const blobstore_status status =
            blobstore_queue_poll(queue_.get(), events.data(), events.size(), -1, &n);
        if (status != BLOBSTORE_OK) {
            break;
        }
        for (std::size_t i = 0; i < n; ++i) {
            take(events[i]);
        }
        blobstore_events_release(events.data(), n);
    }
}

void transfer_engine::add(transfer item) {
    with_.check_stop();
    if (with_.args().dry_run) {
        print_dry(item);
        return;
    }
    if (with_.args().if_absent && item.kind == transfer_kind::download && exists(item.path)) {
        failed(item, {exit_code::precondition, item.path + ": exists already"});
        return;
    }
    with_.errors().expect(item.size);
    const std::size_t index = free_slot();
    slots_[index].busy = true;
    slots_[index].item = std::move(item);
    slots_[index].moved = 0;
    submit(index);
}

void transfer_engine::print_dry(const transfer& item) {
    if (with_.args().json) {
        with_.out().line(describe(item).boolean("dry_run", true).str());
        return;
    }
    with_.out().line(
        std::string("would ") + name_of(item) + " " + printable(item.source) + " to " +
        printable(item.destination)
    );
}

writer_handle transfer_engine::open_writer(const transfer& item) {
    const put_options options(with_.args(), std::nullopt);
    writer_handle writer;
    error_handle error;
    blobstore_status status = BLOBSTORE_OK;
    if (item.to.store) {
        status = blobstore_writer_open(
            item.to.store.get(),
            item.to.key.data(),
            item.to.key.size(),
            options.get(),
            with_.call(),
            out_handle(writer),
            out_handle(error)
        );
    } else {
        status = blobstore_writer_open_url(
            with_.client(),
            item.to.url.data(),
            item.to.url.size(),
            options.get(),
            with_.call(),
            out_handle(writer),
            out_handle(error)
        );
    }
    check(status, error);
    return writer;
}

void transfer_engine::stream(const transfer& item, int fd) {
    if (with_.args().dry_run) {
        print_dry(item);
        return;
    }
    try {
        const writer_handle writer = open_writer(item);
        with_.errors().expect(std::nullopt);
        std::vector<char> chunk(stream_chunk);
        for (;;) {
            const std::size_t n = read_some(fd, item.source, chunk);
            if (n == 0) {
                break;
            }
            error_handle error;
            const blobstore_status status =
                blobstore_writer_write(writer.get(), chunk.data(), n, out_handle(error));
            check(status, error);
            with_.errors().moved(n);
            show_progress();
        }
        object_handle info;
        error_handle error;
        const blobstore_status status =
            blobstore_writer_finish(writer.get(), out_handle(info), out_handle(error));
        check(status, error);
        succeeded(item, info.get());
    } catch (const failure& why) {
        failed(item, why);
    }
    with_.errors().draw_end();
}

void transfer_engine::finish() {
    with_.errors().expect_no_more();
    while (running_ > 0) {
        poll();
    }
    with_.errors().draw_end();
}

void transfer_engine::show_progress() {
    if (!with_.errors().is_due()) {
        return;
    }
    std::uint64_t under_way = 0;
    for (const slot& one : slots_) {
        under_way += one.busy ? one.moved : 0;
    }
    with_.errors().draw(under_way);
}

void transfer_engine::skip(const transfer& item, const failure& why) {
    if (why.code() == exit_code::skipped) {
        with_.note(why.code());
        with_.errors().notice(why.what());
    } else {
        failed(item, why);
    }
}

std::size_t transfer_engine::free_slot() {
    for (;;) {
        const auto found =
            std::find_if(slots_.begin(), slots_.end(), [](const slot& one) { return !one.busy; });
        if (found != slots_.end()) {
            return static_cast<std::size_t>(found - slots_.begin());
        }
        poll();
    }
}

void transfer_engine::submit(std::size_t index) {
    auto async = make_struct<blobstore_async>();
    async.queue = queue_.get();
    async.user_data = index;
    async.progress_interval_ms = with_.errors().is_live() ? live_poll_ms : 0;
    const transfer& item = slots_[index].item;
    error_handle error;
    blobstore_status status = BLOBSTORE_OK;
    switch (item.kind) {
    case transfer_kind::upload:
        status = submit_upload(item, async, error);
        break;
    case transfer_kind::download:
        status = submit_download(item, async, error);
        break;
    case transfer_kind::copy:
        status = submit_copy(item, async, error);
        break;
    }
    if (status == BLOBSTORE_OK) {
        ++running_;
        return;
    }
    slots_[index].busy = false;
    failed(item, failure_of(status, error.get()));
}

blobstore_status transfer_engine::submit_upload(
    const transfer& item, const blobstore_async& async, error_handle& error
) {
    put_options options(with_.args(), item.mtime_ns);
    options.keep_state(item.state);
    auto file = make_struct<blobstore_file>();
    file.path = to_str(item.path);
    if (item.to.store) {
        return blobstore_upload_file_async(
            item.to.store.get(),
            item.to.key.data(),
            item.to.key.size(),
            &file,
            options.get(),
            with_.call(),
            &async,
            nullptr,
            out_handle(error)
        );
    }
    return blobstore_upload_file_url_async(
        with_.client(),
        item.to.url.data(),
        item.to.url.size(),
        &file,
        options.get(),
        with_.call(),
        &async,
        nullptr,
        out_handle(error)
    );
}

blobstore_status transfer_engine::submit_download(
    const transfer& item, const blobstore_async& async, error_handle& error
) {
    auto file = make_struct<blobstore_file>();
    file.path = to_str(item.path);
    auto options = make_struct<blobstore_get_options>();
    options.resume_path = to_str(item.state);
    if (item.from.store) {
        return blobstore_download_file_async(
            item.from.store.get(),
            item.from.key.data(),
            item.from.key.size(),
            &options,
            &file,
            with_.call(),
            &async,
            nullptr,
            out_handle(error)
        );
    }
    return blobstore_download_file_url_async(
        with_.client(),
        item.from.url.data(),
        item.from.url.size(),
        &options,
        &file,
        with_.call(),
        &async,
        nullptr,
        out_handle(error)
    );
}

blobstore_status transfer_engine::submit_guarded_copy(
    const transfer& item, const blobstore_async& async, error_handle& error
) {
    const put_options options(with_.args(), put_options::of_copy());
    auto source = make_struct<blobstore_get_options>();
    source.if_match = to_str(item.etag);
    return blobstore_copy_with_async(
        item.from.store.get(),
        item.from.key.data(),
        item.from.key.size(),
        &source,
        item.to.store.get(),
        item.to.key.data(),
        item.to.key.size(),
        options.get(),
        with_.call(),
        &async,
        nullptr,
        out_handle(error)
    );
}

blobstore_status transfer_engine::submit_copy(
    const transfer& item, const blobstore_async& async, error_handle& error
) {
    if (is_guarded(item) && item.to.store) {
        return submit_guarded_copy(item, async, error);
    }
    const put_options options(with_.args(), put_options::of_copy());
    if (item.from.store && item.to.store) {
        return blobstore_copy_async(
            item.from.store.get(),
            item.from.key.data(),
            item.from.key.size(),
            item.to.store.get(),
            item.to.key.data(),
            item.to.key.size(),
            options.get(),
            with_.call(),
            &async,
            nullptr,
            out_handle(error)
        );
    }
    return blobstore_copy_url_async(
        with_.client(),
        item.from.url.data(),
        item.from.url.size(),
        item.to.url.data(),
        item.to.url.size(),
        options.get(),
        with_.call(),
        &async,
        nullptr,
        out_handle(error)
    );
}

void transfer_engine::take(const blobstore_event& event) noexcept {
    slot& its = slots_[event.user_data];
    if (event.type == BLOBSTORE_EVENT_PROGRESS) {
        its.moved = event.bytes;
    } else if (event.type == BLOBSTORE_EVENT_COMPLETE) {
        --running_;
        its.busy = false;
    }
}

void transfer_engine::poll() {
    std::array<blobstore_event, 64> events{};
    std::size_t n = 0;
    const std::int64_t timeout = with_.errors().is_live() ? std::int64_t{live_poll_ms} : -1;
    const blobstore_status status =
        blobstore_queue_poll(queue_.get(), events.data(), events.size(), timeout, &n);
    show_progress();
    if (status == BLOBSTORE_E_AGAIN) {
        return;
    }
    if (status != BLOBSTORE_OK) {
        running_ = 0; // nothing more can come
        throw failure_of(status, nullptr);
    }
    const std::unique_ptr<const blobstore_event, std::function<void(const blobstore_event*)>>
        release(events.data(), [n](const blobstore_event* all) {
            blobstore_events_release(all, n);
        });
    for (std::size_t i = 0; i < n; ++i) { // all of them, whatever complete() throws
        take(events[i]);
    }
    for (std::size_t i = 0; i < n; ++i) {
        if (events[i].type == BLOBSTORE_EVENT_COMPLETE) {
            complete(events[i]);
        }
    }
}

void transfer_engine::complete(const blobstore_event& event) {
    slot& its = slots_.at(event.user_data);
    const bool was_removed = static_cast<bool>(its.copied);
    object_handle copied = std::move(its.copied);
    if (event.status != BLOBSTORE_OK) {
        const failure why = with_state(
            its.item, event.status, failure_of(event.status, blobstore_op_error(event.op))
        );
        failed(its.item, was_removed ? not_removed(its.item, why.code(), why.what()) : why);
        return;
    }
    if (was_removed) {
        succeeded(its.item, copied.get());
        return;
    }
    copied = object_handle(blobstore_op_take_object(event.op));
    if (its.item.moves) {
        remove_source(event.user_data, std::move(copied));
    } else {
        succeeded(its.item, copied.get());
    }
}

/// The second half of a move, in the same place.
void transfer_engine::remove_source(std::size_t index, object_handle copied) {
    slot& its = slots_.at(index);
    if (its.item.kind == transfer_kind::upload) {
        try {
            remove_local(its.item);
            succeeded(its.item, copied.get());
        } catch (const failure& why) {
            failed(its.item, why);
        }
        return;
    }
    if (its.item.kind == transfer_kind::download) {
        its.item.etag = to_view(view_of(copied.get()).etag);
    }
    auto async = make_struct<blobstore_async>();
    async.queue = queue_.get();
    async.user_data = index;
    error_handle error;
    const blobstore_status status = submit_removal(its.item, async, error);
    if (status != BLOBSTORE_OK) {
        const failure why = failure_of(status, error.get());
        failed(its.item, not_removed(its.item, why.code(), why.what()));
        return;
    }
    its.copied = std::move(copied);
    its.busy = true;
    ++running_;
}

blobstore_status transfer_engine::submit_guarded_removal(
    const transfer& item, const blobstore_async& async, error_handle& error
) {
    auto options = make_struct<blobstore_delete_options>();
    options.if_match = to_str(item.etag);
    return blobstore_delete_with_async(
        item.from.store.get(),
        item.from.key.data(),
        item.from.key.size(),
        &options,
        with_.call(),
        &async,
        nullptr,
        out_handle(error)
    );
}

blobstore_status transfer_engine::submit_removal(
    const transfer& item, const blobstore_async& async, error_handle& error
) {
    if (is_guarded(item)) {
        return submit_guarded_removal(item, async, error);
    }
    if (item.from.store) {
        return blobstore_delete_async(
            item.from.store.get(),
            item.from.key.data(),
            item.from.key.size(),
            with_.call(),
            &async,
            nullptr,
            out_handle(error)
        );
    }
    return blobstore_delete_url_async(
        with_.client(),
        item.from.url.data(),
        item.from.url.size(),
        with_.call(),
        &async,
        nullptr,
        out_handle(error)
    );
}

void transfer_engine::succeeded(const transfer& item, const blobstore_object* info) {
    const blobstore_object_view view = view_of(info);
    std::optional<std::uint64_t> size = item.size;
    if (!size && (view.flags & BLOBSTORE_OBJECT_HAS_SIZE) != 0) {
        size = view.size;
    }
    if (item.kind == transfer_kind::download) {
        const auto text = metadata_of(view, "mtime");
        const auto mtime = text ? parse_mtime(*text) : std::nullopt;
        if (mtime && !set_mtime(item.path, *mtime)) {
            with_.errors().notice(
                item.path + ": the modification time cannot be set: " + std::strerror(errno)
            );
        }
    }
    with_.errors().item_done();
    if (!is_stream(item)) { // its bytes were counted as they came
        with_.errors().moved(size.value_or(0));
    }
    if (with_.args().json) {
        json_object line = describe(item);
        line.boolean("success", true);
        if (size) {
            line.number("size", *size);
        }
        if (view.etag.len > 0) {
            line.text("etag", to_view(view.etag));
        }
        with_.out().line(line.str());
    } else if (with_.args().verbose > 0) {
        with_.errors().clear();
        with_.out().line(
            std::string(name_of(item)) + " " + printable(item.source) + " to " +
            printable(item.destination)
        );
    }
}

void transfer_engine::failed(const transfer& item, const failure& why) {
    with_.errors().item_failed();
    with_.fail(why);
    if (with_.args().json) {
        with_.out().line(describe(item).boolean("success", false).text("error", why.what()).str());
    }
}

} // namespace blobstore::cli
