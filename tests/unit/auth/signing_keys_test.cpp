// SPDX-License-Identifier: Apache-2.0
// The kept signing key is the one that would be derived, whatever of it changes.
#include "auth/signing_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

namespace blobstore::sigv4 {
namespace {

TEST(signing_keys, are_those_derived_whatever_changes) {
    struct wanted {
        const char *secret, *date, *region, *service;
    };

    signing_keys keys;
    for (const wanted& w :
         {wanted{"one", "20130524", "us-east-1", "s3"},
          wanted{"one", "20130524", "us-east-1", "s3"},
          wanted{"two", "20130524", "us-east-1", "s3"},
          wanted{"two", "20130525", "us-east-1", "s3"},
          wanted{"two", "20130525", "us-west-2", "s3"},
          wanted{"two", "20130525", "us-west-2", "sts"},
          wanted{"one", "20130524", "us-east-1", "s3"}}) {
        const secret_string secret(w.secret);
        const scope where{w.region, w.service};
        EXPECT_EQ(keys.find(secret, w.date, where), signing_key(secret, w.date, where));
    }
}

TEST(signing_keys, a_kept_one_costs_no_hmac) {
    using clock = std::chrono::steady_clock;
    const secret_string secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    const scope where{"us-east-1", "s3"};
    signing_keys keys;
    keys.find(secret, "20130524", where);
    clock::duration derived{}, kept{};
    for (int i = 0; i < 2000; ++i) {
        const auto start = clock::now();
        signing_key(secret, "20130524", where);
        const auto middle = clock::now();
        keys.find(secret, "20130524", where);
        derived += middle - start;
        kept += clock::now() - middle;
    }
    EXPECT_LT(kept * 3, derived);
}

TEST(signing_keys, CR10_none_is_left_where_it_was) {
    alignas(secret_digest) std::array<unsigned char, sizeof(secret_digest)> place{};
    const auto* const key =
        new (place.data()) secret_digest(signing_key(secret_string("one"), "20130524", {"r", "s"}));
    const auto zeros = [&] { return std::count(place.begin(), place.end(), 0); };
    EXPECT_LT(zeros(), 8);
    std::destroy_at(key);
    EXPECT_EQ(zeros(), 32);
}

} // namespace
} // namespace blobstore::sigv4
