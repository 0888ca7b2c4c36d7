// SPDX-License-Identifier: Apache-2.0
// Signature Version 4 of the request head: header and query form, canonical request, clock, scope.
#include "fakes/signature_check.h"

#include "fakes/digests.h"
#include "fakes/text_forms.h"

#include <algorithm>
#include <cstdlib>

namespace blobstore::fakes {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::time_t max_skew = 15 * 60;
constexpr std::uint64_t max_expiry = 7 * 24 * 3600;

struct claims {
    std::string access_key;
    std::string date;
    std::string region;
    std::string service;
    std::string terminator;
    std::vector<std::string> signed_headers;
    std::string signature;
    std::string timestamp;
    std::optional<std::uint64_t> expires;
    std::optional<std::string> token;
};

refusal refuse(int status, std::string code, std::string message, header_list details = {}) {
    return {status, std::move(code), std::move(message), std::move(details), {}};
}

refusal malformed(bool query, std::string message, header_list details = {}) {
    return refuse(
        400,
        query ? "AuthorizationQueryParametersError" : "AuthorizationHeaderMalformed",
        std::move(message),
        std::move(details)
    );
}

bool is_lower_hex(std::string_view text, std::size_t length) {
    return text.size() == length &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool read_credential(std::string_view text, claims& out) {
    auto parts = split_list(text, '/');
    if (parts.size() < 5) return false;
    const auto take = [&parts] {
        auto last = std::move(parts.back());
        parts.pop_back();
        return last;
    };
    out.terminator = take();
    out.service = take();
    out.region = take();
    out.date = take();
    for (std::size_t i = 0; i < parts.size(); ++i) {
        out.access_key.append(i == 0 ? "" : "/").append(parts[i]);
    }
    return !out.access_key.empty();
}

std::optional<refusal> read_header_claims(const request& message, claims& out) {
    const std::string kept = header_or(message.headers, "authorization", "");
    const std::string_view text = kept;
    if (!text.starts_with(algorithm) || text.size() <= algorithm.size() ||
        text[algorithm.size()] != ' ') {
        return refuse(
            400,
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. "
            "Please use AWS4-HMAC-SHA256."
        );
    }
    std::string signed_headers;
    bool credential_seen = false;
    for (const auto& field : split_list(text.substr(algorithm.size() + 1), ',')) {
        const auto trimmed = trim(field);
        const auto equals = trimmed.find('=');
        const auto name = trimmed.substr(0, equals);
        if (equals == std::string_view::npos) return malformed(false, "A part has no value.");
        const auto value = trimmed.substr(equals + 1);
        if (name == "Credential" && !credential_seen) {
            credential_seen = true;
            if (!read_credential(value, out))
                return malformed(false, "The Credential is malformed.");
        } else if (name == "SignedHeaders" && signed_headers.empty()) {
            signed_headers = value;
        } else if (name == "Signature" && out.signature.empty()) {
            out.signature = value;
        } else {
            return malformed(false, "Unknown or repeated part of the authorization header.");
        }
    }
    if (!credential_seen || signed_headers.empty() || out.signature.empty()) {
        return malformed(false, "Credential, SignedHeaders and Signature are required.");
    }
    out.signed_headers = split_list(signed_headers, ';');
    if (const auto* date = find_header(message.headers, "x-amz-date")) {
        out.timestamp = *date;
    } else if (const auto* plain = find_header(message.headers, "date")) {
        const auto time = parse_http_date(*plain);
        out.timestamp = time ? amz_date(*time) : *plain;
    }
    if (const auto* token = find_header(message.headers, "x-amz-security-token"))
        out.token = *token;
    return std::nullopt;
}

std::optional<refusal> read_query_claims(const header_list& query, claims& out) {
    const auto value = [&](std::string_view wanted) -> std::optional<std::string> {
        for (const auto& [name, text] : query) {
            if (name == wanted) return text;
        }
        return std::nullopt;
    };
    if (value("X-Amz-Algorithm") != std::string{algorithm}) {
        return malformed(true, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
    }
    const auto signed_headers = value("X-Amz-SignedHeaders");
    const auto signature = value("X-Amz-Signature");
    const auto date = value("X-Amz-Date");
    const auto expires = value("X-Amz-Expires");
    const auto scope = value("X-Amz-Credential");
    if (!signed_headers || !signature || !date || !expires || !scope) {
        return malformed(
            true,
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        );
    }
    if (!read_credential(*scope, out)) return malformed(true, "The X-Amz-Credential is malformed.");
    out.expires = parse_number(*expires);
    if (!out.expires) return malformed(true, "X-Amz-Expires should be a number");
    if (*out.expires > max_expiry) {
        return malformed(
            true,
            "X-Amz-Expires must be less than a week (in seconds); that is, the given "
            "X-Amz-Expires must be less than 604800 seconds"
        );
    }
    out.signed_headers = split_list(*signed_headers, ';');
    out.signature = *signature;
    out.timestamp = *date;
    out.token = value("X-Amz-Security-Token");
    return std::nullopt;
}

std::string normalized(const std::string& path) {
    std::vector<std::string> kept;
    for (const auto& segment : split_list(path, '/')) {
        if (segment.empty() || segment == ".") continue;
        if (segment == "..") {
            if (!kept.empty()) kept.pop_back();
        } else {
            kept.push_back(segment);
        }
    }
    std::string out;
    for (const auto& segment : kept)
        out += "/" + segment;
    const bool directory = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    return out.empty() || directory ? out + "/" : out;
}

std::optional<std::string> canonical_path(const std::string& sent, const signature_rules& rules) {
    std::string path = sent.empty() ? "/" : sent;
    if (rules.double_encode) {
        if (rules.normalize_path) path = normalized(path);
        return percent_encode(path, "/");
    }
    auto decoded = percent_decode(path);
    if (!decoded) return std::nullopt;
    return percent_encode(rules.normalize_path ? normalized(*decoded) : *decoded, "/");
}

std::string canonical_query(const header_list& query) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& [name, value] : query) {
        if (name != "X-Amz-Signature")
            pairs.emplace_back(percent_encode(name), percent_encode(value));
    }
    std::sort(pairs.begin(), pairs.end());
    std::string out;
    for (const auto& [name, value] : pairs) {
        out.append(out.empty() ? "" : "&").append(name).append("=").append(value);
    }
    return out;
}

std::string collapsed(std::string_view value) {
    std::string out;
    for (const char c : trim(value)) {
        const bool space = c == ' ' || c == '\t';
        if (!space) {
            out += c;
        } else if (!out.ends_with(' ')) {
            out += ' ';
        }
    }
    return out;
}

// The header block, or nothing if a header that is said to be signed was not sent.
std::optional<std::string>
canonical_headers(const header_list& headers, const std::vector<std::string>& names) {
    std::string out;
    for (const auto& name : names) {
        std::string values;
        bool found = false;
        for (const auto& [key, value] : headers) {
            if (!same_name(key, name)) continue;
            values.append(found ? "," : "").append(collapsed(value));
            found = true;
        }
        if (!found) return std::nullopt;
        out.append(name).append(":").append(values).append("\n");
    }
    return out;
}

std::optional<refusal> check_signed_headers(
    const request& message, const claims& claim, const signature_rules& rules, bool query
) {
    const auto& names = claim.signed_headers;
    const bool ascending = std::adjacent_find(names.begin(), names.end(), [](auto& a, auto& b) {
                               return a >= b;
                           }) == names.end();
    for (const auto& name : names) {
        if (name.empty() || lower_case(name) != name || !ascending) {
            return malformed(query, "SignedHeaders must be lower case, sorted and unique.");
        }
    }
    const auto is_signed = [&](std::string_view name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (!is_signed("host")) {
        return refuse(
            403, "AccessDenied", "The host header must be signed", {{"HeadersNotSigned", "host"}}
        );
    }
    if (!rules.s3_headers) return std::nullopt;
    for (const auto& [name, value] : message.headers) {
        const auto lower = lower_case(name);
        if (lower.starts_with("x-amz-") && !is_signed(lower)) {
            return refuse(
                403,
                "AccessDenied",
                "There were headers present in the request which were not signed",
                {{"HeadersNotSigned", lower}}
            );
        }
    }
    return std::nullopt;
}

std::optional<refusal> check_scope(const claims& claim, const signature_rules& rules, bool query) {
    const std::string what = query ? "Error parsing the X-Amz-Credential parameter; "
                                   : "The authorization header is malformed; ";
    if (claim.terminator != "aws4_request") {
        return malformed(query, what + "the terminator must be \"aws4_request\"");
    }
    if (claim.service != rules.service) {
        return malformed(query, what + "incorrect service \"" + claim.service + "\"");
    }
    if (claim.region != rules.region) {
        return malformed(
            query,
            what + "the region '" + claim.region + "' is wrong; expecting '" + rules.region + "'",
            {{"Region", rules.region}}
        );
    }
    if (!parse_amz_date(claim.timestamp)) {
        return refuse(
            403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header"
        );
    }
    if (claim.date != claim.timestamp.substr(0, 8)) {
        return malformed(query, what + "the date of the scope is not the date of the request");
    }
    return std::nullopt;
}

std::optional<refusal> check_clock(const claims& claim, std::time_t now) {
    const auto time = *parse_amz_date(claim.timestamp);
    if (!claim.expires) {
        if (std::llabs(static_cast<long long>(now) - static_cast<long long>(time)) <= max_skew) {
            return std::nullopt;
        }
        return refuse(
            403,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            {{"RequestTime", claim.timestamp},
             {"ServerTime", iso_date(now)},
             {"MaxAllowedSkewMilliseconds", "900000"}}
        );
    }
    const auto end = time + static_cast<std::time_t>(*claim.expires);
    if (now > end) {
        return refuse(
            403,
            "AccessDenied",
            "Request has expired",
            {{"X-Amz-Expires", std::to_string(*claim.expires)},
             {"Expires", iso_date(end)},
             {"ServerTime", iso_date(now)}}
        );
    }
    if (time > now + max_skew) return refuse(403, "AccessDenied", "Request is not valid yet");
    return std::nullopt;
}

// Finds the key and checks its session token.
std::optional<refusal>
check_identity(const claims& claim, const signature_rules& rules, const credential*& found) {
    found = nullptr;
    for (const auto& candidate : rules.credentials) {
        if (candidate.access_key == claim.access_key) found = &candidate;
    }
    if (found == nullptr || (!found->session_token.empty() && !claim.token)) {
        return refuse(
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            {{"AWSAccessKeyId", claim.access_key}}
        );
    }
    if (claim.token && *claim.token != found->session_token) {
        return refuse(400, "InvalidToken", "The provided token is malformed or otherwise invalid.");
    }
    return std::nullopt;
}

std::optional<refusal> find_payload_hash(
    const request& message,
    const header_list& query,
    const signature_rules& rules,
    signature_result& out
) {
    if (const auto* hash = find_header(message.headers, "x-amz-content-sha256")) {
        out.payload_hash = *hash;
    } else if (const auto* parameter = find_header(query, "X-Amz-Content-Sha256")) {
        out.payload_hash = *parameter;
    } else if (!rules.s3_headers) {
        out.payload_hash = to_hex(sha256(message.body));
    } else if (out.presigned) {
        out.payload_hash = "UNSIGNED-PAYLOAD";
    } else {
        return refuse(
            400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"
        );
    }
    if (rules.s3_headers && !is_lower_hex(out.payload_hash, 64) &&
        out.payload_hash != "UNSIGNED-PAYLOAD" &&
        out.payload_hash != "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" &&
        out.payload_hash != "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" &&
        out.payload_hash != "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
        return refuse(
            400,
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value."
        );
    }
    return std::nullopt;
}

std::optional<refusal> compare_signature(
    const request& message,
    const header_list& query,
    const claims& claim,
    const signature_rules& rules,
    const credential& key,
    signature_result& out
) {
    const auto path = canonical_path(split(message.target).path, rules);
    if (!path) return refuse(400, "InvalidURI", "Couldn't parse the specified URI.");
    const auto headers = canonical_headers(message.headers, claim.signed_headers);
    if (!headers) {
        return refuse(
            403, "SignatureDoesNotMatch", "A header that is said to be signed is missing."
        );
    }
    std::string names;
    for (const auto& name : claim.signed_headers) {
        names.append(names.empty() ? "" : ";").append(name);
    }
    out.canonical_request = message.method + "\n" + *path + "\n" + canonical_query(query) + "\n" +
                            *headers + "\n" + names + "\n" + out.payload_hash;
    out.scope = claim.date + "/" + claim.region + "/" + claim.service + "/aws4_request";
    out.timestamp = claim.timestamp;
    out.string_to_sign = std::string{algorithm} + "\n" + claim.timestamp + "\n" + out.scope + "\n" +
                         to_hex(sha256(out.canonical_request));
    out.signing_key = derive_signing_key(key.secret_key, claim.date, claim.region, claim.service);
    out.signature = to_hex(hmac_sha256(out.signing_key, out.string_to_sign));
    if (out.signature == claim.signature) return std::nullopt;
    return refuse(
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
        {{"AWSAccessKeyId", claim.access_key},
         {"StringToSign", out.string_to_sign},
         {"SignatureProvided", claim.signature},
         {"CanonicalRequest", out.canonical_request}}
    );
}

} // namespace

std::string derive_signing_key(
    std::string_view secret,
    std::string_view date,
    std::string_view region,
    std::string_view service
) {
    const auto day = hmac_sha256("AWS4" + std::string{secret}, date);
    return hmac_sha256(hmac_sha256(hmac_sha256(day, region), service), "aws4_request");
}

signature_result
check_signature(const request& message, const signature_rules& rules, std::time_t now) {
    signature_result out;
    const auto query = parse_query(split(message.target).query);
    if (!query) {
        out.refused = refuse(400, "InvalidURI", "Couldn't parse the specified URI.");
        return out;
    }
    const bool by_header = find_header(message.headers, "authorization") != nullptr;
    for (const auto& [name, value] : *query) {
        out.presigned = out.presigned || name == "X-Amz-Signature" || name == "X-Amz-Algorithm" ||
                        name == "X-Amz-Credential";
    }
    if (by_header && out.presigned) {
        out.refused = refuse(400, "InvalidArgument", "Only one auth mechanism allowed");
        return out;
    }
    if (!by_header && !out.presigned) {
        out.anonymous = true;
        out.payload_hash = header_or(message.headers, "x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        if (!rules.allow_anonymous) out.refused = refuse(403, "AccessDenied", "Access Denied");
        return out;
    }
    claims claim;
    const credential* key = nullptr;
    out.refused = by_header ? read_header_claims(message, claim) : read_query_claims(*query, claim);
    if (!out.refused) out.refused = check_scope(claim, rules, out.presigned);
    if (!out.refused) out.refused = check_identity(claim, rules, key);
    if (!out.refused && !rules.ignore_clock) out.refused = check_clock(claim, now);
    if (!out.refused) out.refused = check_signed_headers(message, claim, rules, out.presigned);
    if (!out.refused) out.refused = find_payload_hash(message, *query, rules, out);
    if (!out.refused) out.refused = compare_signature(message, *query, claim, rules, *key, out);
    out.access_key = claim.access_key;
    return out;
}

} // namespace blobstore::fakes
