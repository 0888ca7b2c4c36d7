// SPDX-License-Identifier: Apache-2.0
// The body of an object over as many connections as it takes: a read that broke off goes on where
// it was, with the same object or not at all.
#pragma once

#include "base/checksum.h"
#include "store/backend.h"

namespace blobstore {

/// How far a read has come, and what it spent.
struct read_progress {
    std::uint64_t position = 0; ///< in what was opened
    unsigned used = 1;          ///< attempts since so much came that they count anew
    std::uint64_t moved = 0;    ///< bytes since then
};

/// After so many bytes the attempts count anew. RT-09
inline constexpr std::uint64_t resume_progress = 1 << 20;

/// An ETag that stands for the same bytes wherever it is met.
bool is_strong(std::string_view etag) noexcept;

/// Whether a body that broke off with `why` is asked for again: nothing but the connection failed,
/// the object can be told from another, and attempts are left. PURE
bool may_resume(
    const error& why, const object_body& body, const read_progress& at, unsigned max_attempts
) noexcept;

/// Full jitter over [0, 50 ms * 2^failures], at most 20 s. PURE
milliseconds pause_before_resume(unsigned failures, std::uint64_t random) noexcept;

/// errc::changed unless `now` is of the object that `first` is of; errc::protocol where it is not
/// its bytes from `position` on (counted from where `first` began), or not `length` of them. PURE
result<void> check_continues(
    const object_body& first,
    std::uint64_t position,
    std::optional<std::uint64_t> length,
    const object_body& now
);

/// Opens those bytes of the object that `first` is of. errc::changed where it is another one now.
task<result<object_body>> open_pinned(
    operation& op,
    backend& from,
    const std::string& key,
    const get_options& asked,
    const object_body& first,
    resolved_range part
);

/// An open body with what it takes to open it again. Borrows all.
struct resumable {
    backend& from;
    const std::string& key; ///< as the backend spells it
    const get_options& asked;
    object_body& body; ///< `bytes` may be null: it is opened at the position then
    read_progress& at;
    bool counts = true;      ///< what is read is what the call is for
    checksum* sum = nullptr; ///< of what is read
};

/// As reader::read. What came of a read that failed is lost, so `enough` is 1 where the caller goes
/// on after an error. errc::changed where the object is another one now.
task<result<std::size_t>>
read_on(operation& op, resumable what, std::span<char> into, std::size_t enough);

/// The same as a reader that owns what it needs, and can be sent elsewhere.
class object_reader final : public reader {
public:
    /// `attempts` were spent to open it.
    object_reader(
        std::shared_ptr<backend> from,
        std::string key,
        const get_options& asked,
        object_body opened,
        unsigned attempts
    )
        : from_(std::move(from))
        , key_(std::move(key))
        , asked_(asked)
        , body_(std::move(opened)) {
        at_.used = attempts;
    }

    const object_meta& meta() const noexcept { return body_.meta; }

    /// Of what was opened; nullopt where the service does not say.
    const std::optional<std::uint64_t>& length() const noexcept { return body_.length; }

    std::uint64_t position() const noexcept { return at_.position; }

    /// Counted from the start of what was opened.
    bool seek(std::uint64_t position) noexcept override {
        if (position == at_.position) return true;
        if (body_.bytes && !body_.bytes->seek(position)) body_.bytes.reset();
        at_ = {position, 0, 0};
        return true;
    }

    task<result<std::size_t>>
    read(operation& op, std::span<char> into, std::size_t enough) override {
        return read_on(op, {*from_, key_, asked_, body_, at_, false}, into, enough);
    }

private:
    const std::shared_ptr<backend> from_;
    const std::string key_;
    const get_options asked_;
    object_body body_;
    read_progress at_;
};

} // namespace blobstore
