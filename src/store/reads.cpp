// SPDX-License-Identifier: Apache-2.0
// The reads of the portable store: into memory, as a stream, in many ranges.
#include "store/checksums.h"
#include "store/key.h"
#include "store/read_ahead.h"
#include "store/store.h"
#include "store/verify.h"

namespace blobstore {

namespace {

constexpr std::size_t unknown_length_step = 256 * 1024;

error too_large(std::uint64_t size, std::uint64_t limit) {
    error e(
        errc::too_large,
        std::to_string(size) + " bytes are more than memory_limit, " + std::to_string(limit)
    );
    e->hint = "use get_into, a reader or download_file, or raise memory_limit";
    return e;
}

error does_not_fit(std::uint64_t size, std::size_t room) {
    error e(
        errc::too_large, std::to_string(size) + " bytes do not fit into " + std::to_string(room)
    );
    e->hint = "give more room or a range, or use a reader or download_file";
    return e;
}

/// All of a body whose length is not known beforehand.
task<result<std::string>> read_to_end(operation& op, resumable from, std::uint64_t limit) {
    std::string bytes;
    for (;;) {
        const std::size_t had = bytes.size();
        bytes.resize(had + unknown_length_step);
        const result<std::size_t> n =
            co_await read_on(op, from, std::span(bytes).subspan(had), unknown_length_step);
        if (!n) co_return n.error();
        bytes.resize(had + *n);
        if (bytes.size() > limit) co_return too_large(bytes.size(), limit);
        if (*n < unknown_length_step) co_return bytes;
    }
}

task<result<void>> fill(operation& op, resumable from, std::span<char> into) {
    const result<std::size_t> n = co_await read_on(op, from, into, into.size());
    if (!n) co_return n.error();
    if (*n != into.size()) co_return error(errc::network, "the body ended early");
    co_return result<void>();
}

/// A body of known length, in parts where that pays.
task<result<void>> fill_all(operation& op, opened_object what, std::span<char> into) {
    result<void> filled;
    if (into.empty()) co_return filled;
    if (!pays_in_parts(what.from, what.asked, what.body)) {
        const resumable rest{what.from, what.key, what.asked, what.body, what.at};
        filled = co_await fill(op, rest, into);
        co_return filled;
    }
    const part_mover move =
        [into](operation& member, resumable from, std::uint64_t at, std::uint64_t length) {
            const auto begin = static_cast<std::size_t>(at);
            return fill(member, from, into.subspan(begin, static_cast<std::size_t>(length)));
        };
    filled = co_await read_parts(op, what, lane::io, move);
    co_return filled;
}

/// A body of unknown length, which has to fit: one byte more is asked for to see.
task<result<std::size_t>> fill_unknown(operation& op, resumable from, std::span<char> into) {
    const result<std::size_t> n = co_await read_on(op, from, into, into.size());
    if (!n || *n < into.size()) co_return n;
    char extra = 0;
    const result<std::size_t> more = co_await read_on(op, from, std::span(&extra, 1), 1);
    if (!more) co_return more.error();
    if (*more != 0)
        co_return error(
            errc::too_large, "the object does not fit into " + std::to_string(into.size())
        );
    co_return n;
}

/// What the service told of the bytes in a row. S3-41
std::optional<told_checksum> told_of(const object_body& body, const get_options& options) {
    std::optional<told_checksum> told = read_checksum(body.meta.checksum);
    if (!body.unverified || !options.verify || !told || told->composite) return std::nullopt;
    return told;
}

/// Has the bytes fetched ahead where there is `memory` for it, and compared while they are read:
/// over what mends itself, so that the sum goes on.
void mend(
    const std::shared_ptr<backend>& from,
    opened_body& into,
    std::optional<told_checksum> told,
    const std::shared_ptr<budget>& memory
) {
    object_body& body = into.body;
    const unsigned used = into.at.used;
    object_body raw{body.meta, body.offset, body.length, std::move(body.bytes), false};
    std::unique_ptr<reader> mended;
    if (memory)
        mended = std::make_unique<ahead_reader>(
            from, into.key, into.asked, std::move(raw), used, memory
        );
    else
        mended = std::make_unique<object_reader>(from, into.key, into.asked, std::move(raw), used);
    if (told) mended = verified(std::move(mended), std::move(*told), body.length);
    body.bytes = std::move(mended);
    body.unverified = true;
}

result<void> check_targets(std::span<const range_target> targets) {
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const resolved_range& range = targets[i].range;
        const result<void> checked = check_range({range.offset, range.length, {}});
        if (checked) continue;
        error e = checked.error();
        e->message = "range " + std::to_string(i) + ": " + e->message;
        return e;
    }
    return {};
}

} // namespace

