// SPDX-License-Identifier: Apache-2.0
// Buffers fill one after the other; full ones become parts, or stay where one PUT still suffices.
#include "store/writer.h"

#include "store/checksums.h"
#include "store/upload.h"

#include <algorithm>
#include <cstring>

namespace blobstore {

namespace {

/// The bytes of several buffers, for a PUT.
class chain_reader final : public reader {
public:
    explicit chain_reader(std::vector<std::span<const char>> links)
        : links_(std::move(links)) {}

    task<result<std::size_t>> read(operation&, std::span<char> into, std::size_t) override {
        std::size_t done = 0;
        while (done < into.size() && at_ < links_.size()) {
            const std::span<const char> rest = links_[at_].subspan(offset_);
            const std::size_t n = std::min(rest.size(), into.size() - done);
            std::memcpy(into.data() + done, rest.data(), n);
            done += n;
            offset_ += n;
            if (offset_ < links_[at_].size()) break;
            ++at_;
            offset_ = 0;
        }
        co_return done;
    }

    result<void> rewind() override {
        at_ = offset_ = 0;
        return {};
    }

private:
    std::vector<std::span<const char>> links_;
    std::size_t at_ = 0, offset_ = 0;
};

error memory_short(error e) {
    if (e.code() != errc::stalled) return e;
    e->message = "the memory that transfers share did not become free";
    e->hint = "raise memory_budget, or let fewer writers wait for each other";
    return e;
}

} // namespace

object_writer::object_writer(
    std::shared_ptr<backend> to, std::string key, put_options options, const transfer_limits& limits
)
    : to_(std::move(to))
    , key_(std::move(key))
    , options_(std::move(options))
    , parts_(to_->limits())
    , limits_(limits)
    , group_(
          to_->blocks() ? lane::workers : lane::io,
          options_.transfer.parallel != 0 ? options_.transfer.parallel : limits.parallel
      ) {
    if (!options_.checksum_value.empty()) digest_ = checksum(options_.checksum);
    wanted_part_ =
        options_.transfer.part_size != 0 ? options_.transfer.part_size : limits.part_size;
    if (options_.transfer.size_hint == 0) return;
    const result<part_plan> plan = plan_parts(options_.transfer.size_hint, wanted_part_, parts_);
    if (plan)
        wanted_part_ = plan->part_size;
    else
        failure_ = plan.error();
}

object_writer::~object_writer() {
    abandon();
}

void object_writer::abandon() noexcept {
    group_.cancel();
    if (finished_ || !upload_ || !runs_on_) return;
    finished_ = true;
    abort_behind(*runs_on_, to_, *upload_);
}

/// One more, as large as the next part.
task<result<void>> object_writer::take_buffer(operation& op) {
    const std::uint32_t number = begun_ + static_cast<std::uint32_t>(pending_.size()) + 1;
    const result<std::uint64_t> size =
        part_size_of_stream(number, wanted_part_, limits_.memory->total() / 2, parts_);
    if (!size) co_return size.error();
    buffer next;
    next.room = *size;
    if (upload_ || pending_.empty()) {
        op.arm(op.limits.stall, errc::stalled);
        result<budget::share> share = co_await budget::take(op, limits_.memory, *size);
        op.disarm();
        if (!share) co_return memory_short(share.error());
        next.share = std::move(*share);
    } else { // for the one PUT that is still possible: not waited for
        std::optional<budget::share> share = budget::try_take(limits_.memory, *size);
        if (!share) {
            const result<void> sent = co_await send_pending(op);
            if (!sent) co_return sent.error();
            const result<void> taken = co_await take_buffer(op);
            co_return taken;
        }
        next.share = std::move(*share);
    }
    next.bytes = allocate_aligned(static_cast<std::size_t>(next.room)); // touched as it fills
    pending_.push_back(std::move(next));
    co_return result<void>();
}

task<result<void>> object_writer::put_part(
    operation& member,
    std::shared_ptr<backend> to,
    std::shared_ptr<const open_upload> upload,
    std::uint32_t number,
    std::shared_ptr<buffer> what,
    std::shared_ptr<receipts> into
) {
    source body;
    body.memory = what->span();
    const result<std::string> receipt = co_await to->upload_part(member, *upload, number, body);
    if (!receipt) co_return receipt.error();
    const std::lock_guard lock(into->mutex);
    into->parts.push_back({number, *receipt});
    co_return result<void>();
}

task<result<void>> object_writer::begin_part(operation& op, buffer what) {
    auto bytes = std::make_shared<buffer>(std::move(what));
    const std::uint32_t number = ++begun_;
    // Named: GCC 12 destroys a closure twice that is a temporary of a co_await.
    operation::body_function work = [to = to_, upload = upload_, number, bytes, into = receipts_](
                                        operation& member
                                    ) { return put_part(member, to, upload, number, bytes, into); };
    const result<void> begun = co_await group_.begin(op, std::move(work));
    co_return begun;
}

/// The full buffers, as parts.
task<result<void>> object_writer::send_pending(operation& op) {
    if (!upload_) {
        result<open_upload> made = co_await to_->upload_create(op, key_, options_);
        if (!made) co_return made.error();
        upload_ = std::make_shared<const open_upload>(std::move(*made));
    }
    std::vector<buffer> full = std::move(pending_);
    pending_.clear();
    for (buffer& each : full) {
        const result<void> begun = co_await begin_part(op, std::move(each));
        if (!begun) co_return begun.error();
    }
    co_return result<void>();
}

task<result<void>> object_writer::write(operation& op, std::span<const char> bytes) {
    runs_on_ = op.owner();
    if (finished_) co_return error(errc::invalid_state, "the writer is finished");
    while (!bytes.empty() && !failure_) {
        if (pending_.empty() || pending_.back().used == pending_.back().room) {
            const std::uint64_t held = size_;
            const bool one_put = !upload_ && held < std::min(limits_.threshold, parts_.most_put);
            result<void> going;
            if (!pending_.empty() && !one_put) going = co_await send_pending(op);
            if (going) going = co_await take_buffer(op);
            if (!going) failure_ = going.error();
            if (!going) break;
        }
        buffer& last = pending_.back();
        const std::size_t n =
            static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), last.room - last.used));
        std::memcpy(last.bytes.get() + last.used, bytes.data(), n);
        last.used += n;
        size_ += n;
        if (!options_.checksum_value.empty()) digest_.update({bytes.data(), n});
        bytes = bytes.subspan(n);
        const result<void> alive = op.check();
        if (!alive) failure_ = alive.error();
    }
    if (failure_) {
        abandon();
        co_return *failure_;
    }
    co_return result<void>();
}

