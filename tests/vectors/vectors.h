// SPDX-License-Identifier: Apache-2.0
// What all vector tests share: where the sets are, reading them, and counting cases.
#pragma once

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace blobstore::vectors {

/// The folder of a set, which need not exist.
inline std::filesystem::path folder_of(std::string_view set) {
    const char* const given = std::getenv("BLOBSTORE_VECTORS_DIR");
    const std::filesystem::path all =
        given != nullptr && *given != '\0'
            ? std::filesystem::path(given)
            : std::filesystem::path(BLOBSTORE_SOURCE_ROOT).parent_path() / "shared" / "vectors";
    return all / set;
}

/// The bytes of a file, without a line end at its end; empty if it cannot be read.
inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    while (bytes.ends_with('\n') || bytes.ends_with('\r')) {
        bytes.pop_back();
    }
    return bytes;
}

/// A JSON file; a null value if the file is missing, a failed test if it is no JSON.
inline rapidjson::Document read_json(const std::filesystem::path& path) {
    rapidjson::Document document;
    if (std::filesystem::exists(path)) {
        const std::string text = read_file(path);
        document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
        EXPECT_FALSE(document.HasParseError()) << path;
    }
    return document;
}

/// The text of a member; empty if there is none.
inline std::string text_of(const rapidjson::Value& object, const char* name) {
    const auto found = object.FindMember(name);
    return found != object.MemberEnd() && found->value.IsString()
               ? std::string(found->value.GetString(), found->value.GetStringLength())
               : std::string();
}

/// Counts the cases of one set; each failed one fails the test, and the end prints one line.
class tally final {
public:
    explicit tally(std::string_view set)
        : set_(set) {}

    tally(const tally&) = delete;
    tally& operator=(const tally&) = delete;

    ~tally() {
        std::printf("vectors %s: %d ran, %d passed\n", set_.c_str(), ran_, passed_);
        if (not_ours_ != 0) {
            std::printf("%s: %d not ours\n", set_.c_str(), not_ours_);
        }
    }

    /// `problem` is empty for a case that passed.
    void add(const std::string& name, const std::string& problem) {
        ++ran_;
        passed_ += problem.empty() ? 1 : 0;
        EXPECT_EQ(problem, "") << set_ << ": " << name;
    }

    /// Cases of what the library does not have: outside the count.
    void not_ours(int cases = 1) { not_ours_ += cases; }

private:
    std::string set_;
    int ran_ = 0, passed_ = 0, not_ours_ = 0;
};

/// The files of a folder and all within it that end so, in the order of their names; none if it is
/// missing.
inline std::vector<std::filesystem::path>
files_of(const std::filesystem::path& folder, std::string_view extension) {
    std::vector<std::filesystem::path> out;
    if (std::filesystem::exists(folder)) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
            if (entry.is_regular_file() && entry.path().extension() == extension) {
                out.push_back(entry.path());
            }
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

/// What to tell of two texts that should be equal; empty if they are.
inline std::string
difference(std::string_view what, const std::string& ours, const std::string& expected) {
    return ours == expected
               ? std::string()
               : std::string(what) + "\n--- ours\n" + ours + "\n--- expected\n" + expected + "\n";
}

} // namespace blobstore::vectors
