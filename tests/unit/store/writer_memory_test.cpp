// SPDX-License-Identifier: Apache-2.0
// Many writers and little memory: all end, and no more of it is out than there is. ST-19
#include "store/writer.h"

#include <gtest/gtest.h>

#include <thread>

namespace blobstore {
namespace {

constexpr std::uint64_t part = 64 * 1024;

/// Takes parts, each after a while, and knows how many bytes it got.
class slow_store final : public backend {
public:
    std::string uri(std::string_view) const override { return "slow://"; }

    result<void> check_key(std::string_view) const override { return {}; }

    int supports(capability) const noexcept override { return 0; }

    part_limits limits() const override {
        part_limits small;
        small.least_part = part;
        return small;
    }

    task<result<object_body>> get(operation&, const std::string&, const get_options&) override {
        co_return error(errc::unsupported, "get");
    }

    task<result<object_meta>> head(operation&, const std::string&, const get_options&) override {
        co_return error(errc::unsupported, "head");
    }

    task<result<object_meta>>
    put(operation& op, const std::string&, const source& body, const put_options&) override {
        const result<void> slept = co_await sleep_for(op, milliseconds(1));
        if (!slept) co_return slept.error();
        bytes += body.size();
        object_meta meta;
        meta.size = body.size();
        co_return meta;
    }

    task<result<void>> remove(operation&, const std::string&) override {
        co_return error(errc::unsupported, "remove");
    }

    task<result<list_page>> list(operation&, const list_options&) override {
        co_return error(errc::unsupported, "list");
    }

    task<result<open_upload>>
    upload_create(operation&, const std::string& key, const put_options&) override {
        open_upload made;
        made.key = key;
        co_return made;
    }

    task<result<std::string>>
    upload_part(operation& op, const open_upload&, std::uint32_t, const source& body) override {
        const result<void> slept = co_await sleep_for(op, milliseconds(1));
        if (!slept) co_return slept.error();
        bytes += body.size();
        co_return "receipt";
    }

    task<result<object_meta>> upload_complete(
        operation&,
        const open_upload&,
        const std::vector<finished_part>& parts,
        std::optional<std::uint64_t> size
    ) override {
        object_meta meta;
        meta.size = size;
        meta.own_extras().parts = parts.size();
        co_return meta;
    }

    task<result<void>> upload_abort(operation&, const open_upload&) override {
        ++aborted;
        co_return result<void>();
    }

    std::atomic<std::uint64_t> bytes{0};
    std::atomic<unsigned> aborted{0};
};

struct plain_operation final : operation {};

class writers_of_little_memory : public testing::Test {
protected:
    ~writers_of_little_memory() override {
        on->begin_close();
        on->wait_closed(milliseconds(-1));
    }

    transfer_limits limits() const {
        transfer_limits made;
        made.threshold = part;
        made.part_size = part;
        made.memory = memory;
        return made;
    }

    /// A thread of its own, as a caller has it.
    std::shared_ptr<operation> run(milliseconds stall, operation::body_function body) {
        auto op = std::make_shared<plain_operation>();
        op->limits.stall = stall;
        op->body = std::move(body);
        on->run(op);
        return op;
    }

    const std::shared_ptr<runtime> on = std::make_shared<runtime>(runtime_options{});
    const std::shared_ptr<budget> memory = std::make_shared<budget>(2 * part);
    const std::shared_ptr<slow_store> to = std::make_shared<slow_store>();
};

TEST_F(writers_of_little_memory, ST19_sixty_four_share_two_parts_and_all_finish) {
    constexpr unsigned writers = 64, parts = 5;
    const std::string piece(part / 3, 'x');
    const std::uint64_t each = parts * part;
    std::atomic<unsigned> finished{0};
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < writers; ++i)
        threads.emplace_back([&] {
            object_writer writer(to, "key", {}, limits());
            const auto body = [&](operation& op) -> task<result<void>> {
                while (writer.size() < each) {
                    const std::size_t n =
                        std::min<std::uint64_t>(piece.size(), each - writer.size());
                    const result<void> written =
                        co_await writer.write(op, std::span(piece).first(n));
                    if (!written) co_return written.error();
                }
                const result<object_meta> done = co_await writer.finish(op);
                if (!done) co_return done.error();
                co_return result<void>();
            };
            const auto op = run(milliseconds(20000), body);
            EXPECT_TRUE(op->outcome.has_value()) << op->outcome.error()->message;
            if (op->outcome) ++finished;
        });
    for (std::thread& one : threads)
        one.join();
    EXPECT_EQ(finished, writers);
    EXPECT_EQ(to->bytes, writers * each);
    EXPECT_LE(memory->peak(), 2 * part);
    EXPECT_TRUE(budget::try_take(memory, 2 * part).has_value()) << "all of it came back";
}

// Sources that wait for each other: who holds memory does not push until the others have ended.
TEST_F(writers_of_little_memory, ST19_those_who_wait_for_each_other_are_told_so) {
    constexpr unsigned holders = 2, others = 62;
    const std::string half(part / 2, 'x');
    const auto push = [&half](object_writer& writer) {
        return [&](operation& op) -> task<result<void>> {
            const result<void> written = co_await writer.write(op, half);
            co_return written;
        };
    };
    const auto finish = [](object_writer& writer) {
        return [&](operation& op) -> task<result<void>> {
            const result<object_meta> done = co_await writer.finish(op);
            if (!done) co_return done.error();
            co_return result<void>();
        };
    };
    std::vector<std::unique_ptr<object_writer>> holding;
    for (unsigned i = 0; i < holders; ++i) {
        holding.push_back(std::make_unique<object_writer>(to, "key", put_options(), limits()));
        ASSERT_TRUE(run(milliseconds(1000), push(*holding.back()))->outcome.has_value());
    }
    std::vector<std::thread> threads;
    const auto start = std::chrono::steady_clock::now();
    for (unsigned i = 0; i < others; ++i)
        threads.emplace_back([&] {
            object_writer writer(to, "key", {}, limits());
            const auto op = run(milliseconds(300), push(writer));
            ASSERT_FALSE(op->outcome.has_value());
            EXPECT_EQ(op->outcome.error().code(), errc::stalled);
            EXPECT_NE(op->outcome.error()->hint.find("memory_budget"), std::string::npos);
        });
    for (std::thread& one : threads)
        one.join();
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
    for (const auto& each : holding)
        EXPECT_TRUE(run(milliseconds(1000), finish(*each))->outcome.has_value());
    EXPECT_EQ(to->bytes, holders * half.size());
    EXPECT_LE(memory->peak(), 2 * part);
    holding.clear();
    EXPECT_TRUE(budget::try_take(memory, 2 * part).has_value()) << "all of it came back";
}

} // namespace
} // namespace blobstore
