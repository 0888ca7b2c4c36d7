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
};

void add_extension(X509* certificate, X509* issuer, int id, const char* value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const owned<X509_EXTENSION> extension{X509V3_EXT_conf_nid(nullptr, &context, id, value)};
    require(extension != nullptr, value);
    require(X509_add_ext(certificate, extension.get(), -1) == 1, "X509_add_ext");
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
        add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth");
        add_extension(certificate, issuer, NID_subject_alt_name, what.names);
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

    explicit authority(const char* name) {
        leaf_request what;
        what.common_name = name;
        certificate = make_certificate(what, key.get(), nullptr, key.get());
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

key_pair test_ca::issue(leaf_kind kind, const std::string& more_names) const {
    leaf_request what;
    std::string names = "DNS:localhost,DNS:*.localhost,DNS:s3.localhost,DNS:*.s3.localhost,"
                        "DNS:s3.test,DNS:*.s3.test,IP:127.0.0.1";
    if (!more_names.empty()) names += "," + more_names;
    what.names = names.c_str();
    if (kind == leaf_kind::expired) {
        what.from = -30 * day;
        what.until = -day;
    } else if (kind == leaf_kind::not_yet_valid) {
        what.from = day;
    } else if (kind == leaf_kind::wrong_name) {
        what.common_name = "other.example";
        what.names = "DNS:other.example";
    }
    const owned<EVP_PKEY> key{EVP_EC_gen("P-256")};
    owned<X509> leaf;
    if (kind == leaf_kind::self_signed) {
        leaf = make_certificate(what, key.get(), nullptr, key.get());
    } else if (kind == leaf_kind::unknown_ca) {
        const authority other{"another CA"};
        leaf = make_certificate(what, key.get(), other.certificate.get(), other.key.get());
    } else {
        leaf =
            make_certificate(what, key.get(), authority_->certificate.get(), authority_->key.get());
    }
    return {to_pem(leaf.get()), to_pem(key.get())};
}

} // namespace blobstore::fakes
