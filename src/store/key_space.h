// SPDX-License-Identifier: Apache-2.0
// A range of keys listed as many pieces side by side: which piece is next, what a page of it
// settles, where what is ahead is cut. Pure.
#pragma once

#include "store/types.h"

#include <list>

namespace blobstore {

/// The keys behind `after` up to and with `upto`; empty: from the first, to the last.
struct key_piece {
    std::string after, upto;

    friend bool operator==(const key_piece&, const key_piece&) = default;
};

/// Boundaries behind `last` and before `upto`, ascending, such that about 0.9 * count keys lie
/// between two of them if they go on as the `count` keys from `first` to `last` do. Text, where
/// these keys are; nothing before `fixed` bytes is changed. None where the keys do not tell.
std::vector<std::string> cut_ahead(
    const std::string& first,
    const std::string& last,
    std::size_t count,
    std::size_t fixed,
    const std::string& upto,
    std::size_t most
);

/// Pieces for a page token, and back: errc::invalid_argument for what is none.
std::string encode_pieces(const std::vector<key_piece>& pieces);
result<std::vector<key_piece>> decode_pieces(const std::string& token);

/// One call's share of the listing: some pages. `pieces` ascend and do not overlap.
class key_space {
public:
    struct options {
        std::size_t parallel = 1;
        std::size_t pages = 4; ///< per request at the same time
        std::size_t fixed = 0; ///< length of the prefix
        bool unordered = false;
    };

    struct piece : key_piece {
        enum class place { waiting, running, done } at = place::waiting;
        std::vector<object_meta> entries = {};
    };

    key_space(const std::vector<key_piece>& pieces, const options& how);

    /// To be listed now, from `after` on; null where there is none, or where none is before a
    /// running one has been taken.
    piece* next();

    std::size_t running() const noexcept { return running_; }

    /// A page of what lies behind one.after; `more`: there are keys behind the last of them.
    /// errc::protocol where they do not ascend.
    result<void> took(piece& one, std::vector<object_meta> entries, bool more);

    /// Once nothing runs: what was found, and what is left.
    list_page finish();

private:
    using iterator = std::list<piece>::iterator;

    iterator place_of(const piece& one);
    void cover(iterator at, bool more);
    void cut_rest(iterator at, std::string first, std::string upto, std::size_t count);

    const options how_;
    std::list<piece> pieces_;
    std::size_t running_ = 0, begun_ = 0;
};

} // namespace blobstore
