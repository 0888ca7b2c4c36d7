// SPDX-License-Identifier: Apache-2.0
// The file:// store on the calls of os/: every call opens the root anew and blocks its thread.
#include "backends/file/file.h"

#include "backends/file/bytes.h"
#include "backends/file/object.h"
#include "backends/file/uploads.h"
#include "base/encoding.h"
#include "os/walk.h"
#include "store/checksums.h"
#include "store/page.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

namespace blobstore {

namespace {

constexpr int overtakings_borne = 100; ///< by other writers, of a change to what is there

error not_encrypted() {
    return error(errc::unsupported, "files are not encrypted");
}

result<void> check_kept(const placement& as) {
    if (!as.sse.empty() || !as.customer_key.empty()) return not_encrypted();
    if (as.usual()) return {};
    return error(errc::unsupported, "files have no storage class and no canned ACL");
}

class file_backend final : public file::upload_backend {
public:
    using upload_backend::upload_backend;

    bool blocks() const noexcept override { return true; }

    std::string uri(std::string_view key) const override {
        std::string out = "file://";
        percent_encode_to(out, root_ == "/" ? "" : root_, encode_set::path);
        out += '/';
        percent_encode_to(out, key, encode_set::path);
        return out;
    }

    result<void> check_key(std::string_view key) const override {
        return file::check_file_key(key);
    }

    task<result<object_body>>
    get(operation& op, const std::string& key, const get_options& options) override {
        result<void> alive = op.check();
        if (!alive) co_return alive.error();
        co_return get_now(key, options);
    }

    task<result<object_meta>>
    head(operation& op, const std::string& key, const get_options& options) override {
        result<void> alive = op.check();
        if (!alive) co_return alive.error();
        result<file::open_object> object = open_when(key, options);
        if (!object) co_return object.error();
        co_return file::meta_of(key, object->facts, object->set);
    }

    task<result<object_meta>>
    put(operation& op, const std::string& key, const source& body, const put_options& options
    ) override;

    task<result<object_meta>> append(
        operation& op, const std::string& key, const source& body, const put_options& options
    ) override;

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
        default:
            return 0;
        }
    }

    task<result<object_meta>>
    remove_if(operation& op, const std::string& key, const remove_options& options) override;
    task<result<object_meta>> rename(
        operation& op,
        const std::string& from_key,
        const std::string& key,
        const write_condition& when
    ) override;
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

    task<result<void>> bucket_create(operation& op, const bucket_options& options) override;
    task<result<void>> bucket_remove(operation& op) override;
    task<result<object_meta>> bucket_head(operation& op) override;

    task<result<void>> remove(operation& op, const std::string& key) override {
        const std::vector<std::string> keys(1, key);
        result<std::vector<result<void>>> removed = co_await remove_many(op, keys);
        if (!removed) co_return removed.error();
        co_return removed->front();
    }

    task<result<std::vector<result<void>>>>
    remove_many(operation& op, const std::vector<std::string>& keys) override {
        result<void> alive = op.check();
        if (!alive) co_return alive.error();
        co_return remove_now(op, keys, {});
    }

    task<result<object_meta>> copy(
        operation& op,
        backend& from,
        const std::string& from_key,
        const std::string& key,
        const copy_options& options
    ) override {
        result<void> alive = op.check();
        if (!alive) co_return alive.error();
        auto* source_store = dynamic_cast<file_backend*>(&from);
        if (source_store == nullptr)
            co_return error(
                errc::unsupported, "only a file store can be copied from within the system"
            );
        co_return copy_now(op, *source_store, from_key, key, options);
    }

    task<result<list_page>> list(operation& op, const list_options& options) override {
        result<void> alive = op.check();
        if (!alive) co_return alive.error();
        co_return list_now(op, options);
    }

