// SPDX-License-Identifier: Apache-2.0
// Where AWS wants a request: from bucket, region and options to host, path and signature. Pure.
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace blobstore::s3 {

/// The parameters of the rules that AWS publishes. Empty text is a parameter that is not given.
struct endpoint_parameters {
    std::string_view bucket = {}; ///< a name, an access point's alias or an ARN
    std::string_view region = {};
    std::string_view endpoint = {}; ///< a URL in place of the service's own
    bool fips = false, dual_stack = false, accelerate = false;
    bool path_style = false;
    bool global = false;             ///< us-east-1 by the host that names no region
    bool object_lambda = false;      ///< the service of WriteGetObjectResponse
    bool express_control = false;    ///< creating and listing directory buckets
    bool no_express_session = false; ///< sign requests to directory buckets as any other
    bool no_access_points = false;   ///< the operation knows none
    bool no_multi_region = false;    ///< refuse multi-region access points
    bool keep_region = false;        ///< refuse an ARN of another region
};

/// One way to sign there.
struct auth_scheme {
    std::string name;         ///< "sigv4", "sigv4a", "sigv4-s3express"
    std::string signing_name; ///< the service in the signature's scope
    std::string region;       ///< "*" with sigv4a: valid in all
};

struct resolved_endpoint {
    std::string scheme, authority;    ///< of the URL; a bucket in the host is in the authority
    std::string path;                 ///< before the key; empty or starting with '/'
    std::vector<auth_scheme> schemes; ///< the best first. None encodes the path twice.
    bool express = false;             ///< a directory bucket
    bool bucket_in_path = false;

    std::string url() const { return scheme + "://" + authority + path; }
};

/// errc::config where parameters exclude each other, errc::invalid_argument where bucket or ARN is
/// not one.
result<resolved_endpoint> resolve_rules(const endpoint_parameters& given);

/// Whether a bucket is named by an ARN, which is then no part of a host or path.
bool is_arn(std::string_view bucket) noexcept;

/// The ARN of a store URL goes on behind the slash that ends the URL's authority: takes what is
/// missing of it from the beginning of `rest`.
void complete_arn(std::string& bucket, std::string& rest);

/// Whether the name is that of a directory bucket or of an access point of one.
bool is_directory_bucket(std::string_view bucket) noexcept;

/// "amazonaws.com" and its like, by region.
std::string_view dns_suffix(std::string_view region) noexcept;

} // namespace blobstore::s3
