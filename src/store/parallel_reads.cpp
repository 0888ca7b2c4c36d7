// SPDX-License-Identifier: Apache-2.0
// Members of a group that claim one part after the other.
#include "store/parallel_reads.h"

#include "base/aligned.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <numeric>

namespace blobstore {

namespace {

constexpr std::uint64_t direct_size = 64 * 1024; // a piece from here on is read where it goes
constexpr std::uint64_t scratch_size = 256 * 1024;

/// What the members of read_parts share.
struct parts_job {
    const opened_object& what;
    const part_mover& move;
    part_claims claims;
    std::vector<std::string> sums; ///< raw, by part; where there is one to compare with

    checksum_kind kind() const {
        if (what.told) return what.told->kind;
        return what.notes ? what.notes->kind : checksum_kind::none;
    }

    result<void> keep(const resolved_range& part, checksum& sum) {
        const std::uint64_t number = part.offset / claims.part();
        const std::string value = sum.finish();
        if (!sums.empty()) sums[static_cast<std::size_t>(number)] = value;
        return what.notes ? what.notes->note(number, value) : result<void>();
    }
};

/// The sums of all parts against the one of the whole.
result<void> compare(const parts_job& job) {
    if (!job.what.told) return {};
    const std::uint64_t length = *job.what.body.length, part = job.claims.part();
    std::string whole = job.sums.front();
    for (std::size_t i = 1; i < job.sums.size(); ++i)
        whole = combine(job.kind(), whole, job.sums[i], std::min(part, length - i * part));
    if (whole == job.what.told->value) return {};
    return wrong_checksum(job.kind(), whole, job.what.told->value);
}

task<result<void>> move_part(operation& op, parts_job& job, resolved_range part) {
    const opened_object& what = job.what;
    const unsigned before = op.attempts;
    result<object_body> opened =
        co_await open_pinned(op, what.from, what.key, what.asked, what.body, part);
    if (!opened) co_return opened.error();
    read_progress at;
    at.used = op.attempts - before;
    checksum sum(job.kind());
    const resumable body{what.from, what.key, what.asked, *opened, at, true, &sum};
    const result<void> moved = co_await job.move(op, body, part.offset, part.length);
    if (!moved) co_return moved.error();
    co_return job.keep(part, sum);
}

/// The first member goes on with the stream that is open: to where the others have come, or
/// for the one part that it is of.
task<result<void>> move_parts(operation& op, parts_job& job, std::size_t member) {
    const opened_object& what = job.what;
    const bool to_the_end = !what.notes || !what.notes->one_part;
    for (bool streams = member == 0;; streams = streams && to_the_end) {
        const auto part = streams ? job.claims.front() : job.claims.back();
        if (!part) break;
        result<void> moved;
        if (streams) {
            checksum sum(job.kind());
            const resumable body{what.from, what.key, what.asked, what.body, what.at, true, &sum};
            moved = co_await job.move(op, body, part->offset, part->length);
            if (moved) moved = job.keep(*part, sum);
        } else {
            moved = co_await move_part(op, job, *part);
        }
        if (!moved) co_return moved.error();
    }
    if (member == 0) what.body.bytes.reset();
    co_return result<void>();
}

/// What the members of read_ranges share.
struct ranges_job {
    backend& from;
    const std::string& key;
    const get_options& asked;
    std::span<range_target> targets;
    object_body first;    ///< of the first request; its offset is where that begins
    read_progress at;     ///< of it
    std::uint64_t origin; ///< the same offset, as parts of `first` are counted from
    range_plan plan;
    std::atomic<std::size_t> next{1}; ///< request that nobody has claimed
};

/// Gives each piece what it wants of `bytes`, which stand at `offset` in the object. `pieces` begin
/// with the first that is not done.
void hand_out(
    ranges_job& job,
    std::span<const range_piece> pieces,
    std::uint64_t offset,
    std::span<const char> bytes
) {
    const std::uint64_t end = offset + bytes.size();
    for (const range_piece& piece : pieces) {
        if (piece.offset >= end) break;
        const std::uint64_t from = std::max(offset, piece.offset);
        const std::uint64_t to = std::min(end, piece.offset + piece.length);
        if (from >= to) continue;
        range_target& target = job.targets[piece.of];
        char* const into = target.into + piece.at + (from - piece.offset);
        if (into != bytes.data() + (from - offset))
            std::memmove(into, bytes.data() + (from - offset), static_cast<std::size_t>(to - from));
    }
}

/// Where the next bytes of a request go: to a long piece at once, else to scratch, up to the next
/// long one.
struct next_read {
    char* into = nullptr; ///< null: scratch
    std::uint64_t length = 0;
};

next_read plan_read(
    const ranges_job& job,
    std::span<const range_piece> pieces,
    std::uint64_t offset,
    std::uint64_t left
) {
    next_read next{nullptr, std::min(left, scratch_size)};
    for (const range_piece& piece : pieces) {
        if (piece.offset >= offset + next.length) break;
        const std::uint64_t end = piece.offset + piece.length;
        if (end <= offset || end - std::max(offset, piece.offset) < direct_size) continue;
        if (piece.offset > offset) return {nullptr, piece.offset - offset};
        return {job.targets[piece.of].into + piece.at + (offset - piece.offset), end - offset};
    }
    return next;
}

task<result<void>>
fill_ranges(operation& op, ranges_job& job, const range_fetch& fetch, resumable body) {
    std::span<const range_piece> pieces =
        std::span(job.plan.pieces).subspan(fetch.first, fetch.pieces);
    aligned_bytes scratch;
    for (std::uint64_t done = 0; done < fetch.length;) {
        const std::uint64_t offset = fetch.offset + done;
        while (!pieces.empty() && pieces.front().offset + pieces.front().length <= offset)
            pieces = pieces.subspan(1);
        const next_read next = plan_read(job, pieces, offset, fetch.length - done);
        if (!next.into && !scratch)
            scratch =
                allocate_aligned(static_cast<std::size_t>(std::min(fetch.length, scratch_size)));
        const std::span<char> into(
            next.into ? next.into : scratch.get(), static_cast<std::size_t>(next.length)
        );
        const result<std::size_t> n = co_await read_on(op, body, into, into.size());
        if (!n) co_return n.error();
        hand_out(job, pieces, offset, into);
        done += into.size();
    }
    co_return result<void>();
}

task<result<void>> fetch_ranges(operation& op, ranges_job& job, const range_fetch& fetch) {
    const unsigned before = op.attempts;
    const resolved_range part{fetch.offset - job.origin, fetch.length};
    result<object_body> opened =
        co_await open_pinned(op, job.from, job.key, job.asked, job.first, part);
    if (!opened) co_return opened.error();
    read_progress at;
    at.used = op.attempts - before;
    const resumable body{job.from, job.key, job.asked, *opened, at};
    const result<void> filled = co_await fill_ranges(op, job, fetch, body);
    co_return filled;
}

task<result<void>> serve_ranges(operation& op, ranges_job& job, std::size_t member) {
    if (member == 0) {
        const resumable body{job.from, job.key, job.asked, job.first, job.at};
        const result<void> filled = co_await fill_ranges(op, job, job.plan.fetches[0], body);
        if (!filled) co_return filled.error();
    }
    for (;;) {
        const std::size_t mine = job.next++;
        if (mine >= job.plan.fetches.size()) break;
        const result<void> fetched = co_await fetch_ranges(op, job, job.plan.fetches[mine]);
        if (!fetched) co_return fetched.error();
    }
    co_return result<void>();
}

/// Each range as far as the object goes.
result<std::vector<resolved_range>> clipped(std::span<range_target> targets, std::uint64_t size) {
    std::vector<resolved_range> all;
    all.reserve(targets.size());
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const byte_range asked{targets[i].range.offset, targets[i].range.length, {}};
        const result<resolved_range> one = resolve(asked, size);
        if (!one) {
            error e = one.error();
            e->message = "range " + std::to_string(i) + ": " + e->message;
            return e;
        }
        targets[i].got = one->length;
        all.push_back(*one);
    }
    return all;
}

} // namespace

