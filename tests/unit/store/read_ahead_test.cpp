// SPDX-License-Identifier: Apache-2.0
// Readers that fetch ahead: how much, in which order, and what becomes of failures and seeks.
#include "async/runtime.h"
#include "base/checksum.h"
#include "store/read_ahead.h"
#include "unit/store/scripted.h"

#include <gtest/gtest.h>

#include <thread>

namespace blobstore {
namespace {

using namespace store_tests;

constexpr std::uint64_t part = 50'000, ahead = 200'000, size = 1'000'003;

class read_ahead : public testing::Test {
protected:
    read_ahead() {
        at_->parallel = true;
        at_->content = numbered(size);
        options_.part_size = part;
        options_.read_ahead = ahead;
        options_.parallel = 3;
        limits_.max_attempts = 3;
    }

    ~read_ahead() override {
        reader_.reset();
        run_->begin_close();
        run_->wait_closed(milliseconds(-1));
    }

    result<void> run(operation::body_function body, bool cancelled = false) {
        auto op = std::make_shared<plain_operation>();
        op->limits = limits_;
        op->body = std::move(body);
        if (cancelled) op->cancel();
        run_->run(op);
        return op->outcome;
    }

    task<result<void>> open_in(operation& op) {
        result<std::unique_ptr<object_reader>> opened = co_await store_->open(op, "key", options_);
        if (!opened) co_return opened.error();
        reader_ = std::move(*opened);
        co_return result<void>();
    }

    void open(std::uint64_t memory = 64 << 20) {
        memory_ = std::make_shared<budget>(memory);
        store_limits limits;
        limits.transfer.memory = memory_;
        store_.emplace(at_, "", limits);
        reader_.reset();
        const result<void> opened = run([this](operation& op) { return open_in(op); });
        ASSERT_TRUE(opened) << opened.error().message();
    }

    task<result<void>> read_in(operation& op, std::string& into, std::size_t& got) {
        const result<std::size_t> n = co_await reader_->read(op, into, 1);
        if (!n) co_return n.error();
        got = *n;
        co_return result<void>();
    }

