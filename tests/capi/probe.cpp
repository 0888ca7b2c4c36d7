// SPDX-License-Identifier: Apache-2.0
// A host process of its own: loads the library as an interpreter does, and says with its exit
// status and stderr what it saw. usage: probe LIBRARY reopen TIMES | pending URL | quiet URL |
// counts URL
#include "blobstore.h"

#include <array>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace {

// The functions that the probe calls, looked up in the library at hand.
struct library {
    explicit library(const char* path)
        : handle(::dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
        if (!handle) {
            std::fprintf(stderr, "%s\n", ::dlerror());
            std::_Exit(100);
        }
    }

    template <class F>
    F* find(const char* name) const {
        return reinterpret_cast<F*>(::dlsym(handle, name));
    }

    void* handle;
};

#define FIND(from, name) auto* name = (from).find<decltype(::name)>(#name)

struct session {
    explicit session(const library& from, const char* url) {
        FIND(from, blobstore_client_new);
        FIND(from, blobstore_store_open);
        if (blobstore_client_new(nullptr, nullptr, &client, nullptr) != BLOBSTORE_OK ||
            blobstore_store_open(client, url, std::strlen(url), nullptr, &store, nullptr) !=
                BLOBSTORE_OK) {
            std::_Exit(101);
        }
    }

    blobstore_client* client = nullptr;
    blobstore_store* store = nullptr;
};

// Puts, and gets by all deliveries, to the end.
int work(const library& from, const session& on) {
    FIND(from, blobstore_put);
    FIND(from, blobstore_get);
    FIND(from, blobstore_get_async);
    FIND(from, blobstore_op_wait);
    FIND(from, blobstore_op_free);
    FIND(from, blobstore_buffer_free);
    blobstore_buffer* body = nullptr;
    blobstore_op* op = nullptr;
    if (blobstore_put(on.store, "key", 3, "data", 4, nullptr, nullptr, nullptr, nullptr) !=
        BLOBSTORE_OK)
        return 2;
    if (blobstore_get(on.store, "key", 3, nullptr, nullptr, &body, nullptr, nullptr) !=
        BLOBSTORE_OK)
        return 3;
    blobstore_buffer_free(body);
    if (blobstore_get_async(on.store, "key", 3, nullptr, nullptr, nullptr, &op, nullptr) !=
        BLOBSTORE_OK)
        return 4;
    const blobstore_status waited = blobstore_op_wait(op, -1);
    blobstore_op_free(op);
    return waited == BLOBSTORE_OK ? 0 : 5;
}

void end(const library& from, const session& on) {
    FIND(from, blobstore_store_free);
    FIND(from, blobstore_client_close);
    FIND(from, blobstore_client_free);
    blobstore_store_free(on.store);
    blobstore_client_close(on.client, -1, nullptr);
    blobstore_client_free(on.client);
}

int reopen(const char* path, int times) {
    for (int i = 0; i < times; ++i) {
        const library now(path);
        const session on(now, "memory://m");
        if (const int failed = work(now, on)) return failed;
        end(now, on);
        if (::dlclose(now.handle) != 0) return 6;
    }
    return 0;
}

void BLOBSTORE_CALL ignore(const blobstore_event*) {
}

// Leaves calls of every delivery behind, unanswered, and returns from main.
int pending(const library& from, const char* url) {
    const session on(from, url);
    FIND(from, blobstore_get_async);
    FIND(from, blobstore_queue_new);
    blobstore_queue* queue = nullptr;
    if (blobstore_queue_new(0, &queue, nullptr) != BLOBSTORE_OK) return 2;
    for (int i = 0; i < 60; ++i) {
        blobstore_async how{};
        how.struct_size = sizeof how;
        how.queue = i % 3 == 0 ? queue : nullptr;
        how.callback = i % 3 == 1 ? ignore : nullptr;
        blobstore_op* op = nullptr;
        if (blobstore_get_async(on.store, "stall", 5, nullptr, nullptr, &how, &op, nullptr) !=
            BLOBSTORE_OK)
            return 3;
    }
    ::usleep(200000); // most are on the wire now
    return 0;
}

