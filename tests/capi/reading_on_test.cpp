// SPDX-License-Identifier: Apache-2.0
// Reads whose connections break, through the C interface: what is asked for again, and that nothing
// is mixed.
#include "capi/support.h"
#include "support/temp_folder.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

namespace blobstore::capi_tests {
namespace {

using blobstore_tests::temp_folder;
using reader_ptr = std::unique_ptr<blobstore_reader, freer<blobstore_reader_free>>;

std::string numbered(std::size_t size) {
    std::string out;
    while (out.size() < size)
        out += std::to_string(out.size()) + ",";
    out.resize(size);
    return out;
}

std::string field_of(const fakes::logged_request& request, std::string_view name) {
    for (const auto& [each, value] : request.headers)
        if (std::equal(each.begin(), each.end(), name.begin(), name.end(), [](char a, char b) {
                return std::tolower(a) == std::tolower(b);
            }))
            return value;
    return {};
}

fakes::server_options over(bool tls) {
    fakes::server_options options;
    options.tls = tls ? fakes::tls_mode::on : fakes::tls_mode::off;
    return options;
}

class reading_on : public testing::TestWithParam<bool> {
protected:
    reading_on() { server_.put_object("bucket", "key", data_); }

    blobstore_status read_get() {
        blobstore_buffer* got = nullptr;
        const blobstore_status status =
            blobstore_get(store_.get(), "key", 3, &options_, &call_, &got, nullptr, err_);
        const buffer_ptr held(got);
        std::size_t n = 0;
        const void* data = blobstore_buffer_data(got, &n);
        if (data) body_.assign(static_cast<const char*>(data), n);
        return status;
    }

    blobstore_status read_into() {
        body_.assign(data_.size(), '\0');
        std::size_t n = 0;
        const blobstore_status status = blobstore_get_into(
            store_.get(), "key", 3, &options_, &call_, body_.data(), body_.size(), &n, nullptr, err_
        );
        body_.resize(n);
        return status;
    }

