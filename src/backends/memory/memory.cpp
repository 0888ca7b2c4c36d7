// SPDX-License-Identifier: Apache-2.0
// Objects in an ordered map under one lock; bytes are immutable and shared with their readers.
#include "backends/memory/memory.h"

#include "backends/memory/bytes.h"
#include "backends/memory/uploads.h"
#include "backends/memory/versions.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "store/checksums.h"
#include "store/page.h"

#include <algorithm>

namespace blobstore {

struct memory_object {
    std::shared_ptr<const std::string> bytes; ///< null: a delete marker
    object_meta meta;                         ///< without key
};

class memory_objects {
public:
    std::mutex mutex;
    std::map<std::string, std::vector<memory_object>> by_key; ///< oldest version first, never empty
    bool versioned = false;
    std::uint64_t last_version = 0;
    memory_uploads uploads;
};

std::shared_ptr<memory_objects> memory_stores::named(const std::string& name) {
    std::lock_guard lock(mutex_);
    auto& found = stores_[name];
    if (!found) found = std::make_shared<memory_objects>();
    return found;
}

std::vector<std::string> memory_stores::names() const {
    std::lock_guard lock(mutex_);
    std::vector<std::string> all;
    for (const auto& [name, objects] : stores_)
        all.push_back(name);
    return all;
}

namespace {

/// What is the object now; null where there is none.
const memory_object* current_of(const memory_objects& in, const std::string& key) {
    const auto at = in.by_key.find(key);
    if (at == in.by_key.end() || !at->second.back().bytes) return nullptr;
    return &at->second.back();
}

object_meta listed(const std::string& key, const memory_object& object) {
    object_meta entry;
    entry.key = key;
    entry.size = object.meta.size;
    entry.modified_ns = object.meta.modified_ns;
    entry.etag = object.meta.etag;
    entry.storage_class = object.meta.storage_class;
    entry.version = object.meta.version;
    entry.is_delete_marker = object.meta.is_delete_marker;
    return entry;
}

result<void> check_kept(const placement& as) {
    if (as.sse.empty() && as.customer_key.empty()) return {};
    return error(errc::unsupported, "memory is not encrypted");
}

/// What a placement leaves of itself.
void place(memory_object& object, const placement& as, const name_values& tags) {
    object.meta.storage_class = as.storage_class;
    if (tags.empty()) return;
    object_extras& more = object.meta.own_extras();
    more.tags = tags;
    more.tag_count = tags.size();
}

/// What is known of bytes that are kept.
struct sums {
    std::string etag, checksum;
};

class memory_backend final : public backend {
public:
    memory_backend(
        std::string name,
        std::shared_ptr<memory_stores> stores,
        std::function<std::int64_t()> now_ns,
        bool versioned
    )
        : name_(std::move(name))
        , stores_(std::move(stores))
        , objects_(stores_->named(name_))
        , now_ns_(std::move(now_ns)) {
        const std::lock_guard lock(objects_->mutex);
        objects_->versioned = objects_->versioned || versioned;
    }

    std::string uri(std::string_view key) const override {
        return "memory://" + name_ + "/" + std::string(key);
    }

    result<void> check_key(std::string_view) const override { return {}; }

    int supports(capability what) const noexcept override {
        switch (what) {
        case capability::create:
        case capability::update:
        case capability::remove_if:
        case capability::atomic_rename:
        case capability::append:
        case capability::tags:
        case capability::copy_create:
            return 1;
        case capability::versions: {
            const std::lock_guard lock(objects_->mutex);
            return objects_->versioned ? 1 : 0;
        }
        default:
            return 0;
        }
    }

    task<result<object_body>>
    get(operation& op, const std::string& key, const get_options& options) override {
        result<void> running = op.check();
        if (!running) co_return running.error();
        result<memory_object> found = find(key, options);
        if (!found) co_return found.error();
        result<resolved_range> range = resolve(options.range, found->bytes->size());
        if (!range) co_return range.error();
        object_body opened;
        opened.meta = std::move(found->meta);
        opened.offset = range->offset;
        opened.length = range->length;
        opened.bytes = read_memory(std::move(found->bytes), *range);
        co_return opened;
    }

    task<result<object_meta>>
    head(operation& op, const std::string& key, const get_options& options) override {
        result<void> running = op.check();
        if (!running) co_return running.error();
        result<memory_object> found = find(key, options);
        if (!found) co_return found.error();
        co_return std::move(found->meta);
    }

