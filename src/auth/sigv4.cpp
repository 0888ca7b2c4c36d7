// SPDX-License-Identifier: Apache-2.0
// Signature Version 4 as specified; pure string work over HMAC.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
#include "auth/sigv4.h"

#include "base/encoding.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory_resource>
#include <tuple>

namespace blobstore::sigv4 {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view chunk_extension = ";chunk-signature=";
constexpr std::string_view trailer_signature_name = "x-amz-trailer-signature:";
constexpr std::string_view line_end = "\r\n";
constexpr std::size_t signature_size = 64;

/// Wipes what it gives back.
class wiping_memory final : public std::pmr::memory_resource {
    void* do_allocate(std::size_t size, std::size_t alignment) override {
        return std::pmr::new_delete_resource()->allocate(size, alignment);
    }

    void do_deallocate(void* at, std::size_t size, std::size_t alignment) override {
        wipe(at, size);
        std::pmr::new_delete_resource()->deallocate(at, size, alignment);
    }

    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

/// What one signature is put together in: no heap unless it is large; wiped where it holds a token.
class scratch {
public:
    explicit scratch(bool holds_token)
        : holds_token_(holds_token) {}

    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;

    ~scratch() {
        if (holds_token_) wipe(memory_.data(), memory_.size());
    }

