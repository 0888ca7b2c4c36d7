// SPDX-License-Identifier: Apache-2.0
// The names of the headers, and the two encodings of metadata.
#include "backends/s3/attributes.h"

#include "backends/s3/own_write.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/time.h"

#include <algorithm>
#include <charconv>

namespace blobstore::s3 {

namespace {

constexpr std::size_t most_metadata = 2048;
constexpr std::string_view metadata_prefix = "x-amz-meta-";

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x80;
    });
}

/// The next "=?charset?Q?text?=" or "=?charset?B?text?=" at `at`; empty: there is none.
struct encoded_word {
    std::string_view whole, charset, text;
    bool base64 = false;
};

encoded_word word_at(std::string_view value, std::size_t at) {
    encoded_word none;
    if (value.substr(at, 2) != "=?") return none;
    const std::size_t charset_end = value.find('?', at + 2);
    if (charset_end == std::string_view::npos || charset_end + 2 >= value.size()) return none;
    const char how = value[charset_end + 1];
    const bool known = how == 'Q' || how == 'q' || how == 'B' || how == 'b';
    if (!known || value[charset_end + 2] != '?') return none;
    const std::size_t end = value.find("?=", charset_end + 3);
    if (end == std::string_view::npos) return none;
    encoded_word word;
    word.whole = value.substr(at, end + 2 - at);
    word.charset = value.substr(at + 2, charset_end - at - 2);
    word.text = value.substr(charset_end + 3, end - charset_end - 3);
    word.base64 = how == 'B' || how == 'b';
    return word;
}

result<std::string> text_of(const encoded_word& word) {
    if (!http::same_name(word.charset, "utf-8"))
        return error(errc::protocol, "another character set than UTF-8");
    if (word.base64) return unbase64(word.text);
    std::string text(word.text);
    std::replace(text.begin(), text.end(), '_', ' ');
    std::replace(text.begin(), text.end(), '%', '\1'); // stands for itself here
    std::replace(text.begin(), text.end(), '=', '%');
    result<std::string> decoded = percent_decode(text, plus::literal);
    if (decoded) std::replace(decoded->begin(), decoded->end(), '\1', '%');
    return decoded;
}

/// RFC 2047 section 6.2: white space between two words is none.
std::optional<std::string> decode_words(std::string_view value) {
    std::string out;
    bool any = false;
    for (std::size_t at = 0; at < value.size();) {
        const encoded_word word = word_at(value, at);
        result<std::string> text = word.whole.empty() ? std::string() : text_of(word);
        if (word.whole.empty() || !text) {
            out += value[at++];
            continue;
        }
        any = true;
        out += *text;
        at += word.whole.size();
        const std::size_t next = value.find_first_not_of(" \t", at);
        if (next != std::string_view::npos && !word_at(value, next).whole.empty()) at = next;
    }
    return any ? std::optional(std::move(out)) : std::nullopt;
}

/// Whether decode_metadata() would change it, or change what it makes of it.
bool looks_encoded(std::string_view value) {
    if (decode_words(value)) return true;
    if (value.find('%') == std::string_view::npos) return false;
    const result<std::string> decoded = percent_decode(value, plus::literal);
    if (!decoded || decoded->find('\0') != std::string::npos || *decoded == value) return false;
    return !is_ascii(*decoded) || looks_encoded(*decoded);
}

constexpr std::pair<std::string_view, std::string object_meta::*> texts[] = {
    {"x-amz-version-id", &object_meta::version},
    {"x-amz-storage-class", &object_meta::storage_class},
    {"x-amz-server-side-encryption", &object_meta::sse}};

constexpr std::pair<std::string_view, std::string object_extras::*> rare_texts[] = {
    {"content-disposition", &object_extras::content_disposition},
    {"content-language", &object_extras::content_language},
    {"expires", &object_extras::expires},
    {"x-amz-server-side-encryption-aws-kms-key-id", &object_extras::sse_kms_key_id},
    {"x-amz-restore", &object_extras::restore},
    {"x-amz-object-lock-mode", &object_extras::lock_mode}};

constexpr std::pair<std::string_view, std::optional<std::uint64_t> object_extras::*> counts[] = {
    {"x-amz-tagging-count", &object_extras::tag_count},
    {"x-amz-mp-parts-count", &object_extras::parts}};

result<void> take_count(std::string_view value, std::optional<std::uint64_t>& into) {
    std::uint64_t count = 0;
    const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), count);
    if (ec != std::errc() || end != value.data() + value.size())
        return error(errc::protocol, "a count is no number");
    into = count;
    return {};
}

/// Headers of other kinds than text and number.
result<void> take_odd(object_meta& meta, std::string_view name, std::string_view value) {
    if (http::same_name(name, "x-amz-delete-marker")) {
        meta.is_delete_marker = value == "true";
    } else if (http::same_name(name, "x-amz-server-side-encryption-bucket-key-enabled")) {
        if (value == "true") meta.own_extras().bucket_key = true;
    } else if (http::same_name(name, "x-amz-server-side-encryption-customer-algorithm")) {
        meta.sse = "customer:" + std::string(value);
    } else if (http::same_name(name, "x-amz-object-lock-legal-hold")) {
        if (value == "ON") meta.own_extras().legal_hold = true;
    } else if (http::same_name(name, "x-amz-object-lock-retain-until-date")) {
        const result<std::int64_t> until = parse_rfc3339(value);
        if (!until && until.error().code() != errc::range)
            return error(errc::protocol, "the time of a retention is no time");
        if (until) meta.own_extras().retain_until_ns = *until;
    }
    return {};
}

} // namespace

