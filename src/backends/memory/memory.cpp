// SPDX-License-Identifier: Apache-2.0
// Objects in an ordered map under one lock; bytes are immutable and shared with their readers.
#include "backends/memory/memory.h"

#include "backends/memory/uploads.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "store/checksums.h"
#include "store/page.h"

#include <algorithm>
#include <cstring>

namespace blobstore {

struct memory_object {
    std::shared_ptr<const std::string> bytes;
    object_meta meta; ///< without key
};

class memory_objects {
public:
    std::mutex mutex;
    std::map<std::string, memory_object> by_key;
    memory_uploads uploads;
};

std::shared_ptr<memory_objects> memory_stores::named(const std::string& name) {
    std::lock_guard lock(mutex_);
    auto& found = stores_[name];
    if (!found) found = std::make_shared<memory_objects>();
    return found;
}

namespace {

constexpr std::size_t step_size = 4 << 20; // copied between two looks at cancel and time

class memory_reader final : public reader {
public:
    memory_reader(std::shared_ptr<const std::string> bytes, resolved_range range)
        : bytes_(std::move(bytes))
        , range_(range) {}

    task<result<std::size_t>> read(operation& op, std::span<char> into, std::size_t) override {
        const std::size_t n =
            std::min(into.size(), static_cast<std::size_t>(range_.length) - done_);
        for (std::size_t at = 0; at < n; at += step_size) {
            result<void> running = op.check();
            if (!running) co_return running.error();
            const std::size_t step = std::min(step_size, n - at);
            std::memcpy(into.data() + at, bytes_->data() + range_.offset + done_ + at, step);
        }
        done_ += n;
        co_return n;
    }

    result<void> rewind() override {
        done_ = 0;
        return {};
    }

private:
    std::shared_ptr<const std::string> bytes_;
    resolved_range range_;
    std::size_t done_ = 0;
};

struct collected {
    std::string bytes, etag, checksum;
};

/// All bytes of a source. errc::changed where a stream gives another number than it promised,
/// errc::checksum where they are not those of the caller's digest.
task<result<collected>> collect(operation& op, const source& body, const put_options& options) {
    collected all;
    digest_stream hash(digest_kind::md5);
    const bool usual = options.checksum == checksum_kind::none;
    checksum sum(usual ? checksum_kind::crc64nvme : options.checksum);
    const std::size_t due = static_cast<std::size_t>(body.size());
    all.bytes.resize(due + 1); // one more shows a source that is longer
    for (std::size_t at = 0; at < due || (body.stream && at == due);) {
        result<void> running = op.check();
        if (!running) co_return running.error();
        const std::span<char> step(
            all.bytes.data() + at, std::min(step_size, due + (body.stream ? 1 : 0) - at)
        );
        result<std::size_t> n = step.size();
        if (body.stream)
            n = co_await body.stream->read(op, step, step.size());
        else
            std::memcpy(step.data(), body.memory.data() + at, step.size());
        if (!n) co_return n.error();
        hash.update({step.data(), *n});
        sum.update({step.data(), *n});
        at += *n;
        if (*n == step.size() && at <= due) continue;
        if (at == due) break;
        co_return error(errc::changed, "the source gave another number of bytes than it promised");
    }
    all.bytes.resize(due);
    result<std::string> summed = checked_sum(sum, options);
    if (!summed) co_return summed.error();
    all.checksum = std::move(*summed);
    all.etag = '"' + hex(hash.finish()) + '"';
    co_return all;
}

/// What is known of bytes that are kept.
struct sums {
    std::string etag, checksum;
};

class memory_backend final : public backend {
public:
    memory_backend(
        std::string name,
        std::shared_ptr<memory_objects> objects,
        std::function<std::int64_t()> now_ns
    )
        : name_(std::move(name))
        , objects_(std::move(objects))
        , now_ns_(std::move(now_ns)) {}

    std::string uri(std::string_view key) const override {
        return "memory://" + name_ + "/" + std::string(key);
    }

    result<void> check_key(std::string_view) const override { return {}; }

    task<result<object_body>>
    get(operation& op, const std::string& key, const get_options& options) override {
        result<void> running = op.check();
        if (!running) co_return running.error();
        result<memory_object> found = find(key, options.when);
        if (!found) co_return found.error();
        result<resolved_range> range = resolve(options.range, found->bytes->size());
        if (!range) co_return range.error();
        object_body opened;
        opened.meta = std::move(found->meta);
        opened.offset = range->offset;
        opened.length = range->length;
        opened.bytes = std::make_unique<memory_reader>(std::move(found->bytes), *range);
        co_return opened;
    }

