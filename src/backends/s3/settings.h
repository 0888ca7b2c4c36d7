// SPDX-License-Identifier: Apache-2.0
// The settings of S3, and where a bucket's requests go. Pure.
#pragma once

#include "backends/s3/profiles.h"
#include "base/settings.h"
#include "http/message.h"

namespace blobstore::s3 {

std::span<const setting> settings_table() noexcept;

/// Where one bucket is and how it is addressed.
struct endpoint {
    http::origin to;
    std::string base_path; ///< "" or "/prefix/of/endpoint"; with path style followed by "/bucket"
    std::string region, bucket;
    bool aws = false; ///< no endpoint was given: the host follows from region and bucket
    bool path_style = false;
    bool sign_payload = false; ///< plain http and not unsigned_payload
    milliseconds first_byte{30000};
    const profile* vendor = &default_profile();
    bool vendor_may_tell = false; ///< neither setting nor host names one: the answers may

    /// "/bucket/key" or "/key", percent-encoded once; an empty key gives the bucket's own path.
    std::string path(std::string_view key) const;
};

/// The host of AWS for the endpoint's region, bucket and style.
std::string aws_host(const endpoint& at);

/// errc::invalid_argument for a bucket name that could not be one, errc::config for a bad endpoint.
result<endpoint> resolve_endpoint(std::string_view bucket, const settings_values& values);

/// The same bucket of the vendor that the `Server` field of an answer names; empty where it tells
/// nothing new.
std::optional<endpoint> told_vendor(const endpoint& at, std::string_view server);

} // namespace blobstore::s3
