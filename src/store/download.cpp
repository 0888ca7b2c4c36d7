// SPDX-License-Identifier: Apache-2.0
// When a body is asked for again, and what must be true of the answer.
#include "store/download.h"

#include "async/random.h"

#include <algorithm>

namespace blobstore {

namespace {

constexpr std::uint64_t pause_base = 50, pause_cap = 20000; // ms

error changed() {
    error e(errc::changed, "the object is no longer the one whose read began");
    e->hint = "read it again from the start";
    return e;
}

/// What a refusal to go on means: the object is gone or another one, or too short now.
error refusal(error e, bool length_known) {
    const errc code = e.code();
    const bool other = code == errc::precondition || code == errc::not_found ||
                       (code == errc::range && length_known);
    if (!other) return e;
    error became = changed();
    became->http_status = e->http_status;
    became->service_code = e->service_code;
    became->request_id = e->request_id;
    became->host_id = e->host_id;
    became->from_service = e->from_service;
    return became;
}

std::uint64_t left_of(const resumable& what) noexcept {
    if (!what.body.length) return UINT64_MAX;
    return *what.body.length - std::min(*what.body.length, what.at.position);
}

/// Opens again at the position with the attempts that are left.
task<result<void>> open_again(operation& op, resumable what) {
    const unsigned before = op.attempts, whole = op.limits.max_attempts;
    const unsigned most = std::max(1U, whole);
    op.limits.max_attempts = most - std::min(what.at.used, most - 1);
    const resolved_range rest{what.at.position, left_of(what)};
    result<object_body> opened =
        co_await open_pinned(op, what.from, what.key, what.asked, what.body, rest);
    op.limits.max_attempts = whole;
    what.at.used += op.attempts - before;
    if (!opened) co_return opened.error();
    what.body.bytes = std::move(opened->bytes);
    what.body.unverified = false; // of a part nothing is known
    co_return result<void>();
}

/// After a body broke off. `why` is what the read ends with where that cannot be mended.
task<result<void>> resume(operation& op, resumable what, error why) {
    if (what.body.unverified) co_return why; // it mends itself
    what.body.bytes.reset();
    const bool may =
        !op.stopped() && may_resume(why, what.body, what.at, std::max(1U, op.limits.max_attempts));
    if (!may) co_return why;
    const milliseconds pause = pause_before_resume(what.at.used - 1, random_bits());
    const result<void> slept = co_await sleep_for(op, pause);
    if (!slept && op.stop_code() == errc::cancelled) co_return slept.error();
    if (!slept)
        co_return error(op.stop_code(), "timed out before going on after: " + why.message());
    result<void> opened = co_await open_again(op, what);
    // A service that has no ranges of it after all: the first failure says more.
    if (!opened && opened.error().code() == errc::unsupported) co_return why;
    co_return opened;
}

} // namespace

bool is_strong(std::string_view etag) noexcept {
    return !etag.empty() && !etag.starts_with("W/");
}

bool may_resume(
    const error& why, const object_body& body, const read_progress& at, unsigned max_attempts
) noexcept {
    const bool of_connection = why.code() == errc::network || why.code() == errc::stalled ||
                               (why.code() == errc::tls && why->retryable);
    return of_connection && at.used < max_attempts && body.length && is_strong(body.meta.etag) &&
           at.position < *body.length && !body.unverified;
}

milliseconds pause_before_resume(unsigned failures, std::uint64_t random) noexcept {
    const std::uint64_t most =
        failures >= 16 ? pause_cap : std::min(pause_cap, pause_base << failures);
    return milliseconds(static_cast<milliseconds::rep>((random >> 32U) * (most + 1) >> 32U));
}

result<void> check_continues(
    const object_body& first,
    std::uint64_t position,
    std::optional<std::uint64_t> length,
    const object_body& now
) {
    if (now.meta.etag != first.meta.etag) return changed();
    if (first.meta.size && now.meta.size && *now.meta.size != *first.meta.size) return changed();
    if (now.offset != first.offset + position)
        return error(errc::protocol, "the service goes on at another byte than was asked for");
    if (length && now.length != length)
        return error(errc::protocol, "the service does not send as much as was asked for");
    return {};
}

task<result<object_body>> open_pinned(
    operation& op,
    backend& from,
    const std::string& key,
    const get_options& asked,
    const object_body& first,
    resolved_range part
) {
    get_options pinned = asked;
    pinned.range = {first.offset + part.offset, {}, {}};
    std::optional<std::uint64_t> length;
    if (first.length) length = part.length;
    pinned.range.length = length;
    pinned.when = {};
    if (is_strong(first.meta.etag)) pinned.when.if_match = first.meta.etag;
    result<object_body> opened = co_await from.get(op, key, pinned);
    if (!opened) co_return refusal(opened.error(), first.length.has_value());
    const result<void> same = check_continues(first, part.offset, length, *opened);
    if (!same) co_return same.error();
    co_return opened;
}

task<result<std::size_t>>
read_on(operation& op, resumable what, std::span<char> into, std::size_t enough) {
    into =
        into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_of(what))));
    enough = std::min(std::max<std::size_t>(enough, 1), into.size());
    std::size_t got = 0;
    while (got < enough) {
        result<void> open;
        if (!what.body.bytes) open = co_await open_again(op, what);
        while (open) {
            // One by one where the length is known: a read that fails takes what it got with it.
            const std::size_t step = what.body.length ? 1 : enough - got;
            const result<std::size_t> n =
                co_await what.body.bytes->read(op, into.subspan(got), step);
            if (n && *n != 0) {
                if (what.sum) what.sum->update({into.data() + got, *n});
                got += *n;
                if (what.counts) op.advance(*n);
                what.at.position += *n;
                what.at.moved += *n;
                if (what.at.moved >= resume_progress) what.at = {what.at.position, 1, 0};
                break;
            }
            if (n && !what.body.length) co_return got;
            error why(errc::network, "the body ended early");
            if (!n) why = n.error();
            open = co_await resume(op, what, std::move(why));
        }
        if (open) continue;
        if (!what.body.unverified) what.body.bytes.reset();
        what.at = {what.at.position, 0, 0}; // another call has attempts of its own
        error e = open.error();
        e->attempts = op.attempts;
        co_return e;
    }
    co_return got;
}

} // namespace blobstore
