// A tour of libblobstore in C++. usage: example STORE_URL. SPDX-License-Identifier: Apache-2.0
// c++ -std=c++17 example.cpp $(pkg-config --cflags --libs blobstore) -o example
#include <array>
#include <blobstore.h>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace std::string_view_literals;

namespace {

// The library's handles, each freed by its own function.
template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* handle) const {
        Free(handle);
    }
};

using client_ptr = std::unique_ptr<blobstore_client, freed_by<blobstore_client_free>>;
using store_ptr = std::unique_ptr<blobstore_store, freed_by<blobstore_store_free>>;
using queue_ptr = std::unique_ptr<blobstore_queue, freed_by<blobstore_queue_free>>;
using op_ptr = std::unique_ptr<blobstore_op, freed_by<blobstore_op_free>>;
using object_ptr = std::unique_ptr<blobstore_object, freed_by<blobstore_object_free>>;
using page_ptr = std::unique_ptr<blobstore_page, freed_by<blobstore_page_free>>;
using buffer_ptr = std::unique_ptr<blobstore_buffer, freed_by<blobstore_buffer_free>>;
using error_ptr = std::unique_ptr<blobstore_error, freed_by<blobstore_error_free>>;

struct blob_error : std::runtime_error {
    blob_error(blobstore_status code, blobstore_error* error)
        : runtime_error(blobstore_error_message(error))
        , status(code) {
        blobstore_error_free(error);
    }

    blobstore_status status;
};

// Calls f(arguments..., &handle, &error) and returns the handle, or throws.
template <class Pointer, class F, class... Arguments>
Pointer make(F f, Arguments... arguments) {
    typename Pointer::pointer made = nullptr;
    blobstore_error* error = nullptr;
    if (const auto status = f(arguments..., &made, &error)) throw blob_error(status, error);
    return Pointer(made);
}

// The same for calls that make nothing.
template <class F, class... Arguments>
void run(F f, Arguments... arguments) {
    blobstore_error* error = nullptr;
    if (const auto status = f(arguments..., &error)) throw blob_error(status, error);
}

template <class Struct>
Struct sized() {
    Struct s{};
    s.struct_size = sizeof s;
    return s;
}

constexpr blobstore_str str(std::string_view text) {
    return {text.data(), text.size()};
}

std::string_view view(blobstore_str s) {
    return {s.ptr, s.len};
}

std::string_view view(const buffer_ptr& buffer) {
    std::size_t size = 0;
    const void* data = blobstore_buffer_data(buffer.get(), &size);
    return {static_cast<const char*>(data), size};
}

constexpr auto hello = "hello, blobstore\n"sv;
constexpr auto hello_key = "demo/hello.txt"sv;

void put(blobstore_store* store, std::string_view key, std::string_view text) {
    const blobstore_kv origin{str("origin"), str("example")};
    auto options = sized<blobstore_put_options>();
    options.content_type = str("text/plain");
    options.metadata = &origin;
    options.metadata_len = 1;
    run(blobstore_put,
        store,
        key.data(),
        key.size(),
        text.data(),
        text.size(),
        &options,
        nullptr,
        nullptr);
}

void head(blobstore_store* store, std::string_view key) {
    const auto info =
        make<object_ptr>(blobstore_head, store, key.data(), key.size(), nullptr, nullptr);
    auto object = sized<blobstore_object_view>();
    blobstore_object_get(info.get(), &object);
    std::cout << "head: " << object.size << " bytes, " << view(object.content_type);
    for (std::size_t i = 0; i < object.metadata_len; i++)
        std::cout << ", " << view(object.metadata[i].key) << '=' << view(object.metadata[i].value);
    std::cout << '\n';
}

buffer_ptr
get(blobstore_store* store, std::string_view key, const blobstore_get_options* options = nullptr) {
    blobstore_buffer* body = nullptr;
    run(blobstore_get, store, key.data(), key.size(), options, nullptr, &body, nullptr);
    return buffer_ptr(body);
}

void list(blobstore_store* store) {
    auto options = sized<blobstore_list_options>();
    options.prefix = str("demo/");
    options.delimiter = str("/");
    const auto page = make<page_ptr>(blobstore_list, store, &options, nullptr);
    std::vector<blobstore_object_view> objects(
        blobstore_page_len(page.get()), sized<blobstore_object_view>()
    );
    blobstore_page_get(page.get(), 0, objects.data(), sizeof objects[0], objects.size());
    std::cout << "list:" << (objects.empty() ? " empty" : "");
    for (const auto& object : objects)
        std::cout << ' ' << view(object.key);
    std::cout << '\n';
}

// The root of a file store, which differs from run to run, is printed as <root>.
std::string without_root(std::string_view link, std::string_view url) {
    url = url.substr(0, url.find('?'));
    while (!url.empty() && url.back() == '/')
        url.remove_suffix(1);
    if (url.substr(0, 7) != "file://" || link.substr(0, url.size()) != url)
        return std::string(link);
    return "file://<root>" + std::string(link.substr(url.size()));
}

