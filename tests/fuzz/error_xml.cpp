// SPDX-License-Identifier: Apache-2.0
// Errors of S3 and the heads that carry them: always one printable line of bounded size, and the
// verdict agrees with the error.
#include "backends/s3/judge.h"
#include "backends/s3/responses.h"
#include "fuzz.h"

#include <algorithm>

using namespace blobstore;

namespace {

bool is_line(std::string_view text) {
    return text.size() <= 700 && std::none_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) < 0x20;
           });
}

void check_error(const error& e) {
    FUZZ_ASSERT(e.code() != errc::ok);
    FUZZ_ASSERT(is_line(e.message()) && is_line(e->hint) && is_line(e->service_code));
    FUZZ_ASSERT(is_line(e->request_id) && is_line(e->host_id));
}

} // namespace

/// Two bytes of status, the length of one header's value, that value, the body.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    http::response_head head;
    head.status = 200 + (data[0] << 1U) % 400 + (data[1] & 1U);
    const std::string_view rest = fuzz::text_of(data + 3, size - 3);
    const std::string_view value = rest.substr(0, data[2]);
    const std::string_view body = rest.substr(value.size());
    constexpr std::string_view names[] = {
        "content-range",
        "content-length",
        "last-modified",
        "x-amz-meta-A",
        "x-amz-request-id",
        "x-amz-id-2",
        "x-minio-error-code",
        "x-amz-bucket-region",
        "location",
        "Date"};
    const std::string_view name = names[data[1] % std::size(names)];
    head.fields[head.count++] = {name, value};
    const http::verdict v = s3::judge(head, body, {"us-east-1", 1, true});
    if (v.what == http::action::new_region) FUZZ_ASSERT(s3::is_aws_region(v.region));
    if (v.what != http::action::done) check_error(v.why);
    if (head.status / 100 != 2) FUZZ_ASSERT(v.what != http::action::done);
    const result<object_meta> meta = s3::decode_meta(head);
    FUZZ_ASSERT(meta || meta.error().code() == errc::protocol);
    const result<s3::content_range> range = s3::decode_content_range(value);
    if (range)
        FUZZ_ASSERT(range->first <= range->last && (!range->size || range->last < *range->size));
    return 0;
}
