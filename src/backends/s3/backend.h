// SPDX-License-Identifier: Apache-2.0
// The backend of one bucket, and one request of it from signing to answer. Its operations are in
// objects, bulk, uploads and presign.
#pragma once

#include "auth/signing_keys.h"
#include "auth/source.h"
#include "backends/s3/bulk_delete.h"
#include "backends/s3/checksums.h"
#include "backends/s3/document.h"
#include "backends/s3/own_write.h"
#include "backends/s3/proven.h"
#include "backends/s3/requests.h"
#include "backends/s3/signed_body.h"
#include "backends/s3/trailing_body.h"
#include "http/client.h"
#include "store/backend.h"

#include <atomic>
#include <functional>
#include <mutex>

namespace blobstore::s3 {

constexpr std::size_t document_limit = 16 * 1024 * 1024; // of a list or delete answer

/// What an answer's body must be hashed or signed as, and its checksum.
struct payload {
    std::string hash; ///< hex, or one of sigv4's constants
    std::vector<http::header> headers;
    std::unique_ptr<signed_body> chunks;    ///< in place of the stream; started with each signature
    std::unique_ptr<trailing_body> trailed; ///< in place of the stream

    void frame(http::request& r, std::uint64_t length) const;
};

/// What is signed anew for each attempt, and with what it was signed last.
struct attempt {
    const unsigned_request* from;
    const payload* body;
    found_credentials used;
    std::shared_ptr<const endpoint> at;
    std::int64_t time_ns = 0;
    bulk_delete* bulk = nullptr; ///< makes these of what is left
    unsigned_request renewed;
    payload of_renewed;
};

/// What an answer's success is.
struct success {
    bool document = false; ///< which may hide an error
    bulk_delete* bulk = nullptr;
    const sum_plan* sum = nullptr; ///< of the body; no copy, which GCC 12 would free twice
};

class s3_backend final : public backend {
public:
    s3_backend(
        endpoint at,
        credential_source credentials,
        std::shared_ptr<const host> machine,
        std::shared_ptr<http::client> client,
        std::shared_ptr<proven> known
    )
        : bucket_(at.bucket)
        , is_aws_(at.aws)
        , secure_(at.to.tls)
        , trusts_(at.trust_conditions)
        , eventual_(at.eventual)
        , verifies_(at.verify)
        , proven_(std::move(known))
        , at_(std::make_shared<const endpoint>(std::move(at)))
        , credentials_(std::move(credentials))
        , machine_(std::move(machine))
        , client_(std::move(client)) {}

    bool parallel_reads() const noexcept override { return true; }

    std::string uri(std::string_view key) const override {
        return "s3://" + bucket_ + "/" + std::string(key);
    }

    result<void> check_key(std::string_view) const override { return {}; }

    part_limits limits() const override { return limits_of(*at()->vendor); }

    task<result<object_body>>
    get(operation& op, const std::string& key, const get_options& options) override;
    task<result<object_meta>>
    head(operation& op, const std::string& key, const get_options& options) override;
    task<result<object_meta>>
    put(operation& op, const std::string& key, const source& body, const put_options& options
    ) override;
    task<result<void>> remove(operation& op, const std::string& key) override;
    task<result<object_meta>>
    remove_if(operation& op, const std::string& key, const remove_options& options) override;
    task<result<std::vector<result<void>>>>
    remove_many(operation& op, const std::vector<std::string>& keys) override;
    task<result<object_meta>> copy(
        operation& op,
        backend& from,
        const std::string& from_key,
        const std::string& key,
        const copy_options& options
    ) override;
    task<result<list_page>> list(operation& op, const list_options& options) override;
    task<result<list_page>> list_versions(operation& op, const list_options& options);
    task<result<open_upload>>
    upload_create(operation& op, const std::string& key, const put_options& options) override;
    task<result<std::string>> upload_part(
        operation& op, const open_upload& to, std::uint32_t number, const source& body
    ) override;
    task<result<std::string>> upload_part_copy(
        operation& op,
        const open_upload& to,
        std::uint32_t number,
        backend& from,
        const std::string& from_key,
        const get_options& what
    ) override;
    task<result<std::vector<part_entry>>>
    upload_list_parts(operation& op, const open_upload& of) override;
    task<result<object_meta>> upload_complete(
        operation& op,
        const open_upload& of,
        const std::vector<finished_part>& parts,
        std::optional<std::uint64_t> size
    ) override;
    task<result<void>> upload_abort(operation& op, const open_upload& of) override;
    task<result<upload_page>>
    uploads(operation& op, const std::string& prefix, const std::string& token) override;
    task<result<std::string>> upload_presign_part(
        operation& op, const open_upload& to, std::uint32_t number, const presign_options& options
    ) override;
    task<result<std::string>>
    presign(operation& op, const std::string& key, const presign_options& options) override;
    task<result<std::string>>
    presign_post(operation& op, const std::string& key, const post_options& options) override;