task<result<void>> object_writer::put_whole(operation& op, object_meta& done) {
    std::vector<std::span<const char>> links;
    for (const buffer& each : pending_)
        links.push_back(each.span());
    chain_reader chain(links);
    source body;
    if (links.size() == 1) body.memory = links.front();
    if (links.size() > 1) {
        body.stream = &chain;
        body.stream_length = size_;
    }
    result<object_meta> meta = co_await to_->put(op, key_, body, options_);
    if (!meta) co_return meta.error();
    done = std::move(*meta);
    co_return result<void>();
}

task<result<object_meta>> object_writer::complete(operation& op) {
    result<void> sent;
    if (!pending_.empty()) sent = co_await send_pending(op);
    const result<void> joined = co_await group_.join(op);
    if (!joined) co_return without_doubt(joined.error());
    if (!sent) co_return sent.error();
    if (!options_.checksum_value.empty()) {
        const result<std::string> same = checked_sum(digest_, options_);
        if (!same) co_return same.error();
    }
    std::vector<finished_part>& parts = receipts_->parts;
    std::sort(parts.begin(), parts.end(), [](const finished_part& a, const finished_part& b) {
        return a.number < b.number;
    });
    result<object_meta> meta = co_await to_->upload_complete(op, *upload_, parts, size_);
    co_return meta;
}

task<result<object_meta>> object_writer::finish(operation& op) {
    runs_on_ = op.owner();
    if (finished_) co_return error(errc::invalid_state, "the writer is finished");
    if (failure_) co_return *failure_;
    if (!upload_ && size_ <= std::min(limits_.threshold, parts_.most_put)) {
        object_meta meta;
        const result<void> put = co_await put_whole(op, meta);
        finished_ = true;
        pending_.clear();
        if (!put) co_return put.error();
        co_return meta;
    }
    result<object_meta> meta = co_await complete(op);
    if (!meta) {
        failure_ = meta.error();
        if (!meta.error()->outcome_unknown) abandon();
    }
    finished_ = true;
    co_return meta;
}

task<result<object_meta>> write_all(operation& op, object_writer& to, const source& body) {
    constexpr std::size_t step = 256 * 1024;
    const aligned_bytes chunk = allocate_aligned(step);
    for (;;) {
        const std::uint64_t left = body.stream_length - to.size();
        // One byte more than was promised is asked for, to see that there is none.
        const std::size_t want = left == 0 ? 1 : std::min<std::uint64_t>(left, step);
        const result<std::size_t> n =
            co_await body.stream->read(op, std::span(chunk.get(), want), want);
        if (!n) co_return n.error();
        if (*n == 0 && left == 0) break;
        if (*n == 0 || left == 0)
            co_return error(
                errc::changed, "the source does not give as many bytes as were announced"
            );
        const result<void> written = co_await to.write(op, std::span(chunk.get(), *n));
        if (!written) co_return written.error();
    }
    result<object_meta> meta = co_await to.finish(op);
    co_return meta;
}

} // namespace blobstore
