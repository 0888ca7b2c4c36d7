// SPDX-License-Identifier: Apache-2.0
// Whom TLS trusts and who it says we are: one OpenSSL context per configuration.
#pragma once

#include "base/error.h"
#include "base/secret.h"
#include "http/sessions.h"

#include <vector>

namespace blobstore::http {

/// Files and folders in which systems keep their authorities: OpenSSL's own, then those of the
/// usual distributions.
std::vector<std::string> system_places();

/// Authorities named here replace the system's; those of file, folder and text count together.
struct trust_options {
    std::string ca_file;      ///< of PEM certificates
    std::string ca_dir;       ///< folders of such files, by colon
    std::string ca_pem;       ///< PEM certificates themselves
    std::string client_cert;  ///< PEM file or PEM text: ours, and what leads to its authority
    secret_string client_key; ///< PEM file that others cannot read, or PEM text
    bool only_tls_1_3 = false;
    std::vector<std::string> system = system_places(); ///< the first that holds a certificate
};

/// There is no way to trust none or all.
class trust {
public:
    /// errc::config where a file that is named cannot be opened, or one of client_cert and
    /// client_key is missing. What is in the files is read when first needed.
    static result<std::shared_ptr<trust>> make(const trust_options& options);
    trust(const trust&) = delete;
    trust& operator=(const trust&) = delete;
    ~trust();

    /// Loads at the first call. Any thread. errc::config where files or texts are not what they
    /// should be, errc::tls where the system trusts nobody.
    result<SSL_CTX*> context();

    session_cache& sessions() noexcept { return sessions_; }

private:
    explicit trust(const trust_options& options)
        : options_(options) {}

    const trust_options options_;
    std::mutex mutex_; ///< guards the next
    SSL_CTX* context_ = nullptr;
    session_cache sessions_;
};

} // namespace blobstore::http
