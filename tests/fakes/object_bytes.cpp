// SPDX-License-Identifier: Apache-2.0
// Runs of bytes and of zeros: made of a text block by block, cut, joined.
#include "fakes/object_bytes.h"

#include <algorithm>
#include <array>

namespace blobstore::fakes {

namespace {

constexpr std::size_t block = 64 * 1024;
constexpr std::size_t least = 1024 * 1024; // what is smaller is kept as it is

bool is_zeros(std::string_view text) {
    static const std::string zeros(block, '\0');
    return text == std::string_view{zeros}.substr(0, text.size());
}

} // namespace

object_bytes::object_bytes(const std::string& text) {
    std::size_t from = 0; // of the bytes that were not added yet
    const std::string_view all{text};
    const auto add_text = [&](std::size_t to) {
        if (to == from) return;
        add({std::make_shared<const std::string>(text, from, to - from), 0, to - from});
    };
    for (std::size_t at = 0; text.size() >= least && at < text.size(); at += block) {
        const auto piece = all.substr(at, block);
        if (!is_zeros(piece)) continue;
        add_text(at);
        add({nullptr, 0, piece.size()});
        from = at + piece.size();
    }
    add_text(text.size());
}

void object_bytes::add(run one) {
    size_ += one.count;
    const bool joins = !one.held && !runs_.empty() && !runs_.back().held;
    if (joins)
        runs_.back().count += one.count;
    else if (one.count > 0)
        runs_.push_back(std::move(one));
}

void object_bytes::append(const object_bytes& more) {
    for (const auto& each : more.runs_)
        add(each);
}

object_bytes object_bytes::part(std::uint64_t first, std::uint64_t count) const {
    object_bytes out;
    std::uint64_t at = 0;
    for (const auto& each : runs_) {
        const auto from = std::max(first, at) - at; // of what is wanted, within this run
        const auto left = std::min(count, UINT64_MAX - first) + first;
        const auto to = std::min(left, at + each.count);
        if (from < each.count && to > at + from)
            out.add({each.held, each.offset + static_cast<std::size_t>(from), to - at - from});
        at += each.count;
    }
    return out;
}

stretches object_bytes::pieces(std::uint64_t first, std::uint64_t count) const {
    stretches out;
    for (const auto& each : part(first, count).runs_) { // its texts are held here, too
        if (each.held)
            out.push_back({std::string_view{*each.held}.substr(each.offset, each.count), 0});
        else
            out.push_back({{}, each.count});
    }
    return out;
}

std::string object_bytes::text(std::uint64_t first, std::uint64_t count) const {
    std::string out;
    for (const auto& [bytes, zeros] : pieces(first, count))
        out.append(bytes).append(zeros, '\0');
    return out;
}

} // namespace blobstore::fakes
