// SPDX-License-Identifier: Apache-2.0
// URLs with '*' in their key: which names below a folder they mean.
#pragma once

#include "cli/filter.h"
#include "cli/location.h"
#include "cli/session.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace blobstore::cli {

/// '*' stands for any bytes but '/', '**' for any; nothing else is special.
struct wildcard {
    location base;          ///< the folder above the first segment with a '*'
    std::string literal;    ///< what the names below it begin with
    bool recursive = false; ///< what is below what fits, fits too
    bool deep = false;      ///< names of several segments may fit
    glob pattern;

    /// By the name below the base.
    [[nodiscard]] bool takes(std::string_view relative) const;
};

/// Nothing where the location is no URL or its key has no '*' as it is written: %2A in a file URL
/// is a letter as others. Pure.
std::optional<wildcard> parse_wildcard(const location& where, bool recursive);

/// The same and what is below what fits.
wildcard below(wildcard which);

/// As parse_wildcard, unless the user wants '*' to be a letter.
std::optional<wildcard> wildcard_of(const session& with, const location& where);

/// Hands over what fits, in key order; common prefixes too where only one level is listed.
void list_matches(
    session& with,
    const wildcard& which,
    const folder_ref& base,
    const std::function<void(const blobstore_object_view&)>& visit,
    std::uint32_t flags = 0
);

/// For each object that the argument of a verb names: one, or those that fit. Throws failure where
/// none does.
void for_each_object(
    session& with, const std::string& target, const std::function<void(const object_ref&)>& function
);

} // namespace blobstore::cli
