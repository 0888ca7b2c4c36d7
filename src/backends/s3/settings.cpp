// SPDX-License-Identifier: Apache-2.0
// The table of S3 settings, and the rules of path style and virtual hosts.
#include "backends/s3/settings.h"

#include "backends/s3/endpoint_rules.h"
#include "base/encoding.h"
#include "base/url.h"

#include <algorithm>

namespace blobstore::s3 {

namespace {

constexpr std::string_view token_aliases[] = {"token"};
constexpr std::string_view region_aliases[] = {"default_region"};
constexpr std::string_view region_variables[] = {"AWS_REGION", "AWS_DEFAULT_REGION"};
constexpr std::string_view endpoint_aliases[] = {"endpoint_url", "endpoint_override"};
constexpr std::string_view endpoint_variables[] = {"AWS_ENDPOINT_URL"};
constexpr std::string_view endpoint_s3_variables[] = {"AWS_ENDPOINT_URL_S3"};
constexpr std::string_view path_style_aliases[] = {
    "use_path_style", "force_path_style", "s3forcepathstyle"};
constexpr std::string_view request_payer_aliases[] = {"requester_pays"};
constexpr std::string_view anonymous_aliases[] = {
    "no_sign_request", "allow_anonymous", "anonymous"};

constexpr std::string_view dual_stack_aliases[] = {"dualstack", "dual_stack", "use_dualstack"};
constexpr std::string_view dual_stack_variables[] = {"AWS_USE_DUALSTACK_ENDPOINT"};
constexpr std::string_view fips_aliases[] = {"fips", "use_fips"};
constexpr std::string_view fips_variables[] = {"AWS_USE_FIPS_ENDPOINT"};
constexpr std::string_view accelerate_aliases[] = {"accelerate", "s3_use_accelerate_endpoint"};
constexpr std::string_view arn_region_aliases[] = {"s3_use_arn_region"};
constexpr std::string_view arn_region_variables[] = {"AWS_S3_USE_ARN_REGION"};
constexpr std::string_view multi_region_aliases[] = {"s3_disable_multiregion_access_points"};
constexpr std::string_view multi_region_variables[] = {"AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS"};
constexpr std::string_view express_aliases[] = {"s3_disable_express_session_auth"};
constexpr std::string_view express_variables[] = {"AWS_S3_DISABLE_EXPRESS_SESSION_AUTH"};
constexpr std::string_view us_east_1_aliases[] = {"s3_us_east_1_regional_endpoint"};
constexpr std::string_view us_east_1_variables[] = {"AWS_S3_US_EAST_1_REGIONAL_ENDPOINT"};
constexpr std::string_view us_east_1_choices[] = {"regional", "legacy"};
constexpr std::string_view vendor_aliases[] = {"vendor_profile"};
constexpr std::string_view checksum_choices[] = {
    "auto", "none", "crc32", "crc32c", "crc64nvme", "sha1", "sha256", "md5"};
constexpr std::string_view when_choices[] = {"when_supported", "when_required"};
constexpr std::string_view request_sum_variables[] = {"AWS_REQUEST_CHECKSUM_CALCULATION"};
constexpr std::string_view response_sum_variables[] = {"AWS_RESPONSE_CHECKSUM_VALIDATION"};

constexpr setting table[] = {
    {"access_key_id",
     {},
     setting_type::string,
     "",
     "access key; with secret_access_key, else from the environment",
     false,
     {},
     {}},
    {"secret_access_key", {}, setting_type::string, "", "secret key", true, {}, {}},
    {"session_token",
     token_aliases,
     setting_type::string,
     "",
     "token of temporary keys",
     true,
     {},
     {}},
    {"skip_signature",
     anonymous_aliases,
     setting_type::boolean,
     "false",
     "send requests unsigned",
     false,
     {},
     {}},
    {"region",
     region_aliases,
     setting_type::string,
     "us-east-1",
     "region of the bucket",
     false,
     {},
     region_variables},
    {"endpoint",
     endpoint_aliases,
     setting_type::string,
     "",
     "URL of the service; default: AWS in the region",
     false,
     {},
     endpoint_variables},
    {"endpoint_url_s3",
     {},
     setting_type::string,
     "",
     "the same, for S3 alone: wins over endpoint where both come from the same place",
     false,
     {},
     endpoint_s3_variables},
    {"allow_http",
     {},
     setting_type::boolean,
     "true",
     "accepted for other libraries' sake: an http endpoint needs no switch; false refuses it",
     false,
     {},
     {}},
    {"path_style",
     path_style_aliases,
     setting_type::boolean,
     "",
     "bucket in the path; default: with an explicit endpoint, or a dot in the bucket",
     false,
     {},
     {}},
    {"virtual_hosted_style_request",
     {},
     setting_type::boolean,
     "",
     "the opposite of path_style, which wins where both are set",
     false,
     {},
     {}},
    {"vendor",
     vendor_aliases,
     setting_type::enumeration,
     "",
     "whose S3 the endpoint is; default: as its host or its answers tell",
     false,
     vendor_names,
     {}},
    {"disable_list_objects_v2",
     {},
     setting_type::boolean,
     "false",
     "list by the older operation; default: as the vendor needs",
     false,
     {},
     {}},
    {"use_dualstack_endpoint",
     dual_stack_aliases,
     setting_type::boolean,
     "false",
     "AWS by IPv6 and IPv4",
     false,
     {},
     dual_stack_variables},
    {"use_fips_endpoint",
     fips_aliases,
     setting_type::boolean,
     "false",
     "AWS by its FIPS 140 endpoints",
     false,
     {},
     fips_variables},
    {"use_accelerate_endpoint",
     accelerate_aliases,
     setting_type::boolean,
     "false",
     "AWS by transfer acceleration",
     false,
     {},
     {}},
    {"use_arn_region",
     arn_region_aliases,
     setting_type::boolean,
     "true",
     "an ARN in place of the bucket says the region; false refuses one of another region",
     false,
     {},
     arn_region_variables},
    {"disable_multiregion_access_points",
     multi_region_aliases,
     setting_type::boolean,
     "false",
     "refuse them",
     false,
     {},
     multi_region_variables},
    {"disable_express_session_auth",
     express_aliases,
     setting_type::boolean,
     "false",
     "sign requests to directory buckets as any other: sessions are not there yet",
     false,
     {},
     express_variables},
    {"us_east_1_regional_endpoint",
     us_east_1_aliases,
     setting_type::enumeration,
     "regional",
     "legacy: us-east-1 by s3.amazonaws.com",
     false,
     us_east_1_choices,
     us_east_1_variables},
    {"request_payer",
     request_payer_aliases,
     setting_type::string,
     "",
     "\"requester\": requests are paid for by who sends them",
     false,
     {},
     {}},
    {"expected_bucket_owner",
     {},
     setting_type::string,
     "",
     "account id that must own the bucket, else every call is refused",
     false,
     {},
     {}},
    {"eventual",
     {},
     setting_type::boolean,
     "false",
     "the service's reads may be behind its writes: what a write left is looked for again for 2 s",
     false,
     {},
     {}},
    {"trust_conditions",
     {},
     setting_type::boolean,
     "false",
     "send conditions of writes to a service that was not seen to enforce them",
     false,
     {},
     {}},
    {"unsigned_payload",
     {},
     setting_type::boolean,
     "false",
     "do not sign bodies over plain http",
     false,
     {},
     {}},
    {"checksum",
     {},
     setting_type::enumeration,
     "auto",
     "checksum sent with what is put; auto: crc64nvme to AWS, none to others",
     false,
     checksum_choices,
     {}},
    {"request_checksum_calculation",
     {},
     setting_type::enumeration,
     "when_supported",
     "when_required: checksum=auto is none",
     false,
     when_choices,
     request_sum_variables},
    {"response_checksum_validation",
     {},
     setting_type::enumeration,
     "when_supported",
     "when_required: objects are not compared with their checksums",
     false,
     when_choices,
     response_sum_variables},
};

bool is_bucket_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

std::string_view endpoint_key(const settings_values& values) {
    const bool s3_wins = values.is_set("endpoint_url_s3") &&
                         (!values.is_set("endpoint") ||
                          *values.origin("endpoint_url_s3") >= *values.origin("endpoint"));
    return s3_wins ? "endpoint_url_s3" : "endpoint";
}

bool is_region(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
               c == '-' || c == '_';
    });
}

