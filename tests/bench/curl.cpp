// SPDX-License-Identifier: Apache-2.0
// The libcurl program: one easy handle, its connection reused, buffers of 128 KiB down and 512 KiB
// up (better than its defaults); bodies are copied into memory. usage: bench_curl WORK port=N ...
#include "measure.h"

#include <algorithm>
#include <curl/curl.h>

namespace {

using namespace bench;

struct transfer {
    char* memory;
    std::size_t size, moved;
};

std::size_t take(char* data, std::size_t, std::size_t n, void* user) {
    auto* to = static_cast<transfer*>(user);
    if (n > to->size - std::min(to->size, to->moved)) return 0;
    std::memcpy(to->memory + to->moved, data, n);
    to->moved += n;
    return n;
}

std::size_t drop(char*, std::size_t, std::size_t n, void*) {
    return n;
}

std::size_t give(char* data, std::size_t, std::size_t room, void* user) {
    auto* from = static_cast<transfer*>(user);
    const std::size_t n = std::min(room, from->size - from->moved);
    std::memcpy(data, from->memory + from->moved, n);
    from->moved += n;
    return n;
}

CURL* new_handle(const arguments& args, transfer& body, bool up) {
    CURL* const handle = curl_easy_init();
    const std::string url = std::string(args.tls() ? "https" : "http") +
                            "://127.0.0.1:" + std::to_string(args.port()) + "/b/" +
                            (up ? "k" : std::to_string(args.size()) + "/x");
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    if (args.tls()) curl_easy_setopt(handle, CURLOPT_CAINFO, args.text("ca").c_str());
    curl_easy_setopt(handle, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, 131072L);
    if (!up) {
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take);
        curl_easy_setopt(handle, CURLOPT_WRITEDATA, &body);
        return handle;
    }
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(args.size()));
    curl_easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, 524288L);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, curl_slist_append(nullptr, "Expect:"));
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(handle, CURLOPT_READDATA, &body);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, drop);
    return handle;
}

} // namespace

int main(int argc, char** argv) {
    const arguments args(argc, argv);
    const std::string work = args.work();
    const bool up = work == "put";
    if (!up && work != "get" && work != "get-blocking") fail("no such work");
    transfer body{touched_memory(args.size()), args.size(), 0};
    CURL* const handle = new_handle(args, body, up);
    const auto one = [&] {
        body.moved = 0;
        const CURLcode code = curl_easy_perform(handle);
        if (code != CURLE_OK || body.moved != body.size) fail(curl_easy_strerror(code));
    };
    one();
    if (!up) check_pattern(body.memory, body.size);
    if (work == "get-blocking")
        per_operation(args.count(), [&](long n) {
            for (long i = 0; i < n; i++)
                one();
        });
    else
        per_gib(args.size(), args.count(), one);
    curl_easy_cleanup(handle);
}
