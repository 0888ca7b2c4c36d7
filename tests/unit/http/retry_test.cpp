// SPDX-License-Identifier: Apache-2.0
// Backoff, Retry-After, the budget, and what a rendered head looks like: plain values in and out.
#include "http/render.h"
#include "http/retry.h"

#include <gtest/gtest.h>

namespace blobstore::http {

namespace {

constexpr std::uint64_t all_ones = ~std::uint64_t{0};

TEST(retry, backoff_is_spread_below_a_doubling_cap) {
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

TEST(retry, retry_after) {
    EXPECT_EQ(retry_after(response_head{}).count(), 0);
    EXPECT_EQ(retry_after(head_with("7")).count(), 7000);
    EXPECT_EQ(retry_after(head_with("0")).count(), 0);
    EXPECT_EQ(retry_after(head_with("3600")).count(), 60000);
    EXPECT_EQ(retry_after(head_with("99999999999999999999999")).count(), 60000);
    for (const char* bad : {"-1", "abc", "1.5", " ", "1e9"})
        EXPECT_EQ(retry_after(head_with(bad)).count(), 0);
    const char* const date = "Fri, 24 May 2013 00:00:00 GMT";
    EXPECT_EQ(retry_after(head_with("Fri, 24 May 2013 00:00:05 GMT", date)).count(), 5000);
    EXPECT_EQ(retry_after(head_with("Fri, 24 May 2013 01:00:05 GMT", date)).count(), 60000);
    EXPECT_EQ(retry_after(head_with("Thu, 23 May 2013 00:00:05 GMT", date)).count(), 0);
    EXPECT_EQ(retry_after(head_with("Fri, 24 May 2013 00:00:05 GMT")).count(), 0);
    EXPECT_EQ(pause_before(milliseconds(50), milliseconds(7000)).count(), 7000);
    EXPECT_EQ(pause_before(milliseconds(50), milliseconds(700000)).count(), 60000);
    EXPECT_EQ(pause_before(milliseconds(50), milliseconds(0)).count(), 50);
}

TEST(retry, budget) {
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
    std::string out;
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

TEST(render, refuses_what_could_split_a_request) {
    std::string out;
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
