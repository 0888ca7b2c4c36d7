// SPDX-License-Identifier: Apache-2.0
// What the library costs, through blobstore.h alone. usage: bench_ours WORK port=N ...
#include "ours.h"

#include <vector>

namespace {

using namespace bench;

std::string key_of(std::size_t size) {
    return std::to_string(size) + "/x";
}

void get(const arguments& args) {
    const session s(args);
    const std::size_t size = args.size();
    char* const memory = touched_memory(size);
    const std::string key = key_of(size);
    blobstore_get_options options{};
    options.struct_size = sizeof options;
    options.parallel = 1; // one request, as the others do it
    const auto one = [&] {
        if (s.get_into(key, memory, size, &options) != size) fail("short");
    };
    one();
    check_pattern(memory, size);
    per_gib(size, args.count(), one);
}

void stream(const arguments& args) {
    const session s(args);
    const std::size_t size = args.size();
    const std::string key = key_of(size);
    std::vector<char> chunk(args.number("chunk", 128u << 10), 1);
    per_gib(size, args.count(), [&] {
        blobstore_error* err = nullptr;
        blobstore_reader* reader = nullptr;
        const blobstore_status opened = blobstore_reader_open(
            s.store.get(), key.data(), key.size(), nullptr, nullptr, &reader, &err
        );
        check(opened, err);
        std::size_t got = 0, n = 0;
        do {
            check(blobstore_reader_read(reader, chunk.data(), chunk.size(), &n, &err), err);
            if (n && static_cast<unsigned char>(chunk[0]) != pattern(got)) fail("wrong bytes");
            got += n;
        } while (n);
        blobstore_reader_free(reader);
        if (got != size) fail("short");
    });
}

void put(const arguments& args, const std::string& settings) {
    const session s(args, settings + "&multipart_threshold=1GiB"); // one request
    const std::size_t size = args.size();
    const char* const memory = touched_memory(size);
    per_gib(size, args.count(), [&] {
        blobstore_error* err = nullptr;
        const blobstore_status status =
            blobstore_put(s.store.get(), "k", 1, memory, size, nullptr, nullptr, nullptr, &err);
        check(status, err);
    });
}

void get_blocking(const arguments& args) {
    const session s(args);
    const std::string key = key_of(args.size());
    std::vector<char> memory(args.size());
    s.get_into(key, memory.data(), memory.size());
    check_pattern(memory.data(), memory.size());
    per_operation(args.count(), [&](long n) {
        for (long i = 0; i < n; i++)
            s.get_into(key, memory.data(), memory.size());
    });
}

void presign(const arguments& args) {
    const session s(args);
    const std::string key = "some/prefix/of/a/data/set/object-00000001.parquet";
    per_operation(args.count(), [&](long n) {
        for (long i = 0; i < n; i++) {
            blobstore_error* err = nullptr;
            blobstore_buffer* link = nullptr;
            const blobstore_status status = blobstore_presign(
                s.store.get(), key.data(), key.size(), nullptr, nullptr, &link, &err
            );
            check(status, err);
            blobstore_buffer_free(link);
        }
    });
}

/// Every page of the listing and a view of every key; count is rounded up to whole listings.
void list(const arguments& args) {
    const session s(args);
    std::vector<blobstore_object_view> views(1000);
    per_operation(args.count(), [&](long n) {
        long seen = 0;
        std::string token;
        while (seen < n) {
            blobstore_list_options options{};
            options.struct_size = sizeof options;
            options.page_token = {token.data(), token.size()};
            blobstore_error* err = nullptr;
            blobstore_page* page = nullptr;
            check(blobstore_list(s.store.get(), &options, nullptr, &page, &err), err);
            const std::size_t got = blobstore_page_get(
                page, 0, views.data(), sizeof(blobstore_object_view), views.size()
            );
            if (got != 1000 || views[999].size != 1999) fail("not the listing");
            seen += static_cast<long>(got);
            std::size_t length = 0;
            const char* next = blobstore_page_token(page, &length);
            token.assign(next, length);
            blobstore_page_free(page);
        }
    });
}

/// A million keys of one flat prefix from a server that takes 20 ms a page.
void list_flat(const arguments& args) {
    const session s(args);
    const std::string prefix = "flat/";
    const moment from = now();
    std::size_t seen = 0;
    std::string token, before;
    do {
        blobstore_list_options options{};
        options.struct_size = sizeof options;
        options.parallel = static_cast<std::uint32_t>(args.number("parallel", 32));
        options.prefix = {prefix.data(), prefix.size()};
        options.page_token = {token.data(), token.size()};
        blobstore_error* err = nullptr;
        blobstore_page* page = nullptr;
        check(blobstore_list(s.store.get(), &options, nullptr, &page, &err), err);
        std::vector<blobstore_object_view> views(blobstore_page_len(page));
        blobstore_page_get(page, 0, views.data(), sizeof(blobstore_object_view), views.size());
        for (const blobstore_object_view& each : views) {
            const std::string_view key(each.key.ptr, each.key.len);
            if (key <= before) fail("not in order");
            before = key;
        }
        seen += views.size();
        std::size_t length = 0;
        const char* next = blobstore_page_token(page, &length);
        token.assign(next, length);
        blobstore_page_free(page);
    } while (!token.empty());
    if (seen != 1'000'000) fail("not the listing");
    const moment to = now();
    const double n = static_cast<double>(seen);
    report({{"wall_us", (to.wall - from.wall) / n * 1e6}, {"cpu_us", (to.cpu - from.cpu) / n * 1e6}}
    );
}

void memory_store(const arguments& args) {
    const session s(std::string("memory://bench"));
    blobstore_error* err = nullptr;
    const char text[] = "0123456789abcdef";
    const blobstore_status stored =
        blobstore_put(s.store.get(), "some/key", 8, text, 16, nullptr, nullptr, nullptr, &err);
    check(stored, err);
    char back[16];
    const std::string key = "some/key";
    per_operation(args.count(), [&](long n) {
        for (long i = 0; i < n; i++)
            if (s.get_into(key, back, sizeof back) != 16) fail("short");
    });
}

/// The first thing a process does with the library; count is 1 by nature.
void open(const arguments& args) {
    char memory[16];
    const moment from = now();
    const session s(args);
    const moment opened = now();
    s.get_into("16/x", memory, sizeof memory);
    const moment to = now();
    check_pattern(memory, sizeof memory);
    report({{"open_ms", (opened.wall - from.wall) * 1e3}, {"wall_ms", (to.wall - from.wall) * 1e3}}
    );
}

} // namespace

int main(int argc, char** argv) {
    const arguments args(argc, argv);
    const std::string work = args.work();
    if (work == "get")
        get(args);
    else if (work == "stream")
        stream(args);
    else if (work == "put")
        put(args, "&unsigned_payload=true");
    else if (work == "put-hashed")
        put(args, "");
    else if (work == "get-blocking")
        get_blocking(args);
    else if (work == "get-flight")
        get_flight(args);
    else if (work == "put-flight")
        put_flight(args);
    else if (work == "put-many")
        put_many(args);
    else if (work == "upload")
        upload(args);
    else if (work == "download")
        download(args);
    else if (work == "ranges")
        ranges(args);
    else if (work == "presign")
        presign(args);
    else if (work == "list")
        list(args);
    else if (work == "list-flat")
        list_flat(args);
    else if (work == "memory")
        memory_store(args);
    else if (work == "open")
        open(args);
    else if (work == "idle")
        idle_connections(args);
    else
        fail("no such work");
}
