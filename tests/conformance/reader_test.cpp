// SPDX-License-Identifier: Apache-2.0
// The streaming read.
#include "handles.h"

using namespace conformance;

namespace {

class readers : public store_test {
protected:
    reader_ptr open(const std::string& k, const blobstore_get_options* options = nullptr) {
        blobstore_reader* made = nullptr;
        blobstore_error* error = nullptr;
        EXPECT_EQ(
            blobstore_reader_open(
                store_.get(), k.data(), k.size(), options, nullptr, &made, &error
            ),
            0
        ) << blobstore_error_message(error);
        blobstore_error_free(error);
        return reader_ptr(made);
    }

    void read_next_seek(const blobstore_get_options* options);

    static std::string rest(blobstore_reader* reader, std::size_t step) {
        std::string out, part(step, '\0');
        for (std::size_t n = 1; n != 0;) {
            const blobstore_status status =
                blobstore_reader_read(reader, part.data(), step, &n, nullptr);
            EXPECT_EQ(status, 0);
            if (status != 0) break;
            out.append(part, 0, n);
        }
        return out;
    }
};

} // namespace

CONFORMANCE_SUITE(readers);

TEST_P(readers, read_next_seek) {
    read_next_seek(nullptr);
}

TEST_P(readers, read_next_seek_with_read_ahead) {
    auto options = sized<blobstore_get_options>();
    options.read_ahead = 1 << 20;
    read_next_seek(&options);
    options.part_size = 300'000;
    options.parallel = 1;
    read_next_seek(&options);
}

void readers::read_next_seek(const blobstore_get_options* options) {
    std::string data;
    while (data.size() < (3U << 20))
        data += std::to_string(data.size()) + ",";
    ASSERT_EQ(put(key("s"), data).status, 0);
    const reader_ptr reader = open(key("s"), options);
    ASSERT_TRUE(reader);
    auto view = sized<blobstore_object_view>();
    ASSERT_EQ(blobstore_reader_object(reader.get(), &view), 0);
    EXPECT_EQ(view.size, data.size());
    EXPECT_TRUE(rest(reader.get(), 100'000) == data);
    ASSERT_EQ(blobstore_reader_seek(reader.get(), 1'000'000, nullptr), 0);
    std::string chunks;
    for (;;) {
        blobstore_buffer* chunk = nullptr;
        ASSERT_EQ(blobstore_reader_next(reader.get(), 300'000, &chunk, nullptr), 0);
        if (chunk == nullptr) break;
        const buffer_ptr held(chunk);
        EXPECT_LE(text(chunk).size(), 300'000U);
        chunks += text(chunk);
    }
    EXPECT_TRUE(chunks == data.substr(1'000'000));
    ASSERT_EQ(blobstore_reader_seek(reader.get(), data.size() + 5, nullptr), 0);
    EXPECT_EQ(rest(reader.get(), 10), "");
    ASSERT_EQ(blobstore_reader_seek(reader.get(), 0, nullptr), 0);
    EXPECT_TRUE(rest(reader.get(), 1 << 20) == data);
}

TEST_P(readers, of_a_range) {
    ASSERT_EQ(put(key("s"), "0123456789").status, 0);
    auto options = sized<blobstore_get_options>();
    options.flags = BLOBSTORE_GET_OFFSET | BLOBSTORE_GET_LENGTH;
    options.offset = 2;
    options.length = 5;
    options.read_ahead = 100;
    const reader_ptr reader = open(key("s"), &options);
    ASSERT_TRUE(reader);
    EXPECT_EQ(rest(reader.get(), 3), "23456");
    ASSERT_EQ(blobstore_reader_seek(reader.get(), 1, nullptr), 0);
    EXPECT_EQ(rest(reader.get(), 3), "3456");
}

TEST_P(readers, empty_and_missing) {
    ASSERT_EQ(put(key("e"), "").status, 0);
    const reader_ptr reader = open(key("e"));
    ASSERT_TRUE(reader);
    EXPECT_EQ(rest(reader.get(), 3), "");
    blobstore_reader* none = nullptr;
    const std::string k = key("none");
    EXPECT_EQ(
        blobstore_reader_open(store_.get(), k.data(), k.size(), nullptr, nullptr, &none, nullptr),
        BLOBSTORE_E_NOT_FOUND
    );
    EXPECT_EQ(none, nullptr);
}
