// SPDX-License-Identifier: Apache-2.0
// A thousand calls at once on four connections, against servers that work, fail, stall or are not
// there: every call ends once and in time, the limits hold, and nothing stays behind.
#include "capi/support.h"
#include "fakes/s3_server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <functional>
#include <map>
#include <netdb.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
extern "C" std::size_t __sanitizer_get_current_allocated_bytes(); // GCC has no header of it
#else
#include <malloc.h>
#endif

namespace {

std::atomic<int> slow_names_ms{0}; // of names that end with ".slow"
std::atomic<unsigned> slow_names_asked{0};

} // namespace

/// In place of the system's in this program: a server of names that takes its time.
extern "C" int
getaddrinfo(const char* host, const char* port, const addrinfo* wanted, addrinfo** found) {
    using function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    static const auto next = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    if (!host || !std::string_view(host).ends_with(".slow")) return next(host, port, wanted, found);
    ++slow_names_asked;
    std::this_thread::sleep_for(std::chrono::milliseconds(slow_names_ms));
    return next("127.0.0.1", port, wanted, found);
}

namespace blobstore::fault_tests {
namespace {

using namespace capi_tests;
using fakes::event;
using fakes::stage;

constexpr std::size_t calls = 1000, connections = 4;
constexpr int budget = 500, cost_of_retry = 14; // RT-01
constexpr milliseconds grace{250};              // O2

std::size_t entries(const char* folder) {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder))
        ++count;
    return count;
}

std::size_t heap() {
#ifdef __SANITIZE_ADDRESS__
    return __sanitizer_get_current_allocated_bytes();
#else
    return ::mallinfo2().uordblks;
#endif
}

struct storm {
    std::string endpoint;
    settings more;
    milliseconds timeout{0};
    unsigned attempts = 5;
};

struct tally {
    std::size_t completed = 0, most_descriptors = 0;
    std::map<std::string, std::size_t> statuses;
    milliseconds slowest{0};
    std::uint64_t attempts = 0; // of the errors
    bool twice = false;         // one call completed two times

    std::size_t of(const std::string& name) const {
        const auto at = statuses.find(name);
        return at == statuses.end() ? 0 : at->second;
    }

    std::string text() const {
        std::string out;
        for (const auto& [name, count] : statuses)
            out += name + " " + std::to_string(count) + ", ";
        return out + "slowest " + std::to_string(slowest.count()) + " ms, " +
               std::to_string(most_descriptors) + " more descriptors";
    }
};

void take(const blobstore_event& one, std::array<bool, calls>& seen, tally& into) {
    ++into.completed;
    into.twice = into.twice || std::exchange(seen.at(one.user_data), true);
    ++into.statuses[blobstore_status_name(one.status)];
    auto view = sized<blobstore_error_view>();
    const blobstore_error* failed = blobstore_op_error(one.op);
    if (failed && blobstore_error_get(failed, &view) == BLOBSTORE_OK)
        into.attempts += view.attempts;
    if (one.status == BLOBSTORE_OK) {
        const buffer_ptr body(blobstore_op_take_buffer(one.op));
        std::size_t size = 0;
        const void* data = blobstore_buffer_data(body.get(), &size);
        if (std::string_view(static_cast<const char*>(data), size) != "0123456789")
            ++into.statuses["wrong bytes"];
    }
}

