// SPDX-License-Identifier: Apache-2.0
// The rules of https://docs.aws.amazon.com/general/latest/gr/s3.html: first what excludes what,
// then by the kind of bucket.
#include "backends/s3/endpoint_rules.h"

#include "base/encoding.h"

#include <algorithm>
#include <array>
#include <optional>

namespace blobstore::s3 {

namespace {

using answer = result<resolved_endpoint>;
using params = endpoint_parameters;

struct partition {
    std::string_view name, suffix, prefix; ///< of its regions; empty: all that fit no other
};

// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
constexpr partition partitions[] = {
    {"aws-cn", "amazonaws.com.cn", "cn-"},
    {"aws-us-gov", "amazonaws.com", "us-gov-"},
    {"aws-iso", "c2s.ic.gov", "us-iso-"},
    {"aws-iso-b", "sc2s.sgov.gov", "us-isob-"},
    {"aws-iso-e", "cloud.adc-e.uk", "eu-isoe-"},
    {"aws-iso-f", "csp.hci.ic.gov", "us-isof-"},
    {"aws-eusc", "amazonaws.eu", "eusc-de-"},
};
constexpr partition commercial{"aws", "amazonaws.com", ""};

constexpr std::string_view directory_suffix = "--x-s3";
constexpr std::string_view directory_access_point_suffix = "--xa-s3";
constexpr std::string_view outpost_alias_suffix = "--op-s3";
constexpr std::string_view no_region_name = "the region is not the name of a region";

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_label(std::string_view text) {
    return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
           std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

std::vector<std::string_view> split(std::string_view text, std::string_view at) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = text.find_first_of(at);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

bool is_labels(std::string_view text) {
    return std::ranges::all_of(split(text, "."), is_label);
}

bool is_ipv4(std::string_view text) {
    const std::vector<std::string_view> parts = split(text, ".");
    return parts.size() == 4 && std::ranges::all_of(parts, [](std::string_view part) {
               return !part.empty() && part.size() <= 3 && std::ranges::all_of(part, is_digit);
           });
}

/// "cn-north-1" and "cn-global" are regions of the prefix "cn-".
bool is_region_of(std::string_view region, std::string_view prefix) {
    if (!region.starts_with(prefix)) return false;
    const std::vector<std::string_view> rest = split(region.substr(prefix.size()), "-");
    if (rest.size() == 1) return rest[0] == "global";
    return rest.size() == 2 && !rest[0].empty() && !rest[1].empty() &&
           std::ranges::all_of(rest[1], is_digit);
}

const partition& partition_of(std::string_view region) {
    const auto* found = std::ranges::find_if(partitions, [region](const partition& row) {
        return is_region_of(region, row.prefix) || region == std::string(row.name) + "-global";
    });
    return found == std::end(partitions) ? commercial : *found;
}

/// Whether the name may stand before the service's host.
bool fits_host(std::string_view bucket, bool dots) {
    if (bucket.size() < 3 || bucket.size() > 63 || is_ipv4(bucket)) return false;
    const bool small = std::ranges::none_of(bucket, [](char c) { return c >= 'A' && c <= 'Z'; });
    return small && (dots ? is_labels(bucket) : is_label(bucket));
}

/// Of the end of `text`, from the `from`-th byte before it to the `to`-th; nothing if it is
/// shorter.
std::string_view from_end(std::string_view text, std::size_t from, std::size_t to) {
    return text.size() < from ? std::string_view() : text.substr(text.size() - from, from - to);
}

struct service_url {
    std::string scheme, authority, path; ///< the path without a slash at its end
    bool ip = false;
};

std::optional<service_url> parse(std::string_view text) {
    service_url out;
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos) return std::nullopt;
    out.scheme = text.substr(0, colon);
    text.remove_prefix(colon + 3);
    const std::size_t slash = std::min(text.find('/'), text.size());
    out.authority = text.substr(0, slash);
    out.path = text.substr(slash);
    while (out.path.ends_with('/'))
        out.path.pop_back();
    const bool web = out.scheme == "http" || out.scheme == "https";
    if (!web || out.authority.empty() || text.find_first_of("?#") != std::string_view::npos)
        return std::nullopt;
    out.ip = out.authority.front() == '[' ||
             is_ipv4(std::string_view(out.authority).substr(0, out.authority.find(':')));
    return out;
}

error refuse(std::string message) {
    return error(errc::config, std::move(message));
}

error no_bucket(std::string message) {
    return error(errc::invalid_argument, std::move(message));
}

auth_scheme sigv4(std::string_view service, std::string_view region) {
    return {"sigv4", std::string(service), std::string(region)};
}

/// "s3-fips.dualstack.eu-west-1.amazonaws.com", of what is asked for.
std::string regional(
    std::string_view service, std::string_view zone, std::string_view region, const params& p
) {
    std::string host(service);
    if (p.fips) host += "-fips";
    host += zone;
    if (p.dual_stack) host += ".dualstack";
    return host + "." + std::string(region) + "." + std::string(dns_suffix(region));
}

/// The region that signs, where "aws-global" is none.
std::string_view real_region(std::string_view region) {
    return region == "aws-global" ? "us-east-1" : region;
}

/// The host of S3 without a bucket.
std::string s3_host(const params& p) {
    const bool plain = !p.fips && !p.dual_stack;
    const bool global = p.region == "aws-global" || (p.global && p.region == "us-east-1");
    if (plain && global) return "s3." + std::string(dns_suffix(p.region));
    return regional("s3", "", real_region(p.region), p);
}

std::string accelerated_host(const params& p) {
    std::string host = p.dual_stack ? "s3-accelerate.dualstack" : "s3-accelerate";
    if (p.dual_stack && p.region == "aws-global") host += ".us-east-1";
    return host + "." + std::string(dns_suffix(p.region));
}

resolved_endpoint at_host(std::string authority, auth_scheme how) {
    return {"https", std::move(authority), "", {std::move(how)}};
}

/// The endpoint that was given, with the bucket in its path.
resolved_endpoint in_path(service_url where, std::string_view bucket, auth_scheme how) {
    std::string path = where.path + "/" + percent_encode(bucket, encode_set::unreserved);
    return {
        std::move(where.scheme),
        std::move(where.authority),
        std::move(path),
        {std::move(how)},
        false,
        true};
}

/// The endpoint that was given, with `name` before its host.
resolved_endpoint before(service_url where, std::string_view name, auth_scheme how) {
    if (!name.empty()) where.authority.insert(0, std::string(name) + ".");
    return {
        std::move(where.scheme),
        std::move(where.authority),
        std::move(where.path),
        {std::move(how)}};
}

// --- directory buckets ---

/// The zone's id between the last "--" before the suffix; empty where the name has none.
std::string_view zone_of(std::string_view bucket, std::size_t suffix) {
    for (const std::size_t length : {8U, 9U, 13U, 14U, 20U})
        if (from_end(bucket, suffix + length + 2, suffix + length) == "--")
            return from_end(bucket, suffix + length, suffix);
    return {};
}

answer directory_bucket(const params& p, std::string_view suffix) {
    if (p.accelerate) return refuse("directory buckets know no acceleration");
    const bool session = !p.no_express_session;
    auth_scheme how{session ? "sigv4-s3express" : "sigv4", "s3express", std::string(p.region)};
    const bool hostable = fits_host(p.bucket, false);
    answer made = no_bucket("the name of the directory bucket does not fit a host name");
    const std::optional<service_url> own = parse(p.endpoint);
    if (own && own->ip)
        made = in_path(*own, p.bucket, how);
    else if (own && hostable)
        made = before(*own, p.bucket, how);
    else if (!own && p.express_control && suffix == directory_suffix)
        made = in_path(
            {"https", regional("s3express-control", "", p.region, p), ""},
            p.bucket,
            sigv4("s3express", p.region)
        );
    else if (!own && hostable) {
        const std::string_view zone = zone_of(p.bucket, suffix.size());
        if (zone.empty()) return no_bucket("the name of the directory bucket names no zone");
        made = at_host(
            std::string(p.bucket) + "." +
                regional("s3express", "-" + std::string(zone), p.region, p),
            how
        );
    }
    if (made) made->express = true;
    return made;
}

answer directory_service(const params& p) {
    const std::optional<service_url> own = parse(p.endpoint);
    const auth_scheme how = sigv4("s3express", p.region);
    resolved_endpoint made =
        own ? before(*own, "", how) : at_host(regional("s3express-control", "", p.region, p), how);
    made.express = true;
    return made;
}

// --- outposts ---

answer at_outposts(std::string authority, std::string_view region) {
    resolved_endpoint made = at_host(std::move(authority), {"sigv4a", "s3-outposts", "*"});
    made.schemes.push_back(sigv4("s3-outposts", region));
    return made;
}

std::string outposts_host(std::string_view region) {
    return "s3-outposts." + std::string(region) + "." + std::string(dns_suffix(region));
}

/// The alias holds the outpost's id and kind at fixed places before its end.
answer outpost_alias(const params& p) {
    const std::string_view kind = from_end(p.bucket, 50, 49), id = from_end(p.bucket, 49, 32);
    if (!is_label(id)) return no_bucket("the outpost's id in the alias is not one");
    if (!fits_host(p.bucket, false)) return no_bucket("the outpost's alias is no bucket name");
    if (kind != "e" && kind != "o")
        return no_bucket("the alias names a kind of outpost that is not known");
    std::string host(p.bucket);
    host += kind == "e" ? ".ec2." : ".op-" + std::string(id) + ".";
    if (from_end(p.bucket, 12, 8) != "beta")
        return at_outposts(host + outposts_host(p.region), p.region);
    const std::optional<service_url> own = parse(p.endpoint);
    if (!own) return refuse("an outpost under test needs an endpoint");
    return at_outposts(host + own->authority, p.region);
}

// --- ARNs ---

struct arn {
    std::string_view partition, service, region, account;
    std::vector<std::string_view> resource;

