// SPDX-License-Identifier: Apache-2.0
// Encryption with a key that the customer brings along (SSE-C): only over TLS, needed again with
// every read, and an error where the server passes over it.
#include "handles.h"

using namespace conformance;

namespace {

const std::string right(32, 'r');
const std::string wrong(32, 'w');

class customer_key : public store_test {
protected:
    static blobstore_put_options write_with(const std::string& with) {
        auto options = sized<blobstore_put_options>();
        options.sse_customer_key = str(with);
        return options;
    }

    static blobstore_get_options read_with(const std::string& with) {
        auto options = sized<blobstore_get_options>();
        options.sse_customer_key = str(with);
        return options;
    }

    /// Over TLS to a server that has it.
    bool is_there() const { return target_->name == "minio_tls" || target_->name == "fake_tls"; }
};

} // namespace

CONFORMANCE_SUITE(customer_key);

TEST_P(customer_key, S3_38_opens_what_it_closed) {
    const std::string k = key("a");
    const auto options = write_with(right);
    const outcome written = put(k, "secret data", &options);
    if (!is_there()) {
        EXPECT_EQ(written.status, BLOBSTORE_E_UNSUPPORTED) << written.message;
        if (!target_->tls) {
            EXPECT_EQ(head(k).status, BLOBSTORE_E_NOT_FOUND) << "nothing was sent";
        }
        return;
    }
    ASSERT_EQ(written.status, 0) << written.message;
    const auto with_right = read_with(right), with_wrong = read_with(wrong);
    const outcome read = get(k, &with_right);
    ASSERT_EQ(read.status, 0) << read.message;
    EXPECT_EQ(read.body, "secret data");
    EXPECT_EQ(read.info.sse, "customer:AES256");
    EXPECT_EQ(head(k, &with_right).info.size, 11U);
    auto part = with_right;
    part.flags = BLOBSTORE_GET_OFFSET | BLOBSTORE_GET_LENGTH;
    part.offset = 7;
    part.length = 4;
    EXPECT_EQ(get(k, &part).body, "data");
    for (const bool heads : {false, true}) {
        const outcome refused = heads ? head(k, &with_wrong) : get(k, &with_wrong);
        EXPECT_EQ(refused.status, BLOBSTORE_E_PERMISSION) << refused.message;
        EXPECT_NE(refused.message.find("sse_customer_key"), std::string::npos) << refused.message;
        const outcome without = heads ? head(k) : get(k);
        EXPECT_NE(without.status, 0) << without.message;
    }
    const outcome without = get(k);
    EXPECT_EQ(without.status, BLOBSTORE_E_PERMISSION) << without.message;
    EXPECT_NE(without.message.find("sse_customer_key"), std::string::npos) << without.message;
    ASSERT_EQ(put(key("open"), "x").status, 0);
    EXPECT_NE(get(key("open"), &with_right).status, 0) << "it was not encrypted";
}

TEST_P(customer_key, S3_38_copies_and_updates) {
    if (!is_there()) GTEST_SKIP() << "there is no such encryption";
    const auto options = write_with(right);
    ASSERT_EQ(put(key("from"), "secret data", &options).status, 0);
    const auto source = read_with(right);
    auto other = write_with(wrong);
    other.flags = BLOBSTORE_PUT_KEEP_ATTRIBUTES | BLOBSTORE_PUT_KEEP_TAGS;
    const outcome copied = copy_with(key("from"), &source, key("to"), &other);
    ASSERT_EQ(copied.status, 0) << copied.message;
    const auto with_other = read_with(wrong);
    EXPECT_EQ(get(key("to"), &with_other).body, "secret data");
    auto in_place = write_with(right);
    in_place.content_type = str("text/x-new");
    const outcome updated = update(key("from"), in_place);
    ASSERT_EQ(updated.status, 0) << updated.message;
    const outcome read = get(key("from"), &source);
    EXPECT_EQ(read.body, "secret data");
    EXPECT_EQ(read.info.content_type, "text/x-new");
}

TEST_P(customer_key, S3_38_uploads_in_parts) {
    const std::string k = key("in parts");
    const auto options = write_with(right);
    blobstore_buffer* made = nullptr;
    blobstore_error* error = nullptr;
    const blobstore_status created =
        blobstore_upload_create(store_.get(), k.data(), k.size(), &options, nullptr, &made, &error);
    const buffer_ptr held(made);
    const outcome begun = ended(created, error, nullptr);
    if (!target_->tls) {
        EXPECT_EQ(created, BLOBSTORE_E_UNSUPPORTED) << begun.message;
        return;
    }
    ASSERT_EQ(created, 0) << begun.message;
    const std::string token = text(made), whole(5u << 20, 'p');
    if (!is_there()) { // told with the first part, long before there is an object
        blobstore_buffer* none = nullptr;
        const blobstore_status put_part = blobstore_upload_part(
            store_.get(), token.data(), token.size(), 1, "x", 1, nullptr, &none, &error
        );
        EXPECT_EQ(ended(put_part, error, nullptr).status, BLOBSTORE_E_UNSUPPORTED);
        return;
    }
    std::vector<std::string> receipts;
    ASSERT_EQ(put(key("source"), whole, &options).status, 0);
    const auto source = read_with(right);
    const std::string from = key("source");
    for (const std::uint32_t number : {1U, 2U, 3U}) {
        blobstore_buffer* receipt = nullptr;
        const blobstore_status status = number == 2 ? blobstore_upload_part_copy(
                                                          store_.get(),
                                                          token.data(),
                                                          token.size(),
                                                          number,
                                                          store_.get(),
                                                          from.data(),
                                                          from.size(),
                                                          &source,
                                                          nullptr,
                                                          &receipt,
                                                          &error
                                                      )
                                                    : blobstore_upload_part(
                                                          store_.get(),
                                                          token.data(),
                                                          token.size(),
                                                          number,
                                                          whole.data(),
                                                          number == 3 ? 3 : whole.size(),
                                                          nullptr,
                                                          &receipt,
                                                          &error
                                                      );
        const buffer_ptr owner(receipt);
        const outcome done = ended(status, error, nullptr);
        ASSERT_EQ(status, 0) << number << ": " << done.message;
        receipts.push_back(text(receipt));
    }
    const blobstore_kv parts[] = {
        {str("1"), str(receipts[0])}, {str("2"), str(receipts[1])}, {str("3"), str(receipts[2])}};
    const blobstore_status completed = blobstore_upload_complete(
        store_.get(), token.data(), token.size(), parts, 3, nullptr, nullptr, &error
    );
    const outcome done = ended(completed, error, nullptr);
    ASSERT_EQ(completed, 0) << done.message;
    const outcome read = get(k, &source);
    EXPECT_TRUE(read.body == whole + whole + "ppp");
    EXPECT_NE(get(k).status, 0);
}
