// SPDX-License-Identifier: Apache-2.0
// A certificate authority made in process, with good leaf certificates and the usual bad ones.
#pragma once

#include <memory>
#include <string>

namespace blobstore::fakes {

enum class leaf_kind {
    good,       // localhost, *.localhost, s3.test, *.s3.test, 127.0.0.1
    unknown_ca, // signed by another authority
    self_signed,
    expired,
    not_yet_valid,
    wrong_name,           // other.example
    no_address,           // the good names without 127.0.0.1, which is its common name
    nul_in_name,          // localhost, a NUL, and more; nothing else
    intermediate,         // good, by an authority in between, whose certificate follows
    intermediate_missing, // the same without it
    rsa_512,
    rsa_1024,
    client_leaf,    // for clients
    unknown_client, // for clients, signed by another authority
};

struct key_pair {
    std::string certificate_pem;
    std::string key_pem;
};

class test_ca {
public:
    test_ca();
    ~test_ca(); // removes the file of ca_file()
    test_ca(const test_ca&) = delete;
    test_ca& operator=(const test_ca&) = delete;

    const std::string& ca_pem() const { return ca_pem_; }

    // A temporary file with ca_pem(), for ca_file, AWS_CA_BUNDLE and the like.
    const std::string& ca_file() const { return ca_file_; }

    // OpenSSL does not match *.localhost (too few dots): name such hosts, `DNS:b.localhost`.
    key_pair issue(leaf_kind kind, const std::string& more_names = {}) const;

private:
    struct authority;

    std::unique_ptr<authority> authority_;
    std::string ca_pem_;
    std::string ca_file_;
};

} // namespace blobstore::fakes
