// SPDX-License-Identifier: Apache-2.0
// Keys as numbers in the alphabet that they use: that tells where the next ones are.
#include "store/key_space.h"

#include "base/encoding.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace blobstore {

namespace {

constexpr std::string_view token_start = "pieces:";

constexpr std::string_view alphabets[] = {
    "0123456789",
    "0123456789ABCDEF",
    "0123456789abcdef",
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789abcdefghijklmnopqrstuvwxyz",
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz",
};

/// Some places of a key as digits.
struct window {
    std::string_view digits;
    std::size_t begin = 0, places = 0;

    std::uint64_t limit() const {
        std::uint64_t all = 1;
        for (std::size_t i = 0; i < places; ++i)
            all *= digits.size();
        return all;
    }

    /// Nothing where a place has another character; a key that is short goes on with zeros.
    std::optional<std::uint64_t> value(std::string_view key) const {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < places; ++i) {
            const std::size_t at = begin + i;
            const std::size_t digit = at < key.size() ? digits.find(key[at]) : 0;
            if (digit == std::string_view::npos) return std::nullopt;
            sum = sum * digits.size() + digit;
        }
        return sum;
    }

    std::string text(std::string_view head, std::uint64_t value) const {
        std::string out(head.substr(0, begin));
        out.resize(begin + places);
        for (std::size_t i = places; i-- > 0; value /= digits.size())
            out[begin + i] = digits[static_cast<std::size_t>(value % digits.size())];
        return out;
    }
};

std::size_t common_length(std::string_view a, std::string_view b) {
    const auto [x, y] =
        std::mismatch(a.begin(), a.begin() + std::min(a.size(), b.size()), b.begin());
    (void)y;
    return static_cast<std::size_t>(x - a.begin());
}

/// From as far left as the alphabet goes to a few places behind where the keys begin to differ.
std::optional<window> window_of(std::string_view first, std::string_view last, std::size_t fixed) {
    const std::size_t differs = common_length(first, last);
    if (differs >= last.size()) return std::nullopt;
    for (const std::string_view digits : alphabets) {
        const std::size_t behind = digits.size() <= 10 ? 6 : digits.size() <= 16 ? 5 : 4;
        const std::size_t most = digits.size() <= 10 ? 18 : digits.size() <= 16 ? 15 : 10;
        window made{digits, differs, behind};
        if (!made.value(first) || !made.value(last)) continue;
        while (made.begin > fixed && made.places < most &&
               digits.find(last[made.begin - 1]) != std::string_view::npos) {
            --made.begin;
            ++made.places;
        }
        return made;
    }
    return std::nullopt;
}

} // namespace

std::vector<std::string> cut_ahead(
    const std::string& first,
    const std::string& last,
    std::size_t count,
    std::size_t fixed,
    const std::string& upto,
    std::size_t most
) {
    std::vector<std::string> cuts;
    const std::optional<window> seen = count < 2 ? std::nullopt : window_of(first, last, fixed);
    if (!seen) return cuts;
    const std::uint64_t from = *seen->value(first), to = *seen->value(last), end = seen->limit();
    const std::uint64_t span = to > from ? to - from : 0;
    const std::uint64_t step = span - span / 10;
    if (step < 2) return cuts;
    std::uint64_t at = to;
    while (cuts.size() < most && end - at > step) {
        at += step;
        std::string cut = seen->text(last, at);
        if (cut <= last) continue;
        if (!upto.empty() && cut >= upto) break;
        cuts.push_back(std::move(cut));
    }
    return cuts;
}

std::string encode_pieces(const std::vector<key_piece>& pieces) {
    std::string token(token_start);
    for (const key_piece& each : pieces)
        token += hex(each.after) + "-" + hex(each.upto) + ",";
    return token;
}

result<std::vector<key_piece>> decode_pieces(const std::string& token) {
    const error malformed(
        errc::invalid_argument, "the page token is not one of a parallel listing of this store"
    );
    std::string_view text = token;
    if (!text.starts_with(token_start) || !text.ends_with(',')) return malformed;
    text.remove_prefix(token_start.size());
    std::vector<key_piece> pieces;
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find(','));
        text.remove_prefix(one.size() + 1);
        const std::size_t dash = one.find('-');
        if (dash == std::string_view::npos) return malformed;
        result<std::string> after = unhex(std::string(one.substr(0, dash)));
        result<std::string> upto = unhex(std::string(one.substr(dash + 1)));
        if (!after || !upto) return malformed;
        const bool goes_on =
            pieces.empty() || (!pieces.back().upto.empty() && *after >= pieces.back().upto);
        if (!goes_on || (!upto->empty() && *upto <= *after)) return malformed;
        pieces.push_back({std::move(*after), std::move(*upto)});
    }
    return pieces;
}

