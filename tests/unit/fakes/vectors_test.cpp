// SPDX-License-Identifier: Apache-2.0
// The fake's verifier accepts what the official clients signed: the shared sets of vectors.
#include "signed_cases.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace blobstore::fakes {
namespace {

void accept_all(const char* set, const std::vector<signed_case>& cases) {
    unsigned passed = 0;
    for (const signed_case& one : cases) {
        const auto verdict = judge(one);
        passed += verdict == "ok" ? 1 : 0;
        EXPECT_EQ(verdict, "ok") << set << " " << one.name;
    }
    std::printf("vectors %s (fake): %zu ran, %u passed\n", set, cases.size(), passed);
}

TEST(vectors, aws_sigv4_c_auth) {
    accept_all("aws-sigv4-c-auth", c_auth_cases());
}

TEST(vectors, aws_sigv4_botocore) {
    accept_all("aws-sigv4-botocore", botocore_cases());
}

TEST(vectors, s3_recorded_js_sdk) {
    const auto cases = recorded_cases();
    accept_all("s3-recorded-js-sdk", cases);
    unsigned bodies = 0;
    for (const signed_case& one : cases)
        bodies += one.body_is_known && !one.message.body.empty() ? 1 : 0;
    std::printf("of these with a body that was verified: %u\n", bodies);
}

} // namespace
} // namespace blobstore::fakes
