// SPDX-License-Identifier: Apache-2.0
// From a name to a connection: look-ups, their sharing and keeping, and the race of the addresses.
#include "http/race.h"
#include "http/resolver.h"
#include "raw_server.h"

#include <gtest/gtest.h>

#include <netdb.h>
#include <sys/resource.h>

namespace blobstore::http::test {

namespace {

errc outcome_of(
    const resolver& names,
    const origin& to,
    milliseconds cancel_after,
    milliseconds limit,
    std::vector<endpoint>& found
) {
    context on;
    const auto op = std::make_shared<test_operation>();
    std::thread canceller([op, cancel_after] {
        std::this_thread::sleep_for(cancel_after);
        op->cancel();
    });
    const result<void> outcome = run(on, op, [&](operation& o) -> task<result<void>> {
        result<std::vector<endpoint>> r = co_await names.resolve(o, to, limit);
        if (!r) co_return r.error();
        found = *r;
        co_return result<void>();
    });
    canceller.join();
    return outcome ? errc::ok : outcome.error().code();
}

TEST(http_resolver, numbers_overrides_and_the_system) {
    const auto never = [](const std::string&, std::uint16_t) {
        return lookup_answer{EAI_FAIL, 0, {}};
    };
    const resolver names =
        resolver::make({"a.test:443:127.0.0.9", "b.test:80:[::1]:8080", "[::5]:80:10.0.0.1"}, never)
            .value();
    std::vector<endpoint> found;
    const auto first = [&](const origin& to) {
        const errc code = outcome_of(names, to, milliseconds(1), milliseconds(5000), found);
        return code == errc::ok
                   ? found[0].address().to_string() + " " + std::to_string(found[0].port())
                   : std::string(name_of(code));
    };
    EXPECT_EQ(first({true, "A.test", 443}), "127.0.0.9 443");
    EXPECT_EQ(first({false, "b.test", 80}), "::1 8080");
    EXPECT_EQ(first({false, "::5", 80}), "10.0.0.1 80");
    EXPECT_EQ(first({false, "::6", 80}), "::6 80");
    EXPECT_EQ(first({false, "10.1.2.3", 81}), "10.1.2.3 81");
    const resolver failing = resolver::make({}, never).value();
    EXPECT_EQ(
        outcome_of(failing, {true, "a.test", 444}, milliseconds(300), milliseconds(5000), found),
        errc::dns
    );
    const resolver system = resolver::make({}).value();
    EXPECT_EQ(
        outcome_of(system, {false, "localhost", 80}, milliseconds(1000), milliseconds(5000), found),
        errc::ok
    );
    EXPECT_FALSE(found.empty());
    for (const char* bad :
         {"",
          "a",
          "a:1",
          "a:1:x",
          "a:0:1.2.3.4",
          "a:65536:1.2.3.4",
          ":1:1.2.3.4",
          "a:1:1.2.3.4:",
          "a:1:1.2.3.4:0",
          "a:1:1.2.3.4:5:6",
          "a:1:::1",
          "[a:1:1.2.3.4"}) {
        const auto made = resolver::make({bad});
        ASSERT_FALSE(made.has_value()) << bad;
        EXPECT_EQ(made.error().code(), errc::config);
    }
}

TEST(http_resolver, RT05_the_call_ends_in_time_while_a_name_is_looked_up) {
    const resolver names = resolver::make({}, [](const std::string&, std::uint16_t) {
                               std::this_thread::sleep_for(milliseconds(2000));
                               return lookup_answer{};
                           }).value();
    context on;
    const auto op = std::make_shared<test_operation>();
    op->limits.timeout = milliseconds(200);
    const auto began = std::chrono::steady_clock::now();
    const result<void> outcome = run(on, op, [&](operation& o) -> task<result<void>> {
        const origin to{false, "slow.test", 80};
        result<std::vector<endpoint>> r = co_await names.resolve(o, to, milliseconds(30000));
        if (!r) co_return r.error();
        co_return result<void>();
    });
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code(), errc::timeout);
    EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(1000));
}

