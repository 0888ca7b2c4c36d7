// SPDX-License-Identifier: Apache-2.0
// Uploads in parts that the caller leads, the same on every store.
#include "handles.h"

#include <unistd.h>

using namespace conformance;

namespace {

constexpr std::size_t least = 5u << 20;

std::string pattern(std::size_t size, unsigned seed) {
    std::string bytes(size, '\0');
    std::uint32_t state = seed * 2654435761u + 1;
    for (char& c : bytes) {
        state = state * 1664525u + 1013904223u;
        c = static_cast<char>(state >> 24);
    }
    return bytes;
}

class uploads : public store_test {
protected:
    /// Bytes of a part before the last: the least that the store takes.
    std::size_t part() const { return target_->is_s3() ? least : 1000; }

    std::string create(const std::string& at, const blobstore_put_options* options = nullptr) {
        blobstore_buffer* token = nullptr;
        blobstore_error* error = nullptr;
        EXPECT_EQ(
            blobstore_upload_create(
                store_.get(), at.data(), at.size(), options, nullptr, &token, &error
            ),
            0
        ) << blobstore_error_message(error);
        const error_ptr freed(error);
        const buffer_ptr owner(token);
        return text(token);
    }

    bool loses_answers() const { return target_->name == "toxic_reset"; }

    std::string put_part(const std::string& token, std::uint32_t number, const std::string& bytes) {
        blobstore_buffer* receipt = nullptr;
        blobstore_error* error = nullptr;
        last_ = blobstore_upload_part(
            store_.get(),
            token.data(),
            token.size(),
            number,
            bytes.data(),
            bytes.size(),
            nullptr,
            &receipt,
            &error
        );
        message_ = blobstore_error_message(error);
        const error_ptr freed(error);
        const buffer_ptr owner(receipt);
        return receipt ? text(receipt) : std::string();
    }

    using parts = std::vector<std::pair<std::string, std::string>>;

    outcome complete(const std::string& token, const parts& of) {
        std::vector<blobstore_kv> given;
        for (const auto& [number, receipt] : of)
            given.push_back({str(number), str(receipt)});
        blobstore_object* info = nullptr;
        blobstore_error* error = nullptr;
        outcome done;
        done.status = blobstore_upload_complete(
            store_.get(),
            token.data(),
            token.size(),
            given.data(),
            given.size(),
            nullptr,
            &info,
            &error
        );
        done.message = blobstore_error_message(error);
        const error_ptr freed(error);
        const object_ptr owner(info);
        if (info) done.info = copied(info);
        return done;
    }

    blobstore_status abort(const std::string& token) {
        return blobstore_upload_abort(store_.get(), token.data(), token.size(), nullptr, nullptr);
    }

    /// MinIO lists open uploads of one whole key only, and aborts those that are not there.
    bool is_minio() const { return target_->name.starts_with("minio"); }

    /// Keys and tokens of the open uploads of this test, or of one key.
    std::map<std::string, std::string> open(const std::string& only) {
        std::map<std::string, std::string> all;
        auto options = sized<blobstore_list_options>();
        options.prefix = is_minio() ? str(only) : str(base_);
        std::string token;
        do {
            options.page_token = str(token);
            blobstore_page* page = nullptr;
            blobstore_error* error = nullptr;
            EXPECT_EQ(blobstore_uploads_list(store_.get(), &options, nullptr, &page, &error), 0)
                << blobstore_error_message(error);
            const error_ptr freed(error);
            const page_ptr owner(page);
            if (!page) break;
            for (std::size_t i = 0; i < blobstore_page_len(page); ++i) {
                auto view = sized<blobstore_object_view>();
                blobstore_page_get(page, i, &view, sizeof view, 1);
                EXPECT_NE(view.modified_ns, 0);
                all[text(view.key)] = text(view.version);
            }
            token = blobstore_page_token(page, nullptr);
        } while (!token.empty());
        return all;
    }

    std::uint64_t abort_older_than(const std::string& only, std::int64_t age_ms) {
        const std::string& prefix = is_minio() ? only : base_;
        std::uint64_t aborted = 99;
        blobstore_error* error = nullptr;
        EXPECT_EQ(
            blobstore_uploads_abort(
                store_.get(), prefix.data(), prefix.size(), age_ms, nullptr, &aborted, &error
            ),
            0
        ) << blobstore_error_message(error);
        const error_ptr freed(error);
        return aborted;
    }

    blobstore_status last_ = 0;
    std::string message_;
};

} // namespace

CONFORMANCE_SUITE(uploads);

