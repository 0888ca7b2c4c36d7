// SPDX-License-Identifier: Apache-2.0
// The simple forms of the calls on conditions and beside the bytes.
#include "handles.h"

namespace conformance {

outcome store_test::ended(blobstore_status status, blobstore_error* error, blobstore_object* info) {
    outcome made;
    made.status = status;
    const error_ptr freed(error);
    const object_ptr held(info);
    if (error != nullptr) made.message = blobstore_error_message(error);
    if (info != nullptr) made.info = copied(info);
    EXPECT_EQ(status == BLOBSTORE_OK, error == nullptr);
    return made;
}

outcome store_test::copy_with(
    std::string_view from,
    const blobstore_get_options* source,
    std::string_view to,
    const blobstore_put_options* options
) {
    blobstore_object* info = nullptr;
    blobstore_error* error = nullptr;
    const blobstore_status status = blobstore_copy_with(
        store_.get(),
        from.data(),
        from.size(),
        source,
        store_.get(),
        to.data(),
        to.size(),
        options,
        nullptr,
        &info,
        &error
    );
    return ended(status, error, info);
}

outcome store_test::remove_with(std::string_view key, const blobstore_delete_options& options) {
    blobstore_object* info = nullptr;
    blobstore_error* error = nullptr;
    const blobstore_status status = blobstore_delete_with(
        store_.get(), key.data(), key.size(), &options, nullptr, &info, &error
    );
    return ended(status, error, info);
}

outcome store_test::rename(
    std::string_view from, std::string_view to, const blobstore_put_options* options
) {
    blobstore_object* info = nullptr;
    blobstore_error* error = nullptr;
    const blobstore_status status = blobstore_rename(
        store_.get(),
        from.data(),
        from.size(),
        to.data(),
        to.size(),
        options,
        nullptr,
        &info,
        &error
    );
    return ended(status, error, info);
}

outcome store_test::append(
    std::string_view key, std::string_view data, const blobstore_put_options* options
) {
    blobstore_object* info = nullptr;
    blobstore_error* error = nullptr;
    const blobstore_status status = blobstore_append(
        store_.get(),
        key.data(),
        key.size(),
        data.data(),
        data.size(),
        options,
        nullptr,
        &info,
        &error
    );
    return ended(status, error, info);
}

outcome store_test::update(std::string_view key, const blobstore_put_options& options) {
    blobstore_object* info = nullptr;
    blobstore_error* error = nullptr;
    const blobstore_status status =
        blobstore_update(store_.get(), key.data(), key.size(), &options, nullptr, &info, &error);
    return ended(status, error, info);
}

outcome store_test::tags_get(std::string_view key, std::string_view version) {
    auto options = sized<blobstore_get_options>();
    options.version = str(version);
    blobstore_object* info = nullptr;
    blobstore_error* error = nullptr;
    const blobstore_status status =
        blobstore_tags_get(store_.get(), key.data(), key.size(), &options, nullptr, &info, &error);
    return ended(status, error, info);
}

outcome store_test::tags_set(std::string_view key, const std::vector<blobstore_kv>& tags) {
    blobstore_error* error = nullptr;
    const blobstore_status status = blobstore_tags_set(
        store_.get(), key.data(), key.size(), tags.data(), tags.size(), nullptr, nullptr, &error
    );
    return ended(status, error, nullptr);
}

outcome store_test::inspect(std::string_view key) {
    blobstore_object* info = nullptr;
    blobstore_error* error = nullptr;
    const blobstore_status status =
        blobstore_inspect(store_.get(), key.data(), key.size(), nullptr, nullptr, &info, &error);
    return ended(status, error, info);
}

outcome store_test::undelete(std::string_view key) {
    blobstore_object* info = nullptr;
    blobstore_error* error = nullptr;
    const blobstore_status status =
        blobstore_undelete(store_.get(), key.data(), key.size(), nullptr, &info, &error);
    return ended(status, error, info);
}

outcome store_test::probe() {
    blobstore_error* error = nullptr;
    const blobstore_status status = blobstore_store_probe(store_.get(), nullptr, &error);
    return ended(status, error, nullptr);
}

bool store_test::can(std::uint32_t what) {
    const outcome probed = probe();
    EXPECT_EQ(probed.status, 0) << probed.message;
    const int known = blobstore_store_supports(store_.get(), what);
    EXPECT_NE(known, -1) << target_->name << " after the probe, of " << what;
    return known == 1;
}

store_ptr store_test::open_other(const std::string& url) {
    blobstore_store* store = nullptr;
    blobstore_error* error = nullptr;
    EXPECT_EQ(
        blobstore_store_open(client_.get(), url.data(), url.size(), nullptr, &store, &error),
        BLOBSTORE_OK
    ) << blobstore_error_message(error);
    blobstore_error_free(error);
    return store_ptr(store);
}

} // namespace conformance
