// SPDX-License-Identifier: Apache-2.0
// One sweep over the ranges by their offsets.
#include "store/ranges.h"

#include <algorithm>

namespace blobstore {

namespace {

/// The indices of those that have a length, by offset.
std::vector<std::size_t> by_offset(std::span<const resolved_range> wanted) {
    std::vector<std::size_t> order;
    order.reserve(wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (wanted[i].length != 0) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return wanted[a].offset < wanted[b].offset;
    });
    return order;
}

/// A piece, and the request of its span that it falls into.
struct placed {
    std::uint64_t part = 0;
    range_piece piece;
};

/// What a span of ranges becomes: requests at every `most` bytes, without what nobody wants at
/// their ends.
void add_span(range_plan& plan, std::vector<placed>& span) {
    std::stable_sort(span.begin(), span.end(), [](const placed& a, const placed& b) {
        return a.part < b.part;
    });
    for (std::size_t i = 0; i < span.size(); ++i) {
        const range_piece& piece = span[i].piece;
        if (i == 0 || span[i].part != span[i - 1].part)
            plan.fetches.push_back({piece.offset, 0, plan.pieces.size(), 0});
        range_fetch& fetch = plan.fetches.back();
        fetch.length = std::max(fetch.length, piece.offset + piece.length - fetch.offset);
        ++fetch.pieces;
        plan.pieces.push_back(piece);
    }
    span.clear();
}

} // namespace

range_plan
plan_ranges(std::span<const resolved_range> wanted, std::uint64_t gap, std::uint64_t most) {
    range_plan plan;
    std::vector<placed> span;
    std::uint64_t begin = 0, end = 0; // of the span
    for (const std::size_t i : by_offset(wanted)) {
        const resolved_range& range = wanted[i];
        const bool near = range.offset <= end || range.offset - end < gap;
        if (span.empty() || !near) {
            add_span(plan, span);
            begin = end = range.offset;
        }
        const std::uint64_t last = range.offset + range.length;
        for (std::uint64_t at = range.offset; at < last;) {
            const std::uint64_t part = (at - begin) / most;
            const std::uint64_t left = most - (at - begin) % most;
            const std::uint64_t length = std::min(left, last - at);
            span.push_back({part, {i, at, length, at - range.offset}});
            at += length;
        }
        end = std::max(end, last);
    }
    add_span(plan, span);
    return plan;
}

std::optional<resolved_range>
first_fetch(std::span<const resolved_range> wanted, std::uint64_t gap, std::uint64_t most) {
    std::uint64_t lowest = UINT64_MAX;
    for (const resolved_range& range : wanted)
        if (range.length != 0) lowest = std::min(lowest, range.offset);
    std::vector<resolved_range> window;
    for (const resolved_range& range : wanted)
        if (range.length != 0 && range.offset - lowest < most)
            window.push_back({range.offset, std::min(range.length, most - (range.offset - lowest))}
            );
    if (window.empty()) return std::nullopt;
    const range_plan plan = plan_ranges(window, gap, most);
    return resolved_range{plan.fetches.front().offset, plan.fetches.front().length};
}

} // namespace blobstore
