// SPDX-License-Identifier: Apache-2.0
// The table of HTTP settings.
#include "http/settings.h"

#include <algorithm>

namespace blobstore::http {

namespace {

constexpr std::string_view idle_aliases[] = {"pool_idle_timeout"};
constexpr std::string_view ca_file_aliases[] = {"ca_bundle", "tls_ca_file_path"};
constexpr std::string_view ca_file_variables[] = {"AWS_CA_BUNDLE", "SSL_CERT_FILE"};
constexpr std::string_view ca_dir_aliases[] = {"tls_ca_dir_path"};
constexpr std::string_view ca_dir_variables[] = {"SSL_CERT_DIR"};
constexpr std::string_view tls_versions[] = {"1.2", "1.3"};
constexpr std::string_view authorities[] = {"ca_file", "ca_dir", "ca_pem"};

constexpr setting table[] = {
    {"connect_timeout",
     {},
     setting_type::duration_ms,
     "5s",
     "limit for one connection attempt, per address",
     false,
     {},
     {}},
    {"handshake_timeout",
     {},
     setting_type::duration_ms,
     "5s",
     "limit for one TLS handshake",
     false,
     {},
     {}},
    {"first_byte_timeout",
     {},
     setting_type::duration_ms,
     "30s",
     "limit for the first byte of an answer",
     false,
     {},
     {}},
    {"idle_timeout",
     idle_aliases,
     setting_type::duration_ms,
     "20s",
     "how long an unused connection is kept",
     false,
     {},
     {}},
    {"max_connection_age",
     {},
     setting_type::duration_ms,
     "5m",
     "how long a connection is used",
     false,
     {},
     {}},
    {"max_connections",
     {},
     setting_type::integer,
     "64",
     "connections to one server for submitted calls; blocking ones have their threads",
     false,
     {},
     {}},
    {"expect_continue_size",
     {},
     setting_type::size,
     "1MiB",
     "bodies from here on, or that cannot be sent twice, wait for 100 Continue, 1 s; 0 = none",
     false,
     {},
     {}},
    {"ca_file",
     ca_file_aliases,
     setting_type::string,
     "",
     "PEM file of trusted certificates, instead of the system's",
     false,
     {},
     ca_file_variables},
    {"ca_dir",
     ca_dir_aliases,
     setting_type::string,
     "",
     "folder of such files (several by colon); beside ca_file and ca_pem given at the same place",
     false,
     {},
     ca_dir_variables},
    {"ca_pem",
     {},
     setting_type::string,
     "",
     "trusted certificates themselves, as PEM text",
     false,
     {},
     {}},
    {"client_cert",
     {},
     setting_type::string,
     "",
     "certificate that the client shows: PEM file or text, with those up to its authority",
     false,
     {},
     {}},
    {"client_key",
     {},
     setting_type::string,
     "",
     "its key: PEM text, or a PEM file that only its owner and group can read",
     true,
     {},
     {}},
    {"tls_min_version",
     {},
     setting_type::enumeration,
     "1.2",
     "oldest TLS version that is spoken",
     false,
     tls_versions,
     {}},
    {"resolve",
     {},
     setting_type::string,
     "",
     "host:port:address[:port], several by comma: connect there instead",
     false,
     {},
     {}},
    {"user_agent",
     {},
     setting_type::string,
     "libblobstore/0.1",
     "the User-Agent field",
     false,
     {},
     {}},
};

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        std::size_t comma = text.find(',');
        if (comma != 0) parts.emplace_back(text.substr(0, comma));
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    }
    return parts;
}

/// Of the ways to name authorities those of the strongest origin count, so that a variable adds
/// nothing to what a call asks for.
void take_authorities(client_options& into, const settings_values& values) {
    std::optional<setting_origin> strongest;
    for (const std::string_view key : authorities)
        strongest = std::max(strongest, values.origin(key));
    const auto text = [&](std::string_view key) {
        return std::string(values.origin(key) == strongest ? values.text(key) : "");
    };
    into.ca_file = text("ca_file");
    into.ca_dir = text("ca_dir");
    into.ca_pem = text("ca_pem");
}

} // namespace

std::span<const setting> settings_table() noexcept {
    return table;
}

client_options options_from(const settings_values& values) {
    client_options options;
    options.connect = milliseconds(values.duration_ms("connect_timeout"));
    options.handshake = milliseconds(values.duration_ms("handshake_timeout"));
    options.idle = milliseconds(values.duration_ms("idle_timeout"));
    options.age = milliseconds(values.duration_ms("max_connection_age"));
    options.most =
        static_cast<unsigned>(std::clamp<std::int64_t>(values.integer("max_connections"), 1, 65536)
        );
    options.expect_size = values.size("expect_continue_size");
    take_authorities(options, values);
    options.client_cert = values.text("client_cert");
    options.client_key = secret_string(values.text("client_key"));
    options.only_tls_1_3 = values.text("tls_min_version") == "1.3";
    options.resolve = split(values.text("resolve"));
    options.user_agent = values.text("user_agent");
    return options;
}

} // namespace blobstore::http
