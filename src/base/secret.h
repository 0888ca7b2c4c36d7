// SPDX-License-Identifier: Apache-2.0
// A string that prints as redacted and is wiped when it goes. Not locked in memory.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>

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

} // namespace blobstore
