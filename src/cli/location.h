// SPDX-License-Identifier: Apache-2.0
// What an argument names: a local path, stdin or stdout, or an object URL. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace blobstore::cli {

enum class location_kind { local, stdio, object };

/// One argument, taken apart.
struct location {
    location_kind kind = location_kind::local;
    std::string text;      ///< as given
    std::string path;      ///< local: the path
    std::string scheme;    ///< object: lower case
    std::string authority; ///< object: bucket; empty for file
    std::string raw_key;   ///< object: what stands behind the slash after the authority, as given
    std::string key;       ///< object: the bytes; for file and the like decoded once

    [[nodiscard]] bool is_object() const noexcept { return kind == location_kind::object; }

    /// Ends in a slash, or names a whole store.
    [[nodiscard]] bool is_folder() const noexcept;
};

/// A `--storage` URL: its options hold for every argument of its scheme and authority.
struct storage_option {
    std::string scheme;
    std::string authority;
    std::string options; ///< from the '?' on, or empty
};

/// `-` is stdin or stdout, `scheme://...` an object URL, anything else a local path. Throws
/// usage_error for a file URL that is no RFC 3986 URL and for an empty argument.
location parse_location(std::string_view text);

/// Throws usage_error for what is no URL.
storage_option parse_storage(std::string_view text);

/// The options that hold for the location, from the last `--storage` that fits; null for none.
const storage_option* find_storage(const std::vector<storage_option>& all, const location& where);

/// The URL that opens the store of an object: `scheme://authority` and the options; the key is then
/// where.key.
std::string store_url(const location& where, const storage_option* storage);

/// The URL that opens the folder itself as a store where the scheme is file (keys are then relative
/// to it), else the same as store_url.
std::string folder_url(const location& where, const storage_option* storage);

/// `file://` with the absolute path, percent-encoded.
std::string file_url(std::string_view absolute_path);

/// Encodes what an RFC 3986 path cannot hold as it is; '/' stays.
std::string percent_encode(std::string_view text);

/// With a slash at the end, unless it is empty.
std::string with_slash(std::string_view prefix);

/// What follows the last slash, slashes at the end aside.
std::string base_name(std::string_view text);

/// Whether a key below a prefix may become a path below a folder: no empty, `.` or `..` segment.
bool is_safe_relative(std::string_view key) noexcept;

/// Whether both are in the same store and the second is the first or below it.
bool contains(const location& outer, const location& inner);

} // namespace blobstore::cli
