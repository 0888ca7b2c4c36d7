// SPDX-License-Identifier: Apache-2.0
// Where the test of secrets keeps them, and threads whose memory nobody uses again.
#pragma once

#include <openssl/evp.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <future>
#include <initializer_list>
#include <string_view>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace blobstore::capi_tests {

/// The only memory of ours in which secrets stand; nothing is moved or copied elsewhere.
class vault {
public:
    vault() {
        void* const mapped =
            ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) std::abort();
        at_ = begin_ = static_cast<char*>(mapped);
    }

    std::string_view read(int pipe) {
        std::uint32_t length = 0;
        if (::read(pipe, &length, sizeof length) != sizeof length) std::abort();
        char* const from = at_;
        while (at_ < from + length) {
            const ssize_t n = ::read(pipe, at_, length - static_cast<std::size_t>(at_ - from));
            if (n <= 0) std::abort();
            at_ += n;
        }
        return close(from);
    }

    std::string_view join(std::initializer_list<std::string_view> parts) {
        char* const from = at_;
        for (const std::string_view part : parts) {
            std::memcpy(at_, part.data(), part.size());
            at_ += part.size();
        }
        return close(from);
    }

    /// The private number of a P-256 key of this form, and its bytes in reverse.
    std::pair<std::string_view, std::string_view> private_number(std::string_view pem) {
        constexpr std::size_t line = 64, header = 36, size_of_number = 32;
        const std::size_t body = pem.find('\n') + 1;
        char* const text = at_;
        join({pem.substr(body, line), pem.substr(body + line + 1, line)});
        char* const der = at_;
        if (EVP_DecodeBlock(
                reinterpret_cast<unsigned char*>(der),
                reinterpret_cast<const unsigned char*>(text),
                2 * line
            ) < 0)
            std::abort();
        std::memset(text, 0, 2 * line);
        const std::string_view number = join({{der + header, size_of_number}});
        char* const reversed = at_;
        at_ = std::reverse_copy(number.begin(), number.end(), at_);
        return {number, close(reversed)};
    }

    void wipe() { ::explicit_bzero(begin_, size); }

    bool holds(std::uintptr_t at) const {
        const auto begin = reinterpret_cast<std::uintptr_t>(begin_);
        return at >= begin && at < begin + size;
    }

private:
    static constexpr std::size_t size = 256 * 1024, gap = 256;

    std::string_view close(char* from) {
        const std::string_view made(from, static_cast<std::size_t>(at_ - from));
        at_ += gap;
        return made;
    }

    char* begin_ = nullptr;
    char* at_ = nullptr;
};

/// Each does one thing and then stays, so that nobody else uses its stack or its part of the heap.
class parked_threads {
public:
    ~parked_threads() {
        over_.set_value();
        for (std::thread& each : threads_)
            each.join();
    }

    void run(const std::function<void()>& what) {
        std::promise<void> done;
        threads_.emplace_back([&] {
            what();
            done.set_value();
            until_.wait();
        });
        done.get_future().wait();
    }

private:
    std::promise<void> over_;
    std::shared_future<void> until_ = over_.get_future().share();
    std::vector<std::thread> threads_;
};

} // namespace blobstore::capi_tests
