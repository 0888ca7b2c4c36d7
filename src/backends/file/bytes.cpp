// SPDX-License-Identifier: Apache-2.0
// Bytes of files in steps, between which a call may end.
#include "backends/file/bytes.h"

#include "base/aligned.h"

#include <algorithm>
#include <vector>

namespace blobstore::file {

namespace {

constexpr std::size_t buffer_size = 256 * 1024;
constexpr std::uint64_t step_size = std::uint64_t{4}
                                    << 20; ///< moved between two looks at cancel and time

/// Bytes of an open file. The descriptor keeps the version alive that was opened.
class file_reader final : public reader {
public:
    file_reader(descriptor file, resolved_range range)
        : file_(std::move(file))
        , range_(range) {}

    task<result<std::size_t>> read(operation& op, std::span<char> into, std::size_t) override {
        const std::size_t wanted = std::min<std::uint64_t>(into.size(), range_.length - done_);
        for (std::size_t done = 0; done < wanted;) {
            result<void> alive = op.check();
            if (!alive) co_return alive.error();
            const std::span<char> step = into.subspan(done, std::min(wanted - done, step_size));
            result<std::size_t> got = read_at(file_.get(), step, range_.offset + done_);
            if (!got) co_return got.error();
            if (*got < step.size())
                co_return error(errc::changed, "the file became shorter while it was read");
            done += *got;
            done_ += *got;
        }
        co_return wanted;
    }

    result<void> rewind() override {
        done_ = 0;
        return {};
    }

private:
    descriptor file_;
    resolved_range range_;
    std::uint64_t done_ = 0;
};

error wrong_length() {
    return error(errc::changed, "the source does not give as many bytes as were announced");
}

} // namespace

std::unique_ptr<reader> read_file(descriptor file, const resolved_range& range) {
    return std::make_unique<file_reader>(std::move(file), range);
}

task<result<void>>
fill_from_stream(operation& op, pending_file& file, const source& body, checksum& sum) {
    const auto size =
        static_cast<std::size_t>(std::clamp<std::uint64_t>(body.stream_length, 1, buffer_size));
    const aligned_bytes memory = allocate_aligned(size);
    const std::span room(memory.get(), size);
    const std::uint64_t end = file.size() + body.stream_length;
    while (true) {
        // one byte more than announced is asked for, to see that there is none
        const std::uint64_t left = end - file.size();
        const std::size_t want = left == 0 ? 1 : std::min<std::uint64_t>(left, room.size());
        result<std::size_t> got = co_await body.stream->read(op, room.first(want), want);
        if (!got) co_return got.error();
        if (*got == 0 && left == 0) co_return result<void>();
        if (*got == 0 || left == 0) co_return wrong_length();
        result<void> written = file.write(std::span<const char>(room.data(), *got));
        if (!written) co_return written;
        op.advance(*got);
        sum.update({room.data(), *got});
        result<void> alive = op.check();
        if (!alive) co_return alive;
    }
}

result<void>
fill_from_memory(operation& op, pending_file& file, std::span<const char> bytes, checksum& sum) {
    while (!bytes.empty()) {
        result<void> alive = op.check();
        if (!alive) return alive;
        const std::size_t count = std::min<std::uint64_t>(bytes.size(), step_size);
        result<void> written = file.write(bytes.first(count));
        if (!written) return written;
        op.advance(count);
        sum.update({bytes.data(), count});
        bytes = bytes.subspan(count);
    }
    return {};
}

result<void> fill_from_file(operation& op, pending_file& file, const open_object& from) {
    if (from.facts.size != 0 && share_blocks(file.fd(), from.file.get())) {
        file.count(from.facts.size);
    }
    while (file.size() < from.facts.size) {
        result<void> alive = op.check();
        if (!alive) return alive;
        const std::uint64_t count = std::min(step_size, from.facts.size - file.size());
        result<std::uint64_t> copied = copy_range(file.fd(), from.file.get(), file.size(), count);
        if (!copied) return copied.error();
        if (*copied == 0) break;
        file.count(*copied);
    }
    result<file_facts> copy = facts_of(file.fd());
    result<file_facts> now = facts_of(from.file.get());
    if (!copy) return copy.error();
    if (!now) return now.error();
    const bool same = copy->size == from.facts.size && now->size == from.facts.size &&
                      now->modified_ns == from.facts.modified_ns;
    if (!same) return error(errc::changed, "the object changed while it was copied");
    return {};
}

} // namespace blobstore::file
