// SPDX-License-Identifier: Apache-2.0
// The contract of every credential source, and the ones that need no service: fixed keys,
// environment, none.
#pragma once

#include "async/operation.h"
#include "auth/credentials.h"
#include "os/host.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace blobstore {

/// What a source found. No `value` means anonymous.
struct credential_answer {
    std::optional<aws_credentials> value;
    std::optional<std::int64_t> expires_ns; ///< nullopt: never
    std::string identity; ///< where from, for people: "explicit settings", "environment"; no secret
    std::string region, endpoint; ///< learnt beside, may be empty
};

/// Shared with the source: credentials are not copied from call to call. Never null with success.
using found_credentials = std::shared_ptr<const credential_answer>;

/// What a source is asked with. Outlives the call.
struct credential_request {
    const host* machine = nullptr;
    const aws_credentials* refused =
        nullptr; ///< this exact value was refused: do not answer it from a cache
    std::vector<std::string>* trace =
        nullptr; ///< one line per step for "explain"; may be null; no secret
};

/// A source of credentials. Any thread, concurrently; the operation's deadline and cancel hold.
/// errc::credentials where it has none: first_of() then asks the next.
using credential_source =
    std::function<task<result<found_credentials>>(operation& op, const credential_request& asked)>;

credential_source fixed_credentials(aws_credentials value, std::string identity);
credential_source anonymous_credentials();

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN of the host.
credential_source environment_credentials();

/// The first that has credentials; else errc::credentials, which names what was asked.
credential_source first_of(std::vector<credential_source> sources);

} // namespace blobstore
