// SPDX-License-Identifier: Apache-2.0
// Digests over EVP, each algorithm fetched once per process.
#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <atomic>
#include <new>

namespace blobstore {

namespace {

// Fetched once and never freed: a fetch takes locks and searches, and at exit other threads may
// hash.
EVP_MD* sha256_md() {
    static EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return md;
}

// Null where the provider has none.
EVP_MD* md5_md() {
    static EVP_MD* const md = EVP_MD_fetch(nullptr, "MD5", nullptr);
    return md;
}

EVP_MD* sha1_md() {
    static EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    return md;
}

EVP_MD* md_of(digest_kind kind) {
    switch (kind) {
    case digest_kind::md5:
        return md5_md();
    case digest_kind::sha1:
        return sha1_md();
    case digest_kind::sha256:
        break;
    }
    return sha256_md();
}

using context_pointer = std::unique_ptr<EVP_MD_CTX, digest_deleter>;

context_pointer start(EVP_MD* md) {
    context_pointer context(EVP_MD_CTX_new());
    if (context == nullptr || EVP_DigestInit_ex(context.get(), md, nullptr) != 1) {
        throw std::bad_alloc(); // nothing else makes it fail once the algorithm is there
    }
    return context;
}

sha256_value finish_and_restart(EVP_MD_CTX* context) {
    sha256_value value{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context, value.data(), &size);
    EVP_DigestInit_ex(context, nullptr, nullptr);
    return value;
}

} // namespace

void start_openssl() noexcept {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
}

secret_digest::~secret_digest() {
    OPENSSL_cleanse(value.data(), value.size());
}

void digest_deleter::operator()(evp_md_ctx_st* context) const noexcept {
    EVP_MD_CTX_free(context);
}

sha256_value sha256(std::string_view bytes) {
    sha256_stream stream;
    stream.update(bytes);
    return stream.finish();
}

// RFC 2104 over the fetched digest: EVP_MAC costs several allocations and locks for each call.
sha256_value hmac_sha256(std::string_view key, std::string_view bytes) {
    sha256_stream stream;
    return hmac_sha256(stream, key, bytes);
}

sha256_value hmac_sha256(sha256_stream& stream, std::string_view key, std::string_view bytes) {
    constexpr std::size_t block = 64;
    std::array<char, block> inner{};
    if (key.size() > block) {
        sha256_value hashed = sha256(key);
        std::ranges::copy(bytes_of(hashed), inner.begin());
        OPENSSL_cleanse(hashed.data(), hashed.size());
    } else {
        std::ranges::copy(key, inner.begin());
    }
    std::array<char, block> outer = inner;
    std::ranges::for_each(inner, [](char& c) { c = static_cast<char>(c ^ 0x36); });
    std::ranges::for_each(outer, [](char& c) { c = static_cast<char>(c ^ 0x5c); });
    stream.update({inner.data(), inner.size()});
    stream.update(bytes);
    const sha256_value first = stream.finish();
    stream.update({outer.data(), outer.size()});
    stream.update(bytes_of(first));
    OPENSSL_cleanse(inner.data(), inner.size());
    OPENSSL_cleanse(outer.data(), outer.size());
    return stream.finish();
}

std::string md5(std::string_view bytes) {
    digest_stream stream(digest_kind::md5);
    stream.update(bytes);
    return stream.finish();
}

namespace {

/// The last one that a stream left behind, ready for use: making one costs half a signature. Never
/// freed at exit, when other threads may still sign.
std::atomic<EVP_MD_CTX*> spare_sha256{nullptr};

} // namespace

sha256_stream::sha256_stream()
    : context_(spare_sha256.exchange(nullptr)) {
    if (context_ == nullptr) {
        context_ = start(sha256_md());
    }
}

sha256_stream::~sha256_stream() {
    if (fresh_) {
        context_.reset(spare_sha256.exchange(context_.release()));
    }
}

void sha256_stream::update(std::string_view bytes) {
    fresh_ = false;
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

sha256_value sha256_stream::finish() {
    fresh_ = true;
    return finish_and_restart(context_.get());
}

digest_stream::digest_stream(digest_kind kind) {
    if (EVP_MD* const md = md_of(kind)) {
        context_ = start(md);
    }
}

void digest_stream::update(std::string_view bytes) {
    if (context_ != nullptr) {
        EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
    }
}

std::string digest_stream::finish() {
    if (context_ == nullptr) {
        return {};
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), value.data(), &size);
    EVP_DigestInit_ex(context_.get(), nullptr, nullptr);
    return {reinterpret_cast<const char*>(value.data()), size};
}

} // namespace blobstore
