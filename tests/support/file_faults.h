// SPDX-License-Identifier: Apache-2.0
// Temporary folders, and fsync and pwrite as the tests want them: counted, short, interrupted or
// failing.
#pragma once

#include "temp_folder.h"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

namespace file_faults {

using blobstore_tests::temp_folder;

/// Of the whole test program; the replaced calls are in file_faults.cpp.
struct plan {
    std::mutex mutex;
    bool record = false;
    std::vector<std::string> synced;          ///< paths behind the descriptors
    std::atomic<int> fail_sync{0};            ///< errno of the next fsync
    std::atomic<int> kill_at_sync{0};         ///< the fsync that the process dies at; 0: none
    std::atomic<std::size_t> most_written{0}; ///< per pwrite; 0: no limit
    std::atomic<int> interrupted{0};          ///< that many pwrites answer EINTR
    std::atomic<int> fail_write{0};           ///< errno of every pwrite

    void clear() {
        const std::lock_guard lock(mutex);
        record = false;
        synced.clear();
        fail_sync = 0;
        kill_at_sync = 0;
        most_written = 0;
        interrupted = 0;
        fail_write = 0;
    }
};

plan& faults();

inline void write_file(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

inline std::string read_file(const std::string& path) {
    std::ostringstream out;
    out << std::ifstream(path, std::ios::binary).rdbuf();
    return out.str();
}

/// Everything beneath, hidden names too, as relative paths.
inline std::vector<std::string> everything(const std::string& path) {
    std::vector<std::string> all;
    for (const auto& e : std::filesystem::recursive_directory_iterator(path))
        all.push_back(std::filesystem::relative(e.path(), path).string());
    return all;
}

} // namespace file_faults
