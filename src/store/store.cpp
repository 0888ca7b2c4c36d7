// SPDX-License-Identifier: Apache-2.0
// Every operation of the portable store: check, delegate, describe the failure.
#include "store/store.h"

#include "store/key.h"
#include "store/list_parallel.h"
#include "store/media_types.h"
#include "store/transfer.h"
#include "store/upload.h"
#include "store/verify.h"

namespace blobstore {

result<put_options> store::ready(const std::string& key, const put_options& options) {
    result<void> checked = check_put(options);
    if (checked) checked = check_checksum(options);
    if (!checked) return checked.error();
    result<attributes> kept = as_kept(options.set);
    if (!kept) return kept.error();
    put_options with = options;
    with.set = std::move(*kept);
    if (with.guess_type && with.set.content_type.empty())
        with.set.content_type = media_type_of(key);
    return with;
}

result<copy_options> store::ready(const std::string& key, const copy_options& options) {
    put_options put;
    put.set = options.replace.value_or(attributes());
    put.tags = options.replace_tags.value_or(name_values());
    put.as = options.as;
    put.when = options.when;
    put.guess_type = options.guess_type;
    result<put_options> checked = ready(key, put);
    if (!checked) return checked.error();
    result<void> source = check_get(options.from);
    if (source && !options.from.range.whole())
        source = error(errc::invalid_argument, "a copy takes no range");
    if (!source) return source.error();
    copy_options with = options;
    if (with.replace) with.replace = std::move(checked->set);
    return with;
}

error store::describe(error e, std::string_view operation, std::string_view key) const {
    if (e->operation.empty()) e->operation = operation;
    if (e->uri.empty()) e->uri = backend_->uri(prefix_ + std::string(key));
    const errc code = e.code();
    if (e->hint.empty() &&
        (code == errc::timeout || code == errc::stalled || code == errc::connect))
        e->hint = "check the network, the endpoint and the region, or allow more time";
    return e;
}

result<void> store::check(std::string_view key) const {
    result<void> checked = check_key(key);
    if (!checked) return checked;
    if (prefix_.empty()) return backend_->check_key(key);
    return backend_->check_key(prefix_ + std::string(key));
}

void store::shorten(std::string& key) const {
    if (!prefix_.empty() && key.compare(0, prefix_.size(), prefix_) == 0)
        key.erase(0, prefix_.size());
}

task<result<object_meta>>
store::head(operation& op, const std::string& key, const get_options& options) {
    result<void> checked = check(key);
    if (checked) checked = check_get(options);
    if (!checked) co_return describe(checked.error(), "head", key);
    const std::string full = prefix_ + key;
    result<object_meta> meta = co_await backend_->head(op, full, options);
    if (!meta) co_return describe(meta.error(), "head", key);
    shorten(meta->key);
    co_return std::move(*meta);
}

result<put_options> store::checked_put(std::string_view key, const put_options& options) const {
    result<void> checked = check(key);
    if (!checked) return checked.error();
    return ready(std::string(key), options);
}

task<result<object_meta>>
store::put(operation& op, const std::string& key, const source& body, const put_options& options) {
    const result<put_options> with = checked_put(key, options);
    if (!with) co_return describe(with.error(), "put", key);
    const std::string full = prefix_ + key;
    result<object_meta> meta = co_await put_checked(op, full, body, *with);
    if (!meta) co_return describe(meta.error(), "put", key);
    shorten(meta->key);
    co_return std::move(*meta);
}

task<result<void>> store::remove(operation& op, const std::string& key) {
    result<void> checked = check(key);
    if (!checked) co_return describe(checked.error(), "delete", key);
    const std::string full = prefix_ + key;
    result<void> removed = co_await backend_->remove(op, full);
    if (!removed) co_return describe(removed.error(), "delete", key);
    co_return result<void>();
}

task<result<std::vector<result<void>>>>
store::remove_many(operation& op, const std::vector<std::string>& keys) {
    std::vector<result<void>> results(keys.size());
    std::vector<std::string> full;
    std::vector<std::size_t> index;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        result<void> checked = check(keys[i]);
        if (!checked) {
            results[i] = describe(checked.error(), "delete", keys[i]);
            continue;
        }
        full.push_back(prefix_ + keys[i]);
        index.push_back(i);
    }
    if (full.empty()) co_return results;
    result<std::vector<result<void>>> removed = co_await backend_->remove_many(op, full);
    if (!removed) co_return describe(removed.error(), "delete", "");
    for (std::size_t i = 0; i < index.size(); ++i)
        if (!(*removed)[i])
            results[index[i]] = describe((*removed)[i].error(), "delete", keys[index[i]]);
    co_return results;
}

task<result<list_page>> store::list(operation& op, const list_options& options) {
    list_options full = options;
    full.prefix = prefix_ + options.prefix;
    if (!full.start_after.empty()) full.start_after = prefix_ + options.start_after;
    if (full.prefix.find('\0') != std::string::npos ||
        full.start_after.find('\0') != std::string::npos)
        co_return describe(
            error(errc::invalid_argument, "prefix or start_after contains a NUL byte"),
            "list",
            options.prefix
        );
    result<list_page> page = error();
    if (options.parallel > 1 && !blocks())
        page = co_await list_parallel(op, *backend_, full);
    else
        page = co_await backend_->list(op, full);
    if (!page) co_return describe(page.error(), "list", options.prefix);
    for (object_meta& entry : page->entries) {
        if (!entry.key.starts_with(full.prefix))
            co_return describe(
                error(errc::protocol, "the service lists a key outside of the prefix"),
                "list",
                options.prefix
            );
        shorten(entry.key);
    }
    co_return std::move(*page);
}

task<result<std::string>>
store::presign(operation& op, const std::string& key, const presign_options& options) {
    result<void> checked = check(key);
    if (checked) checked = check_presign(options);
    if (!checked) co_return describe(checked.error(), "presign", key);
    const std::string full = prefix_ + key;
    result<std::string> link = co_await backend_->presign(op, full, options);
    if (!link) co_return describe(link.error(), "presign", key);
    co_return std::move(*link);
}

task<result<std::string>>
store::presign_post(operation& op, const std::string& key, const post_options& options) {
    const bool no_name = key.empty() && options.any_name;
    result<void> checked = no_name ? result<void>() : check(key);
    if (checked) checked = check_post(options);
    if (!checked) co_return describe(checked.error(), "presign_post", key);
    const std::string full = prefix_ + key;
    result<std::string> form = co_await backend_->presign_post(op, full, options);
    if (!form) co_return describe(form.error(), "presign_post", key);
    co_return std::move(*form);
}

} // namespace blobstore
