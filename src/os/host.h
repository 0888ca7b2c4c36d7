// SPDX-License-Identifier: Apache-2.0
// What the library takes from the machine it runs on, as one value that tests can replace.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace blobstore {

struct host {
    std::map<std::string, std::string> environment;
    std::string home;       ///< empty where it is not known
    std::string root = "/"; ///< what absolute paths of configuration files are relative to
    std::function<std::int64_t()> now_ns; ///< wall clock, since the epoch
};

/// What is left of an environment for a process that has more rights than whoever started it: the
/// variables that name files are theirs. PURE.
std::map<std::string, std::string> without_files(std::map<std::string, std::string> environment);

/// The process' own environment (a copy of now), home folder and clock. The only place that asks
/// for them.
host real_host();

} // namespace blobstore
