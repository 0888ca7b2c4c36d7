// SPDX-License-Identifier: Apache-2.0
// The portable store: checks keys and options, delegates to one backend, adds operation and URI to
// every error.
#pragma once

#include "store/backend.h"

namespace blobstore {

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

    task<result<object_body>>
    open(operation& op, const std::string& key, const get_options& options);
    /// errc::too_large above the memory limit, before the body is read.
    task<result<object_bytes>>
    get(operation& op, const std::string& key, const get_options& options);
    task<result<object_filled>> get_into(
        operation& op, const std::string& key, const get_options& options, std::span<char> into
    );
    task<result<object_meta>> head(operation& op, const std::string& key, const conditions& when);
    task<result<object_meta>>
    put(operation& op, const std::string& key, const source& body, const put_options& options);
    task<result<void>> remove(operation& op, const std::string& key);
    task<result<std::vector<result<void>>>>
    remove_many(operation& op, const std::vector<std::string>& keys);
    /// On the server where one service holds both, else streamed.
    task<result<object_meta>> copy(
        operation& op,
        store& from,
        const std::string& from_key,
        const std::string& key,
        const copy_options& options
    );
    task<result<list_page>> list(operation& op, const list_options& options);
    task<result<std::string>>
    presign(operation& op, const std::string& key, const presign_options& options);
    /// These two block on the local file: run them where blocking is allowed.
    task<result<object_meta>> upload(
        operation& op, const std::string& key, const local_file& from, const put_options& options
    );
    task<result<object_meta>> download(
        operation& op, const std::string& key, const get_options& options, const local_file& to
    );

    /// The error with operation and URI, unless it has them.
    error describe(error e, std::string_view operation, std::string_view key) const;

private:
    result<void> check(std::string_view key) const;
    void shorten(std::string& key) const;

    std::shared_ptr<backend> backend_;
    const std::string prefix_;
    const store_limits limits_;
};

} // namespace blobstore
