// SPDX-License-Identifier: Apache-2.0
// Redaction of URLs and header fields.
#include "base/log.h"

#include <algorithm>
#include <array>

namespace blobstore {

namespace {

constexpr std::string_view redacted = "REDACTED";

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::for_each(out, [](char& c) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

// By parts of names, so that an unknown one is rather cut than shown: X-Amz-Signature,
// X-Goog-Credential, sig and se of a SAS (only sig is secret), AWSAccessKeyId, access_token.
bool is_secret_parameter(std::string_view name) {
    constexpr std::array<std::string_view, 7> parts = {
        "signature", "token", "credential", "secret", "password", "accesskey", "access_key"};
    constexpr std::array<std::string_view, 5> whole = {"sig", "key", "apikey", "api_key", "auth"};
    const std::string low = lower(name);
    return std::ranges::find(whole, low) != whole.end() ||
           std::ranges::any_of(
               parts, [&](std::string_view part) { return low.find(part) != std::string::npos; }
           ) ||
           low.ends_with("account_key") || low.ends_with("sas_key");
}

void append_query(std::string& out, std::string_view query) {
    while (true) {
        const std::size_t end = query.find_first_of("&;");
        const std::string_view pair = query.substr(0, end);
        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos && is_secret_parameter(pair.substr(0, equals))) {
            out.append(pair.substr(0, equals + 1)).append(redacted);
        } else {
            out.append(pair);
        }
        if (end == std::string_view::npos) {
            return;
        }
        out += query[end];
        query.remove_prefix(end + 1);
    }
}

} // namespace

std::string redact_url(std::string_view url) {
    std::string out;
    const std::size_t question = url.find('?');
    std::string_view front = url.substr(0, question);
    if (const std::size_t scheme = front.find("://"); scheme != std::string_view::npos) {
        const std::size_t host = scheme + 3;
        const std::string_view authority = front.substr(host, front.find('/', host) - host);
        const std::size_t at = authority.rfind('@');
        // azure://container@account names a container; only what has a password is cut
        if (at != std::string_view::npos &&
            (authority.substr(0, at).find(':') != std::string_view::npos ||
             front.starts_with("http"))) {
            out.append(front.substr(0, host)).append(redacted);
            front.remove_prefix(host + at);
        }
    }
    out.append(front);
    if (question != std::string_view::npos) {
        out += '?';
        append_query(out, url.substr(question + 1));
    }
    return out;
}

} // namespace blobstore
