// SPDX-License-Identifier: Apache-2.0
// The portable store: checks keys and options, delegates to one backend, adds operation and URI to
// every error.
#pragma once

#include "store/parallel_reads.h"
#include "store/writer.h"

namespace blobstore {

class file_source;
struct upload_work;

/// An object read whole.
struct object_bytes {
    object_meta meta;
    std::string bytes;
};

/// An object read into the caller's memory.
struct object_filled {
    object_meta meta;
    std::size_t size = 0;
};

/// A local file to read from or write to: a path, or a descriptor that stays the caller's.
struct local_file {
    std::string path;
    int descriptor = -1; ///< used when not negative
};

/// What a store's settings allow its calls.
struct store_limits {
    call_limits call;         ///< where a call names none
    std::uint64_t memory = 0; ///< of an object that get reads
    transfer_limits transfer;
};

/// Any thread, concurrently; shared by the operations that run on it.
class store {
public:
    /// `prefix` stands before every key; it ends in "/" or is empty.
    store(std::shared_ptr<backend> b, std::string prefix, const store_limits& limits)
        : backend_(std::move(b))
        , prefix_(std::move(prefix))
        , limits_(limits) {}

    const call_limits& limits() const noexcept { return limits_.call; }

    bool blocks() const noexcept { return backend_->blocks(); }

    /// Pinned to what it opened; goes on after its connection broke.
    task<result<std::unique_ptr<object_reader>>>
    open(operation& op, const std::string& key, const get_options& options);
    /// errc::too_large above the memory limit, before the body is read. Large objects come in
    /// parallel parts, also those of the next calls.
    task<result<object_bytes>>
    get(operation& op, const std::string& key, const get_options& options);
    task<result<object_filled>> get_into(
        operation& op, const std::string& key, const get_options& options, std::span<char> into
    );
    /// Many ranges at once, each into the room it has; errc::invalid_argument names a bad one.
    task<result<object_meta>> get_ranges(
        operation& op,
        const std::string& key,
        const get_options& options,
        std::span<range_target> targets
    );
    task<result<object_meta>>
    head(operation& op, const std::string& key, const get_options& options);
    task<result<object_meta>>
    put(operation& op, const std::string& key, const source& body, const put_options& options);
    task<result<object_meta>>
    append(operation& op, const std::string& key, const source& body, const put_options& options);
    task<result<void>> remove(operation& op, const std::string& key);
    task<result<object_meta>>
    remove_if(operation& op, const std::string& key, const remove_options& options);
    /// Where the store has none of its own: a copy, then a delete of the source.
    task<result<object_meta>> rename(
        operation& op,
        const std::string& from_key,
        const std::string& key,
        const write_condition& when
    );
    task<result<std::vector<result<void>>>>
    remove_many(operation& op, const std::vector<std::string>& keys);
    /// Every object whose key begins so, in batches side by side; the first failure of a key, once
    /// the rest was tried. `what` tells of what was done also where the call fails.
    task<result<void>>
    remove_prefix(operation& op, const std::string& prefix, bool dry_run, prefix_removal& what);
    /// On the server where one service holds both, else streamed.
    task<result<object_meta>> copy(
        operation& op,
        store& from,
        const std::string& from_key,
        const std::string& key,
        const copy_options& options
    );
    /// Other attributes, tags or placement for what is there: a copy onto itself, which keeps the
    /// class of storage and the encryption where none is given.
    task<result<object_meta>>
    update(operation& op, const std::string& key, const copy_options& options);
    task<result<list_page>> list(operation& op, const list_options& options);
    task<result<std::string>>
    presign(operation& op, const std::string& key, const presign_options& options);
    task<result<std::string>>
    presign_post(operation& op, const std::string& key, const post_options& options);
    /// A stream to be written into; no I/O.
    result<std::unique_ptr<object_writer>>
    open_writer(const std::string& key, const put_options& options) const;
    /// The file is read on workers where others share the operation's thread.
    task<result<object_meta>> upload(
        operation& op, const std::string& key, const local_file& from, const put_options& options
    );
    /// Blocks on the local file only where blocks() or a blocking call says that it may; else
    /// workers do.
    task<result<object_meta>> download(
        operation& op, const std::string& key, const get_options& options, const local_file& to
    );

