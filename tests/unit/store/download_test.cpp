// SPDX-License-Identifier: Apache-2.0
// Reads that break off and go on, over a store whose connections break where the test says.
#include "async/runtime.h"
#include "store/transfer.h"
#include "unit/store/scripted.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace blobstore {
namespace {

using namespace store_tests;

class download : public testing::Test {
protected:
    ~download() override {
        run_->begin_close();
        run_->wait_closed(milliseconds(-1));
    }

    result<std::string> get(const get_options& options = {}, unsigned attempts = 5) {
        result<object_bytes> got = error();
        auto op = std::make_shared<plain_operation>();
        op->limits.max_attempts = attempts;
        op->body = [&](operation& o) { return get_in(o, options, got); };
        run_->run(op);
        attempts_ = op->attempts;
        if (!got) return got.error();
        return got->bytes;
    }

    task<result<void>>
    get_in(operation& op, const get_options& options, result<object_bytes>& got) {
        got = co_await store_.get(op, "key", options);
        co_return result<void>();
    }

    errc code(const result<std::string>& got) { return got ? errc::ok : got.error().code(); }

    const std::shared_ptr<runtime> run_ = std::make_shared<runtime>(runtime_options{});
    const std::shared_ptr<scripted> at_ = std::make_shared<scripted>();
    store store_{at_, "", {{}, 1 << 30, {}}};
    unsigned attempts_ = 0;
};

TEST_F(download, RT09_goes_on_where_it_broke_with_the_same_object) {
    for (const errc how : {errc::network, errc::stalled, errc::tls, errc::ok}) {
        at_->script = {{30'000, how}, {0, how}, {69'999, how}};
        at_->asked.clear();
        const result<std::string> got = get();
        ASSERT_TRUE(got) << got.error().message();
        EXPECT_TRUE(*got == at_->content);
        ASSERT_EQ(at_->asked.size(), 4U);
        EXPECT_TRUE(at_->asked[0].range.whole());
        EXPECT_EQ(at_->asked[0].when.if_match, "");
        for (const auto& [n, offset] : {std::pair{1, 30'000U}, {2, 30'000U}, {3, 99'999U}}) {
            const get_options& again = at_->asked[static_cast<std::size_t>(n)];
            EXPECT_EQ(again.range.offset, offset);
            EXPECT_EQ(again.range.length, at_->content.size() - offset);
            EXPECT_EQ(again.when.if_match, at_->etag);
        }
        EXPECT_EQ(attempts_, 4U);
    }
}

TEST_F(download, RT09_a_range_goes_on_within_itself_under_the_callers_version) {
    at_->script = {{10, errc::network}};
    get_options options;
    options.range.suffix = 1000;
    options.version = "v1";
    options.when.if_none_match = "\"other\"";
    const result<std::string> got = get(options);
    ASSERT_TRUE(got);
    EXPECT_TRUE(*got == at_->content.substr(99'000));
    ASSERT_EQ(at_->asked.size(), 2U);
    EXPECT_EQ(at_->asked[1].range.offset, 99'010U);
    EXPECT_EQ(at_->asked[1].range.length, 990U);
    EXPECT_EQ(at_->asked[1].range.suffix, std::nullopt);
    EXPECT_EQ(at_->asked[1].version, "v1");
    EXPECT_EQ(at_->asked[1].when.if_none_match, "");
}

TEST_F(download, RT09_never_asks_for_an_empty_range) {
    at_->script = {{100'000, errc::network}}; // all came, then it broke
    EXPECT_TRUE(get());
    EXPECT_EQ(at_->asked.size(), 1U);
    at_->content.clear();
    EXPECT_TRUE(get());
    EXPECT_EQ(at_->asked.size(), 2U);
}

TEST_F(download, RT09_another_object_is_changed) {
    at_->on_get = [this] {
        if (at_->asked.size() % 2 == 0) at_->etag = "\"two\"";
    };
    at_->script = {{10, errc::network}};
    EXPECT_EQ(code(get()), errc::changed);
    at_->on_get = nullptr;
    for (const errc refused : {errc::precondition, errc::not_found, errc::range}) {
        at_->script = {{10, errc::network}, {0, errc::ok, refused}};
        EXPECT_EQ(code(get()), errc::changed);
    }
    at_->script = {{10, errc::network}, {0, errc::ok, errc::permission}};
    EXPECT_EQ(code(get()), errc::permission);
    // What cannot be continued ends with what broke it.
    at_->script = {{10, errc::stalled}, {0, errc::ok, errc::unsupported}};
    EXPECT_EQ(code(get()), errc::stalled);
}

TEST_F(download, RT09_the_answer_must_be_what_was_asked_for) {
    object_body first;
    first.meta.etag = "\"one\"";
    first.meta.size = 100;
    first.offset = 10;
    first.length = 80;
    const auto now = [](const char* etag, std::uint64_t size, std::uint64_t offset, int length) {
        object_body body;
        body.meta.etag = etag;
        body.meta.size = size;
        body.offset = offset;
        if (length >= 0) body.length = static_cast<std::uint64_t>(length);
        return body;
    };
    const auto code = [&](const object_body& then) {
        const result<void> checked = check_continues(first, 5, 75, then);
        return checked ? errc::ok : checked.error().code();
    };
    EXPECT_EQ(code(now("\"one\"", 100, 15, 75)), errc::ok);
    EXPECT_EQ(code(now("\"two\"", 100, 15, 75)), errc::changed);
    EXPECT_EQ(code(now("", 100, 15, 75)), errc::changed);
    EXPECT_EQ(code(now("\"one\"", 101, 15, 75)), errc::changed);
    EXPECT_EQ(code(now("\"one\"", 100, 14, 75)), errc::protocol);
    EXPECT_EQ(code(now("\"one\"", 100, 15, 74)), errc::protocol);
    EXPECT_EQ(code(now("\"one\"", 100, 15, -1)), errc::protocol);
}

TEST_F(download, RT09_without_a_strong_validator_the_first_failure_is_the_answer) {
    for (const char* etag : {"", "W/\"one\""}) {
        at_->etag = etag;
        at_->asked.clear();
        at_->script = {{10, errc::stalled}};
        EXPECT_EQ(code(get()), errc::stalled);
        EXPECT_EQ(at_->asked.size(), 1U);
    }
}

TEST_F(download, RT09_attempts_count_anew_after_a_mebibyte) {
    at_->usual = {1000, errc::network};
    const result<std::string> few = get({}, 3);
    EXPECT_EQ(code(few), errc::network);
    EXPECT_EQ(few.error()->attempts, 3U);
    EXPECT_EQ(at_->asked.size(), 3U);
    EXPECT_EQ(code(get({}, 1)), errc::network);
    EXPECT_EQ(at_->asked.size(), 4U);

    at_->content = numbered(8 << 20);
    at_->usual = {600'000, errc::network};
    EXPECT_TRUE(get({}, 3));
    EXPECT_GT(attempts_, 10U);
    at_->usual = {300'000, errc::network}; // three of them are less than that
    EXPECT_EQ(code(get({}, 3)), errc::network);
}

TEST_F(download, RT09_pauses_are_jittered_and_bounded) {
    EXPECT_EQ(pause_before_resume(0, 0).count(), 0);
    EXPECT_EQ(pause_before_resume(0, UINT64_MAX).count(), 50);
    EXPECT_EQ(pause_before_resume(3, UINT64_MAX).count(), 400);
    EXPECT_EQ(pause_before_resume(3, std::uint64_t{1} << 63U).count(), 200);
    EXPECT_EQ(pause_before_resume(40, UINT64_MAX).count(), 20000);
}

TEST_F(download, parts_meet_in_the_middle_and_are_pinned) {
    at_->parallel = true;
    at_->content = numbered(1'000'003);
    get_options options;
    options.part_size = 10'000;
    scene slow;
    slow.slow = true; // so that others take their part
    for (const std::uint32_t width : {2U, 8U, 0U}) {
        options.parallel = width;
        at_->script = {slow};
        at_->asked.clear();
        const result<std::string> got = get(options);
        ASSERT_TRUE(got) << got.error().message();
        EXPECT_TRUE(*got == at_->content);
        ASSERT_GT(at_->asked.size(), 1U);
        EXPECT_TRUE(at_->asked[0].range.whole());
        for (std::size_t i = 1; i < at_->asked.size(); ++i) {
            EXPECT_EQ(at_->asked[i].when.if_match, at_->etag);
            EXPECT_EQ(*at_->asked[i].range.offset % 10'000, 0U);
            EXPECT_EQ(
                at_->asked[i].range.length,
                std::min<std::uint64_t>(10'000, 1'000'003 - *at_->asked[i].range.offset)
            );
        }
    }
}

TEST_F(download, parts_break_off_and_go_on_each_for_itself) {
    at_->parallel = true;
    at_->content = numbered(500'000);
    at_->usual = {9'000, errc::network};
    get_options options;
    options.part_size = 10'000;
    const result<std::string> got = get(options, 5);
    // The stream that is open breaks more often than it has attempts; the parts never do.
    EXPECT_TRUE(got ? *got == at_->content : got.error().code() == errc::network);
    at_->script = {{UINT64_MAX}};
    const result<std::string> again = get(options, 5);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_TRUE(*again == at_->content);
}

TEST_F(download, parts_of_an_object_that_is_replaced_are_not_mixed) {
    at_->parallel = true;
    at_->content = numbered(500'000);
    at_->on_get = [this] {
        if (at_->asked.size() == 5) at_->etag = "\"two\"";
    };
    scene slow;
    slow.slow = true; // so that others take their part
    at_->script = {slow};
    get_options options;
    options.part_size = 10'000;
    EXPECT_EQ(code(get(options)), errc::changed);
}

TEST_F(download, one_stream_where_parts_do_not_pay) {
    at_->content = numbered(100'000);
    get_options options;
    options.part_size = 50'001;
    at_->parallel = true;
    EXPECT_TRUE(get(options)); // less than two parts
    options.part_size = 10'000;
    options.parallel = 1;
    EXPECT_TRUE(get(options));
    options.parallel = 0;
    at_->etag = "W/\"one\"";
    EXPECT_TRUE(get(options)); // nothing to pin them to
    at_->parallel = false;
    at_->etag = "\"one\"";
    EXPECT_TRUE(get(options));
    EXPECT_EQ(at_->asked.size(), 4U);
}

TEST_F(download, every_part_is_claimed_once) {
    part_claims claims(95, 10);
    std::vector<std::uint64_t> seen;
    for (int i = 0;; ++i) {
        const auto part = i % 3 == 0 ? claims.front() : claims.back();
        if (!part) break;
        EXPECT_EQ(part->length, part->offset == 90 ? 5U : 10U);
        seen.push_back(part->offset);
    }
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen, (std::vector<std::uint64_t>{0, 10, 20, 30, 40, 50, 60, 70, 80, 90}));
}

} // namespace
} // namespace blobstore
