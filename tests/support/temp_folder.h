// SPDX-License-Identifier: Apache-2.0
// A folder of one test, gone with it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

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

} // namespace blobstore_tests
