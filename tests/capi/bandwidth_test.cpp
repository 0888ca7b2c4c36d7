// SPDX-License-Identifier: Apache-2.0
// max_bandwidth_up and max_bandwidth_down: one rate for all calls of a client.
#include "capi/support.h"

namespace blobstore::capi_tests {
namespace {

constexpr std::size_t rate = 2'000'000, size = 2'000'000; // 1 s

class bandwidth : public testing::TestWithParam<bool> {
protected:
    bandwidth() {
        fakes::server_options options;
        options.tls = GetParam() ? fakes::tls_mode::on : fakes::tls_mode::off;
        server_ = std::make_unique<fakes::s3_server>(options);
    }

    // So long takes what moves 2 MB.
    void expect_a_second(steady::time_point start) {
        EXPECT_GE(since(start).count(), 800);
        EXPECT_LE(since(start).count(), 1200);
    }

    std::unique_ptr<fakes::s3_server> server_;
    error_slot err_;
};

TEST_P(bandwidth, downloads_share_it_and_parts_too) {
    server_->put_object("bucket", "whole", std::string(size, 'x'));
    server_->put_object("bucket", "quarter", std::string(size / 4, 'x'));
    const client_ptr client = make_client({{"max_bandwidth_down", std::to_string(rate)}});
    const store_ptr store = open_fake(client, *server_);
    std::string body;
    auto start = steady::now();
    EXPECT_EQ(get(store, "whole", nullptr, err_, &body), BLOBSTORE_OK) << err_.line();
    expect_a_second(start);
    EXPECT_EQ(body.size(), size);

    std::vector<op_ptr> all;
    start = steady::now();
    for (int i = 0; i < 4; ++i) {
        blobstore_op* op = nullptr;
        EXPECT_EQ(submit_get(store, "quarter", nullptr, nullptr, &op), BLOBSTORE_OK);
        all.emplace_back(op);
    }
    for (const op_ptr& op : all)
        EXPECT_EQ(blobstore_op_wait(op.get(), -1), BLOBSTORE_OK);
    expect_a_second(start);

    auto parts = sized<blobstore_get_options>();
    parts.part_size = 100'000;
    std::size_t n = 0;
    start = steady::now();
    EXPECT_EQ(
        blobstore_get_into(
            store.get(), "whole", 5, &parts, nullptr, body.data(), body.size(), &n, nullptr, err_
        ),
        BLOBSTORE_OK
    ) << err_.line();
    expect_a_second(start);
}

TEST_P(bandwidth, uploads_have_one_of_their_own) {
    const client_ptr client = make_client({{"max_bandwidth_up", std::to_string(rate)}});
    const store_ptr store = open_fake(client, *server_);
    auto start = steady::now();
    EXPECT_EQ(put(store, "key", std::string(size, 'x'), err_), BLOBSTORE_OK) << err_.line();
    expect_a_second(start);
    start = steady::now();
    EXPECT_EQ(get(store, "key", nullptr, err_), BLOBSTORE_OK) << err_.line();
    EXPECT_LE(since(start).count(), 500);
    EXPECT_EQ(server_->object_data("bucket", "key"), std::string(size, 'x'));
}

TEST_P(bandwidth, is_the_clients_alone) {
    const client_ptr client = make_client();
    const std::string url = "s3://bucket?max_bandwidth_up=5";
    blobstore_store* made = nullptr;
    EXPECT_EQ(
        blobstore_store_open(client.get(), url.data(), url.size(), nullptr, &made, err_),
        BLOBSTORE_E_CONFIG
    );
    EXPECT_NE(err_.line().find("setting of the client"), std::string::npos) << err_.line();
}

INSTANTIATE_TEST_SUITE_P(wire, bandwidth, testing::Bool(), [](const auto& of) {
    return of.param ? "tls" : "plain";
});

} // namespace
} // namespace blobstore::capi_tests