TEST_P(uploads, parts_in_any_order_become_the_object) {
    auto options = sized<blobstore_put_options>();
    options.content_type = str("text/x-parts");
    const blobstore_kv meta{str("made-of"), str("parts")};
    options.metadata = &meta;
    options.metadata_len = 1;
    const std::string at = key("in parts & pieces");
    const std::string token = create(at, &options);
    const std::string one = pattern(part(), 1), two = pattern(part(), 2), three = pattern(77, 3);
    const std::string r3 = put_part(token, 3, three);
    const std::string r1 = put_part(token, 1, one);
    ASSERT_EQ(last_, 0) << message_;
    (void)put_part(token, 2, three); // replaced
    const std::string r2 = put_part(token, 2, two);
    EXPECT_EQ(head(at).status, BLOBSTORE_E_NOT_FOUND);
    const outcome done = complete(token, {{"1", r1}, {"2", r2}, {"3", r3}});
    ASSERT_EQ(done.status, 0) << done.message;
    EXPECT_EQ(done.info.key, at);
    const outcome got = get(at);
    EXPECT_EQ(got.body.size(), 2 * part() + 77);
    EXPECT_TRUE(got.body == one + two + three);
    EXPECT_EQ(got.info.content_type, "text/x-parts");
    EXPECT_EQ(got.info.metadata, (std::map<std::string, std::string>{{"made-of", "parts"}}));
    EXPECT_EQ(got.info.etag, done.info.etag);
    if (!loses_answers()) { // to a create, to an abort that is then asked again
        EXPECT_FALSE(open(at).contains(at));
        EXPECT_EQ(abort(token), is_minio() ? 0 : BLOBSTORE_E_UPLOAD_NOT_FOUND);
    }
}

TEST_P(uploads, receipts_may_be_left_out) {
    const std::string at = key("receipts");
    const std::string token = create(at);
    const std::string one = pattern(part(), 4);
    (void)put_part(token, 1, one);
    (void)put_part(token, 7, "end");
    const outcome done = complete(token, {{"1", ""}, {"7", ""}});
    ASSERT_EQ(done.status, 0) << done.message;
    EXPECT_TRUE(get(at).body == one + "end");
}

TEST_P(uploads, parts_are_listed) {
    const std::string token = create(key("listed"));
    const std::string r1 = put_part(token, 1, pattern(part(), 1));
    const std::string r9 = put_part(token, 9, "nine");
    blobstore_page* page = nullptr;
    ASSERT_EQ(
        blobstore_upload_list_parts(
            store_.get(), token.data(), token.size(), nullptr, &page, nullptr
        ),
        0
    );
    const page_ptr owner(page);
    ASSERT_EQ(blobstore_page_len(page), 2u);
    blobstore_object_view views[2] = {};
    blobstore_page_get(page, 0, views, sizeof views[0], 2);
    EXPECT_EQ(text(views[0].key), "1");
    EXPECT_EQ(views[0].size, part());
    EXPECT_EQ(text(views[0].etag), r1);
    EXPECT_EQ(text(views[1].key), "9");
    EXPECT_EQ(views[1].size, 4u);
    EXPECT_EQ(text(views[1].etag), r9);
    EXPECT_EQ(abort(token), 0);
}

TEST_P(uploads, what_is_open_is_listed_and_what_is_old_is_aborted) {
    const std::string a = key("open a"), b = key("open b");
    const std::string of_a = create(a), of_b = create(b);
    (void)put_part(of_a, 1, "some");
    EXPECT_EQ(list_all(base_).keys, std::vector<std::string>());
    ASSERT_TRUE(open(a).contains(a));
    std::map<std::string, std::string> there = open(b);
    ASSERT_TRUE(there.contains(b));
    EXPECT_EQ(abort(there[b]), 0); // by the token that the list gives
    EXPECT_TRUE(loses_answers() || !open(b).contains(b));
    EXPECT_EQ(abort_older_than(a, 3600000), 0u);
    EXPECT_TRUE(open(a).contains(a));
    ::usleep(1100000); // services tell whole seconds
    const std::uint64_t aborted = abort_older_than(a, 0);
    EXPECT_TRUE(aborted == 1 || (aborted > 1 && loses_answers())) << aborted;
    EXPECT_TRUE(open(a).empty());
    (void)put_part(of_a, 2, "more");
    EXPECT_EQ(last_, BLOBSTORE_E_UPLOAD_NOT_FOUND) << message_;
}

