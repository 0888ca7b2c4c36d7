// SPDX-License-Identifier: Apache-2.0
// Tokens, and what shows a write without one.
#include "backends/s3/own_write.h"

#include "async/random.h"

namespace blobstore::s3 {

namespace {

constexpr std::int64_t second = 1'000'000'000;

} // namespace

std::string new_token() {
    static constexpr char letters[] = "0123456789abcdef";
    std::string token;
    for (std::uint64_t word : {random_bits(), random_bits()})
        for (int i = 0; i < 16; ++i, word >>= 4)
            token += letters[word & 15];
    return token;
}

bool is_ours(const object_meta& found, const written& ours) {
    if (!ours.token.empty()) return found.extras().token == ours.token;
    if (ours.etag.empty() || found.etag != ours.etag || found.size != ours.size) return false;
    // services tell whole seconds
    return found.modified_ns && *found.modified_ns / second >= ours.not_before_ns / second;
}

} // namespace blobstore::s3