    task<result<std::string>>
    presign(operation& op, const std::string& key, const presign_options& options) override {
        result<void> alive = op.check();
        if (!alive) co_return alive.error();
        result<void> valid = check_key(key);
        if (!valid) co_return valid.error();
        if (!options.headers.empty() || !options.query.empty())
            co_return error(errc::unsupported, "a file URI carries no headers and no query");
        co_return uri(key);
    }

private:
    result<file::open_object> open_when(const std::string& key, const get_options& options) const {
        result<void> valid = check_key(key);
        if (!valid) return valid.error();
        if (!options.version.empty()) return error(errc::unsupported, "files have no versions");
        if (!options.customer_key.empty()) return not_encrypted();
        result<descriptor> root = root_for_reading();
        if (!root) return root.error();
        result<file::open_object> object = file::open_key(root->get(), key, settings_);
        if (!object) return object;
        const file_facts& facts = object->facts;
        result<void> holds =
            check_conditions(options.when, file::etag_of(facts), facts.modified_ns);
        if (!holds) return holds.error();
        return object;
    }

    result<object_body> get_now(const std::string& key, const get_options& options) const {
        result<file::open_object> object = open_when(key, options);
        if (!object) return object.error();
        result<resolved_range> range = resolve(options.range, object->facts.size);
        if (!range) return range.error();
        object_body body;
        body.meta = file::meta_of(key, object->facts, object->set);
        body.offset = range->offset;
        body.length = range->length;
        body.bytes = file::read_file(std::move(object->file), *range);
        return body;
    }

    result<std::vector<result<void>>> remove_now(
        operation& op, const std::vector<std::string>& keys, const write_condition& when
    ) const;
    result<object_meta> copy_now(
        operation& op,
        const file_backend& from,
        const std::string& from_key,
        const std::string& key,
        const copy_options& options
    ) const;
    result<list_page> list_now(operation& op, const list_options& options) const;
};

task<result<object_meta>> file_backend::put(
    operation& op, const std::string& key, const source& body, const put_options& options
) {
    result<void> valid = check_key(key);
    if (!valid) co_return valid.error();
    result<void> alive = op.check();
    if (!alive) co_return alive.error();
    valid = check_kept(options.as);
    if (!valid) co_return valid.error();
    result<descriptor> root = root_for_writing();
    if (!root) co_return root.error();
    result<file::target> at = file::prepare(root->get(), key, settings_);
    if (!at) co_return at.error();
    checksum sum(options.checksum);
    result<void> filled;
    if (body.stream != nullptr)
        filled = co_await file::fill_from_stream(op, at->file, body, sum);
    else
        filled = file::fill_from_memory(op, at->file, body.memory, sum);
    result<std::string> summed =
        std::string(); // a digest of the caller's must be that of the bytes
    if (filled && options.checksum != checksum_kind::none) summed = checked_sum(sum, options);
    if (!summed) filled = summed.error();
    if (filled) filled = op.check(); // the last look before the object has its name
    result<object_meta> done = error();
    if (filled)
        done = file::commit(
            root->get(), key, *at, {options.set, options.tags}, options.when, settings_
        );
    else
        done = filled.error();
    if (!done) file::abandon(root->get(), std::move(*at), settings_);
    if (done) done->checksum = std::move(*summed); // told once; the file keeps none
    co_return done;
}

/// The object as it is with more behind it, under its name only when whole; anew where another
/// write came between.
task<result<object_meta>> file_backend::append(
    operation& op, const std::string& key, const source& body, const put_options& options
) {
    for (int i = 0;; ++i) {
        result<void> alive = op.check();
        if (alive) alive = check_kept(options.as);
        if (!alive) co_return alive.error();
        result<descriptor> root = root_for_writing();
        if (!root) co_return root.error();
        result<file::open_object> before = file::open_key(root->get(), key, settings_);
        const bool fresh = !before && before.error().code() == errc::not_found;
        if (!before && !fresh) co_return before.error();
        write_condition same;
        same.create = fresh;
        object_meta current;
        if (!fresh) current.etag = same.if_match = file::etag_of(before->facts);
        result<void> met = check_write(options.when, fresh ? nullptr : &current);
        if (!met) co_return met.error();
        result<file::target> at = file::prepare(root->get(), key, settings_);
        if (!at) co_return at.error();
        checksum sum(options.checksum);
        result<void> filled;
        if (!fresh) filled = file::fill_from_file(op, at->file, *before);
        if (filled && body.stream)
            filled = co_await file::fill_from_stream(op, at->file, body, sum);
        else if (filled)
            filled = file::fill_from_memory(op, at->file, body.memory, sum);
        if (filled && options.checksum != checksum_kind::none) {
            const result<std::string> summed = checked_sum(sum, options);
            if (!summed) filled = summed.error();
        }
        result<object_meta> done = error();
        const file::kept_attributes set =
            fresh ? file::kept_attributes{options.set, options.tags} : before->set;
        if (filled)
            done = file::commit(root->get(), key, *at, set, same, settings_);
        else
            done = filled.error();
        if (done) co_return done;
        file::abandon(root->get(), std::move(*at), settings_);
        const errc why = done.error().code();
        const bool overtaken =
            why == errc::precondition || why == errc::exists || why == errc::changed;
        if (!overtaken || i == overtakings_borne) co_return done;
        if (body.stream) filled = body.stream->rewind();
        if (!filled && body.stream) co_return error(errc::conflict, "another write came between");
    }
}

