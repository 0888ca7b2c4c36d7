// SPDX-License-Identifier: Apache-2.0
// The table of HTTP settings.
#include "http/settings.h"

#include <algorithm>

namespace blobstore::http {

namespace {

constexpr std::string_view idle_aliases[] = {"pool_idle_timeout"};
constexpr std::string_view ca_file_aliases[] = {"ca_bundle", "tls_ca_file_path"};
constexpr std::string_view ca_file_variables[] = {"AWS_CA_BUNDLE", "SSL_CERT_FILE"};

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
    {"ca_file",
     ca_file_aliases,
     setting_type::string,
     "",
     "PEM file of trusted certificates; default: the system's",
     false,
     {},
     ca_file_variables},
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
    options.ca_file = values.text("ca_file");
    options.resolve = split(values.text("resolve"));
    options.user_agent = values.text("user_agent");
    return options;
}

} // namespace blobstore::http
