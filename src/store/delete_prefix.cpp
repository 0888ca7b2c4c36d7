// SPDX-License-Identifier: Apache-2.0
// Removing all objects of a prefix: pages of a listing, each one batch of a bulk delete. RT-16
#include "store/store.h"

#include <algorithm>

namespace blobstore {

namespace {

constexpr std::size_t most_left = 1000; ///< failed keys that are told

} // namespace

/// The batches that run share it. The object outlives them.
struct store::removal {
    prefix_removal& what;
    std::mutex mutex = {};
    std::optional<error> first = {};

    bool too_many() {
        const std::lock_guard lock(mutex);
        return what.left.entries.size() >= most_left;
    }

    void add(list_page& page, const std::vector<result<void>>& results) {
        const std::lock_guard lock(mutex);
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (results[i]) {
                ++what.removed;
                continue;
            }
            if (!first) first = results[i].error();
            if (what.left.entries.size() == most_left) continue;
            object_meta& left = what.left.entries.emplace_back(std::move(page.entries[i]));
            left.own_extras().failure = results[i].error().code();
        }
    }
};

/// What the call itself fails with leaves every key of the page in doubt: they are told as left.
task<result<void>> store::remove_page(operation& op, list_page& page, page_results& results) {
    std::vector<std::string> keys;
    keys.reserve(page.entries.size());
    for (const object_meta& each : page.entries)
        keys.push_back(each.key);
    result<page_results> removed = co_await remove_many(op, keys);
    if (removed)
        results = std::move(*removed);
    else
        results.assign(keys.size(), removed.error());
    co_return removed ? result<void>() : removed.error();
}

task<result<void>> store::remove_pages(
    operation& op, const std::string& prefix, bool dry_run, removal& all, group& batches
) {
    list_options from;
    from.prefix = prefix;
    result<void> going;
    do {
        result<list_page> page = co_await list(op, from);
        if (!page) co_return page.error();
        from.page_token = page->next_token;
        if (dry_run) {
            all.what.removed += page->entries.size();
            continue;
        }
        const auto mine = std::make_shared<list_page>(std::move(*page));
        operation::body_function work = [this, &all, mine](operation& member
                                        ) -> task<result<void>> {
            page_results results;
            const result<void> sent = co_await remove_page(member, *mine, results);
            all.add(*mine, results);
            co_return sent;
        };
        if (blocks()) // on a worker, which must not wait for others
            going = co_await work(op);
        else
            going = co_await batches.begin(op, std::move(work));
    } while (going && !from.page_token.empty() && !all.too_many());
    co_return going;
}

task<result<void>>
store::remove_prefix(operation& op, const std::string& prefix, bool dry_run, prefix_removal& what) {
    removal all{what};
    group batches(lane::io, std::max<std::uint32_t>(1, limits_.transfer.parallel));
    result<void> going;
    try {
        going = co_await remove_pages(op, prefix, dry_run, all, batches);
    } catch (...) { // out of memory, while batches run
        going = error::of_exception();
    }
    const result<void> ended = co_await batches.join(op);
    if (going && !ended) going = ended;
    auto& left = what.left.entries;
    std::sort(left.begin(), left.end(), [](const object_meta& a, const object_meta& b) {
        return a.key < b.key;
    });
    if (going && all.first) going = *all.first;
    if (!going) co_return describe(going.error(), "delete_prefix", prefix);
    co_return going;
}

} // namespace blobstore