struct host_state {
    host_state() {
        for (int s = 1; s < NSIG; ++s)
            ::sigaction(s, nullptr, &actions[static_cast<std::size_t>(s)]);
        ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        umask_bits = ::umask(0);
        ::umask(umask_bits);
        for (char** e = environ; *e; ++e)
            environment.emplace_back(*e);
        std::array<char, 4096> path{};
        folder = ::getcwd(path.data(), path.size());
        locale = std::setlocale(LC_ALL, nullptr);
    }

    // 0, or the number of what differs.
    int differs(const host_state& other) const {
        for (std::size_t s = 1; s < NSIG; ++s)
            if (actions[s].sa_handler != other.actions[s].sa_handler ||
                actions[s].sa_flags != other.actions[s].sa_flags)
                return 10;
        for (int s = 1; s < NSIG; ++s)
            if (sigismember(&mask, s) != sigismember(&other.mask, s)) return 11;
        if (umask_bits != other.umask_bits) return 12;
        if (environment != other.environment) return 13;
        if (folder != other.folder) return 14;
        return locale == other.locale ? 0 : 15;
    }

    std::array<struct sigaction, NSIG> actions{};
    sigset_t mask{};
    mode_t umask_bits = 0;
    std::vector<std::string> environment;
    std::string folder, locale;
};

int quiet(const char* path, const char* url) {
    std::setlocale(LC_ALL, "C.UTF-8");
    ::umask(027);
    const host_state before;
    const library from(path);
    const session on(from, url);
    if (const int failed = work(from, on)) return failed;
    FIND(from, blobstore_get);
    if (blobstore_get(on.store, "none", 4, nullptr, nullptr, nullptr, nullptr, nullptr) ==
        BLOBSTORE_OK)
        return 6;
    end(from, on);
    return host_state().differs(before);
}

std::size_t entries(const char* folder) {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator(folder))
        ++n;
    return n;
}

// Threads and descriptors behind each step, as docs/ARCHITECTURE.md says; one client, one server,
// one call at a time.
int counts(const library& from, const char* url) {
    FIND(from, blobstore_get);
    FIND(from, blobstore_get_async);
    FIND(from, blobstore_op_wait);
    FIND(from, blobstore_op_free);
    FIND(from, blobstore_buffer_free);
    const std::size_t threads = entries("/proc/self/task"), files = entries("/proc/self/fd");
    const auto grown_to = [&](std::size_t more_threads, std::size_t more_files) {
        const std::size_t t = entries("/proc/self/task"), f = entries("/proc/self/fd");
        if (t == threads + more_threads && f == files + more_files) return true;
        std::fprintf(stderr, "%zu threads and %zu descriptors more\n", t - threads, f - files);
        return false;
    };
    const session on(from, url);
    if (!grown_to(0, 0)) return 20;
    for (int i = 0; i < 5; ++i) {
        blobstore_buffer* body = nullptr;
        blobstore_get(on.store, "key", 3, nullptr, nullptr, &body, nullptr, nullptr);
        blobstore_buffer_free(body);
    }
    if (!grown_to(0, 3 + 1)) return 21; // a loop and a connection
    for (int i = 0; i < 6; ++i) {
        blobstore_op* op = nullptr;
        blobstore_get_async(on.store, "key", 3, nullptr, nullptr, nullptr, &op, nullptr);
        blobstore_op_wait(op, -1);
        blobstore_op_free(op);
    }
    if (!grown_to(2, 3 * 3 + 1)) return 22; // two I/O threads with their loops
    end(from, on);
    for (int i = 0; i < 200 && entries("/proc/self/task") != threads; ++i)
        ::usleep(10000);
    return grown_to(0, 0) ? 0 : 23;
}

} // namespace

// The leak check of the address sanitizer cannot stop threads that run while the process exits.
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options() {
    return "detect_leaks=0";
}

int main(int argc, char** argv) {
    if (argc != 4) return 99;
    const std::string mode = argv[2];
    if (mode == "reopen") return reopen(argv[1], std::atoi(argv[3]));
    if (mode == "pending") return pending(library(argv[1]), argv[3]);
    if (mode == "counts") return counts(library(argv[1]), argv[3]);
    return mode == "quiet" ? quiet(argv[1], argv[3]) : 98;
}