result<std::vector<result<void>>> file_backend::remove_now(
    operation& op, const std::vector<std::string>& keys, const write_condition& when
) const {
    std::vector<result<void>> removed(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i)
        removed[i] = check_key(keys[i]);
    result<descriptor> root = blobstore::open_root(root_);
    if (!root && root.error()->os_error == ENOENT) {
        for (result<void>& one : removed)
            if (one) one = check_write(when, nullptr);
        return removed;
    }
    if (!root) return root.error();
    const bool prune = root_ != "/"; // the folders of the whole machine are not ours to remove
    std::set<std::string> changed;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (removed[i]) removed[i] = op.check();
        if (removed[i])
            removed[i] = file::remove_key(root->get(), keys[i], when, settings_, prune, changed);
    }
    result<void> synced = file::sync_folders(root->get(), changed, settings_);
    for (result<void>& one : removed)
        if (!synced && one) one = synced;
    return removed;
}

task<result<object_meta>>
file_backend::remove_if(operation& op, const std::string& key, const remove_options& options) {
    result<void> alive = op.check();
    if (!alive) co_return alive.error();
    if (!options.version.empty()) co_return error(errc::unsupported, "files have no versions");
    const write_condition when{false, options.if_match, options.if_version};
    result<std::vector<result<void>>> removed = remove_now(op, {key}, when);
    if (!removed) co_return removed.error();
    if (!removed->front()) co_return removed->front().error();
    co_return object_meta();
}

task<result<object_meta>> file_backend::rename(
    operation& op, const std::string& from_key, const std::string& key, const write_condition& when
) {
    result<void> alive = op.check();
    if (alive) alive = check_key(from_key);
    if (alive) alive = check_key(key);
    if (!alive) co_return alive.error();
    result<descriptor> root = root_for_reading();
    if (!root) co_return root.error();
    co_return file::rename_key(root->get(), from_key, key, when, settings_, root_ != "/");
}

task<result<object_meta>>
file_backend::tags_get(operation& op, const std::string& key, const std::string& version) {
    result<void> alive = op.check();
    if (!alive) co_return alive.error();
    get_options of;
    of.version = version;
    result<file::open_object> object = open_when(key, of);
    if (!object) co_return object.error();
    object_meta found;
    found.own_extras().tags = object->set.tags;
    found.own_extras().tag_count = object->set.tags.size();
    co_return found;
}

/// By a copy onto itself: attributes are published with the file they belong to.
task<result<object_meta>> file_backend::tags_set(
    operation& op, const std::string& key, const std::string& version, const name_values& tags
) {
    for (int i = 0;; ++i) {
        result<void> alive = op.check();
        if (!alive) co_return alive.error();
        copy_options with;
        with.from.version = version;
        result<file::open_object> object = open_when(key, with.from);
        if (!object) co_return object.error();
        with.when.if_match = with.from.when.if_match = file::etag_of(object->facts);
        with.replace_tags = tags;
        result<object_meta> tagged = copy_now(op, *this, key, key, with);
        if (tagged || tagged.error().code() != errc::precondition || i == overtakings_borne)
            co_return tagged;
    }
}

