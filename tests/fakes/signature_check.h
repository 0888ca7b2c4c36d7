// SPDX-License-Identifier: Apache-2.0
// Verifies Signature Version 4 on requests and bodies from the public specification alone: it
// shares no code with the signers that it judges.
#pragma once

#include "fakes/message.h"

#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blobstore::fakes {

struct credential {
    std::string access_key = "testkey";
    std::string secret_key = "testsecret1234";
    std::string session_token = {};
};

struct signature_rules {
    std::vector<credential> credentials{credential{}};
    std::string region = "us-east-1";
    std::string service = "s3";
    bool double_encode = false; // S3: single encoding, nothing normalised
    bool normalize_path = false;
    bool s3_headers = true; // x-amz-content-sha256 is required, every x-amz-* header is signed
    bool allow_anonymous = false;
    bool ignore_clock = false; // no skew and no expiry check (links with a fixed signing time)
};

struct signature_result {
    std::optional<refusal> refused;
    bool anonymous = false;
    bool presigned = false;
    std::string access_key;
    std::string payload_hash; // the last line of the canonical request
    std::string signature;
    std::string timestamp;
    std::string scope;
    std::string signing_key;
    std::string canonical_request;
    std::string string_to_sign;
};

// Looks at method, target and headers; the body is not looked at.
signature_result
check_signature(const request& message, const signature_rules& rules, std::time_t now);

struct payload {
    std::optional<refusal> refused;
    std::string data; // aws-chunked framing removed
    header_list trailers;
};

// Compares the body with what the request promised: its hash, or every chunk and trailer signature.
payload check_payload(const request& message, const signature_result& signature);

std::string derive_signing_key(
    std::string_view secret,
    std::string_view date,
    std::string_view region,
    std::string_view service
);

} // namespace blobstore::fakes
