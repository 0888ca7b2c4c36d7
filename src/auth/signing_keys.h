// SPDX-License-Identifier: Apache-2.0
// The signing key of the day, kept: four HMACs less for each request.
#pragma once

#include "auth/sigv4.h"

#include <mutex>

namespace blobstore::sigv4 {

/// Keeps the last key. Any thread; wiped when it goes.
class signing_keys {
public:
    signing_keys() = default;
    signing_keys(const signing_keys&) = delete;
    signing_keys& operator=(const signing_keys&) = delete;

    /// What signing_key() gives.
    secret_digest find(const secret_string& secret, std::string_view date, const scope& where);

private:
    std::mutex mutex_;
    secret_string secret_;
    std::string date_, region_, service_;
    secret_digest key_;
};

} // namespace blobstore::sigv4
