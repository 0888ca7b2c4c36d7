// SPDX-License-Identifier: Apache-2.0
// The portable store's writes on conditions and what it does beside the bytes: check, delegate,
// describe.
#include "store/key.h"
#include "store/store.h"

namespace blobstore {

result<object_meta>
store::ended(result<object_meta> got, std::string_view operation, const std::string& key) const {
    if (!got) return describe(got.error(), operation, key);
    got->key = key;
    return got;
}

result<void>
store::ended(result<void> got, std::string_view operation, std::string_view key) const {
    if (!got) return describe(got.error(), operation, key);
    return got;
}

task<result<object_meta>> store::append(
    operation& op, const std::string& key, const source& body, const put_options& options
) {
    const result<void> checked = check(key);
    result<put_options> with = checked ? ready(key, options) : checked.error();
    if (!with) co_return describe(with.error(), "append", key);
    const std::string full = prefix_ + key;
    result<object_meta> meta = co_await backend_->append(op, full, body, *with);
    co_return ended(std::move(meta), "append", key);
}

task<result<object_meta>>
store::remove_if(operation& op, const std::string& key, const remove_options& options) {
    result<void> checked = check(key);
    if (checked) checked = check_remove(options);
    if (!checked) co_return describe(checked.error(), "delete", key);
    const std::string full = prefix_ + key;
    result<object_meta> gone = co_await backend_->remove_if(op, full, options);
    co_return ended(std::move(gone), "delete", key);
}

task<result<object_meta>> store::rename(
    operation& op, const std::string& from_key, const std::string& key, const write_condition& when
) {
    result<void> checked = check(from_key);
    if (!checked) co_return describe(checked.error(), "rename", from_key);
    checked = check(key);
    if (checked) checked = check_write_text(when);
    if (checked && from_key == key)
        checked = error(errc::invalid_argument, "the new key is the old one");
    if (!checked) co_return describe(checked.error(), "rename", key);
    const std::string from_full = prefix_ + from_key;
    const std::string full = prefix_ + key;
    result<object_meta> moved = co_await backend_->rename(op, from_full, full, when);
    if (!moved && moved.error().code() == errc::unsupported)
        moved = co_await rename_by_copy(op, from_key, key, when);
    const bool of_source = !moved && moved.error().code() == errc::not_found;
    co_return ended(std::move(moved), "rename", of_source ? from_key : key);
}

task<result<object_meta>> store::rename_by_copy(
    operation& op, const std::string& from_key, const std::string& key, const write_condition& when
) {
    const get_options current;
    const result<object_meta> source = co_await head(op, from_key, current);
    if (!source) co_return source.error();
    copy_options with;
    with.when = when;
    with.from.when.if_match = source->etag; // what is removed is what was copied
    with.as.storage_class = source->storage_class;
    result<object_meta> copied = co_await copy(op, *this, from_key, key, with);
    if (!copied) co_return copied;
    result<void> removed;
    if (supports(capability::remove_if) == 1 && !source->etag.empty()) {
        remove_options same;
        same.if_match = source->etag;
        const result<object_meta> gone = co_await remove_if(op, from_key, same);
        if (!gone) removed = gone.error();
    } else {
        removed = co_await remove(op, from_key);
    }
    if (removed) co_return copied;
    error half = removed.error();
    half->outcome_unknown = true;
    half->hint = "the object is under its new key; the old one may still be there, too";
    co_return half;
}

task<result<object_meta>>
store::update(operation& op, const std::string& key, const copy_options& options) {
    if (options.when.create)
        co_return describe(
            error(errc::invalid_argument, "an update needs an object"), "update", key
        );
    get_options current;
    current.customer_key = options.as.customer_key;
    const result<object_meta> there = co_await head(op, key, current);
    if (!there) co_return describe(there.error(), "update", key);
    result<void> met = check_write(options.when, &*there);
    if (!met) co_return describe(met.error(), "update", key);
    copy_options with = options;
    with.when = {};
    with.from = current;
    with.from.when.if_match = there->etag; // source and target are one: its condition is enough
    if (with.as.storage_class.empty()) with.as.storage_class = there->storage_class;
    if (with.as.sse.empty() && there->sse.starts_with("aws:kms")) {
        with.as.sse = there->sse;
        with.as.sse_kms_key_id = there->extras().sse_kms_key_id;
        with.as.bucket_key = there->extras().bucket_key;
    }
    result<object_meta> copied = co_await copy(op, *this, key, key, with);
    co_return copied;
}

task<result<void>> store::probe(operation& op) {
    result<void> done = co_await backend_->probe(op, prefix_);
    co_return ended(std::move(done), "probe", "");
}

task<result<object_meta>>
store::tags_get(operation& op, const std::string& key, const std::string& version) {
    const result<void> checked = check(key);
    if (!checked) co_return describe(checked.error(), "tags", key);
    const std::string full = prefix_ + key;
    result<object_meta> got = co_await backend_->tags_get(op, full, version);
    co_return ended(std::move(got), "tags", key);
}

task<result<object_meta>> store::tags_set(
    operation& op, const std::string& key, const std::string& version, const name_values& tags
) {
    result<void> checked = check(key);
    if (checked) checked = check_tags(tags);
    if (!checked) co_return describe(checked.error(), "tags", key);
    const std::string full = prefix_ + key;
    result<object_meta> set = co_await backend_->tags_set(op, full, version, tags);
    co_return ended(std::move(set), "tags", key);
}

task<result<object_meta>>
store::inspect(operation& op, const std::string& key, const get_options& options) {
    result<void> checked = check(key);
    if (checked) checked = check_get(options);
    if (!checked) co_return describe(checked.error(), "inspect", key);
    const std::string full = prefix_ + key;
    result<object_meta> got = co_await backend_->inspect(op, full, options);
    co_return ended(std::move(got), "inspect", key);
}

task<result<object_meta>> store::undelete(operation& op, const std::string& key) {
    const result<void> checked = check(key);
    if (!checked) co_return describe(checked.error(), "undelete", key);
    const std::string full = prefix_ + key;
    result<object_meta> back = co_await backend_->undelete(op, full);
    co_return ended(std::move(back), "undelete", key);
}

task<result<object_meta>>
store::lock_get(operation& op, const std::string& key, const std::string& version) {
    const result<void> checked = check(key);
    if (!checked) co_return describe(checked.error(), "lock", key);
    const std::string full = prefix_ + key;
    result<object_meta> got = co_await backend_->lock_get(op, full, version);
    co_return ended(std::move(got), "lock", key);
}

task<result<void>>
store::lock_set(operation& op, const std::string& key, const lock_options& options) {
    result<void> checked = check(key);
    if (checked) checked = check_lock(options);
    if (!checked) co_return describe(checked.error(), "lock", key);
    const std::string full = prefix_ + key;
    result<void> set = co_await backend_->lock_set(op, full, options);
    co_return ended(std::move(set), "lock", key);
}

task<result<void>>
store::restore(operation& op, const std::string& key, const restore_options& options) {
    result<void> checked = check(key);
    if (checked && options.days == 0)
        checked = error(errc::invalid_argument, "a restored object is kept for at least a day");
    if (!checked) co_return describe(checked.error(), "restore", key);
    const std::string full = prefix_ + key;
    result<void> asked = co_await backend_->restore(op, full, options);
    co_return ended(std::move(asked), "restore", key);
}

task<result<void>> store::bucket_create(operation& op, const bucket_options& options) {
    result<void> done = co_await backend_->bucket_create(op, options);
    co_return ended(std::move(done), "bucket_create", "");
}

task<result<void>> store::bucket_remove(operation& op) {
    result<void> done = co_await backend_->bucket_remove(op);
    co_return ended(std::move(done), "bucket_delete", "");
}

task<result<object_meta>> store::bucket_head(operation& op) {
    result<object_meta> got = co_await backend_->bucket_head(op);
    if (!got) co_return describe(got.error(), "bucket_exists", "");
    co_return got;
}

task<result<void>> store::bucket_versions(operation& op, bool on) {
    result<void> done = co_await backend_->bucket_versions(op, on);
    co_return ended(std::move(done), "bucket_versions", "");
}

task<result<list_page>> store::bucket_list(operation& op, const list_options& options) {
    result<list_page> page = co_await backend_->bucket_list(op, options);
    if (!page) co_return describe(page.error(), "bucket_list", "");
    co_return page;
}

} // namespace blobstore
