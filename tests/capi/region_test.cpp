// SPDX-License-Identifier: Apache-2.0
// A bucket in another region and a clock that is wrong, seen through the C interface.
#include "capi/support.h"

namespace blobstore::capi_tests {
namespace {

constexpr const char* home_host = "bucket.s3.us-east-1.amazonaws.com";
constexpr const char* away_host = "bucket.s3.eu-west-1.amazonaws.com";

fakes::server_options away() {
    fakes::server_options options;
    options.tls = fakes::tls_mode::on;
    options.service.endpoints = {"s3.us-east-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"};
    options.service.signature.region = "eu-west-1";
    return options;
}

class region : public testing::Test {
protected:
    region() { server_.put_object("bucket", "key", "data"); }

    store_ptr aws_store() {
        const std::string to = ":443:127.0.0.1:" + std::to_string(server_.port());
        return open_store(
            client_,
            "s3://bucket",
            {{"region", "us-east-1"},
             {"access_key_id", "testkey"},
             {"secret_access_key", "testsecret1234"},
             {"resolve", home_host + to + "," + away_host + to},
             {"ca_file", server_.ca().ca_file()}}
        );
    }

    std::string host_of(std::size_t request) {
        const auto log = server_.log();
        for (const auto& [name, value] : log.at(request).headers)
            if (name == "Host" || name == "host") return value;
        return {};
    }

    blobstore_status ask(const store_ptr& store, int call) {
        if (call == 0) return get(store, "key", nullptr, err_);
        if (call == 1)
            return blobstore_head(store.get(), "key", 3, nullptr, nullptr, nullptr, err_);
        return put(store, "key", "data", err_);
    }

    fakes::s3_server server_{away()};
    client_ptr client_ = make_client();
    error_slot err_;
};

TEST_F(region, S313_is_learnt_from_each_form_and_kept) {
    const fakes::header_list named{{"x-amz-bucket-region", "eu-west-1"}};
    fakes::fault moved = fakes::answer_status(301, "PermanentRedirect");
    moved.headers = named;
    fakes::fault elsewhere = fakes::answer_status(307, "TemporaryRedirect");
    elsewhere.headers = {{"Location", std::string("https://") + away_host + "/key"}};
    fakes::fault bare = fakes::answer_status(400, "");
    bare.body = "";
    bare.headers = named;
    const fakes::fault refusal; // the fake's own: AuthorizationHeaderMalformed with <Region>
    for (const fakes::fault& form : {moved, elsewhere, bare, refusal}) {
        const bool scripted = form.status != 0;
        for (int call = 0; call < 3; ++call) { // get, head, put
            const store_ptr store = aws_store();
            server_.clear_log();
            if (scripted) server_.on({}, form, 1);
            EXPECT_EQ(ask(store, call), BLOBSTORE_OK) << err_.line();
            ASSERT_EQ(server_.log().size(), 2U) << form.status << ' ' << call;
            EXPECT_EQ(host_of(0), home_host);
            EXPECT_EQ(host_of(1), away_host);
            EXPECT_EQ(get(store, "key", nullptr, err_), BLOBSTORE_OK);
            ASSERT_EQ(server_.log().size(), 3U) << "the region is known now";
            EXPECT_EQ(host_of(2), away_host);
        }
    }
}

TEST_F(region, S313_a_host_in_place_of_a_region_is_not_followed) {
    fakes::fault evil = fakes::answer_status(301, "PermanentRedirect");
    evil.headers = {{"x-amz-bucket-region", "evil.com/"}};
    server_.on({}, evil, fakes::for_ever);
    EXPECT_EQ(get(aws_store(), "key", nullptr, err_), BLOBSTORE_E_CONFIG);
    EXPECT_EQ(server_.log().size(), 1U);
}

TEST_F(region, S313_a_service_that_sends_in_circles_ends_the_call) {
    fakes::fault there = fakes::answer_status(301, "PermanentRedirect");
    there.headers = {{"x-amz-bucket-region", "eu-west-1"}};
    fakes::fault back = there;
    back.headers = {{"x-amz-bucket-region", "us-east-1"}};
    server_.on({}, there, 1);
    server_.on({}, back, fakes::for_ever);
    EXPECT_EQ(get(aws_store(), "key", nullptr, err_), BLOBSTORE_E_CONFIG);
    EXPECT_EQ(server_.log().size(), 2U);
}

TEST_F(region, S312_clock_of_the_service_is_learnt_over_tls) {
    for (const int off : {-1200, 1200}) {
        fakes::server_options options;
        options.tls = fakes::tls_mode::on;
        options.service.clock_offset = std::chrono::seconds(off);
        fakes::s3_server server(options);
        server.put_object("bucket", "key", "data");
        const store_ptr store = open_fake(client_, server);
        EXPECT_EQ(get(store, "key", nullptr, err_), BLOBSTORE_OK) << err_.line();
        EXPECT_EQ(server.log().size(), 2U);
        EXPECT_EQ(get(store, "key", nullptr, err_), BLOBSTORE_OK) << err_.line();
        EXPECT_EQ(server.log().size(), 3U) << "known now";
    }
}

TEST_F(region, S312_clock_is_not_believed_without_tls_nor_by_days) {
    for (const bool plain : {true, false}) {
        fakes::server_options options;
        options.tls = plain ? fakes::tls_mode::off : fakes::tls_mode::on;
        options.service.clock_offset = std::chrono::seconds(plain ? 1200 : 172800);
        fakes::s3_server server(options);
        server.put_object("bucket", "key", "data");
        const store_ptr store = open_fake(client_, server);
        EXPECT_EQ(get(store, "key", nullptr, err_), BLOBSTORE_E_CLOCK_SKEW);
        EXPECT_EQ(server.log().size(), 1U);
        EXPECT_NE(err_.line().find("clock"), std::string::npos) << err_.line();
    }
}

// What is signed for one host goes to no other because an answer says so: only within AWS, and
// only into a region.
TEST_F(region, SE01_a_redirect_is_not_followed_elsewhere) {
    fakes::s3_server here, there;
    const store_ptr store = open_fake(client_, here);
    for (const int status : {301, 302, 303, 307, 308})
        for (const std::string& to :
             {there.endpoint() + "/bucket/key",
              "http://localhost:" + std::to_string(there.port()) + "/bucket/key",
              "//127.0.0.1:" + std::to_string(there.port()) + "/"})
            for (int call = 0; call < 3; ++call) { // get, head, put
                fakes::fault moved = fakes::answer_status(status, "TemporaryRedirect");
                moved.headers = {{"Location", to}};
                here.on({}, moved, 1);
                here.clear_log();
                EXPECT_NE(ask(store, call), BLOBSTORE_OK) << status << ' ' << to;
                EXPECT_EQ(here.log().size(), 1U) << "asked again: " << status << ' ' << to;
            }
    EXPECT_EQ(there.counters().connections, 0U);
}

} // namespace
} // namespace blobstore::capi_tests
