// SPDX-License-Identifier: Apache-2.0
// The settings of S3, and where a bucket's requests go. Pure.
#pragma once

#include "backends/s3/profiles.h"
#include "base/checksum.h"
#include "base/settings.h"
#include "http/message.h"

namespace blobstore::s3 {

std::span<const setting> settings_table() noexcept;

/// Which of AWS's endpoints to use.
struct aws_choices {
    bool fips = false, dual_stack = false, accelerate = false, global = false;
    bool path_style = false;
    bool keep_region = false, no_multi_region = false, no_express_session = false;
};

/// Where one bucket is and how it is addressed.
struct endpoint {
    http::origin to;
    std::string base_path; ///< "" or "/prefix/of/endpoint"; with path style followed by "/bucket"
    std::string region, bucket; ///< the bucket by name or ARN
    std::string signing_name = "s3";
    std::string unsignable; ///< why requests cannot be signed there; empty: they can
    bool aws = false;       ///< no endpoint was given: the host follows from region and bucket
    aws_choices chosen;
    bool path_style = false;
    bool sign_payload = false; ///< plain http and not unsigned_payload
    milliseconds first_byte{30000};
    list_form lists = list_form::v2;
    const profile* vendor = &default_profile();
    bool vendor_may_tell = false; ///< neither setting nor host names one: the answers may
    bool requester_pays = false;
    bool trust_conditions = false;
    bool eventual = false;      ///< reads may be behind writes
    std::string expected_owner; ///< account that must own the bucket; empty: any

    /// Host of the service itself, without the bucket.
    std::string service_host() const {
        const bool before = !path_style && to.host.starts_with(bucket + ".");
        return to.host.substr(before ? bucket.size() + 1 : 0);
    }

    checksum_kind sum = checksum_kind::none; ///< sent with each body that is put, by setting
    bool sums_unasked = true;                ///< no setting: as the vendor has it. S3-40
    bool verify = true;                      ///< checksums of answers are asked for

    /// "/bucket/key" or "/key", percent-encoded once; an empty key gives the bucket's own path.
    std::string path(std::string_view key) const;
};

/// Host, path and signature by the rules of AWS, from bucket, region and what was chosen; `service`
/// is the endpoint that was given, empty for AWS's own. S3-46
result<void> place_by_rules(endpoint& at, std::string_view service);

/// errc::invalid_argument for a bucket name that could not be one, errc::config for a bad endpoint.
result<endpoint> resolve_endpoint(std::string_view bucket, const settings_values& values);

/// The same bucket of the vendor that the `Server` field of an answer names; empty where it tells
/// nothing new.
std::optional<endpoint> told_vendor(const endpoint& at, std::string_view server);

} // namespace blobstore::s3
