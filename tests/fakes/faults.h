// SPDX-License-Identifier: Apache-2.0
// The script of a fake server: which requests are answered wrongly, where, and how often.
#pragma once

#include "fakes/message.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace blobstore::fakes {

// Where a request stands when something happens to it.
enum class stage {
    accept,       // connected, before the TLS handshake; matches connections, not requests
    request_head, // head read, body not
    request_body, // `byte` bytes of the raw request body read
    request,      // all read, nothing done to the store yet
    answer_head,  // done; `byte` bytes of the answer's head are sent
    answer_body,  // `byte` bytes behind the answer's head are sent (framing counts)
    after_answer, // all sent; the connection looks reusable
};

enum class event {
    none,
    stall,      // for `duration`, then go on; 0: until the peer leaves or the server is destroyed
    reset,      // RST
    close,      // FIN; over TLS after close_notify if `close_notify`
    half_close, // FIN alone; the connection stays open and silent until the peer leaves
};

// Positions that are known only once the length is: of the part in which the fault stands.
inline constexpr std::uint64_t last_byte = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::uint64_t middle_byte = last_byte - 1;
std::uint64_t position_in(std::uint64_t length, std::uint64_t byte);

struct fault {
    // What happens where.
    event what = event::none;
    stage where = stage::answer_head;
    std::uint64_t byte = 0;
    std::chrono::milliseconds duration{0};
    bool close_notify = false;

    // Another answer instead of the real one.
    int status = 0;        // 0: the real answer
    std::string code = {}; // of the S3 error document; known codes bring their usual message
    std::optional<std::string> body = {}; // this instead of an error document (garbage XML, ...)
    std::optional<std::string> raw = {};  // these bytes instead of head and body
    bool early = false; // before the request body is read; the connection closes then
    bool apply = false; // the store is changed although the answer is another one
    bool twice = false; // the request is carried out two times
    std::chrono::milliseconds apply_after{0}; // > 0: the connection ends, and so much later the
                                              // request is carried out

    // What someone else does before the request is carried out; called from the connection's
    // thread.
    std::function<void()> meanwhile = {};

    // How the answer looks on the wire.
    header_list headers = {};              // set (Retry-After, a wrong ETag, ...)
    std::vector<std::string> without = {}; // removed
    std::chrono::milliseconds delay{0};    // answered late; counted from the end of the request
    std::vector<int> interim = {};         // 1xx answers sent before
    std::int64_t length_delta = 0; // added to Content-Length; the connection closes at the end
    std::string extra = {};        // sent behind the answer (over-send; unsolicited answers)
    std::size_t spaces = 0;        // so much white space before the body, as of a slow Complete
    std::size_t chunk_size = 0;    // > 0: Transfer-Encoding: chunked in pieces of this size
    bool until_close = false;      // no Content-Length, the end of the connection ends the body
    bool connection_close = false; // Connection: close, and kept
    std::size_t segment = 0;       // > 0: at most this many bytes a write ...
    std::chrono::milliseconds segment_delay{0};     // ... with this pause between
    std::optional<std::uint64_t> corrupt_byte = {}; // one bit of this body byte is flipped
};

inline constexpr unsigned for_ever = std::numeric_limits<unsigned>::max();

struct match {
    std::string method = {}; // empty: every method
    std::string key = {};    // a part of the decoded key; empty: every key
    std::string query = {};  // a part of the query as sent
    unsigned nth = 1;        // from the n-th such request (stage::accept: connection) after on()
};

bool matches(
    const match& which, const std::string& method, const std::string& key, const std::string& query
);

// The usual ones by name; change members of the result for the rest.
fault answer_status(int status, std::string code, std::optional<int> retry_after = std::nullopt);
fault stall_at(stage where, std::uint64_t byte = 0, std::chrono::milliseconds duration = {});
fault reset_at(stage where, std::uint64_t byte = 0);
fault close_at(stage where, std::uint64_t byte = 0);
fault answer_late(std::chrono::milliseconds delay);

// Thread-safe. The first rule that is not used up and matches is taken.
class fault_script {
public:
    std::size_t add(match which, fault what, unsigned times);
    void clear();
    unsigned hits(std::size_t id) const;

    std::shared_ptr<const fault>
    take(const std::string& method, const std::string& key, const std::string& query);
    std::shared_ptr<const fault> take_for_connection();

private:
    struct rule {
        match which;
        std::shared_ptr<const fault> what;
        unsigned times = 0;
        unsigned seen = 0;
        unsigned hits = 0;
    };

    static bool use(rule& candidate);

    mutable std::mutex mutex_;
    std::map<std::size_t, rule> rules_;
    std::size_t next_ = 0;
};

struct scripted_rule {
    match which;
    fault what;
    unsigned times = 1;
};

// One rule as the program takes it: `method=GET key=stall stall=answer_head times=0` (0: for ever).
// Words: method key query nth times; status code retry-after body raw early apply twice
// apply-after-ms; stall reset close half-close (each STAGE[:BYTE|middle|last]) for-ms close-notify;
// delay-ms interim length-delta extra chunk-size until-close connection-close segment segment-ms
// corrupt spaces. Nothing for a line that is not a rule.
std::optional<scripted_rule> parse_rule(const std::string& line);

} // namespace blobstore::fakes
