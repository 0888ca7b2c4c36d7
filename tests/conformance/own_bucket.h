// SPDX-License-Identifier: Apache-2.0
// A bucket that a test makes for itself, and the calls on buckets, versions and locks.
#pragma once

#include "handles.h"

namespace conformance {

class own_bucket : public store_test {
protected:
    void SetUp() override;
    void TearDown() override;

    /// The URL of the store with another bucket; of a kind that has buckets.
    std::string url_of(const std::string& bucket) const;

    outcome create(const blobstore_bucket_options* options = nullptr);
    outcome exists();
    outcome remove_bucket();
    outcome versioning(bool on);
    listing list_buckets();

    /// Versions and delete markers beneath a prefix, all pages.
    listing versions(const std::string& prefix, std::uint32_t page_size = 0);
    outcome remove_version(std::string_view key, const std::string& version, bool bypass = false);
    outcome get_version(std::string_view key, const std::string& version);
    outcome head_version(std::string_view key, const std::string& version);

    outcome lock_get(std::string_view key);
    outcome lock_set(std::string_view key, const blobstore_lock_options& options);

    /// A bucket of the test's own in place of the shared one, with versions; memory: a new store.
    bool make_versioned(std::uint32_t flags = BLOBSTORE_BUCKET_VERSIONS);
    void empty_bucket();

    bool has_buckets() const { return target_->is_s3(); }

    bool is_minio() const { return target_->name.starts_with("minio"); }

    std::string bucket_;
};

} // namespace conformance
