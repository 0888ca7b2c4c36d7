// SPDX-License-Identifier: Apache-2.0
// Error objects, library queries, and reading the caller's strings.
#include "capi/handle.h"

namespace blobstore::capi {

result<void> client_core::check() const {
    if (process_id() != pid)
        return error(
            errc::forked, "the client was made before a fork; make a new one in the child"
        );
    return {};
}

namespace {

/// "get s3://bucket/key: no such object (hint)"
std::string line_of(const error& e) {
    std::string line = e->operation;
    if (!e->uri.empty()) line += (line.empty() ? "" : " ") + redact_url(e->uri);
    if (!line.empty()) line += ": ";
    line += e->message;
    if (!e->hint.empty()) line += " (" + e->hint + ")";
    for (char& c : line)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return line;
}

/// Given out when there is no memory for an error; never freed. Its text fits into the string
/// itself.
blobstore_error* out_of_memory() noexcept {
    alignas(blobstore_error) static std::array<std::byte, sizeof(blobstore_error)> place;
    static auto* const only =
        new (place.data()) blobstore_error{error::no_memory(), "out of memory", {}, {}};
    return only;
}

} // namespace

blobstore_error* make_error(const error& e) noexcept {
    try {
        if (e.code() == errc::no_memory && e->operation.empty()) return out_of_memory();
        return new blobstore_error{e, line_of(e), e->operation, redact_url(e->uri)};
    } catch (...) {
        return out_of_memory();
    }
}

blobstore_status fail(const error& e, blobstore_error** err) noexcept {
    if (err) *err = make_error(e);
    return static_cast<blobstore_status>(e.code());
}

result<std::string> text(const char* at, std::size_t size, const char* name) {
    result<void> checked = check_bytes(at, size, name);
    if (!checked) return checked.error();
    return std::string(at ? at : "", size);
}

result<std::string_view> seen(const char* at, std::size_t size, const char* name) {
    result<void> checked = check_bytes(at, size, name);
    if (!checked) return checked.error();
    const std::string_view text(at ? at : "", size);
    if (text.find('\0') != text.npos) return invalid(std::string(name) + " contains a NUL byte");
    return text;
}

result<std::string> text(const blobstore_str& given, const char* name) {
    const result<std::string_view> there = seen(given.ptr, given.len, name);
    if (!there) return there.error();
    return std::string(*there);
}

result<name_values> pairs(const blobstore_kv* at, std::size_t n, const char* name) {
    if (n > static_cast<std::size_t>(PTRDIFF_MAX) / sizeof(blobstore_kv))
        return invalid(std::string(name) + " is longer than memory can be");
    if (!at && n != 0) return invalid(std::string(name) + " is NULL with a length");
    name_values copy;
    for (std::size_t i = 0; i < n; ++i) {
        result<std::string> key = text(at[i].key, name);
        if (!key) return key.error();
        result<std::string> value = text(at[i].value, name);
        if (!value) return value.error();
        copy.emplace_back(std::move(*key), std::move(*value));
    }
    return copy;
}

result<secret_string> key_bytes(const blobstore_str& given, const char* name) {
    result<void> checked = check_bytes(given.ptr, given.len, name);
    if (!checked) return checked.error();
    return secret_string(std::string_view(given.ptr ? given.ptr : "", given.len));
}

namespace {

std::vector<blobstore_kv> views_of(const name_values& pairs) {
    std::vector<blobstore_kv> views;
    views.reserve(pairs.size());
    for (const auto& [name, value] : pairs)
        views.push_back({view(name), view(value)});
    return views;
}

void show_extras(const object_extras& more, blobstore_object_view& v) {
    if (more.bucket_key) v.flags |= BLOBSTORE_OBJECT_BUCKET_KEY;
    if (more.legal_hold) v.flags |= BLOBSTORE_OBJECT_LEGAL_HOLD;
    if (more.retain_until_ns) v.flags |= BLOBSTORE_OBJECT_HAS_RETAIN_UNTIL;
    if (more.tag_count) v.flags |= BLOBSTORE_OBJECT_HAS_TAG_COUNT;
    if (more.parts) v.flags |= BLOBSTORE_OBJECT_HAS_PARTS;
    v.content_disposition = view(more.content_disposition);
    v.content_language = view(more.content_language);
    v.expires = view(more.expires);
    v.sse_kms_key_id = view(more.sse_kms_key_id);
    v.restore = view(more.restore);
    v.owner = view(more.owner);
    v.lock_mode = view(more.lock_mode);
    v.retain_until_ns = more.retain_until_ns.value_or(0);
    v.tag_count = more.tag_count.value_or(0);
    v.parts = more.parts.value_or(0);
    v.status = static_cast<blobstore_status>(more.failure);
}

} // namespace

object_lists lists_of(const object_meta& meta) {
    return {views_of(meta.metadata), views_of(meta.extras().tags)};
}

blobstore_object_view view_of(const object_meta& meta, const object_lists& lists) {
    blobstore_object_view v{};
    if (meta.size) v.flags |= BLOBSTORE_OBJECT_HAS_SIZE;
    if (meta.modified_ns) v.flags |= BLOBSTORE_OBJECT_HAS_MODIFIED;
    if (meta.is_prefix) v.flags |= BLOBSTORE_OBJECT_IS_PREFIX;
    if (meta.is_delete_marker) v.flags |= BLOBSTORE_OBJECT_IS_DELETE_MARKER;
    if (meta.is_latest) v.flags |= BLOBSTORE_OBJECT_IS_LATEST;
    v.size = meta.size.value_or(0);
    v.modified_ns = meta.modified_ns.value_or(0);
    v.key = view(meta.key);
    v.etag = view(meta.etag);
    v.content_type = view(meta.content_type);
    v.content_encoding = view(meta.content_encoding);
    v.cache_control = view(meta.cache_control);
    v.metadata = lists.metadata.empty() ? nullptr : lists.metadata.data();
    v.metadata_len = lists.metadata.size();
    v.version = view(meta.version);
    v.storage_class = view(meta.storage_class);
    v.sse = view(meta.sse);
    v.checksum = view(meta.checksum);
    v.tags = lists.tags.empty() ? nullptr : lists.tags.data();
    v.tags_len = lists.tags.size();
    show_extras(meta.extras(), v);
    return v;
}

} // namespace blobstore::capi

