// SPDX-License-Identifier: Apache-2.0
// The works of bench_ours with many calls in flight by queue.
#include "ours.h"

#include <array>
#include <fcntl.h>
#include <functional>
#include <malloc.h>
#include <unistd.h>
#include <vector>

namespace bench {

namespace {

queue_handle new_queue() {
    blobstore_error* err = nullptr;
    blobstore_queue* queue = nullptr;
    check(blobstore_queue_new(0, &queue, &err), err);
    return queue_handle(queue);
}

void read_file(const std::string& path, char* into, std::size_t size) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0 || ::read(file, into, size) != static_cast<ssize_t>(size)) fail("no file to put");
    ::close(file);
}

/// Keeps `flight` calls running until n have ended; submit(slot, async) begins one.
template <typename Submit>
void keep_in_flight(blobstore_queue* queue, std::size_t flight, long n, Submit submit) {
    std::array<blobstore_event, 64> events;
    long begun = 0, done = 0;
    const auto begin = [&](std::uint64_t slot) {
        if (begun++ >= n) return;
        blobstore_async async{};
        async.struct_size = sizeof async;
        async.queue = queue;
        async.user_data = slot;
        submit(slot, async);
    };
    for (std::size_t slot = 0; slot < flight; slot++)
        begin(slot);
    while (done < n) {
        std::size_t got = 0;
        check(blobstore_queue_poll(queue, events.data(), events.size(), -1, &got), nullptr);
        for (std::size_t i = 0; i < got; i++) {
            check(events[i].status, blobstore_op_error(events[i].op));
            begin(events[i].user_data);
        }
        done += static_cast<long>(got);
        blobstore_events_release(events.data(), got);
    }
}

} // namespace

void get_flight(const arguments& args) {
    const session s(args);
    const queue_handle queue = new_queue();
    const std::size_t flight = args.number("flight", 32), size = args.size();
    const std::string key = std::to_string(size) + "/x";
    std::vector<char> memory(flight * size);
    const auto run = [&](long n) {
        keep_in_flight(
            queue.get(),
            flight,
            n,
            [&](std::uint64_t slot, const blobstore_async& async) {
                blobstore_error* err = nullptr;
                const blobstore_status status = blobstore_get_into_async(
                    s.store.get(),
                    key.data(),
                    key.size(),
                    nullptr,
                    nullptr,
                    &memory[slot * size],
                    size,
                    &async,
                    nullptr,
                    &err
                );
                check(status, err);
            }
        );
    };
    run(static_cast<long>(flight));
    for (std::size_t slot = 0; slot < flight; slot++)
        check_pattern(&memory[slot * size], size);
    per_operation(args.count(), run);
}

void put_flight(const arguments& args) {
    const session s(args);
    const queue_handle queue = new_queue();
    const std::size_t flight = args.number("flight", 32);
    const std::vector<char> body(args.size(), 'x');
    per_operation(args.count(), [&](long n) {
        keep_in_flight(queue.get(), flight, n, [&](std::uint64_t, const blobstore_async& async) {
            blobstore_error* err = nullptr;
            const blobstore_status status = blobstore_put_async(
                s.store.get(),
                "k",
                1,
                body.data(),
                body.size(),
                nullptr,
                nullptr,
                &async,
                nullptr,
                &err
            );
            check(status, err);
        });
    });
}

/// Files of a folder, 00000 and so on, each read and put under a key of its own.
void put_many(const arguments& args) {
    const session s(args.text("url"));
    const queue_handle queue = new_queue();
    const std::size_t flight = args.number("flight", 64), size = args.size();
    const std::string folder = args.text("folder");
    std::vector<char> memory(flight * size);
    per_operation(args.count(), [&](long n) {
        long number = 0;
        const auto put_next = [&](std::uint64_t slot, const blobstore_async& async) {
            char name[16];
            std::snprintf(name, sizeof name, "/%05ld", number++);
            char* const bytes = &memory[slot * size];
            read_file(folder + name, bytes, size);
            const std::string key = std::string("ours") + name;
            blobstore_error* err = nullptr;
            const blobstore_status status = blobstore_put_async(
                s.store.get(),
                key.data(),
                key.size(),
                bytes,
                size,
                nullptr,
                nullptr,
                &async,
                nullptr,
                &err
            );
            check(status, err);
        };
        keep_in_flight(queue.get(), flight, n, put_next);
    });
}

/// Resident memory of connections that lie idle: the server answers only when all are in use.
void idle_connections(const arguments& args) {
    const session s(args);
    const queue_handle queue = new_queue();
    const std::size_t connections = args.number("flight", 64);
    std::vector<char> memory(connections * 16);
    const auto open = [&](std::size_t n) {
        const std::string key = "16/gather-" + std::to_string(n);
        keep_in_flight(
            queue.get(),
            n,
            static_cast<long>(n),
            [&](std::uint64_t slot, const blobstore_async& async) {
                blobstore_error* err = nullptr;
                const blobstore_status status = blobstore_get_into_async(
                    s.store.get(),
                    key.data(),
                    key.size(),
                    nullptr,
                    nullptr,
                    &memory[slot * 16],
                    16,
                    &async,
                    nullptr,
                    &err
                );
                check(status, err);
            }
        );
    };
    open(1);
    malloc_trim(0);
    const double one = double(status_kib("VmRSS"));
    open(connections);
    const double untrimmed = double(status_kib("VmRSS"));
    malloc_trim(0); // operations have ended; what they gave back is not the connections'
    const double trimmed = double(status_kib("VmRSS"));
    const double n = double(connections - 1);
    report({{"kib", (trimmed - one) / n}, {"untrimmed_kib", (untrimmed - one) / n}});
}

} // namespace bench
