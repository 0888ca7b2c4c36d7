// SPDX-License-Identifier: Apache-2.0
// Loads certificates from files, folders and texts, and makes contexts that always verify.
#include "http/trust.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace blobstore::http {

namespace {

namespace fs = std::filesystem;

constexpr int security_level = 2; // 112 bits: RSA of 2048, no SHA-1
constexpr std::size_t identity_limit = std::size_t{64} * 1024;

struct context_free {
    void operator()(SSL_CTX* c) const noexcept { SSL_CTX_free(c); }

    void operator()(BIO* b) const noexcept { BIO_free(b); }

    void operator()(X509* c) const noexcept { X509_free(c); }

    void operator()(EVP_PKEY* k) const noexcept { EVP_PKEY_free(k); }
};

template <class T>
using owned = std::unique_ptr<T, context_free>;

/// Instead of OpenSSL's own, which asks at the terminal.
int no_password(char*, int, int, void*) {
    return -1;
}

error config_error(std::string message, std::string hint) {
    error e(errc::config, std::move(message));
    e->hint = std::move(hint);
    return e;
}

std::string words_of(int number) {
    return std::generic_category().message(number);
}

/// OpenSSL's reason for the last failure; clears the thread's queue.
std::string last_reason() {
    const char* const words = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return words ? words : "unknown reason";
}

// -------- certificates to trust --------

struct loaded {
    std::size_t count = 0;
    bool broken = false; ///< something in it that is no certificate says that it is one
};

loaded add_certificates(X509_STORE* to, BIO* from) {
    loaded l;
    ERR_clear_error();
    for (;;) {
        const owned<X509> c(PEM_read_bio_X509_AUX(from, nullptr, no_password, nullptr));
        if (!c) break;
        if (X509_STORE_add_cert(to, c.get()) == 1) ++l.count;
    }
    l.broken = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
    ERR_clear_error();
    return l;
}

loaded add_file(X509_STORE* to, const std::string& path) {
    const owned<BIO> file(BIO_new_file(path.c_str(), "rb"));
    if (file) return add_certificates(to, file.get());
    ERR_clear_error();
    return {};
}

/// The links that OpenSSL finds certificates by lead to others of the same folder.
bool leads_to_neighbour(const fs::directory_entry& e) {
    std::error_code failed;
    const fs::path target = fs::read_symlink(e.path(), failed);
    return !failed && !target.has_parent_path();
}

std::size_t add_folder(X509_STORE* to, const std::string& path) {
    std::size_t count = 0;
    std::error_code failed;
    for (fs::directory_iterator at(path, failed), end; !failed && at != end; at.increment(failed)) {
        std::error_code unknown;
        if (at->is_regular_file(unknown) && !leads_to_neighbour(*at))
            count += add_file(to, at->path().string()).count;
    }
    return count;
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= list.size();) {
        const std::size_t colon = std::min(list.find(':', at), list.size());
        if (colon != at) parts.push_back(list.substr(at, colon - at));
        at = colon + 1;
    }
    return parts;
}

constexpr const char* authority_hint =
    "give PEM certificates of authorities, or none of ca_file, ca_dir and ca_pem to trust the "
    "system's";

result<void> expect_some(const loaded& l, const std::string& name) {
    if (l.broken)
        return config_error(name + " has a certificate that cannot be read", authority_hint);
    if (l.count == 0) return config_error(name + " holds no PEM certificate", authority_hint);
    return {};
}

