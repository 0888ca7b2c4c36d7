// SPDX-License-Identifier: Apache-2.0
// What a client counts: requests by method, retries, bytes, connections, calls.
#include "capi/support.h"

namespace blobstore::capi_tests {
namespace {

blobstore_stats stats_of(const client_ptr& client) {
    auto out = sized<blobstore_stats>();
    EXPECT_EQ(blobstore_client_stats(client.get(), &out, nullptr), BLOBSTORE_OK);
    EXPECT_EQ(
        out.requests,
        out.requests_get + out.requests_head + out.requests_put + out.requests_post +
            out.requests_delete
    );
    return out;
}

TEST(stats, count_what_was_done) {
    fakes::s3_server server;
    const client_ptr client = make_client();
    EXPECT_EQ(stats_of(client).requests, 0U);
    const store_ptr store = open_fake(client, server);
    const store_ptr other = open_fake(client, server, {{"connect_timeout", "4s"}});
    const std::string body(100000, 'x');
    EXPECT_EQ(put(store, "key", body), BLOBSTORE_OK);
    EXPECT_EQ(get(store, "key"), BLOBSTORE_OK);
    server.on({}, fakes::answer_status(503, "SlowDown"), 1);
    EXPECT_EQ(get(other, "key"), BLOBSTORE_OK);
    EXPECT_EQ(
        blobstore_head(store.get(), "key", 3, nullptr, nullptr, nullptr, nullptr), BLOBSTORE_OK
    );
    const blobstore_str keys[] = {str("key"), str("b")};
    blobstore_status results[] = {1, 1};
    EXPECT_EQ(blobstore_delete_many(store.get(), keys, 2, nullptr, results, nullptr), BLOBSTORE_OK);
    EXPECT_EQ(blobstore_delete(store.get(), "key", 3, nullptr, nullptr), BLOBSTORE_OK);
    const blobstore_stats did = stats_of(client);
    EXPECT_EQ(did.requests_put, 1U);
    EXPECT_EQ(did.requests_get, 3U);
    EXPECT_EQ(did.requests_head, 1U);
    EXPECT_EQ(did.requests_post, 1U);
    EXPECT_EQ(did.requests_delete, 1U);
    EXPECT_EQ(did.requests, server.counters().requests);
    EXPECT_EQ(did.retries, 1U);
    EXPECT_EQ(did.throttles, 1U);
    EXPECT_EQ(did.connections_opened, server.counters().connections);
    EXPECT_EQ(did.connections_opened + did.connections_reused, did.requests);
    EXPECT_GT(did.bytes_sent, body.size());
    EXPECT_GT(did.bytes_received, 2 * body.size());
    EXPECT_LT(did.bytes_sent + did.bytes_received, 4 * body.size());
    EXPECT_EQ(did.calls_running, 0U);
}

TEST(stats, calls_that_run) {
    fakes::s3_server server;
    server.on({}, fakes::stall_at(fakes::stage::answer_head), fakes::for_ever);
    const client_ptr client = make_client();
    const store_ptr store = open_fake(client, server);
    std::vector<op_ptr> ops;
    for (int i = 0; i < 3; ++i) {
        blobstore_op* op = nullptr;
        EXPECT_EQ(submit_get(store, "key", nullptr, nullptr, &op), BLOBSTORE_OK);
        ops.emplace_back(op);
    }
    EXPECT_EQ(stats_of(client).calls_running, 3U);
    EXPECT_EQ(blobstore_client_close(client.get(), -1, nullptr), BLOBSTORE_OK);
    EXPECT_EQ(stats_of(client).calls_running, 0U) << "a closed client still tells";
}

} // namespace
} // namespace blobstore::capi_tests
