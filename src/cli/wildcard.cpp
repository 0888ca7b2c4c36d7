// SPDX-License-Identifier: Apache-2.0
// URLs with '*' in their key: which names below a folder they mean.
#include "cli/wildcard.h"

#include "cli/remote.h"

namespace blobstore::cli {

namespace {

/// A piece of a key as written, decoded as the scheme does it.
std::string decoded(const location& where, std::string_view raw) {
    const std::string url = where.scheme + "://" + where.authority + "/" + std::string(raw);
    return parse_location(url).key;
}

/// As a glob that fits the text alone.
std::string quoted(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const bool special = c == '*' || c == '?' || c == '[' || c == '\\';
        result += special ? "\\" : "";
        result += c;
    }
    return result;
}

} // namespace

bool wildcard::takes(std::string_view relative) const {
    if (pattern.matches(relative)) {
        return true;
    }
    std::size_t slash = recursive ? relative.find('/') : std::string_view::npos;
    while (slash != std::string_view::npos) {
        if (pattern.matches(relative.substr(0, slash))) {
            return true;
        }
        slash = relative.find('/', slash + 1);
    }
    return false;
}

std::optional<wildcard> parse_wildcard(const location& where, bool recursive) {
    const std::string& raw = where.raw_key;
    const std::size_t first = where.is_object() ? raw.find('*') : std::string::npos;
    if (first == std::string::npos) {
        return std::nullopt;
    }
    const std::size_t slash = raw.rfind('/', first);
    const std::size_t begin = slash == std::string::npos ? 0 : slash + 1;
    const std::size_t key_at = where.text.size() - raw.size();
    std::string pattern = "/"; // anchors it
    std::size_t at = begin;
    for (std::size_t star = first; star != std::string::npos; star = raw.find('*', at)) {
        pattern += quoted(decoded(where, std::string_view(raw).substr(at, star - at))) + "*";
        at = star + 1;
    }
    pattern += quoted(decoded(where, std::string_view(raw).substr(at)));
    const bool crosses =
        raw.find("**", begin) != std::string::npos || raw.find('/', first) != std::string::npos;
    return wildcard{
        parse_location(where.text.substr(0, key_at + begin)),
        decoded(where, std::string_view(raw).substr(begin, first - begin)),
        recursive,
        recursive || crosses,
        glob(pattern)};
}

wildcard below(wildcard which) {
    which.recursive = which.deep = true;
    return which;
}

std::optional<wildcard> wildcard_of(const session& with, const location& where) {
    return with.args().no_glob ? std::nullopt : parse_wildcard(where, with.args().recursive);
}

void list_matches(
    session& with,
    const wildcard& which,
    const folder_ref& base,
    const std::function<void(const blobstore_object_view&)>& visit,
    std::uint32_t flags
) {
    const std::string delimiter = which.deep ? "" : "/";
    const auto each = [&](const blobstore_object_view& view) {
        std::string_view relative = to_view(view.key).substr(base.prefix.size());
        if ((view.flags & BLOBSTORE_OBJECT_IS_PREFIX) != 0) {
            relative.remove_suffix(1);
        }
        if (which.takes(relative)) {
            visit(view);
        }
        with.check_stop();
        return true;
    };
    list(with, base, base.prefix + which.literal, delimiter, each, flags);
}

void for_each_object(
    session& with, const std::string& target, const std::function<void(const object_ref&)>& function
) {
    const location where = session::object_argument(target);
    const auto which = wildcard_of(with, where);
    if (!which) {
        function(with.object(where));
        return;
    }
    const folder_ref base = with.folder(which->base);
    bool found = false;
    list_matches(with, *which, base, [&](const blobstore_object_view& view) {
        if ((view.flags & BLOBSTORE_OBJECT_IS_PREFIX) == 0) {
            found = true;
            function(base.object(std::string(to_view(view.key))));
        }
    });
    if (!found) {
        throw failure(exit_code::not_found, with.args().verb + ": nothing fits " + where.text);
    }
}

} // namespace blobstore::cli