std::size_t width_of(const get_options& asked, std::uint32_t usual) noexcept {
    return std::min(asked.parallel == 0 ? usual : asked.parallel, most_parallel);
}

std::uint64_t part_size_of(const get_options& asked) noexcept {
    return std::max(asked.part_size == 0 ? default_part_size : asked.part_size, least_part_size);
}

void part_claims::skip(const std::map<std::uint64_t, std::string>& parts) {
    skipped_.resize(static_cast<std::size_t>(back_));
    for (const auto& each : parts)
        if (each.first < back_) skipped_[static_cast<std::size_t>(each.first)] = true;
}

std::optional<resolved_range> part_claims::front() {
    const std::lock_guard lock(mutex_);
    while (front_ != back_ && !skipped_.empty() && skipped_[static_cast<std::size_t>(front_)])
        ++front_;
    if (front_ == back_) return std::nullopt;
    return place(front_++);
}

std::optional<resolved_range> part_claims::back() {
    const std::lock_guard lock(mutex_);
    while (front_ != back_ && !skipped_.empty() && skipped_[static_cast<std::size_t>(back_ - 1)])
        --back_;
    if (front_ == back_) return std::nullopt;
    return place(--back_);
}

resolved_range part_claims::place(std::uint64_t number) const noexcept {
    return {number * part_, std::min(part_, length_ - number * part_)};
}

