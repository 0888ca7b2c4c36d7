// SPDX-License-Identifier: Apache-2.0
// Exactly one completion per accepted submit, in every delivery, with cancels and closes between.
#include "capi/support.h"

#include <atomic>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

namespace blobstore::capi_tests {
namespace {

constexpr std::size_t most_in_flight = 96;

std::size_t wanted_operations() {
    const char* set = std::getenv("BLOBSTORE_STRESS_OPS");
    return set ? std::strtoull(set, nullptr, 10) : 200000;
}

// Which operation came back how often.
struct tally {
    explicit tally(std::size_t n)
        : completions(n) {}

    void arrived(std::uint64_t i) {
        completions[i].fetch_add(1);
        in_flight.fetch_sub(1);
    }

    std::vector<std::atomic<int>> completions;
    std::atomic<std::size_t> in_flight{0};
};

tally* current = nullptr;

void BLOBSTORE_CALL on_complete(const blobstore_event* event) {
    current->arrived(event->user_data);
}

// Waits for ops on a thread of its own.
class waiter {
public:
    explicit waiter(tally& counts)
        : thread_([this, &counts] { run(counts); }) {}

    ~waiter() {
        over_ = true;
        thread_.join();
    }

    void add(std::size_t i, blobstore_op* op) {
        const std::lock_guard lock(mutex_);
        ops_.emplace_back(i, op);
    }

private:
    void run(tally& counts) {
        while (true) {
            std::unique_lock lock(mutex_);
            if (ops_.empty()) {
                lock.unlock();
                if (over_) {
                    return;
                }
                std::this_thread::sleep_for(milliseconds(1));
                continue;
            }
            const auto [i, op] = ops_.front();
            ops_.pop_front();
            lock.unlock();
            if (blobstore_op_wait(op, 60000) != BLOBSTORE_E_AGAIN) {
                counts.arrived(i);
            }
            blobstore_op_free(op);
        }
    }

    std::mutex mutex_;
    std::deque<std::pair<std::size_t, blobstore_op*>> ops_;
    std::atomic<bool> over_{false};
    std::thread thread_;
};

// Polls a queue on a thread of its own until it is shut down and drained.
class poller {
public:
    explicit poller(tally& counts)
        : queue_(make_queue())
        , thread_([this, &counts] { run(counts); }) {}

    ~poller() {
        blobstore_queue_shutdown(queue_.get());
        thread_.join();
    }

    blobstore_queue* get() const { return queue_.get(); }

private:
    void run(tally& counts) {
        blobstore_event events[32];
        size_t n = 0;
        while (blobstore_queue_poll(queue_.get(), events, 32, -1, &n) == BLOBSTORE_OK) {
            for (size_t i = 0; i < n; ++i) {
                counts.arrived(events[i].user_data);
            }
            blobstore_events_release(events, n);
        }
    }

    queue_ptr queue_;
    std::thread thread_;
};

struct totals {
    std::size_t accepted = 0, sockets = 0, refused = 0, cancels = 0;
};

// The operations [first, last) on one client, which is closed in their midst.
class round {
public:
    round(tally& counts, fakes::s3_server& server, unsigned seed, totals& sums)
        : counts_(counts)
        , sums_(sums)
        , random_(seed)
        , remote_(open_fake(client_, server))
        , memory_(open_store(client_, "memory://stress")) {
        EXPECT_EQ(put(memory_, "ok", "data"), BLOBSTORE_OK);
    }

    void run(std::size_t first, std::size_t last) {
        waiter waits(counts_);
        poller polls(counts_);
        std::thread closer;
        for (std::size_t i = first; i < last; ++i) {
            if (i == first + (last - first) * 19 / 20) {
                closer = std::thread([&] {
                    EXPECT_EQ(blobstore_client_close(client_.get(), 30000, nullptr), BLOBSTORE_OK);
                });
            }
            while (counts_.in_flight >= most_in_flight) {
                std::this_thread::sleep_for(std::chrono::microseconds(50));
            }
            one(i, waits, polls);
        }
        closer.join();
    }

private:
    void one(std::size_t i, waiter& waits, const poller& polls) {
        static constexpr const char* keys[] = {
            "ok", "ok", "ok", "ok", "late", "reset", "cut", "stall"};
        const bool socket = random_() % 3 != 0;
        const char* key = socket ? keys[random_() % 8] : "ok";
        auto call = sized<blobstore_call>();
        call.max_attempts = 1;
        call.timeout_ms = 100;
        auto how = sized<blobstore_async>();
        how.user_data = i;
        const auto delivery = random_() % 3;
        how.queue = delivery == 0 ? polls.get() : nullptr;
        how.callback = delivery == 1 ? on_complete : nullptr;
        blobstore_op* op = nullptr;
        counts_.in_flight.fetch_add(1);
        const auto status = submit_get(socket ? remote_ : memory_, key, &call, &how, &op);
        if (status != BLOBSTORE_OK) {
            EXPECT_TRUE(status == BLOBSTORE_E_CLOSED || status == BLOBSTORE_E_AGAIN) << status;
            counts_.in_flight.fetch_sub(1);
            counts_.completions[i] = 1; // none is due
            ++sums_.refused;
            return;
        }
        ++sums_.accepted;
        sums_.sockets += socket;
        if (random_() % 5 == 0) {
            ++sums_.cancels;
            blobstore_op_cancel(op);
        }
        if (delivery == 2) {
            waits.add(i, op);
        } else {
            blobstore_op_free(op);
        }
    }

    tally& counts_;
    totals& sums_;
    std::mt19937 random_;
    client_ptr client_ = make_client();
    store_ptr remote_;
    store_ptr memory_;
};

TEST(stress, one_completion_per_accepted_submit) {
    fakes::s3_server server;
    for (const char* key : {"ok", "late", "reset", "cut", "stall"}) {
        server.put_object("bucket", key, std::string(2000, 'x'));
    }
    server.on({.key = "late"}, fakes::answer_late(milliseconds(10)), fakes::for_ever);
    server.on({.key = "reset"}, fakes::reset_at(fakes::stage::answer_head), fakes::for_ever);
    server.on({.key = "cut"}, fakes::reset_at(fakes::stage::answer_body, 500), fakes::for_ever);
    server.on({.key = "stall"}, fakes::stall_at(fakes::stage::answer_head), fakes::for_ever);
    const std::size_t wanted = wanted_operations();
    tally counts(wanted * 2);
    current = &counts;
    totals sums;
    const std::size_t step = 1000;
    std::size_t tried = 0;
    for (; sums.accepted < wanted && tried + step <= wanted * 2; tried += step) {
        round(counts, server, static_cast<unsigned>(tried + 1), sums).run(tried, tried + step);
    }
    EXPECT_GE(sums.accepted, wanted);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < tried; ++i) {
        if (counts.completions[i] != 1 && ++wrong <= 10) {
            ADD_FAILURE() << "operation " << i << ": " << counts.completions[i] << " completions";
        }
    }
    EXPECT_EQ(wrong, 0U);
    EXPECT_EQ(counts.in_flight, 0U);
    EXPECT_GE(sums.sockets * 2, sums.accepted);
    std::printf(
        "stress: %zu accepted (%zu over sockets), %zu cancels, %zu refused after close\n",
        sums.accepted,
        sums.sockets,
        sums.cancels,
        sums.refused
    );
}

} // namespace
} // namespace blobstore::capi_tests
