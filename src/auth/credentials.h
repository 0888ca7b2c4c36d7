// SPDX-License-Identifier: Apache-2.0
// Credentials as values. Where they come from is source.h's business.
#pragma once

#include "base/secret.h"

#include <string>

namespace blobstore {

struct aws_credentials {
    std::string access_key_id;
    secret_string secret_access_key;
    secret_string session_token; ///< empty: long-term keys

    bool operator==(const aws_credentials&) const = default;
};

} // namespace blobstore