bool pays_in_parts(const backend& from, const get_options& asked, const object_body& body) {
    return from.parallel_reads() &&
           (asked.resumable || width_of(asked, default_parallel_parts) > 1) && body.length &&
           *body.length / 2 >= part_size_of(asked) && is_strong(body.meta.etag) &&
           !body.unverified; // in a row
}

task<result<void>> read_parts(operation& op, opened_object what, lane where, part_mover move) {
    parts_job job{what, move, part_claims(*what.body.length, part_size_of(what.asked)), {}};
    const std::uint64_t parts = (*what.body.length - 1) / part_size_of(what.asked) + 1;
    if (what.told) job.sums.resize(static_cast<std::size_t>(parts));
    if (what.notes) {
        job.claims.skip(what.notes->there);
        for (const auto& [number, sum] : what.notes->there) {
            op.advance(std::min(job.claims.part(), *what.body.length - number * job.claims.part()));
            if (what.told) job.sums[static_cast<std::size_t>(number)] = sum;
        }
    }
    const std::size_t width = static_cast<std::size_t>(
        std::min<std::uint64_t>(parts, width_of(what.asked, default_parallel_parts))
    );
    const result<void> all =
        co_await for_each_of(op, where, width, width, [&job](operation& member, std::size_t i) {
            return move_parts(member, job, i);
        });
    if (!all) co_return all.error();
    co_return compare(job);
}

task<result<object_meta>> read_ranges(
    operation& op,
    backend& from,
    const std::string& key,
    const get_options& asked,
    std::span<range_target> targets
) {
    const std::uint64_t gap = asked.max_gap.value_or(default_max_gap), most = part_size_of(asked);
    std::vector<resolved_range> wanted;
    wanted.reserve(targets.size());
    for (const range_target& target : targets)
        wanted.push_back(target.range);
    const auto begin = first_fetch(wanted, gap, most);
    get_options at_first = asked;
    at_first.range = {begin ? begin->offset : 0, begin ? begin->length : 0, {}};
    const unsigned before = op.attempts;
    result<object_body> opened = co_await from.get(op, key, at_first);
    if (!opened) co_return opened.error();
    if (!opened->meta.size || !opened->length)
        co_return error(errc::unsupported, "the service does not say how long the object is");
    result<std::vector<resolved_range>> there = clipped(targets, *opened->meta.size);
    if (!there) co_return there.error();
    op.expect(std::accumulate(
        targets.begin(),
        targets.end(),
        std::uint64_t{0},
        [](std::uint64_t sum, const range_target& target) { return sum + target.got; }
    ));
    object_meta meta = opened->meta;
    ranges_job job{from, key, asked, targets, std::move(*opened), {}, 0, {}};
    job.at.used = op.attempts - before;
    job.origin = job.first.offset;
    job.plan = plan_ranges(*there, gap, most);
    if (job.plan.fetches.empty()) co_return meta;
    if (job.plan.fetches[0].length != job.first.length)
        co_return error(errc::protocol, "the service does not send as much as was asked for");
    const bool pinned = is_strong(meta.etag) && from.parallel_reads();
    const std::size_t width =
        pinned ? std::min(job.plan.fetches.size(), width_of(asked, default_parallel_ranges)) : 1;
    result<void> all;
    if (width == 1)
        all = co_await serve_ranges(op, job, 0);
    else
        all = co_await for_each_of(
            op,
            lane::io,
            width,
            width,
            [&job](operation& member, std::size_t i) { return serve_ranges(member, job, i); }
        );
    if (!all) co_return all.error();
    co_return meta;
}

} // namespace blobstore
