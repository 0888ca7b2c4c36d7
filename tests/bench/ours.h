// SPDX-License-Identifier: Apache-2.0
// Handles of blobstore.h for the benchmark's own program: open, check, close.
#pragma once

#include "blobstore.h"

#include "measure.h"

#include <memory>
#include <string>

namespace bench {

template <auto Free>
struct freed_by {
    template <typename T>
    void operator()(T* handle) const {
        Free(handle);
    }
};

using client_handle = std::unique_ptr<blobstore_client, freed_by<blobstore_client_free>>;
using store_handle = std::unique_ptr<blobstore_store, freed_by<blobstore_store_free>>;
using queue_handle = std::unique_ptr<blobstore_queue, freed_by<blobstore_queue_free>>;

inline void check(blobstore_status status, const blobstore_error* err) {
    if (status != BLOBSTORE_OK) fail(blobstore_error_message(err));
}

/// A client with its store: the server's bucket b, or url.
struct session {
    client_handle client;
    store_handle store;

    explicit session(const std::string& url) {
        blobstore_error* err = nullptr;
        blobstore_client* c = nullptr;
        check(blobstore_client_new(nullptr, nullptr, &c, &err), err);
        client.reset(c);
        blobstore_store* s = nullptr;
        check(blobstore_store_open(c, url.data(), url.size(), nullptr, &s, &err), err);
        store.reset(s);
    }

    explicit session(const arguments& args, const std::string& more = {})
        : session(server_url(args) + more) {}

    static std::string server_url(const arguments& args) {
        const bool tls = args.tls();
        return std::string("s3://b?endpoint=") + (tls ? "https" : "http") +
               "://127.0.0.1:" + std::to_string(args.port()) +
               "&region=us-east-1&access_key_id=AKIAIOSFODNN7EXAMPLE"
               "&secret_access_key=wJalrXUtnFEMI" +
               (tls ? "&ca_file=" + args.text("ca") : "");
    }

    std::size_t get_into(
        const std::string& key,
        char* memory,
        std::size_t size,
        const blobstore_get_options* options = nullptr
    ) const {
        blobstore_error* err = nullptr;
        std::size_t n = 0;
        const blobstore_status status = blobstore_get_into(
            store.get(), key.data(), key.size(), options, nullptr, memory, size, &n, nullptr, &err
        );
        check(status, err);
        return n;
    }
};

// The works of bench_ours that have more than one call in flight, and those about memory.
void get_flight(const arguments& args);
void put_flight(const arguments& args);
void put_many(const arguments& args);
void idle_connections(const arguments& args);
void upload(const arguments& args);
void download(const arguments& args);
void ranges(const arguments& args);

} // namespace bench
