// SPDX-License-Identifier: Apache-2.0
// Ranges and conditions, decided without I/O.
#include "store/types.h"

#include <algorithm>
#include <string_view>

namespace blobstore {

namespace {

constexpr std::int64_t second = 1'000'000'000;

/// Whether a list of ETags (as If-Match carries it) names `etag`, compared strongly or weakly.
bool names_etag(std::string_view list, std::string_view etag, bool weak) {
    if (list == "*") return true;
    auto trim = [](std::string_view s) {
        while (!s.empty() && (s.front() == ' ' || s.front() == '\t'))
            s.remove_prefix(1);
        while (!s.empty() && (s.back() == ' ' || s.back() == '\t'))
            s.remove_suffix(1);
        return s;
    };
    auto bare = [](std::string_view s) {
        if (s.size() >= 2 && s.front() == '"' && s.back() == '"') return s.substr(1, s.size() - 2);
        return s;
    };
    while (!list.empty()) {
        std::size_t comma = list.find(',');
        std::string_view one = trim(list.substr(0, comma));
        list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
        bool is_weak = one.substr(0, 2) == "W/";
        if (is_weak && !weak) continue;
        if (is_weak) one.remove_prefix(2);
        if (bare(one) == bare(etag)) return true;
    }
    return false;
}

} // namespace

const object_extras& object_meta::extras() const noexcept {
    static const object_extras none;
    return extras_ ? *extras_ : none;
}

object_extras& object_meta::own_extras() {
    if (!extras_)
        extras_ = std::make_shared<object_extras>();
    else if (extras_.use_count() > 1)
        extras_ = std::make_shared<object_extras>(*extras_);
    return *extras_;
}

attributes attributes_of(const object_meta& meta) {
    const object_extras& more = meta.extras();
    return {
        meta.content_type,
        meta.content_encoding,
        meta.cache_control,
        meta.metadata,
        more.content_disposition,
        more.content_language,
        more.expires};
}

result<resolved_range> resolve(const byte_range& range, std::uint64_t size) {
    if (range.suffix) {
        if (*range.suffix == 0) return resolved_range{size, 0};
        std::uint64_t length = std::min(*range.suffix, size);
        return resolved_range{size - length, length};
    }
    std::uint64_t offset = range.offset.value_or(0);
    if (range.length && *range.length == 0) return resolved_range{std::min(offset, size), 0};
    if (!range.whole() && offset >= size && !(offset == 0 && size == 0 && !range.length))
        return error(
            errc::range,
            "range starts at " + std::to_string(offset) + ", object has " + std::to_string(size) +
                " bytes"
        );
    return resolved_range{offset, std::min(range.length.value_or(size - offset), size - offset)};
}

result<void>
check_conditions(const conditions& when, const std::string& etag, std::int64_t modified_ns) {
    const std::int64_t modified_s = modified_ns / second;
    if (!when.if_match.empty()) {
        if (!names_etag(when.if_match, etag, false))
            return error(errc::precondition, "If-Match does not name the object's ETag");
    } else if (when.if_unmodified_since_ns && modified_s > *when.if_unmodified_since_ns / second) {
        return error(errc::precondition, "modified since the given time");
    }
    if (!when.if_none_match.empty()) {
        if (names_etag(when.if_none_match, etag, true))
            return error(errc::not_modified, "If-None-Match names the object's ETag");
    } else if (when.if_modified_since_ns && modified_s <= *when.if_modified_since_ns / second) {
        return error(errc::not_modified, "not modified since the given time");
    }
    return {};
}

result<void> check_write(const write_condition& when, const object_meta* current) {
    if (when.create && current) return error(errc::exists, "there is an object of this key");
    if (when.if_match.empty() && when.if_version.empty()) return {};
    if (!current) return error(errc::precondition, "there is no object of this key");
    if (!when.if_match.empty() && !names_etag(when.if_match, current->etag, false))
        return error(errc::precondition, "the object has another ETag");
    if (!when.if_version.empty() && when.if_version != current->version)
        return error(errc::precondition, "the object has another version");
    return {};
}

} // namespace blobstore
