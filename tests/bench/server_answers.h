// SPDX-License-Identifier: Apache-2.0
// What the benchmark's S3 server answers: a request head in, an answer out. No sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

struct request {
    std::string_view method, target;
    std::uint64_t length = 0; // of the body
    bool expects_continue = false;
    bool chunked = false;
    bool has_range = false;
    bool wants_sum = false;
    std::uint64_t range_first = 0;
    std::optional<std::uint64_t> range_last;
};

/// A head and bytes [from, to) of a body; the body repeats after body_size.
struct answer {
    std::string head;
    const char* body = nullptr;
    std::size_t body_size = 1;
    std::uint64_t from = 0, to = 0;
    unsigned gather = 0;   // held back until so many wait
    unsigned delay_ms = 0; // held back for so long
};

request parse_request(std::string_view head);

/// The object KEY has the size that it begins with ("1024/x"); every list has 100 pages of 1,000
/// keys, but that of the prefix "flat/": 1,000,000 keys in order, by start-after or token, each
/// page after 20 ms.
class answers {
public:
    answers();
    void respond(const request& asked, answer& out);
    /// Called by the server now and then: the Date of answers.
    void set_time(std::int64_t seconds);

    const char* pattern_memory() const { return pattern_; }

private:
    void object(const request& asked, answer& out);
    void list(const request& asked, answer& out);
    void list_flat(const request& asked, answer& out);
    void xml(std::string_view body, answer& out);
    void begin(answer& out, std::string_view status) const;

    std::string sum_of(std::uint64_t size);

    char* pattern_;
    std::map<std::uint64_t, std::string> sums_; // by size
    std::string common_;
    std::int64_t second_ = 0;
    std::string flat_;  // a page of "flat/"
    std::string pages_; // all of them, one behind the other
    std::size_t page_offset_[101] = {};
};

} // namespace bench