tally run(const storm& with) {
    const std::size_t before = entries("/proc/self/fd");
    tally out;
    std::array<bool, calls> seen{};
    settings of_client = with.more;
    of_client.emplace_back("max_connections", std::to_string(connections));
    const client_ptr client = make_client(of_client);
    const store_ptr store = open_store(client, "s3://bucket", fake_settings(with.endpoint));
    const queue_ptr queue = make_queue(calls);
    auto limits = sized<blobstore_call>();
    limits.timeout_ms = with.timeout.count();
    limits.max_attempts = with.attempts;
    const auto from = steady::now();
    std::array<steady::time_point, calls> submitted{};
    for (std::size_t i = 0; i < calls; ++i) {
        submitted[i] = steady::now();
        auto how = sized<blobstore_async>();
        how.queue = queue.get();
        how.user_data = i;
        if (submit_get(store, "key", &limits, &how, nullptr) != BLOBSTORE_OK)
            ADD_FAILURE() << "not accepted";
    }
    auto looked = from;
    std::array<blobstore_event, 64> batch;
    while (out.completed < calls && since(from) < milliseconds(60000)) {
        std::size_t n = 0;
        blobstore_queue_poll(queue.get(), batch.data(), batch.size(), 20, &n);
        for (std::size_t i = 0; i < n; ++i) {
            out.slowest = std::max(out.slowest, since(submitted.at(batch[i].user_data)));
            take(batch[i], seen, out);
        }
        blobstore_events_release(batch.data(), n);
        if (since(looked) < milliseconds(10)) continue;
        looked = steady::now();
        out.most_descriptors =
            std::max(out.most_descriptors, std::max(before, entries("/proc/self/fd")) - before);
    }
    return out;
}

class storms : public testing::Test {
protected:
    storms() {
        server_.put_object("bucket", "key", "0123456789");
        descriptors_ = entries("/proc/self/fd");
        threads_ = entries("/proc/self/task");
    }

    // Nothing is left; the server's side may need a moment to see that its peers are gone.
    ~storms() override {
        server_.clear_faults();
        for (int i = 0; i < 300 && server_.counters().open_now != 0; ++i)
            std::this_thread::sleep_for(milliseconds(10));
        for (int i = 0; i < 300 && entries("/proc/self/fd") > descriptors_; ++i)
            std::this_thread::sleep_for(milliseconds(10));
        EXPECT_EQ(server_.counters().open_now, 0U);
        for (int i = 0; i < 300 && entries("/proc/self/task") > threads_; ++i)
            std::this_thread::sleep_for(milliseconds(10));
        EXPECT_LE(entries("/proc/self/fd"), descriptors_);
        EXPECT_LE(entries("/proc/self/task"), threads_);
    }

    // Load makes calls late: in time once in three runs is in time.
    void in_time(const storm& with, const std::function<void(const tally&)>& judge) {
        tally seen;
        for (int i = 0; i < 3; ++i) {
            seen = run(with);
            std::printf("storm: %s\n", seen.text().c_str());
            ASSERT_EQ(seen.completed, calls) << "not every call ended";
            EXPECT_FALSE(seen.twice);
            EXPECT_EQ(seen.of("wrong bytes"), 0U);
            // Of the client: its connections and loops; of the server in this process: two each.
            EXPECT_LE(seen.most_descriptors, 3 * connections + 40);
            judge(seen);
            if (with.timeout.count() == 0 || seen.slowest <= with.timeout + grace) return;
        }
        ADD_FAILURE() << "O2: " << seen.text();
    }

    static fakes::server_options options(fakes::tls_mode tls) {
        fakes::server_options out;
        out.tls = tls;
        return out;
    }

    fakes::s3_server server_;
    std::size_t descriptors_ = 0, threads_ = 0;
};

TEST_F(storms, a_thousand_calls_use_four_connections) {
    in_time({server_.endpoint(), {}}, [&](const tally& seen) {
        EXPECT_EQ(seen.of("OK"), calls) << seen.text();
    });
    EXPECT_LE(server_.counters().connections, connections);
}

TEST_F(storms, a_thousand_calls_use_four_connections_over_tls) {
    fakes::s3_server secure(options(fakes::tls_mode::on));
    secure.put_object("bucket", "key", "0123456789");
    descriptors_ = entries("/proc/self/fd");
    in_time(
        {"https://127.0.0.1:" + std::to_string(secure.port()),
         {{"ca_file", secure.ca().ca_file()}}},
        [&](const tally& seen) { EXPECT_EQ(seen.of("OK"), calls) << seen.text(); }
    );
    EXPECT_LE(secure.counters().connections, connections);
}

