// SPDX-License-Identifier: Apache-2.0
// upload_file and download_file, by path and by descriptor.
#include "handles.h"

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

using namespace conformance;

namespace {

class files : public store_test {
protected:
    void SetUp() override {
        store_test::SetUp();
        folder_ = (std::filesystem::temp_directory_path() / "conformance-f-XXXXXX").string();
        ASSERT_NE(mkdtemp(folder_.data()), nullptr);
        std::ofstream(folder_ + "/in", std::ios::binary) << data_;
    }

    void TearDown() override { std::filesystem::remove_all(folder_); }

    static std::string content(const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    static blobstore_file at(const std::string& path) {
        auto file = sized<blobstore_file>();
        file.path = str(path);
        return file;
    }

    static blobstore_file at(int fd) {
        auto file = sized<blobstore_file>();
        file.flags = BLOBSTORE_FILE_FD;
        file.fd = fd;
        return file;
    }

    outcome upload(const std::string& k, const blobstore_file& file) {
        return done(blobstore_upload_file(
            store_.get(), k.data(), k.size(), &file, nullptr, nullptr, nullptr, &error_
        ));
    }

    outcome download(const std::string& k, const blobstore_file& file) {
        return done(blobstore_download_file(
            store_.get(), k.data(), k.size(), nullptr, &file, nullptr, nullptr, &error_
        ));
    }

    outcome done(blobstore_status status) {
        outcome made;
        made.status = status;
        made.message = blobstore_error_message(error_);
        blobstore_error_free(error_);
        error_ = nullptr;
        return made;
    }

    std::string folder_;
    std::string data_ = std::string(2'500'000, 'q') + "end";
    blobstore_error* error_ = nullptr;
};

} // namespace

CONFORMANCE_SUITE(files);

TEST_P(files, by_path) {
    const std::string k = key("f"), in = folder_ + "/in", out = folder_ + "/out";
    const outcome up = upload(k, at(in));
    ASSERT_EQ(up.status, 0) << up.message;
    EXPECT_EQ(head(k).info.size, data_.size());
    const outcome down = download(k, at(out));
    ASSERT_EQ(down.status, 0) << down.message;
    EXPECT_TRUE(content(out) == data_);
}

TEST_P(files, by_descriptor) {
    const std::string k = key("f"), in = folder_ + "/in", out = folder_ + "/out";
    const int from = open(in.c_str(), O_RDONLY);
    const outcome up = upload(k, at(from));
    EXPECT_EQ(up.status, 0) << up.message;
    EXPECT_EQ(close(from), 0); // still open
    const int to = open(out.c_str(), O_RDWR | O_CREAT, 0600);
    const outcome down = download(k, at(to));
    EXPECT_EQ(down.status, 0) << down.message;
    EXPECT_EQ(close(to), 0);
    EXPECT_TRUE(content(out) == data_);
}

TEST_P(files, missing) {
    const std::string k = key("none"), none = folder_ + "/none";
    EXPECT_NE(upload(k, at(none)).status, 0);
    EXPECT_EQ(head(k).status, BLOBSTORE_E_NOT_FOUND);
    EXPECT_EQ(download(k, at(none)).status, BLOBSTORE_E_NOT_FOUND);
    EXPECT_FALSE(std::filesystem::exists(none));
}
