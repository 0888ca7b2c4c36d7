// SPDX-License-Identifier: Apache-2.0
// Reading a region or a clock out of a refusal.
#include "backends/s3/judge.h"

#include "backends/s3/codes.h"
#include "backends/s3/endpoint_rules.h"
#include "backends/s3/responses.h"
#include "base/time.h"

#include <algorithm>

namespace blobstore::s3 {

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t tolerated_skew = 4 * 60 * second; // S3 refuses from 15 min on, others sooner
constexpr std::int64_t believed_skew = 24 * 3600 * second;

/// A gateway's or the service's breakdown, which does not say how far the request had come. 503
/// refuses.
bool may_have_done_it(int status) {
    return status == 500 || status == 502 || status == 504 || status >= 520;
}

/// "bucket.s3-eu-west-1.amazonaws.com", "bucket.s3.eu-west-1.amazonaws.com": the region.
std::string region_in_host(std::string_view host) {
    const std::size_t end = host.find(".amazonaws.com");
    if (end == std::string_view::npos) return {};
    host = host.substr(0, end);
    const std::size_t dot = host.rfind('.');
    std::string_view last = dot == std::string_view::npos ? host : host.substr(dot + 1);
    if (last.starts_with("s3-")) last.remove_prefix(3);
    return last == "s3" ? std::string() : std::string(last);
}

std::string region_told(const http::response_head& head, const service_error& said) {
    const std::string_view in_head = head.find("x-amz-bucket-region");
    if (!in_head.empty()) return std::string(in_head);
    if (!said.region.empty()) return said.region;
    if (!said.endpoint.empty()) return region_in_host(said.endpoint);
    std::string_view location = head.find("location");
    location = location.substr(std::min(location.find("//"), location.size()));
    return region_in_host(location.substr(0, location.find('/', 2)));
}

/// Redirects, and the refusals of a signature for another region; HEAD answers with 400 and no
/// body.
bool may_tell_region(int status, std::string_view code) {
    return status == 301 || status == 302 || status == 307 || (status == 400 && code.empty()) ||
           code == "AuthorizationHeaderMalformed" || code == "IllegalLocationConstraintException";
}

bool is_skew(std::string_view code) {
    return code == "RequestTimeTooSkewed" || code == "RequestExpired" ||
           code == "InvalidSignatureException";
}

void look_for_region(
    http::verdict& v,
    const http::response_head& head,
    std::string_view body,
    const signed_with& sent
) {
    if (!may_tell_region(head.status, v.why->service_code)) return;
    std::string region = region_told(head, decode_error_document(body));
    if (!is_aws_region(region) || region == sent.region) return;
    v.why->hint = "the bucket is in " + region + ", not in " + std::string(sent.region);
    v.what = http::action::new_region;
    v.region = std::move(region);
}

void look_for_clock(http::verdict& v, const http::response_head& head, const signed_with& sent) {
    const bool said = is_skew(v.why->service_code);
    if (!said && head.status != 403) return;
    const result<std::int64_t> theirs = parse_http_date(head.find("Date"));
    if (!theirs) return;
    const std::int64_t off = *theirs - sent.time_ns;
    const std::int64_t apart = off < 0 ? -off : off;
    if (!said && apart <= tolerated_skew) return;
    v.why->code = errc::clock_skew;
    v.why->hint = "set the clock of this machine; it is " + std::to_string(apart / second) + " s " +
                  (off > 0 ? "behind" : "before") + " the service's";
    if (!sent.secure || apart > believed_skew) return;
    v.what = http::action::new_clock;
    v.server_time_ns = *theirs;
}

} // namespace

bool is_aws_region(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

endpoint in_region(const endpoint& at, std::string_view region) {
    endpoint moved = at;
    if (is_arn(at.bucket)) return moved; // it names its region
    moved.region = region;
    if (at.aws && !place_by_rules(moved, {})) return at;
    return moved;
}

http::verdict
judge(const http::response_head& head, std::string_view body, const signed_with& sent) {
    http::verdict v;
    const bool success = head.status >= 200 && head.status < 300;
    if (success && body.find("<Error") == std::string_view::npos) return v;
    if (success && decode_error_document(body).code.empty()) return v;
    v.why = decode_error(head, body);
    v.what = meaning_of(head.status, v.why->service_code).what;
    if (success && v.what == http::action::done) v.what = http::action::fail;
    if (v.what == http::action::fail) look_for_region(v, head, body, sent);
    if (v.what == http::action::fail) look_for_clock(v, head, sent);
    v.why->outcome_unknown = may_have_done_it(head.status);
    return v;
}

http::verdict
judge_document(const http::response_head& head, std::string_view body, const signed_with& sent) {
    http::verdict v = judge(head, body, sent);
    const bool whole = body.size() < document_judged;
    if (v.what != http::action::done || !whole || head.status / 100 != 2) return v;
    const result<void> read = check_document(body);
    if (read) return v;
    v.what = http::action::retry;
    v.why = read.error();
    v.why->http_status = head.status;
    v.why->retryable = v.why->outcome_unknown = true;
    return v;
}

} // namespace blobstore::s3