/// A BIO over memory that outlives it; null where there is no memory for it.
owned<BIO> memory_of(std::string_view bytes) {
    return owned<BIO>(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

result<void> load_named(X509_STORE* to, const trust_options& from) {
    result<void> good;
    if (!from.ca_file.empty())
        good = expect_some(add_file(to, from.ca_file), "ca_file \"" + from.ca_file + "\"");
    if (good && !from.ca_pem.empty()) {
        const owned<BIO> text = memory_of(from.ca_pem);
        if (!text) return error::no_memory();
        good = expect_some(add_certificates(to, text.get()), "ca_pem");
    }
    if (!good || from.ca_dir.empty()) return good;
    loaded all;
    for (const std::string& folder : split(from.ca_dir))
        all.count += add_folder(to, folder);
    return expect_some(all, "ca_dir \"" + from.ca_dir + "\"");
}

result<void> load_system(X509_STORE* to, const std::vector<std::string>& places) {
    std::string looked_at;
    for (const std::string& place : places) {
        std::error_code unknown;
        const bool folder = fs::is_directory(place, unknown);
        if ((folder ? add_folder(to, place) : add_file(to, place).count) != 0) return {};
        looked_at += (looked_at.empty() ? "" : ", ") + place;
    }
    error e(errc::tls, "no certificate of an authority to trust was found; looked at " + looked_at);
    e->hint = "install the package ca-certificates, or set ca_file or the variable SSL_CERT_FILE";
    return e;
}

// -------- who we are --------

bool is_pem(std::string_view value) {
    return value.find("-----BEGIN") != value.npos;
}

/// A small file, read into memory that is wiped. A private one must not be open to others.
result<secret_string> read_small(const wiping_string& path, const std::string& name, bool secret) {
    const auto failed = [&](int number) {
        return config_error(name + " cannot be read: " + words_of(number), "name a PEM file");
    };
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return failed(errno);

    struct closer {
        int fd;
        std::string text;

        ~closer() {
            wipe(text.data(), text.size());
            ::close(fd);
        }
    } file{fd, std::string(identity_limit, '\0')};

    struct ::stat about {};

    if (::fstat(fd, &about) != 0) return failed(errno);
    if (secret && (about.st_mode & (S_IRWXO | S_IWGRP)) != 0)
        return config_error(
            name + " is open to others than its owner",
            "take their rights to the file away: chmod 600"
        );
    std::size_t size = 0;
    while (size < identity_limit) {
        const ssize_t n = ::read(fd, file.text.data() + size, identity_limit - size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(errno);
        if (n == 0) break;
        size += static_cast<std::size_t>(n);
    }
    if (size == identity_limit) return failed(EFBIG);
    return secret_string(std::string_view(file.text).substr(0, size));
}

result<secret_string> pem_of(std::string_view value, const std::string& name, bool secret) {
    if (is_pem(value)) return secret_string(value);
    return read_small(wiping_string(value), name, secret);
}

result<void> use_certificates(SSL_CTX* c, const trust_options& from) {
    const std::string name =
        is_pem(from.client_cert) ? "client_cert" : "client_cert \"" + from.client_cert + "\"";
    const result<secret_string> text = pem_of(from.client_cert, name, false);
    if (!text) return text.error();
    const owned<BIO> bytes = memory_of(text->reveal());
    if (!bytes) return error::no_memory();
    const owned<X509> own(PEM_read_bio_X509(bytes.get(), nullptr, no_password, nullptr));
    if (!own)
        return config_error(
            name + " holds no PEM certificate",
            "give the client's certificate first, then those between it and its authority"
        );
    if (SSL_CTX_use_certificate(c, own.get()) != 1)
        return config_error(
            name + " cannot be used: " + last_reason(),
            "a new certificate is needed: RSA of 2048 bits or P-256, SHA-256"
        );
    for (;;) {
        const owned<X509> next(PEM_read_bio_X509(bytes.get(), nullptr, no_password, nullptr));
        if (!next) break;
        if (SSL_CTX_add1_chain_cert(c, next.get()) != 1)
            return config_error(
                name + " cannot be used: " + last_reason(), "look at its further certificates"
            );
    }
    ERR_clear_error();
    return {};
}

/// OpenSSL's readers of keys give memory back with parts of the key in it, and have no other way.
/// What is taken from the heap next, in all the sizes that they use, is that memory.
class heap_scrub {
public:
    explicit heap_scrub(std::size_t largest)
        : largest_(largest) {}

    heap_scrub(const heap_scrub&) = delete;
    heap_scrub& operator=(const heap_scrub&) = delete;

    ~heap_scrub() {
        constexpr std::size_t step = 16; // of the allocator's sizes
        std::array<void*, 16> taken{};
        for (std::size_t size = step; size <= largest_; size += step) {
            for (void*& each : taken) // not by the macros: they leave our path in the library
                each = CRYPTO_malloc(size, nullptr, 0);
            for (void* each : taken)
                CRYPTO_clear_free(each, size, nullptr, 0);
        }
    }

private:
    const std::size_t largest_;
};

/// Messages never show client_key, which might be a key that lost its first line.
result<void> use_key(SSL_CTX* c, const trust_options& from) {
    const std::string_view value = from.client_key.reveal();
    const std::string name = is_pem(value) ? "client_key" : "the file of client_key";
    const result<secret_string> text = pem_of(value, name, true);
    if (!text) return text.error();
    const owned<BIO> bytes = memory_of(text->reveal());
    if (!bytes) return error::no_memory();
    const heap_scrub scrub(2 * text->reveal().size() + 1024);
    const owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bytes.get(), nullptr, no_password, nullptr));
    if (!key) {
        const bool locked = text->reveal().find("ENCRYPTED") != std::string_view::npos;
        ERR_clear_error();
        return config_error(
            name + (locked ? " is encrypted" : " holds no PEM private key"),
            locked ? "decrypt it: openssl pkey -in FILE -out NEW"
                   : "give the key that belongs to client_cert"
        );
    }
    if (SSL_CTX_use_PrivateKey(c, key.get()) == 1 && SSL_CTX_check_private_key(c) == 1) return {};
    return config_error(
        name + " and client_cert do not match: " + last_reason(),
        "give the key that belongs to the first certificate of client_cert"
    );
}

result<owned<SSL_CTX>> empty_context(bool only_tls_1_3) {
    ERR_clear_error();
    owned<SSL_CTX> made(SSL_CTX_new(TLS_client_method()));
    if (!made) return error::no_memory();
    SSL_CTX* c = made.get();
    if (SSL_CTX_set_min_proto_version(c, only_tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION) != 1)
        return error(errc::tls, "this OpenSSL has no TLS 1.2 or 1.3: " + last_reason());
    SSL_CTX_set_max_proto_version(c, 0); // what the system's configuration says is no limit
    SSL_CTX_set_security_level(c, security_level);
    SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_clear_options(c, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_keylog_callback(c, nullptr); // newer ones follow SSLKEYLOGFILE
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, nullptr);
    collect_sessions(c);
    return made;
}

/// Cheap, so that a wrong name is told where it is given.
result<void> check_opens(const char* name, std::string_view path, bool shown) {
    if (path.empty() || is_pem(path)) return {};
    const wiping_string copy(path); // which may be a key without its first line
    if (::access(copy.c_str(), R_OK) == 0) return {};
    const int number = errno;
    return config_error(
        std::string(name) + (shown ? " \"" + std::string(path) + "\"" : "") +
            " cannot be read: " + words_of(number),
        "name a PEM file that exists"
    );
}

} // namespace