void presign(blobstore_store* store, std::string_view url, std::string_view key) try {
    auto options = sized<blobstore_presign_options>();
    options.flags = BLOBSTORE_PRESIGN_SIGNING_TIME;
    options.signing_time_ns = 1767323045LL * 1000000000; // 2026-01-02T03:04:05Z
    options.expires_ms = 900 * 1000;
    const auto link =
        make<buffer_ptr>(blobstore_presign, store, key.data(), key.size(), &options, nullptr);
    std::cout << "presign: " << without_root(view(link), url) << '\n';

} catch (const blob_error& e) {

    if (e.status != BLOBSTORE_E_UNSUPPORTED) throw;
    std::cout << "presign: unsupported\n";
}

// 100 gets at once; the queue gives their ends back in batches.
void gets(blobstore_store* store, std::string_view key) {
    constexpr std::size_t count = 100;
    const auto queue = make<queue_ptr>(blobstore_queue_new, 0u);
    auto async = sized<blobstore_async>();
    async.queue = queue.get();
    for (std::size_t i = 0; i < count; i++) {
        async.user_data = i;
        run(blobstore_get_async, store, key.data(), key.size(), nullptr, nullptr, &async, nullptr);
    }
    std::array<blobstore_event, 16> events;
    std::size_t right = 0;
    for (std::size_t done = 0, n = 0; done < count; done += n) {
        if (auto s = blobstore_queue_poll(queue.get(), events.data(), events.size(), 60000, &n))
            throw blob_error(s, nullptr);
        for (std::size_t i = 0; i < n; i++) {
            const buffer_ptr body(blobstore_op_take_buffer(events[i].op));
            right += events[i].status == BLOBSTORE_OK && view(body) == hello;
        }
        blobstore_events_release(events.data(), n);
    }
    std::cout << "gets: " << right << " of " << count << '\n';
}

// A get that no server answers ends as soon as it is cancelled.
void cancel(blobstore_client* client) {
    using clock = std::chrono::steady_clock;
    const char* url = std::getenv("BLOBSTORE_STALL_URL");
    if (!url || !*url) {
        std::cout << "cancel: unsupported\n";
        return;
    }
    const auto store =
        make<store_ptr>(blobstore_store_open, client, url, std::string_view(url).size(), nullptr);
    const auto queue = make<queue_ptr>(blobstore_queue_new, 0u);
    auto async = sized<blobstore_async>();
    async.queue = queue.get();
    const auto op =
        make<op_ptr>(blobstore_get_async, store.get(), "stall", 5u, nullptr, nullptr, &async);
    std::this_thread::sleep_for(std::chrono::milliseconds(200)); // by now it waits for the answer
    const auto start = clock::now();
    blobstore_op_cancel(op.get());
    blobstore_event event{};
    std::size_t n = 0;
    blobstore_queue_poll(queue.get(), &event, 1, 5000, &n);
    const bool prompt = n == 1 && event.status == BLOBSTORE_E_CANCELLED &&
                        clock::now() - start <= std::chrono::milliseconds(100);
    blobstore_events_release(&event, n);
    std::cout << "cancel: cancelled within 100 ms: " << (prompt ? "yes" : "no") << '\n';
}

void tour(std::string_view url) {
    const auto client = make<client_ptr>(blobstore_client_new, nullptr, nullptr);
    const auto owner =
        make<store_ptr>(blobstore_store_open, client.get(), url.data(), url.size(), nullptr);
    auto* const store = owner.get();
    std::cout << "open: ok\n";
    put(store, hello_key, hello);
    put(store, "demo/second.txt", "second");
    put(store, "demo/sub/third.txt", "third");
    std::cout << "put: 3 keys\n";
    head(store, hello_key);
    std::cout << "get: " << view(get(store, hello_key));
    auto range = sized<blobstore_get_options>();
    range.flags = BLOBSTORE_GET_OFFSET | BLOBSTORE_GET_LENGTH;
    range.offset = 7;
    range.length = 10;
    std::cout << "range: " << view(get(store, hello_key, &range));
    list(store);
    presign(store, url, hello_key);
    gets(store, hello_key);
    try {
        get(store, "demo/missing.txt");
    } catch (const blob_error& e) {
        std::cout << "missing: " << blobstore_status_name(e.status) << '\n';
    }
    cancel(client.get());
    constexpr std::array keys{str(hello_key), str("demo/second.txt"sv)};
    std::array<blobstore_status, keys.size()> results;
    run(blobstore_delete_many, store, keys.data(), keys.size(), nullptr, results.data());
    run(blobstore_delete, store, "demo/sub/third.txt", 18u, nullptr);
    std::cout << "delete: 3 keys\n";
    list(store);
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 2) {
        std::cerr << "usage: example STORE_URL\n";
        return 2;
    }
    tour(argv[1]);
    return 0;

} catch (const std::exception& e) {

    std::cerr << e.what() << '\n';
    return 1;
}
