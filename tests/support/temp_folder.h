// SPDX-License-Identifier: Apache-2.0
// A folder of one test, gone with it; and one that is a small disk.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/mount.h>

namespace blobstore_tests {

class temp_folder {
public:
    temp_folder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "blobstore-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) std::abort();
        path_ = name;
    }

    temp_folder(const temp_folder&) = delete;
    temp_folder& operator=(const temp_folder&) = delete;

    ~temp_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::string& path() const noexcept { return path_; }

    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

/// A tmpfs of some size, where the test may mount one.
class small_disk {
public:
    explicit small_disk(const char* options) {
        mounted_ = ::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, options) == 0;
    }

    ~small_disk() {
        if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
    }

    explicit operator bool() const { return mounted_; }

    std::string operator/(const std::string& name) const { return folder_ / name; }

private:
    temp_folder folder_;
    bool mounted_ = false;
};

} // namespace blobstore_tests
