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

constexpr std::size_t most_tags = 10, longest_tag_name = 128, longest_tag_value = 256;
constexpr std::size_t customer_key_size = 32;

/// Of UTF-8: its bytes that begin one.
std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

result<void> check_customer_key(const secret_string& key) {
    if (key.empty() || key.reveal().size() == customer_key_size) return {};
    return error(errc::invalid_argument, "sse_customer_key has 32 bytes");
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

result<void> check_get(const get_options& options) {
    result<void> checked = check_range(options.range);
    if (checked) checked = check_conditions_text(options.when);
    if (checked) checked = check_value("version", options.version);
    if (checked) checked = check_customer_key(options.customer_key);
    return checked;
}

result<void> check_put(const put_options& options) {
    result<void> checked = check_attributes(options.set);
    if (checked) checked = check_tags(options.tags);
    if (checked) checked = check_placement(options.as);
    if (checked) checked = check_write_text(options.when);
    return checked;
}

result<void> check_tags(const name_values& tags) {
    if (tags.size() > most_tags)
        return error(
            errc::invalid_argument,
            std::to_string(tags.size()) + " tags are given, an object can have 10"
        );
    for (std::size_t i = 0; i < tags.size(); ++i) {
        const auto& [name, value] = tags[i];
        if (name.empty() || characters(name) > longest_tag_name)
            return error(errc::invalid_argument, "the name of a tag has 1 to 128 characters");
        if (characters(value) > longest_tag_value)
            return error(errc::invalid_argument, "the value of a tag has at most 256 characters");
        if (name.starts_with("aws:"))
            return error(errc::invalid_argument, "names of tags that begin with aws: are reserved");
        result<void> checked = check_value("tags", name);
        if (checked) checked = check_value("tags", value);
        if (!checked) return checked;
        for (std::size_t k = 0; k < i; ++k)
            if (tags[k].first == name)
                return error(errc::invalid_argument, "the tag \"" + name + "\" is given twice");
    }
    return {};
}

result<void> check_placement(const placement& as) {
    for (const auto& [field, value] :
         {std::pair{"storage class", &as.storage_class},
          {"acl", &as.acl},
          {"sse", &as.sse},
          {"sse_kms_key_id", &as.sse_kms_key_id}}) {
        result<void> checked = check_value(field, *value);
        if (!checked) return checked;
    }
    static constexpr std::string_view ways[] = {"", "AES256", "aws:kms", "aws:kms:dsse"};
    if (std::find(std::begin(ways), std::end(ways), as.sse) == std::end(ways))
        return error(errc::invalid_argument, "sse is AES256, aws:kms or aws:kms:dsse");
    if ((!as.sse_kms_key_id.empty() || as.bucket_key) && !as.sse.starts_with("aws:kms"))
        return error(errc::invalid_argument, "a KMS key or a bucket key needs sse aws:kms");
    if (!as.customer_key.empty() && !as.sse.empty())
        return error(errc::invalid_argument, "sse_customer_key excludes sse");
    return check_customer_key(as.customer_key);
}

result<void> check_write_text(const write_condition& when) {
    if (when.create && (!when.if_match.empty() || !when.if_version.empty()))
        return error(errc::invalid_argument, "CREATE excludes if_match and if_version");
    result<void> checked = check_value("if_match", when.if_match);
    if (checked) checked = check_value("if_version", when.if_version);
    return checked;
}

result<void> check_remove(const remove_options& options) {
    if (!options.version.empty() && (!options.if_match.empty() || !options.if_version.empty()))
        return error(errc::invalid_argument, "a version excludes if_match and if_version");
    result<void> checked = check_value("if_match", options.if_match);
    if (checked) checked = check_value("if_version", options.if_version);
    if (checked) checked = check_value("version", options.version);
    return checked;
}

result<void> check_lock(const lock_options& options) {
    const bool retains = options.retain_until_ns.has_value();
    if (!retains && options.mode.empty() && !options.legal_hold)
        return error(errc::invalid_argument, "neither a retention nor a legal hold is given");
    if (retains != !options.mode.empty())
        return error(errc::invalid_argument, "a retention has a mode and a time");
    if (retains && options.mode != "GOVERNANCE" && options.mode != "COMPLIANCE")
        return error(errc::invalid_argument, "the mode of a retention is GOVERNANCE or COMPLIANCE");
    return check_value("version", options.version);
}

result<void> check_range(const byte_range& range) {
    if (range.suffix && (range.offset || range.length))
        return error(errc::invalid_argument, "a suffix excludes offset and length");
    if (range.offset && *range.offset > INT64_MAX)
        return error(
            errc::invalid_argument,
            "the offset " + std::to_string(*range.offset) +
                " is past the end of every object; a negative one looks like that"
        );
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

result<void> check_post(const post_options& options) {
    if (options.expires_ms <= 0)
        return error(errc::invalid_argument, "the expiry must be positive");
    if (options.max_size != 0 && options.min_size > options.max_size)
        return error(errc::invalid_argument, "the least size is above the greatest");
    return check_pairs("fields", options.fields);
}

} // namespace blobstore
