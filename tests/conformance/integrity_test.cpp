// SPDX-License-Identifier: Apache-2.0
// Checksums of each kind: computed, given by the caller, told again, and compared.
#include "handles.h"

#include <fstream>
#include <unistd.h>

using namespace conformance;

namespace {

struct known_sum {
    std::uint32_t kind;
    const char *name, *of_hello; // of "Hello world"
};

constexpr known_sum sums[] = {
    {BLOBSTORE_CHECKSUM_CRC32, "crc32", "i9aeUg=="},
    {BLOBSTORE_CHECKSUM_CRC32C, "crc32c", "crUfeA=="},
    {BLOBSTORE_CHECKSUM_CRC64NVME, "crc64nvme", "OOJZ0D8xKts="},
    {BLOBSTORE_CHECKSUM_SHA1, "sha1", "e1AsOh9IyGCa4hLN+2Od7jlnP14="},
    {BLOBSTORE_CHECKSUM_SHA256, "sha256", "ZOyIygCyaOW6GjVnihtTFtIS9PNmskdyMlNKiuyjfzw="},
    {BLOBSTORE_CHECKSUM_MD5, "md5", "PiWWCnnbxptnTNTsZ6csYg=="},
};

blobstore_put_options with(std::uint32_t kind, const char* value = "") {
    auto options = sized<blobstore_put_options>();
    options.checksum = kind;
    options.checksum_value = str(value);
    return options;
}

using writer_ptr = owned<blobstore_writer, blobstore_writer_free>;

class integrity : public store_test {};

} // namespace

CONFORMANCE_SUITE(integrity);

TEST_P(integrity, computed_of_every_kind) {
    for (const known_sum& sum : sums) {
        const std::string k = key(sum.name);
        const blobstore_put_options options = with(sum.kind);
        const outcome written = put(k, "Hello world", &options);
        ASSERT_EQ(written.status, 0) << sum.name << ' ' << written.message;
        const outcome read = get(k);
        EXPECT_EQ(read.status, 0) << sum.name << ' ' << read.message;
        EXPECT_EQ(read.body, "Hello world");
        const bool keeps = target_->what != kind::file && sum.kind != BLOBSTORE_CHECKSUM_MD5;
        const std::string told = std::string(sum.name) + ":" + sum.of_hello;
        EXPECT_TRUE(!keeps || read.info.checksum == told) << read.info.checksum;
        EXPECT_EQ(read.info.content_encoding, "");
    }
}

TEST_P(integrity, digests_of_the_caller) {
    for (const known_sum& sum : sums) {
        const std::string k = key(sum.name);
        const blobstore_put_options right = with(sum.kind, sum.of_hello);
        const outcome refused = put(k, "hello world", &right);
        EXPECT_EQ(refused.status, BLOBSTORE_E_CHECKSUM) << sum.name << ' ' << refused.message;
        EXPECT_EQ(head(k).status, BLOBSTORE_E_NOT_FOUND) << sum.name;
        const outcome written = put(k, "Hello world", &right);
        EXPECT_EQ(written.status, 0) << sum.name << ' ' << written.message;
        EXPECT_EQ(get(k).body, "Hello world");
    }
}

TEST_P(integrity, of_nothing_and_of_much) {
    const blobstore_put_options options = with(BLOBSTORE_CHECKSUM_CRC64NVME);
    for (const std::size_t size : {0u, 1u, 65536u, 3000000u}) {
        const std::string body(size, 'x');
        const outcome written = put(key("k"), body, &options);
        ASSERT_EQ(written.status, 0) << written.message;
        const outcome read = get(key("k"));
        ASSERT_EQ(read.status, 0) << read.message;
        EXPECT_TRUE(read.body == body) << size;
    }
}