using namespace blobstore;

#define TIE(name, code) static_assert(static_cast<blobstore_status>(errc::name) == code)
TIE(invalid_argument, BLOBSTORE_E_INVALID_ARGUMENT);
TIE(unsupported, BLOBSTORE_E_UNSUPPORTED);
TIE(again, BLOBSTORE_E_AGAIN);
TIE(clock_skew, BLOBSTORE_E_CLOCK_SKEW);
TIE(not_found, BLOBSTORE_E_NOT_FOUND);
TIE(not_a_file, BLOBSTORE_E_NOT_A_FILE);
TIE(protocol, BLOBSTORE_E_PROTOCOL);
TIE(stalled, BLOBSTORE_E_STALLED);
TIE(corrupt, BLOBSTORE_E_CORRUPT);
TIE(no_memory, BLOBSTORE_E_NO_MEMORY);
TIE(cancelled, BLOBSTORE_E_CANCELLED);
TIE(internal, BLOBSTORE_E_INTERNAL);
#undef TIE
static_assert(static_cast<int>(checksum_kind::none) == BLOBSTORE_CHECKSUM_DEFAULT);
static_assert(static_cast<int>(checksum_kind::crc64nvme) == BLOBSTORE_CHECKSUM_CRC64NVME);
static_assert(static_cast<int>(checksum_kind::md5) == BLOBSTORE_CHECKSUM_MD5);

uint32_t blobstore_version(void) {
    return BLOBSTORE_HEADER_VERSION;
}

const char* blobstore_version_string(void) {
    return "0.1.0";
}

int32_t blobstore_has_feature(const char* name, size_t name_len) {
    constexpr std::string_view prefix = "backend.";
    if (!name || name_len <= prefix.size() || name_len > 64) return 0;
    std::string_view feature(name, name_len);
    if (feature.substr(0, prefix.size()) != prefix) return 0;
    return has_backend(feature.substr(prefix.size())) ? 1 : 0;
}

const char* blobstore_status_name(blobstore_status status) {
    return name_of(static_cast<errc>(status)).data();
}

const char* blobstore_error_message(const blobstore_error* e) {
    return e ? e->line.c_str() : "";
}

blobstore_status blobstore_error_get(const blobstore_error* e, blobstore_error_view* out) {
    return capi::guard(nullptr, [&]() -> result<void> {
        if (!e) return capi::invalid("error is NULL");
        const error& cause = e->cause;
        blobstore_error_view v{};
        v.flags = (cause->retryable ? unsigned{BLOBSTORE_ERR_RETRYABLE} : 0u) |
                  (cause->outcome_unknown ? unsigned{BLOBSTORE_ERR_OUTCOME_UNKNOWN} : 0u) |
                  (cause->from_service ? unsigned{BLOBSTORE_ERR_FROM_SERVICE} : 0u);
        v.status = static_cast<int32_t>(cause->code);
        v.http_status = cause->http_status;
        v.retry_after_ms = cause->retry_after_ms;
        v.os_error = cause->os_error;
        v.attempts = cause->attempts;
        v.message = capi::view(cause->message);
        v.hint = capi::view(cause->hint);
        v.operation = capi::view(e->operation);
        v.uri = capi::view(e->uri);
        v.service_code = capi::view(cause->service_code);
        v.request_id = capi::view(cause->request_id);
        v.host_id = capi::view(cause->host_id);
        return capi::write_view(out, v, "blobstore_error_view");
    });
}

void blobstore_error_free(blobstore_error* e) {
    if (e && e != capi::out_of_memory()) delete e;
}
