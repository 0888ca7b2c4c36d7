// SPDX-License-Identifier: Apache-2.0
// The n-th allocation of the library fails, for every n until none fails any more; then that one
// and all behind it. Each call ends with a status, each accepted submit with one completion, and
// the client works and closes afterwards.
#include "capi/support.h"
#include "support/temp_folder.h"

#include <atomic>
#include <cstdlib>
#include <new>
#include <sys/prctl.h>
#include <thread>

namespace {

std::atomic<long> countdown{-1}; // allocations until one fails; negative: none does
std::atomic<bool> for_good{false};
std::atomic<bool> fired{false};
thread_local bool inside = false; // this thread is in a call of the library

bool is_of_the_library() {
    if (inside) return true;
    char name[16] = {};
    ::prctl(PR_GET_NAME, name);
    return std::string_view(name).starts_with("blobstore-");
}

void* take(std::size_t size, std::size_t alignment) {
    if (countdown.load() >= 0 && is_of_the_library() && countdown.fetch_sub(1) <= 0) {
        fired = true;
        if (for_good) countdown = 0;
        return nullptr;
    }
    return alignment ? std::aligned_alloc(alignment, (size + alignment - 1) & ~(alignment - 1))
                     : std::malloc(size ? size : 1);
}

void* take_or_throw(std::size_t size, std::size_t alignment) {
    void* const taken = take(size, alignment);
    if (!taken) throw std::bad_alloc();
    return taken;
}

} // namespace

// The unsized and array forms of the standard library end here.
void* operator new(std::size_t size) {
    return take_or_throw(size, 0);
}

void* operator new(std::size_t size, std::align_val_t alignment) {
    return take_or_throw(size, static_cast<std::size_t>(alignment));
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return take(size, 0);
}

void operator delete(void* at) noexcept {
    std::free(at);
}

void operator delete(void* at, std::size_t) noexcept {
    std::free(at);
}

void operator delete(void* at, std::align_val_t) noexcept {
    std::free(at);
}

void operator delete(void* at, std::size_t, std::align_val_t) noexcept {
    std::free(at);
}

namespace blobstore::capi_tests {
namespace {

using blobstore_tests::temp_folder;

// From here to its end, allocation `n` fails.
class failing {
public:
    failing(long n, bool all_behind) {
        fired = false;
        for_good = all_behind;
        inside = true;
        countdown = n;
    }

    ~failing() {
        countdown = -1;
        inside = false;
    }

    failing(const failing&) = delete;
    failing& operator=(const failing&) = delete;
};

#ifdef __SANITIZE_ADDRESS__
constexpr long stride = 16;
#else
constexpr long stride = 4;
#endif

std::atomic<int> called_back{0};

void BLOBSTORE_CALL count_call(const blobstore_event*) {
    ++called_back;
}

bool is_lawful(blobstore_status s) {
    return s == BLOBSTORE_OK || s == BLOBSTORE_E_NO_MEMORY || s == BLOBSTORE_E_NETWORK ||
           s == BLOBSTORE_E_CONNECT || s == BLOBSTORE_E_DNS || s == BLOBSTORE_E_IO ||
           s == BLOBSTORE_E_TLS || s == BLOBSTORE_E_CLOSED;
}

enum class delivery { blocking, queue, callback, wait };

struct situation {
    const char* store;
    delivery how;
    bool all_behind;
};

std::string name_of(const testing::TestParamInfo<situation>& info) {
    const char* hows[] = {"blocking", "queue", "callback", "wait"};
    return std::string(info.param.store) + "_" + hows[static_cast<int>(info.param.how)] +
           (info.param.all_behind ? "_from_then_on" : "_once");
}

class out_of_memory : public testing::TestWithParam<situation> {
protected:
    static fakes::server_options options() {
        fakes::server_options made;
        const bool tls = std::string_view(GetParam().store) == "s3_tls";
        made.tls = tls ? fakes::tls_mode::on : fakes::tls_mode::off;
        return made;
    }

    store_ptr open(const client_ptr& client) {
        const std::string_view kind = GetParam().store;
        if (kind == "memory") return open_store(client, "memory://m");
        if (kind == "file") return open_store(client, "file://" + folder_.path());
        return open_fake(client, server_);
    }

