// SPDX-License-Identifier: Apache-2.0
// What a store is known not to do. memory and the fakes have no exception.
#pragma once

#include "blobstore.h"

#include <string>
#include <string_view>

namespace conformance {

struct exception {
    std::string_view store;  // versitygw and minio: also over TLS
    std::string_view what;   // the name of a check
    blobstore_status status; // that it must fail with; OK: any failure
    std::string_view reason;
};

const exception* find_exception(std::string_view store, std::string_view what);

} // namespace conformance
