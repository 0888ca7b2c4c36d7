// SPDX-License-Identifier: Apache-2.0
// Someone without credentials puts the parts of an upload by links, with the public command line
// client; who holds the credentials completes it with the ETags that the client printed.
#include "handles.h"
#include "support/temp_folder.h"

#include <cstdio>
#include <fstream>

using namespace conformance;

namespace {

constexpr std::size_t least = 5u << 20;

/// What curl printed of one request: its status, and the ETag as the server sent it.
struct printed {
    int status = 0;
    std::string etag;
};

class presigned_parts : public store_test {
protected:
    std::string create(const std::string& k) {
        blobstore_buffer* token = nullptr;
        blobstore_error* error = nullptr;
        EXPECT_EQ(
            blobstore_upload_create(
                store_.get(), k.data(), k.size(), nullptr, nullptr, &token, &error
            ),
            0
        ) << blobstore_error_message(error);
        const error_ptr freed(error);
        const buffer_ptr held(token);
        return text(token);
    }

    outcome presign(const std::string& token, std::uint32_t number) {
        blobstore_buffer* link = nullptr;
        blobstore_error* error = nullptr;
        const blobstore_status status = blobstore_upload_presign_part(
            store_.get(), token.data(), token.size(), number, nullptr, nullptr, &link, &error
        );
        outcome made = ended(status, error, nullptr);
        const buffer_ptr held(link);
        if (link != nullptr) made.body = text(link);
        return made;
    }

    outcome complete(const std::string& token, const std::vector<std::string>& receipts) {
        std::vector<std::string> numbers;
        std::vector<blobstore_kv> parts;
        for (std::size_t i = 1; i <= receipts.size(); ++i)
            numbers.push_back(std::to_string(i));
        for (std::size_t i = 0; i < receipts.size(); ++i)
            parts.push_back({str(numbers[i]), str(receipts[i])});
        blobstore_object* info = nullptr;
        blobstore_error* error = nullptr;
        const blobstore_status status = blobstore_upload_complete(
            store_.get(),
            token.data(),
            token.size(),
            parts.data(),
            parts.size(),
            nullptr,
            &info,
            &error
        );
        return ended(status, error, info);
    }

    /// In an empty environment: nothing but the link says who may do it.
    printed curl(const std::string& link, const std::string& body) {
        const std::string path = folder_ / "part", told = folder_ / "told";
        std::ofstream(path, std::ios::binary) << body;
        std::string command = "env -i PATH=/usr/bin:/bin curl -sS -q --noproxy '*' --max-time 60";
        if (target_->name == "toxic_reset") command += " --retry 5 --retry-all-errors";
        for (const auto& [name, value] : target_->settings)
            if (name == "ca_file") command += " --cacert '" + value + "'";
        command += " -o /dev/null --upload-file '" + path + "' -w '%{http_code} %header{etag}' '" +
                   link + "' > '" + told + "'";
        EXPECT_EQ(std::system(command.c_str()), 0) << command;
        printed out;
        std::ifstream in(told);
        in >> out.status >> out.etag;
        return out;
    }

    const blobstore_tests::temp_folder folder_;
};

} // namespace

CONFORMANCE_SUITE(presigned_parts);

TEST_P(presigned_parts, are_put_by_others_and_completed_by_the_holder) {
    const std::string k = key("put by others +%/~");
    const std::string token = create(k);
    const outcome first = presign(token, 1);
    if (!target_->is_s3()) {
        EXPECT_EQ(first.status, BLOBSTORE_E_UNSUPPORTED) << first.message;
        return;
    }
    ASSERT_EQ(first.status, 0) << first.message;
    const std::string one(least, 'a'), two(least + 1, 'b'), three = "the end";
    const printed last = curl(presign(token, 3).body, three); // in any order
    const printed put_one = curl(first.body, one);
    const printed put_two = curl(presign(token, 2).body, two);
    for (const printed& each : {put_one, put_two, last}) {
        ASSERT_EQ(each.status, 200);
        ASSERT_FALSE(each.etag.empty());
    }
    EXPECT_EQ(head(k).status, BLOBSTORE_E_NOT_FOUND) << "only completing makes it";
    const outcome done = complete(token, {put_one.etag, put_two.etag, last.etag});
    ASSERT_EQ(done.status, 0) << done.message;
    EXPECT_EQ(done.info.key, k);
    EXPECT_TRUE(get(k).body == one + two + three);
}

TEST_P(presigned_parts, a_link_is_for_its_part_alone) {
    if (!target_->is_s3()) GTEST_SKIP() << "there is no server to ask";
    const std::string token = create(key("one part"));
    const std::string link = presign(token, 1).body;
    std::string other = link;
    const std::size_t at = other.find("partNumber=1");
    ASSERT_NE(at, std::string::npos) << link;
    other[at + 11] = '2';
    EXPECT_EQ(curl(other, "x").status, 403);
    EXPECT_EQ(presign(token, 0).status, BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_EQ(presign(token, 10001).status, BLOBSTORE_E_INVALID_ARGUMENT);
    const printed put = curl(link, "whole");
    ASSERT_EQ(put.status, 200);
    std::string bare = put.etag; // as other tools print it
    std::erase(bare, '"');
    const outcome done = complete(token, {bare});
    ASSERT_EQ(done.status, 0) << done.message;
    EXPECT_EQ(get(key("one part")).body, "whole");
    EXPECT_GE(curl(link, "late").status, 400) << "the upload has ended";
}