    int supports(capability what) const noexcept override;
    task<result<void>> probe(operation& op, const std::string& prefix) override;
    task<result<object_meta>>
    tags_get(operation& op, const std::string& key, const std::string& version) override;
    task<result<object_meta>> tags_set(
        operation& op, const std::string& key, const std::string& version, const name_values& tags
    ) override;
    task<result<object_meta>>
    inspect(operation& op, const std::string& key, const get_options& options) override;
    task<result<object_meta>> undelete(operation& op, const std::string& key) override;
    task<result<object_meta>>
    lock_get(operation& op, const std::string& key, const std::string& version) override;
    task<result<void>>
    lock_set(operation& op, const std::string& key, const lock_options& options) override;
    task<result<void>>
    restore(operation& op, const std::string& key, const restore_options& options) override;
    task<result<void>> bucket_create(operation& op, const bucket_options& options) override;
    task<result<void>> bucket_remove(operation& op) override;
    task<result<object_meta>> bucket_head(operation& op) override;
    task<result<void>> bucket_versions(operation& op, bool on) override;
    task<result<list_page>> bucket_list(operation& op, const list_options& options) override;

private:
    using answer = result<std::unique_ptr<http::response>>;

    task<result<list_page>> list_by(operation& op, const list_options& options, list_form form);
    task<answer> send(operation& op, const unsigned_request& r, source body, success form);
    task<result<std::string>>
    send_for_document(operation& op, const unsigned_request& r, success form);
    task<result<void>> renew(operation& op, http::request& r, attempt& now);
    task<result<payload>> payload_of(operation& op, const source& body, const sum_plan& sum);
    task<result<payload>> payload_of_stream(operation& op, const source& body, const sum_plan& sum);
    task<answer>
    send_summed(operation& op, const unsigned_request& r, source body, const put_options& options);
    task<answer>
    send_part(operation& op, const open_upload& to, std::uint32_t number, const source& body);
    task<answer> send_for_object(operation& op, unsigned_request& r);
    task<result<void>>
    authorize(operation& op, http::request& r, attempt& now, const http::verdict* before);
    task<result<void>>
    remove_batch(operation& op, std::span<const std::string> keys, std::span<result<void>> results);

    task<result<std::optional<object_meta>>>
    find_completed(operation& op, const open_upload& of, std::optional<std::uint64_t> size);

    /// Where the other store is if this one's service can copy from it; else null.
    std::shared_ptr<const endpoint> same_service(backend& other) const;
    /// Whether a condition may be sent: it would be ignored without a word where it is not
    /// enforced.
    result<void> require(capability what) const;
    /// Of all that can be refused before anything is sent.
    result<void> check_write_to(const write_condition& when, const placement& as) const;
    result<void> check_secure(const secret_string& customer_key) const;
    task<result<void>>
    try_condition(operation& op, capability what, unsigned_request r, bool document);
    task<result<void>> probe_writes(operation& op, const std::string& key);
    task<result<void>> clear_probe(operation& op, const std::string& key);
    /// A head after a write of ours: where reads may be behind, what is missing is asked for again.
    task<result<object_meta>>
    head_written(operation& op, const std::string& key, const get_options& options);
    /// After a write whose outcome is not known: what is there, if it is certainly ours. `failed`
    /// is the answer where it is not.
    task<result<object_meta>> look(
        operation& op,
        const std::string& key,
        const written& ours,
        const secret_string& customer_key,
        error failed
    );
    task<result<object_meta>> look_for_copy(
        operation& op,
        s3_backend& from,
        const std::string& from_key,
        const std::string& key,
        const copy_options& options,
        const std::string& token,
        std::int64_t begun_ns,
        error failed
    );

    std::shared_ptr<const endpoint> at() const {
        std::lock_guard lock(mutex_);
        return at_;
    }

    void learn(const http::verdict& from) noexcept;

    /// `change` gives the endpoint in place of the one it is called with, or nothing.
    void relocate(const std::function<std::optional<endpoint>(const endpoint&)>& change) noexcept;

    /// The machine's clock, corrected by what the service told.
    std::int64_t now_ns() const { return machine_->now_ns() + clock_offset_ns_; }

    const std::string bucket_;
    const bool is_aws_, secure_, trusts_, eventual_, verifies_;
    const std::shared_ptr<proven> proven_;
    std::atomic<bool> wants_sums_{false}; ///< an object without one was refused. S3-47
    mutable std::mutex mutex_;            ///< guards the next
    std::shared_ptr<const endpoint>
        at_; ///< in the region and of the vendor that it turned out to be
    std::atomic<std::int64_t> clock_offset_ns_{0};
    const credential_source credentials_;
    const std::shared_ptr<const host> machine_;
    const std::shared_ptr<http::client> client_;
    sigv4::signing_keys keys_;
};

} // namespace blobstore::s3