TEST_F(storms, some_answers_fail_and_the_calls_do_not) {
    // Less often in a row than a call has attempts: one may meet them all.
    server_.on({.nth = 100}, fakes::reset_at(stage::answer_head), 4);
    server_.on({.nth = 300}, fakes::answer_status(500, "InternalError"), 4);
    server_.on({.nth = 500}, fakes::close_at(stage::request), 4);
    in_time({server_.endpoint(), {}}, [&](const tally& seen) {
        EXPECT_EQ(seen.of("OK"), calls) << seen.text();
    });
}

// O3: all retries of a client together are paid from one budget.
TEST_F(storms, RT01_a_failing_service_is_not_hammered) {
    server_.on({}, fakes::answer_status(500, "InternalError"), fakes::for_ever);
    in_time({server_.endpoint(), {}}, [&](const tally& seen) {
        EXPECT_EQ(seen.of("E_UNAVAILABLE"), calls) << seen.text();
        EXPECT_EQ(server_.counters().requests, seen.attempts);
        EXPECT_LE(seen.attempts, calls + budget / cost_of_retry);
    });
}

// Each 503 ends its connection, but nobody connects without a request to send.
TEST_F(storms, RT08_throttling_opens_no_more_connections_than_requests) {
    server_.on({}, fakes::answer_status(503, "SlowDown"), fakes::for_ever);
    storm with{server_.endpoint(), {}};
    with.attempts = 1; // the pauses are the budget's and the backoff's
    in_time(with, [&](const tally& seen) {
        EXPECT_EQ(seen.of("E_THROTTLED"), calls) << seen.text();
        EXPECT_EQ(server_.counters().requests, calls);
        EXPECT_EQ(server_.counters().connections, calls) << "one each";
    });
}

TEST_F(storms, every_connection_is_reset_at_once) {
    server_.on({}, fakes::reset_at(stage::accept), fakes::for_ever);
    in_time({server_.endpoint(), {}}, [&](const tally& seen) {
        // The reset may come before connect() has returned.
        EXPECT_EQ(seen.of("E_NETWORK") + seen.of("E_CONNECT"), calls) << seen.text();
        EXPECT_LE(server_.counters().connections, calls + budget / cost_of_retry + connections);
    });
}

TEST_F(storms, nobody_listens) {
    const fakes::refused_port port;
    in_time({"http://127.0.0.1:" + std::to_string(port.port()), {}}, [&](const tally& seen) {
        EXPECT_EQ(seen.of("E_CONNECT"), calls) << seen.text();
    });
}

TEST_F(storms, names_come_slowly) {
    slow_names_ms = 1000;
    slow_names_asked = 0;
    storm with{"http://a.slow:" + std::to_string(server_.port()), {}};
    with.timeout = milliseconds(400);
    unsigned runs = 0;
    in_time(with, [&](const tally& seen) {
        EXPECT_EQ(seen.of("E_TIMEOUT"), calls) << seen.text();
        EXPECT_EQ(slow_names_asked, ++runs) << "ST-08: one look-up for all that wait";
    });
    slow_names_ms = 100;
    with.timeout = milliseconds(0);
    in_time(with, [&](const tally& seen) { EXPECT_EQ(seen.of("OK"), calls) << seen.text(); });
    EXPECT_EQ(slow_names_asked, runs + 1) << "ST-08: kept";
}

/// No descriptor more than there are now, until it goes.
class no_more_descriptors {
public:
    no_more_descriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        int highest = 2;
        for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
            highest = std::max(highest, std::stoi(entry.path().filename().string()));
        rlimit now = before_;
        now.rlim_cur = static_cast<rlim_t>(highest) + 1;
        ::setrlimit(RLIMIT_NOFILE, &now);
        for (int fd = ::dup(2); fd >= 0; fd = ::dup(2))
            fillers_.push_back(fd);
    }

    no_more_descriptors(const no_more_descriptors&) = delete;
    no_more_descriptors& operator=(const no_more_descriptors&) = delete;

    ~no_more_descriptors() {
        for (const int fd : fillers_)
            ::close(fd);
        ::setrlimit(RLIMIT_NOFILE, &before_);
    }

private:
    rlimit before_{};
    std::vector<int> fillers_;
};

