// SPDX-License-Identifier: Apache-2.0
// POST policies: what a form allows, as the document that is signed, and the form itself. Pure.
#pragma once

#include "auth/sigv4.h"
#include "backends/s3/settings.h"
#include "store/types.h"

namespace blobstore::s3 {

/// A form's fields, in the order in which they are sent.
struct post_form {
    std::string url;
    name_values fields; ///< with policy and signature
};

/// The policy: bucket, key, sizes and each field, until it expires.
/// errc::invalid_argument for text that JSON cannot hold.
result<std::string> encode_policy(
    std::string_view bucket,
    const name_values& fields,
    const post_options& options,
    std::int64_t now_ns
);

/// The form of a key. `keys` null: the bucket takes uploads of anybody, so nothing is signed.
/// errc::invalid_argument for a field that the form makes itself.
result<post_form> make_post_form(
    const endpoint& at,
    std::string_view key,
    const post_options& options,
    const aws_credentials* keys,
    std::int64_t now_ns
);

/// {"url":"...","fields":{"name":"value"}}
std::string render_form(const post_form& form);

} // namespace blobstore::s3
