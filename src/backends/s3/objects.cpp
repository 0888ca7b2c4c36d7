// SPDX-License-Identifier: Apache-2.0
// Operations on one object: get, head, put, remove, copy; and the list of many.
#include "backends/s3/backend.h"
#include "backends/s3/responses.h"

namespace blobstore::s3 {

namespace {

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
std::string service_host(const endpoint& at) {
    const bool before = !at.path_style && at.to.host.starts_with(at.bucket + ".");
    std::string host = at.to.host.substr(before ? at.bucket.size() + 1 : 0);
    return host + ":" + std::to_string(at.to.port);
}

} // namespace

task<result<object_body>>
s3_backend::get(operation& op, const std::string& key, const get_options& options) {
    object_body opened;
    if (options.range.length == 0u || options.range.suffix == 0u) { // HTTP has no range of nothing
        result<object_meta> meta = co_await head(op, key, options.when);
        if (!meta) co_return meta.error();
        co_return nothing_of(std::move(*meta));
    }
    const unsigned_request r = encode_get(*at(), key, options);
    answer got = co_await send(op, r, {}, {});
    const bool maybe_empty = options.range.suffix || options.range.offset == 0u;
    const bool nothing = got ? (*got)->head().status == 206 && (*got)->length() == 0u
                             : got.error().code() == errc::range;
    if (maybe_empty && nothing) { // of an empty object every range from 0 is nothing, not an error
        result<object_meta> meta = co_await head(op, key, options.when);
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
    } else if (!is_all(options.range, opened.length)) {
        co_return error(errc::unsupported, "the service does not serve ranges of this object");
    }
    opened.bytes = std::move(*got);
    co_return opened;
}

task<result<object_meta>>
s3_backend::head(operation& op, const std::string& key, const conditions& when) {
    const unsigned_request r = encode_head(*at(), key, when);
    answer got = co_await send(op, r, {}, {});
    if (!got) co_return got.error();
    result<object_meta> meta = decode_meta((*got)->head());
    if (meta) meta->key = key;
    co_return meta;
}

task<result<object_meta>> s3_backend::put(
    operation& op, const std::string& key, const source& body, const put_options& options
) {
    const unsigned_request r = encode_put(*at(), key, options);
    answer got = co_await send(op, r, body, {});
    if (!got) co_return got.error();
    object_meta meta;
    meta.key = key;
    meta.etag = (*got)->head().find("etag");
    meta.size = body.size();
    result<std::string> rest = co_await (*got)->read_all(op, document_limit);
    if (!rest) co_return applied(rest.error());
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
        (!here->path_style && !there->path_style && service_host(*there) == service_host(*here));
    return same_host && there->region == here->region ? there : nullptr;
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
    const unsigned_request r = encode_copy(*at(), there->bucket, from_key, key, options);
    result<std::string> document = co_await send_for_document(op, r, {true});
    if (!document) co_return document.error();
    result<object_meta> meta = decode_copy(*document);
    if (!meta) co_return applied(meta.error());
    meta->key = key;
    co_return meta;
}

} // namespace blobstore::s3