task<result<void>> file_backend::bucket_create(operation& op, const bucket_options& options) {
    result<void> alive = op.check();
    if (!alive) co_return alive.error();
    if (options.versions || options.locks || !options.acl.empty() || !options.region.empty())
        co_return error(errc::unsupported, "a folder has no versions, locks, ACL or region");
    result<descriptor> root = blobstore::open_root(root_);
    if (root) co_return error(errc::exists, "the folder exists");
    if (root.error()->os_error != ENOENT) co_return root.error();
    co_return make_root(root_);
}

task<result<void>> file_backend::bucket_remove(operation& op) {
    result<void> alive = op.check();
    if (!alive) co_return alive.error();
    if (::rmdir(root_.c_str()) == 0) co_return result<void>();
    if (errno == ENOENT) co_return error(errc::store_not_found, "the root folder does not exist");
    if (errno == ENOTEMPTY || errno == EEXIST)
        co_return error(errc::conflict, "the root folder is not empty");
    co_return os_error(errno, "cannot remove the root folder");
}

task<result<object_meta>> file_backend::bucket_head(operation& op) {
    result<void> alive = op.check();
    if (!alive) co_return alive.error();
    result<descriptor> root = blobstore::open_root(root_);
    if (!root && root.error()->os_error == ENOENT)
        co_return error(errc::store_not_found, "the root folder does not exist");
    if (!root) co_return root.error();
    object_meta there;
    there.key = root_;
    co_return there;
}

result<object_meta> file_backend::copy_now(
    operation& op,
    const file_backend& from,
    const std::string& from_key,
    const std::string& key,
    const copy_options& options
) const {
    result<void> valid = check_key(key);
    if (!valid) return valid.error();
    valid = check_kept(options.as);
    if (!valid) return valid.error();
    result<file::open_object> object = from.open_when(from_key, options.from);
    if (!object && object.error().code() == errc::not_modified)
        return error(errc::precondition, object.error().message());
    if (!object) return object.error();
    result<descriptor> root = root_for_writing();
    if (!root) return root.error();
    result<file::target> at = file::prepare(root->get(), key, settings_);
    if (!at) return at.error();
    result<void> filled = file::fill_from_file(op, at->file, *object);
    if (filled) filled = op.check();
    const file::kept_attributes set{
        options.replace.value_or(object->set), options.replace_tags.value_or(object->set.tags)};
    result<object_meta> done = error();
    if (filled)
        done = file::commit(root->get(), key, *at, set, options.when, settings_);
    else
        done = filled.error();
    if (!done) file::abandon(root->get(), std::move(*at), settings_);
    return done;
}

result<list_page> file_backend::list_now(operation& op, const list_options& options) const {
    result<descriptor> root = blobstore::open_root(root_);
    if (!root && root.error()->os_error == ENOENT)
        return error(errc::store_not_found, "the root folder does not exist");
    if (!root) return root.error();
    if (options.versions) return error(errc::unsupported, "files have no versions");
    const bool one_per_folder = options.delimiter == "/" && !options.markers;
    ordered_walk walk(
        root->get(), {options.prefix, one_per_folder, settings_.how, options.markers}
    );
    const auto next = [&](const std::string& from) -> result<std::optional<object_meta>> {
        result<void> alive = op.check();
        if (!alive) return alive.error();
        result<std::optional<found_file>> found = walk.next(from);
        if (!found) return found.error();
        if (!*found) return std::optional<object_meta>();
        if ((*found)->facts.kind != file_kind::folder)
            return std::optional(file::meta_of((*found)->path, (*found)->facts));
        object_meta marker;
        marker.key = (*found)->path;
        marker.size = 0;
        return std::optional(std::move(marker));
    };
    return cut_page(options, next);
}

} // namespace

result<std::shared_ptr<backend>>
open_file(const std::string& root_path, const file_settings& settings) {
    const auto refuse = [](const char* why) { return error(errc::invalid_argument, why); };
    if (root_path.empty() || root_path.front() != '/')
        return refuse("the root of a file store must be an absolute path");
    if (root_path.find('\0') != std::string::npos) return refuse("a path cannot hold a NUL byte");
    std::string root = root_path;
    while (root.size() > 1 && root.back() == '/')
        root.pop_back();
    return std::shared_ptr<backend>(std::make_shared<file_backend>(std::move(root), settings));
}

} // namespace blobstore
