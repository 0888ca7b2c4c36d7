// SPDX-License-Identifier: Apache-2.0
// Members of a group list the pieces that the plan gives out; each page settles where to go on.
#include "store/list_parallel.h"

#include "async/group.h"
#include "store/key_space.h"

namespace blobstore {

namespace {

constexpr std::uint32_t most_parallel = 64;

result<void> check_parallel(const list_options& options) {
    if (options.parallel > most_parallel)
        return error(
            errc::invalid_argument, "parallel is more than " + std::to_string(most_parallel)
        );
    if (!options.delimiter.empty() || options.versions)
        return error(
            errc::invalid_argument, "a parallel listing takes no delimiter and no versions"
        );
    return {};
}

/// What the members share; it outlives them.
class listing {
public:
    listing(backend& from, const list_options& options, const std::vector<key_piece>& pieces)
        : from_(from)
        , options_(options)
        , space_(pieces, {options.parallel, 4, options.prefix.size(), options.unordered}) {}

    /// Until all that this call is to do was begun.
    task<result<void>> begin_all(operation& op, group& members) {
        for (;;) {
            wakeup wake;
            key_space::piece* one = nullptr;
            {
                const std::lock_guard lock(mutex_);
                one = failed_ ? nullptr : space_.next();
                if (!one && (failed_ || space_.running() == 0)) co_return result<void>();
                if (!one) waiter_ = wake;
            }
            if (!one) {
                const result<void> waited = co_await wake.wait(op);
                if (!waited) co_return waited.error();
                continue;
            }
            operation::body_function work = [this, one](operation& member) {
                return list_piece(member, *one);
            };
            const result<void> begun = co_await members.begin(op, std::move(work));
            if (!begun) co_return begun.error();
        }
    }

    list_page finish() { return space_.finish(); }

private:
    task<result<void>> list_piece(operation& member, key_space::piece& one) {
        result<void> done;
        try {
            done = co_await page_of(member, one);
        } catch (...) { // out of memory: who waits has to hear of it
            done = error::of_exception();
        }
        const std::lock_guard lock(mutex_);
        if (!done) failed_ = true;
        if (waiter_) waiter_->set();
        waiter_.reset();
        co_return done;
    }

    task<result<void>> page_of(operation& member, key_space::piece& one) {
        list_options ask = options_;
        ask.start_after = one.after;
        result<list_page> page = list_page();
        do { // a page may be empty, and not the last
            page = co_await from_.list(member, ask);
            if (!page) co_return page.error();
            ask.page_token = page->next_token;
        } while (page->entries.empty() && !ask.page_token.empty());
        const std::lock_guard lock(mutex_);
        co_return space_.took(one, std::move(page->entries), !page->next_token.empty());
    }

    backend& from_;
    const list_options options_;
    std::mutex mutex_;
    key_space space_;
    std::optional<wakeup> waiter_;
    bool failed_ = false;
};

} // namespace

task<result<list_page>> list_parallel(operation& op, backend& from, const list_options& options) {
    const result<void> checked = check_parallel(options);
    if (!checked) co_return checked.error();
    result<std::vector<key_piece>> pieces = std::vector<key_piece>{{options.start_after, {}}};
    if (!options.page_token.empty()) pieces = decode_pieces(options.page_token);
    if (!pieces) co_return pieces.error();
    list_options plain = options;
    plain.page_token.clear();
    listing all(from, plain, *pieces);
    group members(lane::io, options.parallel);
    result<void> going;
    try {
        going = co_await all.begin_all(op, members);
    } catch (...) { // out of memory, while members run
        going = error::of_exception();
    }
    const result<void> ended = co_await members.join(op);
    if (!ended) co_return ended.error();
    if (!going) co_return going.error();
    co_return all.finish();
}

} // namespace blobstore
