// SPDX-License-Identifier: Apache-2.0
// In any build each backend either opens or is refused by name, as has_feature says.
#include "blobstore.h"

#include <gtest/gtest.h>

#include <string>

namespace {

struct backend {
    std::string scheme;
    std::string url;
};

class backends : public testing::TestWithParam<backend> {};

TEST_P(backends, opens_or_is_refused_by_name) {
    const std::string feature = "backend." + GetParam().scheme;
    const std::int32_t there = blobstore_has_feature(feature.data(), feature.size());
    ASSERT_TRUE(there == 0 || there == 1);

    blobstore_client* client = nullptr;
    ASSERT_EQ(blobstore_client_new(nullptr, nullptr, &client, nullptr), BLOBSTORE_OK);
    blobstore_store* store = nullptr;
    blobstore_error* err = nullptr;
    const std::string& url = GetParam().url;
    const blobstore_status status =
        blobstore_store_open(client, url.data(), url.size(), nullptr, &store, &err);
    if (there == 1) {
        EXPECT_EQ(status, BLOBSTORE_OK) << blobstore_error_message(err);
        EXPECT_NE(store, nullptr);
    } else {
        EXPECT_EQ(status, BLOBSTORE_E_UNSUPPORTED);
        EXPECT_EQ(store, nullptr);
        const std::string line = blobstore_error_message(err);
        EXPECT_NE(line.find(GetParam().scheme), std::string::npos) << line;
    }
    blobstore_error_free(err);
    blobstore_store_free(store);

    blobstore_client_free(client);
}

INSTANTIATE_TEST_SUITE_P(
    all,
    backends,
    testing::Values(
        backend{"s3", "s3://bucket?access_key_id=k&secret_access_key=s"},
        backend{"file", "file:///tmp"},
        backend{"memory", "memory://m"}
    ),
    [](const auto& one) { return one.param.scheme; }
);

TEST(features, unknown_ones_are_absent) {
    for (const std::string name : {"", "backend.", "backend.ftp", "s3", "Backend.s3"}) {
        EXPECT_EQ(blobstore_has_feature(name.data(), name.size()), 0) << name;
    }
}

} // namespace
