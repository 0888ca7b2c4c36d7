// SPDX-License-Identifier: Apache-2.0
// Preconditions of reads, writes and copies, and the digests that a request may carry.
#include "fakes/digests.h"
#include "fakes/s3_service.h"
#include "fakes/text_forms.h"

namespace blobstore::fakes {

namespace {

constexpr std::string_view checksum_prefix = "x-amz-checksum-";

int judge(const header_list& headers, const stored_object& object, const std::string& prefix) {
    const auto date = [&](const std::string& name) -> std::optional<std::time_t> {
        const auto* text = find_header(headers, prefix + name);
        return text != nullptr ? parse_http_date(*text) : std::nullopt;
    };
    if (const auto* list = find_header(headers, prefix + "if-match")) {
        if (!etag_listed(*list, object.etag)) return 412;
    } else if (const auto since = date("if-unmodified-since"); since && object.modified > *since) {
        return 412;
    }
    if (const auto* list = find_header(headers, prefix + "if-none-match")) {
        if (etag_listed(*list, object.etag)) return 304;
    } else if (const auto since = date("if-modified-since"); since && object.modified <= *since) {
        return 304;
    }
    return 0;
}

refusal condition_failed(const std::string& which) {
    return refuse(412, "PreconditionFailed", {{"Condition", which}});
}

} // namespace

bool etag_listed(const std::string& list, const std::string& etag) {
    const std::string bare = etag.substr(1, etag.size() - 2);
    for (const auto& part : split_list(list, ',')) {
        const auto item = trim(part);
        if (item == "*" || item == etag || item == bare) return true;
    }
    return false;
}

int read_condition(const header_list& headers, const stored_object& object) {
    return judge(headers, object, "");
}

bool copy_condition_holds(const header_list& headers, const stored_object& object) {
    return judge(headers, object, "x-amz-copy-source-") == 0;
}

std::optional<refusal> write_condition(const header_list& headers, const stored_object* present) {
    if (const auto* none = find_header(headers, "if-none-match")) {
        if (*none != "*") {
            return refuse(501, "NotImplemented", {{"Header", "If-None-Match"}});
        }
        if (present != nullptr) return condition_failed("If-None-Match");
    }
    if (const auto* wanted = find_header(headers, "if-match")) {
        if (present == nullptr) return refuse(404, "NoSuchKey");
        if (!etag_listed(*wanted, present->etag)) return condition_failed("If-Match");
    }
    return std::nullopt;
}

std::optional<refusal> check_digests(
    const header_list& headers, const object_bytes& data, header_list& checksums, bool& any
) {
    any = false;
    const auto pieces = data.pieces();
    if (const auto* given = find_header(headers, "content-md5")) {
        any = true;
        const auto raw = from_base64(*given);
        if (!raw || raw->size() != 16) return refuse(400, "InvalidDigest");
        if (*raw != md5(pieces)) {
            return refuse(
                400,
                "BadDigest",
                {{"ExpectedDigest", *given}, {"CalculatedDigest", to_base64(md5(pieces))}}
            );
        }
    }
    for (const auto& [name, value] : headers) {
        const auto lower = lower_case(name);
        if (!lower.starts_with(checksum_prefix)) continue;
        const auto algorithm = lower.substr(checksum_prefix.size());
        if (algorithm == "mode" || algorithm == "algorithm" || algorithm == "type") continue;
        const auto actual = amz_checksum(algorithm, pieces);
        if (!actual || !checksums.empty()) {
            return refuse_with(
                400, "InvalidRequest", "Expecting a single x-amz-checksum- header of a known kind."
            );
        }
        if (*actual != value) {
            return refuse_with(
                400,
                "BadDigest",
                "The " + algorithm + " you specified did not match the calculated checksum."
            );
        }
        any = true;
        checksums.emplace_back(lower, value);
    }
    return std::nullopt;
}

void add_default_checksum(header_list& checksums, const object_bytes& data) {
    if (!checksums.empty()) return;
    checksums.emplace_back(
        "x-amz-checksum-crc64nvme", amz_checksum("crc64nvme", data.pieces()).value_or("")
    );
    checksums.emplace_back("x-amz-checksum-type", "FULL_OBJECT");
}

std::optional<refusal> check_sum_rules(const header_list& headers, sum_rules rules) {
    for (const auto& [name, value] : headers) {
        const auto lower = lower_case(name);
        const bool trails = lower == "x-amz-trailer";
        const bool unknown = rules == sum_rules::none ? trails || lower.starts_with(checksum_prefix)
                                                      : rules == sum_rules::no_trailers && trails;
        if (!unknown) continue;
        return refuse_with(
            501,
            "NotImplemented",
            "Header '" + lower + "' with value '" + value + "' not implemented"
        );
    }
    return std::nullopt;
}

} // namespace blobstore::fakes