    std::pmr::memory_resource* get() { return &arena_; }

private:
    const bool holds_token_;
    std::array<std::byte, 8192> memory_;
    wiping_memory more_;
    std::pmr::monotonic_buffer_resource arena_{memory_.data(), memory_.size(), &more_};
};

using text = std::pmr::string;
using fields = std::pmr::vector<field>;

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_space(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_unsigned_header(std::string_view name) {
    if (name.starts_with("x-amz-") && !name.starts_with("x-amzn")) return false; // most are
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

// Whether trim() would change it.
bool is_trimmed(std::string_view value) {
    bool before = true; // at the start a space is one too many
    for (const char c : value) {
        const bool space = is_space(c);
        if (space && (before || c != ' ')) return false;
        before = space;
    }
    return value.empty() || !before;
}

// Without white space at the ends, and one space for each run within; the result is behind `out`.
std::string_view trim(std::string_view value, text& out) {
    const std::size_t from = out.size();
    for (const char c : value) {
        if (!is_space(c)) {
            out += c;
        } else if (out.size() != from && out.back() != ' ') {
            out += ' ';
        }
    }
    if (out.size() != from && out.back() == ' ') {
        out.pop_back();
    }
    return std::string_view(out).substr(from);
}

// The headers to sign, names in lower case, sorted by name; a name that comes again stays behind
// its first.
class canonical_headers {
public:
    canonical_headers(std::span<const field> headers, std::pmr::memory_resource* memory)
        : text_(memory)
        , fields_(memory) {
        std::size_t most = 0;
        for (const field& one : headers) {
            most += one.name.size() + one.value.size();
        }
        text_.reserve(most); // views into it stay
        fields_.reserve(headers.size());
        for (const field& one : headers) {
            const std::size_t from = text_.size();
            text_.append(one.name);
            std::transform(
                text_.begin() + static_cast<std::ptrdiff_t>(from),
                text_.end(),
                text_.begin() + static_cast<std::ptrdiff_t>(from),
                lower
            );
            const std::string_view name = std::string_view(text_).substr(from);
            if (!is_unsigned_header(name)) {
                fields_.push_back({name, is_trimmed(one.value) ? one.value : trim(one.value, text_)}
                );
            }
        }
        for (std::size_t i = 1; i < fields_.size(); ++i) { // few and nearly sorted; no memory
            const field one = fields_[i];
            std::size_t to = i;
            for (; to != 0 && one.name < fields_[to - 1].name; --to) {
                fields_[to] = fields_[to - 1];
            }
            fields_[to] = one;
        }
    }

    template <class String>
    void append_names(String& out) const {
        for (std::size_t i = 0; i < fields_.size(); ++i) {
            if (!again(i)) {
                out.append(i == 0 ? "" : ";").append(fields_[i].name);
            }
        }
    }

    template <class String>
    void append_lines(String& out) const {
        for (std::size_t i = 0; i < fields_.size(); ++i) {
            if (again(i)) {
                out.append(",");
            } else {
                out.append(i == 0 ? "" : "\n").append(fields_[i].name).append(":");
            }
            out.append(fields_[i].value);
        }
        out.append(fields_.empty() ? "" : "\n");
    }

    std::size_t size() const noexcept { return text_.size(); }

private:
    bool again(std::size_t i) const { return i != 0 && fields_[i].name == fields_[i - 1].name; }

    text text_;
    fields fields_;
};

template <class String>
void append_encoded(String& out, std::string_view bytes, encode_set keep) {
    const std::size_t from = out.size();
    out.resize(from + bytes.size() * 3);
    const char* const end = percent_encode_at(out.data() + from, bytes, keep);
    out.resize(static_cast<std::size_t>(end - out.data()));
}

template <class String>
void append_query(String& out, std::span<const field> query, std::pmr::memory_resource* memory) {
    std::size_t most = 0;
    for (const field& one : query) {
        most += (one.name.size() + one.value.size()) * 3;
    }
    text encoded(memory);
    encoded.reserve(most); // views into it stay
    fields sorted(memory);
    sorted.reserve(query.size());
    for (const field& one : query) {
        const std::size_t name = encoded.size();
        append_encoded(encoded, one.name, encode_set::unreserved);
        const std::size_t value = encoded.size();
        append_encoded(encoded, one.value, encode_set::unreserved);
        const std::string_view whole = encoded;
        sorted.push_back({whole.substr(name, value - name), whole.substr(value)});
    }
    std::ranges::sort(sorted, [](const field& a, const field& b) {
        return std::tie(a.name, a.value) < std::tie(b.name, b.value);
    });
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        out.append(i == 0 ? "" : "&").append(sorted[i].name).append("=").append(sorted[i].value);
    }
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

template <class String>
void append_path(String& out, std::string_view path, const options& how) {
    const std::string_view given = path.empty() ? "/" : path;
    const std::string changed = how.normalize ? normalized(given) : std::string();
    const std::string_view plain = how.normalize ? std::string_view(changed) : given;
    if (how.double_encode) {
        append_encoded(out, plain, encode_set::path);
    } else {
        out.append(plain);
    }
}

/// The parts of a canonical request that are made once for several uses.
struct prepared {
    const request_view& request;
    const canonical_headers& headers;
    std::string_view query;
};

template <class String>
void append_canonical(
    String& out, const prepared& from, std::string_view payload_hash, const options& how
) {
    const request_view& request = from.request;
    out.reserve(
        out.size() + request.method.size() + request.path.size() + from.query.size() +
        2 * from.headers.size() + payload_hash.size() + 512
    );
    out.append(request.method).append("\n");
    append_path(out, request.path, how);
    out.append("\n").append(from.query).append("\n");
    from.headers.append_lines(out);
    out.append("\n");
    from.headers.append_names(out);
    out.append("\n").append(payload_hash);
}

/// A time as signatures write it, formatted once for all places.
class date_text {
public:
    explicit date_text(nanoseconds time)
        : text_(iso_basic(time)) {}

    std::string_view time() const { return {text_.data(), text_.size()}; }

    std::string_view day() const { return time().substr(0, 8); }

private:
    std::array<char, 16> text_;
};

template <class String>
void append_scope(String& out, const date_text& date, const scope& where) {
    out.append(date.day()).append("/").append(where.region).append("/").append(where.service);
    out.append("/aws4_request");
}

template <class String>
void append_hex(String& out, const sha256_value& value) {
    const auto digits = hex_of(value);
    out.append(digits.data(), digits.size());
}

template <class String>
void append_string_to_sign(
    String& out, const date_text& date, const scope& where, const sha256_value& canonical
) {
    out.append(algorithm).append("\n").append(date.time()).append("\n");
    append_scope(out, date, where);
    out.append("\n");
    append_hex(out, canonical);
}

std::string join_lines(std::initializer_list<std::string_view> lines) {
    std::string out;
    for (const std::string_view line : lines) {
        out.append(out.empty() ? "" : "\n").append(line);
    }
    return out;
}

secret_digest key_for(const signing& with, const date_text& date) {
    if (with.key != nullptr) {
        return {*with.key};
    }
    return signing_key(with.credentials.secret_access_key, date.day(), with.at.where);
}

std::array<char, 64> sign(
    const prepared& request,
    const signing& with,
    const date_text& date,
    std::pmr::memory_resource* memory
) {
    sha256_stream digest;
    text line(memory);
    append_canonical(line, request, with.payload_hash, with.how);
    digest.update(line);
    const sha256_value hashed = digest.finish();
    line.clear();
    append_string_to_sign(line, date, with.at.where, hashed);
    const secret_digest key = key_for(with, date);
    return hex_of(hmac_sha256(digest, bytes_of(key), line));
}

std::string_view view_of(const std::array<char, 64>& digits) {
    return {digits.data(), digits.size()};
}

} // namespace

secret_digest signing_key(const secret_string& secret, std::string_view date, const scope& where) {
    std::string start = "AWS4";
    start.reserve(start.size() + secret.reveal().size()); // no second copy is left behind
    start += secret.reveal();
    secret_digest key{hmac_sha256(start, date)};
    wipe(start.data(), start.size());
    for (const std::string_view part :
         {where.region, where.service, std::string_view("aws4_request")}) {
        const secret_digest next{hmac_sha256(bytes_of(key), part)};
        key = next;
    }
    return key;
}

std::string credential_scope(const stamp& at) {
    std::string out;
    append_scope(out, date_text(at.time), at.where);
    return out;
}

std::string signed_headers(const request_view& request) {
    scratch space(false);
    std::string out;
    canonical_headers(request.headers, space.get()).append_names(out);
    return out;
}

std::string
canonical_request(const request_view& request, std::string_view payload_hash, const options& how) {
    scratch space(true);
    const canonical_headers headers(request.headers, space.get());
    text query(space.get());
    append_query(query, request.query, space.get());
    std::string out;
    append_canonical(out, {request, headers, query}, payload_hash, how);
    return out;
}

std::string string_to_sign(const stamp& at, std::string_view canonical) {
    std::string out;
    append_string_to_sign(out, date_text(at.time), at.where, sha256(canonical));
    return out;
}

std::string signature(const sha256_value& key, std::string_view string_to_sign) {
    return hex(bytes_of(hmac_sha256(bytes_of(key), string_to_sign)));
}

signed_header sign_header(const request_view& request, const signing& with) {
    const date_text date(with.at.time);
    const std::string_view token = with.credentials.session_token.reveal();
    const bool sign_token = !token.empty() && !with.how.omit_session_token;
    scratch space(!token.empty());
    fields all(space.get());
    all.reserve(request.headers.size() + 3);
    all.assign(request.headers.begin(), request.headers.end());
    const std::size_t given = all.size();
    all.push_back({"x-amz-date", date.time()});
    if (with.how.content_sha256) {
        all.push_back({"x-amz-content-sha256", with.payload_hash});
    }
    if (sign_token) {
        all.push_back({"x-amz-security-token", token});
    }
    const canonical_headers headers(all, space.get());
    text query(space.get());
    append_query(query, request.query, space.get());
    const auto digits = sign({request, headers, query}, with, date, space.get());

    signed_header out;
    out.signature = view_of(digits);
    out.fields.reserve(4);
    for (std::size_t i = given; i < all.size(); ++i) {
        out.fields.emplace_back(all[i].name, all[i].value);
    }
    if (!token.empty() && !sign_token) {
        out.fields.emplace_back("x-amz-security-token", token);
    }
    std::string authorization;
    authorization.reserve(256 + with.credentials.access_key_id.size() + headers.size());
    authorization.append(algorithm).append(" Credential=");
    authorization.append(with.credentials.access_key_id).append("/");
    append_scope(authorization, date, with.at.where);
    authorization.append(", SignedHeaders=");
    headers.append_names(authorization);
    authorization.append(", Signature=").append(view_of(digits));
    out.fields.emplace_back("authorization", std::move(authorization));
    return out;
}

std::string
sign_query(const request_view& request, const signing& with, std::int64_t expires_seconds) {
    const date_text date(with.at.time);
    const field token = {"X-Amz-Security-Token", with.credentials.session_token.reveal()};
    scratch space(!token.value.empty());
    text credential(with.credentials.access_key_id, space.get());
    append_scope(credential.append("/"), date, with.at.where);
    const std::string expires = std::to_string(expires_seconds);
    const canonical_headers headers(request.headers, space.get());
    text names(space.get());
    headers.append_names(names);
    fields query(space.get());
    query.reserve(request.query.size() + 6);
    query.assign(request.query.begin(), request.query.end());
    query.push_back({"X-Amz-Algorithm", algorithm});
    query.push_back({"X-Amz-Credential", credential});
    query.push_back({"X-Amz-Date", date.time()});
    query.push_back({"X-Amz-Expires", expires});
    query.push_back({"X-Amz-SignedHeaders", names});
    if (!token.value.empty() && !with.how.omit_session_token) {
        query.push_back(token);
    }
    text encoded(space.get());
    append_query(encoded, query, space.get());
    const auto digits = sign({request, headers, encoded}, with, date, space.get());

    std::string out;
    out.reserve(encoded.size() + 128 + 3 * token.value.size());
    out.append(encoded);
    if (!token.value.empty() && with.how.omit_session_token) {
        append_query(out.append("&"), {&token, 1}, space.get());
    }
    out.append("&X-Amz-Signature=").append(view_of(digits));
    return out; // moved: a copy would leave the token behind
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
