// SPDX-License-Identifier: Apache-2.0
// What a client has done since it was made: always counted, with no lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace blobstore::http {

/// A snapshot.
struct statistics {
    std::uint64_t gets = 0, heads = 0, puts = 0, posts = 0, deletes = 0; ///< requests sent
    std::uint64_t retries = 0;                        ///< requests that were sent again
    std::uint64_t throttled = 0;                      ///< answers that asked to slow down
    std::uint64_t bytes_sent = 0, bytes_received = 0; ///< by sockets, TLS included
    std::uint64_t connections_opened = 0, connections_reused = 0;
};

/// Any thread.
class counters {
public:
    using counter = std::atomic<std::uint64_t>;

    counter retries{0}, throttled{0}, bytes_sent{0}, bytes_received{0};
    counter connections_opened{0}, connections_reused{0};

    void add_request(std::string_view method) noexcept {
        counter& of = method == "GET"    ? gets_
                      : method == "HEAD" ? heads_
                      : method == "PUT"  ? puts_
                      : method == "POST" ? posts_
                                         : deletes_;
        add(of, 1);
    }

    static void add(counter& to, std::uint64_t n) noexcept {
        to.fetch_add(n, std::memory_order_relaxed);
    }

    void add_to(statistics& sum) const noexcept {
        sum.gets += gets_;
        sum.heads += heads_;
        sum.puts += puts_;
        sum.posts += posts_;
        sum.deletes += deletes_;
        sum.retries += retries;
        sum.throttled += throttled;
        sum.bytes_sent += bytes_sent;
        sum.bytes_received += bytes_received;
        sum.connections_opened += connections_opened;
        sum.connections_reused += connections_reused;
    }

private:
    counter gets_{0}, heads_{0}, puts_{0}, posts_{0}, deletes_{0};
};

} // namespace blobstore::http
