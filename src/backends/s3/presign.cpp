// SPDX-License-Identifier: Apache-2.0
// Links that work without credentials until they expire.
#include "backends/s3/backend.h"
#include "backends/s3/post_policy.h"
#include "base/digest.h"
#include "base/encoding.h"

namespace blobstore::s3 {

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t longest_expiry_s = 7 * 24 * 3600;

/// What the signature itself puts into a link cannot be given.
result<void> check_link(const presign_options& options) {
    static constexpr std::string_view own[] = {
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "X-Amz-Security-Token"};
    for (const auto& [name, value] : options.query)
        if (name.empty() || std::any_of(std::begin(own), std::end(own), [&name](auto each) {
                return http::same_name(each, name);
            }))
            return error(
                errc::invalid_argument, "the query parameter \"" + name + "\" cannot be given"
            );
    for (const auto& [name, value] : options.headers)
        if (http::same_name(name, "Host"))
            return error(errc::invalid_argument, "the header Host cannot be given");
    return {};
}

std::string host_of(const endpoint& at) {
    http::request r;
    r.to = at.to;
    return r.host_header();
}

} // namespace

task<result<std::string>>
s3_backend::presign(operation& op, const std::string& key, const presign_options& options) {
    if (options.expires_ms % 1000 != 0 || options.expires_ms / 1000 > longest_expiry_s)
        co_return error(
            errc::invalid_argument, "S3 links expire after whole seconds, at most 7 days (604800)"
        );
    result<void> free = check_link(options);
    if (!free) co_return free.error();
    const std::shared_ptr<const endpoint> here = at();
    const unsigned_request r = encode_presign(*here, key, options);
    credential_request asked;
    asked.machine = machine_.get();
    result<found_credentials> keys = co_await credentials_(op, asked);
    if (!keys) co_return keys.error();
    const std::string host_field = host_of(*here);
    const std::string base =
        std::string(here->to.tls ? "https://" : "http://") + host_field + r.path;
    if (!(*keys)->value) co_return r.query.empty() ? base : base + "?" + render_query(r.query);
    if (!here->unsignable.empty()) co_return error(errc::unsupported, here->unsignable);
    const aws_credentials& use = *(*keys)->value;
    std::vector<sigv4::field> query;
    for (const auto& [name, value] : r.query)
        query.push_back({name, value});
    std::vector<sigv4::field> headers{{"host", host_field}};
    for (const http::header& h : r.headers)
        headers.push_back({h.name, h.value});
    const std::int64_t now = options.signing_time_ns.value_or(now_ns());
    const sigv4::stamp stamp{now - now % second, {here->region, here->signing_name}};
    const auto date = iso_basic(stamp.time);
    const secret_digest of_the_day =
        keys_.find(use.secret_access_key, {date.data(), 8}, stamp.where);
    const sigv4::signing with{use, stamp, sigv4::unsigned_payload, {}, &of_the_day.value};
    std::string sign =
        sigv4::sign_query({r.method, r.path, query, headers}, with, options.expires_ms / 1000);
    std::string link; // in one piece: nothing but the link has the token when this ends
    link.reserve(base.size() + 1 + sign.size());
    link.append(base).append("?").append(sign);
    wipe(sign.data(), sign.size());
    co_return std::move(link);
}

task<result<std::string>>
s3_backend::presign_post(operation& op, const std::string& key, const post_options& options) {
    if (options.expires_ms % 1000 != 0 || options.expires_ms / 1000 > longest_expiry_s)
        co_return error(
            errc::invalid_argument, "S3 forms expire after whole seconds, at most 7 days (604800)"
        );
    const std::shared_ptr<const endpoint> here = at();
    credential_request asked;
    asked.machine = machine_.get();
    result<found_credentials> keys = co_await credentials_(op, asked);
    if (!keys) co_return keys.error();
    const aws_credentials* const use = (*keys)->value ? &*(*keys)->value : nullptr;
    if (use && !here->unsignable.empty()) co_return error(errc::unsupported, here->unsignable);
    const std::int64_t now = options.signing_time_ns.value_or(now_ns());
    result<post_form> form = make_post_form(*here, key, options, use, now);
    if (!form) co_return form.error();
    co_return render_form(*form);
}

} // namespace blobstore::s3
