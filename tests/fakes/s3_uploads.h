// SPDX-License-Identifier: Apache-2.0
// The multipart uploads that are open on the fake server, and the limits that they keep.
#pragma once

#include "fakes/object_map.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

namespace blobstore::fakes {

// As AWS has them; smaller ones keep tests small, others are of other services.
struct upload_limits {
    std::uint64_t smallest_part = 5ULL << 20U; // of every part but the last
    std::uint64_t largest_write = 5ULL << 30U; // a put, a part, the source of a copy as a whole
    std::size_t longest_page = 1000;           // of parts and of uploads
    bool uniform_parts = false;                // R2: all as long as the first, the last no longer
};

struct upload_part {
    object_bytes data;
    std::string etag;
    std::time_t modified = 0;
    std::string checksum; // by the upload's algorithm; empty without one
};

using upload_name = std::tuple<std::string, std::string, std::string>; // bucket, key, id

struct open_upload {
    stored_object attributes; // what the object gets besides its data
    std::time_t started = 0;
    std::string algorithm; // crc32, ... as in x-amz-checksum-*; empty: none was asked for
    bool full_object = false;
    std::map<unsigned, upload_part> parts;
};

// Sorted by key, then by age, as they are listed.
using upload_map = std::map<upload_name, open_upload>;

// What a test sees of an upload that nobody completed or aborted.
struct upload_view {
    std::string bucket;
    std::string key;
    std::string id;
    std::vector<unsigned> parts;
};

class upload_store {
public:
    // Runs use(upload_map&) under the lock; buckets are locked after it, never before.
    template <class Use>
    auto with(Use&& use) {
        const std::lock_guard lock{mutex_};
        return use(uploads_);
    }

    std::string next_id();
    std::vector<upload_view> views();

private:
    std::mutex mutex_;
    upload_map uploads_;
    std::uint64_t ids_ = 0;
};

} // namespace blobstore::fakes