    // One call of each kind in turn; how many completions came for it, or 0 where it was refused.
    blobstore_status submit(const store_ptr& store, int kind, const blobstore_async* how) {
        blobstore_op* op = nullptr;
        auto** out = GetParam().how == delivery::wait ? &op : nullptr;
        blobstore_status status = BLOBSTORE_OK;
        if (kind == 0)
            status =
                blobstore_get_async(store.get(), "key", 3, nullptr, nullptr, how, out, nullptr);
        else if (kind == 1)
            status = blobstore_put_async(
                store.get(), "new", 3, "bytes", 5, nullptr, nullptr, how, out, nullptr
            );
        else
            status = blobstore_list_async(store.get(), nullptr, nullptr, how, out, nullptr);
        if (op) {
            const blobstore_status waited = blobstore_op_wait(op, 20000);
            EXPECT_TRUE(is_lawful(waited)) << blobstore_status_name(waited);
            EXPECT_EQ(waited == BLOBSTORE_OK, blobstore_op_error(op) == nullptr);
        }
        blobstore_op_free(op);
        return status;
    }

    static blobstore_status blocking(const store_ptr& store, int kind) {
        if (kind == 0) return get(store, "key");
        if (kind == 1) return put(store, "new", "bytes");
        blobstore_page* page = nullptr;
        const blobstore_status status =
            blobstore_list(store.get(), nullptr, nullptr, &page, nullptr);
        blobstore_page_free(page);
        return status;
    }

    // False once n is more than the calls allocate.
    bool round(long n, int kind) {
        const client_ptr client = make_client({{"max_attempts", "1"}, {"io_threads", "1"}});
        const store_ptr store = open(client);
        const queue_ptr queue = make_queue(8);
        called_back = 0;
        auto how = sized<blobstore_async>();
        how.queue = GetParam().how == delivery::queue ? queue.get() : nullptr;
        how.callback = GetParam().how == delivery::callback ? count_call : nullptr;
        blobstore_status status = BLOBSTORE_OK;
        int events = 0;
        {
            const failing from_here(n, GetParam().all_behind);
            status = GetParam().how == delivery::blocking ? blocking(store, kind)
                                                          : submit(store, kind, &how);
            const auto start = steady::now();
            blobstore_event event{};
            size_t got = 0;
            if (status == BLOBSTORE_OK && how.queue &&
                blobstore_queue_poll(how.queue, &event, 1, 20000, &got) == BLOBSTORE_OK) {
                EXPECT_TRUE(is_lawful(event.status)) << blobstore_status_name(event.status);
                blobstore_events_release(&event, got);
                ++events;
            }
            while (status == BLOBSTORE_OK && how.callback && called_back == 0 &&
                   since(start).count() < 20000)
                std::this_thread::sleep_for(std::chrono::microseconds(50));
        }
        EXPECT_TRUE(is_lawful(status)) << blobstore_status_name(status);
        const bool more = fired;
        EXPECT_EQ(get(open(client), "key"), BLOBSTORE_OK) << "afterwards";
        EXPECT_EQ(blobstore_client_close(client.get(), 20000, nullptr), BLOBSTORE_OK);
        const int due = status == BLOBSTORE_OK ? 1 : 0;
        if (how.queue) {
            EXPECT_EQ(events, due);
            blobstore_event late{};
            size_t got = 0;
            EXPECT_EQ(blobstore_queue_poll(how.queue, &late, 1, 0, &got), BLOBSTORE_E_AGAIN);
        }
        EXPECT_EQ(called_back, how.callback ? due : 0);
        return more;
    }

    const temp_folder folder_;
    fakes::s3_server server_{options()};
};

TEST_P(out_of_memory, every_accepted_call_completes_once) {
    {
        const client_ptr client = make_client();
        server_.put_object("bucket", "key", "data");
        if (std::string_view(GetParam().store) == "file") put(open(client), "key", "data");
    }
    for (int kind = 0; kind < 3; ++kind) {
        // Deliveries share most of their allocations: behind the first ones each takes its share.
        long n = 0, failed = 0;
        while (n < 2000 && round(n, kind) && !HasFailure()) {
            n += n < 30 ? 1 : stride;
            ++failed;
            if (n == 30) n += static_cast<long>(GetParam().how);
        }
        EXPECT_GT(failed, 5);
        EXPECT_LT(n, 2000);
        std::printf("%ld allocations failed, call %d\n", failed, kind);
    }
}

std::vector<situation> all_situations() {
    std::vector<situation> all;
    for (const char* store : {"file", "s3", "s3_tls"})
        for (const delivery how :
             {delivery::blocking, delivery::queue, delivery::callback, delivery::wait})
            for (const bool all_behind : {false, true})
                all.push_back({store, how, all_behind});
    return all;
}

INSTANTIATE_TEST_SUITE_P(over, out_of_memory, testing::ValuesIn(all_situations()), name_of);

} // namespace
} // namespace blobstore::capi_tests
