// SPDX-License-Identifier: Apache-2.0
// Uploads in parts of a memory store, until they become an object or are aborted.
#pragma once

#include "store/types.h"

#include <map>
#include <memory>
#include <mutex>

namespace blobstore {

/// Any thread.
class memory_uploads {
public:
    struct part {
        std::shared_ptr<const std::string> bytes;
        std::string receipt; ///< an ETag
        std::int64_t modified_ns = 0;
    };

    struct upload {
        std::string key;
        put_options options;
        std::int64_t begun_ns = 0;
        std::map<std::uint32_t, part> parts;
    };

    /// The id.
    std::string create(std::string key, const put_options& options, std::int64_t now_ns);
    /// errc::upload_not_found, as from all below.
    result<void> put(const open_upload& to, std::uint32_t number, part what);
    result<std::vector<part_entry>> parts(const open_upload& of) const;

    struct joined {
        std::string bytes, etag;
        put_options options;
    };

    /// What it becomes; the upload stays until it is removed. errc::invalid_argument for a part
    /// that is not there or has another receipt.
    result<joined> join(const open_upload& of, const std::vector<finished_part>& parts) const;
    result<void> remove(const open_upload& what);
    upload_page list(const std::string& prefix, const std::string& token) const;

private:
    result<upload> find(const open_upload& which) const;

    mutable std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, upload> by_key_; ///< and id
    std::uint64_t last_id_ = 0;
};

} // namespace blobstore
