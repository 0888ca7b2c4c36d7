// SPDX-License-Identifier: Apache-2.0
// Text of checksums, and what is said of one that is wrong.
#include "store/checksums.h"

#include "base/encoding.h"

#include <charconv>

namespace blobstore {

namespace {

/// "-3" behind a value: of how many parts it is the sum.
bool is_count(std::string_view text) {
    unsigned parts = 0;
    const char* const end = text.data() + text.size();
    const auto [at, problem] = std::from_chars(text.data(), end, parts);
    return problem == std::errc() && at == end && parts > 0;
}

} // namespace

std::string checksum_text(checksum_kind kind, std::string_view value) {
    return std::string(name_of(kind)) + ":" + base64(value);
}

std::optional<told_checksum> read_checksum(std::string_view text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::optional<checksum_kind> kind = checksum_kind_of(text.substr(0, colon));
    if (!kind || colon == text.size()) return std::nullopt;
    const std::string_view given = text.substr(colon + 1);
    const std::size_t dash = std::min(given.find('-'), given.size());
    told_checksum told{*kind, {}, dash != given.size()};
    if (told.composite && !is_count(given.substr(dash + 1))) return std::nullopt;
    const auto value = unbase64(given.substr(0, dash));
    if (!value || value->size() != checksum_size(*kind)) return std::nullopt;
    told.value = *value;
    return told;
}

std::string join_receipt(const part_receipt& what) {
    if (what.checksum.empty()) return what.etag;
    return what.etag + ' ' + what.checksum + ' ' + std::to_string(what.size);
}

part_receipt split_receipt(std::string_view receipt) {
    part_receipt bare{std::string(receipt), {}, 0};
    const std::size_t second = receipt.rfind(' ');
    if (second == receipt.npos || second == 0) return bare;
    const std::size_t first = receipt.rfind(' ', second - 1);
    if (first == receipt.npos) return bare;
    const std::string_view checksum = receipt.substr(first + 1, second - first - 1);
    const std::string_view number = receipt.substr(second + 1);
    std::uint64_t size = 0;
    const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), size);
    const bool whole = problem == std::errc() && end == number.data() + number.size();
    if (!whole || !read_checksum(checksum)) return bare;
    return {std::string(receipt.substr(0, first)), std::string(checksum), size};
}

std::string combined_sum(checksum_kind kind, const std::vector<finished_part>& parts) {
    std::string whole;
    if (!combines(kind)) return whole;
    for (const finished_part& part : parts) {
        const part_receipt one = split_receipt(part.receipt);
        const std::optional<told_checksum> told = read_checksum(one.checksum);
        if (!told || told->kind != kind || told->composite) return {};
        whole = whole.empty() ? told->value : combine(kind, whole, told->value, one.size);
    }
    return whole.empty() ? whole : checksum_text(kind, whole);
}

error wrong_checksum(checksum_kind kind, std::string_view came, std::string_view told) {
    error e(
        errc::checksum,
        "the bytes have " + checksum_text(kind, came) + " and should have " +
            checksum_text(kind, told)
    );
    e->hint = "try again; where it fails again, the object or the way to it is damaged";
    e->retryable = true;
    return e;
}

result<std::string> checked_sum(checksum& of_all, const put_options& options) {
    const std::string value = of_all.finish();
    if (value.empty())
        return error(
            errc::unsupported,
            "this system's OpenSSL computes no " + std::string(name_of(of_all.kind()))
        );
    if (!options.checksum_value.empty() && base64(value) != options.checksum_value) {
        const result<std::string> told = unbase64(options.checksum_value);
        error e = wrong_checksum(of_all.kind(), value, told ? *told : std::string());
        e->retryable = false;
        e->hint = "the digest that was given is of other bytes";
        return e;
    }
    return checksum_text(of_all.kind(), value);
}

} // namespace blobstore
