// SPDX-License-Identifier: Apache-2.0
// Class of storage and encryption of objects of the fake S3 service.
#include "fakes/s3_placement.h"

#include "fakes/digests.h"
#include "fakes/s3_service.h"
#include "fakes/text_forms.h"

#include <array>

namespace blobstore::fakes {

namespace {

constexpr std::array<std::string_view, 4> kept_headers{
    "x-amz-storage-class",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled"};

refusal bad_key(std::string message) {
    return refuse_with(400, "InvalidRequest", std::move(message));
}

// The MD5 of the key that comes with a request, in base64; empty where none does.
std::optional<refusal>
read_customer_key(const header_list& headers, std::string_view prefix, std::string& md5_of_key) {
    const std::string stem{prefix};
    const auto* algorithm = find_header(headers, stem + "algorithm");
    const auto* key = find_header(headers, stem + "key");
    const auto* sum = find_header(headers, stem + "key-MD5");
    if (algorithm == nullptr && key == nullptr && sum == nullptr) return std::nullopt;
    const auto raw = key != nullptr ? from_base64(*key) : std::nullopt;
    if (algorithm == nullptr || *algorithm != "AES256" || !raw || raw->size() != 32)
        return bad_key("The secret key was invalid for the specified algorithm.");
    md5_of_key = to_base64(md5(*raw));
    if (sum != nullptr && *sum == md5_of_key) return std::nullopt;
    return bad_key("The calculated MD5 hash of the key did not match the hash that was provided.");
}

} // namespace

std::optional<refusal> read_placement(const header_list& headers, stored_object& out) {
    out.placed.clear();
    out.customer_key_md5.clear();
    for (const auto name : kept_headers) {
        const auto value = header_or(headers, name, "");
        if (!value.empty() && value != "STANDARD") out.placed.emplace_back(name, value);
    }
    return read_customer_key(headers, customer_prefix, out.customer_key_md5);
}

std::optional<refusal> check_customer_key(
    const header_list& headers, std::string_view prefix, const stored_object& object
) {
    std::string given;
    if (auto why = read_customer_key(headers, prefix, given)) return why;
    if (given == object.customer_key_md5) return std::nullopt;
    if (given.empty())
        return bad_key(
            "The object was stored using a form of Server Side Encryption. The correct parameters "
            "must be provided to retrieve the object."
        );
    if (!object.customer_key_md5.empty()) return refuse(403, "AccessDenied");
    return bad_key("The encryption parameters are not applicable to this object.");
}

void add_placement(header_list& to, const stored_object& object, bool of_read) {
    for (const auto& header : object.placed) {
        if (of_read || header.first != kept_headers.front()) to.push_back(header);
    }
    if (!object.version.empty()) to.emplace_back("x-amz-version-id", object.version);
    if (!object.customer_key_md5.empty()) {
        to.emplace_back(std::string{customer_prefix} + "algorithm", "AES256");
        to.emplace_back(std::string{customer_prefix} + "key-MD5", object.customer_key_md5);
    }
    if (!of_read) return;
    if (!object.restore.empty()) to.emplace_back("x-amz-restore", object.restore);
    if (object.legal_hold) to.emplace_back("x-amz-object-lock-legal-hold", "ON");
    if (object.lock_mode.empty()) return;
    to.emplace_back("x-amz-object-lock-mode", object.lock_mode);
    to.emplace_back("x-amz-object-lock-retain-until-date", iso_date(object.retain_until));
}

void forget_customer_keys(header_list& headers) {
    std::erase_if(headers, [](const auto& header) {
        const auto name = lower_case(header.first);
        return name.starts_with(customer_prefix) || name.starts_with(source_customer_prefix);
    });
}

} // namespace blobstore::fakes
