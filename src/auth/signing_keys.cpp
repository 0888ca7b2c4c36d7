// SPDX-License-Identifier: Apache-2.0
// One entry is enough: a store signs for one region and service, with one secret at a time.
#include "auth/signing_keys.h"

namespace blobstore::sigv4 {

secret_digest
signing_keys::find(const secret_string& secret, std::string_view date, const scope& where) {
    const std::lock_guard lock(mutex_);
    const bool kept =
        date_ == date && region_ == where.region && service_ == where.service && secret_ == secret;
    if (kept) return key_;
    key_ = signing_key(secret, date, where);
    secret_ = secret;
    date_ = date;
    region_ = where.region;
    service_ = where.service;
    return key_;
}

} // namespace blobstore::sigv4
