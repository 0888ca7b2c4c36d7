// SPDX-License-Identifier: Apache-2.0
// The table, made of small tables: events by stage and position, statuses, headers, framings,
// bytes.
#include "faults/fault_table.h"

namespace blobstore::fault_tests {

namespace {

using fakes::event;
using fakes::fault;
using fakes::stage;
using std::chrono::milliseconds;

struct position {
    const char* name;
    std::uint64_t byte;
};

constexpr position positions[] = {
    {"first", 0}, {"middle", fakes::middle_byte}, {"last", fakes::last_byte}};

struct named_event {
    const char* name;
    event what;
};

constexpr named_event events[] = {
    {"reset", event::reset},
    {"close", event::close},
    {"half_close", event::half_close},
    {"stall", event::stall}};

struct named_stage {
    const char* name;
    stage where;
    bool positions;
};

constexpr named_stage stages[] = {
    {"accept", stage::accept, false},
    {"request_head", stage::request_head, false},
    {"request_body", stage::request_body, true},
    {"request", stage::request, false},
    {"answer_head", stage::answer_head, true},
    {"answer_body", stage::answer_body, true},
    {"after_answer", stage::after_answer, false}};

using rows = std::vector<fault_row>;

void add_events(rows& out, const operation_row& op, bool tls) {
    for (const auto& [event_name, what] : events)
        for (const auto& [stage_name, where, has_positions] : stages) {
            if (where == stage::request_body && !op.has_body) continue;
            if (where == stage::answer_body && !op.answer_has_body) continue;
            for (const auto& [position_name, byte] : positions) {
                if (!has_positions && byte != 0) continue;
                fault_row row{std::string(stage_name) + "-" + event_name};
                if (has_positions) row.name += std::string("-") + position_name;
                row.what.what = what;
                row.what.where = where;
                row.what.byte = byte;
                row.recovers =
                    where != stage::answer_body || op.judged_whole || op.does == effect::reads;
                row.harmless = where == stage::after_answer;
                row.stalls = what == event::stall && !row.harmless;
                row.definite = where == stage::accept && tls; // no byte of the request went out
                out.push_back(row);
                if (what != event::close || !tls || where != stage::answer_body) continue;
                row.name += "-notified";
                row.what.close_notify = true;
                out.push_back(row);
            }
        }
}

struct status_row {
    int status;
    const char* code;
    bool recovers;  // the service asks to try again
    bool throttled; // and to wait
};

constexpr status_row statuses[] = {
    {400, "InvalidRequest", false, false},
    {400, "RequestTimeout", true, false},
    {400, "ExpiredToken", false, false},
    {400, "BadDigest", true, false},
    {401, "Unauthorized", false, false},
    {403, "AccessDenied", false, false},
    {403, "SignatureDoesNotMatch", false, false},
    {403, "RequestTimeTooSkewed", false, false},
    {404, "NoSuchBucket", false, false},
    {405, "MethodNotAllowed", false, false},
    {408, "RequestTimeout", true, false},
    {409, "OperationAborted", true, false},
    {412, "PreconditionFailed", false, false},
    {413, "EntityTooLarge", false, false},
    {416, "InvalidRange", false, false},
    {429, "TooManyRequests", true, true},
    {500, "InternalError", true, false},
    {501, "NotImplemented", false, false},
    {502, "", true, false},
    {503, "SlowDown", true, true},
    {503, "ServiceUnavailable", true, true},
    {504, "", true, false},
    {507, "InsufficientStorage", false, false},
    {520, "", true, false},
};

void throttle(fault_row& row) {
    row.attempts = 2;
    row.time = milliseconds(2500);
}

void add_statuses(rows& out, const operation_row& op) {
    for (const auto& [status, code, recovers, throttled] : statuses) {
        fault_row row{"status-" + std::to_string(status) + "-" + code};
        row.what = fakes::answer_status(status, code);
        if (*code == '\0') row.what.body = "<html>gateway</html>";
        // An answer to HEAD has no body, so its status says all.
        const bool heads = op.does == effect::heads || op.heads_first;
        row.recovers = recovers && (!heads || status >= 500 || status == 429);
        row.hopeless = true;
        row.definite = status < 500 && status != 408;
        if (throttled) throttle(row);
        out.push_back(row);
        if (op.has_body) {
            row.name += "-early";
            row.what.early = true;
            out.push_back(row);
            row.name += "-reset";
            row.what.what = event::reset;
            row.what.where = stage::after_answer;
            row.definite = false; // the reset may overtake the answer
            out.push_back(row);
        }
    }
    for (const int status : {500, 502, 504, 520}) { // what was done is denied
        fault_row row{"applied-" + std::to_string(status)};
        row.what = fakes::answer_status(status, status == 500 ? "InternalError" : "");
        if (status != 500) row.what.body = "";
        row.what.apply = true;
        row.recovers = row.hopeless = true;
        out.push_back(row);
    }
}

void add_retry_after(rows& out) {
    struct form {
        const char* name;
        const char* value;
        bool soon;
    };

    static constexpr form forms[] = {
        {"zero", "0", true},
        {"one", "1", true},
        {"negative", "-1", true},
        {"word", "soon", true},
        {"empty", "", true},
        {"past", "Mon, 01 Jan 2001 00:00:00 GMT", true},
        {"future", "Fri, 01 Jan 2100 00:00:00 GMT", false},
        {"huge", "1000000000", false},
        {"overflow", "18446744073709551616", false},
    };
    for (const auto& [name, value, soon] : forms) {
        fault_row row{std::string("retry_after-") + name};
        row.what = fakes::answer_status(503, "SlowDown");
        row.what.headers.emplace_back("Retry-After", value);
        row.recovers = soon;
        row.hopeless = row.definite = true;
        throttle(row);
        if (!soon) row.time = milliseconds(400);
        row.stalls = !soon;
        out.push_back(row);
    }
}

void add_redirects(rows& out) {
    struct form {
        const char* name;
        int status;
        const char* code;
        const char* header;
        const char* value;
    };

    static constexpr form forms[] = {
        {"301", 301, "PermanentRedirect", "x-amz-request-id", "1"},
        {"301-region", 301, "PermanentRedirect", "x-amz-bucket-region", "us-east-1"},
        {"301-other-region", 301, "PermanentRedirect", "x-amz-bucket-region", "eu-west-1"},
        {"301-evil-region", 301, "PermanentRedirect", "x-amz-bucket-region", "evil.test/"},
        {"302", 302, "Redirect", "Location", "http://127.0.0.1:1/bucket/key"},
        {"307-to-nowhere", 307, "TemporaryRedirect", "Location", "http://127.0.0.1:1/bucket/key"},
        {"307-no-url", 307, "TemporaryRedirect", "Location", "::::"},
        {"308", 308, "Redirect", "Location", "/bucket/key"},
        {"400-region", 400, "AuthorizationHeaderMalformed", "x-amz-bucket-region", "us-east-1"},
    };
    for (const auto& [name, status, code, header, value] : forms) {
        fault_row row{std::string("redirect-") + name};
        row.what = fakes::answer_status(status, code);
        row.what.headers.emplace_back(header, value);
        row.hopeless = row.definite = true;
        out.push_back(row);
    }
}

void add_clocks(rows& out) {
    for (const char* date :
         {"Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT", "yesterday", ""}) {
        fault_row row{std::string("date-") + (*date == '\0' ? "empty" : date)};
        for (char& c : row.name)
            if (c == ' ' || c == ',' || c == ':') c = '_';
        row.what.headers.emplace_back("Date", date);
        row.harmless = true;
        out.push_back(row);
        row.name += "-403";
        row.what.status = 403;
        row.what.code = "RequestTimeTooSkewed";
        row.harmless = false;
        row.hopeless = row.definite = true;
        out.push_back(row);
    }
    fault_row without{"date-none"};
    without.what.without.emplace_back("Date");
    without.harmless = true;
    out.push_back(without);
    for (const int minutes : {20, -20, 2 * 24 * 60, -2 * 24 * 60}) {
        fault_row row{"clock-" + std::to_string(minutes) + "min"};
        row.what.delay = milliseconds(1); // the fault is the service's own answer
        row.clock = std::chrono::minutes(minutes);
        row.definite = true;
        out.push_back(row);
    }
}

void add_framings(rows& out, const operation_row& op) {
    const bool applies = op.does != effect::reads && op.does != effect::heads;
    const auto add = [&](const char* name, auto change) {
        fault_row row{name};
        change(row);
        out.push_back(row);
    };
    for (const std::size_t size : {1U, 7U, 100000U}) {
        fault_row row{"chunked-" + std::to_string(size)};
        row.what.chunk_size = size;
        row.harmless = true;
        out.push_back(row);
    }
    add("segments-1", [](fault_row& r) { r.what.segment = 1, r.harmless = true; });
    add("connection_close", [](fault_row& r) { r.what.connection_close = r.harmless = true; });
    add("interim-100", [](fault_row& r) { r.what.interim = {100}, r.harmless = true; });
    add("interim-mixed", [](fault_row& r) { r.what.interim = {100, 102, 103}, r.harmless = true; });
    add("interim-storm", [](fault_row& r) { r.what.interim.assign(30, 103), r.hopeless = true; });
    add("interim-101", [](fault_row& r) { r.what.interim = {101}, r.hopeless = true; });
    add("slow_connect", [](fault_row& r) {
        r.what = fakes::stall_at(stage::accept, 0, milliseconds(40)), r.harmless = true;
    });
    add("late",
        [](fault_row& r) { r.what = fakes::answer_late(milliseconds(40)), r.harmless = true; });
    add("trickle", [](fault_row& r) {
        r.what.segment = 1, r.what.segment_delay = milliseconds(30);
        r.time = milliseconds(400), r.hopeless = r.stalls = true;
    });
    add("junk_behind", [](fault_row& r) { r.what.extra = "junk", r.left_over = true; });
    add("answer_behind", [](fault_row& r) {
        r.what.extra = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"x\"\r\n\r\nhello";
        r.left_over = true;
    });
    if (!op.once) add("twice", [](fault_row& r) { r.what.twice = r.harmless = true; });
    add("apply_late",
        [](fault_row& r) { r.what.apply_after = milliseconds(150), r.recovers = true; });
    if (!applies || op.answer_has_body || op.has_body) {
        fault_row more{"length+1"};
        more.what.length_delta = 1;
        more.unseen = op.does == effect::heads;
        out.push_back(more);
    }
    if (op.answer_has_body || op.does == effect::heads) {
        fault_row less{"length-1"};
        less.what.length_delta = -1;
        less.unseen = true;
        less.left_over = op.does != effect::heads;
        out.push_back(less);
    }
}

void add_bodies(rows& out, const operation_row& op, bool tls) {
    if (!op.answer_has_body) return;
    for (const auto& [name, byte] : positions) {
        fault_row cut{std::string("no_length-cut-") + name};
        cut.what = fakes::close_at(stage::answer_body, byte);
        cut.what.until_close = true;
        cut.recovers = op.judged_whole && tls; // else nothing shows that a body is whole
        out.push_back(cut);
        if (tls) {
            cut.name += "-notified";
            cut.what.close_notify = true;
            out.push_back(cut);
        }
        if (tls) continue; // there a bit flips below TLS
        fault_row bit{std::string("bit_of_body-") + name};
        bit.what.corrupt_byte = byte;
        bit.unseen = true;
        out.push_back(bit);
    }
    fault_row whole{"no_length"};
    whole.what.until_close = true;
    out.push_back(whole);
    if (!op.judged_whole) return;
    for (const char* body :
         {"<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code><Message>m</Message></Error>",
          "   \n  <Error><Code>SlowDown</Code></Error>",
          "<Error><Code>AccessDenied</Code></Error>"}) {
        fault_row hidden{"hidden_error-" + std::to_string(out.size())};
        hidden.what.status = 200;
        hidden.what.body = body;
        hidden.hopeless = true;
        throttle(hidden);
        out.push_back(hidden);
    }
    for (const char* body : {"", "<", "<a/>", "<Error>", "<Result><Key>InternalError</Key>"}) {
        fault_row garbage{"applied-garbage-" + std::to_string(out.size())};
        garbage.what.status = 200;
        garbage.what.body = body;
        garbage.what.apply = garbage.hopeless = true;
        out.push_back(garbage);
    }
}

void add_raw(rows& out) {
    static const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    struct form {
        const char* name;
        std::string text;
    };

    static const form forms[] = {
        {"words", "this is not HTTP\r\n\r\n"},
        {"nul", std::string(100, '\0')},
        {"http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
        {"no_status", "HTTP/1.1 \r\n\r\n"},
        {"no_colon", "HTTP/1.1 200 OK\r\nContent-Length 5\r\n\r\nhello"},
        {"two_lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhe"},
        {"length_and_chunks",
         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"gzip_chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
        {"negative_length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"},
        {"huge_length", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"},
        {"huge_head", "HTTP/1.1 200 OK\r\nX: " + std::string(70000, 'x') + "\r\n\r\n"},
    };
    for (const auto& [name, text] : forms) {
        fault_row row{std::string("raw-") + name};
        row.what.raw = text;
        row.what.apply = row.hopeless = true;
        row.what.what = event::close;
        row.what.where = stage::after_answer;
        out.push_back(row);
    }
    static const form chunks[] = {
        {"no_hex", "zz\r\nhello\r\n"},
        {"overlong", "5\r\nhelloXX\r\n0\r\n\r\n"},
        {"negative", "-5\r\nhello\r\n0\r\n\r\n"},
        {"overflow", "fffffffffffffffff\r\nhello\r\n"},
        {"no_end", "5\r\nhello\r\n"},
        {"endless_extension", "5;" + std::string(70000, 'e')},
    };
    for (const auto& [name, text] : chunks) {
        fault_row row{std::string("raw-chunk-") + name};
        row.what.raw = chunked + text;
        row.what.apply = true;
        row.what.what = event::close;
        row.what.where = stage::after_answer;
        out.push_back(row);
    }
}

void add_wire(rows& out, const operation_row& op, bool tls) {
    struct named_harm {
        const char* name;
        harm what;
    };

    static constexpr named_harm harms[] = {
        {"reset", harm::reset},
        {"close", harm::close},
        {"stall", harm::stall},
        {"flip", harm::flip},
        {"pieces", harm::pieces}};
    for (const auto& [name, what] : harms)
        for (const bool to_client : {true, false})
            for (const std::uint64_t byte : {0U, 60U, to_client ? 250U : 1200U}) {
                if (what == harm::pieces && byte != 0) continue;
                if (!to_client && byte >= 1200 && !op.has_body) continue;
                // A flipped bit of an answer's head cannot be seen without TLS, nor that of a
                // field of the request that is not signed.
                if (what == harm::flip && !tls && (to_client || byte < 1200)) continue;
                fault_row row{
                    "wire-" + std::string(to_client ? "down-" : "up-") + std::to_string(byte) +
                    "-" + name};
                row.where = place::relay;
                row.wire = {what, to_client, byte, 1};
                row.harmless = what == harm::pieces;
                row.hopeless = what == harm::flip && tls;
                row.recovers = what == harm::flip && !tls; // of a signed body
                out.push_back(row);
            }
}

} // namespace

std::vector<fault_row> faults_for(const operation_row& op, bool tls) {
    rows out;
    fault_row refused{"refused", place::refused};
    fault_row blackhole{"blackhole", place::blackhole};
    blackhole.stalls = true;
    refused.hopeless = refused.definite = blackhole.hopeless = blackhole.definite = true;
    out.push_back(refused);
    out.push_back(blackhole);
    add_events(out, op, tls);
    add_statuses(out, op);
    add_retry_after(out);
    add_redirects(out);
    add_clocks(out);
    add_framings(out, op);
    add_bodies(out, op, tls);
    add_raw(out);
    add_wire(out, op, tls);
    // S3-15, S3-16: a body that is under way, or waits for its turn, when the answer comes. Where a
    // server does not read, the kernel keeps the rest of it long after its connection was closed.
    if (op.wanted().size() > 1024 * 1024)
        std::erase_if(out, [](const fault_row& row) {
            const bool under_way = row.name.find("early") != row.name.npos ||
                                   row.name.starts_with("request_") ||
                                   row.name.starts_with("interim");
            return !under_way || row.stalls || row.what.what == event::half_close;
        });
    return out;
}

} // namespace blobstore::fault_tests
