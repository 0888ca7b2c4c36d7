// SPDX-License-Identifier: Apache-2.0
// Checksums on the wire against the fake server: trailers, refusals, damage, sums of parts.
#include "capi/support.h"
#include "fakes/digests.h"
#include "support/temp_folder.h"

#include <fstream>

namespace blobstore::capi_tests {
namespace {

constexpr const char* aws_host = "bucket.s3.us-east-1.amazonaws.com";

fakes::server_options as_aws() {
    fakes::server_options options;
    options.tls = fakes::tls_mode::on;
    options.service.endpoints = {"s3.us-east-1.amazonaws.com"};
    return options;
}

class checksums : public testing::Test {
protected:
    checksums() { std::ofstream(path_) << body_; }

    store_ptr aws_store(const settings& more = {}) {
        const std::string to = ":443:127.0.0.1:" + std::to_string(server_.port());
        settings all{
            {"region", "us-east-1"},
            {"access_key_id", "testkey"},
            {"secret_access_key", "testsecret1234"},
            {"resolve", aws_host + to},
            {"ca_file", server_.ca().ca_file()}};
        all.insert(all.end(), more.begin(), more.end());
        return open_store(client_, "s3://bucket", all);
    }

    blobstore_status
    upload(const store_ptr& store, const blobstore_put_options* options = nullptr) {
        auto file = sized<blobstore_file>();
        file.path = {path_.data(), path_.size()};
        return blobstore_upload_file(store.get(), "key", 3, &file, options, nullptr, nullptr, err_);
    }

    // Of the last request with a body.
    std::string sent(const std::string& name) {
        std::string value;
        for (const auto& request : server_.log())
            for (const auto& [field, text] : request.headers)
                if (request.body_bytes > 0 && http_name(field) == name) value = text;
        return value;
    }

    static std::string http_name(std::string name) {
        for (char& c : name)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        return name;
    }

