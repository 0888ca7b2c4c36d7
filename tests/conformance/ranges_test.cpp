// SPDX-License-Identifier: Apache-2.0
// Reads of a part of an object.
#include "handles.h"

using namespace conformance;

namespace {

class ranges : public store_test {
protected:
    void expect(const blobstore_get_options& options, const std::string& body) {
        const outcome read = get(key("r"), &options);
        EXPECT_EQ(read.status, 0) << read.message;
        EXPECT_EQ(read.body, body);
        EXPECT_EQ(read.info.size, 10U); // of the whole object
    }

    static blobstore_get_options part(std::uint64_t offset, std::uint64_t length) {
        auto options = sized<blobstore_get_options>();
        options.flags = BLOBSTORE_GET_OFFSET | BLOBSTORE_GET_LENGTH;
        options.offset = offset;
        options.length = length;
        return options;
    }

    static blobstore_get_options one(std::uint32_t flag, std::uint64_t value) {
        auto options = sized<blobstore_get_options>();
        options.flags = flag;
        if (flag == BLOBSTORE_GET_OFFSET) options.offset = value;
        if (flag == BLOBSTORE_GET_LENGTH) options.length = value;
        if (flag == BLOBSTORE_GET_SUFFIX) options.suffix_length = value;
        return options;
    }
};

} // namespace

CONFORMANCE_SUITE(ranges);

TEST_P(ranges, inside) {
    ASSERT_EQ(put(key("r"), "0123456789").status, 0);
    expect(part(2, 3), "234");
    expect(part(0, 10), "0123456789");
    expect(part(9, 1), "9");
    expect(one(BLOBSTORE_GET_OFFSET, 4), "456789");
    expect(one(BLOBSTORE_GET_LENGTH, 4), "0123");
    expect(one(BLOBSTORE_GET_SUFFIX, 3), "789");
}

TEST_P(ranges, clipped) {
    ASSERT_EQ(put(key("r"), "0123456789").status, 0);
    expect(part(8, 100), "89");
    expect(one(BLOBSTORE_GET_LENGTH, 100), "0123456789");
    expect(one(BLOBSTORE_GET_SUFFIX, 100), "0123456789");
}

TEST_P(ranges, zero_length) {
    ASSERT_EQ(put(key("r"), "0123456789").status, 0);
    const blobstore_get_options options = part(2, 0);
    const outcome read = get(key("r"), &options);
    EXPECT_EQ(read.status, 0) << read.message;
    EXPECT_EQ(read.body, "");
}

TEST_P(ranges, past_the_end) {
    ASSERT_EQ(put(key("r"), "0123456789").status, 0);
    for (const auto& options :
         {part(11, 1), part(10, 1), one(BLOBSTORE_GET_OFFSET, 10), one(BLOBSTORE_GET_OFFSET, 99)})
        EXPECT_EQ(get(key("r"), &options).status, BLOBSTORE_E_RANGE) << options.offset;
}

TEST_P(ranges, refused) {
    ASSERT_EQ(put(key("r"), "0123456789").status, 0);
    blobstore_get_options options = part(1, 1);
    EXPECT_EQ(head(key("r"), &options).status, BLOBSTORE_E_INVALID_ARGUMENT);
    options.flags |= BLOBSTORE_GET_SUFFIX;
    options.suffix_length = 1;
    EXPECT_EQ(get(key("r"), &options).status, BLOBSTORE_E_INVALID_ARGUMENT);
}
