// SPDX-License-Identifier: Apache-2.0
// What the error codes and statuses of S3 and its kin mean: one table. Pure.
#pragma once

#include "http/client.h"

namespace blobstore::s3 {

struct meaning {
    errc code;
    http::action what;
    std::string_view hint;
};

/// By the service's code if it is known, else by the status. For no success.
meaning meaning_of(int status, std::string_view service_code);

} // namespace blobstore::s3
