// SPDX-License-Identifier: Apache-2.0
// Reads by several requests at a time: many ranges in one call, large objects in parts.
#include "handles.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace conformance;

namespace {

class parts : public store_test {
protected:
    void SetUp() override {
        store_test::SetUp();
        while (data_.size() < 1'000'003)
            data_ += std::to_string(data_.size()) + ",";
        data_.resize(1'000'003);
        options_.part_size = 100'000;
    }

    outcome get_ranges(const std::string& k, std::vector<blobstore_range>& ranges) {
        blobstore_error* error = nullptr;
        blobstore_object* info = nullptr;
        outcome made;
        made.status = blobstore_get_ranges(
            store_.get(),
            k.data(),
            k.size(),
            &options_,
            nullptr,
            ranges.data(),
            ranges.size(),
            &info,
            &error
        );
        const object_ptr held(info);
        const error_ptr failed(error);
        made.message = blobstore_error_message(error);
        if (info) made.info = copied(info);
        return made;
    }

    // Many ranges of the object, each into memory of its own, compared.
    void expect(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& wanted) {
        std::vector<std::string> memory;
        std::vector<blobstore_range> ranges;
        memory.reserve(wanted.size());
        for (const auto& [offset, length] : wanted) {
            memory.emplace_back(length, '\0');
            ranges.push_back({offset, length, memory.back().data(), 77});
        }
        const outcome read = get_ranges(key("p"), ranges);
        ASSERT_EQ(read.status, 0) << read.message;
        EXPECT_EQ(read.info.size, data_.size());
        EXPECT_EQ(read.info.key, key("p"));
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            const std::string due = data_.substr(wanted[i].first, wanted[i].second);
            ASSERT_EQ(ranges[i].n, due.size()) << i;
            EXPECT_TRUE(memory[i].substr(0, ranges[i].n) == due) << i;
        }
    }

    std::string data_;
    blobstore_get_options options_ = sized<blobstore_get_options>();
};

} // namespace

CONFORMANCE_SUITE(parts);

