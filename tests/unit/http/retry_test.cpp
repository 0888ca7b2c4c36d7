// SPDX-License-Identifier: Apache-2.0
// The table of repeats, backoff, Retry-After, the budget, and what a rendered head looks like:
// plain values in and out.
#include "http/render.h"
#include "http/retry.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace blobstore::http {

namespace {

constexpr std::uint64_t all_ones = ~std::uint64_t{0};

/// As docs/networking.md shows it; the first row that fits counts.
constexpr const char* rows[] = {
    "| any | any | done | any | any | any | deliver | no |",
    "| any | any | look | any | any | any | stop | yes |",
    "| any | any | credentials, region, clock, unexpected | yes | any | no | corrected | no |",
    "| any | any | retry | yes | any | any | soon | no |",
    "| any | any | throttled | yes | any | any | later | no |",
    "| any | any | credentials, region, clock, unexpected, retry, throttled, fail | any | any | "
    "any | stop | "
    "no |",
    "| safe | any | cut, distrusted | yes | yes | any | at once | no |",
    "| safe | any | cut, passing | yes | any | any | soon | no |",
    "| safe | any | cut, distrusted, passing, lasting | any | any | any | stop | no |",
    "| idempotent | nothing, part | cut, distrusted | yes | yes | any | at once | no |",
    "| idempotent | nothing, part | cut, passing | yes | any | any | soon | no |",
    "| idempotent | nothing, part | cut, distrusted, passing, lasting | any | any | any | stop | "
    "no |",
    "| idempotent | all | cut, distrusted | yes | yes | any | at once | yes |",
    "| idempotent | all | cut, passing | yes | any | any | soon | yes |",
    "| idempotent | all | cut, distrusted, passing, lasting | any | any | any | stop | yes |",
    "| once | nothing | cut, distrusted | yes | yes | any | at once | no |",
    "| once | nothing | cut, passing | yes | any | any | soon | no |",
    "| once | nothing | cut, distrusted, passing, lasting | any | any | any | stop | no |",
    "| once | part, all | cut, distrusted, passing, lasting | any | any | any | stop | yes |",
};

constexpr const char* kinds[] = {"safe", "idempotent", "once"};
constexpr const char* parts[] = {"nothing", "part", "all"};
constexpr const char* ends[] = {
    "done",
    "retry",
    "throttled",
    "credentials",
    "region",
    "clock",
    "look",
    "fail",
    "cut",
    "distrusted",
    "passing",
    "lasting",
    "unexpected"};
constexpr const char* truths[] = {"no", "yes"};
constexpr const char* steps[] = {"deliver", "at once", "corrected", "soon", "later", "stop"};

/// "| a | b, c |": the cells.
std::vector<std::string> cells_of(std::string_view row) {
    std::vector<std::string> cells;
    row.remove_prefix(2);
    while (!row.empty()) {
        const std::size_t end = std::min(row.find(" |"), row.size());
        cells.emplace_back(row.substr(0, end));
        row.remove_prefix(std::min(end + 3, row.size()));
    }
    return cells;
}

bool names(const std::string& cell, const char* word) {
    return cell == "any" || (", " + cell + ",").find(std::string(", ") + word + ",") != cell.npos;
}

/// "next doubt" by the rows above.
std::string expected(const situation& at) {
    for (const char* row : rows) {
        const std::vector<std::string> c = cells_of(row);
        if (names(c[0], kinds[static_cast<int>(at.kind)]) &&
            names(c[1], parts[static_cast<int>(at.sent)]) &&
            names(c[2], ends[static_cast<int>(at.came)]) && names(c[3], truths[at.replayable]) &&
            names(c[4], truths[at.stale]) && names(c[5], truths[at.corrected]))
            return c[6] + " " + c[7];
    }
    return "no row";
}

TEST(retry, RT13_the_whole_table) {
    std::size_t count = 0;
    for (int kind = 0; kind < 3; ++kind)
        for (int sent = 0; sent < 3; ++sent)
            for (unsigned came = 0; came < outcomes; ++came)
                for (int flags = 0; flags < 8; ++flags) {
                    const situation at{
                        static_cast<op_class>(kind),
                        static_cast<sent_part>(sent),
                        static_cast<outcome>(came),
                        (flags & 1) != 0,
                        (flags & 2) != 0,
                        (flags & 4) != 0};
                    const decision got = decide(at);
                    const std::string words = std::string(steps[static_cast<int>(got.next)]) + " " +
                                              truths[static_cast<int>(got.doubt)];
                    EXPECT_EQ(words, expected(at))
                        << kinds[kind] << ", " << parts[sent] << " sent, " << ends[came]
                        << ", replayable " << at.replayable << ", stale " << at.stale
                        << ", corrected " << at.corrected;
                    ++count;
                }
    EXPECT_EQ(count, 3U * 3U * outcomes * 8U);
    std::printf("retry: %zu situations\n", count);
}

TEST(retry, RT13_the_document_shows_the_same_table) {
    std::ifstream file(BLOBSTORE_SOURCE_ROOT "/docs/networking.md");
    std::vector<std::string> shown;
    bool within = false;
    for (std::string line; std::getline(file, line);) {
        within = within ? line.starts_with("|") : line.starts_with("| operation | sent |");
        if (within) shown.push_back(line);
    }
    ASSERT_EQ(shown.size(), std::size(rows) + 2) << "with its head";
    for (std::size_t i = 0; i < std::size(rows); ++i)
        EXPECT_EQ(shown[i + 2], rows[i]);
}

// RT-14: what kind of failure an error is.
TEST(retry, RT13_RT14_what_errors_mean) {
    const auto of = [](errc code, bool retryable) {
        error e(code, "x");
        e->retryable = retryable;
        return ends[static_cast<int>(outcome_of(e))];
    };
    EXPECT_STREQ(of(errc::network, true), "cut");
    EXPECT_STREQ(of(errc::tls, true), "cut");
    EXPECT_STREQ(of(errc::tls, false), "distrusted");
    for (const errc code : {errc::dns, errc::connect, errc::timeout, errc::stalled})
        EXPECT_STREQ(of(code, true), "passing");
    for (const errc code : {errc::dns, errc::timeout, errc::cancelled, errc::protocol, errc::io})
        EXPECT_STREQ(of(code, false), "lasting");
    for (int each = 0; each <= static_cast<int>(action::fail); ++each)
        EXPECT_EQ(static_cast<int>(outcome_of(static_cast<action>(each))), each);
}

TEST(retry, RT13_what_each_step_costs) {
    const auto words = [](step next) {
        const terms t = terms_of(next);
        return std::string(t.counted ? "counted" : "free") + (t.waits ? " waits" : "") +
               (t.throttled ? " longer " : " ") + std::to_string(t.tokens);
    };
    EXPECT_EQ(words(step::at_once), "free 0");
    EXPECT_EQ(words(step::corrected), "counted 0");
    EXPECT_EQ(words(step::soon), "counted waits 14");
    EXPECT_EQ(words(step::later), "counted waits longer 5");
}

TEST(retry, RT01_backoff_is_spread_below_a_doubling_cap) {
    EXPECT_EQ(backoff(0, false, 0).count(), 0);
    EXPECT_EQ(backoff(0, false, all_ones).count(), 50);
    EXPECT_EQ(backoff(1, false, all_ones).count(), 100);
    EXPECT_EQ(backoff(4, false, all_ones).count(), 800);
    EXPECT_EQ(backoff(0, true, all_ones).count(), 1000);
    EXPECT_EQ(backoff(4, true, all_ones).count(), 16000);
    EXPECT_EQ(backoff(5, true, all_ones).count(), 20000);
    EXPECT_EQ(backoff(4'000'000'000U, false, all_ones).count(), 20000);
    EXPECT_NEAR(static_cast<double>(backoff(5, true, all_ones / 2).count()), 10000, 1);
}

response_head head_with(std::string_view after, std::string_view date = {}) {
    response_head head;
    head.fields[head.count++] = {"retry-after", after};
    head.fields[head.count++] = {"Date", date};
    return head;
}

TEST(retry, ST15_RT04_retry_after) {
    const auto asked = [](const response_head& head) {
        EXPECT_FALSE(retry_after(head).near_own);
        return retry_after(head).value.count();
    };
    EXPECT_EQ(asked(response_head{}), 0);
    EXPECT_EQ(asked(head_with("7")), 7000);
    EXPECT_EQ(asked(head_with("0")), 0);
    EXPECT_EQ(asked(head_with("3600")), 60000);
    EXPECT_EQ(asked(head_with("99999999999999999999999")), 60000);
    for (const char* bad : {"-1", "abc", "1.5", " ", "1e9", ""})
        EXPECT_EQ(asked(head_with(bad)), 0);
    const char* const date = "Fri, 24 May 2013 00:00:00 GMT";
    EXPECT_EQ(asked(head_with("Fri, 24 May 2013 00:00:05 GMT", date)), 5000);
    EXPECT_EQ(asked(head_with("Fri, 24 May 2013 01:00:05 GMT", date)), 60000);
    EXPECT_EQ(asked(head_with("Thu, 23 May 2013 00:00:05 GMT", date)), 0);
    EXPECT_EQ(asked(head_with("Fri, 24 May 2013 00:00:05 GMT")), 0);
    EXPECT_EQ(pause_before(milliseconds(50), {milliseconds(7000)}).count(), 7000);
    EXPECT_EQ(pause_before(milliseconds(50), {milliseconds(700000)}).count(), 60000);
    EXPECT_EQ(pause_before(milliseconds(50), {}).count(), 50);
}

TEST(retry, RT01_x_amz_retry_after_is_in_milliseconds_and_near_the_own_pause) {
    const auto paused = [](const char* amz, const char* after = "") {
        response_head head = head_with(after);
        head.fields[head.count++] = {"X-Amz-Retry-After", amz};
        return pause_before(milliseconds(50), retry_after(head)).count();
    };
    EXPECT_EQ(paused("1500"), 1500);
    EXPECT_EQ(paused("1500", "7"), 1500) << "goes before Retry-After";
    EXPECT_EQ(paused("7"), 50);
    EXPECT_EQ(paused("0", "7"), 50);
    for (const char* far : {"5051", "70000", "99999999999999999999999"})
        EXPECT_EQ(paused(far), 5050);
    for (const char* bad : {"", "-1", "soon", "1.5"})
        EXPECT_EQ(paused(bad, "7"), 7000) << bad;
}

TEST(retry, RT01_budget) {
    retry_budget budget;
    int taken = 0;
    while (budget.spend(retry_budget::transient_cost))
        ++taken;
    EXPECT_EQ(taken, 35);
    EXPECT_EQ(budget.left(), 10);
    EXPECT_TRUE(budget.spend(retry_budget::throttle_cost));
    budget.succeeded(14 + 5);
    EXPECT_EQ(budget.left(), 24);
    budget.succeeded(0);
    EXPECT_EQ(budget.left(), 25);
    budget.succeeded(10000);
    EXPECT_EQ(budget.left(), retry_budget::full);
}

TEST(render, head) {
    request r;
    r.to = {true, "::1", 443};
    r.target = "/a%20b?c=d";
    r.set("X-A", "1");
    r.set("x-a", "2");
    wiping_string out;
    ASSERT_TRUE(render_head(out, r, "agent/1").has_value());
    EXPECT_EQ(
        out, "GET /a%20b?c=d HTTP/1.1\r\nHost: [::1]\r\nX-A: 2\r\nUser-Agent: agent/1\r\n\r\n"
    );
    r.to = {false, "h", 8080};
    r.method = "PUT";
    ASSERT_TRUE(render_head(out, r, "").has_value());
    EXPECT_EQ(
        out, "PUT /a%20b?c=d HTTP/1.1\r\nHost: h:8080\r\nX-A: 2\r\nContent-Length: 0\r\n\r\n"
    );
}

TEST(render, ST01_every_byte_at_every_place_of_a_value) {
    for (std::size_t length = 1; length < 20; ++length)
        for (std::size_t at = 0; at < length; ++at)
            for (unsigned byte = 0; byte < 256; ++byte)
                for (const char around : {'a', '\xff', '~', ' '}) {
                    std::string value(length, around);
                    value[at] = static_cast<char>(byte);
                    const bool fine = (byte >= 0x20 && byte != 0x7F) || byte == '\t';
                    ASSERT_EQ(is_header_value(value), fine) << byte << " at " << at;
                }
}

TEST(render, refuses_what_could_split_a_request) {
    wiping_string out;
    const auto code_of = [&](const request& r) {
        const result<void> rendered = render_head(out, r, "");
        return rendered ? errc::ok : rendered.error().code();
    };
    for (const std::string& bad :
         {std::string("a\r\nEvil: 1"),
          std::string("a\nb"),
          std::string("a\0b", 3),
          std::string("a\x7f"),
          std::string("\x01")}) {
        request r;
        r.to = {false, "h", 80};
        EXPECT_EQ(code_of(r), errc::ok);
        r.headers = {{"X-A", bad}};
        EXPECT_EQ(code_of(r), errc::invalid_argument);
        r.headers = {{bad, "a"}};
        EXPECT_EQ(code_of(r), errc::invalid_argument);
        r.headers.clear();
        r.target = "/" + bad;
        EXPECT_EQ(code_of(r), errc::invalid_argument);
        r.target = "/";
        r.to.host = bad;
        EXPECT_EQ(code_of(r), errc::invalid_argument);
    }
    EXPECT_EQ(target_without_values("/a/b?X-Sig=secret&uploads&c=d"), "/a/b?X-Sig&uploads&c");
    EXPECT_EQ(target_without_values("/a"), "/a");
}

} // namespace

} // namespace blobstore::http
