// SPDX-License-Identifier: Apache-2.0
// The system's resolver on threads of our own: one look-up for all that ask for a name, and answers
// that are kept for a while.
#pragma once

#include "http/channel.h"

#include <functional>
#include <list>
#include <mutex>

namespace blobstore::http {

/// What a look-up came to; `failed` is an EAI_ code.
struct lookup_answer {
    int failed = 0, os_error = 0;
    std::vector<endpoint> addresses;
};

using lookup_function = std::function<lookup_answer(const std::string& host, std::uint16_t port)>;

/// getaddrinfo; blocks.
lookup_answer system_lookup(const std::string& host, std::uint16_t port);

/// How long answers are kept. S3 gives several addresses of many, to be asked for often.
struct lookup_times {
    milliseconds one{30000}, several{5000}; ///< by the number of addresses
    milliseconds failure{1000};
    milliseconds stale{300000}; ///< an old answer is used where the resolver itself fails
};

/// Any thread. Its threads are detached and end with the last look-up; nobody waits for one in
/// vain.
class lookups : public std::enable_shared_from_this<lookups> {
public:
    explicit lookups(lookup_function function, lookup_times times = {})
        : function_(std::move(function))
        , times_(times) {}

    /// An answer of either kind; an error where the operation is stopped, or no thread can be had.
    task<result<lookup_answer>> find(operation& op, std::string host, std::uint16_t port);

private:
    struct entry {
        std::string host;
        std::uint16_t port = 0;
        lookup_answer answer;
        steady::time_point good_until{}, stale_until{}; ///< of the answer
        bool pending = false;
        std::vector<wakeup> waiting;
    };

    entry& entry_of(const std::string& host, std::uint16_t port, steady::time_point now);
    result<void> start(entry& e); ///< with mutex_ held
    void run() noexcept;
    void look_up(entry& e, std::unique_lock<std::mutex>& lock) noexcept;
    void keep(entry& e, lookup_answer answer, steady::time_point now);

    const lookup_function function_;
    const lookup_times times_;
    std::mutex mutex_;
    std::list<entry> entries_; ///< an address in it stays valid while it is pending
    std::list<entry*> work_;
    unsigned threads_ = 0;
};

} // namespace blobstore::http