    /// Uploads in parts. A token is what encode_upload() makes of an upload of this store.
    task<result<std::string>>
    upload_create(operation& op, const std::string& key, const put_options& options);
    task<result<std::string>>
    upload_part(operation& op, const std::string& token, std::uint32_t number, const source& body);
    task<result<std::string>> upload_part_copy(
        operation& op,
        const std::string& token,
        std::uint32_t number,
        store& from,
        const std::string& from_key,
        const get_options& what
    );
    task<result<std::vector<part_entry>>>
    upload_list_parts(operation& op, const std::string& token);
    task<result<object_meta>> upload_complete(
        operation& op, const std::string& token, const std::vector<finished_part>& parts
    );
    task<result<void>> upload_abort(operation& op, const std::string& token);
    task<result<std::string>> upload_presign_part(
        operation& op,
        const std::string& token,
        std::uint32_t number,
        const presign_options& options
    );

    /// Keys without the store's prefix; ids as tokens.
    task<result<upload_page>>
    uploads(operation& op, const std::string& prefix, const std::string& page_token);
    /// Those begun before `begun_before_ns`; how many.
    task<result<std::uint64_t>>
    uploads_abort(operation& op, const std::string& prefix, std::int64_t begun_before_ns);

    // beside the bytes: see admin
    int supports(capability what) const noexcept { return backend_->supports(what); }

    task<result<void>> probe(operation& op);
    task<result<object_meta>>
    tags_get(operation& op, const std::string& key, const std::string& version);
    task<result<object_meta>> tags_set(
        operation& op, const std::string& key, const std::string& version, const name_values& tags
    );
    task<result<object_meta>>
    inspect(operation& op, const std::string& key, const get_options& options);
    task<result<object_meta>> undelete(operation& op, const std::string& key);
    task<result<object_meta>>
    lock_get(operation& op, const std::string& key, const std::string& version);
    task<result<void>> lock_set(operation& op, const std::string& key, const lock_options& options);
    task<result<void>>
    restore(operation& op, const std::string& key, const restore_options& options);
    task<result<void>> bucket_create(operation& op, const bucket_options& options);
    task<result<void>> bucket_remove(operation& op);
    task<result<object_meta>> bucket_head(operation& op);
    task<result<void>> bucket_versions(operation& op, bool on);
    task<result<list_page>> bucket_list(operation& op, const list_options& options);

    /// The error with operation and URI, unless it has them.
    error describe(error e, std::string_view operation, std::string_view key) const;

private:
    task<result<void>> open_body(
        operation& op,
        const std::string& key,
        const get_options& options,
        bool may_part, ///< the caller reads with fill_all() or its like
        opened_body& into
    );
    task<result<object_meta>> download_on(
        operation& op, const std::string& key, const get_options& options, const local_file& to
    );
    result<void> check(std::string_view key) const;
    bool goes_in_parts(std::uint64_t size, const put_options& with) const;
    result<upload_work>
    work_of(const std::string& key, const put_options& with, std::uint64_t size) const;
    task<result<object_meta>> put_checked(
        operation& op, const std::string& full, const source& body, const put_options& with
    );
    task<result<object_meta>> upload_here(
        operation& op, const std::string& full, const file_source& file, const put_options& with
    );
    /// The options as they are kept, once key and options are found good.
    result<put_options> checked_put(std::string_view key, const put_options& options) const;
    result<open_upload> upload_of_token(const std::string& token) const;
    result<void> check_part(const open_upload& to, std::uint32_t number) const;
    task<result<std::vector<finished_part>>>
    with_receipts(operation& op, const open_upload& of, std::vector<finished_part> parts);
    void shorten(std::string& key) const;
    static result<put_options> ready(const std::string& key, const put_options& options);
    static result<copy_options> ready(const std::string& key, const copy_options& options);
    using page_results = std::vector<result<void>>;
    task<result<void>> remove_page(operation& op, list_page& page, page_results& results);
    struct removal;
    task<result<void>> remove_pages(
        operation& op, const std::string& prefix, bool dry_run, removal& all, group& batches
    );
    struct copying;
    bool copies_in_parts(std::uint64_t size) const;
    task<result<put_options>> taken_over(operation& op, const copying& what, bool ask_for_tags);
    task<result<object_meta>> copy_in_parts(operation& op, const copying& what);
    task<result<object_meta>> copy_streamed(operation& op, copying& what);
    task<result<bool>> look_at_source(operation& op, copying& what);
    task<result<object_meta>> copy_checked(operation& op, copying& what);
    task<result<object_meta>> rename_by_copy(
        operation& op,
        const std::string& from_key,
        const std::string& key,
        const write_condition& when
    );
    result<object_meta>
    ended(result<object_meta> got, std::string_view operation, const std::string& key) const;
    result<void> ended(result<void> got, std::string_view operation, std::string_view key) const;

    std::shared_ptr<backend> backend_;
    const std::string prefix_;
    const store_limits limits_;
};

} // namespace blobstore