result<std::shared_ptr<trust>> trust::make(const trust_options& options) {
    if (is_pem(options.ca_file))
        return config_error("ca_file is text, not the name of a file", "give the text as ca_pem");
    result<void> good = check_opens("ca_file", options.ca_file, true);
    if (good) good = check_opens("client_cert", options.client_cert, true);
    if (good) good = check_opens("client_key", options.client_key.reveal(), false);
    if (!good) return good.error();
    if (options.client_cert.empty() != options.client_key.empty())
        return config_error(
            "client_cert and client_key need each other", "both may name the same PEM file"
        );
    return std::shared_ptr<trust>(new trust(options));
}

trust::~trust() {
    SSL_CTX_free(context_);
}

result<SSL_CTX*> trust::context() {
    std::lock_guard lock(mutex_);
    if (context_) return context_;
    result<owned<SSL_CTX>> made = empty_context(options_.only_tls_1_3);
    if (!made) return made.error();
    SSL_CTX* const c = made->get();
    X509_STORE* const store = SSL_CTX_get_cert_store(c);
    const bool named =
        !options_.ca_file.empty() || !options_.ca_dir.empty() || !options_.ca_pem.empty();
    result<void> good = named ? load_named(store, options_) : load_system(store, options_.system);
    if (good && !options_.client_cert.empty()) good = use_certificates(c, options_);
    if (good && !options_.client_cert.empty()) good = use_key(c, options_);
    if (!good) return good.error();
    context_ = made->release();
    return context_;
}

} // namespace blobstore::http
