// SPDX-License-Identifier: Apache-2.0
// Signature Version 4 as specified; pure string work over HMAC.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
#include "auth/sigv4.h"

#include "base/encoding.h"

#include <algorithm>
#include <array>

namespace blobstore::sigv4 {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view chunk_extension = ";chunk-signature=";
constexpr std::string_view trailer_signature_name = "x-amz-trailer-signature:";
constexpr std::string_view line_end = "\r\n";
constexpr std::size_t signature_size = 64;

using text_pair = std::pair<std::string, std::string>;

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::for_each(out, [](char& c) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

bool is_unsigned_header(std::string_view name) {
    constexpr std::array<std::string_view, 11> names = {
        "accept-encoding",
        "authorization",
        "connection",
        "expect",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "x-amzn-trace-id"};
    return std::ranges::find(names, name) != names.end() || name.starts_with("proxy-");
}

// Without white space at the ends, and one space for each run within.
std::string trim(std::string_view value) {
    std::string out;
    for (const char c : value) {
        const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (!space) {
            out += c;
        } else if (!out.empty() && out.back() != ' ') {
            out += ' ';
        }
    }
    if (out.ends_with(' ')) {
        out.pop_back();
    }
    return out;
}

// Sorted by name, each name once.
std::vector<text_pair> canonical_headers(const request_view& request) {
    std::vector<text_pair> all;
    for (const field& header : request.headers) {
        std::string name = lower(header.name);
        if (!is_unsigned_header(name)) {
            all.emplace_back(std::move(name), trim(header.value));
        }
    }
    std::ranges::stable_sort(all, {}, &text_pair::first);
    std::vector<text_pair> out;
    for (text_pair& one : all) {
        if (!out.empty() && out.back().first == one.first) {
            out.back().second.append(",").append(one.second);
        } else {
            out.push_back(std::move(one));
        }
    }
    return out;
}

std::string names_of(const std::vector<text_pair>& headers) {
    std::string out;
    for (const auto& [name, value] : headers) {
        out.append(out.empty() ? "" : ";").append(name);
    }
    return out;
}

std::string canonical_query(std::span<const field> query) {
    std::vector<text_pair> encoded;
    encoded.reserve(query.size());
    for (const field& one : query) {
        encoded.emplace_back(
            percent_encode(one.name, encode_set::unreserved),
            percent_encode(one.value, encode_set::unreserved)
        );
    }
    std::ranges::sort(encoded);
    std::string out;
    for (const auto& [name, value] : encoded) {
        out.append(out.empty() ? "" : "&").append(name).append("=").append(value);
    }
    return out;
}

// RFC 3986 5.2.4, and repeated slashes are one.
std::string normalized(std::string_view path) {
    std::vector<std::string_view> kept;
    bool slash_at_end = true;
    while (!path.empty()) {
        const std::size_t end = path.find('/');
        const std::string_view segment = path.substr(0, end);
        slash_at_end = end != std::string_view::npos || segment == "." || segment == "..";
        path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
        if (segment == "..") {
            if (!kept.empty()) {
                kept.pop_back();
            }
        } else if (!segment.empty() && segment != ".") {
            kept.push_back(segment);
        }
    }
    std::string out;
    for (const std::string_view segment : kept) {
        out.append("/").append(segment);
    }
    if (slash_at_end || out.empty()) {
        out += '/';
    }
    return out;
}

std::string canonical_path(std::string_view path, const options& how) {
    std::string out(path.empty() ? "/" : path);
    if (how.normalize) {
        out = normalized(out);
    }
    return how.double_encode ? percent_encode(out, encode_set::path) : out;
}

std::string join_lines(std::initializer_list<std::string_view> lines) {
    std::string out;
    for (const std::string_view line : lines) {
        out.append(out.empty() ? "" : "\n").append(line);
    }
    return out;
}

sha256_value key_for(const signing& with) {
    if (with.key != nullptr) {
        return *with.key;
    }
    const std::string date = format_iso_basic(with.at.time).substr(0, 8);
    return signing_key(with.credentials.secret_access_key, date, with.at.where);
}

std::string sign(const request_view& request, const signing& with, std::string_view payload_hash) {
    sha256_value key = key_for(with);
    const std::string canonical = canonical_request(request, payload_hash, with.how);
    std::string out = signature(key, string_to_sign(with.at, canonical));
    wipe(key.data(), key.size());
    return out;
}

std::string credential_of(const signing& with) {
    return with.credentials.access_key_id + "/" + credential_scope(with.at);
}

} // namespace

sha256_value signing_key(const secret_string& secret, std::string_view date, const scope& where) {
    std::string start = "AWS4";
    start.reserve(start.size() + secret.reveal().size()); // no second copy is left behind
    start += secret.reveal();
    sha256_value key = hmac_sha256(start, date);
    wipe(start.data(), start.size());
    for (const std::string_view part :
         {where.region, where.service, std::string_view("aws4_request")}) {
        key = hmac_sha256(bytes_of(key), part);
    }
    return key;
}

std::string credential_scope(const stamp& at) {
    std::string out = format_iso_basic(at.time).substr(0, 8);
    out.append("/").append(at.where.region).append("/").append(at.where.service);
    return out += "/aws4_request";
}

std::string signed_headers(const request_view& request) {
    return names_of(canonical_headers(request));
}

std::string
canonical_request(const request_view& request, std::string_view payload_hash, const options& how) {
    const std::vector<text_pair> headers = canonical_headers(request);
    std::string out(request.method);
    out.append("\n").append(canonical_path(request.path, how));
    out.append("\n").append(canonical_query(request.query)).append("\n");
    for (const auto& [name, value] : headers) {
        out.append(name).append(":").append(value).append("\n");
    }
    return out.append("\n").append(names_of(headers)).append("\n").append(payload_hash);
}

std::string string_to_sign(const stamp& at, std::string_view canonical) {
    return join_lines(
        {algorithm,
         format_iso_basic(at.time),
         credential_scope(at),
         hex(bytes_of(sha256(canonical)))}
    );
}

std::string signature(const sha256_value& key, std::string_view string_to_sign) {
    return hex(bytes_of(hmac_sha256(bytes_of(key), string_to_sign)));
}

signed_header sign_header(const request_view& request, const signing& with) {
    signed_header out;
    out.fields.emplace_back("x-amz-date", format_iso_basic(with.at.time));
    if (with.how.content_sha256) {
        out.fields.emplace_back("x-amz-content-sha256", with.payload_hash);
    }
    const std::string_view token = with.credentials.session_token.reveal();
    if (!token.empty() && !with.how.omit_session_token) {
        out.fields.emplace_back("x-amz-security-token", token);
    }
    std::vector<field> headers(request.headers.begin(), request.headers.end());
    for (const auto& [name, value] : out.fields) {
        headers.push_back({name, value});
    }
    request_view full = request;
    full.headers = headers;
    out.signature = sign(full, with, with.payload_hash);
    std::string authorization(algorithm);
    authorization.append(" Credential=").append(credential_of(with));
    authorization.append(", SignedHeaders=").append(signed_headers(full));
    authorization.append(", Signature=").append(out.signature);
    if (!token.empty() && with.how.omit_session_token) {
        out.fields.emplace_back("x-amz-security-token", token);
    }
    out.fields.emplace_back("authorization", std::move(authorization));
    return out;
}

std::string
sign_query(const request_view& request, const signing& with, std::int64_t expires_seconds) {
    const std::string credential = credential_of(with);
    const std::string date = format_iso_basic(with.at.time);
    const std::string expires = std::to_string(expires_seconds);
    const std::string names = signed_headers(request);
    const field token = {"X-Amz-Security-Token", with.credentials.session_token.reveal()};
    std::vector<field> query(request.query.begin(), request.query.end());
    query.insert(
        query.end(),
        {
            {"X-Amz-Algorithm", algorithm},
            {"X-Amz-Credential", credential},
            {"X-Amz-Date", date},
            {"X-Amz-Expires", expires},
            {"X-Amz-SignedHeaders", names},
        }
    );
    if (!token.value.empty() && !with.how.omit_session_token) {
        query.push_back(token);
    }
    request_view full = request;
    full.query = query;
    const std::string signed_text = sign(full, with, with.payload_hash);
    std::string out = canonical_query(query);
    if (!token.value.empty() && with.how.omit_session_token) {
        out.append("&").append(canonical_query({&token, 1}));
    }
    return out.append("&X-Amz-Signature=").append(signed_text);
}

std::string chunk_signature(
    const sha256_value& key, const stamp& at, std::string_view previous, const sha256_value& data
) {
    return signature(
        key,
        join_lines(
            {"AWS4-HMAC-SHA256-PAYLOAD",
             format_iso_basic(at.time),
             credential_scope(at),
             previous,
             empty_payload,
             hex(bytes_of(data))}
        )
    );
}

std::string trailer_signature(
    const sha256_value& key, const stamp& at, std::string_view previous, std::string_view trailers
) {
    return signature(
        key,
        join_lines(
            {"AWS4-HMAC-SHA256-TRAILER",
             format_iso_basic(at.time),
             credential_scope(at),
             previous,
             hex(bytes_of(sha256(trailers)))}
        )
    );
}

std::string encode_chunk_header(std::uint64_t size, std::string_view signature) {
    std::string out;
    do {
        out.insert(out.begin(), "0123456789abcdef"[size & 15]);
        size >>= 4;
    } while (size != 0);
    if (!signature.empty()) {
        out.append(chunk_extension).append(signature);
    }
    return out.append(line_end);
}

std::string encode_body_end(
    std::string_view chunk_signature,
    std::span<const field> trailers,
    std::string_view trailer_signature
) {
    std::string out = encode_chunk_header(0, chunk_signature);
    for (const field& one : trailers) {
        out.append(one.name).append(":").append(one.value).append(line_end);
    }
    if (!trailer_signature.empty()) {
        out.append(trailer_signature_name).append(trailer_signature).append(line_end);
    }
    return out.append(line_end);
}

std::uint64_t encoded_length(
    std::uint64_t decoded, std::uint64_t chunk_size, std::uint64_t trailers, chunks kind
) {
    const std::uint64_t extension =
        kind == chunks::with_signature ? chunk_extension.size() + signature_size : 0;
    const auto framing = [&](std::uint64_t size) {
        std::uint64_t digits = 1;
        for (; size > 15; size >>= 4) {
            ++digits;
        }
        return digits + extension + line_end.size() * 2;
    };
    const std::uint64_t last = decoded % chunk_size;
    std::uint64_t out = decoded + decoded / chunk_size * framing(chunk_size);
    out += last != 0 ? framing(last) : 0;
    out += framing(0) + trailers;
    if (trailers != 0 && kind == chunks::with_signature) {
        out += trailer_signature_name.size() + signature_size + line_end.size();
    }
    return out;
}

} // namespace blobstore::sigv4
