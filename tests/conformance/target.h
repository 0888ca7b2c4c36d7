// SPDX-License-Identifier: Apache-2.0
// The stores that the conformance suite runs on.
#pragma once

#include "blobstore.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace conformance {

enum class kind { memory, file, fake, server };

struct target {
    std::string name;
    kind what = kind::memory;
    bool tls = false;
    std::string url;                                           // of the store
    std::vector<std::pair<std::string, std::string>> settings; // of the client
    std::string folder;                                        // file: its root

    bool is_s3() const { return what == kind::fake || what == kind::server; }
};

inline constexpr const char* all_stores[] = {
    "memory",
    "file",
    "fake",
    "fake_tls",
    "versitygw",
    "versitygw_tls",
    "minio",
    "minio_tls",
    "toxic_latency",
    "toxic_bandwidth",
    "toxic_slicer",
    "toxic_reset",
    "live"};

// Starts what is in process; nullptr where the environment does not name the server.
const target* find_target(const std::string& name);

// Ends the fakes and removes the folders.
void end_targets();

} // namespace conformance
