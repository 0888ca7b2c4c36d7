// SPDX-License-Identifier: Apache-2.0
// Wiping of secret strings.
#include "base/secret.h"

#include <openssl/crypto.h>

#include <ostream>
#include <utility>

namespace blobstore {

void wipe(void* at, std::size_t size) noexcept {
    OPENSSL_cleanse(at, size);
}

secret_string::secret_string(std::string_view value)
    : value_(value) {
}

secret_string::secret_string(const secret_string& other) = default;

secret_string::secret_string(secret_string&& other) noexcept
    : value_(std::move(other.value_)) {
    other.clear(); // a short string is copied, not stolen
}

secret_string& secret_string::operator=(const secret_string& other) {
    if (this != &other) {
        secret_string copy(other);
        *this = std::move(copy);
    }
    return *this;
}

secret_string& secret_string::operator=(secret_string&& other) noexcept {
    if (this != &other) {
        clear();
        value_.swap(other.value_);
        other.clear();
    }
    return *this;
}

secret_string::~secret_string() {
    clear();
}

void secret_string::clear() noexcept {
    // A moved-from string may still hold bytes past its size, so all of the capacity goes.
    value_.resize(value_.capacity());
    wipe(value_.data(), value_.size());
    value_.clear();
}

bool operator==(const secret_string& a, const secret_string& b) noexcept {
    return a.value_.size() == b.value_.size() &&
           CRYPTO_memcmp(a.value_.data(), b.value_.data(), a.value_.size()) == 0;
}

std::ostream& operator<<(std::ostream& out, const secret_string&) {
    return out << "<redacted>";
}

} // namespace blobstore
