// SPDX-License-Identifier: Apache-2.0
// Bad input has a specific status and one line with the operation and the key, and no secret.
#include "capi/support.h"

namespace blobstore::capi_tests {
namespace {

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

class bad_input : public testing::Test {
protected:
    bad_input() { server_.put_object("bucket", "the/key", std::string(1000, 'x')); }

    blobstore_status open(std::string_view url) {
        blobstore_store* made = nullptr;
        const auto status =
            blobstore_store_open(client_.get(), url.data(), url.size(), nullptr, &made, err_);
        blobstore_store_free(made);
        return status;
    }

    // The last error is one line with this operation and key, and no secret.
    void expect_line(const std::string& operation, const std::string& key) {
        const std::string line = err_.line();
        EXPECT_TRUE(has(line, operation)) << line;
        EXPECT_TRUE(has(line, key)) << line;
        EXPECT_FALSE(has(line, "testsecret")) << line;
        EXPECT_FALSE(has(line, "\n")) << line;
        EXPECT_FALSE(has(line, "\r")) << line;
    }

    blobstore_status get_with(const fakes::fault& what) {
        server_.on({}, what, fakes::for_ever);
        auto call = sized<blobstore_call>();
        call.max_attempts = 1;
        return get(open_fake(client_, server_), "the/key", &call, err_);
    }

