// SPDX-License-Identifier: Apache-2.0
// SHA-256, HMAC-SHA-256, SHA-1 and MD5 over OpenSSL's EVP; the only user of digests from libcrypto.
// Pure.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace blobstore {

using sha256_value = std::array<unsigned char, 32>;

/// Before the first use of OpenSSL: it must not clean up at exit, when threads of ours may still
/// use it. A host that started OpenSSL itself before has decided that for both.
void start_openssl() noexcept;

/// A digest that is a key: wiped when it goes.
struct secret_digest {
    sha256_value value{};

    ~secret_digest();

    operator const sha256_value&() const noexcept { return value; }

    friend bool operator==(const secret_digest&, const secret_digest&) = default;
};

/// The raw bytes of a digest, for hex() and base64(). Valid as long as `value`.
inline std::string_view bytes_of(const sha256_value& value) noexcept {
    return {reinterpret_cast<const char*>(value.data()), value.size()};
}

/// One digest at once. Thread-safe.
sha256_value sha256(std::string_view bytes);

sha256_value hmac_sha256(std::string_view key, std::string_view bytes);

/// 16 raw bytes, for Content-MD5 and ETags only. Empty where the system's OpenSSL forbids MD5
/// (FIPS).
std::string md5(std::string_view bytes);

struct digest_deleter {
    void operator()(evp_md_ctx_st* context) const noexcept;
};

/// SHA-256 of bytes that come in pieces. Not thread-safe.
class sha256_stream final {
public:
    sha256_stream();
    sha256_stream(const sha256_stream&) = delete;
    sha256_stream& operator=(const sha256_stream&) = delete;
    ~sha256_stream(); ///< keeps the context for the next stream where it holds no bytes
    void update(std::string_view bytes);

    /// The digest of everything so far; the stream then starts anew.
    sha256_value finish();

private:
    std::unique_ptr<evp_md_ctx_st, digest_deleter> context_;
    bool fresh_ = true;
};

/// The same as the one above, with a fresh or finished stream of the caller's: no allocation.
sha256_value hmac_sha256(sha256_stream& with, std::string_view key, std::string_view bytes);

enum class digest_kind : unsigned char { md5, sha1, sha256 };

/// Any digest of bytes that come in pieces; can be moved. Not thread-safe.
class digest_stream final {
public:
    explicit digest_stream(digest_kind kind);
    void update(std::string_view bytes);

    /// The raw bytes, or empty as md5(); the stream then starts anew.
    std::string finish();

private:
    std::unique_ptr<evp_md_ctx_st, digest_deleter> context_;
};

} // namespace blobstore
