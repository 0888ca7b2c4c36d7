// SPDX-License-Identifier: Apache-2.0
// Objects read into local files: in a row, in parts, and from where a killed process left them.
#include "async/context.h"
#include "base/aligned.h"
#include "store/key.h"
#include "store/store.h"
#include "store/transfer.h"

namespace blobstore {

namespace {

constexpr std::uint64_t check_step = 256 * 1024;

task<result<void>> noted(operation& op, const operation::body_function& work, bool& whole) {
    result<void> done = co_await work(op);
    whole = done.has_value();
    co_return done;
}

/// What touches local files: here where this thread may block, else on a worker.
task<result<void>> where_it_may_block(operation& op, operation::body_function work) {
    result<void> done;
    if (!op.home().serves_many()) {
        done = co_await work(op);
        co_return done;
    }
    bool whole = false;
    done = co_await for_each_of(op, lane::workers, 1, 1, [&](operation& member, std::size_t) {
        return noted(member, work, whole);
    });
    if (whole) co_return result<void>(); // a stop that came meanwhile undoes nothing
    co_return done;
}

/// What came so far, as text and in its file; on any thread.
class download_notes {
public:
    download_notes(const get_options& options, progress_meter* meter)
        : file_(options.resume_path)
        , meter_(meter) {}

    result<void> begin(file_sink& sink, download_state state) {
        sink_ = &sink;
        state_ = std::move(state);
        const std::lock_guard lock(mutex_);
        return tell_locked();
    }

    result<void> add(std::uint64_t number, const std::string& sum) {
        const std::lock_guard lock(mutex_);
        state_.parts[number] = sum;
        return tell_locked();
    }

    result<void> end() const { return file_ ? file_.remove() : result<void>(); }

private:
    /// What the text speaks of is on the disk before it.
    result<void> tell_locked() {
        const result<std::string> partial = sink_->keep();
        if (!partial) return partial.error();
        state_.partial = *partial;
        const wiping_string text = encode_resume(state_);
        if (meter_) meter_->keep(text);
        return file_ ? file_.save(text) : result<void>();
    }

    std::mutex mutex_;
    file_sink* sink_ = nullptr;
    download_state state_;
    const resume_file file_;
    progress_meter* const meter_;
};

/// A download on its way.
struct into_file {
    opened_object what;
    const local_file& to;
    std::unique_ptr<file_sink> sink;
    download_notes* told = nullptr; ///< end with the download

    task<result<void>> open(operation&) {
        const bool kept = what.asked.resumable;
        result<std::unique_ptr<file_sink>> opened =
            file_sink::open(to, kept ? temporary::named : temporary::automatic);
        if (!opened) co_return opened.error();
        sink = std::move(*opened);
        co_return result<void>();
    }

    task<result<void>> all(operation& op) {
        const result<void> opened = co_await open(op);
        if (!opened) co_return opened.error();
        const resumable rest{what.from, what.key, what.asked, what.body, what.at};
        const result<std::uint64_t> moved =
            co_await move_bytes(op, rest, what.body.length, *sink, 0);
        if (!moved) co_return moved.error();
        co_return sink->commit(*moved);
    }

    task<result<void>> part(operation& op, resumable from, std::uint64_t at, std::uint64_t length) {
        const result<std::uint64_t> moved = co_await move_bytes(op, from, length, *sink, at);
        if (!moved) co_return moved.error();
        co_return result<void>();
    }

    task<result<void>> commit(operation&) {
        const result<void> done = sink->commit(*what.body.length);
        if (!done || !told) co_return done;
        co_return told->end();
    }

    /// Fills what is open from many threads, commits.
    task<result<void>> in_parts(operation& op) {
        const part_mover move =
            [this](operation& member, resumable from, std::uint64_t at, std::uint64_t length) {
                return part(member, from, at, length);
            };
        result<void> done = co_await read_parts(op, what, lane::workers, move);
        if (!done) co_return done.error();
        done = co_await where_it_may_block(op, [this](operation& o) { return commit(o); });
        co_return done;
    }
};

/// What an earlier try left.
struct left_over {
    std::optional<download_state> state;
    std::unique_ptr<file_sink> sink;
};

/// Whether the file has the bytes that the sum is of.
result<bool> holds(
    operation& op, file_sink& file, resolved_range part, checksum_kind kind, const std::string& sum
) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(part.length, check_step));
    const aligned_bytes memory = allocate_aligned(size);
    const std::span room(memory.get(), size);
    checksum now(kind);
    for (std::uint64_t done = 0; done < part.length;) {
        const result<void> alive = op.check();
        if (!alive) return alive.error();
        const auto step =
            static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), part.length - done));
        const result<std::size_t> n = file.read(room.first(step), part.offset + done);
        if (!n) return n.error();
        if (*n < step) return false;
        now.update({room.data(), step});
        done += step;
    }
    return now.finish() == sum;
}

