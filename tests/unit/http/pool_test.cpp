// SPDX-License-Identifier: Apache-2.0
// What the pool promises of the connections that leave it; the moment in which one leaves its
// context is made long enough to be met.
#include "http/pool.h"
#include "http/race.h"
#include "raw_server.h"

#include <gtest/gtest.h>

#include <dlfcn.h>
#include <sys/epoll.h>

namespace {

std::atomic<bool> lingering{false};

} // namespace

/// In place of the system's in this program: what detaches a socket from a context stays there for
/// a moment while `lingering` is set.
extern "C" int epoll_ctl(int poll, int what, int fd, epoll_event* event) noexcept {
    using function = int (*)(int, int, int, epoll_event*);
    static const auto next = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "epoll_ctl"));
    if (what == EPOLL_CTL_DEL && lingering) ::usleep(5000);
    return next(poll, what, fd, event);
}

namespace blobstore::http::test {

namespace {

/// Opened and used once by an operation of this context.
std::unique_ptr<connection>
used_connection(context& on, const raw_server& server, buffers& memory, counters& counts) {
    auto made = std::make_unique<connection>(server.to(), memory, counts);
    reachability known;
    const result<void> done = run(on, [&](operation& op) -> task<result<void>> {
        const std::array addresses{
            endpoint(boost::asio::ip::make_address("127.0.0.1"), server.port())};
        result<void> ok = co_await made->wire().open(op, addresses, {}, known, nullptr);
        if (!ok) co_return ok;
        made->born = op.now();
        made->begin(false);
        constexpr std::string_view head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        ok = co_await made->send(op, head, {}, false);
        if (ok) ok = co_await made->read_head(op, milliseconds(5000));
        co_return ok;
    });
    EXPECT_TRUE(done.has_value());
    EXPECT_TRUE(made->reusable());
    return made;
}

// Whoever ends a context looks whether the pool still has connections of it. One that it has no
// longer must be off that context, also while the other thread is only about to use it. Seen to
// fail with detach() behind the lock: a data race of epoll_reactor::shutdown(), under ~context(),
// with deregister_descriptor(), under detach().
TEST(http_pool, a_connection_is_off_its_context_before_it_leaves) {
    raw_server server([](int fd, int) {
        std::string rest;
        while (!take_head(fd, rest).empty())
            put(fd, "HTTP/1.1 204 No Content\r\n\r\n");
    });
    buffers memory;
    counters counts;
    pool shared(milliseconds(20000), milliseconds(300000));
    for (int i = 0; i < 40; ++i) {
        auto old = std::make_unique<context>();
        shared.give(used_connection(*old, server, memory, counts), steady::now());
        lingering = true;
        std::thread taker([&] {
            context home;
            EXPECT_TRUE(shared.take(server.to(), home, milliseconds(20000)));
        });
        while (shared.idle() != 0)
            std::this_thread::yield();
        old.reset();
        taker.join();
        lingering = false;
    }
}

TEST(http_pool, RT07_the_last_one_first_and_none_for_too_long) {
    raw_server server([](int fd, int) {
        std::string rest;
        while (!take_head(fd, rest).empty())
            put(fd, "HTTP/1.1 204 No Content\r\n\r\n");
    });
    buffers memory;
    counters counts;
    pool shared(milliseconds(20000), milliseconds(300000));
    context home;
    const auto give = [&](int idle_s, int age_s) {
        auto c = used_connection(home, server, memory, counts);
        c->born = home.now() - std::chrono::seconds(age_s);
        connection* const given = c.get();
        shared.give(std::move(c), home.now() - std::chrono::seconds(idle_s));
        return given;
    };
    const auto take = [&] { return shared.take(server.to(), home, milliseconds(20000)); };
    const connection* const first = give(10, 10);
    const connection* const second = give(5, 10);
    EXPECT_EQ(take().get(), second);
    EXPECT_EQ(take().get(), first);
    give(21, 30);
    EXPECT_FALSE(take()) << "idle for too long";
    give(0, 301);
    EXPECT_FALSE(take()) << "too old";
    give(5, 10);
    EXPECT_TRUE(take());
    shared.saw_stale(server.to());
    give(5, 10);
    EXPECT_FALSE(take()) << "the server closes early";
    give(3, 10);
    EXPECT_TRUE(take());
    EXPECT_EQ(shared.idle(), 0U);
}

} // namespace

} // namespace blobstore::http::test
