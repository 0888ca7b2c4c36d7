// SPDX-License-Identifier: Apache-2.0
// Parts under one lock; their bytes are shared, never changed.
#include "backends/memory/uploads.h"

#include "base/digest.h"
#include "base/encoding.h"

#include <algorithm>

namespace blobstore {

namespace {

error no_such_upload() {
    return error(
        errc::upload_not_found, "no such upload: it was completed or aborted, or never begun"
    );
}

std::string numbered(std::uint64_t n) {
    std::string text = std::to_string(n);
    return std::string(20 - text.size(), '0') + text; // sorts by age
}

} // namespace

std::string
memory_uploads::create(std::string key, const put_options& options, std::int64_t now_ns) {
    const std::lock_guard lock(mutex_);
    std::string id = numbered(++last_id_);
    upload& made = by_key_[{key, id}];
    made.key = std::move(key);
    made.options = options;
    made.begun_ns = now_ns;
    return id;
}

result<void> memory_uploads::put(const open_upload& to, std::uint32_t number, part what) {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find({to.key, to.id});
    if (found == by_key_.end()) return no_such_upload();
    found->second.parts[number] = std::move(what);
    return {};
}

result<memory_uploads::upload> memory_uploads::find(const open_upload& which) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find({which.key, which.id});
    if (found == by_key_.end()) return no_such_upload();
    return found->second;
}

result<std::vector<part_entry>> memory_uploads::parts(const open_upload& of) const {
    const result<upload> found = find(of);
    if (!found) return found.error();
    std::vector<part_entry> all;
    for (const auto& [number, each] : found->parts)
        all.push_back({number, each.bytes->size(), each.modified_ns, each.receipt, {}});
    return all;
}

/// The ETag as S3 makes it of parts.
result<memory_uploads::joined>
memory_uploads::join(const open_upload& of, const std::vector<finished_part>& parts) const {
    const result<upload> found = find(of);
    if (!found) return found.error();
    joined all;
    all.options = found->options;
    digest_stream digests(digest_kind::md5);
    for (const finished_part& wanted : parts) {
        const auto at = found->parts.find(wanted.number);
        const bool there = at != found->parts.end();
        if (!there || (!wanted.receipt.empty() && wanted.receipt != at->second.receipt))
            return error(
                errc::invalid_argument,
                "part " + std::to_string(wanted.number) +
                    (there ? " is not the one of this receipt" : " was not uploaded")
            );
        all.bytes += *at->second.bytes;
        digests.update(md5(*at->second.bytes));
    }
    all.etag = '"' + hex(digests.finish()) + "-" + std::to_string(parts.size()) + '"';
    return all;
}

result<void> memory_uploads::remove(const open_upload& what) {
    const std::lock_guard lock(mutex_);
    if (by_key_.erase({what.key, what.id}) == 0) return no_such_upload();
    return {};
}

upload_page memory_uploads::list(const std::string& prefix, const std::string& token) const {
    const std::lock_guard lock(mutex_);
    upload_page page;
    const std::size_t key_end = std::min(token.find('\0'), token.size());
    auto at = token.empty()
                  ? by_key_.lower_bound({prefix, {}})
                  : by_key_.upper_bound({token.substr(0, key_end), token.substr(key_end + 1)});
    for (; at != by_key_.end() && at->first.first.starts_with(prefix); ++at) {
        if (page.uploads.size() == most_per_page) {
            const upload_entry& last = page.uploads.back();
            page.next_token = last.key + '\0' + last.id;
            break;
        }
        page.uploads.push_back({at->second.key, at->first.second, at->second.begun_ns});
    }
    return page;
}

} // namespace blobstore
