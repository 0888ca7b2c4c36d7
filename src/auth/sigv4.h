// SPDX-License-Identifier: Apache-2.0
// AWS Signature Version 4: header, query and chunk signing. Pure; sends nothing and reads no clock.
#pragma once

#include "auth/credentials.h"
#include "base/digest.h"
#include "base/time.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace blobstore::sigv4 {

/// Payload hashes that are no hash.
inline constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";
inline constexpr std::string_view streaming_signed = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
inline constexpr std::string_view streaming_signed_trailer =
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
inline constexpr std::string_view streaming_unsigned_trailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
inline constexpr std::string_view empty_payload =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A header field or a query parameter.
struct field {
    std::string_view name, value;
};

/// What is to be signed. Views only.
struct request_view {
    std::string_view method;
    /// As on the wire: percent-encoded once by the caller with encode_set::path; empty means "/".
    std::string_view path;
    /// Decoded, in any order; encoded and sorted here.
    std::span<const field> query;
    /// Every one is signed except those that proxies change (connection, expect, te, trailer,
    /// transfer-encoding, upgrade, keep-alive, proxy-*, user-agent, x-amzn-trace-id),
    /// accept-encoding and authorization. Must hold host. Repeated names are joined in order by
    /// ','.
    std::span<const field> headers;
};

struct scope {
    std::string_view region, service;
};

/// The defaults are those of S3.
struct options {
    bool double_encode = false;      ///< encode the path once more (all services but S3)
    bool normalize = false;          ///< remove dot segments and repeated slashes from the path
    bool content_sha256 = true;      ///< add x-amz-content-sha256 (header signing only)
    bool omit_session_token = false; ///< add the token after signing, not signed
};

/// Time and place of a signature.
struct stamp {
    nanoseconds time = 0;
    scope where;
};

/// Everything about a signature but the request. Referenced values must outlive the call.
struct signing {
    const aws_credentials& credentials;
    stamp at;
    std::string_view payload_hash; ///< lower-case hex SHA-256 or one of the constants above
    options how = {};
    const sha256_value* key =
        nullptr; ///< a kept signing_key() of this secret, date and scope, or null
};

/// HMAC chain of secret, date ("20130524"), region and service: constant for a day, so worth
/// keeping.
secret_digest signing_key(const secret_string& secret, std::string_view date, const scope& where);

/// "20130524/us-east-1/s3/aws4_request"
std::string credential_scope(const stamp& at);

/// The names that go into the signature: "host;x-amz-date".
std::string signed_headers(const request_view& request);

/// Of exactly this request: adds no header and no parameter.
std::string canonical_request(
    const request_view& request, std::string_view payload_hash, const options& how = {}
);

std::string string_to_sign(const stamp& at, std::string_view canonical);

/// Lower-case hex. With a base64 POST policy in place of the string to sign, the policy's
/// signature.
std::string signature(const sha256_value& key, std::string_view string_to_sign);

struct signed_header {
    /// To be sent as well: x-amz-date, x-amz-content-sha256 (if asked for), x-amz-security-token
    /// (if there is one), authorization. The request must not hold them yet.
    std::vector<std::pair<std::string, std::string>> fields;
    std::string signature; ///< the seed of the chunk signatures
};

/// Header signing.
signed_header sign_header(const request_view& request, const signing& with);

/// Query signing (presigned URLs): the whole query string, without '?': the request's own
/// parameters and X-Amz-*, encoded and sorted, then X-Amz-Signature. The caller checks the limit of
/// seven days.
std::string
sign_query(const request_view& request, const signing& with, std::int64_t expires_seconds);

/// The signature of the next chunk of a streaming_signed body; `previous` is the chunk's before it,
/// for the first one the request's. The last chunk is the empty one.
std::string chunk_signature(
    const sha256_value& key, const stamp& at, std::string_view previous, const sha256_value& data
);

/// Of the trailer; `trailers` is "name:value\n" for each, lower-case names; `previous` the empty
/// chunk's.
std::string trailer_signature(
    const sha256_value& key, const stamp& at, std::string_view previous, std::string_view trailers
);

/// "400;chunk-signature=...\r\n", without a signature "400\r\n". The data and "\r\n" follow it.
std::string encode_chunk_header(std::uint64_t size, std::string_view signature = {});

/// The end of an aws-chunked body: the empty chunk, the trailers and their signature, the last line
/// end. Signatures are empty for streaming_unsigned_trailer.
std::string encode_body_end(
    std::string_view chunk_signature,
    std::span<const field> trailers,
    std::string_view trailer_signature = {}
);

enum class chunks { plain, with_signature };

/// The Content-Length of an aws-chunked body of `decoded` bytes in chunks of `chunk_size` (not 0),
/// the last one shorter. `trailers` is the length of all "name:value\r\n" lines, 0 if there are
/// none.
std::uint64_t encoded_length(
    std::uint64_t decoded, std::uint64_t chunk_size, std::uint64_t trailers, chunks kind
);

} // namespace blobstore::sigv4