    task<result<object_meta>>
    put(operation& op, const std::string& key, const source& body, const put_options& options
    ) override;
    task<result<object_meta>> append(
        operation& op, const std::string& key, const source& body, const put_options& options
    ) override;

    task<result<void>> remove(operation& op, const std::string& key) override {
        const remove_options current;
        result<object_meta> removed = co_await remove_if(op, key, current);
        if (!removed) co_return removed.error();
        co_return result<void>();
    }

    task<result<object_meta>>
    remove_if(operation& op, const std::string& key, const remove_options& options) override;

    task<result<object_meta>> copy(
        operation& op,
        backend& from,
        const std::string& from_key,
        const std::string& key,
        const copy_options& options
    ) override;
    task<result<object_meta>> rename(
        operation& op,
        const std::string& from_key,
        const std::string& key,
        const write_condition& when
    ) override;
    task<result<list_page>> list(operation& op, const list_options& options) override;

    task<result<object_meta>>
    tags_get(operation& op, const std::string& key, const std::string& version) override;
    task<result<object_meta>> tags_set(
        operation& op, const std::string& key, const std::string& version, const name_values& tags
    ) override;

    task<result<object_meta>>
    inspect(operation& op, const std::string& key, const get_options& options) override {
        result<object_meta> known = co_await head(op, key, options);
        co_return known;
    }

    task<result<object_meta>> undelete(operation& op, const std::string& key) override;
    task<result<object_meta>> bucket_head(operation& op) override;
    task<result<void>> bucket_versions(operation& op, bool on) override;
    task<result<list_page>> bucket_list(operation& op, const list_options& options) override;

    part_limits limits() const override {
        return {.least_part = 1, .most_copy = UINT64_MAX, .large_in_parts = false};
    }

    task<result<open_upload>>
    upload_create(operation& op, const std::string& key, const put_options& options) override {
        result<void> running = op.check();
        if (!running) co_return running.error();
        running = check_kept(options.as);
        if (!running) co_return running.error();
        std::string id = objects_->uploads.create(key, options, now_ns_());
        co_return open_upload{key, std::move(id), {}, options.when, {}, {}, {}};
    }

    task<result<std::string>> upload_part(
        operation& op, const open_upload& to, std::uint32_t number, const source& body
    ) override {
        const put_options none;
        result<collected> all = co_await collect(op, body, none);
        if (!all) co_return all.error();
        auto bytes = std::make_shared<const std::string>(std::move(all->bytes));
        const result<void> kept =
            objects_->uploads.put(to, number, {std::move(bytes), all->etag, now_ns_()});
        if (!kept) co_return kept.error();
        co_return std::move(all->etag);
    }

    task<result<std::vector<part_entry>>>
    upload_list_parts(operation&, const open_upload& of) override {
        co_return objects_->uploads.parts(of);
    }

    task<result<object_meta>>
    upload_complete(operation& op, const open_upload& of, const std::vector<finished_part>& parts, std::optional<std::uint64_t>)
        override {
        result<memory_uploads::joined> all = objects_->uploads.join(of, parts);
        if (!all) co_return all.error();
        const result<void> running = op.check(); // the last look before the object is there
        if (!running) co_return running.error();
        const sums of_all{all->etag, usual_checksum(all->bytes)};
        auto bytes = std::make_shared<const std::string>(std::move(all->bytes));
        memory_object object = made_of(std::move(bytes), of_all, all->options.set);
        place(object, all->options.as, all->options.tags);
        const std::lock_guard lock(objects_->mutex);
        const memory_object* current = current_of(*objects_, of.key);
        const result<void> met = check_write(of.when, current ? &current->meta : nullptr);
        if (!met) co_return met.error();
        (void)objects_->uploads.remove(of);
        co_return keep(of.key, std::move(object));
    }

    task<result<void>> upload_abort(operation&, const open_upload& of) override {
        co_return objects_->uploads.remove(of);
    }