TEST(http_resolver, RT15_slow_look_ups_are_left_behind) {
    const resolver names = resolver::make({}, [](const std::string&, std::uint16_t) {
                               std::this_thread::sleep_for(milliseconds(1000));
                               return lookup_answer{};
                           }).value();
    std::vector<endpoint> found;
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(
        outcome_of(names, {false, "slow.test", 80}, milliseconds(50), milliseconds(5000), found),
        errc::cancelled
    );
    EXPECT_EQ(
        outcome_of(names, {false, "slow.test", 80}, milliseconds(100), milliseconds(50), found),
        errc::dns
    );
    EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(400));
    std::this_thread::sleep_for(milliseconds(1100)); // they end on their own
}

endpoint at(const char* address, std::uint16_t port = 80) {
    return {boost::asio::ip::make_address(address), port};
}

/// Shared with look-ups that are left behind.
struct lookup_state {
    std::atomic<int> asked{0}, failing{0}, slow_ms{0};
};

struct counted_lookup {
    const std::shared_ptr<lookup_state> state = std::make_shared<lookup_state>();
    std::atomic<int>&asked = state->asked, &failing = state->failing, &slow_ms = state->slow_ms;

    resolver make(lookup_times times = {}) {
        const auto look = [with = state](const std::string& host, std::uint16_t port) {
            ++with->asked;
            std::this_thread::sleep_for(milliseconds(with->slow_ms));
            if (host == "slow.test") std::this_thread::sleep_for(milliseconds(2500));
            if (with->failing != 0) return lookup_answer{with->failing, 0, {}};
            return lookup_answer{0, 0, {at("127.0.0.1", port)}};
        };
        return resolver::make({}, look, times).value();
    }
};

errc ask_once(const resolver& names, const char* host = "a.test") {
    context on;
    const auto op = std::make_shared<test_operation>();
    const result<void> outcome = run(on, op, [&](operation& o) -> task<result<void>> {
        const origin to{false, host, 80};
        result<std::vector<endpoint>> r = co_await names.resolve(o, to, milliseconds(5000));
        if (!r) co_return r.error();
        co_return result<void>();
    });
    return outcome ? errc::ok : outcome.error().code();
}

TEST(http_resolver, ST08_one_look_up_for_all_that_ask) {
    counted_lookup lookup;
    lookup.slow_ms = 200;
    const resolver names = lookup.make();
    std::atomic<int> good{0};
    std::vector<std::thread> askers;
    for (int i = 0; i < 16; ++i)
        askers.emplace_back([&] { good += ask_once(names) == errc::ok; });
    for (std::thread& each : askers)
        each.join();
    EXPECT_EQ(good, 16);
    EXPECT_EQ(lookup.asked, 1);
    EXPECT_EQ(ask_once(names), errc::ok);
    EXPECT_EQ(lookup.asked, 1) << "kept";
}

TEST(http_resolver, ST08_answers_are_kept_for_a_while) {
    counted_lookup lookup;
    lookup_times times;
    times.one = milliseconds(600);
    times.failure = milliseconds(600);
    times.stale = milliseconds(100000);
    const resolver names = lookup.make(times);
    lookup.failing = EAI_NONAME;
    EXPECT_EQ(ask_once(names), errc::dns);
    EXPECT_EQ(ask_once(names), errc::dns);
    EXPECT_EQ(lookup.asked, 1) << "failures too";
    std::this_thread::sleep_for(milliseconds(700));
    lookup.failing = 0;
    EXPECT_EQ(ask_once(names), errc::ok);
    EXPECT_EQ(lookup.asked, 2);
    std::this_thread::sleep_for(milliseconds(700));
    lookup.failing = EAI_AGAIN;
    EXPECT_EQ(ask_once(names), errc::ok) << "the old answer where the resolver fails";
    EXPECT_EQ(lookup.asked, 3);
    std::this_thread::sleep_for(milliseconds(700));
    lookup.failing = EAI_NONAME;
    EXPECT_EQ(ask_once(names), errc::dns) << "the name is gone";
    EXPECT_EQ(lookup.asked, 4);
}

