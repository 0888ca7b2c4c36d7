// SPDX-License-Identifier: Apache-2.0
// Copying in steps, between which a call may end.
#include "backends/memory/bytes.h"

#include "base/digest.h"
#include "base/encoding.h"
#include "store/checksums.h"

#include <algorithm>
#include <cstring>

namespace blobstore {

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

} // namespace

std::unique_ptr<reader>
read_memory(std::shared_ptr<const std::string> bytes, const resolved_range& range) {
    return std::make_unique<memory_reader>(std::move(bytes), range);
}

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

std::string usual_checksum(const std::string& bytes) {
    constexpr checksum_kind kind = checksum_kind::crc64nvme;
    return checksum_text(kind, checksum_of(kind, bytes));
}

} // namespace blobstore