/// Forgets the parts that the file does not have as they came.
result<void> look_at_parts(operation& op, left_over& found) {
    download_state& state = *found.state;
    for (auto each = state.parts.begin(); each != state.parts.end();) {
        const std::uint64_t offset = each->first * state.part_size;
        const resolved_range part{offset, std::min(state.part_size, state.size - offset)};
        const result<bool> good = holds(op, *found.sink, part, state.kind, each->second);
        if (!good) return good.error();
        each = *good ? std::next(each) : state.parts.erase(each);
    }
    return {};
}

/// The state that the caller gives, or that the file keeps, with the file that it speaks of.
/// Nothing where that file is gone: the download begins anew.
result<left_over>
look_back(operation& op, const get_options& options, const std::string& uri, const local_file& to) {
    left_over found;
    wiping_string text(options.resume);
    const resume_file file(options.resume_path);
    if (text.empty() && file) {
        result<wiping_string> kept = file.load();
        if (!kept) return kept.error();
        text = std::move(*kept);
    }
    if (text.empty()) return found;
    result<download_state> state = decode_download(text);
    if (!state) return state.error();
    if (state->from != uri || state->path != to.path)
        return error(
            errc::invalid_argument, "the resume string is of another object or another file"
        );
    result<std::unique_ptr<file_sink>> sink = file_sink::reopen(to, state->partial);
    if (!sink && sink.error().code() == errc::not_found) return found;
    if (!sink) return sink.error();
    found.sink = std::move(*sink);
    found.state = std::move(*state);
    const result<void> looked = look_at_parts(op, found);
    if (!looked) return looked.error();
    return found;
}

/// The first part that is missing; nothing where none is.
std::optional<resolved_range> first_missing(const download_state& state) {
    std::uint64_t number = 0;
    while (state.parts.contains(number))
        ++number;
    const std::uint64_t offset = number * state.part_size;
    if (offset >= state.size) return std::nullopt;
    return resolved_range{offset, std::min(state.part_size, state.size - offset)};
}

/// What the whole is to be compared with, where the sums of its parts are known.
std::optional<told_checksum> told_of(const download_state& state, const get_options& options) {
    std::optional<told_checksum> told = read_checksum(state.checksum);
    if (!options.verify || !told || told->composite) return std::nullopt;
    return told->kind == state.kind ? told : std::nullopt;
}

error other_object(const download_state& state) {
    error e(errc::changed, "the object is no longer the one whose download began");
    e->hint =
        "download it anew: remove the resume string and '" + state.partial + "' beside the file";
    return e;
}

/// Opens what is missing of the same object.
task<result<void>> open_missing(operation& op, const download_state& state, opened_body& into) {
    get_options pinned = into.asked;
    pinned.when = {};
    pinned.when.if_match = state.etag;
    const std::optional<resolved_range> missing = first_missing(state);
    result<object_body> opened = error();
    if (missing) {
        pinned.range = {missing->offset, missing->length, {}};
        opened = co_await into.from.get(op, into.key, pinned);
    } else {
        result<object_meta> meta = co_await into.from.head(op, into.key, pinned);
        if (meta)
            opened = object_body{std::move(*meta), 0, 0, nullptr, false};
        else
            opened = meta.error();
    }
    if (!opened) {
        const errc why = opened.error().code();
        const bool other =
            why == errc::precondition || why == errc::not_found || why == errc::range;
        co_return other ? other_object(state) : opened.error();
    }
    if (opened->meta.etag != state.etag || opened->meta.size != state.size)
        co_return other_object(state);
    into.at.position = missing ? missing->offset : state.size;
    into.body = std::move(*opened);
    into.body.offset = 0;
    into.body.length = state.size;
    into.body.unverified = false;
    into.body.meta.checksum = state.checksum;
    op.expect(state.size);
    co_return result<void>();
}

} // namespace