key_space::key_space(const std::vector<key_piece>& pieces, const options& how)
    : how_(how) {
    for (const key_piece& each : pieces)
        pieces_.push_back(piece{each});
}

/// The first that waits. Beyond the pages of a call only what lies before something that was begun,
/// where the order matters: else that would be for nothing.
key_space::piece* key_space::next() {
    const std::size_t usual = how_.parallel * how_.pages;
    const bool enough = begun_ >= usual;
    if (enough && (how_.unordered || begun_ >= 2 * usual)) return nullptr;
    const auto waits = [](const piece& one) { return one.at == piece::place::waiting; };
    const auto found = std::find_if(pieces_.begin(), pieces_.end(), waits);
    if (found == pieces_.end()) return nullptr;
    if (enough && std::all_of(found, pieces_.end(), waits)) return nullptr;
    found->at = piece::place::running;
    ++running_;
    ++begun_;
    return &*found;
}

key_space::iterator key_space::place_of(const piece& one) {
    return std::find_if(pieces_.begin(), pieces_.end(), [&](const piece& each) {
        return &each == &one;
    });
}

/// A page has no upper end: what it tells of pieces that wait need not be asked for again.
void key_space::cover(iterator at, bool more) {
    const auto next = [&] { return std::next(at); };
    const std::string last = at->entries.empty() ? at->after : at->entries.back().key;
    while (next() != pieces_.end() && next()->at == piece::place::waiting &&
           next()->after == at->upto && (!more || last > at->upto)) {
        if (more && (next()->upto.empty() || last < next()->upto)) {
            at->upto = next()->after = last;
            return;
        }
        at->upto = next()->upto;
        pieces_.erase(next());
    }
}

/// What is left of a piece, as pieces of about one page.
void key_space::cut_rest(iterator at, std::string first, std::string upto, std::size_t count) {
    std::string after = at->upto;
    const auto behind = std::next(at);
    const std::size_t most = (how_.pages + 2) * how_.parallel;
    for (std::string& cut : cut_ahead(first, after, count, how_.fixed, upto, most)) {
        pieces_.insert(behind, piece{{after, cut}});
        after = std::move(cut);
    }
    pieces_.insert(behind, piece{{std::move(after), std::move(upto)}});
}

result<void> key_space::took(piece& one, std::vector<object_meta> entries, bool more) {
    const auto ascends = [](const object_meta& a, const object_meta& b) { return a.key >= b.key; };
    const bool ordered =
        std::adjacent_find(entries.begin(), entries.end(), ascends) == entries.end();
    if (!ordered || (!entries.empty() && !one.after.empty() && entries.front().key <= one.after)) {
        error e(errc::protocol, "the service does not list keys in their order");
        e->hint = "list it without parallel";
        return e;
    }
    const iterator at = place_of(one);
    --running_;
    at->at = piece::place::done;
    at->entries = std::move(entries);
    const std::string first = at->entries.empty() ? std::string() : at->entries.front().key;
    const std::string last = at->entries.empty() ? at->after : at->entries.back().key;
    const std::size_t count = at->entries.size();
    cover(at, more);
    std::string upto = at->upto;
    const auto beyond = [&](const object_meta& each) { return !upto.empty() && each.key > upto; };
    at->entries.erase(
        std::find_if(at->entries.begin(), at->entries.end(), beyond), at->entries.end()
    );
    if (!more || (!upto.empty() && last >= upto)) return {};
    at->upto = last;
    cut_rest(at, first, std::move(upto), count);
    return {};
}

list_page key_space::finish() {
    list_page page;
    std::vector<key_piece> rest;
    bool gap = false;
    for (piece& each : pieces_) {
        gap = gap || each.at != piece::place::done;
        if (each.at == piece::place::done && (how_.unordered || !gap))
            std::move(each.entries.begin(), each.entries.end(), std::back_inserter(page.entries));
        else
            rest.push_back(each);
    }
    if (!rest.empty()) page.next_token = encode_pieces(rest);
    return page;
}

} // namespace blobstore