std::string reason_not_to_sign(std::string_view scheme) {
    if (scheme == "sigv4a")
        return "multi-region access points need signatures of SigV4a, which are not there yet";
    if (scheme == "sigv4-s3express")
        return "directory buckets need sessions, which are not there yet; "
               "disable_express_session_auth=true does without";
    return {};
}

aws_choices choices_of(const settings_values& values) {
    aws_choices chosen;
    chosen.fips = values.boolean("use_fips_endpoint");
    chosen.dual_stack = values.boolean("use_dualstack_endpoint");
    chosen.accelerate = values.boolean("use_accelerate_endpoint");
    chosen.global = values.text("us_east_1_regional_endpoint") == "legacy";
    chosen.keep_region = !values.boolean("use_arn_region");
    chosen.no_multi_region = values.boolean("disable_multiregion_access_points");
    chosen.no_express_session = values.boolean("disable_express_session_auth");
    return chosen;
}

result<void> check_bucket(std::string_view bucket, bool path_style) {
    if (bucket.empty()) return error(errc::invalid_argument, "the URL names no bucket");
    bool good =
        bucket.size() <= 255 && std::all_of(bucket.begin(), bucket.end(), is_bucket_character);
    if (good && !path_style) // becomes a part of a host name
        good = bucket.size() <= 63 && bucket.front() != '-' && bucket.front() != '.' &&
               bucket.back() != '-' && bucket.back() != '.' &&
               bucket.find("..") == std::string_view::npos &&
               bucket.find('_') == std::string_view::npos;
    if (!good)
        return error(
            errc::invalid_argument,
            "not a bucket name: " + percent_encode(bucket, encode_set::unreserved)
        );
    return {};
}

