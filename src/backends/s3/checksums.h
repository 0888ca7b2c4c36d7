// SPDX-License-Identifier: Apache-2.0
// Which checksum travels with a body and how, what a service says of one, and when it wants none.
// Pure.
#pragma once

#include "backends/s3/settings.h"
#include "store/types.h"

namespace blobstore::s3 {

/// The checksum of one body to be sent.
struct sum_plan {
    checksum_kind kind = checksum_kind::none;
    checksum_form most = checksum_form::md5; ///< the most that the service takes
    std::string value;                       ///< base64, the caller's; else it is computed
    bool asked_for = false; ///< by the call: not left out where the service refuses it
};

/// By the call, else by the settings, else by the vendor; `most` is what the service has shown to
/// take.
sum_plan plan_sum(const endpoint& at, checksum_form most, const put_options& options);

/// "x-amz-checksum-crc64nvme", "Content-MD5".
std::string sum_header(checksum_kind kind);

/// The least there is after a refusal; nothing where the failure is none, or nothing less is left.
/// S3-40
std::optional<checksum_form> less_after(const error& refusal, const sum_plan& sent, bool streamed);

/// Whether the service does not know x-amz-checksum-mode.
bool refuses_sum_mode(const error& refusal);

/// Whether it wants a checksum where none was sent, as for buckets whose objects are locked. S3-47
bool wants_sum(const error& refusal);

/// The form of object_meta::checksum; empty where the answer has none. S3-41
std::string sum_in(const http::response_head& head);

/// What is left of Content-Encoding without the framing that some services keep. S3-41
std::string without_aws_chunked(std::string_view encoding);

} // namespace blobstore::s3
