// SPDX-License-Identifier: Apache-2.0
// One object as a file beneath an open root: opened with its attributes, published with them,
// removed. No coroutines.
#pragma once

#include "backends/file/attributes.h"
#include "backends/file/file.h"
#include "os/beneath.h"
#include "os/replace.h"

#include <set>

namespace blobstore::file {

/// errc::invalid_argument for keys that no file can have or whose name is ours.
result<void> check_file_key(std::string_view key);

/// "<device>-<inode>-<modified>-<changed>-<size>", hex, in quotes.
std::string etag_of(const file_facts& facts);

/// Key, size, time and ETag; no attributes.
object_meta meta_of(const std::string& key, const file_facts& facts);

/// The same with attributes.
object_meta meta_of(const std::string& key, const file_facts& facts, const kept_attributes& set);

struct open_object {
    descriptor file;
    file_facts facts;
    kept_attributes set;
};

/// For reading. errc::not_found where nothing or a folder stands, errc::not_a_file for links and
/// special files.
result<open_object> open_key(int root, const std::string& key, const file_settings& settings);

/// Where an object will stand, and the file that is to become it.
struct target {
    std::string parent, name;
    std::size_t existed = 0; ///< folders of the parent path that stood before
    pending_file file;
};

/// Creates the folders and the pending file. errc::conflict where an object stands in the key's
/// path or the key is a folder, errc::not_a_file where a link or special file has the name.
result<target> prepare(int root, const std::string& key, const file_settings& settings);

/// Publishes with attributes where the condition holds; what is known of the object then. Writers
/// of this library see each other's condition and change as one; errc::exists,
/// errc::precondition.
result<object_meta> commit(
    int root,
    const std::string& key,
    target& at,
    const kept_attributes& set,
    const write_condition& when,
    const file_settings& settings
);

/// After a failure: drops the pending file and the folders that prepare() created.
void abandon(int root, target at, const file_settings& settings);

/// Moves an object at once. errc::unsupported where its attributes are in a sidecar or the new name
/// is on another file system.
result<object_meta> rename_key(
    int root,
    const std::string& from_key,
    const std::string& key,
    const write_condition& when,
    const file_settings& settings,
    bool prune
);

/// Removes object and sidecar where the condition holds, and with `prune` the folders that this
/// leaves empty. The folder that changed last is added to `changed`; the caller makes it durable.
/// What is not there is success.
result<void> remove_key(
    int root,
    const std::string& key,
    const write_condition& when,
    const file_settings& settings,
    bool prune,
    std::set<std::string>& changed
);

/// Makes the folders' present names durable; a folder that is gone is passed over.
result<void>
sync_folders(int root, const std::set<std::string>& folders, const file_settings& settings);

} // namespace blobstore::file