    task<result<object_meta>>
    head(operation& op, const std::string& key, const conditions& when) override {
        result<void> running = op.check();
        if (!running) co_return running.error();
        result<memory_object> found = find(key, when);
        if (!found) co_return found.error();
        co_return std::move(found->meta);
    }

    task<result<object_meta>>
    put(operation& op, const std::string& key, const source& body, const put_options& options
    ) override {
        result<void> running = op.check();
        if (!running) co_return running.error();
        result<collected> all = co_await collect(op, body, options);
        if (!all) co_return all.error();
        running = op.check(); // the last look before the object is there
        if (!running) co_return running.error();
        auto bytes = std::make_shared<const std::string>(std::move(all->bytes));
        co_return keep(key, std::move(bytes), {all->etag, all->checksum}, options.set);
    }

    task<result<void>> remove(operation& op, const std::string& key) override {
        result<void> running = op.check();
        if (!running) co_return running.error();
        std::lock_guard lock(objects_->mutex);
        objects_->by_key.erase(key);
        co_return result<void>();
    }

    task<result<object_meta>> copy(
        operation& op,
        backend& from,
        const std::string& from_key,
        const std::string& key,
        const copy_options& options
    ) override {
        result<void> running = op.check();
        if (!running) co_return running.error();
        auto* other = dynamic_cast<memory_backend*>(&from);
        if (!other) co_return error(errc::unsupported, "the source is no memory store");
        result<memory_object> found = other->find(from_key, {});
        if (!found) co_return found.error();
        const object_meta& meta = found->meta;
        co_return keep(
            key,
            found->bytes,
            {meta.etag, meta.checksum},
            options.replace.value_or(attributes_of(meta))
        );
    }

    task<result<list_page>> list(operation& op, const list_options& options) override {
        result<void> running = op.check();
        if (!running) co_return running.error();
        std::lock_guard lock(objects_->mutex);
        co_return cut_page(
            options,
            [&](const std::string& from) -> result<std::optional<object_meta>> {
                auto at = objects_->by_key.lower_bound(from);
                if (at == objects_->by_key.end()) return std::optional<object_meta>();
                object_meta entry;
                entry.key = at->first;
                entry.size = at->second.meta.size;
                entry.modified_ns = at->second.meta.modified_ns;
                entry.etag = at->second.meta.etag;
                return std::optional(std::move(entry));
            }
        );
    }

    part_limits limits() const override { return {.least_part = 1, .large_in_parts = false}; }

    task<result<open_upload>>
    upload_create(operation& op, const std::string& key, const put_options& options) override {
        result<void> running = op.check();
        if (!running) co_return running.error();
        std::string id = objects_->uploads.create(key, options, now_ns_());
        co_return open_upload{key, std::move(id), {}, {}, {}};
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
        auto bytes = std::make_shared<const std::string>(std::move(all->bytes));
        constexpr checksum_kind kind = checksum_kind::crc64nvme;
        const sums of_all{all->etag, checksum_text(kind, checksum_of(kind, *bytes))};
        object_meta meta = keep(of.key, std::move(bytes), of_all, all->options.set);
        (void)objects_->uploads.remove(of);
        co_return meta;
    }

    task<result<void>> upload_abort(operation&, const open_upload& of) override {
        co_return objects_->uploads.remove(of);
    }

    task<result<upload_page>>
    uploads(operation&, const std::string& prefix, const std::string& token) override {
        co_return objects_->uploads.list(prefix, token);
    }

private:
    result<memory_object> find(const std::string& key, const conditions& when) {
        std::lock_guard lock(objects_->mutex);
        auto at = objects_->by_key.find(key);
        if (at == objects_->by_key.end()) return error(errc::not_found, "no such object");
        result<void> met =
            check_conditions(when, at->second.meta.etag, *at->second.meta.modified_ns);
        if (!met) return met.error();
        memory_object found = at->second;
        found.meta.key = key;
        return found;
    }

    object_meta keep(
        const std::string& key,
        std::shared_ptr<const std::string> bytes,
        const sums& of_bytes,
        const attributes& set
    ) {
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
        object_meta answer = object.meta;
        answer.key = key;
        std::lock_guard lock(objects_->mutex);
        objects_->by_key[key] = std::move(object);
        return answer;
    }

    const std::string name_;
    const std::shared_ptr<memory_objects> objects_;
    const std::function<std::int64_t()> now_ns_;
};

} // namespace

std::shared_ptr<backend> open_memory(
    std::string name, std::shared_ptr<memory_objects> objects, std::function<std::int64_t()> now_ns
) {
    return std::make_shared<memory_backend>(std::move(name), std::move(objects), std::move(now_ns));
}

} // namespace blobstore