/// A get that must fail for want of a descriptor and say so.
void expect_shortage(const store_ptr& store, unsigned attempts) {
    auto limits = sized<blobstore_call>();
    limits.max_attempts = attempts;
    error_slot err;
    const blobstore_status status = get(store, "key", &limits, err);
    EXPECT_TRUE(status == BLOBSTORE_E_CONNECT || status == BLOBSTORE_E_IO)
        << blobstore_status_name(status) << " " << err.line();
    EXPECT_EQ(err.view().os_error, EMFILE) << err.line();
    EXPECT_NE(err.line().find("Too many open files"), std::string::npos) << err.line();
}

// ST-18: the calls that need a descriptor end with the reason, and work again once there are some.
TEST_F(storms, ST18_descriptors_run_out) {
    fakes::fault once;
    once.connection_close = true; // so that no descriptor waits to be used again
    server_.on({}, once, 2);
    const client_ptr used = make_client({{"max_connections", "4"}});
    const store_ptr store = open_store(used, "s3://bucket", fake_settings(server_.endpoint()));
    EXPECT_EQ(get(store, "key"), BLOBSTORE_OK);
    const queue_ptr queue = make_queue(calls);
    auto how = sized<blobstore_async>();
    how.queue = queue.get();
    EXPECT_EQ(submit_get(store, "key", nullptr, &how, nullptr), BLOBSTORE_OK);
    std::array<blobstore_event, 64> batch;
    size_t n = 0;
    blobstore_queue_poll(queue.get(), batch.data(), 1, 10000, &n);
    blobstore_events_release(batch.data(), n);
    for (int i = 0; i < 300 && server_.counters().open_now != 0; ++i)
        std::this_thread::sleep_for(milliseconds(10));
    {
        const no_more_descriptors none;
        const client_ptr fresh = make_client(); // which has no loop yet
        expect_shortage(open_store(fresh, "s3://bucket", fake_settings(server_.endpoint())), 1);
        expect_shortage(store, 2);
        auto limits = sized<blobstore_call>();
        limits.max_attempts = 1;
        for (int i = 0; i < 100; ++i)
            EXPECT_EQ(submit_get(store, "key", &limits, &how, nullptr), BLOBSTORE_OK);
        for (std::size_t ended = 0; ended < 100; ended += n) {
            n = 0;
            ASSERT_EQ(
                blobstore_queue_poll(queue.get(), batch.data(), batch.size(), 10000, &n),
                BLOBSTORE_OK
            );
            for (std::size_t i = 0; i < n; ++i)
                EXPECT_EQ(batch.at(i).status, BLOBSTORE_E_CONNECT);
            blobstore_events_release(batch.data(), n);
        }
    }
    EXPECT_EQ(get(store, "key"), BLOBSTORE_OK);
    const client_ptr fresh = make_client();
    EXPECT_EQ(
        get(open_store(fresh, "s3://bucket", fake_settings(server_.endpoint())), "key"),
        BLOBSTORE_OK
    );
}

TEST_F(storms, ST18_idle_connections_give_way_where_descriptors_run_out) {
    fakes::s3_server other;
    other.put_object("bucket", "key", "0123456789");
    descriptors_ = entries("/proc/self/fd");
    threads_ = entries("/proc/self/task");
    server_.on({}, fakes::answer_late(milliseconds(300)), 8);
    const client_ptr client = make_client();
    const store_ptr store = open_store(client, "s3://bucket", fake_settings(server_.endpoint()));
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] { EXPECT_EQ(get(store, "key"), BLOBSTORE_OK); });
    for (std::thread& each : threads)
        each.join();
    EXPECT_EQ(server_.counters().open_now, 8U);
    const no_more_descriptors none;
    error_slot err;
    const blobstore_status status =
        get(open_store(client, "s3://bucket", fake_settings(other.endpoint())), "key", nullptr, err
        );
    EXPECT_EQ(status, BLOBSTORE_OK) << err.line();
}

