// SPDX-License-Identifier: Apache-2.0
// S3 without sockets: one verified request in, one reply out.
#pragma once

#include "fakes/message.h"
#include "fakes/object_map.h"
#include "fakes/s3_uploads.h"
#include "fakes/s3_versions.h"
#include "fakes/signature_check.h"

#include <atomic>
#include <chrono>
#include <ctime>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace blobstore::fakes {

struct service_options {
    signature_rules signature;
    std::optional<std::time_t> fixed_time; // the server's clock stands still
    std::chrono::seconds clock_offset{0};  // the server's clock is wrong by this
    upload_limits uploads;
    // Host names of the endpoint; `bucket.` before one of them is virtual-hosted style.
    std::vector<std::string> endpoints{
        "localhost", "s3.test", "s3.localhost", "127.0.0.1", "s3.amazonaws.com"};
};

// Which checksums of bodies it takes; what it does not know is 501, as other vendors answer.
enum class sum_rules { all, no_trailers, none };

// Where a request goes, before anything is verified.
struct route {
    std::string bucket;
    std::string key; // decoded once, otherwise the bytes as sent
    header_list query;
    std::string raw_query;
    bool valid = true; // false: the path or the query cannot be decoded

    const std::string* parameter(std::string_view name) const;
};

class s3_service {
public:
    explicit s3_service(service_options options);

    route find_route(const request& message) const;
    reply handle(const request& message, const route& where);
    reply error_reply(const refusal& why, const route& where, bool head);
    // An error document by its code, with S3's usual message.
    reply error_reply(int status, const std::string& code, const route& where, bool head);

    std::time_t now() const;
    void set_clock(std::optional<std::time_t> fixed, std::chrono::seconds offset);
    void set_signature_rules(signature_rules rules);
    signature_rules rules() const;

    void set_sum_rules(sum_rules rules) { sum_rules_ = rules; }

    // The next `times` bulk deletes of this key answer with this code and keep the object.
    void fail_bulk_delete(const std::string& key, const std::string& code, unsigned times);

    // Keys of customers' encryption are passed over without a word, as many servers do.
    void ignore_customer_keys(bool ignored) { ignores_customer_keys_ = ignored; }

    // From now on the bucket keeps versions.
    void turn_versions(const std::string& bucket, versioning to);
    versioning versions_of(const std::string& bucket);
    void forget_versions(const std::string& bucket); // it never had any
    void end_restores(const std::string& bucket);    // what is on its way from the archive is there

    bucket_map& buckets() { return buckets_; }

    upload_store& uploads() { return uploads_; }

private:
    reply dispatch(const request& message, const route& where, const std::string& data);
    reply bucket_request(const request& message, const route& where, const std::string& data);
    reply object_request(const request& message, const route& where, const std::string& data);

    reply list_buckets();
    reply list(const route& where);
    reply delete_many(const request& message, const route& where, const std::string& data);
    reply create_bucket(const request& message, const route& where);
    reply remove_bucket(const route& where);

    reply get(const request& message, const route& where, bool head);
    reply put(const request& message, const route& where, const std::string& data);
    reply copy(const request& message, const route& where, const std::string& source);
    reply remove(const request& message, const route& where);
    reply tagging(const request& message, const route& where, const std::string& data);
    reply attributes(const request& message, const route& where);

    // Of s3_versions.cpp; the first and `drop` under the lock of the buckets.
    void
    keep(object_map& objects, const route& where, const std::shared_ptr<stored_object>& object);
    std::optional<refusal>
    drop(object_map& objects, const route& where, bool bypasses, header_list& told);
    found_version
    find_version(const std::string& bucket, const std::string& key, const std::string& id);
    refusal missing(const found_version& found, const route& where);
    object_ptr change(const route& where, const std::function<void(stored_object&)>& how);
    bool has_versions(const std::string& bucket);
    reply versioning_request(const request& message, const route& where, const std::string& data);
    reply list_versions(const route& where);
    // Of s3_locks.cpp.
    reply lock_request(const request& message, const route& where, const std::string& data);
    reply restore_request(const request& message, const route& where, const std::string& data);
    static bool is_archived(const stored_object& object);
    std::optional<reply> find_source(
        const request& message, const route& where, const std::string& source, object_ptr& found
    );

    // Of s3_uploads.cpp: an object with ?uploads or ?uploadId.
    reply upload_request(const request& message, const route& where, const std::string& data);
    reply create_upload(const request& message, const route& where);
    reply put_part(const request& message, const route& where, const std::string& data);
    reply copy_part(const request& message, const route& where, const std::string& source);
    std::optional<refusal> keep_part(
        const request& message,
        const route& where,
        const header_list* given,
        upload_part& part,
        stored_object& of
    );
    reply complete_upload(const request& message, const route& where, const std::string& data);
    reply abort_upload(const route& where);
    // Of s3_upload_lists.cpp.
    reply list_parts(const route& where);
    reply list_uploads(const route& where);

    bool planned_failure(const std::string& key, std::string& code);
    void finish(reply& answer);
    std::string next_id();

    mutable std::mutex mutex_; // options_ and failures_
    service_options options_;
    std::map<std::string, std::pair<std::string, unsigned>> failures_;
    bucket_map buckets_;
    upload_store uploads_;
    version_store versions_;
    const upload_limits upload_limits_;
    std::atomic<sum_rules> sum_rules_{sum_rules::all};
    std::atomic<bool> ignores_customer_keys_{false};
    std::atomic<std::uint64_t> requests_{0};
};

constexpr const char* bucket_owner = "111122223333"; // of all buckets

// The refusals that more than one operation makes.
refusal refuse(int status, std::string code, header_list details = {});
refusal refuse_with(int status, std::string code, std::string message, header_list details = {});

// Content-MD5 and x-amz-checksum-* against the data; the checksums that were there come out.
std::optional<refusal> check_digests(
    const header_list& headers, const object_bytes& data, header_list& checksums, bool& any
);

// Where an upload is; and that it is not.
upload_name name_of_upload(const route& where);
refusal no_such_upload(const route& where);
std::string upper_case(std::string text);
std::string checksum_element(const std::string& algorithm); // crc32: ChecksumCRC32

// The headers and metadata that an object keeps.
std::optional<refusal> read_metadata(const header_list& headers, stored_object& out);

// As AWS does for an object that comes without any: CRC64NVME.
void add_default_checksum(header_list& checksums, const object_bytes& data);
// The refusal of a checksum that these rules do not allow.
std::optional<refusal> check_sum_rules(const header_list& headers, sum_rules rules);

// RFC 9110 section 13.2.2 as S3 does it: 0 (go on), 304 or 412.
int read_condition(const header_list& headers, const stored_object& object);
// The same with the prefix of copy conditions; 304 becomes 412.
bool copy_condition_holds(const header_list& headers, const stored_object& object);
// If-Match and If-None-Match of a write.
std::optional<refusal> write_condition(const header_list& headers, const stored_object* present);
bool etag_listed(const std::string& list, const std::string& etag);

} // namespace blobstore::fakes
