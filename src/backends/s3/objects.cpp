// SPDX-License-Identifier: Apache-2.0
// Operations on one object: get, head, put, remove, copy; and the list of many.
#include "backends/s3/attributes.h"
#include "backends/s3/backend.h"
#include "backends/s3/responses.h"

namespace blobstore::s3 {

namespace {

constexpr unsigned looks_again = 8; // for 2 s. S3-48
constexpr milliseconds look_pause{250};

/// A body of zero bytes, for ranges of length 0.
class empty_reader final : public reader {
public:
    task<result<std::size_t>> read(operation&, std::span<char>, std::size_t) override {
        co_return 0;
    }
};

/// Whether the part that came is the one asked for, and as long as it says.
bool answers(
    const content_range& part, const byte_range& asked, const std::optional<std::uint64_t>& length
) {
    const std::uint64_t count = part.last - part.first + 1;
    if (asked.whole() || (length && *length != count)) return false;
    if (asked.suffix) return count <= *asked.suffix && (!part.size || part.last + 1 == *part.size);
    return part.first == asked.offset.value_or(0) && (!asked.length || count <= *asked.length);
}

/// Whether a range of an object of this length is the whole object, which a service may then
/// answer.
bool is_all(const byte_range& asked, const std::optional<std::uint64_t>& length) {
    if (asked.whole()) return true;
    if (!length) return false;
    if (asked.suffix) return *asked.suffix >= *length;
    return asked.offset.value_or(0) == 0 && asked.length.value_or(*length) >= *length;
}

object_body nothing_of(object_meta meta) {
    object_body opened;
    opened.meta = std::move(meta);
    opened.length = 0;
    opened.bytes = std::make_unique<empty_reader>();
    return opened;
}

/// Host and port without the bucket.
std::string service_place(const endpoint& at) {
    return at.service_host() + ":" + std::to_string(at.to.port);
}

} // namespace

/// With the request to be told the checksum, unless the service does not know that. S3-40
task<s3_backend::answer> s3_backend::send_for_object(operation& op, unsigned_request& r) {
    const bool asks = verifies_ && proven_->service().sum_mode;
    if (asks) r.headers.push_back({"x-amz-checksum-mode", "ENABLED"});
    answer got = co_await send(op, r, {}, {});
    if (!asks || got || !refuses_sum_mode(got.error())) co_return got;
    r.headers.pop_back();
    answer without = co_await send(op, r, {}, {});
    if (without) proven_->service().sum_mode = false;
    co_return without;
}

/// A body with its checksum. What the service refuses is left out, step by step, once: what it took
/// is remembered. S3-40, S3-47
task<s3_backend::answer> s3_backend::send_summed(
    operation& op, const unsigned_request& r, source body, const put_options& options
) {
    std::atomic<checksum_form>& taken = proven_->service().sums;
    checksum_form most = taken;
    const bool streamed = body.stream && body.size() != 0;
    bool wanted = wants_sums_;
    for (;;) {
        sum_plan plan = plan_sum(*at(), most, options);
        if (wanted && plan.kind == checksum_kind::none) plan.kind = checksum_kind::md5;
        success form;
        form.sum = &plan;
        answer got = co_await send(op, r, body, form);
        if (got && most != taken) taken = most;
        if (got && wanted) wants_sums_ = true;
        if (got) co_return got;
        const std::optional<checksum_form> less = less_after(got.error(), plan, streamed);
        const bool more = !wanted && wants_sum(got.error());
        if (!less && !more) co_return got;
        const bool again = !body.stream || body.stream->rewind().has_value();
        if (!again) co_return got;
        most = less.value_or(most);
        wanted = wanted || more;
    }
}

task<result<object_body>>
s3_backend::get(operation& op, const std::string& key, const get_options& options) {
    object_body opened;
    result<void> secure = check_secure(options.customer_key);
    if (!secure) co_return secure.error();
    if (options.range.length == 0u || options.range.suffix == 0u) { // HTTP has no range of nothing
        result<object_meta> meta = co_await head(op, key, options);
        if (!meta) co_return meta.error();
        co_return nothing_of(std::move(*meta));
    }
    unsigned_request r = encode_get(*at(), key, options);
    const bool whole = options.range.whole() && options.verify;
    answer got = error();
    if (whole)
        got = co_await send_for_object(op, r);
    else
        got = co_await send(op, r, {}, {});
    const bool maybe_empty = options.range.suffix || options.range.offset == 0u;
    const bool nothing = got ? (*got)->head().status == 206 && (*got)->length() == 0u
                             : got.error().code() == errc::range;
    if (maybe_empty && nothing) { // of an empty object every range from 0 is nothing, not an error
        result<object_meta> meta = co_await head(op, key, options);
        if (!meta) co_return meta.error();
        if (meta->size == 0u) co_return nothing_of(std::move(*meta));
    }
    if (!got) co_return got.error();
    const http::response_head& head = (*got)->head();
    if (head.status != 200 && head.status != 206)
        co_return error(
            errc::protocol, "the service answered a get with " + std::to_string(head.status)
        );
    result<object_meta> meta = decode_meta(head);
    if (!meta) co_return meta.error();
    opened.meta = std::move(*meta);
    opened.meta.key = key;
    opened.length = (*got)->length();
    // Such a body ends where the connection does, so that a cut one would look whole.
    if (!opened.length && head.find("transfer-encoding").empty())
        co_return error(errc::protocol, "the service does not say how long the object is");
    if (head.status == 206) {
        result<content_range> range = decode_content_range(head.find("content-range"));
        if (!range) co_return range.error();
        if (!answers(*range, options.range, opened.length))
            co_return error(errc::protocol, "the service sent another range than was asked for");
        opened.offset = range->first;
        opened.length = range->last - range->first + 1; // also of a chunked answer
    } else if (!is_all(options.range, opened.length)) {
        co_return error(errc::unsupported, "the service does not serve ranges of this object");
    }
    opened.unverified = whole && head.status == 200 && !opened.meta.checksum.empty();
    opened.bytes = std::move(*got);
    co_return opened;
}

task<result<object_meta>>
s3_backend::head(operation& op, const std::string& key, const get_options& options) {
    result<void> secure = check_secure(options.customer_key);
    if (!secure) co_return secure.error();
    unsigned_request r = encode_head(*at(), key, options);
    answer got = co_await send_for_object(op, r);
    if (!got) co_return got.error();
    result<object_meta> meta = decode_meta((*got)->head());
    if (meta) meta->key = key;
    co_return meta;
}

result<void> s3_backend::check_secure(const secret_string& customer_key) const {
    if (customer_key.empty() || secure_) return {};
    return error(errc::unsupported, "a key of encryption is sent over TLS only");
}

result<void> s3_backend::check_write_to(const write_condition& when, const placement& as) const {
    if (!when.if_version.empty())
        return error(errc::unsupported, "S3 compares ETags, not versions");
    result<void> can = check_secure(as.customer_key);
    if (can && when.create) can = require(capability::create);
    if (can && !when.if_match.empty()) can = require(capability::update);
    return can;
}

task<result<object_meta>>
s3_backend::head_written(operation& op, const std::string& key, const get_options& options) {
    for (unsigned round = 0;; ++round) {
        result<object_meta> found = co_await head(op, key, options);
        const bool missing = !found && found.error().code() == errc::not_found;
        if (!missing || !eventual_ || round == looks_again) co_return found;
        const result<void> slept = co_await sleep_for(op, look_pause);
        if (!slept) co_return slept.error();
    }
}

task<result<object_meta>> s3_backend::look(
    operation& op,
    const std::string& key,
    const written& ours,
    const secret_string& customer_key,
    error failed
) {
    if (op.stopped()) co_return failed;
    get_options current;
    current.customer_key = customer_key;
    result<object_meta> found = co_await head_written(op, key, current);
    if (found && is_ours(*found, ours)) co_return found;
    co_return failed;
}

task<result<object_meta>> s3_backend::put(
    operation& op, const std::string& key, const source& body, const put_options& options
) {
    result<void> can = check_write_to(options.when, options.as);
    if (can) can = check_metadata(options.set);
    if (!can) co_return can.error();
    unsigned_request r = encode_put(*at(), key, options);
    written ours;
    ours.size = body.size();
    if (!options.when.none()) ours.token = new_token();
    if (!ours.token.empty()) r.headers.push_back({std::string(token_header), ours.token});
    answer got = co_await send_summed(op, r, body, options);
    if (!got && got.error()->outcome_unknown && !ours.token.empty()) {
        const error failed = refused(got.error(), options.when);
        result<object_meta> found = co_await look(op, key, ours, options.as.customer_key, failed);
        co_return found;
    }
    if (!got) co_return refused(got.error(), options.when);
    object_meta meta;
    result<void> told = decode_written((*got)->head(), meta);
    meta.key = key;
    meta.checksum = sum_in((*got)->head());
    meta.size = body.size();
    result<std::string> rest = co_await (*got)->read_all(op, document_limit);
    if (!rest) co_return applied(rest.error());
    if (!told) co_return applied(told.error());
    co_return meta;
}

task<result<void>> s3_backend::remove(operation& op, const std::string& key) {
    const unsigned_request r = encode_remove(*at(), key);
    result<std::string> document = co_await send_for_document(op, r, {});
    if (!document && document.error().code() != errc::not_found) co_return document.error();
    co_return result<void>();
}

std::shared_ptr<const endpoint> s3_backend::same_service(backend& other) const {
    const auto* from = dynamic_cast<s3_backend*>(&other);
    if (!from) return nullptr;
    const std::shared_ptr<const endpoint> here = at(), there = from->at();
    const bool same_host =
        there->to == here->to || (here->aws && there->aws) ||
        (!here->path_style && !there->path_style && service_place(*there) == service_place(*here));
    return same_host && there->region == here->region ? there : nullptr;
}

task<result<object_meta>>
s3_backend::remove_if(operation& op, const std::string& key, const remove_options& options) {
    if (!options.if_version.empty())
        co_return error(errc::unsupported, "S3 compares ETags, not versions");
    if (!options.if_match.empty()) {
        const result<void> can = require(capability::remove_if);
        if (!can) co_return can.error();
    }
    const unsigned_request r = encode_remove(*at(), key, options);
    answer got = co_await send(op, r, {}, {});
    if (!got) {
        const bool gone = got.error().code() == errc::not_found;
        // An attempt before may have removed it.
        if (gone && (options.if_match.empty() || got.error()->outcome_unknown))
            co_return object_meta();
        const write_condition same{false, options.if_match, {}};
        co_return refused(got.error(), same);
    }
    object_meta removed;
    result<void> told = decode_written((*got)->head(), removed);
    removed.etag.clear();
    result<std::string> rest = co_await (*got)->read_all(op, document_limit);
    if (!rest) co_return applied(rest.error());
    if (!told) co_return applied(told.error());
    co_return removed;
}

/// A copy that keeps the attributes carries no token: it is known by its ETag, size and time.
task<result<object_meta>> s3_backend::look_for_copy(
    operation& op,
    s3_backend& from,
    const std::string& from_key,
    const std::string& key,
    const copy_options& options,
    const std::string& token,
    std::int64_t begun_ns,
    error failed
) {
    written ours;
    ours.token = token;
    ours.not_before_ns = begun_ns;
    if (token.empty() && !op.stopped()) {
        get_options current = options.from;
        current.when = {};
        const result<object_meta> source = co_await from.head(op, from_key, current);
        if (!source) co_return failed;
        ours.etag = source->etag;
        ours.size = source->size;
    }
    result<object_meta> found = co_await look(op, key, ours, options.as.customer_key, failed);
    co_return found;
}

task<result<object_meta>> s3_backend::copy(
    operation& op,
    backend& from,
    const std::string& from_key,
    const std::string& key,
    const copy_options& options
) {
    const std::shared_ptr<const endpoint> there = same_service(from);
    if (!there) co_return error(errc::unsupported, "the source is in another service");
    result<void> can = check_write_to({false, {}, options.when.if_version}, options.as);
    if (can) can = check_secure(options.from.customer_key);
    if (can && options.replace) can = check_metadata(*options.replace);
    // Where copies are not known to heed conditions puts may: the caller then streams.
    if (can && !options.when.none()) can = require(capability::copy_create);
    if (!can) co_return can.error();
    unsigned_request r = encode_copy(*at(), there->bucket, from_key, key, options);
    const bool carries = options.replace && !options.when.none();
    const std::string token = carries ? new_token() : std::string();
    if (!token.empty()) r.headers.push_back({std::string(token_header), token});
    const std::int64_t begun_ns = now_ns();
    result<std::string> document = co_await send_for_document(op, r, {true});
    result<object_meta> meta = document ? decode_copy(*document) : document.error();
    if (!meta && meta.error().code() == errc::not_modified) // a condition on the source
        meta = error(errc::precondition, meta.error().message());
    // Without a condition the copy may be made again: that tells more than a look.
    if (!meta && meta.error()->outcome_unknown && !options.when.none()) {
        const error failed = refused(meta.error(), options.when);
        meta = co_await look_for_copy(
            op, static_cast<s3_backend&>(from), from_key, key, options, token, begun_ns, failed
        );
        co_return meta;
    }
    if (!meta) co_return refused(meta.error(), options.when);
    meta->key = key;
    co_return meta;
}

} // namespace blobstore::s3
