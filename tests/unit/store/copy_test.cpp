// SPDX-License-Identifier: Apache-2.0
// Which copies go in parts, over a store that copies little by one request.
#include "store/store.h"

#include <gtest/gtest.h>

namespace blobstore {
namespace {

constexpr std::uint64_t most = 100;

struct seen {
    std::atomic<int> heads{0}, copies{0}, parts{0}, streamed{0};
};

/// Objects without bytes: their size is their name.
class sizes final : public backend {
public:
    explicit sizes(seen& s)
        : seen_(s) {}

    std::string uri(std::string_view) const override { return "sizes://"; }

    result<void> check_key(std::string_view) const override { return {}; }

    int supports(capability) const noexcept override { return 0; }

    part_limits limits() const override {
        part_limits small;
        small.least_part = 10;
        small.most_copy = most;
        return small;
    }

    task<result<object_body>> get(operation&, const std::string&, const get_options&) override {
        ++seen_.streamed;
        co_return error(errc::permission, "streamed");
    }

    task<result<object_meta>>
    head(operation&, const std::string& key, const get_options&) override {
        ++seen_.heads;
        object_meta meta;
        meta.size = std::stoull(key);
        meta.etag = "\"e\"";
        co_return meta;
    }

    task<result<object_meta>>
    put(operation&, const std::string&, const source&, const put_options&) override {
        co_return error(errc::unsupported, "put");
    }

    task<result<void>> remove(operation&, const std::string&) override {
        co_return error(errc::unsupported, "remove");
    }

    task<result<list_page>> list(operation&, const list_options&) override {
        co_return error(errc::unsupported, "list");
    }

    task<result<object_meta>>
    copy(operation&, backend&, const std::string& from, const std::string&, const copy_options&)
        override {
        ++seen_.copies;
        if (std::stoull(from) > most) co_return error(errc::invalid_argument, "too large a source");
        co_return object_meta();
    }

    task<result<open_upload>>
    upload_create(operation&, const std::string& key, const put_options&) override {
        open_upload made;
        made.key = key;
        co_return made;
    }

    task<result<std::string>> upload_part_copy(
        operation&,
        const open_upload&,
        std::uint32_t,
        backend&,
        const std::string&,
        const get_options& what
    ) override {
        ++seen_.parts;
        EXPECT_EQ(what.when.if_match, "\"e\"");
        if (!part_copies) co_return error(errc::unsupported, "part copies");
        co_return "receipt";
    }

    task<result<object_meta>> upload_complete(
        operation&,
        const open_upload&,
        const std::vector<finished_part>&,
        std::optional<std::uint64_t> size
    ) override {
        object_meta meta;
        meta.size = size;
        co_return meta;
    }

    bool part_copies = true;

private:
    seen& seen_;
};

struct plain_operation final : operation {};

class copying : public testing::Test {
protected:
    ~copying() override {
        on_->begin_close();
        on_->wait_closed(milliseconds(-1));
    }

    result<void> copy(std::string from, std::uint64_t threshold, std::uint64_t part = 30) {
        store_limits limits;
        limits.transfer.copy_threshold = threshold;
        limits.transfer.part_size = part;
        store here(at_, "", limits);
        auto op = std::make_shared<plain_operation>();
        op->body = [&](operation& o) -> task<result<void>> {
            const copy_options keep;
            const result<object_meta> done = co_await here.copy(o, here, from, "to", keep);
            if (!done) co_return done.error();
            co_return result<void>();
        };
        on_->run(op);
        return op->outcome;
    }

    seen seen_;
    const std::shared_ptr<sizes> at_ = std::make_shared<sizes>(seen_);
    const std::shared_ptr<runtime> on_ = std::make_shared<runtime>(runtime_options{});
};

TEST_F(copying, S3_33_one_request_where_it_suffices) {
    EXPECT_TRUE(copy("100", most).has_value());
    EXPECT_EQ(seen_.heads, 0);
    EXPECT_EQ(seen_.copies, 1);
    EXPECT_EQ(seen_.parts, 0);
}

TEST_F(copying, S3_33_what_was_refused_as_too_large_goes_in_parts) {
    EXPECT_TRUE(copy("101", most).has_value());
    EXPECT_EQ(seen_.heads, 1);
    EXPECT_EQ(seen_.copies, 1);
    EXPECT_EQ(seen_.parts, 4);
}

TEST_F(copying, S3_33_a_lower_threshold_looks_first) {
    EXPECT_TRUE(copy("51", 50).has_value());
    EXPECT_EQ(seen_.copies, 0);
    EXPECT_EQ(seen_.parts, 2);
    EXPECT_TRUE(copy("50", 50).has_value());
    EXPECT_EQ(seen_.copies, 1);
    EXPECT_EQ(seen_.parts, 2);
}

TEST_F(copying, where_no_part_is_copied_the_bytes_go_through_here) {
    at_->part_copies = false;
    const result<void> done = copy("101", most);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error()->message, "streamed");
    EXPECT_EQ(seen_.streamed, 1);
}

} // namespace
} // namespace blobstore
