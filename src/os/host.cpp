// SPDX-License-Identifier: Apache-2.0
// The one reader of environment, home folder and wall clock.
#include "os/host.h"

#include <chrono>
#include <pwd.h>
#include <string_view>
#include <sys/auxv.h>
#include <unistd.h>
#include <vector>

namespace blobstore {

namespace {

constexpr const char* naming_files[] = {
    "HOME",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
};

std::map<std::string, std::string> read_environment() {
    std::map<std::string, std::string> all;
    for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
        const std::string_view line = *at;
        const std::size_t equals = line.find('=');
        if (equals == 0 || equals == std::string_view::npos) continue;
        all.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
    return all;
}

std::string home_of_user() {
    std::vector<char> room(16384);
    passwd entry{};
    passwd* found = nullptr;
    if (getpwuid_r(getuid(), &entry, room.data(), room.size(), &found) != 0 || found == nullptr)
        return {};
    return found->pw_dir != nullptr ? found->pw_dir : "";
}

} // namespace

std::map<std::string, std::string> without_files(std::map<std::string, std::string> environment) {
    for (const char* name : naming_files)
        environment.erase(name);
    return environment;
}

host real_host() {
    host h;
    h.environment = read_environment();
    if (::getauxval(AT_SECURE) != 0) h.environment = without_files(std::move(h.environment));
    const auto home = h.environment.find("HOME");
    const bool given = home != h.environment.end() && !home->second.empty();
    h.home = given ? home->second : home_of_user();
    h.now_ns = [] {
        const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count();
    };
    return h;
}

} // namespace blobstore
