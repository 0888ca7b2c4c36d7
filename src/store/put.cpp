// SPDX-License-Identifier: Apache-2.0
// Objects written whole: one PUT, or parts where they are large; from memory, streams and files.
#include "store/store.h"
#include "store/transfer.h"
#include "store/upload.h"

#include <algorithm>

namespace blobstore {

namespace {

/// A digest of the caller's that the sums of parts do not make: it holds for one PUT.
bool is_of_one_put(const put_options& with) {
    return !with.checksum_value.empty() && !combines(with.checksum);
}

} // namespace

bool store::goes_in_parts(std::uint64_t size, const put_options& with) const {
    const part_limits limits = backend_->limits();
    if (size <= limits.most_put && is_of_one_put(with)) return false;
    return size > limits.most_put || (limits.large_in_parts && size > limits_.transfer.threshold);
}

result<upload_work>
store::work_of(const std::string& key, const put_options& with, std::uint64_t size) const {
    if (is_of_one_put(with))
        return error(
            errc::unsupported,
            "an object of this size takes no digest but a CRC, or goes by a writer"
        );
    upload_work work{*backend_, key, with, {}, lane::io, {}, {}, {}};
    transfer_options& transfer = work.options.transfer;
    if (transfer.parallel == 0) transfer.parallel = limits_.transfer.parallel;
    if (transfer.part_size == 0) transfer.part_size = limits_.transfer.part_size;
    const result<part_plan> plan = plan_parts(size, transfer.part_size, backend_->limits());
    if (!plan) return plan.error();
    work.plan = *plan;
    return work;
}

task<result<object_meta>> store::put_checked(
    operation& op, const std::string& full, const source& body, const put_options& with
) {
    result<object_meta> meta = error();
    op.expect(body.size());
    if (!goes_in_parts(body.size(), with)) {
        meta = co_await backend_->put(op, full, body, with);
        co_return meta;
    }
    if (body.stream) {
        put_options sized = with;
        sized.transfer.size_hint = body.size();
        object_writer writer(backend_, full, std::move(sized), limits_.transfer);
        meta = co_await write_all(op, writer, body);
        co_return meta;
    }
    result<upload_work> work = work_of(full, with, body.size());
    if (!work) co_return work.error();
    work->options.transfer.resume.clear(); // memory does not outlive its process
    work->options.transfer.resume_path.clear();
    work->open = [bytes = body.memory](std::uint64_t offset, std::uint64_t size) {
        part_body part;
        part.what.memory =
            bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
        return result<part_body>(std::move(part));
    };
    meta = co_await upload_in_parts(op, std::move(*work));
    co_return meta;
}

result<std::unique_ptr<object_writer>>
store::open_writer(const std::string& key, const put_options& options) const {
    result<put_options> with = checked_put(key, options);
    if (!with) return describe(with.error(), "put", key);
    return std::make_unique<object_writer>(
        backend_, prefix_ + key, std::move(*with), limits_.transfer
    );
}

/// In parts by workers, which may wait for the file.
task<result<object_meta>> store::upload_here(
    operation& op, const std::string& full, const file_source& file, const put_options& with
) {
    result<upload_work> work = work_of(full, with, file.size());
    if (!work) co_return work.error();
    work->where = lane::workers;
    work->facts = file.facts();
    work->open = [&file](std::uint64_t offset, std::uint64_t size) {
        part_body part;
        part.own = file.section(offset, size);
        part.what.stream = part.own.get();
        part.what.stream_length = size;
        return result<part_body>(std::move(part));
    };
    result<object_meta> meta = co_await upload_in_parts(op, std::move(*work));
    co_return meta;
}

namespace {

/// Opens the file, and puts it where that is one PUT.
struct file_put {
    backend& to;
    const std::string& key;
    const put_options& with;
    const local_file& from;
    std::function<bool(std::uint64_t)> in_parts;
    std::unique_ptr<file_source> file;
    std::optional<object_meta> done;

    task<result<void>> run(operation& op) {
        result<std::unique_ptr<file_source>> opened = file_source::open(from);
        if (!opened) co_return opened.error();
        file = std::move(*opened);
        if (in_parts(file->size())) co_return result<void>();
        source body;
        body.stream = file.get();
        body.stream_length = file->size();
        op.expect(file->size());
        result<object_meta> meta = co_await to.put(op, key, body, with);
        if (!meta) co_return meta.error();
        done = std::move(*meta);
        co_return result<void>();
    }
};

} // namespace

task<result<object_meta>> store::upload(
    operation& op, const std::string& key, const local_file& from, const put_options& options
) {
    const result<put_options> with = checked_put(key, options);
    if (!with) co_return describe(with.error(), "put", key);
    const std::string full = prefix_ + key;
    const auto in_parts = [&](std::uint64_t size) { return goes_in_parts(size, *with); };
    file_put put{*backend_, full, *with, from, in_parts, nullptr, std::nullopt};
    result<void> ran;
    if (op.home().serves_many()) // nothing may block here
        ran = co_await for_each_of(op, lane::workers, 1, 1, [&put](operation& member, std::size_t) {
            return put.run(member);
        });
    else
        ran = co_await put.run(op);
    result<object_meta> meta = error();
    if (!ran)
        meta = ran.error();
    else if (put.done)
        meta = std::move(*put.done);
    else
        meta = co_await upload_here(op, full, *put.file, *with);
    if (!meta) co_return describe(meta.error(), "put", key);
    shorten(meta->key);
    co_return std::move(*meta);
}

} // namespace blobstore
