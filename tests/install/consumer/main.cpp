// What a C++ program does first: put, get and list on memory://, then the version.
// SPDX-License-Identifier: Apache-2.0
#include <blobstore.h>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace {

template <auto Free>
struct deleter {
    template <class T>
    void operator()(T* p) const {
        Free(p);
    }
};

using client_ptr = std::unique_ptr<blobstore_client, deleter<blobstore_client_free>>;
using buffer_ptr = std::unique_ptr<blobstore_buffer, deleter<blobstore_buffer_free>>;
using store_ptr = std::unique_ptr<blobstore_store, deleter<blobstore_store_free>>;
using page_ptr = std::unique_ptr<blobstore_page, deleter<blobstore_page_free>>;
using error_ptr = std::unique_ptr<blobstore_error, deleter<blobstore_error_free>>;

template <class Ptr, class Function, class... Args>
Ptr made(Function function, Args... args) {
    typename Ptr::pointer out = nullptr;
    blobstore_error* err = nullptr;
    if (function(args..., &out, &err) != BLOBSTORE_OK)
        throw std::runtime_error(blobstore_error_message(error_ptr(err).get()));
    return Ptr(out);
}

void run() {
    constexpr std::string_view url = "memory://installed", key = "a/b", text = "hello";
    const auto client = made<client_ptr>(blobstore_client_new, nullptr, nullptr);
    const auto store =
        made<store_ptr>(blobstore_store_open, client.get(), url.data(), url.size(), nullptr);
    blobstore_error* err = nullptr;
    if (blobstore_put(
            store.get(),
            key.data(),
            key.size(),
            text.data(),
            text.size(),
            nullptr,
            nullptr,
            nullptr,
            &err
        ))
        throw std::runtime_error(blobstore_error_message(error_ptr(err).get()));
    blobstore_buffer* body = nullptr;
    if (blobstore_get(store.get(), key.data(), key.size(), nullptr, nullptr, &body, nullptr, &err))
        throw std::runtime_error(blobstore_error_message(error_ptr(err).get()));
    const buffer_ptr kept(body);
    const auto page = made<page_ptr>(blobstore_list, store.get(), nullptr, nullptr);
    blobstore_object_view entry{};
    blobstore_page_get(page.get(), 0, &entry, sizeof entry, 1);
    std::cout << entry.key.ptr << ": "
              << static_cast<const char*>(blobstore_buffer_data(kept.get(), nullptr)) << ", "
              << blobstore_page_len(page.get()) << " entry\n"
              << "blobstore " << blobstore_version_string() << "\n";
}

} // namespace

int main() {
    try {
        run();
    } catch (const std::exception& e) {
        std::cerr << e.what() << "\n";
        return 1;
    }
    return 0;
}