/// The checked object, opened; described.
task<result<void>> store::open_body(
    operation& op,
    const std::string& key,
    const get_options& options,
    bool may_part,
    opened_body& into
) {
    result<void> checked = check(key);
    if (checked) checked = check_get(options);
    if (!checked) co_return describe(checked.error(), "get", key);
    const unsigned before = op.attempts;
    result<object_body> opened = co_await backend_->get(op, into.key, options);
    if (!opened) co_return describe(opened.error(), "get", key);
    into.body = std::move(*opened);
    into.at.used = op.attempts - before;
    if (into.body.length) op.expect(*into.body.length);
    into.told = told_of(into.body, options);
    into.body.unverified = false;
    const bool by_parts = may_part && into.told && combines(into.told->kind) &&
                          pays_in_parts(*backend_, options, into.body);
    std::shared_ptr<budget> memory;
    if (!may_part && pays_ahead(*backend_, options, into.body)) memory = limits_.transfer.memory;
    if (memory || (into.told && !by_parts))
        mend(backend_, into, std::exchange(into.told, {}), memory);
    shorten(into.body.meta.key);
    co_return result<void>();
}

task<result<std::unique_ptr<object_reader>>>
store::open(operation& op, const std::string& key, const get_options& options) {
    opened_body now{*backend_, prefix_ + key, options, {}, {}, {}};
    const result<void> opened = co_await open_body(op, key, options, false, now);
    if (!opened) co_return opened.error();
    co_return std::make_unique<object_reader>(
        backend_, std::move(now.key), options, std::move(now.body), now.at.used
    );
}

task<result<object_bytes>>
store::get(operation& op, const std::string& key, const get_options& options) {
    opened_body now{*backend_, prefix_ + key, options, {}, {}, {}};
    const result<void> opened = co_await open_body(op, key, options, true, now);
    if (!opened) co_return opened.error();
    object_bytes all;
    if (!now.body.length) {
        result<std::string> bytes = co_await read_to_end(op, now.rest(), limits_.memory);
        if (!bytes) co_return describe(bytes.error(), "get", key);
        all.bytes = std::move(*bytes);
    } else {
        if (*now.body.length > limits_.memory)
            co_return describe(too_large(*now.body.length, limits_.memory), "get", key);
        all.bytes.resize(static_cast<std::size_t>(*now.body.length));
        const result<void> filled = co_await fill_all(op, now.whole(), all.bytes);
        if (!filled) co_return describe(filled.error(), "get", key);
    }
    all.meta = std::move(now.body.meta);
    co_return all;
}

task<result<object_filled>> store::get_into(
    operation& op, const std::string& key, const get_options& options, std::span<char> into
) {
    opened_body now{*backend_, prefix_ + key, options, {}, {}, {}};
    const result<void> opened = co_await open_body(op, key, options, true, now);
    if (!opened) co_return opened.error();
    object_filled filled;
    if (!now.body.length) {
        const result<std::size_t> n = co_await fill_unknown(op, now.rest(), into);
        if (!n) co_return describe(n.error(), "get", key);
        filled.size = *n;
    } else {
        if (*now.body.length > into.size())
            co_return describe(does_not_fit(*now.body.length, into.size()), "get", key);
        filled.size = static_cast<std::size_t>(*now.body.length);
        const result<void> all = co_await fill_all(op, now.whole(), into.first(filled.size));
        if (!all) co_return describe(all.error(), "get", key);
    }
    filled.meta = std::move(now.body.meta);
    co_return filled;
}

task<result<object_meta>> store::get_ranges(
    operation& op,
    const std::string& key,
    const get_options& options,
    std::span<range_target> targets
) {
    result<void> checked = check(key);
    if (checked) checked = check_get(options);
    if (checked && !options.range.whole())
        checked = error(errc::invalid_argument, "the options of many ranges have one of their own");
    if (checked) checked = check_targets(targets);
    if (!checked) co_return describe(checked.error(), "get", key);
    const std::string full = prefix_ + key;
    result<object_meta> meta = co_await read_ranges(op, *backend_, full, options, targets);
    if (!meta) co_return describe(meta.error(), "get", key);
    shorten(meta->key);
    co_return std::move(*meta);
}

} // namespace blobstore
