// SPDX-License-Identifier: Apache-2.0
// The two tables: by code, by status.
#include "backends/s3/codes.h"

#include <algorithm>

namespace blobstore::s3 {

namespace {

using http::action;

struct code_row {
    std::string_view service_code;
    errc code;
    action what;
    std::string_view hint;
};

struct status_row {
    int status;
    errc code;
    action what;
};

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
constexpr code_row codes[] = {
    {"NoSuchKey", errc::not_found, action::fail, ""},
    {"NoSuchVersion", errc::not_found, action::fail, ""},
    {"NoSuchBucket", errc::store_not_found, action::fail, "check the bucket's name and region"},
    {"NoSuchUpload", errc::upload_not_found, action::fail, ""},
    {"AccessDenied",
     errc::permission,
     action::fail,
     "check the credentials and what they may do on this bucket"},
    {"AllAccessDisabled", errc::permission, action::fail, ""},
    {"SignatureDoesNotMatch", errc::permission, action::fail, "check the secret key"},
    {"InvalidAccessKeyId", errc::unauthenticated, action::fail, "check the access key id"},
    {"ExpiredToken",
     errc::unauthenticated,
     action::new_credentials,
     "the session token has expired"},
    {"ExpiredTokenException",
     errc::unauthenticated,
     action::new_credentials,
     "the session token has expired"},
    {"TokenRefreshRequired", errc::unauthenticated, action::new_credentials, ""},
    {"InvalidToken", errc::unauthenticated, action::new_credentials, "check the session token"},
    {"RequestTimeTooSkewed", errc::clock_skew, action::fail, "set the clock of this machine"},
    {"RequestExpired", errc::clock_skew, action::fail, "set the clock of this machine"},
    {"AuthorizationHeaderMalformed", errc::config, action::fail, "check the region"},
    {"IllegalLocationConstraintException", errc::config, action::fail, "check the region"},
    {"PermanentRedirect", errc::config, action::fail, "check the region and the endpoint"},
    {"TemporaryRedirect", errc::config, action::fail, "check the region and the endpoint"},
    {"PreconditionFailed", errc::precondition, action::fail, ""},
    {"ConditionalRequestConflict", errc::conflict, action::retry, ""}, // S3-34
    {"BucketAlreadyOwnedByYou", errc::exists, action::fail, ""},
    {"BucketAlreadyExists",
     errc::exists,
     action::fail,
     "another account has a bucket of this name"},
    {"BucketNotEmpty", errc::conflict, action::fail, "delete its objects and versions first"},
    {"MetadataTooLarge",
     errc::invalid_argument,
     action::fail,
     "S3 takes at most 2 KiB of metadata"},
    {"InvalidTag", errc::invalid_argument, action::fail, ""},
    {"InvalidStorageClass", errc::invalid_argument, action::fail, ""},
    {"InvalidLocationConstraint", errc::config, action::fail, "check the region"},
    {"OperationAborted", errc::conflict, action::retry, ""},
    {"NotModified", errc::not_modified, action::fail, ""},
    {"InvalidRange", errc::range, action::fail, ""},
    {"InvalidObjectState", errc::archived, action::fail, "restore the object first"},
    {"EntityTooLarge", errc::too_large, action::fail, ""},
    {"KeyTooLongError", errc::invalid_argument, action::fail, ""},
    {"InvalidPart",
     errc::invalid_argument,
     action::fail,
     "a part is missing or its receipt is another's; some services want parts of one size"},
    {"InvalidPartOrder", errc::invalid_argument, action::fail, ""},
    {"EntityTooSmall",
     errc::invalid_argument,
     action::fail,
     "each part but the last must have at least 5 MiB"},
    {"InvalidBucketName", errc::invalid_argument, action::fail, ""},
    {"BadDigest", errc::checksum, action::retry, ""},
    {"XAmzContentSHA256Mismatch", errc::checksum, action::retry, ""},
    {"XAmzContentChecksumMismatch", errc::checksum, action::retry, ""},
    {"RequestTimeout", errc::timeout, action::retry, "check the network and the region"},
    {"RequestTimeoutException", errc::timeout, action::retry, "check the network and the region"},
    {"PriorRequestNotComplete", errc::unavailable, action::retry, ""},
    {"IDPCommunicationError", errc::unavailable, action::retry, ""},
    {"SlowDown", errc::throttled, action::throttled, ""},
    {"SlowDownRead", errc::throttled, action::throttled, ""},
    {"SlowDownWrite", errc::throttled, action::throttled, ""},
    {"Throttling", errc::throttled, action::throttled, ""},
    {"ThrottlingException", errc::throttled, action::throttled, ""},
    {"ThrottledException", errc::throttled, action::throttled, ""},
    {"RequestThrottled", errc::throttled, action::throttled, ""},
    {"RequestThrottledException", errc::throttled, action::throttled, ""},
    {"BandwidthLimitExceeded", errc::throttled, action::throttled, ""},
    {"EC2ThrottledException", errc::throttled, action::throttled, ""},
    {"RequestLimitExceeded", errc::throttled, action::throttled, ""},
    {"TooManyRequests", errc::throttled, action::throttled, ""},
    {"TooManyRequestsException", errc::throttled, action::throttled, ""},
    {"InternalError", errc::unavailable, action::retry, ""},
    {"InternalErrors", errc::unavailable, action::retry, ""},
    {"ServiceUnavailable", errc::unavailable, action::throttled, ""},
    {"XMinioStorageFull", errc::no_space, action::fail, ""},
    {"QuotaExceeded", errc::quota, action::fail, ""},
    {"NotImplemented", errc::unsupported, action::fail, ""},
};

constexpr status_row statuses[] = {
    {304, errc::not_modified, action::fail},
    {401, errc::unauthenticated, action::fail},
    {403, errc::permission, action::fail},
    {404, errc::not_found, action::fail},
    {408, errc::timeout, action::retry},
    {409, errc::conflict, action::fail},
    {412, errc::precondition, action::fail},
    {413, errc::too_large, action::fail},
    {416, errc::range, action::fail},
    {423, errc::locked, action::fail},
    {429, errc::throttled, action::throttled},
    {499, errc::throttled, action::throttled}, // nginx: the client went away
    {501, errc::unsupported, action::fail},
    {503, errc::throttled, action::throttled},
    {507, errc::quota, action::fail},
    {509, errc::throttled, action::throttled},
    {520, errc::throttled, action::throttled}, // Cloudflare
};

} // namespace

meaning meaning_of(int status, std::string_view service_code) {
    const auto* by_code = std::find_if(std::begin(codes), std::end(codes), [&](const code_row& r) {
        return r.service_code == service_code;
    });
    if (by_code != std::end(codes)) return {by_code->code, by_code->what, by_code->hint};
    const auto* by_status =
        std::find_if(std::begin(statuses), std::end(statuses), [&](const status_row& r) {
            return r.status == status;
        });
    // without a document, as after every HEAD
    std::string_view hint = "";
    if (status == 400) hint = "check the region";
    if (status == 403)
        hint =
            "check the credentials and what they may do on this bucket; without the right to list "
            "it, what is missing is forbidden";
    if (by_status != std::end(statuses)) return {by_status->code, by_status->what, hint};
    if (status >= 500) return {errc::unavailable, action::retry, ""};
    if (status >= 300 && status < 400)
        return {errc::config, action::fail, "check the region and the endpoint"};
    return {errc::service, action::fail, service_code.empty() ? hint : ""};
}

} // namespace blobstore::s3