    blobstore_status read_stream() {
        blobstore_reader* made = nullptr;
        blobstore_status status =
            blobstore_reader_open(store_.get(), "key", 3, &options_, &call_, &made, err_);
        const reader_ptr reader(made);
        std::string part(10'000, '\0');
        body_.clear();
        for (std::size_t n = 1; status == BLOBSTORE_OK && n != 0;) {
            status = blobstore_reader_read(reader.get(), part.data(), part.size(), &n, err_);
            body_.append(part, 0, n);
        }
        return status;
    }

    blobstore_status read_file(bool async) {
        const std::string path = folder_.path() + "/out";
        auto file = sized<blobstore_file>();
        file.path = str(path);
        blobstore_status status = BLOBSTORE_OK;
        if (async) {
            blobstore_op* op = nullptr;
            status = blobstore_download_file_async(
                store_.get(), "key", 3, &options_, &file, &call_, nullptr, &op, err_
            );
            const op_ptr held(op);
            if (status == BLOBSTORE_OK) status = blobstore_op_wait(op, -1);
        } else {
            status = blobstore_download_file(
                store_.get(), "key", 3, &options_, &file, &call_, nullptr, err_
            );
        }
        std::ostringstream text;
        text << std::ifstream(path, std::ios::binary).rdbuf();
        body_ = text.str();
        std::filesystem::remove(path);
        EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
        return status;
    }

    blobstore_status read(int way) {
        switch (way) {
        case 0:
            return read_get();
        case 1:
            return read_into();
        case 2:
            return read_stream();
        default:
            return read_file(way == 4);
        }
    }

    static constexpr int ways = 5;

    fakes::s3_server server_{over(GetParam())};
    client_ptr client_ = make_client();
    store_ptr store_ = open_fake(client_, server_);
    const temp_folder folder_;
    std::string data_ = numbered(300'000), body_;
    blobstore_get_options options_ = sized<blobstore_get_options>();
    blobstore_call call_ = sized<blobstore_call>();
    error_slot err_;
};

TEST_P(reading_on, RT09_goes_on_after_a_reset_a_stall_or_a_cut_at_any_byte) {
    call_.stall_timeout_ms = 300;
    for (int way = 0; way < ways; ++way)
        for (const std::uint64_t byte : {0U, 1U, 17'001U, 150'000U, 299'999U})
            for (const fakes::event how :
                 {fakes::event::reset, fakes::event::close, fakes::event::stall}) {
                if (how == fakes::event::stall && byte != 150'000) continue;
                fakes::fault cut;
                cut.what = how;
                cut.where = fakes::stage::answer_body;
                cut.byte = byte;
                server_.on({}, cut, 1);
                server_.clear_log();
                ASSERT_EQ(read(way), BLOBSTORE_OK) << way << " " << byte << ": " << err_.line();
                ASSERT_TRUE(body_ == data_) << way << " " << byte;
                const auto log = server_.log();
                ASSERT_EQ(log.size(), 2U);
                EXPECT_EQ(field_of(log[0], "Range"), "");
                EXPECT_EQ(field_of(log[1], "Range").substr(0, 6), "bytes=");
                EXPECT_TRUE(field_of(log[1], "If-Match").starts_with("\""));
                // A reset may overtake what was sent before it.
                if (how == fakes::event::reset) continue;
                const std::string from = "bytes=" + std::to_string(byte) + "-299999";
                EXPECT_EQ(field_of(log[1], "Range"), from);
            }
}

TEST_P(reading_on, RT09_an_object_replaced_meanwhile_is_changed) {
    for (int way = 0; way < ways; ++way) {
        server_.put_object("bucket", "key", data_);
        fakes::fault cut = fakes::close_at(fakes::stage::answer_body, 100'000);
        server_.on({}, cut, 1);
        fakes::fault other;
        other.status = 412;
        other.code = "PreconditionFailed";
        server_.on({}, other, 1);
        EXPECT_EQ(read(way), BLOBSTORE_E_CHANGED) << err_.line();
    }
    // And by the server itself.
    server_.put_object("bucket", "key", data_);
    blobstore_reader* made = nullptr;
    ASSERT_EQ(
        blobstore_reader_open(store_.get(), "key", 3, nullptr, nullptr, &made, err_), BLOBSTORE_OK
    );
    const reader_ptr reader(made);
    char some[10];
    std::size_t n = 0;
    ASSERT_EQ(blobstore_reader_read(reader.get(), some, sizeof some, &n, err_), BLOBSTORE_OK);
    server_.put_object("bucket", "key", numbered(299'999));
    ASSERT_EQ(blobstore_reader_seek(reader.get(), 200'000, err_), BLOBSTORE_OK);
    EXPECT_EQ(
        blobstore_reader_read(reader.get(), some, sizeof some, &n, err_), BLOBSTORE_E_CHANGED
    );
    ASSERT_EQ(blobstore_reader_seek(reader.get(), 5, err_), BLOBSTORE_OK);
    EXPECT_EQ(
        blobstore_reader_read(reader.get(), some, sizeof some, &n, err_), BLOBSTORE_E_CHANGED
    );
}

TEST_P(reading_on, RT09_gives_up_after_the_calls_attempts) {
    call_.max_attempts = 3;
    for (int way = 0; way < ways; ++way) {
        server_.clear_log();
        const auto rule =
            server_.on({}, fakes::close_at(fakes::stage::answer_body, 1000), fakes::for_ever);
        EXPECT_EQ(read(way), BLOBSTORE_E_NETWORK) << err_.line();
        EXPECT_EQ(server_.log().size(), 3U);
        EXPECT_EQ(server_.hits(rule), 3U);
        server_.clear_faults();
    }
    fakes::fault weak = fakes::close_at(fakes::stage::answer_body, 1000);
    weak.headers = {{"ETag", "W/\"weak\""}};
    server_.on({}, weak, 1);
    server_.clear_log();
    EXPECT_EQ(read(0), BLOBSTORE_E_NETWORK);
    EXPECT_EQ(server_.log().size(), 1U);
    EXPECT_EQ(err_.view().attempts, 1U);
}

TEST_P(reading_on, parts_break_off_and_go_on) {
    data_ = numbered(3'000'001);
    server_.put_object("bucket", "key", data_);
    options_.part_size = 200'000;
    options_.read_ahead = 1'000'000;
    for (int way = 0; way < ways; ++way) {
        for (const std::uint64_t byte : {0U, 100'000U}) {
            server_.on({}, fakes::close_at(fakes::stage::answer_body, byte), 9);
            server_.clear_log();
            ASSERT_EQ(read(way), BLOBSTORE_OK) << way << ": " << err_.line();
            ASSERT_TRUE(body_ == data_) << way;
            server_.clear_faults();
            const auto log = server_.log();
            EXPECT_GT(log.size(), 15U);
            for (std::size_t i = 1; i < log.size(); ++i)
                EXPECT_TRUE(field_of(log[i], "If-Match").starts_with("\""));
        }
    }
}

TEST_P(reading_on, parts_of_an_object_replaced_meanwhile_are_changed) {
    data_ = numbered(3'000'001);
    options_.part_size = 200'000;
    options_.read_ahead = 1'000'000;
    for (int way = 0; way < ways; ++way) {
        server_.put_object("bucket", "key", data_);
        fakes::fault other;
        other.status = 412;
        other.code = "PreconditionFailed";
        fakes::fault slow; // so that others take their part
        slow.segment = 20'000;
        slow.segment_delay = milliseconds(10);
        server_.on({}, slow, 1);
        server_.on({.nth = 4}, other, 1);
        EXPECT_EQ(read(way), BLOBSTORE_E_CHANGED) << way << ": " << err_.line();
        server_.clear_faults();
    }
}

TEST_P(reading_on, ahead_it_is_faster_where_each_connection_is_slow) {
    data_ = numbered(3'000'001);
    server_.put_object("bucket", "key", data_);
    fakes::fault slow = fakes::answer_late(milliseconds(50));
    slow.segment = 20'000;
    slow.segment_delay = milliseconds(20);
    server_.on({}, slow, fakes::for_ever);
    options_.part_size = 200'000;
    options_.parallel = 16;
    const auto took = [this](std::uint64_t ahead) {
        options_.read_ahead = ahead;
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(read_stream(), BLOBSTORE_OK) << err_.line();
        EXPECT_TRUE(body_ == data_);
        return std::chrono::steady_clock::now() - begin;
    };
    const auto without = took(0);
    server_.clear_log();
    const auto with = took(3'000'000);
    EXPECT_GE(without, 3 * with);
    EXPECT_EQ(server_.log().size(), 16U);
}

TEST_P(reading_on, ahead_ends_with_its_reader) {
    data_ = numbered(3'000'001);
    server_.put_object("bucket", "key", data_);
    server_.on({.nth = 2}, fakes::stall_at(fakes::stage::answer_body, 1'000), fakes::for_ever);
    options_.part_size = 200'000;
    options_.read_ahead = 600'000;
    blobstore_reader* made = nullptr;
    ASSERT_EQ(
        blobstore_reader_open(store_.get(), "key", 3, &options_, &call_, &made, err_), BLOBSTORE_OK
    );
    reader_ptr reader(made);
    char some[10];
    std::size_t n = 0;
    ASSERT_EQ(blobstore_reader_read(reader.get(), some, sizeof some, &n, err_), BLOBSTORE_OK);
    ASSERT_TRUE(server_.wait_for_requests(4, milliseconds(20'000)));
    EXPECT_FALSE(server_.wait_for_requests(5, milliseconds(100))) << "more than is to be held";
    EXPECT_GE(server_.counters().open_now, 4U);
    reader.reset();
    for (int i = 0; i < 1000 && server_.counters().open_now != 0; ++i)
        std::this_thread::sleep_for(milliseconds(10)); // half as long as a stall may be
    EXPECT_EQ(server_.counters().open_now, 0U);
}

TEST_P(reading_on, many_ranges_break_off_and_go_on_with_the_same_object) {
    data_ = numbered(3'000'001);
    server_.put_object("bucket", "key", data_);
    options_.flags = BLOBSTORE_GET_MAX_GAP;
    std::vector<std::string> memory(40, std::string(30'000, '\0'));
    std::vector<blobstore_range> ranges;
    for (std::size_t i = 0; i < memory.size(); ++i)
        ranges.push_back({i * 70'000, memory[i].size(), memory[i].data(), 0});
    const auto all = [&] {
        return blobstore_get_ranges(
            store_.get(), "key", 3, &options_, &call_, ranges.data(), ranges.size(), nullptr, err_
        );
    };
    server_.on({}, fakes::close_at(fakes::stage::answer_body, 2'000), 12);
    call_.max_attempts = 13;
    server_.clear_log();
    ASSERT_EQ(all(), BLOBSTORE_OK) << err_.line();
    for (std::size_t i = 0; i < memory.size(); ++i) {
        EXPECT_EQ(ranges[i].n, 30'000U);
        EXPECT_TRUE(memory[i] == data_.substr(ranges[i].offset, 30'000)) << i;
    }
    EXPECT_EQ(server_.log().size(), 40U + 12U);
    options_.max_gap = 50'000; // one request reads them all
    server_.clear_faults();
    server_.clear_log();
    ASSERT_EQ(all(), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(server_.log().size(), 1U);
    options_.max_gap = 0;
    fakes::fault other;
    other.status = 412;
    other.code = "PreconditionFailed";
    server_.on({.nth = 7}, other, 1);
    EXPECT_EQ(all(), BLOBSTORE_E_CHANGED) << err_.line();
    for (const blobstore_range& one : ranges)
        EXPECT_EQ(one.n, 0U);
}

INSTANTIATE_TEST_SUITE_P(wire, reading_on, testing::Bool(), [](const auto& of) {
    return of.param ? "tls" : "plain";
});

} // namespace
} // namespace blobstore::capi_tests
