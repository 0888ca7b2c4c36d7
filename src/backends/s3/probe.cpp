// SPDX-License-Identifier: Apache-2.0
// Finds out by a few requests on a key of its own what a service enforces: servers ignore
// conditions without a word. S3-36
#include "backends/s3/admin.h"
#include "backends/s3/backend.h"
#include "backends/s3/own_write.h"
#include "backends/s3/responses.h"
#include "backends/s3/tags.h"

namespace blobstore::s3 {

namespace {

constexpr std::string_view no_etag = "\"00000000000000000000000000000000\"";

std::string service_of(const endpoint& at) {
    return (at.to.tls ? "https://" : "http://") + at.service_host() + ":" +
           std::to_string(at.to.port) + at.base_path;
}

/// A condition that does not hold was refused for that reason, passed over, or is not known at
/// all; nullopt where the answer says nothing of it.
std::optional<bool> was_refused(const result<object_meta>& answer) {
    if (answer) return false;
    switch (answer.error().code()) {
    case errc::precondition:
    case errc::not_modified:
        return true; // old MinIO says 304
    case errc::unsupported:
        return false;
    default:
        return std::nullopt;
    }
}

} // namespace

proven::proven(std::shared_ptr<taken> of_service)
    : service_(std::move(of_service)) {
    for (std::atomic<int>& one : known_)
        one = -1;
}

std::shared_ptr<proven>
proven_endpoints::of(const std::string& service, const std::string& bucket) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<taken>& shared = taken_[service];
    if (!shared) shared = std::make_shared<taken>();
    std::shared_ptr<proven>& found = known_[service + "/" + bucket];
    if (!found) found = std::make_shared<proven>(shared);
    return found;
}

std::shared_ptr<proven> known_of(proven_endpoints& all, const endpoint& at) {
    return all.of(service_of(at), at.bucket);
}

int s3_backend::supports(capability what) const noexcept {
    switch (what) {
    case capability::atomic_rename:
    case capability::append:
        return 0;
    case capability::customer_keys:
        if (!secure_) return 0;
        break;
    case capability::create:
    case capability::update:
    case capability::remove_if:
    case capability::tags:
        if (is_aws_) return 1; // documented and relied on by all its users
        break;
    default:
        break;
    }
    return proven_->get(what);
}

result<void> s3_backend::require(capability what) const {
    const int known = supports(what);
    if (known == 1 || trusts_) return {};
    error e(
        errc::unsupported,
        known == 0 ? "the service does not enforce this condition"
                   : "it is not known whether the service enforces this condition"
    );
    e->hint = known == 0 ? "" : "call blobstore_store_probe first, or set trust_conditions";
    return e;
}

/// One write whose condition does not hold; what became of it goes to `what`.
task<result<void>>
s3_backend::try_condition(operation& op, capability what, unsigned_request r, bool document) {
    source body;
    const std::string bytes = r.method == "PUT" && !document ? "probe" : "";
    body.memory = bytes;
    answer got = co_await send(op, r, body, {document});
    result<object_meta> seen = object_meta();
    if (got) {
        result<std::string> rest = co_await (*got)->read_all(op, document_limit);
        if (!rest) co_return rest.error();
    } else {
        seen = got.error();
    }
    const std::optional<bool> enforced = was_refused(seen);
    if (!enforced) co_return seen.error();
    proven_->set(what, *enforced);
    co_return result<void>();
}

task<result<void>> s3_backend::probe_writes(operation& op, const std::string& key) {
    const std::shared_ptr<const endpoint> here = at();
    put_options create;
    create.when.create = true;
    source body;
    body.memory = std::string_view("probe");
    const unsigned_request first = encode_put(*here, key, create);
    answer made = co_await send(op, first, body, {});
    const errc why = made ? errc::ok : made.error().code();
    if (why ==
        errc::precondition) { // an attempt whose answer was lost made it: nobody else has the key
        proven_->set(capability::create, true);
    } else if (why != errc::ok && why != errc::unsupported) {
        co_return made.error();
    } else if (!made) { // the header is refused: there is no such condition, and no object for the
                        // rest
        proven_->set(capability::create, false);
        const unsigned_request plain = encode_put(*here, key, {});
        made = co_await send(op, plain, body, {});
        if (!made) co_return made.error();
    } else {
        result<void> tried = co_await try_condition(op, capability::create, first, false);
        if (!tried) co_return tried;
    }
    put_options update;
    update.when.if_match = no_etag;
    unsigned_request second = encode_put(*here, key, update);
    result<void> tried = co_await try_condition(op, capability::update, std::move(second), false);
    if (!tried) co_return tried;
    copy_options onto;
    onto.when.create = true;
    onto.replace =
        attributes{"text/plain", {}, {}, {}, {}, {}, {}}; // else it may not be onto itself
    unsigned_request third = encode_copy(*here, here->bucket, key, key, onto);
    tried = co_await try_condition(op, capability::copy_create, std::move(third), true);
    if (!tried) proven_->set(capability::copy_create, false); // whatever it says, it is of no use
    remove_options other;
    other.if_match = no_etag;
    unsigned_request last = encode_remove(*here, key, other);
    tried = co_await try_condition(op, capability::remove_if, std::move(last), false);
    co_return tried;
}

/// Nothing of the probe stays, no version of it either.
task<result<void>> s3_backend::clear_probe(operation& op, const std::string& key) {
    result<void> removed = co_await remove(op, key);
    if (supports(capability::versions) != 1 || !removed) co_return removed;
    list_options all;
    all.versions = true;
    all.prefix = key;
    result<list_page> page = co_await list(op, all);
    for (std::size_t i = 0; page && i < page->entries.size(); ++i) {
        remove_options one;
        one.version = page->entries[i].version;
        const result<object_meta> gone = co_await remove_if(op, key, one);
        if (!gone) co_return gone.error();
    }
    co_return result<void>();
}

task<result<void>> s3_backend::probe(operation& op, const std::string& prefix) {
    const unsigned_request r = encode_versioning_get(*at());
    result<std::string> document = co_await send_for_document(op, r, {});
    result<std::string> status = document ? decode_versioning(*document) : document.error();
    if (!status && status.error().code() == errc::store_not_found) co_return status.error();
    if (status) proven_->set(capability::versions, *status == "Enabled");
    const std::string key = prefix + "blobstore-probe-" + new_token();
    result<void> probed = co_await probe_writes(op, key);
    if (probed) {
        const std::string current;
        result<object_meta> tags = co_await tags_get(op, key, current);
        const errc why = tags ? errc::ok : tags.error().code();
        if (why == errc::ok || why == errc::not_found) // the delete above may have been carried out
            proven_->set(capability::tags, true);
        else if (why == errc::unsupported)
            proven_->set(capability::tags, false);
    }
    const result<void> cleared = co_await clear_probe(op, key);
    if (probed && !cleared) probed = cleared;
    co_return probed;
}

} // namespace blobstore::s3
