// SPDX-License-Identifier: Apache-2.0
// What a file cannot say by itself (content type, user metadata ...) as text, for an extended
// attribute or a sidecar. Pure.
#pragma once

#include "store/types.h"

#include <string>
#include <string_view>
#include <vector>

namespace blobstore::file {

/// All that is kept beside a file.
struct kept_attributes : attributes {
    kept_attributes(attributes a = {}, name_values t = {})
        : attributes(std::move(a))
        , tags(std::move(t)) {}

    name_values tags;
};

/// Lines of `name value`, values percent-encoded, metadata as `meta name value`, tags likewise.
/// Empty for no attributes.
std::string encode_attributes(const kept_attributes& set);

/// Unknown lines are passed over; what is malformed is errc::corrupt.
result<kept_attributes> decode_attributes(std::string_view text);

/// Attributes of one version of an object, which size and modification time tell from the others.
/// (No inode: file systems without extended attributes often do not keep inode numbers.)
struct sidecar_record {
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    kept_attributes set;

    bool of(std::uint64_t s, std::int64_t m) const noexcept {
        return size == s && modified_ns == m;
    }
};

/// Newest first: the version about to be published stands before the one it replaces, so that both
/// have theirs at any moment.
std::string encode_sidecar(const std::vector<sidecar_record>& records);
result<std::vector<sidecar_record>> decode_sidecar(std::string_view text);

/// The file name beside `name`; of a fixed length where it would be too long.
std::string sidecar_name(const std::string& name);

} // namespace blobstore::file