result<url> parse_endpoint(std::string_view text, const settings_values& values) {
    result<url> parsed = parse_url(text);
    if (!parsed) return error(errc::config, "endpoint: " + parsed.error().message());
    if (!parsed->query.empty()) return error(errc::config, "endpoint: a query is not allowed");
    if (parsed->scheme != "https" && !values.boolean("allow_http"))
        return error(errc::config, "endpoint: http is not allowed by allow_http=false");
    return parsed;
}

/// The vendor, and the region where no setting names one. `host` is empty for AWS without endpoint.
void name_vendor(endpoint& at, const settings_values& values, std::string_view host) {
    const std::string_view given = values.text("vendor");
    at.vendor = &profile_of(given.empty() && host.empty() ? "aws" : given, host);
    at.vendor_may_tell = given.empty() && at.vendor == &default_profile();
    at.lists = values.boolean("disable_list_objects_v2") ? list_form::v1 : at.vendor->lists;
    if (values.is_set("region")) return;
    const std::string_view named = profile_by_host(host).region;
    if (is_region(named))
        at.region = named;
    else if (!at.vendor->default_region.empty())
        at.region = at.vendor->default_region;
}

/// S3-40: what AWS takes breaks others, so that these get it where it is asked for.
void choose_sums(endpoint& at, const settings_values& values) {
    const std::string_view wanted = values.text("checksum");
    at.sum = checksum_kind_of(wanted).value_or(checksum_kind::none);
    at.sums_unasked =
        wanted == "auto" && values.text("request_checksum_calculation") != "when_required";
    at.verify = values.text("response_checksum_validation") != "when_required";
}

} // namespace

std::span<const setting> settings_table() noexcept {
    return table;
}

std::string endpoint::path(std::string_view key) const {
    std::string text = base_path;
    if (path_style) text += "/" + bucket;
    if (key.empty())
        return text.empty() || path_style ? text + (path_style ? "" : "/") : text + "/";
    return text + "/" + percent_encode(key, encode_set::path);
}

