// SPDX-License-Identifier: Apache-2.0
// The simple forms of the calls on buckets, versions and locks.
#include "own_bucket.h"

#include <atomic>
#include <unistd.h>

namespace conformance {

void own_bucket::SetUp() {
    store_test::SetUp();
    if (IsSkipped()) return;
    if (target_->name.starts_with("toxic") || target_->name == "live")
        GTEST_SKIP() << "the bucket is made once, and not on a user's account";
    static std::atomic<unsigned> number{0};
    bucket_ = "own-" + std::to_string(getpid()) + "-" + std::to_string(++number);
    for (char& c : bucket_)
        if (c == '_') c = '-';
    if (has_buckets()) store_ = open_other(url_of(bucket_));
}

void own_bucket::TearDown() {
    if (store_ == nullptr || bucket_.empty() || !has_buckets()) return;
    if (exists().status != BLOBSTORE_OK) return;
    empty_bucket();
    const outcome gone = remove_bucket();
    EXPECT_EQ(gone.status, 0) << gone.message;
}

std::string own_bucket::url_of(const std::string& bucket) const {
    const std::size_t query = target_->url.find('?');
    return "s3://" + bucket + target_->url.substr(query);
}

outcome own_bucket::create(const blobstore_bucket_options* options) {
    blobstore_error* error = nullptr;
    const blobstore_status status = blobstore_bucket_create(store_.get(), options, nullptr, &error);
    return ended(status, error, nullptr);
}

outcome own_bucket::exists() {
    blobstore_error* error = nullptr;
    const blobstore_status status = blobstore_bucket_exists(store_.get(), nullptr, &error);
    return ended(status, error, nullptr);
}

outcome own_bucket::remove_bucket() {
    blobstore_error* error = nullptr;
    const blobstore_status status = blobstore_bucket_delete(store_.get(), nullptr, &error);
    return ended(status, error, nullptr);
}

outcome own_bucket::versioning(bool on) {
    blobstore_error* error = nullptr;
    const blobstore_status status =
        blobstore_bucket_versioning(store_.get(), on ? 1 : 0, nullptr, &error);
    return ended(status, error, nullptr);
}

listing own_bucket::list_buckets() {
    listing all;
    std::string token;
    do {
        auto options = sized<blobstore_list_options>();
        options.prefix = str(bucket_);
        options.page_token = str(token);
        blobstore_page* page = nullptr;
        blobstore_error* error = nullptr;
        all.status = blobstore_bucket_list(store_.get(), &options, nullptr, &page, &error);
        const page_ptr held(page);
        const error_ptr freed(error);
        if (error != nullptr) all.message = blobstore_error_message(error);
        if (page == nullptr) return all;
        for (std::size_t i = 0; i < blobstore_page_len(page); ++i) {
            auto view = sized<blobstore_object_view>();
            blobstore_page_get(page, i, &view, sizeof view, 1);
            all.keys.push_back(text(view.key));
            all.entries.push_back(copied(view));
        }
        token = blobstore_page_token(page, nullptr);
    } while (!token.empty());
    return all;
}

listing own_bucket::versions(const std::string& prefix, std::uint32_t page_size) {
    auto options = sized<blobstore_list_options>();
    options.flags = BLOBSTORE_LIST_VERSIONS;
    options.prefix = str(prefix);
    options.page_size = page_size;
    listing all;
    std::string token;
    do {
        options.page_token = str(token);
        listing page = list(options);
        all.status = page.status;
        all.message = page.message;
        if (page_size != 0) {
            EXPECT_LE(page.entries.size(), page_size);
        }
        all.keys.insert(all.keys.end(), page.keys.begin(), page.keys.end());
        all.entries.insert(all.entries.end(), page.entries.begin(), page.entries.end());
        token = page.token;
    } while (all.status == BLOBSTORE_OK && !token.empty());
    return all;
}

outcome own_bucket::remove_version(std::string_view key, const std::string& version, bool bypass) {
    auto options = sized<blobstore_delete_options>();
    options.version = str(version);
    if (bypass) options.flags = BLOBSTORE_DELETE_BYPASS_GOVERNANCE;
    return remove_with(key, options);
}

outcome own_bucket::get_version(std::string_view key, const std::string& version) {
    auto options = sized<blobstore_get_options>();
    options.version = str(version);
    return get(key, &options);
}

outcome own_bucket::head_version(std::string_view key, const std::string& version) {
    auto options = sized<blobstore_get_options>();
    options.version = str(version);
    return head(key, &options);
}

outcome own_bucket::lock_get(std::string_view key) {
    blobstore_object* info = nullptr;
    blobstore_error* error = nullptr;
    const blobstore_status status =
        blobstore_lock_get(store_.get(), key.data(), key.size(), nullptr, nullptr, &info, &error);
    return ended(status, error, info);
}

outcome own_bucket::lock_set(std::string_view key, const blobstore_lock_options& options) {
    blobstore_error* error = nullptr;
    const blobstore_status status =
        blobstore_lock_set(store_.get(), key.data(), key.size(), &options, nullptr, &error);
    return ended(status, error, nullptr);
}

bool own_bucket::make_versioned(std::uint32_t flags) {
    if (target_->what == kind::memory) {
        store_ = open_other("memory://" + bucket_ + "?versioned=true");
        return store_ != nullptr;
    }
    auto options = sized<blobstore_bucket_options>();
    options.flags = flags;
    const outcome made = create(&options);
    EXPECT_EQ(made.status, 0) << made.message;
    return made.status == BLOBSTORE_OK;
}

void own_bucket::empty_bucket() {
    for (const object& each : versions("").entries) {
        const outcome gone = remove_version(each.key, each.version, true);
        EXPECT_EQ(gone.status, 0) << gone.message;
    }
}

} // namespace conformance
