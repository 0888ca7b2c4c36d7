// SPDX-License-Identifier: Apache-2.0
// The simple forms of the calls.
#include "handles.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <unistd.h>

namespace conformance {

std::string text(const blobstore_buffer* from) {
    std::size_t len = 0;
    const void* data = blobstore_buffer_data(from, &len);
    return len == 0 ? std::string() : std::string(static_cast<const char*>(data), len);
}

object copied(const blobstore_object_view& view) {
    object made{
        view.flags,
        view.size,
        view.modified_ns,
        text(view.key),
        text(view.etag),
        text(view.content_type),
        text(view.content_encoding),
        text(view.cache_control),
        {},
        text(view.version),
        text(view.storage_class),
        text(view.content_disposition),
        text(view.content_language),
        text(view.expires),
        text(view.sse),
        text(view.lock_mode),
        view.retain_until_ns,
        view.tag_count,
        view.parts,
        {},
        text(view.checksum)};
    for (std::size_t i = 0; i < view.metadata_len; ++i)
        made.metadata[text(view.metadata[i].key)] = text(view.metadata[i].value);
    for (std::size_t i = 0; i < view.tags_len; ++i)
        made.tags[text(view.tags[i].key)] = text(view.tags[i].value);
    return made;
}

object copied(const blobstore_object* from) {
    auto view = sized<blobstore_object_view>();
    EXPECT_EQ(blobstore_object_get(from, &view), BLOBSTORE_OK);
    return copied(view);
}

std::string show(std::string_view bytes) {
    std::string out;
    for (const char c : bytes.substr(0, 60)) {
        char form[8];
        const bool plain = c > ' ' && c < 0x7f && c != '\\';
        std::snprintf(form, sizeof form, plain ? "%c" : "\\x%02x", static_cast<unsigned char>(c));
        out += form;
    }
    return bytes.size() > 60 ? out + "..." : out;
}

std::string show(const outcome& of) {
    return std::string(blobstore_status_name(of.status)) + ": " + of.message;
}

void store_test::SetUp() {
    static std::atomic<unsigned> number{0};
    target_ = find_target(GetParam());
    if (target_ == nullptr) GTEST_SKIP() << "no server of this name in the environment";
    base_ = "c" + std::to_string(getpid()) + "/" + std::to_string(++number) + "/";
    blobstore_config* config = nullptr;
    ASSERT_EQ(blobstore_config_new(&config, nullptr), BLOBSTORE_OK);
    const config_ptr owned_config(config);
    blobstore_error* error = nullptr;
    for (const auto& [name, value] : target_->settings)
        ASSERT_EQ(
            blobstore_config_set(
                config, name.data(), name.size(), value.data(), value.size(), &error
            ),
            BLOBSTORE_OK
        ) << blobstore_error_message(error);
    blobstore_client* client = nullptr;
    ASSERT_EQ(blobstore_client_new(config, nullptr, &client, &error), BLOBSTORE_OK)
        << blobstore_error_message(error);
    client_.reset(client);
    blobstore_store* store = nullptr;
    const std::string& url = target_->url;
    ASSERT_EQ(
        blobstore_store_open(client, url.data(), url.size(), nullptr, &store, &error), BLOBSTORE_OK
    ) << blobstore_error_message(error);
    store_.reset(store);
}

outcome
store_test::put(std::string_view key, std::string_view data, const blobstore_put_options* options) {
    blobstore_object* info = nullptr;
    blobstore_error* error = nullptr;
    const blobstore_status status = blobstore_put(
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

outcome store_test::get(std::string_view key, const blobstore_get_options* options) {
    blobstore_buffer* body = nullptr;
    blobstore_object* info = nullptr;
    blobstore_error* error = nullptr;
    const blobstore_status status =
        blobstore_get(store_.get(), key.data(), key.size(), options, nullptr, &body, &info, &error);
    outcome made = ended(status, error, info);
    const buffer_ptr held(body);
    if (body != nullptr) made.body = text(body);
    return made;
}

outcome store_test::head(std::string_view key, const blobstore_get_options* options) {
    blobstore_object* info = nullptr;
    blobstore_error* error = nullptr;
    const blobstore_status status =
        blobstore_head(store_.get(), key.data(), key.size(), options, nullptr, &info, &error);
    return ended(status, error, info);
}

outcome store_test::remove(std::string_view key) {
    blobstore_error* error = nullptr;
    const blobstore_status status =
        blobstore_delete(store_.get(), key.data(), key.size(), nullptr, &error);
    return ended(status, error, nullptr);
}

outcome
store_test::copy(std::string_view from, std::string_view to, const blobstore_put_options* options) {
    blobstore_object* info = nullptr;
    blobstore_error* error = nullptr;
    const blobstore_status status = blobstore_copy(
        store_.get(),
        from.data(),
        from.size(),
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

listing store_test::list(blobstore_list_options options) {
    blobstore_page* page = nullptr;
    blobstore_error* error = nullptr;
    listing made;
    made.status = blobstore_list(store_.get(), &options, nullptr, &page, &error);
    const page_ptr held(page);
    const error_ptr freed(error);
    if (error != nullptr) made.message = blobstore_error_message(error);
    if (page == nullptr) return made;
    std::vector<blobstore_object_view> views(
        blobstore_page_len(page), sized<blobstore_object_view>()
    );
    EXPECT_EQ(
        blobstore_page_get(page, 0, views.data(), sizeof(blobstore_object_view), views.size()),
        views.size()
    );
    for (const blobstore_object_view& view : views) {
        made.entries.push_back(copied(view));
        made.keys.push_back(made.entries.back().key);
    }
    std::size_t len = 0;
    const char* token = blobstore_page_token(page, &len);
    made.token.assign(token, len);
    return made;
}

listing store_test::list_all(const std::string& prefix) {
    auto options = sized<blobstore_list_options>();
    options.prefix = str(prefix);
    listing all;
    std::string token;
    do {
        options.page_token = str(token);
        listing page = list(options);
        all.status = page.status;
        all.message = page.message;
        all.keys.insert(all.keys.end(), page.keys.begin(), page.keys.end());
        all.entries.insert(all.entries.end(), page.entries.begin(), page.entries.end());
        token = page.token;
    } while (all.status == BLOBSTORE_OK && !token.empty());
    return all;
}

void store_test::judge(
    const std::string& what, const outcome& failed_with, const std::string& failure
) {
    const exception* known = find_exception(target_->name, what);
    if (known == nullptr) {
        EXPECT_EQ(failure, "") << target_->name << ", " << what;
        return;
    }
    EXPECT_NE(failure, "") << target_->name << ", " << what
                           << " passes now, take it out of the exceptions: " << known->reason;
    if (known->status != BLOBSTORE_OK && !failure.empty()) {
        EXPECT_EQ(failed_with.status, known->status) << what << ": " << failure;
    }
}

} // namespace conformance
