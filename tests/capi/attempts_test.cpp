// SPDX-License-Identifier: Apache-2.0
// What is sent again, and how each attempt looks to the server, through the C interface.
#include "capi/support.h"
#include "support/temp_folder.h"

#include <algorithm>
#include <fstream>
#include <functional>

namespace blobstore::capi_tests {
namespace {

std::string field_of(const fakes::logged_request& request, std::string_view name) {
    const auto same = [name](const std::string& other) {
        return std::equal(other.begin(), other.end(), name.begin(), name.end(), [](char a, char b) {
            return std::tolower(a) == std::tolower(b);
        });
    };
    for (const auto& [each, value] : request.headers)
        if (same(each)) return value;
    return {};
}

class attempts : public testing::Test {
protected:
    attempts() {
        server_.put_object("bucket", "key", "data");
        server_.put_object("bucket", "b", "data");
    }

    fakes::s3_server server_;
    client_ptr client_ = make_client();
    store_ptr store_ = open_fake(client_, server_);
    error_slot err_;
};

TEST_F(attempts, S3_14_each_is_signed_anew_with_its_own_date) {
    const std::function<blobstore_status()> calls[] = {
        [&] { return get(store_, "key", nullptr, err_); },
        [&] { return put(store_, "key", "data", err_); }};
    for (const auto& call : calls) {
        server_.clear_log();
        server_.on({}, fakes::answer_status(503, "SlowDown", 1), 1); // dates are in seconds
        EXPECT_EQ(call(), BLOBSTORE_OK) << err_.line();              // the fake verifies each
        const auto log = server_.log();
        ASSERT_EQ(log.size(), 2U);
        EXPECT_EQ(log[1].status, 200);
        EXPECT_NE(field_of(log[0], "x-amz-date"), field_of(log[1], "x-amz-date"));
        EXPECT_NE(log[0].authorization, log[1].authorization);
    }
}

TEST_F(attempts, S3_15_an_early_answer_to_a_large_put_is_the_result) {
    const std::string body(16 << 20, 'x');
    for (const char* expect_from : {"0", "1MiB"}) {
        const bool asks = *expect_from != '0';
        const client_ptr client = make_client({{"expect_continue_size", expect_from}});
        const store_ptr store = open_fake(client, server_);
        for (const bool resets : {false, true}) {
            fakes::fault early = fakes::answer_status(403, "AccessDenied");
            early.early = true;
            if (resets) {
                early.what = fakes::event::reset;
                early.where = fakes::stage::after_answer;
            }
            server_.clear_log();
            server_.on({}, early, 1);
            const auto from = steady::now();
            const blobstore_status status = put(store, "key", body, err_);
            EXPECT_LT(since(from).count(), 2000);
            // A reset may overtake the answer, unless nothing is on its way to the server.
            server_.clear_faults();
            if (resets && !asks) continue;
            EXPECT_EQ(status, BLOBSTORE_E_PERMISSION) << err_.line();
            EXPECT_EQ(server_.log().size(), 1U);
        }
        fakes::fault later = fakes::answer_status(503, "SlowDown");
        later.early = true;
        server_.clear_log();
        server_.on({}, later, 1);
        EXPECT_EQ(put(store, "key", body, err_), BLOBSTORE_OK) << err_.line();
        EXPECT_EQ(server_.log().size(), 2U);
        EXPECT_EQ(server_.object_data("bucket", "key"), body);
    }
}

TEST_F(attempts, S3_16_which_puts_expect_to_be_asked_for_their_body) {
    struct row {
        const char* from; // or default
        std::size_t size;
        bool asks;
    };

    constexpr row rows[] = {
        {nullptr, 1 << 20, true},
        {nullptr, (1 << 20) - 1, false},
        {"0", 8 << 20, false},
        {"10", 10, true},
        {"10", 0, false}};
    for (const row& one : rows) {
        const client_ptr client =
            one.from ? make_client({{"expect_continue_size", one.from}}) : make_client();
        const store_ptr store = open_fake(client, server_);
        server_.clear_log();
        const auto from = steady::now();
        EXPECT_EQ(put(store, "key", std::string(one.size, 'x'), err_), BLOBSTORE_OK) << err_.line();
        EXPECT_LT(since(from).count(), 950) << "nobody waits where the server answers";
        ASSERT_EQ(server_.log().size(), 1U);
        const auto request = server_.log().front();
        EXPECT_EQ(field_of(request, "expect"), one.asks ? "100-continue" : "") << one.size;
        EXPECT_EQ(request.authorization.find("expect"), std::string::npos) << "hop by hop";
        EXPECT_EQ(request.body_bytes, one.size);
    }
}

TEST_F(attempts, S3_17_an_empty_body_has_a_length_and_a_digest) {
    const char* const of_nothing =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const blobstore_tests::temp_folder folder;
    const std::string path = folder / "empty";
    std::ofstream(path).flush();
    auto file = sized<blobstore_file>();
    file.path = str(path);
    fakes::server_options options;
    options.tls = fakes::tls_mode::on;
    fakes::s3_server secure(std::move(options));
    for (fakes::s3_server* server : {&server_, &secure}) {
        const store_ptr store = open_fake(client_, *server);
        server->clear_log();
        EXPECT_EQ(put(store, "memory", "", err_), BLOBSTORE_OK) << err_.line();
        EXPECT_EQ(
            blobstore_upload_file(store.get(), "file", 4, &file, nullptr, nullptr, nullptr, err_),
            BLOBSTORE_OK
        ) << err_.line();
        ASSERT_EQ(server->log().size(), 2U);
        for (const auto& request : server->log()) {
            EXPECT_EQ(field_of(request, "content-length"), "0");
            EXPECT_EQ(field_of(request, "x-amz-content-sha256"), of_nothing);
            EXPECT_EQ(field_of(request, "transfer-encoding"), "");
            EXPECT_EQ(field_of(request, "expect"), "");
        }
        EXPECT_EQ(server->object_data("bucket", "memory"), "");
    }
}

// RT-11: what was carried out and whose answer is lost is asked for again where that does no harm.
TEST_F(attempts, RT11_which_operations_may_be_carried_out_twice) {
    const blobstore_str keys[] = {str("key"), str("b")};
    blobstore_status results[2];
    const client_ptr elsewhere = make_client();
    fakes::s3_server other;
    other.put_object("bucket", "key", "data");
    const store_ptr source = open_fake(elsewhere, other);
    const auto copy_from = [&](const store_ptr& from) {
        return blobstore_copy(
            from.get(), "key", 3, store_.get(), "copy", 4, nullptr, nullptr, nullptr, err_
        );
    };

    struct row {
        const char* name;
        std::function<blobstore_status()> call;
        bool repeated;
    };

    const row rows[] = {
        {"get", [&] { return get(store_, "key", nullptr, err_); }, true},
        {"head",
         [&] { return blobstore_head(store_.get(), "key", 3, nullptr, nullptr, nullptr, err_); },
         true},
        {"list",
         [&] {
             blobstore_page* page = nullptr;
             const auto status = blobstore_list(store_.get(), nullptr, nullptr, &page, err_);
             blobstore_page_free(page);
             return status;
         },
         true},
        {"put", [&] { return put(store_, "key", "other", err_); }, true},
        {"copy", [&] { return copy_from(store_); }, true},
        {"copy of what comes once", [&] { return copy_from(source); }, false},
        {"delete_many",
         [&] { return blobstore_delete_many(store_.get(), keys, 2, nullptr, results, err_); },
         true},
        {"delete", [&] { return blobstore_delete(store_.get(), "key", 3, nullptr, err_); }, true},
    };
    for (const row& one : rows) {
        server_.clear_log();
        server_.on({}, fakes::reset_at(fakes::stage::answer_head), 1);
        const blobstore_status status = one.call();
        EXPECT_EQ(server_.log().size(), one.repeated ? 2U : 1U) << one.name;
        if (one.repeated) {
            EXPECT_EQ(status, BLOBSTORE_OK) << one.name << ": " << err_.line();
            continue;
        }
        EXPECT_EQ(status, BLOBSTORE_E_NETWORK) << one.name;
        EXPECT_TRUE(err_.view().flags & BLOBSTORE_ERR_OUTCOME_UNKNOWN) << one.name;
    }
    // The second delete finds nothing, which is what was asked for.
    server_.on({}, fakes::reset_at(fakes::stage::answer_head), 1);
    server_.on({.nth = 1}, fakes::answer_status(404, "NoSuchKey"), 1);
    EXPECT_EQ(blobstore_delete(store_.get(), "b", 1, nullptr, err_), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(server_.object_data("bucket", "b"), std::nullopt);
}

TEST_F(attempts, S3_24_what_is_left_of_a_bulk_delete_is_signed_anew) {
    const blobstore_str keys[] = {str("key"), str("b")};
    blobstore_status results[] = {1, 1};
    fakes::fault partly = fakes::answer_status(200, "");
    partly.body =
        "<DeleteResult><Error><Key>b</Key><Code>InternalError</Code></Error></DeleteResult>";
    server_.on({}, partly, 1); // nothing is done yet
    EXPECT_EQ(blobstore_delete_many(store_.get(), keys, 2, nullptr, results, err_), BLOBSTORE_OK)
        << err_.line();
    EXPECT_EQ(server_.log().size(), 2U);
    EXPECT_EQ(server_.object_data("bucket", "b"), std::nullopt);
    EXPECT_EQ(server_.object_data("bucket", "key"), "data") << "named once";
    EXPECT_EQ(results[0], BLOBSTORE_OK);
    EXPECT_EQ(results[1], BLOBSTORE_OK);
}

} // namespace
} // namespace blobstore::capi_tests
