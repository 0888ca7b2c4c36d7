// SPDX-License-Identifier: Apache-2.0
// The interface of one kind of store. What every store shares (key rules, limits, context of
// errors) is in store.h.
#pragma once

#include "store/admin.h"
#include "store/parts.h"

namespace blobstore {

/// One open bucket, root folder or memory store. Any thread, concurrently. Keys were checked by
/// check_key. Errors carry code, message and what the service said; operation and URI are added
/// above. References given to a call outlive it.
class backend : public admin, public std::enable_shared_from_this<backend> {
public:
    /// The store behind views of it: what another one may be asked to copy from.
    virtual backend& itself() noexcept { return *this; }

    /// True where calls block their thread: asynchronous operations then run on worker threads.
    virtual bool blocks() const noexcept { return false; }

    /// True where several reads of one object at a time are faster than one.
    virtual bool parallel_reads() const noexcept { return false; }

    /// "s3://bucket/key" and the like, for messages; no options, no secret.
    virtual std::string uri(std::string_view key) const = 0;

    /// errc::invalid_argument where this store could never hold the key; before anything is read or
    /// written.
    virtual result<void> check_key(std::string_view key) const = 0;

    virtual task<result<object_body>>
    get(operation& op, const std::string& key, const get_options& options) = 0;

    virtual task<result<object_meta>>
    head(operation& op, const std::string& key, const get_options& options) = 0; ///< no range

    /// All or nothing; the answer knows at least key, etag where the store has one, and size.
    virtual task<result<object_meta>>
    put(operation& op, const std::string& key, const source& body, const put_options& options) = 0;

    /// At the end of what is there, or of nothing; the answer as put's. Nobody sees a part of it.
    /// Default: unsupported.
    virtual task<result<object_meta>>
    append(operation& op, const std::string& key, const source& body, const put_options& options);

    /// Removing what is missing succeeds.
    virtual task<result<void>> remove(operation& op, const std::string& key) = 0;

    /// The same on conditions, or of one version; the answer tells the version that was removed or
    /// the delete marker that was made. Default: unsupported.
    virtual task<result<object_meta>>
    remove_if(operation& op, const std::string& key, const remove_options& options);

    /// One result per key, in order; the call itself fails only where no key was tried. Default:
    /// one after another.
    virtual task<result<std::vector<result<void>>>>
    remove_many(operation& op, const std::vector<std::string>& keys);

    /// Within the service. `from` is any open store; errc::unsupported where it is none this one
    /// can copy from: the caller then streams. Default: unsupported.
    virtual task<result<object_meta>> copy(
        operation& op,
        backend& from,
        const std::string& from_key,
        const std::string& key,
        const copy_options& options
    );

    /// At once: nobody sees both names or none. errc::unsupported where this store cannot; the
    /// caller then copies and removes. Default: unsupported.
    virtual task<result<object_meta>> rename(
        operation& op,
        const std::string& from_key,
        const std::string& key,
        const write_condition& when
    );

    virtual task<result<list_page>> list(operation& op, const list_options& options) = 0;

    /// What parts and objects may be here.
    virtual part_limits limits() const { return {}; }

    /// Uploads in parts. Defaults: unsupported.
    virtual task<result<open_upload>>
    upload_create(operation& op, const std::string& key, const put_options& options);

    /// The receipt; a part of the same number is replaced.
    virtual task<result<std::string>>
    upload_part(operation& op, const open_upload& to, std::uint32_t number, const source& body);

    /// A part made of an object, or of a range of it; errc::unsupported where the caller has to
    /// move the bytes. The range is within the object.
    virtual task<result<std::string>> upload_part_copy(
        operation& op,
        const open_upload& to,
        std::uint32_t number,
        backend& from,
        const std::string& from_key,
        const get_options& what
    );

    /// All of them, by number.
    virtual task<result<std::vector<part_entry>>>
    upload_list_parts(operation& op, const open_upload& of);

    /// The object. `parts` ascend. `size` is what they have in all, where the caller knows it: an
    /// answer that is lost can then be found out.
    virtual task<result<object_meta>> upload_complete(
        operation& op,
        const open_upload& of,
        const std::vector<finished_part>& parts,
        std::optional<std::uint64_t> size
    );

    /// Nothing is left of it. errc::upload_not_found where there is none.
    virtual task<result<void>> upload_abort(operation& op, const open_upload& of);

    /// Those begun and not ended whose key begins so; `token` from the page before.
    virtual task<result<upload_page>>
    uploads(operation& op, const std::string& prefix, const std::string& token);

    /// A link to PUT one part. Default: unsupported.
    virtual task<result<std::string>> upload_presign_part(
        operation& op, const open_upload& to, std::uint32_t number, const presign_options& options
    );

    /// A link, as text. Default: unsupported.
    virtual task<result<std::string>>
    presign(operation& op, const std::string& key, const presign_options& options);

    /// The address and the fields of a form, as JSON. Default: unsupported.
    virtual task<result<std::string>>
    presign_post(operation& op, const std::string& key, const post_options& options);
};

} // namespace blobstore
