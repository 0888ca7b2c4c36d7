// SPDX-License-Identifier: Apache-2.0
// Times as text: published examples, limits and a round trip over every day of the range.
#include "base/time.h"

#include <gtest/gtest.h>

namespace blobstore {
namespace {

constexpr nanoseconds second = nanoseconds_per_second;

TEST(time, rfc3339) {
    EXPECT_EQ(*parse_rfc3339("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(*parse_rfc3339("2013-05-24T00:00:00.000Z"), 1369353600 * second);
    EXPECT_EQ(*parse_rfc3339("1985-04-12T23:20:50.52Z"), 482196050 * second + 520'000'000);
    EXPECT_EQ(*parse_rfc3339("1996-12-19T16:39:57-08:00"), 851042397 * second);
    EXPECT_EQ(*parse_rfc3339("1990-12-31T23:59:60Z"), *parse_rfc3339("1991-01-01T00:00:00Z"));
    EXPECT_EQ(
        *parse_rfc3339("1937-01-01t12:00:27.87+00:20"), *parse_rfc3339("1937-01-01 11:40:27.87z")
    );
    EXPECT_EQ(*parse_rfc3339("2000-02-29T00:00:00.1234567899Z") % second, 123'456'789);
    for (const std::string_view wrong :
         {"",
          "2013",
          "2013-05-24",
          "2013-05-24T00:00:00",
          "2013-13-24T00:00:00Z",
          "2013-00-24T00:00:00Z",
          "2013-02-29T00:00:00Z",
          "1900-02-29T00:00:00Z",
          "2013-05-24T24:00:00Z",
          "2013-05-24T00:60:00Z",
          "2013-05-24T00:00:61Z",
          "2013-05-24T00:00:00.Z",
          "2013-05-24T00:00:00Zx",
          "2013-05-24T00:00:00+24:00",
          "2013-05-24T00:00:00+1:00",
          "1677-12-31T00:00:00Z",
          "2262-01-01T00:00:00Z",
          "9999-12-31T23:59:59Z",
          "-013-05-24T00:00:00Z"}) {
        EXPECT_FALSE(parse_rfc3339(wrong)) << wrong;
    }
}

TEST(time, rfc3339_prints_the_shortest) {
    EXPECT_EQ(format_rfc3339(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(format_rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
    EXPECT_EQ(format_rfc3339(1369353600 * second + 120'000'000), "2013-05-24T00:00:00.12Z");
    EXPECT_EQ(format_rfc3339(second + 1), "1970-01-01T00:00:01.000000001Z");
}

TEST(time, http_date_in_three_forms) {
    constexpr nanoseconds expected = 784111777 * second; // RFC 9110 5.6.7
    EXPECT_EQ(*parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), expected);
    EXPECT_EQ(*parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), expected);
    EXPECT_EQ(*parse_http_date("Sun Nov  6 08:49:37 1994"), expected);
    EXPECT_EQ(*parse_http_date("Wed Nov 16 08:49:37 1994"), expected + 10 * 86400 * second);
    EXPECT_EQ(*parse_http_date("Monday, 06-Nov-23 08:49:37 GMT"), 1699260577 * second);
    EXPECT_EQ(format_http_date(expected + 5), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(format_http_date(-second), "Wed, 31 Dec 1969 23:59:59 GMT");
    for (const std::string_view wrong :
         {"",
          "Sun",
          "Sun, 6 Nov 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 08:49:37",
          "Sun, 06 nov 1994 08:49:37 GMT",
          "Son, 06 Nov 1994 08:49:37 GMT",
          "Sun, 31 Nov 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 08:49:37 UTC",
          "Sun Nov 6 08:49:37 1994",
          "0",
          "-1"}) {
        EXPECT_FALSE(parse_http_date(wrong)) << wrong;
    }
}

TEST(time, iso_basic) {
    EXPECT_EQ(*parse_iso_basic("20130524T000000Z"), 1369353600 * second);
    EXPECT_EQ(format_iso_basic(1369353600 * second + 999), "20130524T000000Z");
    for (const std::string_view wrong :
         {"",
          "20130524",
          "20130524T000000",
          "20130524T000000z",
          "2013-05-24T00:00:00Z",
          "20130524T000000Z "}) {
        EXPECT_FALSE(parse_iso_basic(wrong)) << wrong;
    }
}

TEST(time, every_day_makes_the_round_trip) {
    const nanoseconds first = *parse_rfc3339("1678-01-01T01:02:03Z");
    const nanoseconds last = *parse_rfc3339("2261-12-31T23:59:59Z");
    std::string before;
    for (nanoseconds time = first; time <= last; time += 86400 * second) {
        const std::string text = format_rfc3339(time);
        ASSERT_EQ(*parse_rfc3339(text), time) << text;
        ASSERT_EQ(*parse_http_date(format_http_date(time)), time) << text;
        ASSERT_EQ(*parse_iso_basic(format_iso_basic(time)), time) << text;
        ASSERT_LT(before, text);
        before = text;
        if (time > last - 86400 * second) {
            break; // the next step would overflow
        }
    }
}

} // namespace
} // namespace blobstore
