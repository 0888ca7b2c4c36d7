// SPDX-License-Identifier: Apache-2.0
// Rules of checksums on the wire.
#include "backends/s3/checksums.h"

#include "store/checksums.h"

#include <algorithm>
#include <utility>

namespace blobstore::s3 {

namespace {

constexpr std::string_view prefix = "x-amz-checksum-";

bool has_word(std::string_view text, std::string_view word) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    const auto same = [lower](char a, char b) { return lower(a) == lower(b); };
    return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

/// Whether the service names something that only a checksum brings with it.
bool names_a_sum(std::string_view text) {
    static constexpr std::string_view words[] = {
        "checksum", "trailer", "aws-chunked", "STREAMING-", "x-amz-content-sha256"};
    return std::ranges::any_of(words, [&](std::string_view word) { return has_word(text, word); });
}

/// 501 names a header, if anything; a 400 must say that it is about this.
bool refuses(const error& e) {
    if (!e->from_service) return false;
    if (e->http_status == 501) return true;
    return e->http_status == 400 && e.code() != errc::checksum && names_a_sum(e.message());
}

/// Of a server that takes the name of the framing for the body's hash.
bool takes_framing_for_hash(const error& e) {
    return e->service_code == "XAmzContentSHA256Mismatch";
}

} // namespace

sum_plan plan_sum(const endpoint& at, checksum_form most, const put_options& options) {
    sum_plan plan;
    plan.asked_for = options.checksum != checksum_kind::none;
    const bool unasked = at.sums_unasked && at.vendor->checksums_by_default;
    plan.kind = plan.asked_for ? options.checksum : at.sum;
    if (plan.kind == checksum_kind::none && unasked) plan.kind = checksum_kind::crc64nvme;
    plan.value = options.checksum_value;
    plan.most = std::min(most, at.vendor->checksums);
    const bool by_setting = at.sum != checksum_kind::none && most != checksum_form::md5;
    if (plan.most == checksum_form::md5 && (plan.asked_for || by_setting))
        plan.most = checksum_form::header; // the user knows better than the table
    if (plan.kind == checksum_kind::md5)
        plan.most = checksum_form::md5;
    else if (plan.most == checksum_form::md5)
        plan.kind = checksum_kind::none;
    return plan;
}

std::string sum_header(checksum_kind kind) {
    if (kind == checksum_kind::md5) return "Content-MD5";
    return std::string(prefix) + std::string(name_of(kind));
}

std::optional<checksum_form> less_after(const error& refusal, const sum_plan& sent, bool streamed) {
    if (sent.kind == checksum_kind::none || sent.kind == checksum_kind::md5) return std::nullopt;
    const bool trailed = streamed && sent.most == checksum_form::trailer && sent.value.empty();
    if (!refuses(refusal) && !(trailed && takes_framing_for_hash(refusal))) return std::nullopt;
    if (trailed) return checksum_form::header;
    if (sent.asked_for) return std::nullopt;
    return checksum_form::md5;
}

bool refuses_sum_mode(const error& refusal) {
    return refuses(refusal);
}

bool wants_sum(const error& refusal) {
    return refusal->http_status == 400 && has_word(refusal.message(), "content-md5") &&
           has_word(refusal.message(), "required");
}

std::string sum_in(const http::response_head& head) {
    for (std::size_t i = 0; i < head.count; ++i) {
        const auto [name, value] = head.fields[i];
        if (name.size() <= prefix.size() || !http::same_name(name.substr(0, prefix.size()), prefix))
            continue;
        const std::optional<checksum_kind> kind = checksum_kind_of(name.substr(prefix.size()));
        if (!kind) continue; // x-amz-checksum-type, and kinds to come
        std::string text = std::string(name_of(*kind)) + ":" + std::string(value);
        const std::optional<told_checksum> told = read_checksum(text);
        const bool of_parts = http::same_name(head.find("x-amz-checksum-type"), "COMPOSITE");
        if (told && told->composite >= of_parts) return text;
    }
    return {};
}

std::string without_aws_chunked(std::string_view encoding) {
    std::string kept;
    while (!encoding.empty()) {
        const std::size_t comma = std::min(encoding.find(','), encoding.size());
        std::string_view one = encoding.substr(0, comma);
        encoding.remove_prefix(std::min(comma + 1, encoding.size()));
        one.remove_prefix(std::min(one.find_first_not_of(" \t"), one.size()));
        one = one.substr(0, one.find_last_not_of(" \t") + 1);
        if (one.empty() || http::same_name(one, "aws-chunked")) continue;
        if (!kept.empty()) kept += ", ";
        kept += one;
    }
    return kept;
}

} // namespace blobstore::s3
