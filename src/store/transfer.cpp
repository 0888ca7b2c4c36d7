// SPDX-License-Identifier: Apache-2.0
// Reading and writing local files for uploads and downloads.
#include "store/transfer.h"

#include "base/aligned.h"
#include "os/beneath.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace blobstore {

namespace {

constexpr std::size_t chunk_size = 256 * 1024;
constexpr std::size_t step_size = 4 << 20; // read between two looks at cancel and time

} // namespace

result<std::unique_ptr<file_source>> file_source::open(const local_file& from) {
    descriptor own;
    int fd = from.descriptor;
    if (fd < 0) {
        if (from.path.empty() || from.path.find('\0') != std::string::npos)
            return error(errc::invalid_argument, "not the path of a file");
        own = descriptor(::open(from.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
        if (!own) return os_error(errno, "cannot open '" + from.path + "'");
        fd = own.get();
    }
    result<file_facts> facts = facts_of(fd);
    if (!facts) return facts.error();
    if (facts->kind != file_kind::regular)
        return error(errc::not_a_file, "the source is no regular file");
    return std::unique_ptr<file_source>(new file_source(std::move(own), fd, *facts, 0, facts->size)
    );
}

result<void> file_source::check_unchanged() const {
    result<file_facts> now = facts_of(fd_);
    if (!now) return now.error();
    if (now->size != facts_.size || now->modified_ns != facts_.modified_ns ||
        now->changed_ns != facts_.changed_ns)
        return error(errc::changed, "the file changed while it was uploaded");
    return {};
}

std::unique_ptr<file_source> file_source::section(std::uint64_t offset, std::uint64_t size) const {
    const std::uint64_t begin = begin_ + offset;
    return std::unique_ptr<file_source>(
        new file_source(descriptor(), fd_, facts_, begin, std::min(begin + size, end_))
    );
}

task<result<std::size_t>> file_source::read(operation& op, std::span<char> into, std::size_t) {
    const std::size_t wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), end_ - offset_));
    std::size_t done = 0;
    while (done < wanted) {
        result<void> running = op.check();
        if (!running) co_return running.error();
        const std::span<char> step = into.subspan(done, std::min(wanted - done, step_size));
        result<std::size_t> n = read_at(fd_, step, offset_);
        if (!n) co_return n.error();
        done += *n;
        offset_ += *n;
        if (*n < step.size()) break; // shorter than it was: seen below
    }
    if (done == wanted && offset_ < end_) co_return done;
    result<void> same = check_unchanged();
    if (!same) co_return same.error();
    co_return done;
}

namespace {

struct place {
    descriptor folder;
    std::string name;
};

result<place> place_of(const local_file& to) {
    if (to.path.empty() || to.path.find('\0') != std::string::npos)
        return error(errc::invalid_argument, "not the path of a file");
    std::size_t slash = to.path.rfind('/');
    std::string folder = slash == std::string::npos ? "."
                         : slash == 0               ? "/"
                                                    : to.path.substr(0, slash);
    std::string name = slash == std::string::npos ? to.path : to.path.substr(slash + 1);
    if (name.empty()) return error(errc::invalid_argument, "the path names a folder, not a file");
    result<descriptor> opened = open_root(folder);
    if (!opened)
        return os_error(opened.error()->os_error, "cannot open the folder '" + folder + "'");

    struct stat there {};

    if (::fstatat(opened->get(), name.c_str(), &there, 0) == 0 && !S_ISREG(there.st_mode))
        return error(errc::not_a_file, "'" + to.path + "' is no regular file");
    return place{std::move(*opened), std::move(name)};
}

} // namespace

result<std::unique_ptr<file_sink>> file_sink::open(const local_file& to, temporary kind) {
    if (to.descriptor >= 0) {
        result<file_facts> facts = facts_of(to.descriptor);
        if (!facts) return facts.error();
        if (::lseek(to.descriptor, 0, SEEK_CUR) < 0)
            return error(errc::not_a_file, "the descriptor cannot seek; read by a reader instead");
        return std::unique_ptr<file_sink>(
            new file_sink(std::nullopt, {}, to.descriptor, facts->kind)
        );
    }
    result<place> at = place_of(to);
    if (!at) return at.error();
    result<pending_file> pending = pending_file::create(std::move(at->folder), kind);
    if (!pending) return pending.error();
    int fd = pending->fd();
    return std::unique_ptr<file_sink>(
        new file_sink(std::move(*pending), std::move(at->name), fd, file_kind::regular)
    );
}

result<std::unique_ptr<file_sink>>
file_sink::reopen(const local_file& to, const std::string& partial) {
    result<place> at = place_of(to);
    if (!at) return at.error();
    result<pending_file> pending = pending_file::reopen(std::move(at->folder), partial);
    if (!pending) return pending.error();
    int fd = pending->fd();
    return std::unique_ptr<file_sink>(
        new file_sink(std::move(*pending), std::move(at->name), fd, file_kind::regular)
    );
}

result<std::string> file_sink::keep() {
    const result<void> synced = sync_file(fd_);
    if (!synced) return synced.error();
    return pending_->keep();
}

result<void> file_sink::commit(std::uint64_t size) {
    if (pending_) return pending_->publish(name_, if_exists::replace);
    if (kind_ == file_kind::regular && ::ftruncate(fd_, static_cast<off_t>(size)) != 0)
        return os_error(errno, "cannot cut the file");
    return {};
}

task<result<std::uint64_t>> move_bytes(
    operation& op,
    resumable from,
    std::optional<std::uint64_t> length,
    file_sink& to,
    std::uint64_t offset
) {
    const std::uint64_t due = length.value_or(UINT64_MAX);
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(due, chunk_size));
    const aligned_bytes chunk = allocate_aligned(room);
    std::uint64_t done = 0;
    while (done < due) {
        const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(room, due - done));
        const result<std::size_t> n =
            co_await read_on(op, from, std::span(chunk.get(), step), step);
        if (!n) co_return n.error();
        if (*n == 0) break;
        const result<void> running = op.check();
        if (!running) co_return running.error();
        const result<void> written =
            to.write(std::span<const char>(chunk.get(), *n), offset + done);
        if (!written) co_return written.error();
        done += *n;
    }
    if (length && done != *length) co_return error(errc::network, "the body ended early");
    co_return done;
}

} // namespace blobstore