    /// The next bytes, at most so many; an error's code beside what came before it.
    std::string read(std::size_t most, errc& code, bool cancelled = false) {
        std::string all;
        code = errc::ok;
        while (all.size() < most) {
            std::string some(std::min<std::size_t>(most - all.size(), 17'001), '\0');
            std::size_t n = 0;
            const result<void> did =
                run([&](operation& op) { return read_in(op, some, n); }, cancelled);
            if (!did) code = did.error().code();
            if (!did || n == 0) break;
            all.append(some, 0, n);
            if (in_a_row_) after_read(reader_->position());
        }
        return all;
    }

    std::string read(std::size_t most = SIZE_MAX) {
        errc code = errc::ok;
        std::string all = read(most, code);
        EXPECT_EQ(code, errc::ok);
        return all;
    }

    /// Nothing may have been asked for behind this; the body that is open gives one part more.
    void after_read(std::uint64_t position) {
        const std::lock_guard lock(at_->mutex);
        for (std::size_t i = checked_; i < at_->asked.size(); ++i) {
            const get_options& one = at_->asked[i];
            if (i == 0 || !one.range.length) continue;
            const std::uint64_t begin = *one.range.offset - options_.range.offset.value_or(0);
            EXPECT_LE(begin + *one.range.length, position + part + ahead);
            EXPECT_LE(*one.range.length, part);
            EXPECT_EQ(one.when.if_match, "\"one\"");
        }
        checked_ = at_->asked.size();
    }

    std::size_t asked() {
        const std::lock_guard lock(at_->mutex);
        return at_->asked.size();
    }

    bool wait_until(const std::function<bool()>& met) {
        for (int i = 0; i < 4000 && !met(); ++i)
            std::this_thread::sleep_for(milliseconds(5));
        return met();
    }

    bool memory_is_free() {
        return wait_until([this] { return budget::try_take(memory_, memory_->total()).has_value(); }
        );
    }

    const std::shared_ptr<runtime> run_ = std::make_shared<runtime>(runtime_options{});
    const std::shared_ptr<scripted> at_ = std::make_shared<scripted>();
    std::shared_ptr<budget> memory_;
    std::optional<store> store_;
    get_options options_;
    call_limits limits_;
    std::unique_ptr<object_reader> reader_;
    bool in_a_row_ = false; ///< one reader without seeks: fetches of no other are in the list
    std::size_t checked_ = 0;
};

TEST_F(read_ahead, plans_parts_of_what_is_asked_for) {
    get_options asked;
    asked.read_ahead = 64 << 20;
    EXPECT_EQ(plan_ahead(asked).part, 8U << 20U);
    EXPECT_EQ(plan_ahead(asked).width, 8U);
    asked.read_ahead = 1 << 20;
    EXPECT_EQ(plan_ahead(asked).part, 128U << 10U);
    asked.read_ahead = 1;
    EXPECT_EQ(plan_ahead(asked).bytes, 64U << 10U);
    EXPECT_EQ(plan_ahead(asked).part, 64U << 10U);
    asked.part_size = 1 << 20;
    EXPECT_EQ(plan_ahead(asked).part, 64U << 10U);
    asked.read_ahead = UINT64_MAX;
    EXPECT_EQ(plan_ahead(asked).part, 1U << 20U);
    asked.parallel = 100'000;
    EXPECT_EQ(plan_ahead(asked).width, 256U);
}

TEST_F(read_ahead, fetches_what_follows_and_never_more_than_asked_for) {
    in_a_row_ = true;
    open();
    EXPECT_EQ(asked(), 1U);
    std::string got = read(1);
    ASSERT_TRUE(wait_until([this] { return asked() == 1 + ahead / part; }));
    std::this_thread::sleep_for(milliseconds(30));
    EXPECT_EQ(asked(), 1 + ahead / part) << "no more without a read";
    for (std::size_t i = 1; i <= ahead / part; ++i)
        EXPECT_EQ(at_->asked[i].range.length, part);
    EXPECT_GE(memory_->peak(), ahead);
    got += read();
    EXPECT_TRUE(got == at_->content);
    EXPECT_EQ(asked(), size / part + 1) << "each part once, the first by the body that was open";
    EXPECT_LE(memory_->peak(), ahead);
    EXPECT_EQ(read(1), "");
}

TEST_F(read_ahead, none_unless_asked_for_and_possible) {
    options_.read_ahead = 0;
    open();
    EXPECT_TRUE(read() == at_->content);
    EXPECT_EQ(asked(), 1U);
    options_.read_ahead = ahead;
    at_->parallel = false;
    open();
    EXPECT_TRUE(read() == at_->content);
    EXPECT_EQ(asked(), 2U);
    at_->parallel = true;
    at_->etag = "W/\"one\"";
    open();
    EXPECT_TRUE(read() == at_->content);
    EXPECT_EQ(asked(), 3U);
    at_->etag = "\"one\"";
    options_.part_size = ahead;
    at_->content = numbered(ahead);
    open();
    EXPECT_TRUE(read() == at_->content);
    EXPECT_EQ(asked(), 4U);
    EXPECT_EQ(memory_->peak(), 0U);
}

TEST_F(read_ahead, of_a_range) {
    options_.range.offset = 100'001;
    options_.range.length = 500'007;
    in_a_row_ = true;
    open();
    EXPECT_TRUE(read() == at_->content.substr(100'001, 500'007));
    EXPECT_EQ(asked(), 11U);
}

TEST_F(read_ahead, a_seek_keeps_what_has_the_place_and_drops_the_rest) {
    open();
    EXPECT_TRUE(read(10) == at_->content.substr(0, 10));
    ASSERT_TRUE(wait_until([this] { return asked() == 5; }));
    reader_->seek(170'000); // parts 1 to 4 are held
    EXPECT_TRUE(read(10) == at_->content.substr(170'000, 10));
    ASSERT_TRUE(wait_until([this] { return asked() == 7; }));
    reader_->seek(160'000); // back, within the part
    EXPECT_TRUE(read(200'000) == at_->content.substr(160'000, 200'000));
    EXPECT_GT(asked(), 7U);
    reader_->seek(700'000);
    const std::size_t before = asked();
    EXPECT_TRUE(read(100) == at_->content.substr(700'000, 100));
    ASSERT_TRUE(wait_until([&] { return asked() >= before + 4; }));
    {
        const std::lock_guard lock(at_->mutex);
        bool begins_there = false;
        for (std::size_t i = before; i < at_->asked.size(); ++i)
            begins_there = begins_there || at_->asked[i].range.offset == 700'000U;
        EXPECT_TRUE(begins_there);
    }
    reader_->seek(5);
    EXPECT_TRUE(read() == at_->content.substr(5));
    reader_->seek(size + 7);
    EXPECT_EQ(read(5), "");
    reader_->seek(size - 3);
    EXPECT_TRUE(read() == at_->content.substr(size - 3));
    EXPECT_LE(memory_->peak(), 2 * ahead) << "what is dropped may end a little later";
}

TEST_F(read_ahead, RT09_parts_that_break_go_on_where_they_were) {
    for (std::uint64_t at = part; at < size; at += part)
        at_->at_offset[at] = {at % 3 == 0 ? 0 : part / 3, errc::network};
    in_a_row_ = true;
    open();
    EXPECT_TRUE(read() == at_->content);
    EXPECT_EQ(asked(), 2 * (size / part + 1) - 2)
        << "all but the first and the short last one twice";
}

TEST_F(read_ahead, a_failure_comes_where_its_bytes_would) {
    limits_.max_attempts = 1;
    for (const errc how : {errc::stalled, errc::network}) {
        at_->at_offset[3 * part] = {7'000, how};
        open();
        read(1);
        ASSERT_TRUE(wait_until([this] { return asked() >= 5; }));
        errc code = errc::ok;
        EXPECT_TRUE(read(SIZE_MAX, code) == at_->content.substr(1, 3 * part + 7'000 - 1));
        EXPECT_EQ(code, how);
        EXPECT_TRUE(memory_is_free());
        // The next read tries again, from there.
        EXPECT_TRUE(read() == at_->content.substr(3 * part + 7'000));
        at_->asked.clear();
    }
    at_->at_offset[part] = {0, errc::network, errc::permission};
    open();
    errc code = errc::ok;
    EXPECT_EQ(read(SIZE_MAX, code).size(), part);
    EXPECT_EQ(code, errc::permission);
}

TEST_F(read_ahead, an_object_replaced_meanwhile_is_changed) {
    options_.read_ahead = 2 * part;
    at_->on_get = [at = at_.get()] { // what was cancelled may outlive this test
        if (at->asked.size() == 4) at->etag = "\"two\"";
    };
    open();
    errc code = errc::ok;
    const std::string got = read(SIZE_MAX, code);
    EXPECT_EQ(code, errc::changed);
    EXPECT_EQ(got.size() % part, 0U);
    EXPECT_TRUE(got == at_->content.substr(0, got.size()));
    read(1, code);
    EXPECT_EQ(code, errc::changed) << "and stays so";
}

TEST_F(read_ahead, the_whole_is_compared_with_its_checksum) {
    checksum sum(checksum_kind::sha256);
    sum.update(at_->content);
    at_->checksum = checksum_text(checksum_kind::sha256, sum.finish());
    open();
    EXPECT_TRUE(read() == at_->content);
    EXPECT_GT(asked(), 5U);
    at_->content[700'000] ^= 1;
    open();
    errc code = errc::ok;
    EXPECT_LT(read(SIZE_MAX, code).size(), size);
    EXPECT_EQ(code, errc::checksum);
    open();
    read(10);
    reader_->seek(5); // not in a row: nothing to compare
    EXPECT_EQ(read().size(), size - 5);
}

TEST_F(read_ahead, little_memory_means_one_part_or_one_body) {
    open(2 * part); // half is left to others
    EXPECT_TRUE(read() == at_->content);
    EXPECT_EQ(memory_->peak(), part);
    EXPECT_TRUE(memory_is_free());
    at_->asked.clear();
    open(1);
    EXPECT_TRUE(read() == at_->content);
    EXPECT_EQ(memory_->peak(), 0U);
    EXPECT_EQ(asked(), 1U);
    // Others hold it for a while.
    open(4 * ahead);
    std::optional<budget::share> other = budget::try_take(memory_, 3 * ahead);
    std::string got = read(300'000);
    const std::size_t before = asked();
    other.reset();
    got += read();
    EXPECT_TRUE(got == at_->content);
    EXPECT_GT(asked(), before + 5);
}

TEST_F(read_ahead, ends_with_the_reader_and_with_a_cancelled_read) {
    at_->usual.slow = true;
    open();
    read(1);
    EXPECT_FALSE(budget::try_take(memory_, memory_->total()).has_value());
    reader_.reset();
    EXPECT_TRUE(memory_is_free());
    open();
    read(1);
    errc code = errc::ok;
    reader_->seek(2 * part); // held, or on its way
    read(1, code, true);
    EXPECT_EQ(code, errc::cancelled);
    EXPECT_TRUE(memory_is_free());
    at_->usual.slow = false;
    EXPECT_TRUE(read() == at_->content.substr(2 * part));
}

TEST_F(read_ahead, a_timed_out_read_can_be_repeated) {
    at_->usual.slow = true;
    open();
    read(1);
    limits_.timeout = milliseconds(1);
    errc code = errc::ok;
    std::string got = at_->content.substr(0, 1);
    int failed = 0;
    while (got.size() < 4 * part) {
        got += read(4 * part - got.size(), code);
        if (code == errc::ok) continue;
        ASSERT_EQ(code, errc::timeout);
        if (++failed == 20) limits_.timeout = milliseconds(0);
    }
    EXPECT_GT(failed, 0);
    EXPECT_TRUE(got == at_->content.substr(0, 4 * part));
}

} // namespace
} // namespace blobstore
