// SPDX-License-Identifier: Apache-2.0
// The S3 backend: one bucket of AWS or of anything that speaks its protocol.
#pragma once

#include "base/settings.h"
#include "http/client.h"
#include "os/host.h"
#include "store/backend.h"

namespace blobstore::s3 {

class proven_endpoints;

/// `values` must hold the settings of store, http and s3. No I/O.
result<std::shared_ptr<backend>> open(
    std::string_view bucket,
    const settings_values& values,
    std::shared_ptr<const host> machine,
    std::shared_ptr<http::client> client,
    proven_endpoints& known
);

} // namespace blobstore::s3