TEST_F(storms, the_backlog_is_full) {
    const fakes::blackhole_port port;
    storm with{"http://127.0.0.1:" + std::to_string(port.port()), {{"connect_timeout", "100ms"}}};
    with.timeout = milliseconds(500);
    in_time(with, [&](const tally& seen) {
        EXPECT_EQ(seen.of("E_TIMEOUT"), calls) << seen.text();
        EXPECT_LE(seen.most_descriptors, 2 * connections + 10); // two while it connects
    });
}

TEST_F(storms, the_server_accepts_and_never_answers) {
    server_.on({}, fakes::stall_at(stage::accept), fakes::for_ever);
    storm with{server_.endpoint(), {{"first_byte_timeout", "100ms"}}};
    with.timeout = milliseconds(500);
    in_time(with, [&](const tally& seen) {
        EXPECT_EQ(seen.of("E_TIMEOUT"), calls) << seen.text();
    });
}

TEST_F(storms, a_byte_now_and_then) {
    fakes::fault slow;
    slow.segment = 1;
    slow.segment_delay = milliseconds(50); // stands for one a second: below every stall limit
    server_.on({}, slow, fakes::for_ever);
    storm with{server_.endpoint(), {{"stall_timeout", "200ms"}}};
    with.timeout = milliseconds(600);
    in_time(with, [&](const tally& seen) {
        EXPECT_EQ(seen.of("E_TIMEOUT") + seen.of("E_STALLED"), calls) << seen.text();
    });
}

TEST_F(storms, every_answer_is_half_closed) {
    fakes::fault half;
    half.what = event::half_close;
    half.where = stage::answer_head;
    half.byte = 20;
    server_.on({}, half, fakes::for_ever);
    in_time({server_.endpoint(), {}}, [&](const tally& seen) {
        EXPECT_EQ(seen.of("E_NETWORK"), calls) << seen.text();
        EXPECT_LE(server_.counters().requests, calls + budget / cost_of_retry);
    });
}

// Each thread has a connection of its own, and its own time.
TEST_F(storms, blocking_calls_of_many_threads_end_in_time) {
    server_.on({}, fakes::stall_at(stage::request), fakes::for_ever);
    milliseconds slowest{0};
    for (int i = 0; i < 3; ++i) {
        const client_ptr client = make_client();
        const store_ptr store =
            open_store(client, "s3://bucket", fake_settings(server_.endpoint()));
        std::array<milliseconds, 64> took{};
        std::vector<std::thread> threads;
        for (milliseconds& mine : took)
            threads.emplace_back([&] {
                auto limits = sized<blobstore_call>();
                limits.timeout_ms = 300;
                const auto from = steady::now();
                EXPECT_EQ(get(store, "key", &limits), BLOBSTORE_E_TIMEOUT);
                mine = since(from);
            });
        for (std::thread& each : threads)
            each.join();
        slowest = *std::max_element(took.begin(), took.end());
        if (slowest <= milliseconds(300) + grace) break;
    }
    EXPECT_LE(slowest, milliseconds(300) + grace);
}

TEST_F(storms, memory_comes_back) {
    const auto round = [&] {
        server_.clear_faults();
        server_.on({.nth = 100}, fakes::reset_at(stage::answer_body, 5), 100);
        server_.on({.nth = 400}, fakes::stall_at(stage::answer_head, 9, milliseconds(20)), 10);
        server_.on({.nth = 600}, fakes::answer_status(500, "InternalError"), 20);
        EXPECT_EQ(run({server_.endpoint(), {}}).completed, calls);
        server_.clear_log();
        for (int i = 0; i < 300 && server_.counters().open_now != 0; ++i)
            std::this_thread::sleep_for(milliseconds(10));
        return heap();
    };
    round();
    std::array<std::size_t, 6> after{};
    for (std::size_t& each : after)
        each = round();
    std::printf("storm: heap after each 1000 calls:");
    for (const std::size_t each : after)
        std::printf(" %zu", each);
    std::printf("\n");
    // It breathes with the server's threads; one object lost by each call would be far more.
    EXPECT_LT(
        *std::min_element(after.begin() + 3, after.end()),
        *std::max_element(after.begin(), after.begin() + 3) + 16 * calls
    );
}

} // namespace
} // namespace blobstore::fault_tests