result<void> place_by_rules(endpoint& at, std::string_view service) {
    endpoint_parameters given;
    given.bucket = at.bucket;
    given.region = at.region;
    given.endpoint = service;
    given.fips = at.chosen.fips;
    given.dual_stack = at.chosen.dual_stack;
    given.accelerate = at.chosen.accelerate;
    given.path_style = at.chosen.path_style;
    given.global = at.chosen.global;
    given.keep_region = at.chosen.keep_region;
    given.no_multi_region = at.chosen.no_multi_region;
    given.no_express_session = at.chosen.no_express_session;
    result<resolved_endpoint> made = resolve_rules(given);
    if (!made) return made.error();
    result<url> where = parse_url(made->url());
    if (!where) return where.error();
    at.to = {where->scheme == "https", where->host, where->effective_port()};
    at.path_style = made->bucket_in_path;
    at.base_path = at.path_style ? std::string() : where->path;
    const auto plain = std::ranges::find(made->schemes, "sigv4", &auth_scheme::name);
    const auth_scheme& how = plain == made->schemes.end() ? made->schemes.front() : *plain;
    at.signing_name = how.signing_name;
    at.unsignable = reason_not_to_sign(how.name);
    if (how.region != "*") at.region = how.region;
    return {};
}

result<endpoint> resolve_endpoint(std::string_view bucket, const settings_values& values) {
    endpoint at;
    at.bucket = bucket;
    at.region = values.text("region");
    at.first_byte = milliseconds(values.duration_ms("first_byte_timeout"));
    if (!is_region(at.region)) return error(errc::config, "region: not the name of a region");
    const std::string_view url_of_service = values.text(endpoint_key(values));
    const bool explicit_endpoint = !url_of_service.empty();
    const bool dotted = bucket.find('.') != std::string_view::npos;
    url service;
    if (explicit_endpoint) {
        result<url> parsed = parse_endpoint(url_of_service, values);
        if (!parsed) return parsed.error();
        service = std::move(*parsed);
    }
    name_vendor(at, values, service.host);
    at.path_style = dotted || (explicit_endpoint && at.vendor->style == addressing::path);
    if (values.is_set("virtual_hosted_style_request"))
        at.path_style = !values.boolean("virtual_hosted_style_request");
    if (values.is_set("path_style")) at.path_style = values.boolean("path_style");
    result<void> named = is_arn(bucket) ? result<void>() : check_bucket(bucket, at.path_style);
    if (!named) return named.error();
    at.aws = !explicit_endpoint;
    at.chosen = choices_of(values);
    at.chosen.path_style = at.path_style && (values.is_set("path_style") ||
                                             values.is_set("virtual_hosted_style_request"));
    const bool special = at.chosen.fips || at.chosen.dual_stack || at.chosen.accelerate;
    if (explicit_endpoint && special)
        return error(
            errc::config, "endpoint excludes the settings for dual stack, FIPS and acceleration"
        );
    if (at.aws || is_arn(bucket)) {
        result<void> placed = place_by_rules(at, url_of_service);
        if (!placed) return placed.error();
    } else {
        at.to.host = at.path_style ? service.host : at.bucket + "." + service.host;
        at.to.tls = service.scheme == "https";
        at.to.port = service.effective_port();
        at.base_path = service.path;
        while (!at.base_path.empty() && at.base_path.back() == '/')
            at.base_path.pop_back();
    }
    const std::string_view payer = values.text("request_payer");
    if (!payer.empty() && payer != "requester" && payer != "true" && payer != "false")
        return error(errc::config, "request_payer: can be \"requester\" only");
    at.requester_pays = payer == "requester" || payer == "true";
    at.trust_conditions = values.boolean("trust_conditions");
    at.eventual = values.boolean("eventual");
    at.expected_owner = values.text("expected_bucket_owner");
    if (!std::all_of(at.expected_owner.begin(), at.expected_owner.end(), is_bucket_character))
        return error(errc::config, "expected_bucket_owner: not an account id");
    at.sign_payload = !at.to.tls && !values.boolean("unsigned_payload");
    choose_sums(at, values);
    return at;
}

std::optional<endpoint> told_vendor(const endpoint& at, std::string_view server) {
    const profile* said = at.vendor_may_tell ? profile_by_server(server) : nullptr;
    if (!said) return std::nullopt;
    endpoint known = at;
    known.vendor = said;
    known.vendor_may_tell = false;
    if (said->lists == list_form::v1) known.lists = said->lists;
    return known;
}

} // namespace blobstore::s3
