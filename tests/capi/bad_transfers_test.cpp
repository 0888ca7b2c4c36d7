// SPDX-License-Identifier: Apache-2.0
// What uploads, copies, attributes and ranges must not be given: each has its status and says why,
// nothing is lost, and what an upload left is aborted or named.
#include "capi/support.h"
#include "support/temp_folder.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

namespace blobstore::capi_tests {
namespace {

constexpr std::size_t least = 5u << 20;

using receipts = std::vector<std::pair<std::string, std::string>>; // by number

class bad_transfers : public testing::Test {
protected:
    bad_transfers() { server_.put_object("bucket", "key", std::string(1000, 'o')); }

    /// The status, and a word that the message must hold.
    void expect(blobstore_status seen, blobstore_status wanted, std::string_view word) {
        EXPECT_STREQ(blobstore_status_name(seen), blobstore_status_name(wanted)) << err_.line();
        EXPECT_NE(err_.line().find(word), std::string::npos) << err_.line();
        EXPECT_EQ(err_.line().find('\n'), std::string::npos);
        EXPECT_EQ(server_.object_data("bucket", "key"), std::string(1000, 'o'))
            << "nothing is lost";
    }

    static std::string taken(blobstore_buffer* buffer) {
        const buffer_ptr held(buffer);
        std::size_t len = 0;
        const void* const data = blobstore_buffer_data(buffer, &len);
        return data ? std::string(static_cast<const char*>(data), len) : std::string();
    }

    std::string create() {
        blobstore_buffer* token = nullptr;
        EXPECT_EQ(
            blobstore_upload_create(store_.get(), "key", 3, nullptr, nullptr, &token, err_), 0
        ) << err_.line();
        return taken(token);
    }

    blobstore_status part(const std::string& token, std::uint32_t number, const std::string& data) {
        blobstore_buffer* receipt = nullptr;
        const blobstore_status status = blobstore_upload_part(
            store_.get(),
            token.data(),
            token.size(),
            number,
            data.data(),
            data.size(),
            nullptr,
            &receipt,
            err_
        );
        receipt_ = taken(receipt);
        return status;
    }

    blobstore_status complete(const std::string& token, const receipts& of) {
        std::vector<blobstore_kv> parts;
        for (const auto& [number, receipt] : of)
            parts.push_back({str(number), str(receipt)});
        return blobstore_upload_complete(
            store_.get(),
            token.data(),
            token.size(),
            parts.data(),
            parts.size(),
            nullptr,
            nullptr,
            err_
        );
    }

    blobstore_status abort(const std::string& token) {
        return blobstore_upload_abort(store_.get(), token.data(), token.size(), nullptr, err_);
    }

    blobstore_status put_with(const blobstore_put_options& options) {
        return blobstore_put(store_.get(), "key", 3, "new", 3, &options, nullptr, nullptr, err_);
    }

    blobstore_status upload(const blobstore_put_options& options) {
        auto file = sized<blobstore_file>();
        file.path = str(path_);
        return blobstore_upload_file(
            store_.get(), "key", 3, &file, &options, nullptr, nullptr, err_
        );
    }

    blobstore_status get_range(std::uint32_t flags, std::uint64_t offset, std::uint64_t length) {
        auto options = sized<blobstore_get_options>();
        options.flags = flags;
        options.offset = offset;
        options.length = options.suffix_length = length;
        blobstore_buffer* body = nullptr;
        const blobstore_status status =
            blobstore_get(store_.get(), "key", 3, &options, nullptr, &body, nullptr, err_);
        body_ = taken(body);
        return status;
    }

    bool nothing_is_open() {
        for (int i = 0; i < 150 && !server_.open_uploads().empty(); ++i)
            std::this_thread::sleep_for(milliseconds(20)); // it is aborted in the background
        return server_.open_uploads().empty();
    }