std::string encode_metadata(std::string_view value) {
    if (is_ascii(value) && !looks_encoded(value)) return std::string(value);
    std::string out;
    for (const char c : value) {
        const bool plain = static_cast<unsigned char>(c) >= 0x20 &&
                           static_cast<unsigned char>(c) < 0x7f && c != '%' && c != '=';
        if (plain)
            out += c;
        else
            percent_encode_to(out, std::string_view(&c, 1), encode_set::unreserved);
    }
    return out;
}

std::string decode_metadata(std::string_view value) {
    if (std::optional<std::string> words = decode_words(value)) return std::move(*words);
    if (!looks_encoded(value)) return std::string(value);
    result<std::string> decoded = percent_decode(value, plus::literal);
    return decoded ? std::move(*decoded) : std::string(value);
}

result<void> check_metadata(const attributes& set) {
    std::size_t size = 0;
    for (const auto& [name, value] : set.metadata)
        size += name.size() + encode_metadata(value).size();
    if (size <= most_metadata) return {};
    return error(
        errc::invalid_argument,
        "the metadata has " + std::to_string(size) + " bytes, S3 takes at most 2048"
    );
}

void add_attributes(unsigned_request& r, const attributes& set) {
    for (const auto& [name, value] :
         {std::pair{"Content-Type", &set.content_type},
          {"Content-Encoding", &set.content_encoding},
          {"Cache-Control", &set.cache_control},
          {"Content-Disposition", &set.content_disposition},
          {"Content-Language", &set.content_language},
          {"Expires", &set.expires}})
        if (!value->empty()) r.headers.push_back({name, *value});
    for (const auto& [name, value] : set.metadata)
        r.headers.push_back({std::string(metadata_prefix) + name, encode_metadata(value)});
}

void add_placement(unsigned_request& r, const placement& as) {
    for (const auto& [name, value] :
         {std::pair{"x-amz-storage-class", &as.storage_class},
          {"x-amz-acl", &as.acl},
          {"x-amz-server-side-encryption", &as.sse},
          {"x-amz-server-side-encryption-aws-kms-key-id", &as.sse_kms_key_id}})
        if (!value->empty()) r.headers.push_back({name, *value});
    if (as.bucket_key)
        r.headers.push_back({"x-amz-server-side-encryption-bucket-key-enabled", "true"});
    r.customer_key = as.customer_key;
}

void add_tags(unsigned_request& r, const name_values& tags) {
    if (!tags.empty()) r.headers.push_back({"x-amz-tagging", render_query(tags)});
}

void add_customer_key(
    std::vector<http::header>& headers, std::string_view prefix, const secret_string& key
) {
    const std::string stem(prefix);
    headers.push_back({stem + "customer-algorithm", "AES256"});
    headers.push_back({stem + "customer-key", base64(key.reveal())});
    headers.push_back({stem + "customer-key-MD5", base64(md5(key.reveal()))});
}

result<void> check_echo(const http::response_head& head, const secret_string& key) {
    if (key.empty()) return {};
    const std::string stem(customer_prefix);
    if (head.find(stem + "customer-algorithm") == "AES256" &&
        head.find(stem + "customer-key-MD5") == base64(md5(key.reveal())))
        return {};
    error e(errc::unsupported, "the service ignored the key of the encryption (SSE-C)");
    e->hint = "what was written to it is not encrypted with this key";
    return e;
}

result<void> take_header(object_meta& meta, std::string_view name, std::string_view value) {
    const bool ours = name.size() > 6 && http::same_name(name.substr(0, 6), "x-amz-");
    if (ours)
        for (const auto& [field, member] : texts)
            if (http::same_name(name, field)) meta.*member = value;
    for (const auto& [field, member] : rare_texts)
        if (http::same_name(name, field)) meta.own_extras().*member = value;
    if (!ours) return {};
    if (name.size() > metadata_prefix.size() &&
        http::same_name(name.substr(0, metadata_prefix.size()), metadata_prefix)) {
        std::string lower(name.substr(metadata_prefix.size()));
        for (char& c : lower)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        if (lower == token_name)
            meta.own_extras().token = value;
        else
            meta.metadata.emplace_back(std::move(lower), decode_metadata(value));
        return {};
    }
    for (const auto& [field, member] : counts)
        if (http::same_name(name, field)) return take_count(value, meta.own_extras().*member);
    return take_odd(meta, name, value);
}

result<void> decode_written(const http::response_head& head, object_meta& into) {
    into.etag = head.find("etag");
    for (std::size_t i = 0; i < head.count; ++i) {
        result<void> taken = take_header(into, head.fields[i].name, head.fields[i].value);
        if (!taken) return taken;
    }
    return {};
}

error refused(error e, const write_condition& when) {
    if (when.create && e.code() == errc::precondition) e->code = errc::exists;
    const bool gone = e.code() == errc::not_found || e.code() == errc::not_modified;
    if (!when.if_match.empty() && gone) e->code = errc::precondition;
    return e;
}

} // namespace blobstore::s3
