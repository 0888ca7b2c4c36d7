// SPDX-License-Identifier: Apache-2.0
// Reading and checking the caller's arguments.
#include "capi/arguments.h"

namespace blobstore::capi {

namespace {

result<void> usable(const std::shared_ptr<client_core>& core) {
    result<void> alive = core->check();
    if (alive && core->run->closing()) return error(errc::closed, "the client is closed");
    return alive;
}

struct text_field {
    std::string* into;
    const blobstore_str* from;
    const char* name;
};

result<void> texts(std::initializer_list<text_field> fields) {
    for (const text_field& one : fields) {
        result<std::string> value = text(*one.from, one.name);
        if (!value) return value.error();
        *one.into = std::move(*value);
    }
    return {};
}

} // namespace

result<target> at(blobstore_store* store, const char* key, std::size_t key_len) {
    if (!store) return invalid("store is NULL");
    result<void> alive = usable(store->core);
    if (!alive) return alive.error();
    result<std::string> name = text(key, key_len, "key");
    if (!name) return name.error();
    return target{store->core, store->store, std::move(*name)};
}

result<target> at(blobstore_client* client, const char* url, std::size_t url_len) {
    if (!client) return invalid("client is NULL");
    result<void> alive = usable(client->core);
    if (!alive) return alive.error();
    const result<std::string_view> given = seen(url, url_len, "url");
    if (!given) return given.error();
    auto found = client->core->find(*given);
    if (!found) return found.error();
    return target{client->core, std::move(found->first), std::move(found->second)};
}

result<target> at(blobstore_store* store) {
    if (!store) return invalid("store is NULL");
    result<void> alive = usable(store->core);
    if (!alive) return alive.error();
    return target{store->core, store->store, {}};
}

result<get_options> read(const blobstore_get_options* given) {
    result<blobstore_get_options> o = read_struct(given, "blobstore_get_options");
    if (!o) return o.error();
    constexpr std::uint32_t known = BLOBSTORE_GET_OFFSET | BLOBSTORE_GET_LENGTH |
                                    BLOBSTORE_GET_SUFFIX | BLOBSTORE_GET_IF_MODIFIED |
                                    BLOBSTORE_GET_IF_UNMODIFIED | BLOBSTORE_GET_UNVERIFIED |
                                    BLOBSTORE_GET_MAX_GAP | BLOBSTORE_GET_RESUMABLE;
    result<void> checked = check_flags(o->flags, known, "blobstore_get_options");
    if (checked) checked = check_reserved(o->reserved0, "blobstore_get_options");
    if (!checked) return checked.error();
    get_options options;
    options.verify = (o->flags & BLOBSTORE_GET_UNVERIFIED) == 0;
    if (o->flags & BLOBSTORE_GET_OFFSET) options.range.offset = o->offset;
    if (o->flags & BLOBSTORE_GET_LENGTH) options.range.length = o->length;
    if (o->flags & BLOBSTORE_GET_SUFFIX) options.range.suffix = o->suffix_length;
    if (o->flags & BLOBSTORE_GET_IF_MODIFIED)
        options.when.if_modified_since_ns = o->if_modified_since_ns;
    if (o->flags & BLOBSTORE_GET_IF_UNMODIFIED)
        options.when.if_unmodified_since_ns = o->if_unmodified_since_ns;
    result<void> read = texts({
        {&options.when.if_match, &o->if_match, "if_match"},
        {&options.when.if_none_match, &o->if_none_match, "if_none_match"},
        {&options.version, &o->version, "version"},
    });
    if (!read) return read.error();
    result<secret_string> customer_key = key_bytes(o->sse_customer_key, "sse_customer_key");
    if (!customer_key) return customer_key.error();
    options.customer_key = std::move(*customer_key);
    const std::pair<std::string*, const blobstore_str*> texts[] = {
        {&options.resume, &o->resume}, {&options.resume_path, &o->resume_path}};
    for (const auto& [into, from] : texts) {
        result<std::string> value = text(*from, "a text of blobstore_get_options");
        if (!value) return value.error();
        *into = std::move(*value);
    }
    options.resumable = (o->flags & BLOBSTORE_GET_RESUMABLE) != 0 || !options.resume.empty() ||
                        !options.resume_path.empty();
    options.part_size = o->part_size;
    options.parallel = o->parallel;
    options.read_ahead = o->read_ahead;
    if (o->flags & BLOBSTORE_GET_MAX_GAP) options.max_gap = o->max_gap;
    return options;
}

result<put_options> read(const blobstore_put_options* given) {
    result<blobstore_put_options> o = read_struct(given, "blobstore_put_options");
    if (!o) return o.error();
    constexpr std::uint32_t known = BLOBSTORE_PUT_CREATE | BLOBSTORE_PUT_BUCKET_KEY |
                                    BLOBSTORE_PUT_GUESS_TYPE | BLOBSTORE_PUT_KEEP_ATTRIBUTES |
                                    BLOBSTORE_PUT_KEEP_TAGS;
    result<void> checked = check_flags(o->flags, known, "blobstore_put_options");
    if (checked && o->checksum > BLOBSTORE_CHECKSUM_MD5)
        return invalid("checksum is none of those known");
    if (!checked) return checked.error();
    put_options options;
    options.checksum = static_cast<checksum_kind>(o->checksum);
    options.when.create = (o->flags & BLOBSTORE_PUT_CREATE) != 0;
    options.as.bucket_key = (o->flags & BLOBSTORE_PUT_BUCKET_KEY) != 0;
    options.guess_type = (o->flags & BLOBSTORE_PUT_GUESS_TYPE) != 0;
    checked = texts({
        {&options.set.content_type, &o->content_type, "content_type"},
        {&options.set.content_encoding, &o->content_encoding, "content_encoding"},
        {&options.set.cache_control, &o->cache_control, "cache_control"},
        {&options.set.content_disposition, &o->content_disposition, "content_disposition"},
        {&options.set.content_language, &o->content_language, "content_language"},
        {&options.set.expires, &o->expires, "expires"},
        {&options.when.if_match, &o->if_match, "if_match"},
        {&options.when.if_version, &o->if_version, "if_version"},
        {&options.as.storage_class, &o->storage_class, "storage_class"},
        {&options.as.acl, &o->acl, "acl"},
        {&options.as.sse, &o->sse, "sse"},
        {&options.as.sse_kms_key_id, &o->sse_kms_key_id, "sse_kms_key_id"},
        {&options.checksum_value, &o->checksum_value, "checksum_value"},
    });
    if (!checked) return checked.error();
    result<secret_string> customer_key = key_bytes(o->sse_customer_key, "sse_customer_key");
    if (!customer_key) return customer_key.error();
    options.as.customer_key = std::move(*customer_key);
    checked = texts({
        {&options.transfer.resume, &o->resume, "resume"},
        {&options.transfer.resume_path, &o->resume_path, "resume_path"},
    });
    if (!checked) return checked.error();
    options.transfer.size_hint = o->size_hint;
    options.transfer.part_size = o->part_size;
    options.transfer.parallel = o->parallel;
    options.transfer.keep = !options.transfer.resume.empty();
    result<name_values> metadata = pairs(o->metadata, o->metadata_len, "metadata");
    if (!metadata) return metadata.error();
    options.set.metadata = std::move(*metadata);
    result<name_values> tags = pairs(o->tags, o->tags_len, "tags");
    if (!tags) return tags.error();
    options.tags = std::move(*tags);
    return options;
}

result<copy_options> read_copy(const blobstore_put_options* given) {
    copy_options options;
    if (!given) return options;
    result<put_options> put = read(given);
    if (!put) return put.error();
    result<blobstore_put_options> o = read_struct(given, "blobstore_put_options");
    const bool keeps_attributes = (o->flags & BLOBSTORE_PUT_KEEP_ATTRIBUTES) != 0;
    const bool keeps_tags = (o->flags & BLOBSTORE_PUT_KEEP_TAGS) != 0;
    if (put->checksum != checksum_kind::none || !put->checksum_value.empty())
        return invalid("checksum is of no use for a copy");
    if (keeps_attributes && (put->set != attributes() || put->guess_type))
        return invalid("attributes are given beside KEEP_ATTRIBUTES");
    if (keeps_tags && !put->tags.empty()) return invalid("tags are given beside KEEP_TAGS");
    if (!keeps_attributes) options.replace = std::move(put->set);
    if (!keeps_tags) options.replace_tags = std::move(put->tags);
    options.guess_type = put->guess_type;
    options.as = std::move(put->as);
    options.when = std::move(put->when);
    options.transfer.part_size = put->transfer.part_size;
    options.transfer.parallel = put->transfer.parallel;
    return options;
}

result<std::string> read_version(const blobstore_get_options* given) {
    result<get_options> options = read(given);
    if (!options) return options.error();
    return std::move(options->version);
}

result<remove_options> read(const blobstore_delete_options* given) {
    result<blobstore_delete_options> o = read_struct(given, "blobstore_delete_options");
    if (!o) return o.error();
    result<void> checked =
        check_flags(o->flags, BLOBSTORE_DELETE_BYPASS_GOVERNANCE, "blobstore_delete_options");
    if (!checked) return checked.error();
    remove_options options;
    options.bypass_governance = o->flags != 0;
    checked = texts({
        {&options.if_match, &o->if_match, "if_match"},
        {&options.if_version, &o->if_version, "if_version"},
        {&options.version, &o->version, "version"},
    });
    if (!checked) return checked.error();
    return options;
}

result<restore_options> read(const blobstore_restore_options* given) {
    result<blobstore_restore_options> o = read_struct(given, "blobstore_restore_options");
    if (!o) return o.error();
    result<void> checked = check_flags(o->flags, 0, "blobstore_restore_options");
    if (checked) checked = check_reserved(o->reserved0, "blobstore_restore_options");
    restore_options options;
    if (o->days != 0) options.days = o->days;
    if (checked)
        checked =
            texts({{&options.tier, &o->tier, "tier"}, {&options.version, &o->version, "version"}});
    if (!checked) return checked.error();
    return options;
}

result<lock_options> read(const blobstore_lock_options* given) {
    result<blobstore_lock_options> o = read_struct(given, "blobstore_lock_options");
    if (!o) return o.error();
    constexpr std::uint32_t known = BLOBSTORE_LOCK_RETENTION | BLOBSTORE_LOCK_LEGAL_HOLD |
                                    BLOBSTORE_LOCK_NO_LEGAL_HOLD | BLOBSTORE_LOCK_BYPASS_GOVERNANCE;
    result<void> checked = check_flags(o->flags, known, "blobstore_lock_options");
    if (!checked) return checked.error();
    const bool on = (o->flags & BLOBSTORE_LOCK_LEGAL_HOLD) != 0;
    const bool off = (o->flags & BLOBSTORE_LOCK_NO_LEGAL_HOLD) != 0;
    if (on && off) return invalid("LEGAL_HOLD and NO_LEGAL_HOLD at once");
    lock_options options;
    if (on || off) options.legal_hold = on;
    if ((o->flags & BLOBSTORE_LOCK_RETENTION) != 0) options.retain_until_ns = o->retain_until_ns;
    options.bypass_governance = (o->flags & BLOBSTORE_LOCK_BYPASS_GOVERNANCE) != 0;
    checked =
        texts({{&options.mode, &o->mode, "mode"}, {&options.version, &o->version, "version"}});
    if (!checked) return checked.error();
    return options;
}

result<bucket_options> read(const blobstore_bucket_options* given) {
    result<blobstore_bucket_options> o = read_struct(given, "blobstore_bucket_options");
    if (!o) return o.error();
    result<void> checked = check_flags(
        o->flags, BLOBSTORE_BUCKET_VERSIONS | BLOBSTORE_BUCKET_LOCKS, "blobstore_bucket_options"
    );
    bucket_options options;
    options.versions = (o->flags & BLOBSTORE_BUCKET_VERSIONS) != 0;
    options.locks = (o->flags & BLOBSTORE_BUCKET_LOCKS) != 0;
    if (checked)
        checked = texts({{&options.region, &o->region, "region"}, {&options.acl, &o->acl, "acl"}});
    if (!checked) return checked.error();
    return options;
}

result<list_options> read(const blobstore_list_options* given) {
    result<blobstore_list_options> o = read_struct(given, "blobstore_list_options");
    if (!o) return o.error();
    constexpr std::uint32_t known = BLOBSTORE_LIST_VERSIONS | BLOBSTORE_LIST_MARKERS |
                                    BLOBSTORE_LIST_OWNERS | BLOBSTORE_LIST_UNORDERED;
    result<void> checked = check_flags(o->flags, known, "blobstore_list_options");
    if (!checked) return checked.error();
    list_options options;
    options.page_size = o->page_size;
    options.versions = (o->flags & BLOBSTORE_LIST_VERSIONS) != 0;
    options.markers = (o->flags & BLOBSTORE_LIST_MARKERS) != 0;
    options.owners = (o->flags & BLOBSTORE_LIST_OWNERS) != 0;
    options.unordered = (o->flags & BLOBSTORE_LIST_UNORDERED) != 0;
    options.parallel = o->parallel;
    checked = texts({
        {&options.prefix, &o->prefix, "prefix"},
        {&options.delimiter, &o->delimiter, "delimiter"},
        {&options.start_after, &o->start_after, "start_after"},
        {&options.page_token, &o->page_token, "page_token"},
    });
    if (!checked) return checked.error();
    return options;
}

result<presign_options> read(const blobstore_presign_options* given) {
    result<blobstore_presign_options> o = read_struct(given, "blobstore_presign_options");
    if (!o) return o.error();
    result<void> checked =
        check_flags(o->flags, BLOBSTORE_PRESIGN_SIGNING_TIME, "blobstore_presign_options");
    if (!checked) return checked.error();
    presign_options options;
    if (o->expires_ms != 0) options.expires_ms = o->expires_ms;
    if (o->flags & BLOBSTORE_PRESIGN_SIGNING_TIME) options.signing_time_ns = o->signing_time_ns;
    result<std::string> method = text(o->method, "method");
    if (!method) return method.error();
    if (!method->empty()) options.method = std::move(*method);
    result<name_values> headers = pairs(o->headers, o->headers_len, "headers");
    if (!headers) return headers.error();
    result<name_values> query = pairs(o->query, o->query_len, "query");
    if (!query) return query.error();
    options.headers = std::move(*headers);
    options.query = std::move(*query);
    return options;
}

result<post_options> read(const blobstore_post_options* given) {
    result<blobstore_post_options> o = read_struct(given, "blobstore_post_options");
    if (!o) return o.error();
    result<void> checked = check_flags(
        o->flags, BLOBSTORE_POST_SIGNING_TIME | BLOBSTORE_POST_ANY_NAME, "blobstore_post_options"
    );
    if (!checked) return checked.error();
    post_options options;
    if (o->expires_ms != 0) options.expires_ms = o->expires_ms;
    if (o->flags & BLOBSTORE_POST_SIGNING_TIME) options.signing_time_ns = o->signing_time_ns;
    options.any_name = (o->flags & BLOBSTORE_POST_ANY_NAME) != 0;
    options.min_size = o->min_size;
    options.max_size = o->max_size;
    result<name_values> fields = pairs(o->fields, o->fields_len, "fields");
    if (!fields) return fields.error();
    options.fields = std::move(*fields);
    return options;
}

result<local_file> read(const blobstore_file* given) {
    if (!given) return invalid("file is NULL");
    result<blobstore_file> o = read_struct(given, "blobstore_file");
    if (!o) return o.error();
    result<void> checked = check_flags(o->flags, BLOBSTORE_FILE_FD, "blobstore_file");
    if (!checked) return checked.error();
    local_file file;
    result<std::string> path = text(o->path, "path");
    if (!path) return path.error();
    file.path = std::move(*path);
    if (o->flags & BLOBSTORE_FILE_FD) {
        if (o->fd < 0 || o->fd > INT32_MAX) return invalid("fd is no descriptor");
        file.descriptor = static_cast<int>(o->fd);
    }
    return file;
}

} // namespace blobstore::capi