/// Keeps what came when it fails; goes on where that is asked for.
task<result<object_meta>> store::download_on(
    operation& op, const std::string& key, const get_options& options, const local_file& to
) {
    if (to.descriptor >= 0 || !options.range.whole())
        co_return error(
            errc::invalid_argument,
            "a download that can be gone on with is of a whole object to a path"
        );
    const std::string uri = backend_->uri(prefix_ + key);
    left_over before;
    operation::body_function look = [&](operation& o) -> task<result<void>> {
        result<left_over> found = look_back(o, options, uri, to);
        if (!found) co_return found.error();
        before = std::move(*found);
        co_return result<void>();
    };
    result<void> done = co_await where_it_may_block(op, std::move(look));
    if (!done) co_return done.error();
    get_options asked = options;
    if (before.state) asked.part_size = before.state->part_size;
    opened_body now{*backend_, prefix_ + key, asked, {}, {}, {}};
    if (before.state)
        done = co_await open_missing(op, *before.state, now);
    else
        done = co_await open_body(op, key, asked, true, now);
    if (!done) co_return done.error();
    if (before.state) shorten(now.body.meta.key);
    if (!before.state && !pays_in_parts(*backend_, asked, now.body)) {
        asked.resumable = false;
        into_file way{now.whole(), to, nullptr};
        done = co_await where_it_may_block(op, [&way](operation& o) { return way.all(o); });
        if (!done) co_return done.error();
        co_return std::move(now.body.meta);
    }
    download_state state{
        uri,
        now.body.meta.etag,
        now.body.meta.checksum,
        *now.body.length,
        part_size_of(asked),
        to.path,
        {},
        {},
        {}};
    part_notes notes;
    if (now.told) notes.kind = now.told->kind;
    state.kind = notes.kind;
    if (before.state) {
        state = std::move(*before.state);
        now.told = told_of(state, options);
        notes.kind = state.kind;
        notes.there = state.parts;
        notes.one_part = true;
    }
    download_notes told(options, op.meter.get());
    notes.note = [&told](std::uint64_t number, const std::string& sum) {
        return told.add(number, sum);
    };
    into_file way{now.whole(), to, std::move(before.sink), &told};
    way.what.notes = &notes;
    operation::body_function begin = [&](operation& o) -> task<result<void>> {
        result<void> open;
        if (!way.sink) open = co_await way.open(o);
        if (open) open = told.begin(*way.sink, std::move(state));
        co_return open;
    };
    done = co_await where_it_may_block(op, std::move(begin));
    if (done) done = co_await way.in_parts(op);
    if (done) co_return std::move(now.body.meta);
    if (done.error().code() != errc::checksum) co_return done.error();
    way.sink->let_go(); // nobody knows which part it is
    operation::body_function end = [&](operation&) -> task<result<void>> { co_return told.end(); };
    const result<void> ended = co_await where_it_may_block(op, std::move(end));
    co_return done.error();
}

task<result<object_meta>> store::download(
    operation& op, const std::string& key, const get_options& options, const local_file& to
) {
    if (options.resumable && backend_->parallel_reads()) {
        result<void> checked = check(key);
        if (checked) checked = check_get(options);
        if (!checked) co_return describe(checked.error(), "get", key);
        result<object_meta> meta = co_await download_on(op, key, options, to);
        if (!meta) co_return describe(meta.error(), "get", key);
        co_return std::move(*meta);
    }
    opened_body now{*backend_, prefix_ + key, options, {}, {}, {}};
    const result<void> opened = co_await open_body(op, key, options, true, now);
    if (!opened) co_return opened.error();
    into_file way{now.whole(), to, nullptr};
    result<void> done;
    if (pays_in_parts(*backend_, options, now.body)) {
        done = co_await where_it_may_block(op, [&way](operation& o) { return way.open(o); });
        if (done) done = co_await way.in_parts(op);
    } else {
        done = co_await where_it_may_block(op, [&way](operation& o) { return way.all(o); });
    }
    if (!done) co_return describe(done.error(), "get", key);
    co_return std::move(now.body.meta);
}

} // namespace blobstore
