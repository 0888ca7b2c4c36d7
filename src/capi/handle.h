// SPDX-License-Identifier: Apache-2.0
// What every chapter of the C interface shares: handles, the guard, struct sizes, error objects.
#pragma once

#include "blobstore.h"

#include "async/blocks.h"
#include "async/runtime.h"
#include "backends/registry.h"
#include "http/counters.h"
#include "os/process_id.h"
#include "store/store.h"

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <map>
#include <new>

namespace blobstore::capi {

/// One call as it was asked for; see call.h.
struct call_core;

/// Everything of a client but its handle; stores, readers and operations keep it.
struct client_core : std::enable_shared_from_this<client_core> {
    client_core(host m, settings_values v, runtime_options threads)
        : machine(std::make_shared<const host>(std::move(m)))
        , values(std::move(v))
        , run(std::make_shared<runtime>(threads))
        , memory(make_memory_stores())
        , transfers(std::make_shared<budget>(values.size("memory_budget")))
        , proven(make_proven_endpoints()) {}

    /// errc::forked in a child of the process that made the client.
    result<void> check() const;

    result<std::shared_ptr<store>> open(const store_url& url, const secret_values& config);
    /// The store of an object URL, opened once; and its key.
    result<std::pair<std::shared_ptr<store>, std::string>> find(std::string_view url);

    http::statistics statistics() const;

    const std::shared_ptr<const host> machine;
    const settings_values values;
    const std::shared_ptr<runtime> run;
    const std::shared_ptr<memory_stores> memory;
    const std::shared_ptr<budget> transfers; ///< memory that they share
    const std::shared_ptr<s3::proven_endpoints> proven;
    const std::shared_ptr<block_pool> blocks = std::make_shared<block_pool>(); ///< of operations
    log_sink log;
    bandwidth shape; ///< of all its traffic
    const long pid = process_id();

private:
    result<std::shared_ptr<http::client>> http_for(const settings_values& of);

    mutable std::mutex mutex_;                                  ///< guards the two below
    std::map<std::string, std::shared_ptr<http::client>> http_; ///< by trust configuration
    std::map<std::string, std::shared_ptr<store>>
        stores_; ///< by scheme and authority, for the URL calls
};

/// Drops what a handle holds. In a forked child it is leaked: the threads that would let go of it
/// do not exist there.
template <class T>
void let_go(std::shared_ptr<T>& held, long pid) {
    if (process_id() != pid) new (std::nothrow) std::shared_ptr<T>(std::move(held));
    held.reset();
}

/// A null err is allowed; see blobstore.h. Never throws.
blobstore_status fail(const error& e, blobstore_error** err) noexcept;
blobstore_error* make_error(const error& e) noexcept;

/// Runs `f`, which returns result<void>; no exception leaves. *err is overwritten.
template <class F>
blobstore_status guard(blobstore_error** err, F f) noexcept {
    if (err) *err = nullptr;
    try {
        result<void> done = f();
        if (done) return BLOBSTORE_OK;
        return fail(done.error(), err);
    } catch (...) {
        return fail(error::of_exception(), err);
    }
}

inline error invalid(std::string message) {
    return error(errc::invalid_argument, std::move(message));
}

constexpr std::uint32_t largest_struct = 4096;

/// A struct as this version knows it: missing fields are zero; a longer struct's unknown tail must
/// be zero.
template <class T>
result<T> read_struct(const T* given, const char* name) {
    T known{};
    if (!given) return known;
    std::uint32_t size = 0;
    std::memcpy(&size, given, sizeof size);
    if (size < 2 * sizeof(std::uint32_t) || size > largest_struct)
        return invalid(std::string(name) + ".struct_size is not the size of that struct");
    const char* bytes = reinterpret_cast<const char*>(given);
    for (std::size_t i = sizeof(T); i < size; ++i)
        if (bytes[i] != 0)
            return error(
                errc::version,
                std::string(name) + " has fields that this version of the library does not know"
            );
    std::memcpy(&known, given, std::min<std::size_t>(size, sizeof(T)));
    return known;
}

template <class T>
result<void> write_view(T* out, T full, const char* name) {
    if (!out) return invalid(std::string(name) + " is NULL");
    const std::uint32_t size = out->struct_size;
    if (size < 2 * sizeof(std::uint32_t) || size > largest_struct)
        return invalid(std::string(name) + ".struct_size is not the size of that struct");
    const char* bytes = reinterpret_cast<const char*>(out);
    for (std::size_t i = sizeof(T); i < size; ++i)
        if (bytes[i] != 0)
            return error(
                errc::version,
                std::string(name) + " has fields that this version of the library does not know"
            );
    full.struct_size = size;
    std::memset(static_cast<void*>(out), 0, size);
    std::memcpy(static_cast<void*>(out), &full, std::min<std::size_t>(size, sizeof(T)));
    return {};
}

inline result<void> check_flags(std::uint32_t flags, std::uint32_t known, const char* name) {
    if ((flags & ~known) != 0)
        return invalid(std::string(name) + ".flags has a bit that is not known");
    return {};
}

inline result<void> check_reserved(std::uint64_t word, const char* name) {
    if (word != 0) return invalid(std::string(name) + " has a reserved word that is not zero");
    return {};
}

inline result<void> check_bytes(const void* at, std::size_t size, const char* name) {
    if (size > static_cast<std::size_t>(PTRDIFF_MAX))
        return invalid(std::string(name) + " is longer than memory can be");
    if (!at && size != 0) return invalid(std::string(name) + " is NULL with a length");
    return {};
}

/// The caller's text where it is: what may hold a secret is copied by nobody but who keeps it.
result<std::string_view> seen(const char* at, std::size_t size, const char* name);
result<std::string> text(const char* at, std::size_t size, const char* name);
result<std::string> text(const blobstore_str& given, const char* name);
result<name_values> pairs(const blobstore_kv* at, std::size_t n, const char* name);

inline blobstore_str view(const std::string& text) {
    return {text.c_str(), text.size()};
}

/// The caller's bytes of a key of encryption: NUL is one of them.
result<secret_string> key_bytes(const blobstore_str& given, const char* name);

/// Lists of an object in the form of the interface.
struct object_lists {
    std::vector<blobstore_kv> metadata, tags;
};

object_lists lists_of(const object_meta& meta);
/// `meta` and `lists` must outlive the view.
blobstore_object_view view_of(const object_meta& meta, const object_lists& lists);

} // namespace blobstore::capi

struct blobstore_error {
    blobstore::error cause;
    std::string line, operation, uri;
};

struct blobstore_config {
    explicit blobstore_config(blobstore::settings_values v)
        : values(std::move(v)) {}

    blobstore::settings_values values; ///< what set() checked against
    blobstore::secret_values given;
};

struct blobstore_client {
    std::shared_ptr<blobstore::capi::client_core> core;
    long pid = 0;
};

struct blobstore_store {
    std::shared_ptr<blobstore::capi::client_core> core;
    std::shared_ptr<blobstore::store> store;
};

struct blobstore_buffer {
    std::atomic<std::size_t> references{1};
    std::string own;               ///< bytes that a call made
    blobstore::aligned_bytes room; ///< bytes to fill
    bool secret = false;           ///< of a link, which opens what it leads to: wiped when it goes
    void* data = nullptr;
    std::size_t size = 0;
    blobstore_release_fn release = nullptr;
    void* release_ctx = nullptr;
};

struct blobstore_object {
    blobstore::object_meta meta;
    blobstore::capi::object_lists lists;
};

struct blobstore_page {
    blobstore::list_page page;
};
