// SPDX-License-Identifier: Apache-2.0
// Whether what stands at a key is what a write of ours put there, whose answer was lost. S3-35
#pragma once

#include "store/types.h"

namespace blobstore::s3 {

/// Name of the metadata that carries a write's token; users do not see it.
constexpr std::string_view token_name = "blobstore-token";
constexpr std::string_view token_header = "x-amz-meta-blobstore-token";

/// 128 bits that nobody can guess, as 32 letters.
std::string new_token();

/// What a write would leave.
struct written {
    std::string token;                 ///< empty: it could carry none
    std::optional<std::uint64_t> size; ///< where it is known
    std::string etag;                  ///< likewise
    std::int64_t not_before_ns = 0;    ///< without a token: what is older is not ours
};

/// True where `found`, seen by a head, is certainly that; false says nothing. Pure.
bool is_ours(const object_meta& found, const written& ours);

} // namespace blobstore::s3