    fakes::s3_server server_;
    client_ptr client_ = make_client();
    error_slot err_;
};

TEST_F(bad_input, malformed_url) {
    for (const char* url : {"", "s3", "://x", "s3:/bucket", "s3://", "s3://bu cket", "s3://b?x"}) {
        const auto status = open(url);
        EXPECT_TRUE(status == BLOBSTORE_E_INVALID_ARGUMENT || status == BLOBSTORE_E_CONFIG)
            << url << " " << blobstore_status_name(status);
        EXPECT_FALSE(err_.line().empty()) << url;
    }
}

TEST_F(bad_input, unknown_scheme) {
    EXPECT_EQ(open("gopher://hole"), BLOBSTORE_E_UNSUPPORTED);
    EXPECT_TRUE(has(err_.line(), "gopher")) << err_.line();
}

TEST_F(bad_input, unknown_setting_names_the_nearest) {
    const config_ptr config = make_config({});
    EXPECT_EQ(blobstore_config_set(config.get(), "regoin", 6, "x", 1, err_), BLOBSTORE_E_CONFIG);
    EXPECT_TRUE(has(err_.line(), "'region'")) << err_.line();
    EXPECT_EQ(open("s3://bucket?endpiont=http://x"), BLOBSTORE_E_CONFIG);
    EXPECT_TRUE(has(err_.line(), "'endpoint'")) << err_.line();
}

TEST_F(bad_input, keys) {
    const store_ptr s3 = open_fake(client_, server_);
    const store_ptr memory = open_store(client_, "memory://m");
    for (const store_ptr* store : {&s3, &memory}) {
        for (const std::string& key :
             {std::string(), std::string(1025, 'k'), std::string("a\0b", 3)}) {
            EXPECT_EQ(get(*store, key, nullptr, err_), BLOBSTORE_E_INVALID_ARGUMENT);
            EXPECT_EQ(put(*store, key, "x", err_), BLOBSTORE_E_INVALID_ARGUMENT);
            expect_line("put", "key");
        }
    }
    EXPECT_EQ(server_.counters().requests, 0U);
}

TEST_F(bad_input, line_breaks_in_what_becomes_a_header) {
    const store_ptr store = open_fake(client_, server_);
    for (const char* value : {"a\r\nx-amz-acl: public", "a\nb", "a\rb"}) {
        const blobstore_kv pair{str("name"), str(value)};
        auto metadata = sized<blobstore_put_options>();
        metadata.metadata = &pair;
        metadata.metadata_len = 1;
        auto type = sized<blobstore_put_options>();
        type.content_type = str(value);
        for (const auto& options : {metadata, type}) {
            EXPECT_EQ(
                blobstore_put(store.get(), "the/key", 7, "x", 1, &options, nullptr, nullptr, err_),
                BLOBSTORE_E_INVALID_ARGUMENT
            );
            expect_line("put", "the/key");
        }
        auto condition = sized<blobstore_get_options>();
        condition.if_match = str(value);
        EXPECT_EQ(
            blobstore_head(store.get(), "the/key", 7, &condition, nullptr, nullptr, err_),
            BLOBSTORE_E_INVALID_ARGUMENT
        );
    }
    EXPECT_EQ(server_.counters().requests, 0U);
}

TEST_F(bad_input, ranges) {
    const store_ptr store = open_fake(client_, server_);
    auto both = sized<blobstore_get_options>();
    both.flags = BLOBSTORE_GET_OFFSET | BLOBSTORE_GET_SUFFIX;
    both.suffix_length = 5;
    blobstore_buffer* body = nullptr;
    EXPECT_EQ(
        blobstore_get(store.get(), "the/key", 7, &both, nullptr, &body, nullptr, err_),
        BLOBSTORE_E_INVALID_ARGUMENT
    );
    auto behind = sized<blobstore_get_options>();
    behind.flags = BLOBSTORE_GET_OFFSET;
    behind.offset = 5000;
    EXPECT_EQ(
        blobstore_get(store.get(), "the/key", 7, &behind, nullptr, &body, nullptr, err_),
        BLOBSTORE_E_RANGE
    );
    expect_line("get", "the/key");
}

TEST_F(bad_input, S3_44_presign_over_seven_days) {
    const store_ptr store = open_fake(client_, server_);
    auto options = sized<blobstore_presign_options>();
    options.expires_ms = (7 * 24 * 3600 + 1) * 1000LL;
    blobstore_buffer* link = nullptr;
    EXPECT_EQ(
        blobstore_presign(store.get(), "the/key", 7, &options, nullptr, &link, err_),
        BLOBSTORE_E_INVALID_ARGUMENT
    );
    EXPECT_EQ(link, nullptr);
    expect_line("presign", "the/key");
}

TEST_F(bad_input, wrong_credentials) {
    const std::string secret = "testsecret-but-another";
    const store_ptr wrong = open_fake(client_, server_, {{"secret_access_key", secret}});
    EXPECT_EQ(get(wrong, "the/key", nullptr, err_), BLOBSTORE_E_PERMISSION);
    expect_line("get", "the/key");
    EXPECT_EQ(text_of(err_.view().service_code), "SignatureDoesNotMatch");
    const store_ptr unknown = open_fake(client_, server_, {{"access_key_id", "nobody"}});
    EXPECT_EQ(get(unknown, "the/key", nullptr, err_), BLOBSTORE_E_UNAUTHENTICATED);
    expect_line("get", "the/key");
}

TEST_F(bad_input, missing_bucket) {
    const store_ptr store = open_store(client_, "s3://nowhere", fake_settings(server_.endpoint()));
    EXPECT_EQ(get(store, "the/key", nullptr, err_), BLOBSTORE_E_STORE_NOT_FOUND);
    expect_line("get", "the/key");
    EXPECT_GT(err_.view().hint.len, 0U);
}

TEST_F(bad_input, unreachable_host) {
    const fakes::refused_port closed;
    const std::string endpoint = "http://127.0.0.1:" + std::to_string(closed.port());
    const store_ptr store = open_store(client_, "s3://bucket", fake_settings(endpoint));
    auto call = sized<blobstore_call>();
    call.max_attempts = 2;
    EXPECT_EQ(get(store, "the/key", &call, err_), BLOBSTORE_E_CONNECT);
    expect_line("get", "the/key");
    const store_ptr nameless =
        open_store(client_, "s3://bucket", fake_settings("http://no-such-host.invalid"));
    EXPECT_EQ(get(nameless, "the/key", &call, err_), BLOBSTORE_E_DNS);
    expect_line("get", "the/key");
}

TEST_F(bad_input, truncated_body) {
    const auto status = get_with(fakes::close_at(fakes::stage::answer_body, 500));
    EXPECT_EQ(status, BLOBSTORE_E_NETWORK) << blobstore_status_name(status);
    expect_line("get", "the/key");
}

// What comes behind the promised length is not the object's, and the connection is not used again.
TEST_F(bad_input, body_longer_than_promised) {
    fakes::fault what;
    what.extra = "more than was promised";
    std::string body;
    server_.on({}, what, fakes::for_ever);
    const store_ptr store = open_fake(client_, server_);
    for (int i = 0; i < 3; ++i) {
        const auto status = get(store, "the/key", nullptr, err_, &body);
        EXPECT_EQ(status, BLOBSTORE_E_PROTOCOL);
        expect_line("get", "the/key");
    }
    EXPECT_EQ(server_.counters().connections, 3U);
}

TEST_F(bad_input, garbage_xml) {
    fakes::fault what;
    what.status = 200;
    what.body = "<ListBucketResult><Con";
    server_.on({}, what, fakes::for_ever);
    const store_ptr store = open_fake(client_, server_);
    blobstore_page* page = nullptr;
    auto call = sized<blobstore_call>();
    call.max_attempts = 1;
    EXPECT_EQ(blobstore_list(store.get(), nullptr, &call, &page, err_), BLOBSTORE_E_PROTOCOL);
    EXPECT_EQ(page, nullptr);
    expect_line("list", "bucket");
}

TEST_F(bad_input, garbage_in_an_error_document) {
    fakes::fault what;
    what.status = 403;
    what.body = "<html>\r\nnot xml";
    EXPECT_EQ(get_with(what), BLOBSTORE_E_PERMISSION);
    expect_line("get", "the/key");
}

TEST_F(bad_input, line_breaks_in_user_agent) {
    const store_ptr store = open_store(client_, "memory://m");
    blobstore_store* made = nullptr;
    const config_ptr config =
        make_config(fake_settings(server_.endpoint(), {{"user_agent", "a\r\nb"}}));
    EXPECT_EQ(
        blobstore_store_open(client_.get(), "s3://bucket", 11, config.get(), &made, err_),
        BLOBSTORE_E_CONFIG
    );
}

TEST_F(bad_input, S3_44_what_a_link_cannot_be_given) {
    const store_ptr store = open_fake(client_, server_);
    for (const bool header : {false, true})
        for (const char* name : {"X-Amz-Expires", "x-amz-signature", "X-AMZ-DATE", "Host"}) {
            if (header != (std::string_view(name) == "Host")) continue;
            const blobstore_kv pair{str(name), str("1")};
            auto options = sized<blobstore_presign_options>();
            (header ? options.headers : options.query) = &pair;
            (header ? options.headers_len : options.query_len) = 1;
            blobstore_buffer* link = nullptr;
            EXPECT_EQ(
                blobstore_presign(store.get(), "the/key", 7, &options, nullptr, &link, err_),
                BLOBSTORE_E_INVALID_ARGUMENT
            ) << name;
            expect_line("presign", "the/key");
        }
}

TEST_F(bad_input, a_part_that_nobody_asked_for) {
    for (const char* range : {"bytes 0-3/1000", "bytes 5-8/1000", "bytes 0-2/1000"}) {
        fakes::fault what;
        what.raw = "HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\nContent-Range: " +
                   std::string(range) + "\r\n\r\nabcd";
        server_.clear_faults();
        EXPECT_EQ(get_with(what), BLOBSTORE_E_PROTOCOL) << range;
        expect_line("get", "the/key");
    }
}

TEST_F(bad_input, timeouts_have_a_hint) {
    server_.on({}, fakes::stall_at(fakes::stage::answer_head), fakes::for_ever);
    auto call = sized<blobstore_call>();
    call.timeout_ms = 100;
    EXPECT_EQ(get(open_fake(client_, server_), "the/key", &call, err_), BLOBSTORE_E_TIMEOUT);
    expect_line("get", "the/key");
    EXPECT_GT(err_.view().hint.len, 0U);
}

TEST_F(bad_input, a_missing_bucket_in_a_list_keeps_what_the_service_said) {
    const store_ptr store = open_store(client_, "s3://nowhere", fake_settings(server_.endpoint()));
    blobstore_page* page = nullptr;
    EXPECT_EQ(
        blobstore_list(store.get(), nullptr, nullptr, &page, err_), BLOBSTORE_E_STORE_NOT_FOUND
    );
    EXPECT_EQ(text_of(err_.view().service_code), "NoSuchBucket");
    EXPECT_EQ(err_.view().http_status, 404);
    EXPECT_GT(err_.view().request_id.len, 0U);
    EXPECT_GT(err_.view().hint.len, 0U);
}

// Limits hold that a store URL or the store's configuration names; a client's own settings are
// refused there.
TEST_F(bad_input, limits_in_a_store_url) {
    server_.on({}, fakes::stall_at(fakes::stage::answer_head), fakes::for_ever);
    const store_ptr in_url =
        open_store(client_, "s3://bucket?timeout=200ms", fake_settings(server_.endpoint()));
    const store_ptr in_config =
        open_store(client_, "s3://bucket", fake_settings(server_.endpoint(), {{"timeout", "200"}}));
    for (const store_ptr* store : {&in_url, &in_config}) {
        const auto start = steady::now();
        EXPECT_EQ(get(*store, "the/key", nullptr, err_), BLOBSTORE_E_TIMEOUT);
        EXPECT_LE(since(start).count(), 450);
    }
    EXPECT_EQ(open("s3://bucket?worker_threads=3"), BLOBSTORE_E_CONFIG);
    EXPECT_TRUE(has(err_.line(), "client")) << err_.line();
}

TEST_F(bad_input, keys_that_were_not_tried_are_not_reported_as_deleted) {
    const store_ptr store = open_fake(client_, server_);
    EXPECT_EQ(blobstore_client_close(client_.get(), -1, nullptr), BLOBSTORE_OK);
    const blobstore_str keys[] = {str("a"), str("b")};
    blobstore_status results[] = {0, 0};
    EXPECT_EQ(
        blobstore_delete_many(store.get(), keys, 2, nullptr, results, nullptr), BLOBSTORE_E_CLOSED
    );
    EXPECT_EQ(results[0], BLOBSTORE_E_CANCELLED);
    EXPECT_EQ(results[1], BLOBSTORE_E_CANCELLED);
}

using retries = bad_input;

TEST_F(retries, an_expired_token_is_asked_for_anew_and_then_reported) {
    server_.on({}, fakes::answer_status(400, "ExpiredToken"), fakes::for_ever);
    EXPECT_EQ(
        get(open_fake(client_, server_), "the/key", nullptr, err_), BLOBSTORE_E_UNAUTHENTICATED
    );
    EXPECT_EQ(server_.log().size(), 1U) << "fixed keys have no others";
    EXPECT_EQ(text_of(err_.view().service_code), "ExpiredToken");
    expect_line("get", "the/key");
}

TEST_F(retries, two_503_and_a_200_are_three_signatures) {
    server_.on({}, fakes::answer_status(503, "SlowDown"), 2);
    EXPECT_EQ(get(open_fake(client_, server_), "the/key", nullptr, err_), BLOBSTORE_OK)
        << err_.line();
    const auto log = server_.log();
    ASSERT_EQ(log.size(), 3U);
    for (const auto& one : log) {
        EXPECT_TRUE(has(one.authorization, "Signature=")) << one.authorization;
    }
    EXPECT_EQ(log[2].status, 200);
}

TEST_F(retries, what_the_service_asks_to_wait_is_told) {
    server_.on({}, fakes::answer_status(503, "SlowDown", 7), fakes::for_ever);
    auto call = sized<blobstore_call>();
    call.max_attempts = 1;
    EXPECT_EQ(get(open_fake(client_, server_), "the/key", &call, err_), BLOBSTORE_E_THROTTLED);
    EXPECT_EQ(err_.view().retry_after_ms, 7000);
    EXPECT_NE(err_.view().flags & BLOBSTORE_ERR_RETRYABLE, 0U);
}

TEST_F(retries, a_403_is_one_attempt) {
    server_.on({}, fakes::answer_status(403, "AccessDenied"), fakes::for_ever);
    EXPECT_EQ(get(open_fake(client_, server_), "the/key", nullptr, err_), BLOBSTORE_E_PERMISSION);
    EXPECT_EQ(server_.log().size(), 1U);
    const auto view = err_.view();
    EXPECT_EQ(view.attempts, 1U);
    EXPECT_EQ(view.http_status, 403);
    EXPECT_NE(view.flags & BLOBSTORE_ERR_FROM_SERVICE, 0U);
    EXPECT_GT(view.hint.len, 0U);
    expect_line("get", "the/key");
}

TEST_F(retries, memory_limit_before_the_body) {
    server_.on({}, fakes::stall_at(fakes::stage::answer_body, 10), fakes::for_ever);
    const store_ptr store = open_fake(client_, server_, {{"memory_limit", "500"}});
    const auto start = steady::now();
    EXPECT_EQ(get(store, "the/key", nullptr, err_), BLOBSTORE_E_TOO_LARGE);
    EXPECT_LE(since(start).count(), 1000) << "the body is stalled";
    for (const char* other : {"get_into", "reader", "download_file"}) {
        EXPECT_TRUE(has(err_.line(), other)) << err_.line();
    }
}

} // namespace
} // namespace blobstore::capi_tests