TEST_P(parts, many_ranges) {
    ASSERT_EQ(put(key("p"), data_).status, 0);
    expect({{5, 10}});
    expect({{999'000, 5'000}, {0, 4}, {2, 4}, {0, 1'000'003}, {500'000, 0}, {1'000'002, 9}});
    std::vector<std::pair<std::uint64_t, std::uint64_t>> scattered;
    for (std::uint64_t i = 0; i < 60; ++i)
        scattered.emplace_back(i * 7'919 * 31 % 990'000, i * 13 % 700);
    for (const std::uint64_t gap : {0U, 100U, 20'000U}) {
        options_.flags = BLOBSTORE_GET_MAX_GAP;
        options_.max_gap = gap;
        expect(scattered);
    }
    options_.flags = 0;
    expect(scattered);
    options_.parallel = 1;
    expect(scattered);
    expect({});
}

TEST_P(parts, into_one_buffer) {
    ASSERT_EQ(put(key("p"), data_).status, 0);
    std::string all(30, '\0');
    std::vector<blobstore_range> ranges{
        {10, 10, all.data(), 0}, {300'000, 10, all.data() + 10, 0}, {0, 10, all.data() + 20, 0}};
    const outcome read = get_ranges(key("p"), ranges);
    ASSERT_EQ(read.status, 0) << read.message;
    EXPECT_EQ(all, data_.substr(10, 10) + data_.substr(300'000, 10) + data_.substr(0, 10));
}

TEST_P(parts, one_range_scattered_over_many_buffers) {
    ASSERT_EQ(put(key("p"), data_).status, 0);
    std::vector<std::string> memory;
    std::vector<blobstore_range> ranges;
    std::uint64_t offset = 70'000; // up to behind the end, and over the pieces of requests
    for (const std::size_t length : {1U, 100'000U, 13U, 0U, 500'000U, 99'999U, 400'000U})
        memory.emplace_back(length, '\0');
    for (std::string& each : memory) {
        ranges.push_back({offset, each.size(), each.data(), 0});
        offset += each.size();
    }
    const outcome read = get_ranges(key("p"), ranges);
    ASSERT_EQ(read.status, 0) << read.message;
    std::string all;
    for (std::size_t i = 0; i < ranges.size(); ++i)
        all.append(memory[i], 0, ranges[i].n);
    EXPECT_TRUE(all == data_.substr(70'000));
}

TEST_P(parts, ranges_that_are_refused) {
    ASSERT_EQ(put(key("p"), data_).status, 0);
    char room[16];
    const auto code = [&](std::uint64_t offset, std::uint64_t length, const char* says) {
        std::vector<blobstore_range> ranges{{0, 4, room, 9}, {offset, length, room, 9}};
        const outcome read = get_ranges(key("p"), ranges);
        EXPECT_NE(read.message.find("range 1"), std::string::npos) << read.message;
        EXPECT_NE(read.message.find(says), std::string::npos) << read.message;
        EXPECT_EQ(ranges[0].n, 0U);
        EXPECT_EQ(ranges[1].n, 0U);
        return read.status;
    };
    const auto minus = [](std::int64_t n) { return static_cast<std::uint64_t>(n); };
    EXPECT_EQ(code(data_.size(), 1, "starts at"), BLOBSTORE_E_RANGE);
    EXPECT_EQ(code(minus(-4), 4, "negative"), BLOBSTORE_E_INVALID_ARGUMENT);
    EXPECT_EQ(code(0, minus(-4), "negative"), BLOBSTORE_E_INVALID_ARGUMENT);
    std::vector<blobstore_range> missing{{0, 4, room, 9}};
    EXPECT_EQ(get_ranges(key("none"), missing).status, BLOBSTORE_E_NOT_FOUND);
    std::vector<blobstore_range> none;
    EXPECT_EQ(get_ranges(key("none"), none).status, BLOBSTORE_E_NOT_FOUND);
    options_.if_match = str("\"another\"");
    std::vector<blobstore_range> one{{0, 4, room, 9}};
    EXPECT_EQ(get_ranges(key("p"), one).status, BLOBSTORE_E_PRECONDITION);
}

TEST_P(parts, get_and_get_into) {
    ASSERT_EQ(put(key("p"), data_).status, 0);
    for (const std::uint32_t width : {0U, 2U, 1U}) {
        options_.parallel = width;
        const outcome whole = get(key("p"), &options_);
        EXPECT_EQ(whole.status, 0) << whole.message;
        EXPECT_TRUE(whole.body == data_);
        options_.flags = BLOBSTORE_GET_OFFSET;
        options_.offset = 123'457;
        const outcome rest = get(key("p"), &options_);
        EXPECT_EQ(rest.status, 0) << rest.message;
        EXPECT_TRUE(rest.body == data_.substr(123'457));
        options_.flags = 0;
        std::string into(data_.size() + 1, '\0');
        const std::string k = key("p");
        std::size_t n = 0;
        EXPECT_EQ(
            blobstore_get_into(
                store_.get(),
                k.data(),
                k.size(),
                &options_,
                nullptr,
                into.data(),
                into.size(),
                &n,
                nullptr,
                nullptr
            ),
            0
        );
        EXPECT_TRUE(into.substr(0, n) == data_);
    }
}

TEST_P(parts, download_file) {
    ASSERT_EQ(put(key("p"), data_).status, 0);
    std::string folder = (std::filesystem::temp_directory_path() / "conformance-p-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    const std::string k = key("p"), path = folder + "/out";
    auto file = sized<blobstore_file>();
    file.path = str(path);
    for (const bool async : {false, true}) {
        std::filesystem::remove(path);
        blobstore_op* op = nullptr;
        blobstore_status status = 0;
        if (async) {
            EXPECT_EQ(
                blobstore_download_file_async(
                    store_.get(),
                    k.data(),
                    k.size(),
                    &options_,
                    &file,
                    nullptr,
                    nullptr,
                    &op,
                    nullptr
                ),
                0
            );
            const op_ptr held(op);
            status = blobstore_op_wait(op, -1);
        } else {
            status = blobstore_download_file(
                store_.get(), k.data(), k.size(), &options_, &file, nullptr, nullptr, nullptr
            );
        }
        EXPECT_EQ(status, 0);
        std::ifstream in(path, std::ios::binary);
        EXPECT_TRUE(std::string(std::istreambuf_iterator<char>(in), {}) == data_);
    }
    std::filesystem::remove_all(folder);
}
