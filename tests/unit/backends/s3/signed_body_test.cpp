// SPDX-License-Identifier: Apache-2.0
// What signs a body chunk by chunk leaves no key behind. What it sends: reliability_test.cpp and
// the conformance tests.
#include "backends/s3/signed_body.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>

namespace blobstore::s3 {
namespace {

struct no_reader final : reader {
    task<result<std::size_t>> read(operation&, std::span<char>, std::size_t) override {
        co_return std::size_t{0};
    }
};

TEST(signed_body, CR10_its_key_is_wiped) {
    no_reader none;
    sha256_value key;
    key.fill(0xa7);
    alignas(signed_body) std::array<unsigned char, sizeof(signed_body)> place{};
    auto* const body = new (place.data()) signed_body(none, 0);
    body->start(key, 0, {"us-east-1", "s3"}, "seed");
    const auto there = [&] { return !std::ranges::search(place, key).empty(); };
    EXPECT_TRUE(there());
    std::destroy_at(body);
    EXPECT_FALSE(there());
}

} // namespace
} // namespace blobstore::s3
