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
#include <vector>

namespace blobstore {

namespace {

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
    head(operation& op, const std::string& key, const conditions& when) override {
        result<void> alive = op.check();
        if (!alive) co_return alive.error();
        result<file::open_object> object = open_when(key, when);
        if (!object) co_return object.error();
        co_return file::meta_of(key, object->facts, object->set);
    }

    task<result<object_meta>>
    put(operation& op, const std::string& key, const source& body, const put_options& options
    ) override;

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
        co_return remove_now(op, keys);
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
    result<file::open_object> open_when(const std::string& key, const conditions& when) const {
        result<void> valid = check_key(key);
        if (!valid) return valid.error();
        result<descriptor> root = root_for_reading();
        if (!root) return root.error();
        result<file::open_object> object = file::open_key(root->get(), key, settings_);
        if (!object) return object;
        const file_facts& facts = object->facts;
        result<void> holds = check_conditions(when, file::etag_of(facts), facts.modified_ns);
        if (!holds) return holds.error();
        return object;
    }

    result<object_body> get_now(const std::string& key, const get_options& options) const {
        result<file::open_object> object = open_when(key, options.when);
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

    result<std::vector<result<void>>>
    remove_now(operation& op, const std::vector<std::string>& keys) const;
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
        done = file::commit(root->get(), key, *at, options.set, settings_);
    else
        done = filled.error();
    if (!done) file::abandon(root->get(), std::move(*at), settings_);
    if (done) done->checksum = std::move(*summed); // told once; the file keeps none
    co_return done;
}

result<std::vector<result<void>>>
file_backend::remove_now(operation& op, const std::vector<std::string>& keys) const {
    std::vector<result<void>> removed(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i)
        removed[i] = check_key(keys[i]);
    result<descriptor> root = blobstore::open_root(root_);
    if (!root && root.error()->os_error == ENOENT) return removed;
    if (!root) return root.error();
    const bool prune = root_ != "/"; // the folders of the whole machine are not ours to remove
    std::set<std::string> changed;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (removed[i]) removed[i] = op.check();
        if (removed[i])
            removed[i] = file::remove_key(root->get(), keys[i], settings_, prune, changed);
    }
    result<void> synced = file::sync_folders(root->get(), changed, settings_);
    for (result<void>& one : removed)
        if (!synced && one) one = synced;
    return removed;
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
    result<file::open_object> object = from.open_when(from_key, {});
    if (!object) return object.error();
    result<descriptor> root = root_for_writing();
    if (!root) return root.error();
    result<file::target> at = file::prepare(root->get(), key, settings_);
    if (!at) return at.error();
    result<void> filled = file::fill_from_file(op, at->file, *object);
    if (filled) filled = op.check();
    const attributes& set = options.replace ? *options.replace : object->set;
    result<object_meta> done = error();
    if (filled)
        done = file::commit(root->get(), key, *at, set, settings_);
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
    ordered_walk walk(root->get(), {options.prefix, options.delimiter == "/", settings_.how});
    const auto next = [&](const std::string& from) -> result<std::optional<object_meta>> {
        result<void> alive = op.check();
        if (!alive) return alive.error();
        result<std::optional<found_file>> found = walk.next(from);
        if (!found) return found.error();
        if (!*found) return std::optional<object_meta>();
        return std::optional(file::meta_of((*found)->path, (*found)->facts));
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
