// SPDX-License-Identifier: Apache-2.0
// One object read by several requests at a time: a large body in parts, or many ranges; each
// request pinned to the object that the first one opened.
#pragma once

#include "async/group.h"
#include "store/checksums.h"
#include "store/download.h"
#include "store/ranges.h"

#include <functional>
#include <map>
#include <vector>

namespace blobstore {

inline constexpr std::uint64_t default_part_size = 8 << 20;
inline constexpr std::uint64_t least_part_size = 4096;
inline constexpr std::uint32_t default_parallel_parts = 8;
inline constexpr std::uint32_t default_parallel_ranges = 10;
inline constexpr std::uint32_t most_parallel = 256;
inline constexpr std::uint64_t default_max_gap = 1 << 20;

/// The parts of a body that are not yet claimed: the stream that is open takes them from the
/// front, requests of their own from the back, so that it can go on until they meet. Any thread.
class part_claims {
public:
    part_claims(std::uint64_t length, std::uint64_t part)
        : length_(length)
        , part_(part)
        , back_((length + part - 1) / part) {}

    /// A part's place in the body; nullopt when none is left.
    std::optional<resolved_range> front();
    std::optional<resolved_range> back();

    /// Parts that nobody is to claim; before the first claim.
    void skip(const std::map<std::uint64_t, std::string>& parts);

    std::uint64_t part() const noexcept { return part_; }

private:
    resolved_range place(std::uint64_t number) const noexcept;

    const std::uint64_t length_, part_;
    std::mutex mutex_;
    std::uint64_t front_ = 0, back_;
    std::vector<bool> skipped_; ///< empty: none
};

/// The parts of a read that need not be done again, and who is told of the others, on their
/// threads.
struct part_notes {
    bool one_part = false;                         ///< the stream that is open is of one part
    checksum_kind kind = checksum_kind::crc64nvme; ///< of the sums, where the service told none
    std::map<std::uint64_t, std::string> there;    ///< from 0, with the raw sum
    std::function<result<void>(std::uint64_t number, const std::string& sum)> note;
};

/// The object that is read, opened once.
struct opened_object {
    backend& from;
    const std::string& key; ///< as the backend spells it
    const get_options& asked;
    object_body& body;
    read_progress& at;
    const told_checksum* told = nullptr; ///< of all of it, to compare with; of a kind that combines
    const part_notes* notes = nullptr;
};

/// The same with what it stands on.
struct opened_body {
    backend& from;
    std::string key; ///< as the backend spells it
    const get_options& asked;
    object_body body;
    read_progress at;
    std::optional<told_checksum> told; ///< where parts are compared with it; else `body` does it

    resumable rest() { return {from, key, asked, body, at}; }

    opened_object whole() { return {from, key, asked, body, at, told ? &*told : nullptr}; }
};

/// What becomes of the next `length` bytes of a body, which stand at `at` in what was asked for.
using part_mover = std::function<
    task<result<void>>(operation& op, resumable from, std::uint64_t at, std::uint64_t length)>;

/// Requests at a time.
std::size_t width_of(const get_options& asked, std::uint32_t usual) noexcept;

/// The bytes of a part of such a read.
std::uint64_t part_size_of(const get_options& asked) noexcept;

/// Whether a body pays to be read in parts: long enough, of a known length, with an ETag to pin
/// them to.
bool pays_in_parts(const backend& from, const get_options& asked, const object_body& body);

/// All of the body, through `move`, which several threads call at once; errc::checksum where it is
/// not what was told. The lane as of groups.
task<result<void>> read_parts(operation& op, opened_object what, lane where, part_mover move);

/// A wanted range, where its bytes go, and how many came.
struct range_target {
    resolved_range range; ///< as wanted; its length is the room
    char* into = nullptr;
    std::uint64_t got = 0;
};

/// Reads each range as far as the object goes; what is known of the object then. errc::range where
/// one starts behind its end, errc::changed where it is replaced meanwhile.
task<result<object_meta>> read_ranges(
    operation& op,
    backend& from,
    const std::string& key,
    const get_options& asked,
    std::span<range_target> targets
);

} // namespace blobstore
