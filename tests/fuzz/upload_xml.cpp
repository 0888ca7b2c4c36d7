// SPDX-License-Identifier: Apache-2.0
// Answers about uploads, copies, versions, tags, locks and buckets: nothing comes out that did not
// go in, parts ascend, and a list that goes on says where.
#include "backends/s3/admin.h"
#include "backends/s3/responses.h"
#include "backends/s3/tags.h"
#include "backends/s3/upload_wire.h"
#include "backends/s3/versions.h"
#include "fuzz.h"

using namespace blobstore;

namespace {

template <class T>
bool read(const result<T>& got) {
    FUZZ_ASSERT(got || got.error().code() == errc::protocol);
    return got.has_value();
}

void check_results(std::string_view body) {
    const result<std::string> id = s3::decode_upload_create(body);
    if (read(id)) FUZZ_ASSERT(!id->empty() && id->size() <= body.size());
    const result<part_receipt> part = s3::decode_upload_part_copy(body);
    if (read(part)) FUZZ_ASSERT(!part->etag.empty() && part->etag.size() <= body.size());
    const result<object_meta> done = s3::decode_upload_complete(body);
    if (read(done)) FUZZ_ASSERT(!done->etag.empty() && done->etag.size() <= body.size());
    const result<object_meta> copied = s3::decode_copy(body);
    if (read(copied)) FUZZ_ASSERT(copied->etag.size() <= body.size());
    // One document is one answer.
    FUZZ_ASSERT(int{id.has_value()} + int{part.has_value()} + int{done.has_value()} <= 1);
}

void check_lists(std::string_view body) {
    const result<s3::parts_page> parts = s3::decode_upload_list_parts(body);
    if (read(parts)) {
        std::uint32_t last = 0;
        for (const part_entry& each : parts->parts) {
            FUZZ_ASSERT(each.number > last && each.number <= 10000);
            last = each.number;
        }
        FUZZ_ASSERT(!parts->next || (*parts->next == last && last != 0));
    }
    const result<s3::uploads_page> uploads = s3::decode_uploads(body);
    if (read(uploads)) {
        std::size_t size = 0;
        for (const upload_entry& each : uploads->uploads)
            size += each.key.size() + each.id.size();
        FUZZ_ASSERT(size <= body.size());
        FUZZ_ASSERT(!uploads->next || !uploads->next->key.empty());
    }
    const result<list_page> versions = s3::decode_list_versions(body, {});
    if (!read(versions)) return;
    std::string_view before;
    for (const object_meta& entry : versions->entries) {
        FUZZ_ASSERT(!entry.key.empty() && before <= entry.key);
        before = entry.key;
    }
    if (!versions->next_token.empty()) FUZZ_ASSERT(s3::decode_place(versions->next_token));
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body = fuzz::text_of(data, size);
    check_results(body);
    check_lists(body);
    const result<name_values> tags = s3::decode_tags(body);
    if (read(tags)) FUZZ_ASSERT(tags->size() * 9 <= body.size());
    object_meta about;
    (void)read(s3::decode_lock(body, about));
    (void)read(s3::decode_inspect(body, about));
    const result<list_page> buckets = s3::decode_bucket_list(body, {});
    if (read(buckets))
        for (const object_meta& each : buckets->entries)
            FUZZ_ASSERT(!each.key.empty());
    const result<s3::version_place> place = s3::decode_place(body);
    if (place) {
        const result<s3::version_place> again = s3::decode_place(s3::encode_place(*place));
        FUZZ_ASSERT(again && again->key == place->key && again->version == place->version);
    }
    return 0;
}
