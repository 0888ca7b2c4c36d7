// SPDX-License-Identifier: Apache-2.0
// What an answer of S3 means for the call: done, again, again with something changed, or the end.
// Pure.
#pragma once

#include "backends/s3/settings.h"
#include "http/client.h"

namespace blobstore::s3 {

inline constexpr std::size_t document_judged = std::size_t{64} * 1024; ///< a longer one comes cut

/// What the request was signed with.
struct signed_with {
    std::string_view region;
    std::int64_t time_ns = 0;
    bool secure = false; ///< over verified TLS: only then is the service's clock believed
};

/// `body` may hold an error behind status 200 (copy, delete of many). The error has
/// outcome_unknown where the answer does not say that nothing was done.
http::verdict
judge(const http::response_head& head, std::string_view body, const signed_with& sent);

/// The same for answers whose success is an XML document: one that is cut or garbage is no success,
/// and tried again.
http::verdict
judge_document(const http::response_head& head, std::string_view body, const signed_with& sent);

/// Whether it may become part of a host name and of a signature.
bool is_aws_region(std::string_view text) noexcept;

/// The same bucket in another region: another host on AWS, another scope of signatures only where
/// the endpoint was given.
endpoint in_region(const endpoint& at, std::string_view region);

} // namespace blobstore::s3