TEST(http_resolver, ST08_a_slow_name_holds_up_no_other_and_no_end) {
    counted_lookup lookup;
    const auto began = std::chrono::steady_clock::now();
    {
        const resolver names = lookup.make();
        std::vector<endpoint> found;
        const origin slow{false, "slow.test", 80};
        EXPECT_EQ(
            outcome_of(names, slow, milliseconds(50), milliseconds(5000), found), errc::cancelled
        );
        EXPECT_EQ(ask_once(names, "other.test"), errc::ok);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(2000));
    std::this_thread::sleep_for(milliseconds(2600)); // it ends on its own
}

TEST(http_reachability, families_by_turns_and_the_dead_last) {
    reachability known;
    const steady::time_point now = steady::now();
    const std::vector<endpoint> given{at("::1"), at("::2"), at("10.0.0.1"), at("10.0.0.2")};
    const auto first = known.order(given, now);
    EXPECT_EQ(first, (std::vector{at("::1"), at("10.0.0.1"), at("::2"), at("10.0.0.2")}));
    known.failed(at("::1"), now);
    known.failed(at("10.0.0.1"), now);
    const auto second = known.order(given, now);
    EXPECT_EQ(second, (std::vector{at("::2"), at("10.0.0.2"), at("::1"), at("10.0.0.1")}));
    known.worked(at("::1"));
    EXPECT_EQ(known.order(given, now)[0], at("::1"));
    EXPECT_EQ(known.order(given, now + std::chrono::seconds(61)), first);
}

TEST(http_race, ST07_next_address_after_one_that_refuses_or_hangs) {
    raw_server server([](int fd, int) {
        head_of(fd);
        put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    const full_listener full;
    client_options options;
    options.connect = milliseconds(5000);
    options.resolve = {
        "two.test:80:127.0.0.2:" + std::to_string(server.port()),
        "two.test:80:127.0.0.1:" + std::to_string(full.port()),
        "two.test:80:127.0.0.1:" + std::to_string(server.port())};
    options.idle = milliseconds(0);
    context on;
    const auto client = open_client(options);
    const answer a = ask(*client, on, get({false, "TWO.test", 80}));
    ASSERT_TRUE(a.outcome.has_value()) << a.outcome.error().message();
    EXPECT_EQ(a.body, "ok");
    EXPECT_GE(a.seconds, 0.24);
    EXPECT_LT(a.seconds, 3);
}

/// One descriptor is left, until it goes.
class one_descriptor {
public:
    one_descriptor() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit few = before_;
        few.rlim_cur = 64;
        ::setrlimit(RLIMIT_NOFILE, &few);
        for (int fd = ::dup(2); fd >= 0; fd = ::dup(2))
            fillers_.push_back(fd);
        ::close(fillers_.back());
        fillers_.pop_back();
    }

    one_descriptor(const one_descriptor&) = delete;
    one_descriptor& operator=(const one_descriptor&) = delete;

    ~one_descriptor() {
        for (const int fd : fillers_)
            ::close(fd);
        ::setrlimit(RLIMIT_NOFILE, &before_);
    }

private:
    rlimit before_{};
    std::vector<int> fillers_;
};

TEST(http_race, RT08_no_descriptor_left_tells_nothing_of_an_address) {
    reachability known;
    context on;
    const auto op = std::make_shared<test_operation>();
    const std::array<endpoint, 1> refuses{at("127.0.0.3", 1)}, to{at("127.0.0.1")};
    race_outcome ended;
    run(on, op, [&](operation& o) -> task<result<void>> {
        co_await race(o, refuses, milliseconds(1000), known); // the context has its own from now on
        const one_descriptor left;                            // the set's own
        ended = co_await race(o, to, milliseconds(1000), known);
        co_return result<void>();
    });
    EXPECT_EQ(ended.how.ec.value(), EMFILE);
    const std::vector<endpoint> given{to[0], at("127.0.0.2")};
    EXPECT_EQ(known.order(given, steady::now()), given);
}

} // namespace

} // namespace blobstore::http::test
