// SPDX-License-Identifier: Apache-2.0
// X.509 with OpenSSL: P-256 keys, one root, leaves with names and validity as asked for.
#include "fakes/test_ca.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <unistd.h>

namespace blobstore::fakes {

namespace {

struct release {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

    void operator()(X509* certificate) const { X509_free(certificate); }

    void operator()(BIO* bio) const { BIO_free(bio); }

    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};

template <class Object>
using owned = std::unique_ptr<Object, release>;

constexpr long day = 24 * 3600;

void require(bool done, const char* what) {
    if (!done) throw std::runtime_error(std::string{"test_ca: "} + what);
}

struct leaf_request {
    const char* common_name = "s3.test";
    const char* names = nullptr; // subjectAltName; nullptr: an authority
    long from = -day;
    long until = 30 * day;
    const char* usage = "serverAuth";
    std::string_view raw_name = {}; // instead of `names`, any bytes
};

void add_extension(X509* certificate, X509* issuer, int id, const char* value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const owned<X509_EXTENSION> extension{X509V3_EXT_conf_nid(nullptr, &context, id, value)};
    require(extension != nullptr, value);
    require(X509_add_ext(certificate, extension.get(), -1) == 1, "X509_add_ext");
}

void add_raw_name(X509* certificate, std::string_view name) {
    GENERAL_NAMES* const names = sk_GENERAL_NAME_new_null();
    GENERAL_NAME* const one = GENERAL_NAME_new();
    ASN1_IA5STRING* const text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, name.data(), static_cast<int>(name.size()));
    GENERAL_NAME_set0_value(one, GEN_DNS, text);
    sk_GENERAL_NAME_push(names, one);
    const int done =
        X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT);
    GENERAL_NAMES_free(names);
    require(done == 1, "X509_add1_ext_i2d");
}

owned<X509> make_certificate(
    const leaf_request& what, EVP_PKEY* subject_key, X509* issuer, EVP_PKEY* issuer_key
) {
    owned<X509> made{X509_new()};
    auto* certificate = made.get();
    require(certificate != nullptr, "X509_new");
    X509_set_version(certificate, 2);
    std::uint32_t serial = 0;
    require(
        RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "RAND_bytes"
    );
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial | 1U);
    X509_gmtime_adj(X509_getm_notBefore(certificate), what.from);
    X509_gmtime_adj(X509_getm_notAfter(certificate), what.until);
    X509_set_pubkey(certificate, subject_key);
    const auto* name = reinterpret_cast<const unsigned char*>(what.common_name);
    auto* subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0);
    if (issuer == nullptr) issuer = certificate;
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
    add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
    if (what.names == nullptr) {
        add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    } else {
        add_extension(certificate, issuer, NID_authority_key_identifier, "keyid");
        add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE");
        add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature");
        add_extension(certificate, issuer, NID_ext_key_usage, what.usage);
        if (what.raw_name.empty())
            add_extension(certificate, issuer, NID_subject_alt_name, what.names);
        else
            add_raw_name(certificate, what.raw_name);
    }
    require(X509_sign(certificate, issuer_key, EVP_sha256()) > 0, "X509_sign");
    return made;
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(length)};
}

std::string to_pem(X509* certificate) {
    const owned<BIO> bio{BIO_new(BIO_s_mem())};
    require(PEM_write_bio_X509(bio.get(), certificate) == 1, "PEM_write_bio_X509");
    return text_of(bio.get());
}

std::string to_pem(EVP_PKEY* key) {
    const owned<BIO> bio{BIO_new(BIO_s_mem())};
    const int done =
        PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    require(done == 1, "PEM_write_bio_PKCS8PrivateKey");
    return text_of(bio.get());
}

std::string write_temporary(const std::string& text) {
    auto name = (std::filesystem::temp_directory_path() / "blobstore-test-ca-XXXXXX").string();
    const int file = mkstemp(name.data());
    require(file >= 0, "mkstemp");
    const auto written = write(file, text.data(), text.size());
    close(file);
    require(written == static_cast<ssize_t>(text.size()), "write");
    return name;
}

} // namespace

struct test_ca::authority {
    owned<EVP_PKEY> key{EVP_EC_gen("P-256")};
    owned<X509> certificate;

    explicit authority(const char* name, const authority* above = nullptr) {
        leaf_request what;
        what.common_name = name;
        X509* const issuer = above ? above->certificate.get() : nullptr;
        certificate =
            make_certificate(what, key.get(), issuer, above ? above->key.get() : key.get());
    }
};

test_ca::test_ca()
    : authority_{std::make_unique<authority>("blobstore test CA")}
    , ca_pem_{to_pem(authority_->certificate.get())}
    , ca_file_{write_temporary(ca_pem_)} {
}

test_ca::~test_ca() {
    unlink(ca_file_.c_str());
}

namespace {

// What is asked for besides the good names.
leaf_request request_for(leaf_kind kind) {
    leaf_request what;
    switch (kind) {
    case leaf_kind::expired:
        what.from = -30 * day;
        what.until = -day;
        break;
    case leaf_kind::not_yet_valid:
        what.from = day;
        break;
    case leaf_kind::wrong_name:
        what.common_name = "other.example";
        what.names = "DNS:other.example";
        break;
    case leaf_kind::no_address:
        what.common_name = "127.0.0.1";
        what.names = "DNS:localhost";
        break;
    case leaf_kind::nul_in_name:
        what.common_name = "localhost";
        what.raw_name = std::string_view("localhost\0.evil.example", 23);
        break;
    case leaf_kind::client_leaf:
    case leaf_kind::unknown_client:
        what.common_name = "a client";
        what.names = "DNS:client.test";
        what.usage = "clientAuth";
        break;
    default:
        break;
    }
    return what;
}

owned<EVP_PKEY> key_for(leaf_kind kind) {
    if (kind == leaf_kind::rsa_512) return owned<EVP_PKEY>{EVP_RSA_gen(512)};
    if (kind == leaf_kind::rsa_1024) return owned<EVP_PKEY>{EVP_RSA_gen(1024)};
    return owned<EVP_PKEY>{EVP_EC_gen("P-256")};
}

} // namespace

key_pair test_ca::issue(leaf_kind kind, const std::string& more_names) const {
    std::string names = "DNS:localhost,DNS:*.localhost,DNS:s3.localhost,DNS:*.s3.localhost,"
                        "DNS:s3.test,DNS:*.s3.test,IP:127.0.0.1";
    if (!more_names.empty()) names += "," + more_names;
    leaf_request what = request_for(kind);
    if (what.names == nullptr) what.names = names.c_str();
    const owned<EVP_PKEY> key = key_for(kind);
    require(key != nullptr, "a key");
    const authority* by = authority_.get();
    std::unique_ptr<authority> other;
    if (kind == leaf_kind::unknown_ca || kind == leaf_kind::unknown_client)
        other = std::make_unique<authority>("another CA");
    if (kind == leaf_kind::intermediate || kind == leaf_kind::intermediate_missing)
        other = std::make_unique<authority>("a CA in between", authority_.get());
    if (other) by = other.get();
    const bool self = kind == leaf_kind::self_signed;
    const owned<X509> leaf = make_certificate(
        what, key.get(), self ? nullptr : by->certificate.get(), self ? key.get() : by->key.get()
    );
    std::string chain = to_pem(leaf.get());
    if (kind == leaf_kind::intermediate) chain += to_pem(other->certificate.get());
    return {chain, to_pem(key.get())};
}

} // namespace blobstore::fakes