    const blobstore_tests::temp_folder folder_;
    const std::string path_ = folder_ / "file", state_ = folder_ / "state";
    fakes::s3_server server_;
    client_ptr client_ = make_client();
    store_ptr store_ = open_fake(
        client_,
        server_,
        {{"multipart_threshold", "5MiB"}, {"part_size", "5MiB"}, {"max_attempts", "2"}}
    );
    std::string receipt_, body_;
    error_slot err_;
};

TEST_F(bad_transfers, part_numbers) {
    const std::string token = create();
    for (const std::uint32_t number : {0U, 10001U, ~0U}) {
        const std::string word = "part number " + std::to_string(number) + " is not between 1";
        expect(part(token, number, "x"), BLOBSTORE_E_INVALID_ARGUMENT, word);
        blobstore_buffer* made = nullptr;
        expect(
            blobstore_upload_part_copy(
                store_.get(),
                token.data(),
                token.size(),
                number,
                store_.get(),
                "key",
                3,
                nullptr,
                nullptr,
                &made,
                err_
            ),
            BLOBSTORE_E_INVALID_ARGUMENT,
            word
        );
        expect(
            blobstore_upload_presign_part(
                store_.get(), token.data(), token.size(), number, nullptr, nullptr, &made, err_
            ),
            BLOBSTORE_E_INVALID_ARGUMENT,
            word
        );
        expect(
            complete(token, {{std::to_string(number), "\"e\""}}), BLOBSTORE_E_INVALID_ARGUMENT, word
        );
    }
    EXPECT_EQ(part(token, 10000, "the last that there is"), BLOBSTORE_OK) << err_.line();
}

TEST_F(bad_transfers, small_parts_before_the_last) {
    const std::string token = create();
    ASSERT_EQ(part(token, 1, "small"), BLOBSTORE_OK);
    const std::string first = receipt_;
    ASSERT_EQ(part(token, 2, "last"), BLOBSTORE_OK);
    expect(complete(token, {{"1", first}, {"2", receipt_}}), BLOBSTORE_E_INVALID_ARGUMENT, "5 MiB");
    ASSERT_EQ(server_.open_uploads().size(), 1U) << "it can be gone on with";
    EXPECT_EQ(part(token, 1, std::string(least, 'a')), BLOBSTORE_OK);
    EXPECT_EQ(complete(token, {{"1", ""}, {"2", ""}}), BLOBSTORE_OK) << err_.line();
}

TEST_F(bad_transfers, receipts_out_of_order_twice_or_wrong) {
    const std::string token = create();
    ASSERT_EQ(part(token, 1, std::string(least, 'a')), BLOBSTORE_OK);
    const std::string first = receipt_;
    ASSERT_EQ(part(token, 2, "b"), BLOBSTORE_OK);
    const std::string second = receipt_;
    const blobstore_status invalid = BLOBSTORE_E_INVALID_ARGUMENT;
    expect(complete(token, {{"2", second}, {"1", first}}), invalid, "part 1 stands behind part 2");
    expect(complete(token, {{"1", first}, {"1", first}}), invalid, "ascend, each once");
    expect(complete(token, {}), invalid, "one part at least");
    expect(complete(token, {{"-1", first}}), invalid, "part");
    expect(complete(token, {{"1", second}, {"2", first}}), invalid, "InvalidPart");
    expect(complete(token, {{"1", first}, {"3", ""}}), invalid, "part 3 was not uploaded");
    expect(complete(token, {{"1", "\x01"}, {"2", second}}), invalid, "");
    EXPECT_EQ(complete(token, {{"1", first}, {"2", second}}), BLOBSTORE_OK) << err_.line();
}

TEST_F(bad_transfers, an_upload_that_is_not_there) {
    const std::string token = create();
    ASSERT_EQ(abort(token), BLOBSTORE_OK);
    const blobstore_status none = BLOBSTORE_E_UPLOAD_NOT_FOUND;
    expect(part(token, 1, "x"), none, "NoSuchUpload");
    expect(complete(token, {{"1", "\"e\""}}), none, "NoSuchUpload");
    expect(complete(token, {{"1", ""}}), none, "NoSuchUpload");
    expect(abort(token), none, "NoSuchUpload");
    blobstore_page* page = nullptr;
    expect(
        blobstore_upload_list_parts(store_.get(), token.data(), token.size(), nullptr, &page, err_),
        none,
        "NoSuchUpload"
    );
    const blobstore_status invalid = BLOBSTORE_E_INVALID_ARGUMENT;
    expect(abort(""), invalid, "");
    expect(abort("nonsense"), invalid, "of another kind");
    expect(abort(token.substr(0, token.size() - 4)), invalid, "cut or changed");
    std::string changed = token;
    changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
    expect(abort(changed), invalid, "cut or changed");
    const store_ptr deeper =
        open_store(client_, "s3://bucket/prefix", fake_settings(server_.endpoint()));
    expect(
        blobstore_upload_abort(deeper.get(), token.data(), token.size(), nullptr, err_),
        invalid,
        "not one of this store"
    );
}

// The bytes of a copy from another service come as a stream that promised a length.
TEST_F(bad_transfers, S3_18_a_source_that_is_shorter_or_longer_than_it_promised) {
    fakes::s3_server other;
    const store_ptr source = open_fake(client_, other, {{"max_attempts", "1"}});
    for (const std::size_t size : {std::size_t{1000}, least + 1000}) {
        other.put_object("bucket", "source", std::string(size, 's'));
        for (const std::int64_t delta : {1, -1}) {
            fakes::fault lie;
            lie.length_delta = delta;
            other.on({.method = "GET"}, lie, fakes::for_ever);
            const blobstore_status status = blobstore_copy(
                source.get(), "source", 6, store_.get(), "key", 3, nullptr, nullptr, nullptr, err_
            );
            other.clear_faults();
            EXPECT_NE(status, BLOBSTORE_OK) << size << " " << delta;
            expect(status, status, "");
            EXPECT_TRUE(nothing_is_open()) << size << " " << delta;
        }
    }
}

TEST_F(bad_transfers, metadata_and_tags) {
    const std::string long_value(2048, 'v'), long_name(129, 'n'), long_tag(257, 't');
    const blobstore_kv metadata{str("n"), str(long_value)};
    auto options = sized<blobstore_put_options>();
    options.metadata = &metadata;
    options.metadata_len = 1;
    const blobstore_status invalid = BLOBSTORE_E_INVALID_ARGUMENT;
    const std::string word = "2049 bytes, S3 takes at most 2048";
    expect(put_with(options), invalid, word);
    blobstore_buffer* token = nullptr;
    expect(
        blobstore_upload_create(store_.get(), "key", 3, &options, nullptr, &token, err_),
        invalid,
        word
    );
    expect(
        blobstore_update(store_.get(), "key", 3, &options, nullptr, nullptr, err_), invalid, word
    );
    std::ofstream(path_) << std::string(least + 1, 'f');
    expect(upload(options), invalid, word);
    EXPECT_TRUE(server_.open_uploads().empty());

    struct row {
        std::vector<blobstore_kv> tags;
        const char* word;
    };

    std::vector<std::string> names;
    for (int i = 0; i < 11; ++i)
        names.push_back("t" + std::to_string(i));
    row rows[] = {
        {{}, "10"},
        {{{str("a"), str("1")}, {str("a"), str("2")}}, "twice"},
        {{{str(""), str("1")}}, "name"},
        {{{str("aws:x"), str("1")}}, "aws:"},
        {{{str(long_name), str("1")}}, "128"},
        {{{str("a"), str(long_tag)}}, "256"}};
    for (const std::string& name : names)
        rows[0].tags.push_back({str(name), {}});
    for (const row& one : rows) {
        auto tagged = sized<blobstore_put_options>();
        tagged.tags = one.tags.data();
        tagged.tags_len = one.tags.size();
        expect(put_with(tagged), invalid, one.word);
        expect(
            blobstore_tags_set(
                store_.get(), "key", 3, one.tags.data(), one.tags.size(), nullptr, nullptr, err_
            ),
            invalid,
            one.word
        );
    }
    EXPECT_EQ(server_.traffic_of({.method = "PUT"}).requests, 0U) << "all that is known here";
}

TEST_F(bad_transfers, resume_strings) {
    std::ofstream(path_) << std::string(least + 1, 'f');
    auto options = sized<blobstore_put_options>();
    options.resume_path = str(state_);
    server_.on({"PUT", "key", "partNumber=2&"}, fakes::answer_status(403, "AccessDenied"), 1);
    expect(upload(options), BLOBSTORE_E_PERMISSION, "abort the upload of key");
    ASSERT_EQ(server_.open_uploads().size(), 1U) << "named as left behind";
    std::string text;
    std::ifstream(state_) >> text;
    ASSERT_FALSE(text.empty());
    options.resume_path = {};
    const auto with = [&](const std::string& resume) {
        options.resume = str(resume);
        return upload(options);
    };
    const blobstore_status invalid = BLOBSTORE_E_INVALID_ARGUMENT;
    std::string changed = text;
    changed[text.size() / 2] = changed[text.size() / 2] == 'A' ? 'B' : 'A';
    expect(with(text.substr(0, text.size() - 4)), invalid, "cut or changed");
    expect(with(changed), invalid, "cut or changed");
    expect(with("bsr1."), invalid, "cut or changed");
    expect(with(create()), invalid, "of another kind");
    options.resume = str(text);
    auto file = sized<blobstore_file>();
    file.path = str(path_);
    expect(
        blobstore_upload_file(store_.get(), "other", 5, &file, &options, nullptr, nullptr, err_),
        invalid,
        "of another object"
    );
    std::filesystem::last_write_time(path_, std::filesystem::file_time_type::clock::now());
    std::ofstream(path_, std::ios::app) << "more";
    expect(with(text), BLOBSTORE_E_CHANGED, "not what it was");
    server_.on({"PUT", "key", "partNumber="}, fakes::answer_status(403, "AccessDenied"), 1);
    options.resume = {};
    expect(upload(options), BLOBSTORE_E_PERMISSION, "AccessDenied");
    for (int i = 0; i < 150 && server_.open_uploads().size() > 2; ++i)
        std::this_thread::sleep_for(milliseconds(20));
    EXPECT_EQ(server_.open_uploads().size(), 2U) << "aborted where nobody can go on";
}

TEST_F(bad_transfers, ranges_that_are_negative_or_overflow) {
    constexpr std::uint64_t minus_one = ~std::uint64_t{0};
    constexpr std::uint32_t offset = BLOBSTORE_GET_OFFSET, length = BLOBSTORE_GET_LENGTH;
    for (const std::uint64_t far : {std::uint64_t{1000}, std::uint64_t{1} << 63, minus_one}) {
        const blobstore_status seen = get_range(offset, far, 0);
        const bool possible = far == 1000;
        expect(
            seen,
            possible ? BLOBSTORE_E_RANGE : BLOBSTORE_E_INVALID_ARGUMENT,
            possible ? "range" : "a negative one looks like that"
        );
    }
    for (const std::uint64_t far : {minus_one, minus_one - 500}) {
        const blobstore_status seen = get_range(offset | length, 600, far);
        const bool clipped = seen == BLOBSTORE_OK && body_.size() == 400;
        EXPECT_TRUE(clipped || seen == BLOBSTORE_E_INVALID_ARGUMENT) << far << " " << err_.line();
    }
    EXPECT_EQ(get_range(BLOBSTORE_GET_SUFFIX, 0, minus_one), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(body_.size(), 1000U) << "all there is";
    expect(get_range(offset | BLOBSTORE_GET_SUFFIX, 0, 5), BLOBSTORE_E_INVALID_ARGUMENT, "suffix");
}

TEST_F(bad_transfers, deletes_of_none_and_of_100001) {
    blobstore_status none = -1;
    EXPECT_EQ(blobstore_delete_many(store_.get(), nullptr, 0, nullptr, &none, err_), BLOBSTORE_OK);
    EXPECT_EQ(server_.counters().requests, 0U);
    constexpr std::size_t count = 100001;
    std::vector<std::string> keys;
    std::vector<blobstore_str> views;
    for (std::size_t i = 0; i < count; ++i)
        keys.push_back("k" + std::to_string(i));
    for (const std::string& each : keys)
        views.push_back(str(each));
    server_.put_object("bucket", keys.front(), "x");
    server_.put_object("bucket", keys.back(), "x");
    std::vector<blobstore_status> results(count, -1);
    ASSERT_EQ(
        blobstore_delete_many(store_.get(), views.data(), count, nullptr, results.data(), err_),
        BLOBSTORE_OK
    ) << err_.line();
    EXPECT_EQ(results, std::vector<blobstore_status>(count, BLOBSTORE_OK));
    EXPECT_EQ(server_.keys("bucket"), std::vector<std::string>{"key"});
    EXPECT_EQ(server_.counters().requests, 101U);
}

TEST_F(bad_transfers, the_wrong_customer_key) {
    fakes::server_options options;
    options.tls = fakes::tls_mode::on;
    fakes::s3_server secure(options);
    store_ = open_fake(client_, secure);
    const std::string right(32, 'r'), wrong(32, 'w');
    auto write = sized<blobstore_put_options>();
    write.sse_customer_key = str(right);
    ASSERT_EQ(put_with(write), BLOBSTORE_OK) << err_.line();
    auto read = sized<blobstore_get_options>();
    read.sse_customer_key = str(wrong);
    blobstore_buffer* body = nullptr;
    expect(
        blobstore_get(store_.get(), "key", 3, &read, nullptr, &body, nullptr, err_),
        BLOBSTORE_E_PERMISSION,
        "check sse_customer_key"
    );
    expect(
        blobstore_get(store_.get(), "key", 3, nullptr, nullptr, &body, nullptr, err_),
        BLOBSTORE_E_PERMISSION,
        "written with an sse_customer_key"
    );
}

} // namespace
} // namespace blobstore::capi_tests
