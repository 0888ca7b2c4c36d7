// SPDX-License-Identifier: Apache-2.0
// Where --resume keeps what is known of transfers that are not done.
#include "cli/state.h"

#include "cli/exit_codes.h"
#include "cli/local.h"
#include "cli/location.h"

#include <cstdint>
#include <filesystem>
#include <sys/stat.h>

namespace blobstore::cli {

namespace {

/// FNV-1a; the seed tells two of them apart.
std::uint64_t hash_of(std::uint64_t seed, std::string_view first, std::string_view second) {
    constexpr std::uint64_t prime = 0x100000001b3U;
    std::uint64_t hash = seed;
    const auto add = [&](unsigned char byte) { hash = (hash ^ byte) * prime; };
    for (const char c : first) {
        add(static_cast<unsigned char>(c));
    }
    add(0); // is in neither
    for (const char c : second) {
        add(static_cast<unsigned char>(c));
    }
    return hash;
}

std::string hex_of(std::uint64_t number) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string result;
    for (int shift = 60; shift >= 0; shift -= 4) {
        result += digits[number >> static_cast<unsigned>(shift) & 15U];
    }
    return result;
}

void make_private_folder(const std::string& path) {
    const auto parent = std::filesystem::path(path).parent_path();
    if (!parent.empty()) {
        make_folders(parent.string());
    }
    ::mkdir(path.c_str(), S_IRWXU); // make_folders says why, if it is not there then
    make_folders(path);
}

} // namespace

std::string state_name(std::string_view source, std::string_view destination) {
    constexpr std::uint64_t basis = 0xcbf29ce484222325U;
    return hex_of(hash_of(basis, source, destination)) +
           hex_of(hash_of(~basis, destination, source));
}

std::string state_folder(const std::string& state_home, const std::string& home) {
    if (state_home.starts_with('/')) { // a relative one is to be ignored
        return state_home + "/blobstore";
    }
    if (home.starts_with('/')) {
        return home + "/.local/state/blobstore";
    }
    throw usage_error("--resume needs a PATH where neither XDG_STATE_HOME nor HOME is set");
}

std::string local_end(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::weakly_canonical(path, ignored).string();
}

std::string state_file(
    const arguments& args, bool many, const std::string& source, const std::string& destination
) {
    if (!args.resume || args.dry_run) {
        return "";
    }
    if (!args.resume_path.empty() && !many) {
        return args.resume_path;
    }
    const std::string folder =
        args.resume_path.empty() ? state_folder(args.state_home, args.home) : args.resume_path;
    make_private_folder(folder);
    std::string service; // the same name may be in use at another one
    for (const auto& [name, value] : args.settings) {
        service = name == "endpoint" ? value : service;
    }
    return with_slash(folder) + state_name(service + "\n" + source, destination);
}

} // namespace blobstore::cli
