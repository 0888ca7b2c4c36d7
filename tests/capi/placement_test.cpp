// SPDX-License-Identifier: Apache-2.0
// How objects are to be kept, who pays and who must own the bucket: as the requests say it; and
// customers' keys and archives, on a server that does what real ones do.
#include "capi/support.h"

namespace blobstore::capi_tests {
namespace {

const std::string customer_key(32, 'k');

std::string field_of(const fakes::logged_request& request, std::string_view name) {
    return fakes::header_or(request.headers, name, "(none)");
}

class placement : public testing::Test {
protected:
    placement() {
        server_.put_object("bucket", "key", "data");
        server_.put_object("bucket", "gone", "data");
    }

    static fakes::server_options over_tls() {
        fakes::server_options options;
        options.tls = fakes::tls_mode::on;
        return options;
    }

    blobstore_status
    put_with(const store_ptr& store, std::string_view key, const blobstore_put_options& options) {
        return blobstore_put(
            store.get(), key.data(), key.size(), "data", 4, &options, nullptr, nullptr, err_
        );
    }

    blobstore_status get_with(const store_ptr& store, const blobstore_get_options* options) {
        blobstore_buffer* body = nullptr;
        const blobstore_status status =
            blobstore_get(store.get(), "key", 3, options, nullptr, &body, nullptr, err_);
        blobstore_buffer_free(body);
        return status;
    }

    blobstore_status copy_with(const store_ptr& store, const blobstore_put_options& options) {
        return blobstore_copy(
            store.get(), "key", 3, store.get(), "copy", 4, &options, nullptr, nullptr, err_
        );
    }

    std::string create(const store_ptr& store, const blobstore_put_options* options) {
        blobstore_buffer* token = nullptr;
        EXPECT_EQ(
            blobstore_upload_create(store.get(), "parts", 5, options, nullptr, &token, err_), 0
        ) << err_.line();
        const buffer_ptr held(token);
        std::size_t len = 0;
        const void* const data = blobstore_buffer_data(token, &len);
        return {static_cast<const char*>(data), len};
    }

    blobstore_status put_part(const store_ptr& store, const std::string& token) {
        blobstore_buffer* receipt = nullptr;
        const blobstore_status status = blobstore_upload_part(
            store.get(), token.data(), token.size(), 1, "data", 4, nullptr, &receipt, err_
        );
        blobstore_buffer_free(receipt);
        return status;
    }

    std::string restore_of(const store_ptr& store) {
        blobstore_object* info = nullptr;
        EXPECT_EQ(blobstore_head(store.get(), "key", 3, nullptr, nullptr, &info, err_), 0);
        auto view = sized<blobstore_object_view>();
        blobstore_object_get(info, &view);
        const std::string told = text_of(view.restore);
        blobstore_object_free(info);
        return told;
    }

    /// One request at least of each kind that goes to the bucket.
    void call_everything(const store_ptr& store);