    task<result<upload_page>>
    uploads(operation&, const std::string& prefix, const std::string& token) override {
        co_return objects_->uploads.list(prefix, token);
    }

private:
    result<memory_object> find(const std::string& key, const get_options& options) const;
    memory_object* version_of(const std::string& key, const std::string& version) const;
    memory_object made_of(
        std::shared_ptr<const std::string> bytes, const sums& of_bytes, const attributes& set
    ) const;
    object_meta keep(const std::string& key, memory_object object);
    object_meta drop(const std::string& key);
    result<object_meta> drop_version(const std::string& key, const std::string& version);
    std::optional<object_meta> next_of(const std::string& from, bool versions) const;

    const std::string name_;
    const std::shared_ptr<memory_stores> stores_;
    const std::shared_ptr<memory_objects> objects_;
    const std::function<std::int64_t()> now_ns_;
};

/// Without the tags themselves, which tags_get tells.
object_meta shown(const std::string& key, object_meta meta) {
    meta.key = key;
    if (!meta.extras().tags.empty()) meta.own_extras().tags.clear();
    return meta;
}

error no_object() {
    return error(errc::not_found, "no such object");
}

/// Under the lock; null: no such version.
memory_object*
memory_backend::version_of(const std::string& key, const std::string& version) const {
    const auto at = objects_->by_key.find(key);
    if (at == objects_->by_key.end()) return nullptr;
    if (version.empty()) return &at->second.back();
    for (memory_object& one : at->second)
        if (one.meta.version == version || (version == "null" && one.meta.version.empty()))
            return &one;
    return nullptr;
}

result<memory_object>
memory_backend::find(const std::string& key, const get_options& options) const {
    if (!options.customer_key.empty()) return error(errc::unsupported, "memory is not encrypted");
    const std::lock_guard lock(objects_->mutex);
    const memory_object* there = version_of(key, options.version);
    if (!there || !there->bytes) return no_object();
    result<void> met = check_conditions(options.when, there->meta.etag, *there->meta.modified_ns);
    if (!met) return met.error();
    memory_object found = *there;
    found.meta = shown(key, std::move(found.meta));
    return found;
}

memory_object memory_backend::made_of(
    std::shared_ptr<const std::string> bytes, const sums& of_bytes, const attributes& set
) const {
    memory_object object;
    object.meta.size = bytes->size();
    object.meta.modified_ns = now_ns_();
    object.meta.etag = of_bytes.etag;
    object.meta.checksum = of_bytes.checksum;
    object.meta.content_type = set.content_type;
    object.meta.content_encoding = set.content_encoding;
    object.meta.cache_control = set.cache_control;
    object.meta.metadata = set.metadata;
    object.bytes = std::move(bytes);
    if (set.content_disposition.empty() && set.content_language.empty() && set.expires.empty())
        return object;
    object_extras& more = object.meta.own_extras();
    more.content_disposition = set.content_disposition;
    more.content_language = set.content_language;
    more.expires = set.expires;
    return object;
}

/// Under the lock.
object_meta memory_backend::keep(const std::string& key, memory_object object) {
    std::vector<memory_object>& versions = objects_->by_key[key];
    if (objects_->versioned)
        object.meta.version = "v" + std::to_string(++objects_->last_version);
    else
        versions.clear();
    versions.push_back(std::move(object));
    return shown(key, versions.back().meta);
}

/// Under the lock.
object_meta memory_backend::drop(const std::string& key) {
    object_meta gone;
    if (!objects_->versioned) {
        objects_->by_key.erase(key);
        return gone;
    }
    memory_object marker;
    marker.meta.modified_ns = now_ns_();
    marker.meta.is_delete_marker = true;
    return keep(key, std::move(marker));
}

/// Under the lock. One version is gone for good; one that is missing is no error.
result<object_meta>
memory_backend::drop_version(const std::string& key, const std::string& version) {
    object_meta gone;
    gone.version = version;
    memory_object* const there = version_of(key, version);
    if (!there) return gone;
    gone.is_delete_marker = there->meta.is_delete_marker;
    std::vector<memory_object>& versions = objects_->by_key[key];
    versions.erase(versions.begin() + (there - versions.data()));
    if (versions.empty()) objects_->by_key.erase(key);
    return gone;
}

task<result<object_meta>> memory_backend::put(
    operation& op, const std::string& key, const source& body, const put_options& options
) {
    result<void> running = op.check();
    if (running) running = check_kept(options.as);
    if (!running) co_return running.error();
    result<collected> all = co_await collect(op, body, options);
    if (!all) co_return all.error();
    running = op.check(); // the last look before the object is there
    if (!running) co_return running.error();
    auto bytes = std::make_shared<const std::string>(std::move(all->bytes));
    memory_object object = made_of(std::move(bytes), {all->etag, all->checksum}, options.set);
    place(object, options.as, options.tags);
    const std::lock_guard lock(objects_->mutex);
    const memory_object* current = current_of(*objects_, key);
    result<void> met = check_write(options.when, current ? &current->meta : nullptr);
    if (!met) co_return met.error();
    co_return keep(key, std::move(object));
}

task<result<object_meta>> memory_backend::append(
    operation& op, const std::string& key, const source& body, const put_options& options
) {
    result<void> running = op.check();
    if (running) running = check_kept(options.as);
    if (!running) co_return running.error();
    result<collected> more = co_await collect(op, body, options);
    if (!more) co_return more.error();
    running = op.check();
    if (!running) co_return running.error();
    const std::lock_guard lock(objects_->mutex);
    const memory_object* current = current_of(*objects_, key);
    result<void> met = check_write(options.when, current ? &current->meta : nullptr);
    if (!met) co_return met.error();
    std::string bytes = current ? *current->bytes + more->bytes : std::move(more->bytes);
    const sums of_all{'"' + hex(md5(bytes)) + '"', usual_checksum(bytes)};
    auto all = std::make_shared<const std::string>(std::move(bytes));
    memory_object object =
        made_of(std::move(all), of_all, current ? attributes_of(current->meta) : options.set);
    if (current) {
        placement as;
        as.storage_class = current->meta.storage_class;
        place(object, as, current->meta.extras().tags);
    } else {
        place(object, options.as, options.tags);
    }
    co_return keep(key, std::move(object));
}

task<result<object_meta>>
memory_backend::remove_if(operation& op, const std::string& key, const remove_options& options) {
    result<void> running = op.check();
    if (!running) co_return running.error();
    const std::lock_guard lock(objects_->mutex);
    if (!options.version.empty()) co_return drop_version(key, options.version);
    const memory_object* current = current_of(*objects_, key);
    const write_condition same{false, options.if_match, options.if_version};
    result<void> met = check_write(same, current ? &current->meta : nullptr);
    if (!met) co_return met.error();
    co_return drop(key);
}

task<result<object_meta>> memory_backend::copy(
    operation& op,
    backend& from,
    const std::string& from_key,
    const std::string& key,
    const copy_options& options
) {
    result<void> running = op.check();
    if (running) running = check_kept(options.as);
    if (!running) co_return running.error();
    auto* other = dynamic_cast<memory_backend*>(&from);
    if (!other) co_return error(errc::unsupported, "the source is no memory store");
    result<memory_object> found = other->find(from_key, options.from);
    if (!found && found.error().code() == errc::not_modified)
        co_return error(errc::precondition, found.error().message());
    if (!found) co_return found.error();
    result<object_meta> tagged = object_meta();
    if (!options.replace_tags) tagged = co_await other->tags_get(op, from_key, found->meta.version);
    if (!tagged) co_return tagged.error();
    memory_object object = made_of(
        found->bytes,
        {found->meta.etag, found->meta.checksum},
        options.replace.value_or(attributes_of(found->meta))
    );
    place(object, options.as, options.replace_tags.value_or(tagged->extras().tags));
    const std::lock_guard lock(objects_->mutex);
    const memory_object* current = current_of(*objects_, key);
    result<void> met = check_write(options.when, current ? &current->meta : nullptr);
    if (!met) co_return met.error();
    co_return keep(key, std::move(object));
}

task<result<object_meta>> memory_backend::rename(
    operation& op, const std::string& from_key, const std::string& key, const write_condition& when
) {
    result<void> running = op.check();
    if (!running) co_return running.error();
    const std::lock_guard lock(objects_->mutex);
    const memory_object* source = current_of(*objects_, from_key);
    if (!source) co_return no_object();
    const memory_object* current = current_of(*objects_, key);
    result<void> met = check_write(when, current ? &current->meta : nullptr);
    if (!met) co_return met.error();
    object_meta moved = keep(key, memory_object(*source));
    (void)drop(from_key);
    co_return moved;
}

/// Under the lock.
std::optional<object_meta> memory_backend::next_of(const std::string& from, bool versions) const {
    std::size_t newer = versions ? newer_than(from) : 0;
    const std::string first = versions ? from.substr(0, from.find('\0')) : from;
    for (auto at = objects_->by_key.lower_bound(first); at != objects_->by_key.end(); ++at) {
        const std::vector<memory_object>& all = at->second;
        if (at->first != first) newer = 0;
        if (!versions && all.back().bytes) return listed(at->first, all.back());
        if (!versions || newer >= all.size()) continue;
        object_meta entry = listed(versioned_name(at->first, newer), all[all.size() - 1 - newer]);
        entry.is_latest = newer == 0;
        return entry;
    }
    return std::nullopt;
}

task<result<list_page>> memory_backend::list(operation& op, const list_options& options) {
    result<void> running = op.check();
    if (!running) co_return running.error();
    const std::lock_guard lock(objects_->mutex);
    result<list_page> page =
        cut_page(options, [&](const std::string& from) -> result<std::optional<object_meta>> {
            return next_of(from, options.versions);
        });
    if (page && options.versions)
        for (object_meta& entry : page->entries)
            entry.key.resize(std::min(entry.key.find('\0'), entry.key.size()));
    co_return page;
}

task<result<object_meta>>
memory_backend::tags_get(operation& op, const std::string& key, const std::string& version) {
    result<void> running = op.check();
    if (!running) co_return running.error();
    const std::lock_guard lock(objects_->mutex);
    const memory_object* there = version_of(key, version);
    if (!there || !there->bytes) co_return no_object();
    object_meta found;
    found.version = there->meta.version;
    found.own_extras().tags = there->meta.extras().tags;
    found.own_extras().tag_count = found.extras().tags.size();
    co_return found;
}

task<result<object_meta>> memory_backend::tags_set(
    operation& op, const std::string& key, const std::string& version, const name_values& tags
) {
    result<void> running = op.check();
    if (!running) co_return running.error();
    const std::lock_guard lock(objects_->mutex);
    memory_object* there = version_of(key, version);
    if (!there || !there->bytes) co_return no_object();
    object_extras& more = there->meta.own_extras();
    more.tags = tags;
    more.tag_count.reset();
    if (!tags.empty()) more.tag_count = tags.size();
    object_meta found;
    found.version = there->meta.version;
    co_return found;
}

task<result<object_meta>> memory_backend::undelete(operation& op, const std::string& key) {
    result<void> running = op.check();
    if (!running) co_return running.error();
    const std::lock_guard lock(objects_->mutex);
    const memory_object* newest = version_of(key, "");
    if (!objects_->versioned) co_return error(errc::unsupported, "this store keeps no versions");
    if (!newest || newest->bytes) co_return error(errc::not_found, "no delete marker hides it");
    for (; newest && !newest->bytes; newest = version_of(key, "")) // more than one hides it, too
        (void)drop_version(key, std::string(newest->meta.version));
    const memory_object* back = current_of(*objects_, key);
    if (!back) co_return error(errc::not_found, "nothing was behind the delete marker");
    co_return shown(key, back->meta);
}

task<result<object_meta>> memory_backend::bucket_head(operation&) {
    co_return object_meta();
}

task<result<void>> memory_backend::bucket_versions(operation& op, bool on) {
    result<void> running = op.check();
    if (!running) co_return running.error();
    const std::lock_guard lock(objects_->mutex);
    if (objects_->versioned && !on)
        co_return error(errc::unsupported, "memory keeps versions from then on");
    objects_->versioned = on;
    co_return result<void>();
}

task<result<list_page>> memory_backend::bucket_list(operation& op, const list_options& options) {
    result<void> running = op.check();
    if (!running) co_return running.error();
    const std::vector<std::string> names = stores_->names();
    co_return cut_page(options, [&](const std::string& from) -> result<std::optional<object_meta>> {
        const auto at = std::lower_bound(names.begin(), names.end(), from);
        if (at == names.end()) return std::optional<object_meta>();
        object_meta entry;
        entry.key = *at;
        return std::optional(std::move(entry));
    });
}

} // namespace

std::shared_ptr<backend> open_memory(
    std::string name,
    std::shared_ptr<memory_stores> stores,
    std::function<std::int64_t()> now_ns,
    bool versioned
) {
    return std::make_shared<memory_backend>(
        std::move(name), std::move(stores), std::move(now_ns), versioned
    );
}

} // namespace blobstore