TEST_P(uploads, a_part_of_another_object) {
    const std::string source = pattern(part() + 1000, 5);
    const std::string from = key("source of parts"), at = key("copied parts");
    const outcome put_there = put(from, source);
    ASSERT_EQ(put_there.status, 0) << put_there.message;
    const std::string token = create(at);
    auto what = sized<blobstore_get_options>();
    what.flags = BLOBSTORE_GET_OFFSET | BLOBSTORE_GET_LENGTH;
    what.offset = 500;
    what.length = part();
    const auto copy_part = [&](std::uint32_t number) {
        blobstore_buffer* receipt = nullptr;
        blobstore_error* error = nullptr;
        last_ = blobstore_upload_part_copy(
            store_.get(),
            token.data(),
            token.size(),
            number,
            store_.get(),
            from.data(),
            from.size(),
            &what,
            nullptr,
            &receipt,
            &error
        );
        message_ = blobstore_error_message(error);
        const error_ptr freed(error);
        const buffer_ptr owner(receipt);
        return receipt ? text(receipt) : std::string();
    };
    const std::string r1 = copy_part(1);
    ASSERT_EQ(last_, 0) << message_;
    const std::string r2 = put_part(token, 2, "tail");
    const outcome done = complete(token, {{"1", r1}, {"2", r2}});
    ASSERT_EQ(done.status, 0) << done.message;
    EXPECT_TRUE(get(at).body == source.substr(500, part()) + "tail");
}

TEST_P(uploads, bad_parts_and_tokens_are_refused) {
    const std::string at = key("refused");
    const std::string token = create(at);
    (void)put_part(token, 0, "x");
    EXPECT_EQ(last_, BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_NE(message_.find("part number 0"), std::string::npos) << message_;
    (void)put_part(token, 10001, "x");
    EXPECT_EQ(last_, BLOBSTORE_E_INVALID_ARGUMENT);
    const std::string r1 = put_part(token, 1, pattern(part(), 1));
    const std::string r2 = put_part(token, 2, "x");
    EXPECT_EQ(complete(token, {{"2", r2}, {"1", r1}}).status, BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_EQ(complete(token, {{"1", r1}, {"1", r1}}).status, BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_EQ(complete(token, {}).status, BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_EQ(complete(token, {{"one", r1}}).status, BLOBSTORE_E_INVALID_ARGUMENT);
    const outcome wrong =
        complete(token, {{"1", "\"00000000000000000000000000000000\""}, {"2", r2}});
    EXPECT_EQ(wrong.status, BLOBSTORE_E_INVALID_ARGUMENT) << wrong.message;
    EXPECT_EQ(complete(token, {{"1", r1}, {"5", r2}}).status, BLOBSTORE_E_INVALID_ARGUMENT);
    std::string changed = token;
    changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
    EXPECT_EQ(abort(changed), BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_EQ(abort(token.substr(0, token.size() - 3)), BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_EQ(abort("bsr1." + token.substr(5)), BLOBSTORE_E_INVALID_ARGUMENT);
    const outcome done = complete(token, {{"1", r1}, {"2", r2}}); // nothing was lost by all that
    EXPECT_EQ(done.status, 0) << done.message;
}

TEST_P(uploads, small_parts_before_the_last) {
    const std::string at = key("small");
    const std::string token = create(at);
    const std::string r1 = put_part(token, 1, "too small for S3");
    const std::string r2 = put_part(token, 2, "end");
    const outcome done = complete(token, {{"1", r1}, {"2", r2}});
    if (!target_->is_s3()) {
        EXPECT_EQ(done.status, 0) << done.message;
        return;
    }
    EXPECT_EQ(done.status, BLOBSTORE_E_INVALID_ARGUMENT) << done.message;
    EXPECT_EQ(abort(token), 0);
    EXPECT_EQ(head(at).status, BLOBSTORE_E_NOT_FOUND);
}

TEST_P(uploads, an_async_upload) {
    const std::string at = key("async");
    blobstore_op* op = nullptr;
    ASSERT_EQ(
        blobstore_upload_create_async(
            store_.get(), at.data(), at.size(), nullptr, nullptr, nullptr, &op, nullptr
        ),
        0
    );
    op_ptr created(op);
    ASSERT_EQ(blobstore_op_wait(op, -1), 0);
    const buffer_ptr token(blobstore_op_take_buffer(op));
    const std::string t = text(token.get());
    ASSERT_EQ(
        blobstore_upload_part_async(
            store_.get(), t.data(), t.size(), 1, "async", 5, nullptr, nullptr, &op, nullptr
        ),
        0
    );
    const op_ptr part_op(op);
    ASSERT_EQ(blobstore_op_wait(op, -1), 0);
    const buffer_ptr receipt(blobstore_op_take_buffer(op));
    EXPECT_EQ(complete(t, {{"1", text(receipt.get())}}).status, 0);
    EXPECT_EQ(get(at).body, "async");
}
