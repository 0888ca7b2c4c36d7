// SPDX-License-Identifier: Apache-2.0
// Copies of any size: one request, parts that the service makes by itself, or bytes through here.
#include "store/store.h"
#include "store/upload.h"

#include <algorithm>

namespace blobstore {

namespace {

/// Of a part that the service copies by itself: fewer requests than where the bytes go through
/// here.
constexpr std::uint64_t usual_part = 256u << 20;

/// Refusals behind which an object may be that is too large for one request; services have no one
/// code for it.
bool may_be_too_large(const error& e) {
    return !e->outcome_unknown && (e.code() == errc::too_large || e.code() == errc::service ||
                                   e.code() == errc::invalid_argument);
}

/// A condition on the source that did not hold.
error of_source(error e) {
    if (e.code() == errc::not_modified) return error(errc::precondition, e.message());
    return e;
}

} // namespace

/// One copy on its way.
struct store::copying {
    store& from;
    const std::string& from_key;
    std::string from_full, full;
    const copy_options& with;
    object_meta source = {}; ///< once it was looked at
};

bool store::copies_in_parts(std::uint64_t size) const {
    const part_limits limits = backend_->limits();
    const bool better = limits.large_in_parts && limits.part_copy && !blocks();
    return size > limits.most_copy || (better && size > limits_.transfer.copy_threshold);
}

/// What the copy is written with: the source's attributes and tags where they are kept.
task<result<put_options>> store::taken_over(operation& op, const copying& what, bool ask_for_tags) {
    put_options put;
    const copy_options& with = what.with;
    put.set = with.replace ? *with.replace : attributes_of(what.source);
    put.as = with.as;
    put.when = with.when;
    put.tags = with.replace_tags.value_or(name_values());
    put.transfer = with.transfer;
    const bool may_have_tags =
        ask_for_tags || what.source.extras().tag_count.value_or(0) != 0; // not each answer tells
    if (with.replace_tags || !may_have_tags || supports(capability::tags) == 0) co_return put;
    result<object_meta> tagged =
        co_await what.from.backend_->tags_get(op, what.from_full, what.source.version);
    if (!tagged && ask_for_tags && tagged.error().code() == errc::unsupported) co_return put;
    if (!tagged) co_return tagged.error();
    put.tags = tagged->extras().tags;
    co_return put;
}

/// Parts of the one source that was looked at, else errc::changed. S3-33
task<result<object_meta>> store::copy_in_parts(operation& op, const copying& what) {
    result<put_options> put = co_await taken_over(op, what, true);
    if (!put) co_return put.error();
    if (put->transfer.part_size == 0) put->transfer.part_size = limits_.transfer.part_size;
    const std::uint64_t size = *what.source.size;
    if (put->transfer.part_size == 0)
        put->transfer.part_size = std::max(usual_part, optimal_part_size(size));
    result<upload_work> work = work_of(what.full, *put, size);
    if (!work) co_return work.error();
    get_options pinned = what.with.from;
    pinned.when = {};
    pinned.when.if_match = what.source.etag;
    work->make = [this, &what, plan = work->plan, pinned](
                     operation& member, const open_upload& to, std::uint32_t number
                 ) -> task<result<std::string>> {
        get_options part = pinned;
        part.range.offset = plan.offset(number);
        part.range.length = plan.size(number);
        result<std::string> receipt = co_await backend_->upload_part_copy(
            member, to, number, what.from.backend_->itself(), what.from_full, part
        );
        if (!receipt && receipt.error().code() == errc::precondition)
            co_return error(errc::changed, "the source changed while it was copied");
        co_return receipt;
    };
    result<object_meta> made = co_await upload_in_parts(op, std::move(*work));
    co_return made;
}

task<result<object_meta>> store::copy_streamed(operation& op, copying& what) {
    store& from = what.from;
    result<std::unique_ptr<object_reader>> opened =
        co_await from.open(op, what.from_key, what.with.from);
    if (!opened) co_return from.describe(opened.error(), "copy", what.from_key);
    if (!(*opened)->length())
        co_return from.describe(
            error(errc::unsupported, "the source does not say how long it is"),
            "copy",
            what.from_key
        );
    what.source = (*opened)->meta();
    result<put_options> put = co_await taken_over(op, what, false);
    if (!put) co_return from.describe(put.error(), "copy", what.from_key);
    source body;
    body.stream = opened->get();
    body.stream_length = *(*opened)->length();
    result<object_meta> copied = co_await put_checked(op, what.full, body, *put);
    co_return copied;
}

/// Whether the source is too large for one request.
task<result<bool>> store::look_at_source(operation& op, copying& what) {
    result<object_meta> seen =
        co_await what.from.backend_->head(op, what.from_full, what.with.from);
    if (!seen) co_return of_source(seen.error());
    what.source = std::move(*seen);
    co_return what.source.size&& copies_in_parts(*what.source.size);
}

/// The source is looked at where the service may take less than it has; else one request does.
task<result<object_meta>> store::copy_checked(operation& op, copying& what) {
    const bool look_first = copies_in_parts(backend_->limits().most_copy);
    result<bool> in_parts = false;
    if (look_first) in_parts = co_await look_at_source(op, what);
    if (!in_parts) co_return in_parts.error();
    result<object_meta> copied = error();
    if (!*in_parts) {
        copied = co_await backend_->copy(
            op, what.from.backend_->itself(), what.from_full, what.full, what.with
        );
        if (copied) co_return copied;
        const bool unsupported = copied.error().code() == errc::unsupported;
        if (!unsupported && !may_be_too_large(copied.error())) co_return copied;
        // Parts may heed a condition that the copy of a whole does not.
        const bool look_now = !unsupported || !what.with.when.none();
        if (look_now && !look_first) in_parts = co_await look_at_source(op, what);
        if (!unsupported && (!in_parts || !*in_parts)) co_return copied;
    }
    if (in_parts && *in_parts && backend_->limits().part_copy) {
        copied = co_await copy_in_parts(op, what);
        if (copied || copied.error().code() != errc::unsupported) co_return copied;
    }
    copied = co_await copy_streamed(op, what);
    co_return copied;
}

task<result<object_meta>> store::copy(
    operation& op,
    store& from,
    const std::string& from_key,
    const std::string& key,
    const copy_options& options
) {
    result<void> checked = from.check(from_key);
    if (!checked) co_return from.describe(checked.error(), "copy", from_key);
    checked = check(key);
    const result<copy_options> with = checked ? ready(key, options) : checked.error();
    if (!with) co_return describe(with.error(), "copy", key);
    copying what{from, from_key, from.prefix_ + from_key, prefix_ + key, *with};
    result<object_meta> copied = co_await copy_checked(op, what);
    if (!copied) {
        const bool is_of_source = copied.error().code() == errc::not_found;
        co_return is_of_source ? from.describe(copied.error(), "copy", from_key)
                               : describe(copied.error(), "copy", key);
    }
    shorten(copied->key);
    co_return std::move(*copied);
}

} // namespace blobstore