    fakes::s3_server server_{over_tls()};
    client_ptr client_ = make_client();
    error_slot err_;
};

void placement::call_everything(const store_ptr& store) {
    blobstore_store* const s = store.get();
    const auto put_it = sized<blobstore_put_options>();
    (void)get_with(store, nullptr);
    (void)restore_of(store);
    (void)put_with(store, "new", put_it);
    (void)copy_with(store, put_it);
    (void)blobstore_delete(s, "gone", 4, nullptr, err_);
    const blobstore_str many[] = {str("gone"), str("new")};
    blobstore_status results[2];
    (void)blobstore_delete_many(s, many, 2, nullptr, results, err_);
    auto versions = sized<blobstore_list_options>();
    versions.flags = BLOBSTORE_LIST_VERSIONS;
    for (const blobstore_list_options* how :
         {static_cast<blobstore_list_options*>(nullptr), &versions}) {
        blobstore_page* page = nullptr;
        (void)blobstore_list(s, how, nullptr, &page, err_);
        blobstore_page_free(page);
    }
    const blobstore_kv tag{str("a"), str("b")};
    blobstore_object* info = nullptr;
    (void)blobstore_tags_set(s, "key", 3, &tag, 1, nullptr, nullptr, err_);
    (void)blobstore_tags_get(s, "key", 3, nullptr, nullptr, &info, err_);
    blobstore_object_free(info);
    (void)blobstore_inspect(s, "key", 3, nullptr, nullptr, &info, err_);
    blobstore_object_free(info);
    (void)blobstore_lock_get(s, "key", 3, nullptr, nullptr, &info, err_);
    blobstore_object_free(info);
    (void)blobstore_restore(s, "key", 3, nullptr, nullptr, err_);
    (void)blobstore_bucket_exists(s, nullptr, err_);
    (void)blobstore_bucket_versioning(s, 1, nullptr, err_);
    (void)blobstore_store_probe(s, nullptr, err_);
    const std::string token = create(store, nullptr);
    (void)put_part(store, token);
    blobstore_buffer* receipt = nullptr;
    (void)blobstore_upload_part_copy(
        s, token.data(), token.size(), 2, s, "key", 3, nullptr, nullptr, &receipt, err_
    );
    blobstore_buffer_free(receipt);
    const blobstore_kv parts[] = {{str("2"), {}}};
    (void
    )blobstore_upload_complete(s, token.data(), token.size(), parts, 1, nullptr, nullptr, err_);
    std::uint64_t aborted = 0;
    (void)create(store, nullptr);
    (void)blobstore_uploads_abort(s, "", 0, 0, nullptr, &aborted, err_);
}

TEST_F(placement, is_asked_for_by_headers_of_every_write) {
    auto options = sized<blobstore_put_options>();
    options.storage_class = str("SOME_NEW_CLASS");
    options.acl = str("bucket-owner-full-control");
    const store_ptr store = open_fake(client_, server_);
    for (const char* const how : {"aws:kms", "aws:kms:dsse", "AES256"}) {
        const bool kms = std::string_view(how) != "AES256";
        options.sse = str(how);
        options.flags = kms ? BLOBSTORE_PUT_BUCKET_KEY : 0;
        options.sse_kms_key_id = str(kms ? "arn:aws:kms:us-east-1:1:key/2" : "");
        server_.clear_log();
        ASSERT_EQ(put_with(store, "new", options), BLOBSTORE_OK) << err_.line();
        ASSERT_EQ(copy_with(store, options), BLOBSTORE_OK) << err_.line();
        (void)create(store, &options);
        ASSERT_EQ(server_.log().size(), 3U);
        for (const fakes::logged_request& request : server_.log()) {
            const std::string stem = "x-amz-server-side-encryption";
            EXPECT_EQ(field_of(request, "x-amz-storage-class"), "SOME_NEW_CLASS");
            EXPECT_EQ(field_of(request, "x-amz-acl"), "bucket-owner-full-control");
            EXPECT_EQ(field_of(request, stem), how) << request.method;
            EXPECT_EQ(
                field_of(request, stem + "-aws-kms-key-id"),
                kms ? text_of(options.sse_kms_key_id) : "(none)"
            );
            EXPECT_EQ(field_of(request, stem + "-bucket-key-enabled"), kms ? "true" : "(none)");
        }
    }
    blobstore_object* info = nullptr;
    ASSERT_EQ(blobstore_head(store.get(), "new", 3, nullptr, nullptr, &info, err_), 0);
    auto view = sized<blobstore_object_view>();
    blobstore_object_get(info, &view);
    EXPECT_EQ(text_of(view.storage_class), "SOME_NEW_CLASS") << "whatever it is";
    EXPECT_EQ(text_of(view.sse), "AES256");
    blobstore_object_free(info);
    blobstore_buffer* body = nullptr; // its ETag is no digest then: nothing is compared with it
    EXPECT_EQ(blobstore_get(store.get(), "new", 3, nullptr, nullptr, &body, nullptr, err_), 0);
    blobstore_buffer_free(body);
}

TEST_F(placement, S3_46_every_request_names_the_owner_and_who_pays) {
    const store_ptr store = open_fake(
        client_,
        server_,
        {{"expected_bucket_owner", fakes::bucket_owner}, {"request_payer", "requester"}}
    );
    server_.clear_log();
    call_everything(store);
    const auto log = server_.log();
    EXPECT_GE(log.size(), 30U);
    for (const fakes::logged_request& request : log) {
        const std::string line = request.method + " " + request.target;
        EXPECT_EQ(field_of(request, "x-amz-expected-bucket-owner"), fakes::bucket_owner) << line;
        EXPECT_EQ(field_of(request, "x-amz-request-payer"), "requester") << line;
        if (field_of(request, "x-amz-copy-source") != "(none)") {
            EXPECT_EQ(field_of(request, "x-amz-source-expected-bucket-owner"), fakes::bucket_owner);
        }
        EXPECT_NE(request.authorization.find("x-amz-expected-bucket-owner"), std::string::npos);
    }
    const store_ptr sniped =
        open_fake(client_, server_, {{"expected_bucket_owner", "999988887777"}});
    EXPECT_EQ(get_with(sniped, nullptr), BLOBSTORE_E_PERMISSION) << err_.line();
    EXPECT_EQ(put_with(sniped, "new", sized<blobstore_put_options>()), BLOBSTORE_E_PERMISSION);
}

// Servers pass over the key without a word and keep the bytes open: the echo tells.
TEST_F(placement, S3_38_a_server_that_passes_over_the_key_is_an_error) {
    const store_ptr store = open_fake(client_, server_);
    auto write = sized<blobstore_put_options>();
    write.sse_customer_key = str(customer_key);
    auto read = sized<blobstore_get_options>();
    read.sse_customer_key = str(customer_key);
    ASSERT_EQ(put_with(store, "key", write), BLOBSTORE_OK) << err_.line();
    ASSERT_EQ(get_with(store, &read), BLOBSTORE_OK) << err_.line();
    server_.put_object("bucket", "key", "data");
    server_.service().ignore_customer_keys(true);
    const auto passed_over = [&](blobstore_status status, const char* what, bool writes) {
        EXPECT_EQ(status, BLOBSTORE_E_UNSUPPORTED) << what << ": " << err_.line();
        EXPECT_NE(err_.line().find("SSE-C"), std::string::npos) << what;
        const bool doubt = (err_.view().flags & BLOBSTORE_ERR_OUTCOME_UNKNOWN) != 0;
        EXPECT_EQ(doubt, writes) << what;
    };
    passed_over(put_with(store, "new", write), "put", true);
    passed_over(get_with(store, &read), "get", false);
    blobstore_object* info = nullptr;
    passed_over(blobstore_head(store.get(), "key", 3, &read, nullptr, &info, err_), "head", false);
    passed_over(copy_with(store, write), "copy", true);
    passed_over(put_part(store, create(store, &write)), "part", true);
    const store_ptr in_parts = open_fake(client_, server_, {{"multipart_threshold", "5MiB"}});
    const std::string large((5u << 20) + 1, 'l');
    passed_over(
        blobstore_put(
            in_parts.get(), "large", 5, large.data(), large.size(), &write, nullptr, nullptr, err_
        ),
        "put in parts",
        false // no object was made
    );
    EXPECT_FALSE(server_.object_data("bucket", "large"));
}

TEST_F(placement, S3_38_a_key_goes_over_tls_only) {
    fakes::s3_server plain;
    plain.put_object("bucket", "key", "data");
    const store_ptr store = open_fake(client_, plain);
    auto write = sized<blobstore_put_options>();
    write.sse_customer_key = str(customer_key);
    auto read = sized<blobstore_get_options>();
    read.sse_customer_key = str(customer_key);
    EXPECT_EQ(put_with(store, "key", write), BLOBSTORE_E_UNSUPPORTED) << err_.line();
    EXPECT_NE(err_.line().find("TLS"), std::string::npos) << err_.line();
    EXPECT_EQ(get_with(store, &read), BLOBSTORE_E_UNSUPPORTED);
    EXPECT_EQ(copy_with(store, write), BLOBSTORE_E_UNSUPPORTED);
    EXPECT_EQ(plain.traffic_of({.method = "PUT"}).requests, 0U);
    for (const fakes::logged_request& request : plain.log())
        EXPECT_EQ(field_of(request, "x-amz-server-side-encryption-customer-key"), "(none)");
    const store_ptr secure = open_fake(client_, server_);
    write.sse_customer_key = str("short");
    EXPECT_EQ(put_with(secure, "key", write), BLOBSTORE_E_INVALID_ARGUMENT) << err_.line();
    EXPECT_NE(err_.line().find("32"), std::string::npos) << err_.line();
    EXPECT_EQ(err_.line().find("short"), std::string::npos) << "a key is no word of an error";
}

TEST_F(placement, S3_38_what_is_archived_is_restored_first) {
    const store_ptr store = open_fake(client_, server_);
    auto cold = sized<blobstore_put_options>();
    cold.storage_class = str("DEEP_ARCHIVE");
    ASSERT_EQ(put_with(store, "key", cold), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(get_with(store, nullptr), BLOBSTORE_E_ARCHIVED) << "and not E_PERMISSION";
    EXPECT_NE(err_.line().find("restore"), std::string::npos) << err_.line();
    EXPECT_EQ(restore_of(store), "");
    auto options = sized<blobstore_restore_options>();
    options.days = 3;
    options.tier = str("Bulk");
    const auto restore = [&] {
        return blobstore_restore(store.get(), "key", 3, &options, nullptr, err_);
    };
    EXPECT_EQ(restore(), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(restore(), BLOBSTORE_OK) << "it is on its way: " << err_.line();
    EXPECT_EQ(get_with(store, nullptr), BLOBSTORE_E_ARCHIVED);
    EXPECT_NE(restore_of(store).find("ongoing-request=\"true\""), std::string::npos);
    server_.service().end_restores("bucket");
    EXPECT_EQ(get_with(store, nullptr), BLOBSTORE_OK) << err_.line();
    EXPECT_NE(restore_of(store).find("expiry-date"), std::string::npos);
    EXPECT_EQ(restore(), BLOBSTORE_OK) << "for longer";
    options.tier = str("<Fast>");
    EXPECT_EQ(restore(), BLOBSTORE_E_INVALID_ARGUMENT) << err_.line();
    EXPECT_EQ(
        blobstore_restore(store.get(), "none", 4, nullptr, nullptr, err_), BLOBSTORE_E_NOT_FOUND
    );
}

} // namespace
} // namespace blobstore::capi_tests
