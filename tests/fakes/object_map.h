// SPDX-License-Identifier: Apache-2.0
// What the fake server keeps: buckets of objects in the order of their keys' bytes.
#pragma once

#include "fakes/message.h"

#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace blobstore::fakes {

struct stored_object {
    object_bytes data;
    std::string etag; // with its quotes
    std::time_t modified = 0;
    header_list system;               // Content-Type and the like
    header_list user;                 // x-amz-meta-*, names in lower case
    header_list checksums;            // x-amz-checksum-*
    std::string tags;                 // x-amz-tagging as sent
    std::vector<std::uint64_t> parts; // their sizes; none of an object written at once
    std::string version;              // empty in a bucket that never had versions
    header_list placed;               // x-amz-storage-class and x-amz-server-side-encryption*
    std::string customer_key_md5;     // in base64; empty: not encrypted with a customer's key
    std::string lock_mode;
    std::time_t retain_until = 0;
    bool legal_hold = false;
    bool holds_told = false; // a legal hold was set or lifted
    std::string restore;     // x-amz-restore
};

using object_ptr = std::shared_ptr<const stored_object>;
using object_map = std::map<std::string, object_ptr>; // std::string compares bytes as unsigned

struct listing_request {
    std::string prefix;
    std::string delimiter;
    std::string start_after;
    std::optional<std::string> token; // as given out, already decoded once from the query
    std::size_t max_keys = 1000;
};

struct listing {
    std::vector<std::pair<std::string, object_ptr>> objects;
    std::vector<std::string> prefixes;
    bool truncated = false;
    std::string next_token;
    bool bad_token = false;
};

listing list_objects(const object_map& objects, const listing_request& query);

// Every call takes the lock once; `with` gives exclusive use for conditional writes.
class bucket_map {
public:
    bool create(const std::string& bucket); // false: it was there
    bool exists(const std::string& bucket) const;
    enum class removal { done, missing, not_empty };
    removal remove(const std::string& bucket);
    std::vector<std::string> names() const;

    // Runs use(object_map*) under the lock; the pointer is null if there is no such bucket.
    template <class Use>
    auto with(const std::string& bucket, Use&& use) {
        const std::lock_guard lock{mutex_};
        const auto found = buckets_.find(bucket);
        return use(found == buckets_.end() ? nullptr : &found->second);
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, object_map> buckets_;
};

} // namespace blobstore::fakes