    const blobstore_tests::temp_folder folder_;
    const std::string path_ = folder_.path() + "/file";
    const std::string body_ = std::string(300000, 'b') + "end";
    fakes::s3_server server_{as_aws()};
    client_ptr client_ = make_client();
    error_slot err_;
};

TEST_F(checksums, S3_40_aws_gets_crc64nvme_behind_streams_and_before_memory) {
    const store_ptr store = aws_store();
    ASSERT_EQ(upload(store), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(server_.log().size(), 1U);
    EXPECT_EQ(sent("x-amz-trailer"), "x-amz-checksum-crc64nvme");
    EXPECT_EQ(sent("x-amz-content-sha256"), "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    EXPECT_EQ(server_.object_data("bucket", "key"), body_);
    server_.clear_log();
    ASSERT_EQ(put(store, "key", "data", err_), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(sent("x-amz-checksum-crc64nvme"), *fakes::amz_checksum("crc64nvme", "data"));
    EXPECT_EQ(sent("x-amz-trailer"), "");
    server_.clear_log();
    const store_ptr told = aws_store({{"request_checksum_calculation", "when_required"}});
    ASSERT_EQ(put(told, "key", "data", err_), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(sent("x-amz-checksum-crc64nvme"), "");
}

TEST_F(checksums, S3_40_every_kind_behind_a_stream) {
    for (const char* kind : {"crc32", "crc32c", "crc64nvme", "sha1", "sha256", "md5"}) {
        const store_ptr store = aws_store({{"checksum", kind}});
        ASSERT_EQ(upload(store), BLOBSTORE_OK) << kind << err_.line();
        EXPECT_EQ(server_.object_data("bucket", "key"), body_);
        EXPECT_EQ(sent("content-md5").empty(), std::string_view(kind) != "md5");
        server_.clear_log();
    }
}

TEST_F(checksums, S3_41_a_stream_is_sent_again_with_its_first_checksum) {
    const store_ptr store = aws_store();
    server_.on({.method = "PUT"}, fakes::answer_status(503, "SlowDown"), 1);
    ASSERT_EQ(upload(store), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(server_.log().size(), 2U);
    EXPECT_EQ(server_.object_data("bucket", "key"), body_);
}

TEST_F(checksums, S3_40_steps_down_once_and_remembers) {
    const store_ptr store = aws_store();
    server_.service().set_sum_rules(fakes::sum_rules::no_trailers);
    ASSERT_EQ(upload(store), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(server_.log().size(), 2U);
    EXPECT_EQ(sent("x-amz-checksum-crc64nvme"), *fakes::amz_checksum("crc64nvme", body_));
    ASSERT_EQ(upload(store), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(server_.log().size(), 3U) << "it knows";
    server_.service().set_sum_rules(fakes::sum_rules::none);
    server_.clear_log();
    ASSERT_EQ(upload(store), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(server_.log().size(), 2U);
    ASSERT_EQ(upload(store), BLOBSTORE_OK) << err_.line();
    ASSERT_EQ(put(store, "key", "data", err_), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(server_.log().size(), 4U);
    // reads, too
    server_.clear_log();
    EXPECT_EQ(get(store, "key", nullptr, err_), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(server_.log().size(), 2U);
    EXPECT_EQ(get(store, "key", nullptr, err_), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(server_.log().size(), 3U);
}

TEST_F(checksums, S3_40_what_one_store_learned_all_of_the_client_know) {
    fakes::server_options options;
    options.tls = fakes::tls_mode::on;
    options.buckets = {"bucket", "other"};
    fakes::s3_server server(std::move(options));
    server.service().set_sum_rules(fakes::sum_rules::none);
    const settings as_aws{
        {"vendor", "aws"}, {"region", "us-east-1"}, {"ca_file", server.ca().ca_file()}};
    const auto open = [&](const client_ptr& client, const char* url) {
        return open_store(client, url, fake_settings(server.endpoint(), as_aws));
    };
    const store_ptr early = open(client_, "s3://bucket");
    const store_ptr first = open(client_, "s3://bucket");
    ASSERT_EQ(upload(first), BLOBSTORE_OK) << err_.line();
    ASSERT_EQ(get(first, "key", nullptr, err_), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(server.log().size(), 5U) << "by trailer, by header, without; with the mode, without";
    for (const char* url : {"", "s3://bucket", "s3://other"}) {
        server.clear_log();
        const store_ptr later = *url ? open(client_, url) : nullptr;
        const store_ptr& store = later ? later : early;
        ASSERT_EQ(upload(store), BLOBSTORE_OK) << err_.line();
        EXPECT_EQ(get(store, "key", nullptr, err_), BLOBSTORE_OK) << err_.line();
        EXPECT_EQ(server.log().size(), 2U) << url;
    }
    server.clear_log();
    const client_ptr other = make_client();
    ASSERT_EQ(upload(open(other, "s3://bucket")), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(server.log().size(), 3U) << "another client finds out by itself";
    EXPECT_EQ(blobstore_client_close(other.get(), -1, nullptr), BLOBSTORE_OK);
}

TEST_F(checksums, S3_40_what_the_call_asks_for_is_not_left_out) {
    const store_ptr store = aws_store();
    server_.service().set_sum_rules(fakes::sum_rules::none);
    auto options = sized<blobstore_put_options>();
    options.checksum = BLOBSTORE_CHECKSUM_CRC32C;
    EXPECT_EQ(upload(store, &options), BLOBSTORE_E_UNSUPPORTED) << err_.line();
    EXPECT_FALSE(server_.object_data("bucket", "key"));
}

TEST_F(checksums, S3_47_a_service_that_wants_one_gets_it) {
    const store_ptr store = aws_store({{"checksum", "none"}});
    fakes::fault wants;
    wants.status = 400;
    wants.body = "<Error><Code>InvalidRequest</Code><Message>Content-MD5 OR x-amz-checksum- HTTP "
                 "header is required for Put Object requests with Object Lock parameters</Message>"
                 "</Error>";
    server_.on({.method = "PUT"}, wants, 1);
    ASSERT_EQ(put(store, "key", "data", err_), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(sent("content-md5"), fakes::to_base64(fakes::md5("data")));
    ASSERT_EQ(upload(store), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(server_.log().size(), 3U) << "it knows";
    EXPECT_EQ(sent("content-md5"), fakes::to_base64(fakes::md5(body_)));
}

TEST_F(checksums, a_wrong_digest_of_the_caller_is_told_once) {
    const store_ptr store = aws_store();
    auto options = sized<blobstore_put_options>();
    options.checksum = BLOBSTORE_CHECKSUM_CRC32;
    options.checksum_value = {"AAAAAA==", 8};
    EXPECT_EQ(upload(store, &options), BLOBSTORE_E_CHECKSUM) << err_.line();
    EXPECT_EQ(server_.log().size(), 1U);
    EXPECT_FALSE(server_.object_data("bucket", "key"));
}

TEST_F(checksums, a_damaged_object_is_never_a_success) {
    server_.put_object("bucket", "key", body_);
    const store_ptr store = aws_store();
    fakes::fault flips;
    flips.corrupt_byte = 150000;
    server_.on({.method = "GET"}, flips, fakes::for_ever);
    EXPECT_EQ(get(store, "key", nullptr, err_), BLOBSTORE_E_CHECKSUM) << err_.line();
    std::string room(body_.size(), '\0');
    std::size_t n = 0;
    EXPECT_EQ(
        blobstore_get_into(
            store.get(), "key", 3, nullptr, nullptr, room.data(), room.size(), &n, nullptr, err_
        ),
        BLOBSTORE_E_CHECKSUM
    );
    const std::string to = folder_.path() + "/to";
    auto file = sized<blobstore_file>();
    file.path = {to.data(), to.size()};
    EXPECT_EQ(
        blobstore_download_file(store.get(), "key", 3, nullptr, &file, nullptr, nullptr, err_),
        BLOBSTORE_E_CHECKSUM
    );
    EXPECT_FALSE(std::ifstream(to).good());
    auto options = sized<blobstore_get_options>();
    options.flags = BLOBSTORE_GET_UNVERIFIED;
    EXPECT_EQ(
        blobstore_get_into(
            store.get(), "key", 3, &options, nullptr, room.data(), room.size(), &n, nullptr, err_
        ),
        BLOBSTORE_OK
    );
    options.flags = BLOBSTORE_GET_OFFSET; // a part of the object has no checksum
    options.offset = 1;
    EXPECT_EQ(
        blobstore_get_into(
            store.get(), "key", 3, &options, nullptr, room.data(), room.size(), &n, nullptr, err_
        ),
        BLOBSTORE_OK
    );
    const store_ptr told = aws_store({{"response_checksum_validation", "when_required"}});
    EXPECT_EQ(get(told, "key", nullptr, err_), BLOBSTORE_OK) << err_.line();
}

TEST_F(checksums, S3_41_sums_of_parts_are_shown_and_not_compared) {
    server_.put_object("bucket", "key", "data");
    server_.service().buckets().with("bucket", [](fakes::object_map* objects) {
        auto changed = std::make_shared<fakes::stored_object>(*objects->at("key"));
        changed->checksums = {
            {"x-amz-checksum-crc32", "Z+ry2Q==-3"}, {"x-amz-checksum-type", "COMPOSITE"}};
        return ((*objects)["key"] = changed) != nullptr;
    });
    const store_ptr store = aws_store();
    EXPECT_EQ(get(store, "key", nullptr, err_), BLOBSTORE_OK) << err_.line();
    blobstore_object* object = nullptr;
    ASSERT_EQ(blobstore_head(store.get(), "key", 3, nullptr, nullptr, &object, err_), BLOBSTORE_OK)
        << err_.line();
    auto view = sized<blobstore_object_view>();
    EXPECT_EQ(blobstore_object_get(object, &view), BLOBSTORE_OK);
    EXPECT_EQ(std::string(view.checksum.ptr, view.checksum.len), "crc32:Z+ry2Q==-3");
    blobstore_object_free(object);
}

} // namespace
} // namespace blobstore::capi_tests