TEST_P(integrity, what_is_no_digest_is_refused_before_anything_is_sent) {
    for (const blobstore_put_options& options :
         {with(BLOBSTORE_CHECKSUM_DEFAULT, "OOJZ0D8xKts="),
          with(BLOBSTORE_CHECKSUM_CRC32, "OOJZ0D8xKts="),
          with(BLOBSTORE_CHECKSUM_CRC32, "nonsense"),
          with(99)})
        EXPECT_EQ(put(key("k"), "x", &options).status, BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_EQ(head(key("k")).status, BLOBSTORE_E_NOT_FOUND);
    auto unverified = sized<blobstore_get_options>();
    unverified.flags = BLOBSTORE_GET_UNVERIFIED;
    ASSERT_EQ(put(key("k"), "Hello world").status, 0);
    EXPECT_EQ(get(key("k"), &unverified).body, "Hello world");
}

TEST_P(integrity, behind_a_large_stream) {
    const std::string body(20u << 20, 'y'),
        path = "/tmp/blobstore-integrity-" + std::to_string(::getpid());
    std::ofstream(path, std::ios::binary) << body;
    auto file = sized<blobstore_file>();
    file.path = str(path);
    blobstore_put_options options = with(BLOBSTORE_CHECKSUM_CRC32C);
    options.part_size = 20u << 20;
    const std::string k = key("k");
    blobstore_error* error = nullptr;
    EXPECT_EQ(
        blobstore_upload_file(
            store_.get(), k.data(), k.size(), &file, &options, nullptr, nullptr, &error
        ),
        0
    ) << blobstore_error_message(error);
    const error_ptr held(error);
    ::unlink(path.c_str());
    EXPECT_TRUE(get(k).body == body);
}

/// The sums of parts travel with them and make the one of the whole.
TEST_P(integrity, S3_32_sums_of_parts_make_the_one_of_the_whole) {
    std::string body(17u << 20, '\0');
    for (std::size_t i = 0; i < body.size(); ++i)
        body[i] = static_cast<char>(i * 2654435761u >> 13);
    constexpr known_sum of_body[] = {
        {BLOBSTORE_CHECKSUM_CRC32, "crc32", "t9Zcnw=="},
        {BLOBSTORE_CHECKSUM_CRC64NVME, "crc64nvme", "3tk6UNfl2Yg="},
        {BLOBSTORE_CHECKSUM_SHA256, "sha256", nullptr},
    };
    for (const known_sum& sum : of_body) {
        blobstore_put_options options = with(sum.kind);
        options.part_size = 5u << 20;
        blobstore_writer* made = nullptr;
        blobstore_error* error = nullptr;
        const std::string k = key(sum.name);
        for (const bool right : {true, false}) {
            if (!right && !sum.of_hello) continue;
            if (sum.of_hello)
                options.checksum_value =
                    str(right                ? sum.of_hello
                        : sum.name[3] == '3' ? "i9aeUg=="
                                             : "OOJZ0D8xKts=");
            const std::string at = k + (right ? "" : " wrong");
            ASSERT_EQ(
                blobstore_writer_open(
                    store_.get(), at.data(), at.size(), &options, nullptr, &made, &error
                ),
                0
            ) << blobstore_error_message(error);
            const writer_ptr to(made);
            ASSERT_EQ(blobstore_writer_write(to.get(), body.data(), body.size(), &error), 0)
                << blobstore_error_message(error);
            const blobstore_status ended = blobstore_writer_finish(to.get(), nullptr, &error);
            const error_ptr held(error);
            EXPECT_EQ(ended, right ? 0 : BLOBSTORE_E_CHECKSUM)
                << sum.name << ' ' << blobstore_error_message(error);
            error = nullptr;
            if (!right) {
                EXPECT_EQ(head(at).status, BLOBSTORE_E_NOT_FOUND);
                continue;
            }
            const outcome read = get(at);
            ASSERT_EQ(read.status, 0) << sum.name << ' ' << read.message;
            EXPECT_TRUE(read.body == body);
            if (target_->what == kind::fake && !sum.of_hello) { // of the sums of four parts
                EXPECT_TRUE(
                    read.info.checksum.starts_with(sum.name) && read.info.checksum.ends_with("-4")
                ) << read.info.checksum;
            }
            if (target_->what == kind::fake && sum.of_hello) {
                EXPECT_EQ(read.info.checksum, std::string(sum.name) + ":" + sum.of_hello);
            }
        }
    }
}
