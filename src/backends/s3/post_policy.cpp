// SPDX-License-Identifier: Apache-2.0
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
#include "backends/s3/post_policy.h"

#include "backends/s3/requests.h"
#include "base/encoding.h"
#include "base/time.h"
#include "http/message.h"

#include <algorithm>

namespace blobstore::s3 {

namespace {

constexpr std::string_view any_name = "${filename}"; // which the service replaces
constexpr std::string_view own_fields[] = {
    "key",
    "policy",
    "file",
    "bucket",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-signature"};

/// In quotes. A dollar sign means something in a policy, so that it is never written as itself.
std::string json(std::string_view text) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && c != '"' && c != '\\' && c != '$') {
            out += c;
            continue;
        }
        out += "\\u00";
        out += digits[byte >> 4U];
        out += digits[byte & 15U];
    }
    return out + '"';
}

std::string equals(std::string_view name, std::string_view value) {
    return "{" + json(name) + ":" + json(value) + "}";
}

/// Milliseconds are always written: some services read no other form.
std::string expiry(std::int64_t time_ns) {
    std::string text = format_rfc3339(time_ns - time_ns % nanoseconds_per_second);
    text.insert(text.size() - 1, ".000");
    return text;
}

result<void> check_fields(std::string_view key, const name_values& fields) {
    const auto fits = [](std::string_view text) { return text.empty() || fits_xml(text); };
    if (!fits(key)) return error(errc::invalid_argument, "the key is no text that a form can hold");
    for (const auto& [name, value] : fields) {
        const bool own = name.empty() || std::ranges::any_of(own_fields, [&](auto each) {
                             return http::same_name(each, name);
                         });
        if (own) return error(errc::invalid_argument, "the field \"" + name + "\" cannot be given");
        if (!fits(name) || !fits(value))
            return error(errc::invalid_argument, "a field is no text that a form can hold");
    }
    return {};
}

} // namespace

result<std::string> encode_policy(
    std::string_view bucket,
    const name_values& fields,
    const post_options& options,
    std::int64_t now_ns
) {
    constexpr std::int64_t longest_ms = INT64_MAX / 2'000'000;
    if (options.expires_ms > longest_ms) return error(errc::invalid_argument, "an expiry too far");
    std::string text = "{\"expiration\":\"" + expiry(now_ns + options.expires_ms * 1'000'000) +
                       "\",\"conditions\":[" + equals("bucket", bucket);
    for (const auto& [name, value] : fields) {
        const bool begins = name == "key" && options.any_name;
        const std::string_view begin =
            std::string_view(value).substr(0, value.size() - (begins ? any_name.size() : 0));
        text +=
            begins ? ",[\"starts-with\",\"$key\"," + json(begin) + "]" : "," + equals(name, value);
    }
    if (options.min_size != 0 || options.max_size != 0) {
        const std::uint64_t most =
            options.max_size != 0 ? options.max_size : default_profile().max_put;
        text += ",[\"content-length-range\"," + std::to_string(options.min_size) + "," +
                std::to_string(most) + "]";
    }
    return text + "]}";
}

result<post_form> make_post_form(
    const endpoint& at,
    std::string_view key,
    const post_options& options,
    const aws_credentials* keys,
    std::int64_t now_ns
) {
    result<void> good = check_fields(key, options.fields);
    if (!good) return good.error();
    post_form form;
    http::request to;
    to.to = at.to;
    form.url = (at.to.tls ? "https://" : "http://") + to.host_header() + at.path("");
    form.fields.emplace_back("key", std::string(key));
    if (options.any_name) form.fields.back().second += any_name;
    form.fields.insert(form.fields.end(), options.fields.begin(), options.fields.end());
    if (!keys) return form;
    const sigv4::stamp stamp{
        now_ns - now_ns % nanoseconds_per_second, {at.region, at.signing_name}};
    const std::string time = format_iso_basic(stamp.time);
    form.fields.emplace_back("x-amz-algorithm", "AWS4-HMAC-SHA256");
    form.fields.emplace_back(
        "x-amz-credential", keys->access_key_id + "/" + sigv4::credential_scope(stamp)
    );
    form.fields.emplace_back("x-amz-date", time);
    if (!keys->session_token.reveal().empty())
        form.fields.emplace_back("x-amz-security-token", std::string(keys->session_token.reveal()));
    result<std::string> policy = encode_policy(at.bucket, form.fields, options, stamp.time);
    if (!policy) return policy.error();
    form.fields.emplace_back("policy", base64(*policy));
    const secret_digest key_of_day = sigv4::signing_key(
        keys->secret_access_key, std::string_view(time).substr(0, 8), stamp.where
    );
    form.fields.emplace_back(
        "x-amz-signature", sigv4::signature(key_of_day.value, form.fields.back().second)
    );
    return form;
}

std::string render_form(const post_form& form) {
    std::string text = "{\"url\":" + json(form.url) + ",\"fields\":{";
    for (const auto& [name, value] : form.fields) {
        if (&name != &form.fields.front().first) text += ",";
        text += json(name) + ":" + json(value);
    }
    return text + "}}";
}

} // namespace blobstore::s3
