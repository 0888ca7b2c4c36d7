// SPDX-License-Identifier: Apache-2.0
// What a store can do beside the bytes of objects: tags, versions, locks, buckets, and finding out
// what it enforces. Every default is errc::unsupported. docs/adr/0007.
#pragma once

#include "store/types.h"

namespace blobstore {

/// What blobstore_store_supports() is asked about; the numbers are those of blobstore.h.
enum class capability : std::uint32_t {
    create = 1,        ///< a put only where there is no object
    update = 2,        ///< a put only over the object with an ETag
    remove_if = 3,     ///< a delete only of the object with an ETag
    atomic_rename = 4, ///< a rename of which nobody sees the middle
    append = 5,
    versions = 6,
    tags = 7,
    locks = 8,
    restore = 9,
    customer_keys = 10,
    copy_create = 11, ///< a copy only where there is no object
};

struct bucket_options {
    bool versions = false, locks = false;
    std::string region, acl;
};

struct lock_options {
    std::string version;
    std::string mode; ///< "GOVERNANCE", "COMPLIANCE"; empty leaves the retention alone
    std::optional<std::int64_t> retain_until_ns;
    std::optional<bool> legal_hold;
    bool bypass_governance = false;
};

struct restore_options {
    std::string version, tier;
    std::uint32_t days = 1;
};

class admin {
public:
    admin() = default;
    admin(const admin&) = delete;
    admin& operator=(const admin&) = delete;
    virtual ~admin() = default;

    /// 1 yes, 0 no, -1 not known until probe() ran. No I/O.
    virtual int supports(capability what) const noexcept;

    /// Finds out what supports() does not know.
    virtual task<result<void>> probe(operation& op, const std::string& prefix);

    /// The tags in object_extras::tags.
    virtual task<result<object_meta>>
    tags_get(operation& op, const std::string& key, const std::string& version);
    /// Replaces all.
    virtual task<result<object_meta>> tags_set(
        operation& op, const std::string& key, const std::string& version, const name_values& tags
    );
    /// What the service knows beyond head: checksums, parts.
    virtual task<result<object_meta>>
    inspect(operation& op, const std::string& key, const get_options& options);
    /// Removes the delete marker that hides an object; errc::not_found where nothing hides.
    virtual task<result<object_meta>> undelete(operation& op, const std::string& key);
    virtual task<result<object_meta>>
    lock_get(operation& op, const std::string& key, const std::string& version);
    virtual task<result<void>>
    lock_set(operation& op, const std::string& key, const lock_options& options);
    virtual task<result<void>>
    restore(operation& op, const std::string& key, const restore_options& options);

    virtual task<result<void>> bucket_create(operation& op, const bucket_options& options);
    virtual task<result<void>> bucket_remove(operation& op);
    /// errc::store_not_found where there is none.
    virtual task<result<object_meta>> bucket_head(operation& op);
    virtual task<result<void>> bucket_versions(operation& op, bool on);
    /// Of the account: names as keys, creation as time.
    virtual task<result<list_page>> bucket_list(operation& op, const list_options& options);
};

} // namespace blobstore
