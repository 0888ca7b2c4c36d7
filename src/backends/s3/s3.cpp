// SPDX-License-Identifier: Apache-2.0
// Opening one bucket: its endpoint and its credentials from settings.
#include "backends/s3/s3.h"

#include "backends/s3/backend.h"

namespace blobstore::s3 {

namespace {

result<credential_source> source_from(const settings_values& values) {
    if (values.boolean("skip_signature")) return anonymous_credentials();
    const bool has_id = !values.text("access_key_id").empty();
    const bool has_secret = !values.text("secret_access_key").empty();
    if (!has_id && !has_secret) return first_of({environment_credentials()});
    if (!has_id || !has_secret)
        return error(
            errc::config,
            has_id ? "access_key_id is set without secret_access_key"
                   : "secret_access_key is set without access_key_id"
        );
    aws_credentials keys{
        std::string(values.text("access_key_id")),
        secret_string(values.text("secret_access_key")),
        secret_string(values.text("session_token"))};
    return fixed_credentials(std::move(keys), "settings");
}

} // namespace

result<std::shared_ptr<backend>> open(
    std::string_view bucket,
    const settings_values& values,
    std::shared_ptr<const host> machine,
    std::shared_ptr<http::client> client,
    proven_endpoints& known
) {
    result<endpoint> at = resolve_endpoint(bucket, values);
    if (!at) return at.error();
    result<credential_source> credentials = source_from(values);
    if (!credentials) return credentials.error();
    std::shared_ptr<proven> of_endpoint = known_of(known, *at);
    return std::make_shared<s3_backend>(
        std::move(*at),
        std::move(*credentials),
        std::move(machine),
        std::move(client),
        std::move(of_endpoint)
    );
}

} // namespace blobstore::s3
