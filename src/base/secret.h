// SPDX-License-Identifier: Apache-2.0
// Strings that are wiped when they go. Not locked in memory.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace blobstore {

/// Overwrites memory that held a secret, in a way that no compiler leaves out.
void wipe(void* at, std::size_t size) noexcept;

/// Bytes of a secret. A value; every buffer that held it is wiped before it is released.
class secret_string {
public:
    secret_string() = default;
    explicit secret_string(std::string_view value);
    secret_string(const secret_string& other);
    secret_string(secret_string&& other) noexcept;
    secret_string& operator=(const secret_string& other);
    secret_string& operator=(secret_string&& other) noexcept;
    ~secret_string();

    /// The secret itself, valid until this changes. Only for the place that must use it.
    std::string_view reveal() const noexcept { return value_; }

    bool empty() const noexcept { return value_.empty(); }

    /// In constant time for equal lengths.
    friend bool operator==(const secret_string& a, const secret_string& b) noexcept;

private:
    void clear() noexcept;

    std::string value_;
};

/// Prints "<redacted>", whatever the value.
std::ostream& operator<<(std::ostream& out, const secret_string& secret);

/// Options as they were given, each perhaps a secret.
using secret_values = std::vector<std::pair<std::string, secret_string>>;

/// Wipes what it gives back.
template <class T>
struct wiping_allocator {
    using value_type = T;

    wiping_allocator() = default;

    template <class U>
    wiping_allocator(const wiping_allocator<U>&) noexcept {}

    T* allocate(std::size_t n) { return std::allocator<T>().allocate(n); }

    void deallocate(T* at, std::size_t n) noexcept {
        wipe(at, n * sizeof(T));
        std::allocator<T>().deallocate(at, n);
    }

    friend bool operator==(wiping_allocator, wiping_allocator) noexcept { return true; }
};

/// Text with a secret in it: leaves none behind when it grows or goes, but for texts so short that
/// they have no memory of their own.
using wiping_string = std::basic_string<char, std::char_traits<char>, wiping_allocator<char>>;

} // namespace blobstore
