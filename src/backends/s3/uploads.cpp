// SPDX-License-Identifier: Apache-2.0
// Uploads in parts; a completion whose answer is lost is looked for.
#include "backends/s3/attributes.h"
#include "backends/s3/backend.h"
#include "backends/s3/responses.h"
#include "backends/s3/upload_wire.h"

namespace blobstore::s3 {

namespace {

/// Failures that an earlier attempt of the same completion may have caused. S3-03, S3-35
bool may_be_own(const error& e) {
    return e->outcome_unknown || e.code() == errc::upload_not_found ||
           e.code() == errc::precondition || e.code() == errc::exists || e.code() == errc::conflict;
}

/// The caller's digest is of other bytes.
error wrong_digest(const std::string& came, const std::string& due) {
    error e(errc::checksum, "the parts have " + came + " and should have " + due);
    e->hint = "the digest that was given is of other bytes";
    return e;
}

/// S3-34
error overtaken(error e) {
    if (e.code() == errc::conflict && e->hint.empty())
        e->hint = "another write of the key was on its way: upload all of it again";
    return e;
}

error no_such_upload(error e) {
    if (e.code() == errc::not_found) e->code = errc::upload_not_found;
    return e;
}

} // namespace

task<result<open_upload>>
s3_backend::upload_create(operation& op, const std::string& key, const put_options& options) {
    result<void> can = check_write_to(options.when, options.as);
    if (can) can = check_metadata(options.set);
    if (!can) co_return can.error();
    open_upload made{key, {}, new_token(), options.when, options.as.customer_key, {}, {}};
    std::atomic<checksum_form>& taken = proven_->service().sums;
    checksum_form most = taken;
    result<std::string> document = error();
    for (;;) { // S3-40
        const sum_plan plan = plan_sum(*at(), most, options);
        made.sum = plan.kind;
        const unsigned_request r = encode_upload_create(*at(), key, options, made.mark, plan.kind);
        document = co_await send_for_document(op, r, {true});
        if (document) break;
        const std::optional<checksum_form> less = less_after(document.error(), plan, false);
        if (!less) co_return document.error();
        most = *less;
    }
    if (most != taken) taken = most;
    if (combines(made.sum) && made.sum == options.checksum) made.sum_value = options.checksum_value;
    result<std::string> id = decode_upload_create(*document);
    if (!id) co_return applied(id.error());
    made.id = std::move(*id);
    co_return made;
}

/// With the checksum that the upload was created for. One without takes none, unless its bucket
/// wants an MD5. S3-47
task<s3_backend::answer> s3_backend::send_part(
    operation& op, const open_upload& to, std::uint32_t number, const source& body
) {
    const unsigned_request r = encode_upload_part(*at(), to, number);
    put_options with;
    with.checksum = to.sum;
    answer got = error();
    if (to.sum == checksum_kind::none) {
        got = co_await send(op, r, body, {});
        const bool again =
            !got && wants_sum(got.error()) && (!body.stream || body.stream->rewind().has_value());
        if (!again) co_return got;
        with.checksum = checksum_kind::md5;
    }
    got = co_await send_summed(op, r, body, with);
    co_return got;
}

task<result<std::string>> s3_backend::upload_part(
    operation& op, const open_upload& to, std::uint32_t number, const source& body
) {
    answer got = co_await send_part(op, to, number, body);
    if (!got) co_return no_such_upload(got.error());
    std::string etag((*got)->head().find("etag"));
    const std::string checksum = sum_in((*got)->head());
    const result<std::string> rest = co_await (*got)->read_all(op, document_limit);
    if (!rest) co_return applied(rest.error());
    if (etag.empty()) co_return error(errc::protocol, "the service gives no ETag for a part");
    co_return join_receipt({std::move(etag), checksum, body.size()});
}

task<result<std::string>> s3_backend::upload_part_copy(
    operation& op,
    const open_upload& to,
    std::uint32_t number,
    backend& from,
    const std::string& from_key,
    const get_options& what
) {
    if (!at()->vendor->part_copy)
        co_return error(errc::unsupported, "the service makes no parts of objects");
    const std::shared_ptr<const endpoint> there = same_service(from);
    if (!there) co_return error(errc::unsupported, "the source is in another service");
    const unsigned_request r =
        encode_upload_part_copy(*at(), to, number, there->bucket, from_key, what);
    const result<std::string> document = co_await send_for_document(op, r, {true});
    if (!document) co_return document.error();
    result<part_receipt> receipt = decode_upload_part_copy(*document);
    if (!receipt) co_return applied(receipt.error());
    receipt->size = what.range.length.value_or(0);
    if (!what.range.length) receipt->checksum.clear(); // of nobody here knows how many bytes
    co_return join_receipt(*receipt);
}

task<result<std::vector<part_entry>>>
s3_backend::upload_list_parts(operation& op, const open_upload& of) {
    std::vector<part_entry> all;
    std::optional<std::uint32_t> after = 0;
    while (after) {
        const unsigned_request r = encode_upload_list_parts(*at(), of, *after);
        const result<std::string> document = co_await send_for_document(op, r, {});
        if (!document) co_return no_such_upload(document.error());
        result<parts_page> page = decode_upload_list_parts(*document);
        if (!page) co_return page.error();
        if (!page->parts.empty() && page->parts.front().number <= *after)
            co_return error(errc::protocol, "the list of parts goes round in a circle");
        std::move(page->parts.begin(), page->parts.end(), std::back_inserter(all));
        after = page->next;
    }
    co_return all;
}

/// The object, if the upload has become it; nothing where it has not, or nobody can say.
task<result<std::optional<object_meta>>> s3_backend::find_completed(
    operation& op, const open_upload& of, std::optional<std::uint64_t> size
) {
    get_options any;
    any.customer_key = of.customer_key;
    result<object_meta> meta = co_await head_written(op, of.key, any);
    if (!meta && meta.error().code() == errc::not_found) co_return std::optional<object_meta>();
    if (!meta) co_return meta.error();
    written ours;
    ours.token = of.mark;
    if (of.mark.empty() || !is_ours(*meta, ours)) co_return std::optional<object_meta>();
    if (size && meta->size != size) co_return std::optional<object_meta>();
    meta->key = of.key;
    co_return std::optional(std::move(*meta));
}

task<result<object_meta>> s3_backend::upload_complete(
    operation& op,
    const open_upload& of,
    const std::vector<finished_part>& parts,
    std::optional<std::uint64_t> size
) {
    std::string sum = combined_sum(of.sum, parts);
    if (!of.sum_value.empty()) {
        const std::string due = std::string(name_of(of.sum)) + ":" + of.sum_value;
        if (!sum.empty() && sum != due) co_return wrong_digest(sum, due);
        sum = due;
    }
    const result<unsigned_request> r = encode_upload_complete(*at(), of, parts, sum);
    if (!r) co_return r.error();
    const result<std::string> document = co_await send_for_document(op, *r, {true});
    result<object_meta> meta = error();
    if (document)
        meta = decode_upload_complete(*document);
    else
        meta = no_such_upload(document.error());
    if (document && !meta) meta = applied(meta.error());
    if (!meta && may_be_own(meta.error()) && !op.stopped()) {
        result<std::optional<object_meta>> found = co_await find_completed(op, of, size);
        if (found && *found) co_return std::move(**found);
    }
    if (!meta) co_return overtaken(refused(meta.error(), of.when));
    meta->key = of.key;
    meta->size = size;
    meta->checksum = sum;
    co_return meta;
}

task<result<void>> s3_backend::upload_abort(operation& op, const open_upload& of) {
    const unsigned_request r = encode_upload_abort(*at(), of);
    const unsigned before = op.attempts;
    const result<std::string> document = co_await send_for_document(op, r, {});
    if (document) co_return result<void>();
    const error failed = no_such_upload(document.error());
    // An attempt before this one aborted it, and its answer was lost.
    if (failed.code() == errc::upload_not_found && op.attempts > before + 1)
        co_return result<void>();
    co_return failed;
}

task<result<upload_page>>
s3_backend::uploads(operation& op, const std::string& prefix, const std::string& token) {
    upload_entry after;
    const std::size_t key_end = token.find('\0');
    after.key = token.substr(0, key_end);
    if (key_end != std::string::npos) after.id = token.substr(key_end + 1);
    const unsigned_request r = encode_uploads(*at(), prefix, after);
    const result<std::string> document = co_await send_for_document(op, r, {});
    if (!document) {
        error e = document.error();
        if (e.code() == errc::not_found) e->code = errc::store_not_found;
        co_return e;
    }
    result<uploads_page> page = decode_uploads(*document);
    if (!page) co_return page.error();
    upload_page all{std::move(page->uploads), {}};
    if (page->next) all.next_token = page->next->key + '\0' + page->next->id;
    if (!all.next_token.empty() && all.next_token == token)
        co_return error(errc::protocol, "the list of uploads goes round in a circle");
    co_return all;
}

task<result<std::string>> s3_backend::upload_presign_part(
    operation& op, const open_upload& to, std::uint32_t number, const presign_options& options
) {
    presign_options with = options;
    with.method = "PUT";
    with.query.emplace_back("partNumber", std::to_string(number));
    with.query.emplace_back("uploadId", to.id);
    result<std::string> link = co_await presign(op, to.key, with);
    co_return link;
}

} // namespace blobstore::s3
