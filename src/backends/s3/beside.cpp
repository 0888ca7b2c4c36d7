// SPDX-License-Identifier: Apache-2.0
// Operations beside the bytes: tags, versions, locks, restores, buckets.
#include "backends/s3/admin.h"
#include "backends/s3/attributes.h"
#include "backends/s3/backend.h"
#include "backends/s3/responses.h"
#include "backends/s3/tags.h"
#include "base/time.h"

namespace blobstore::s3 {

namespace {

error of_bucket(error e) {
    if (e.code() == errc::not_found) e->code = errc::store_not_found;
    return e;
}

/// What a tag or a tier may not hold, so that it stands in a document as it is.
bool is_word(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

/// An attempt before this one, whose answer was lost, did what makes this one fail. S3-03
bool was_done_before(const error& e, std::string_view code) {
    return e->outcome_unknown && e->service_code == code;
}

} // namespace

task<result<object_meta>>
s3_backend::tags_get(operation& op, const std::string& key, const std::string& version) {
    const unsigned_request r = encode_tags_get(*at(), key, version);
    result<std::string> document = co_await send_for_document(op, r, {});
    if (!document && document.error()->service_code != "NoSuchTagSet") co_return document.error();
    result<name_values> tags = name_values();
    if (document) tags = decode_tags(*document);
    if (!tags) co_return tags.error();
    object_meta found;
    found.version = version;
    found.own_extras().tag_count = tags->size();
    found.own_extras().tags = std::move(*tags);
    co_return found;
}

task<result<object_meta>> s3_backend::tags_set(
    operation& op, const std::string& key, const std::string& version, const name_values& tags
) {
    const result<unsigned_request> r = encode_tags_set(*at(), key, version, tags);
    if (!r) co_return r.error();
    result<std::string> document = co_await send_for_document(op, *r, {});
    if (!document) co_return document.error();
    object_meta set;
    set.version = version;
    co_return set;
}

task<result<object_meta>>
s3_backend::inspect(operation& op, const std::string& key, const get_options& options) {
    result<void> secure = check_secure(options.customer_key);
    if (!secure) co_return secure.error();
    const unsigned_request r = encode_inspect(*at(), key, options);
    answer got = co_await send(op, r, {}, {});
    if (!got) co_return got.error();
    object_meta found;
    result<void> told = decode_written((*got)->head(), found);
    const result<std::int64_t> modified = parse_http_date((*got)->head().find("last-modified"));
    if (modified) found.modified_ns = *modified;
    result<std::string> document = co_await (*got)->read_all(op, document_limit);
    if (!document) co_return document.error();
    if (told) told = decode_inspect(*document, found);
    if (!told) co_return told.error();
    co_return found;
}

/// What hides the object is removed: one delete marker, or as many as a delete made that was tried
/// again. S3-37
task<result<object_meta>> s3_backend::undelete(operation& op, const std::string& key) {
    list_options of_key;
    of_key.versions = true;
    of_key.prefix = key;
    const result<list_page> page = co_await list(op, of_key);
    if (!page) co_return page.error();
    std::size_t markers = 0;
    for (const object_meta& entry : page->entries) {
        const bool hides = entry.key == key && entry.is_delete_marker;
        if (!hides || (markers == 0 && !entry.is_latest)) break;
        ++markers;
    }
    if (markers == 0) co_return error(errc::not_found, "no delete marker hides it");
    for (std::size_t i = 0; i < markers; ++i) {
        remove_options marker;
        marker.version = page->entries[i].version;
        const result<object_meta> removed = co_await remove_if(op, key, marker);
        if (!removed) co_return removed.error();
    }
    const get_options current;
    result<object_meta> back = co_await head(op, key, current);
    if (!back) co_return applied(back.error());
    co_return back;
}

task<result<object_meta>>
s3_backend::lock_get(operation& op, const std::string& key, const std::string& version) {
    object_meta found;
    found.version = version;
    for (const bool hold : {false, true}) {
        const unsigned_request r = hold ? encode_legal_hold_get(*at(), key, version)
                                        : encode_retention_get(*at(), key, version);
        result<std::string> document = co_await send_for_document(op, r, {});
        const bool none =
            !document && document.error()->service_code == "NoSuchObjectLockConfiguration";
        if (none) continue;
        if (!document) co_return document.error();
        result<void> read = decode_lock(*document, found);
        if (!read) co_return read.error();
    }
    co_return found;
}

task<result<void>>
s3_backend::lock_set(operation& op, const std::string& key, const lock_options& options) {
    if (options.retain_until_ns) {
        const unsigned_request r = encode_retention_set(*at(), key, options);
        result<std::string> document = co_await send_for_document(op, r, {});
        if (!document) co_return document.error();
    }
    if (options.legal_hold) {
        const unsigned_request r = encode_legal_hold_set(*at(), key, options);
        result<std::string> document = co_await send_for_document(op, r, {});
        if (!document) co_return document.error();
    }
    co_return result<void>();
}

/// Asked for twice it goes on as it was. S3-38
task<result<void>>
s3_backend::restore(operation& op, const std::string& key, const restore_options& options) {
    if (!is_word(options.tier))
        co_return error(errc::invalid_argument, "a tier is Standard, Bulk or Expedited");
    const unsigned_request r = encode_restore(*at(), key, options);
    result<std::string> document = co_await send_for_document(op, r, {});
    if (document || document.error()->service_code == "RestoreAlreadyInProgress")
        co_return result<void>();
    co_return document.error();
}

task<result<void>> s3_backend::bucket_create(operation& op, const bucket_options& options) {
    if (!is_word(options.region) || !is_word(options.acl))
        co_return error(errc::invalid_argument, "the region or the ACL is no name of one");
    const unsigned_request r = encode_bucket_create(*at(), options);
    result<std::string> document = co_await send_for_document(op, r, {});
    const bool made = document || was_done_before(document.error(), "BucketAlreadyOwnedByYou");
    if (!made) co_return document.error();
    if (!options.versions || options.locks) co_return result<void>(); // a lock has versions
    result<void> versions = co_await bucket_versions(op, true);
    co_return versions;
}

task<result<void>> s3_backend::bucket_remove(operation& op) {
    const unsigned_request r = encode_bucket(*at(), "DELETE");
    result<std::string> document = co_await send_for_document(op, r, {});
    const bool gone = document || was_done_before(document.error(), "NoSuchBucket");
    if (!gone) co_return of_bucket(document.error());
    co_return result<void>();
}

task<result<object_meta>> s3_backend::bucket_head(operation& op) {
    const unsigned_request r = encode_bucket(*at(), "HEAD");
    answer got = co_await send(op, r, {}, {});
    if (!got) co_return of_bucket(got.error());
    object_meta there;
    there.key = bucket_;
    co_return there;
}

task<result<void>> s3_backend::bucket_versions(operation& op, bool on) {
    const unsigned_request r = encode_versioning_set(*at(), on);
    result<std::string> document = co_await send_for_document(op, r, {});
    if (!document) co_return of_bucket(document.error());
    proven_->set(capability::versions, on);
    co_return result<void>();
}

task<result<list_page>> s3_backend::bucket_list(operation& op, const list_options& options) {
    const unsigned_request r = encode_bucket_list(*at(), options);
    result<std::string> document = co_await send_for_document(op, r, {});
    if (!document) co_return document.error();
    co_return decode_bucket_list(*document, options);
}

} // namespace blobstore::s3