    /// Empty where there are fewer.
    std::string_view part(std::size_t index) const {
        return index < resource.size() ? resource[index] : std::string_view();
    }
};

std::optional<arn> parse_arn(std::string_view text) {
    std::array<std::string_view, 5> fields;
    for (std::string_view& field : fields) {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        field = text.substr(0, colon);
        text.remove_prefix(colon + 1);
    }
    if (fields[0] != "arn" || fields[1].empty() || fields[2].empty() || text.empty())
        return std::nullopt;
    return arn{fields[1], fields[2], fields[3], fields[4], split(text, ":/")};
}

/// What ARNs of access points and outposts have in common.
std::optional<error> check_arn(const params& p, const arn& a) {
    if (p.keep_region && a.region != p.region)
        return refuse(
            "the ARN is of region " + std::string(a.region) + ", the store of " +
            std::string(p.region) + ", and use_arn_region is false"
        );
    if (partition_of(a.region).name != partition_of(p.region).name)
        return refuse(
            "the ARN's region is of partition " + std::string(partition_of(a.region).name) +
            ", the store's of " + std::string(partition_of(p.region).name)
        );
    if (!is_labels(a.region)) return no_bucket("the region in the ARN is not one");
    if (!is_label(a.account)) return no_bucket("the account in the ARN is not one");
    return std::nullopt;
}

answer access_point(const params& p, const arn& a) {
    const bool lambda = a.service == "s3-object-lambda";
    const std::string_view name = a.part(1);
    if (lambda && p.dual_stack) return refuse("object lambda knows no dual stack");
    if (p.accelerate) return refuse("access points know no acceleration");
    if (p.no_access_points) return error(errc::unsupported, "not for access points");
    if (a.resource.size() > 2) return no_bucket("the ARN names more than an access point");
    if (std::optional<error> bad = check_arn(p, a)) return *bad;
    if (!lambda && a.service != "s3") return no_bucket("the ARN is not of S3");
    if (!is_label(name)) return no_bucket("the access point's name in the ARN is not one");
    const std::string first = std::string(name) + "-" + std::string(a.account);
    const auth_scheme how = sigv4(a.service, a.region);
    const std::optional<service_url> own = parse(p.endpoint);
    if (own) return before(*own, first, how);
    const std::string_view service = lambda ? a.service : "s3-accesspoint";
    return at_host(first + "." + regional(service, "", a.region, p), how);
}

answer multi_region(const params& p, const arn& a) {
    const partition& here = partition_of(p.region);
    if (!is_labels(a.part(1))) return no_bucket("the access point's name in the ARN is not one");
    if (p.dual_stack || p.fips || p.accelerate)
        return refuse("multi-region access points know neither dual stack, FIPS nor acceleration");
    if (p.no_multi_region) return refuse("multi-region access points are disabled");
    if (here.name != a.partition)
        return refuse(
            "the access point is of partition " + std::string(a.partition) + ", the store of " +
            std::string(here.name)
        );
    return at_host(
        std::string(a.part(1)) + ".accesspoint.s3-global." + std::string(here.suffix),
        {"sigv4a", "s3", "*"}
    );
}

answer outpost(const params& p, const arn& a) {
    if (p.dual_stack || p.fips || p.accelerate)
        return refuse("outposts know neither dual stack, FIPS nor acceleration");
    if (a.resource.size() != 4) return no_bucket("the ARN is not of an outpost's access point");
    if (!is_label(a.part(1))) return no_bucket("the outpost's id in the ARN is not one");
    if (std::optional<error> bad = check_arn(p, a)) return *bad;
    if (a.part(2) != "accesspoint") return no_bucket("the ARN is not of an outpost's access point");
    if (!is_label(a.part(3))) return no_bucket("the access point's name in the ARN is not one");
    const std::string first =
        std::string(a.part(3)) + "-" + std::string(a.account) + "." + std::string(a.part(1)) + ".";
    const std::optional<service_url> own = parse(p.endpoint);
    return at_outposts(first + (own ? own->authority : outposts_host(a.region)), a.region);
}

answer by_arn(const params& p) {
    const std::optional<arn> a = parse_arn(p.bucket);
    if (!a) return no_bucket("the bucket begins like an ARN and is none");
    if (p.path_style) return refuse("an ARN cannot be a path: path_style is set");
    if (a->service == "s3-outposts" && !a->part(0).empty()) return outpost(p, *a);
    if (a->part(0) != "accesspoint" || a->part(1).empty())
        return no_bucket("the ARN does not name an access point");
    if (!a->region.empty()) return access_point(p, *a);
    if (a->service == "s3-object-lambda") return no_bucket("the ARN names no region");
    return multi_region(p, *a);
}

// --- buckets by name, and the service ---

answer by_name(const params& p) {
    const auth_scheme how = sigv4("s3", real_region(p.region));
    const std::optional<service_url> own = parse(p.endpoint);
    if (!is_label(p.region)) return refuse(std::string(no_region_name));
    const bool clear = own && own->scheme == "http"; // no certificate that dots would not fit
    if (!p.path_style && fits_host(p.bucket, clear)) {
        if (p.accelerate && partition_of(p.region).name == "aws-cn")
            return refuse("there is no acceleration in this region");
        if (own && own->ip) return in_path(*own, p.bucket, how);
        if (own) return before(*own, p.bucket, how);
        return at_host(
            std::string(p.bucket) + "." + (p.accelerate ? accelerated_host(p) : s3_host(p)), how
        );
    }
    if (p.accelerate) return refuse("acceleration needs the bucket in the host name");
    return in_path(own ? *own : service_url{"https", s3_host(p), ""}, p.bucket, how);
}

answer service(const params& p) {
    if (!is_labels(p.region)) return refuse(std::string(no_region_name));
    const std::optional<service_url> own = parse(p.endpoint);
    if (!p.object_lambda) {
        const auth_scheme how = sigv4("s3", real_region(p.region));
        return own ? before(*own, "", how) : at_host(s3_host(p), how);
    }
    if (p.dual_stack || p.accelerate)
        return refuse("object lambda knows neither dual stack nor acceleration");
    const auth_scheme how = sigv4("s3-object-lambda", p.region);
    return own ? before(*own, "", how)
               : at_host(regional("s3-object-lambda", "", p.region, p), how);
}

std::optional<error> check_together(const params& p) {
    if (p.region.empty()) return refuse("no region is set");
    if (p.accelerate && p.fips) return refuse("acceleration and FIPS exclude each other");
    const bool own = !p.endpoint.empty();
    if (own && (p.dual_stack || p.fips || p.accelerate))
        return refuse("an endpoint excludes dual stack, FIPS and acceleration");
    if (p.fips && partition_of(p.region).name == "aws-cn")
        return refuse("there is no FIPS in this region");
    if (own && !parse(p.endpoint)) return refuse("the endpoint is not an http URL");
    return std::nullopt;
}

} // namespace

bool is_arn(std::string_view bucket) noexcept {
    return bucket.starts_with("arn:");
}

void complete_arn(std::string& bucket, std::string& rest) {
    const std::optional<arn> a = is_arn(bucket) ? parse_arn(bucket) : std::nullopt;
    if (!a) return;
    const std::size_t whole = a->part(0) == "outpost" ? 4 : 2;
    for (std::size_t have = a->resource.size(); have < whole && !rest.empty(); ++have) {
        const std::size_t end = std::min(rest.find('/'), rest.size());
        bucket += "/" + rest.substr(0, end);
        rest.erase(0, end + 1);
    }
}

bool is_directory_bucket(std::string_view bucket) noexcept {
    return bucket.ends_with(directory_suffix) || bucket.ends_with(directory_access_point_suffix);
}

std::string_view dns_suffix(std::string_view region) noexcept {
    return partition_of(region).suffix;
}

result<resolved_endpoint> resolve_rules(const endpoint_parameters& given) {
    if (std::optional<error> bad = check_together(given)) return *bad;
    const std::string_view bucket = given.bucket;
    for (const std::string_view suffix : {directory_suffix, directory_access_point_suffix})
        if (bucket.ends_with(suffix)) return directory_bucket(given, suffix);
    if (bucket.empty()) return given.express_control ? directory_service(given) : service(given);
    if (bucket.ends_with(outpost_alias_suffix) && bucket.size() >= 50) return outpost_alias(given);
    return is_arn(bucket) ? by_arn(given) : by_name(given);
}

} // namespace blobstore::s3
