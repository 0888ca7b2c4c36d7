// SPDX-License-Identifier: Apache-2.0
// Parts by a group; what is there is told after each, so that nothing is sent twice.
#include "store/upload.h"

#include "store/checksums.h"

#include <algorithm>

namespace blobstore {

namespace {

constexpr milliseconds abort_limit{30000};

/// What the members share. The object outlives them: who waits for the group holds it.
class part_uploads {
public:
    part_uploads(upload_work& work, upload_state state)
        : work_(work)
        , state_(std::move(state))
        , file_(work.options.transfer.resume_path) {}

    const upload_state& state() const noexcept { return state_; }

    /// Called by the parent before the first part, by members after each.
    result<void> tell(operation& parent) {
        const std::lock_guard lock(mutex_);
        parent.expect(work_.plan.total);
        parent.advance(bytes_there());
        return tell_locked(parent);
    }

    task<result<void>> put(operation& member, operation& parent, std::uint32_t number) {
        result<std::string> receipt = error();
        if (work_.make)
            receipt = co_await work_.make(member, state_.upload, number);
        else
            receipt = co_await put_opened(member, number);
        if (!receipt) co_return receipt.error();
        const std::lock_guard lock(mutex_);
        state_.receipts[number] = *receipt;
        co_return tell_locked(parent);
    }

    std::vector<finished_part> finished() const {
        std::vector<finished_part> parts;
        for (const auto& [number, receipt] : state_.receipts)
            parts.push_back({number, receipt});
        return parts;
    }

    const resume_file& file() const noexcept { return file_; }

private:
    task<result<std::string>> put_opened(operation& member, std::uint32_t number) {
        result<part_body> body = work_.open(work_.plan.offset(number), work_.plan.size(number));
        if (!body) co_return body.error();
        result<std::string> receipt =
            co_await work_.to.upload_part(member, state_.upload, number, body->what);
        co_return receipt;
    }

    std::uint64_t bytes_there() const {
        std::uint64_t bytes = 0;
        for (const auto& each : state_.receipts)
            bytes += work_.plan.size(each.first);
        return bytes;
    }

    result<void> tell_locked(operation& parent) {
        if (!file_ && !parent.meter) return {};
        const wiping_string text = encode_resume(state_);
        if (parent.meter) parent.meter->keep(text);
        return file_ ? file_.save(text) : result<void>();
    }

