// SPDX-License-Identifier: Apache-2.0
// Uploads in parts that the caller leads: tokens checked, parts checked, work delegated.
#include "base/encoding.h"
#include "store/checksums.h"
#include "store/key.h"
#include "store/state_text.h"
#include "store/store.h"

#include <algorithm>

namespace blobstore {

namespace {

error bad_part_number(std::uint32_t number, std::uint32_t most) {
    return error(
        errc::invalid_argument,
        "part number " + std::to_string(number) + " is not between 1 and " + std::to_string(most)
    );
}

/// Ascending, each once.
result<void> check_order(const std::vector<finished_part>& parts) {
    if (parts.empty()) {
        error e(errc::invalid_argument, "an upload is completed with one part at least");
        e->hint = "put an empty object by a put, and abort the upload";
        return e;
    }
    for (std::size_t i = 1; i < parts.size(); ++i)
        if (parts[i].number <= parts[i - 1].number)
            return error(
                errc::invalid_argument,
                "part " + std::to_string(parts[i].number) + " stands behind part " +
                    std::to_string(parts[i - 1].number) + ": parts ascend, each once"
            );
    return {};
}

} // namespace

/// Of an upload of this store.
result<open_upload> store::upload_of_token(const std::string& token) const {
    result<open_upload> upload = decode_upload(token);
    if (!upload) return upload;
    if (!upload->key.starts_with(prefix_))
        return error(errc::invalid_argument, "the upload is not one of this store");
    return upload;
}

result<void> store::check_part(const open_upload& to, std::uint32_t number) const {
    const std::uint32_t most = backend_->limits().most_parts;
    if (number == 0 || number > most)
        return describe(
            bad_part_number(number, most), "upload_part", to.key.substr(prefix_.size())
        );
    return {};
}

task<result<std::string>>
store::upload_create(operation& op, const std::string& key, const put_options& options) {
    result<put_options> with = checked_put(key, options);
    if (!with) co_return describe(with.error(), "upload_create", key);
    const std::string full = prefix_ + key;
    const result<open_upload> made = co_await backend_->upload_create(op, full, *with);
    if (!made) co_return describe(made.error(), "upload_create", key);
    co_return std::string(encode_upload(*made)); // wiped by the buffer that it becomes
}

task<result<std::string>> store::upload_part(
    operation& op, const std::string& token, std::uint32_t number, const source& body
) {
    const result<open_upload> to = upload_of_token(token);
    if (!to) co_return to.error();
    const std::string key = to->key.substr(prefix_.size());
    const result<void> checked = check_part(*to, number);
    if (!checked) co_return checked.error();
    if (body.size() > backend_->limits().most_part)
        co_return describe(
            error(errc::too_large, "a part is larger than this store takes"), "upload_part", key
        );
    result<std::string> receipt = co_await backend_->upload_part(op, *to, number, body);
    if (!receipt) co_return describe(receipt.error(), "upload_part", key);
    co_return receipt;
}

task<result<std::string>> store::upload_part_copy(
    operation& op,
    const std::string& token,
    std::uint32_t number,
    store& from,
    const std::string& from_key,
    const get_options& what
) {
    const result<open_upload> to = upload_of_token(token);
    if (!to) co_return to.error();
    const std::string key = to->key.substr(prefix_.size());
    result<void> checked = check_part(*to, number);
    if (!checked) co_return checked.error();
    checked = from.check(from_key);
    if (checked) checked = check_range(what.range);
    if (checked && what.range.suffix)
        checked = error(errc::invalid_argument, "a part is copied by offset and length");
    if (!checked) co_return from.describe(checked.error(), "upload_part_copy", from_key);
    const std::string from_full = from.prefix_ + from_key;
    result<std::string> receipt = co_await backend_->upload_part_copy(
        op, *to, number, from.backend_->itself(), from_full, what
    );
    if (!receipt && receipt.error().code() == errc::unsupported) { // through here
        const result<std::unique_ptr<object_reader>> opened =
            co_await from.open(op, from_key, what);
        if (!opened) co_return opened.error();
        if (!(*opened)->length())
            co_return from.describe(
                error(errc::unsupported, "the source does not say how long it is"),
                "upload_part_copy",
                from_key
            );
        source body;
        body.stream = opened->get();
        body.stream_length = *(*opened)->length();
        receipt = co_await backend_->upload_part(op, *to, number, body);
    }
    if (receipt) co_return receipt;
    const bool of_source = receipt.error().code() == errc::not_found;
    co_return of_source ? from.describe(receipt.error(), "upload_part_copy", from_key)
                        : describe(receipt.error(), "upload_part_copy", key);
}

task<result<std::vector<part_entry>>>
store::upload_list_parts(operation& op, const std::string& token) {
    const result<open_upload> of = upload_of_token(token);
    if (!of) co_return of.error();
    result<std::vector<part_entry>> parts = co_await backend_->upload_list_parts(op, *of);
    if (!parts)
        co_return describe(parts.error(), "upload_list_parts", of->key.substr(prefix_.size()));
    co_return parts;
}

/// Fills in receipts that the caller does not have: parts that others put.
task<result<std::vector<finished_part>>>
store::with_receipts(operation& op, const open_upload& of, std::vector<finished_part> parts) {
    const bool all = std::none_of(parts.begin(), parts.end(), [](const finished_part& part) {
        return part.receipt.empty();
    });
    if (all) co_return parts;
    const result<std::vector<part_entry>> there = co_await backend_->upload_list_parts(op, of);
    if (!there) co_return there.error();
    for (finished_part& part : parts) {
        const auto found = std::find_if(there->begin(), there->end(), [&](const part_entry& each) {
            return each.number == part.number;
        });
        if (found == there->end())
            co_return error(
                errc::invalid_argument, "part " + std::to_string(part.number) + " was not uploaded"
            );
        if (part.receipt.empty())
            part.receipt = join_receipt({found->receipt, found->checksum, found->size});
    }
    co_return parts;
}

task<result<object_meta>> store::upload_complete(
    operation& op, const std::string& token, const std::vector<finished_part>& parts
) {
    const result<open_upload> of = upload_of_token(token);
    if (!of) co_return of.error();
    const std::string key = of->key.substr(prefix_.size());
    result<void> ordered = check_order(parts);
    for (const finished_part& part : parts)
        if (ordered) ordered = check_part(*of, part.number);
    if (!ordered) co_return describe(ordered.error(), "upload_complete", key);
    const result<std::vector<finished_part>> whole = co_await with_receipts(op, *of, parts);
    if (!whole) co_return describe(whole.error(), "upload_complete", key);
    result<object_meta> meta = co_await backend_->upload_complete(op, *of, *whole, std::nullopt);
    if (!meta) co_return describe(meta.error(), "upload_complete", key);
    shorten(meta->key);
    co_return meta;
}

task<result<void>> store::upload_abort(operation& op, const std::string& token) {
    const result<open_upload> of = upload_of_token(token);
    if (!of) co_return of.error();
    const result<void> aborted = co_await backend_->upload_abort(op, *of);
    if (!aborted)
        co_return describe(aborted.error(), "upload_abort", of->key.substr(prefix_.size()));
    co_return aborted;
}

task<result<std::string>> store::upload_presign_part(
    operation& op, const std::string& token, std::uint32_t number, const presign_options& options
) {
    const result<open_upload> to = upload_of_token(token);
    if (!to) co_return to.error();
    result<void> checked = check_part(*to, number);
    if (!checked) co_return checked.error();
    const std::string key = to->key.substr(prefix_.size());
    checked = check_presign(options);
    if (!checked) co_return describe(checked.error(), "upload_presign_part", key);
    result<std::string> link = co_await backend_->upload_presign_part(op, *to, number, options);
    if (!link) co_return describe(link.error(), "upload_presign_part", key);
    co_return link;
}

task<result<upload_page>>
store::uploads(operation& op, const std::string& prefix, const std::string& page_token) {
    std::string token;
    if (!page_token.empty()) {
        const result<std::string> decoded = unhex(page_token);
        if (!decoded)
            co_return describe(
                error(errc::invalid_argument, "the page token is none of a list of uploads"),
                "uploads",
                prefix
            );
        token = *decoded;
    }
    const std::string full = prefix_ + prefix;
    if (full.find('\0') != std::string::npos)
        co_return describe(
            error(errc::invalid_argument, "prefix contains a NUL byte"), "uploads", prefix
        );
    result<upload_page> page = co_await backend_->uploads(op, full, token);
    if (!page) co_return describe(page.error(), "uploads", prefix);
    std::erase_if(page->uploads, [&](const upload_entry& each) {
        return !each.key.starts_with(full); // MinIO takes the prefix for a whole key
    });
    for (upload_entry& each : page->uploads) {
        each.id = std::string_view(encode_upload({each.key, each.id, {}, {}, {}, {}, {}}));
        shorten(each.key);
    }
    page->next_token = hex(page->next_token);
    co_return page;
}

task<result<std::uint64_t>>
store::uploads_abort(operation& op, const std::string& prefix, std::int64_t begun_before_ns) {
    std::uint64_t aborted = 0;
    std::string token;
    do {
        const result<upload_page> page = co_await uploads(op, prefix, token);
        if (!page) co_return page.error();
        for (const upload_entry& each : page->uploads) {
            if (!each.begun_ns || *each.begun_ns >= begun_before_ns) continue;
            const result<void> gone = co_await upload_abort(op, each.id);
            if (!gone && gone.error().code() != errc::upload_not_found) co_return gone.error();
            if (gone) ++aborted;
        }
        token = page->next_token;
    } while (!token.empty());
    co_return aborted;
}

} // namespace blobstore
