// SPDX-License-Identifier: Apache-2.0
// Where systems keep the authorities that they trust.
#include "http/trust.h"

#include <openssl/x509.h>

namespace blobstore::http {

std::vector<std::string> system_places() {
    return {
        X509_get_default_cert_file(),
        "/etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu, Gentoo, Arch
        "/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora, RHEL
        "/etc/ssl/ca-bundle.pem",                            // openSUSE
        "/etc/pki/tls/cacert.pem",                           // OpenELEC
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // CentOS, RHEL 7
        "/etc/ssl/cert.pem",                                 // Alpine
        X509_get_default_cert_dir(),
        "/etc/ssl/certs",
        "/etc/pki/tls/certs",
    };
}

} // namespace blobstore::http