    upload_work& work_;
    std::mutex mutex_;
    upload_state state_;
    const resume_file file_;
};

/// The state that the caller gives, or that the file keeps; nothing where the upload is new.
result<std::optional<upload_state>> earlier(const upload_work& work) {
    wiping_string text(work.options.transfer.resume);
    const resume_file file(work.options.transfer.resume_path);
    if (text.empty() && file) {
        result<wiping_string> kept = file.load();
        if (!kept) return kept.error();
        text = std::move(*kept);
    }
    if (text.empty()) return std::optional<upload_state>();
    result<upload_state> state = decode_resume(text);
    if (!state) return state.error();
    if (state->upload.key != work.key)
        return error(errc::invalid_argument, "the resume string is of another object");
    if (state->from != work.facts) {
        error e(errc::changed, "the source is not what it was when the upload began");
        e->hint = "upload it anew: remove the resume string, and abort the upload it names";
        return e;
    }
    return std::optional(std::move(*state));
}

/// Keeps the receipts of parts that the service has as they are due.
void keep_what_is_there(
    upload_state& state, const part_plan& plan, const std::vector<part_entry>& there
) {
    std::map<std::uint32_t, std::string> kept;
    for (const part_entry& part : there) {
        const auto told = state.receipts.find(part.number);
        const bool due = told != state.receipts.end() && part.number <= plan.count &&
                         part.size == plan.size(part.number) &&
                         part.receipt == split_receipt(told->second).etag;
        if (due) kept.insert(*told);
    }
    state.receipts = std::move(kept);
}

error with_place(error e, const open_upload& left) {
    e->hint += std::string(e->hint.empty() ? "" : "; ") +
               "the parts that are there are kept: go on with the resume string, or abort the "
               "upload of " +
               left.key;
    return e;
}

task<result<void>> abort_upload(operation& op, std::shared_ptr<backend> at, open_upload what) {
    const result<void> aborted = co_await at->upload_abort(op, what);
    co_return aborted;
}

struct background final : operation {
    std::shared_ptr<runtime> run;
};

/// The state of an upload that is there: gone on with, or new.
task<result<upload_state>> begin_upload(operation& op, upload_work& work, bool& completed) {
    result<std::optional<upload_state>> before = earlier(work);
    if (!before) co_return before.error();
    if (!*before) {
        result<open_upload> made = co_await work.to.upload_create(op, work.key, work.options);
        if (!made) co_return made.error();
        co_return upload_state{std::move(*made), work.facts, work.plan.part_size, {}};
    }
    upload_state state = std::move(**before);
    const result<part_plan> same = plan_parts(work.plan.total, state.part_size, work.to.limits());
    if (!same) co_return same.error();
    work.plan = *same;
    const result<std::vector<part_entry>> there =
        co_await work.to.upload_list_parts(op, state.upload);
    // Ended meanwhile: completing it again finds out whether the object is ours.
    completed = !there && there.error().code() == errc::upload_not_found &&
                state.receipts.size() == work.plan.count;
    if (completed) co_return state;
    if (!there) co_return there.error();
    keep_what_is_there(state, work.plan, *there);
    co_return state;
}

task<result<void>> put_parts(operation& op, upload_work& work, part_uploads& all) {
    const std::size_t width = std::max<std::size_t>(1, work.options.transfer.parallel);
    group parts(work.where, width);
    result<void> going = all.tell(op);
    const std::map<std::uint32_t, std::string> there = all.state().receipts;
    for (std::uint32_t number = 1; number <= work.plan.count && going; ++number) {
        if (there.contains(number)) continue;
        operation::body_function part = [&all, &op, number](operation& member) {
            return all.put(member, op, number);
        };
        going = co_await parts.begin(op, std::move(part));
    }
    const result<void> ended = co_await parts.join(op);
    if (!ended) co_return without_doubt(ended.error());
    co_return going;
}

} // namespace

error without_doubt(error e) {
    e->outcome_unknown = false;
    return e;
}

void abort_behind(runtime& on, std::shared_ptr<backend> at, open_upload what) noexcept {
    const std::shared_ptr<runtime> run = on.shared_from_this();
    if (!run->enter()) return;
    try {
        const bool blocks = at->blocks();
        auto one = std::make_shared<background>();
        one->run = run;
        one->limits.timeout = abort_limit;
        one->completed = [](operation& ended) noexcept {
            const auto last = std::move(static_cast<background&>(ended).run);
            last->exit();
        };
        one->body = [at = std::move(at), what = std::move(what)](operation& o) {
            return abort_upload(o, at, what);
        };
        if (run->submit(one, blocks)) return;
    } catch (...) { // out of memory: it is listed as an open upload
    }
    run->exit();
}

namespace {

/// The service gave the upload up for another write that was on its way: only a new one can become
/// the object. S3-34
bool is_overtaken(const error& e) {
    return e.code() == errc::conflict && e->from_service && e->retryable && !e->outcome_unknown;
}

/// One upload, from its beginning or from where it was left, to its end.
task<result<object_meta>> upload_once(operation& op, upload_work& work) {
    bool completed = false;
    result<upload_state> begun = co_await begin_upload(op, work, completed);
    if (!begun) co_return begun.error();
    part_uploads all(work, std::move(*begun));
    result<void> put;
    if (!completed) put = co_await put_parts(op, work, all);
    result<object_meta> done = error();
    if (put)
        done = co_await work.to.upload_complete(
            op, all.state().upload, all.finished(), work.plan.total
        );
    else
        done = put.error();
    if (done) {
        const result<void> removed = all.file() ? all.file().remove() : result<void>();
        if (!removed) co_return removed.error();
        co_return done;
    }
    const bool overtaken = is_overtaken(done.error());
    if (overtaken && all.file()) (void)all.file().remove(); // the next one is written over it
    const bool kept = all.file() || work.options.transfer.keep;
    if (kept && !overtaken) co_return with_place(done.error(), all.state().upload);
    if (!done.error()->outcome_unknown)
        abort_behind(*op.owner(), work.to.shared_from_this(), all.state().upload);
    co_return done;
}

} // namespace

task<result<object_meta>> upload_in_parts(operation& op, upload_work work) {
    unsigned tried = 0;
    for (;;) {
        result<object_meta> done = co_await upload_once(op, work);
        if (done || !is_overtaken(done.error()) || op.stopped()) co_return done;
        tried += std::max(1U, done.error()->attempts); // of all that the call has
        if (tried >= op.limits.max_attempts) co_return done;
        work.options.transfer.resume.clear();
        const bool counted = op.meter && !work.make;
        if (counted) op.meter->add(-static_cast<std::int64_t>(work.plan.total));
    }
}

} // namespace blobstore
