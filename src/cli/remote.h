// SPDX-License-Identifier: Apache-2.0
// The library's calls as the verbs use them: on an object_ref or a folder_ref, failures thrown.
#pragma once

#include "cli/session.h"

#include <functional>
#include <optional>
#include <string>

namespace blobstore::cli {

/// What the views of the library hold, with the lifetime of the call it is handed to.
blobstore_object_view view_of(const blobstore_object* object);

object_handle head(session& with, const object_ref& object);

/// As head, but nothing if there is no such object.
std::optional<object_handle> try_head(session& with, const object_ref& object);

void remove(session& with, const object_ref& object);

/// Conditions on what is written there hold, or are refused: a store that does not say whether it
/// enforces them (`what`, of BLOBSTORE_CAN_*) is asked by requests. Throws failure.
void prove(session& with, const location& where, std::uint32_t what);

/// The object to remove. A file store removes folders that became empty, up to its root; so that
/// this ends below the file's own folder, that folder is the root.
object_ref removable(session& with, const location& where);

/// Hands over the object's bytes as they come.
void stream(
    session& with,
    const object_ref& object,
    const blobstore_get_options* options,
    const std::function<void(std::string_view)>& each
);

/// Streams the object to a descriptor. A broken pipe throws broken_pipe.
void stream_to(
    session& with,
    const object_ref& object,
    const blobstore_get_options* options,
    int fd,
    const std::string& name
);

/// Tells when tokens of pages go round in a circle of any length, by keeping one of them (Brent):
/// at the latest after three times the pages that lead into and around it.
class page_circle {
public:
    /// Whether `token` closes it.
    bool closes(const std::string& token);

private:
    std::string kept_;
    std::uint64_t seen_ = 0, until_ = 1; ///< since `kept_`, and when it is replaced
};

/// Hands over every entry below the prefix, in key order, until `visit` answers false. With a
/// delimiter the entries of one level. Flags are BLOBSTORE_LIST_*.
void list(
    session& with,
    const folder_ref& folder,
    const std::string& prefix,
    const std::string& delimiter,
    const std::function<bool(const blobstore_object_view&)>& visit,
    std::uint32_t flags = 0
);

/// The same for uploads begun and not ended, of keys that begin with the folder's prefix; `version`
/// is an upload's token, `modified` when it was begun.
void list_uploads(
    session& with,
    const folder_ref& folder,
    const std::function<bool(const blobstore_object_view&)>& visit
);

/// The value of a piece of user metadata; nothing if the object has none of that name.
std::optional<std::string> metadata_of(const blobstore_object_view& view, std::string_view name);

} // namespace blobstore::cli
