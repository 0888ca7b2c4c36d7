// SPDX-License-Identifier: Apache-2.0
// Rules for keys and for values that travel in headers.
#include "store/key.h"

#include "base/encoding.h"

#include <algorithm>

namespace blobstore {

namespace {

constexpr std::size_t longest_key = 1024;

bool is_control(char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

bool is_token(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

result<void> check_value(std::string_view field, std::string_view value) {
    if (std::any_of(value.begin(), value.end(), is_control))
        return error(errc::invalid_argument, std::string(field) + " contains a control character");
    return {};
}

result<void> check_pairs(std::string_view field, const name_values& pairs) {
    for (const auto& [name, value] : pairs) {
        if (name.empty() || !std::all_of(name.begin(), name.end(), is_token))
            return error(
                errc::invalid_argument, std::string(field) + " has a name that is no HTTP token"
            );
        result<void> checked = check_value(field, value);
        if (!checked) return checked;
    }
    return {};
}

} // namespace

result<void> check_key(std::string_view key) {
    if (key.empty()) return error(errc::invalid_argument, "the key is empty");
    if (key.size() > longest_key)
        return error(
            errc::invalid_argument,
            "the key has " + std::to_string(key.size()) + " bytes, the most is 1024"
        );
    if (key.find('\0') != std::string_view::npos)
        return error(errc::invalid_argument, "the key contains a NUL byte");
    return {};
}

result<void> check_attributes(const attributes& set) {
    for (const auto& [field, value] :
         {std::pair{"content type", &set.content_type},
          {"content encoding", &set.content_encoding},
          {"cache control", &set.cache_control},
          {"content disposition", &set.content_disposition},
          {"content language", &set.content_language},
          {"expires", &set.expires}}) {
        result<void> checked = check_value(field, *value);
        if (!checked) return checked;
    }
    return check_pairs("metadata", set.metadata);
}

result<attributes> as_kept(const attributes& set) {
    attributes kept = set;
    for (auto& [name, value] : kept.metadata) {
        for (char& c : name)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        value.erase(0, std::min(value.find_first_not_of(" \t"), value.size()));
        value.erase(value.find_last_not_of(" \t") + 1);
    }
    std::sort(kept.metadata.begin(), kept.metadata.end());
    const auto twice = std::adjacent_find(
        kept.metadata.begin(),
        kept.metadata.end(),
        [](const auto& a, const auto& b) { return a.first == b.first; }
    );
    if (twice != kept.metadata.end())
        return error(
            errc::invalid_argument, "the metadata name \"" + twice->first + "\" is given twice"
        );
    return kept;
}

result<void> check_conditions_text(const conditions& when) {
    result<void> checked = check_value("if_match", when.if_match);
    if (!checked) return checked;
    return check_value("if_none_match", when.if_none_match);
}

result<void> check_range(const byte_range& range) {
    if (range.suffix && (range.offset || range.length))
        return error(errc::invalid_argument, "a suffix excludes offset and length");
    if (range.offset && range.length && *range.length > UINT64_MAX - *range.offset)
        return error(errc::invalid_argument, "offset plus length is past the end of numbers");
    return {};
}

result<void> check_checksum(const put_options& options) {
    if (options.checksum_value.empty()) return {};
    if (options.checksum == checksum_kind::none)
        return error(errc::invalid_argument, "checksum_value is given without its kind");
    const result<std::string> value = unbase64(options.checksum_value);
    if (value && value->size() == checksum_size(options.checksum)) return {};
    return error(
        errc::invalid_argument,
        "checksum_value is not the base64 form of a " + std::string(name_of(options.checksum))
    );
}

result<void> check_presign(const presign_options& options) {
    if (options.expires_ms <= 0)
        return error(errc::invalid_argument, "the expiry must be positive");
    static constexpr std::string_view methods[] = {"GET", "PUT", "HEAD", "DELETE"};
    if (std::find(std::begin(methods), std::end(methods), options.method) == std::end(methods))
        return error(errc::invalid_argument, "a link's method is GET, PUT, HEAD or DELETE");
    return check_pairs("headers", options.headers);
}

} // namespace blobstore
