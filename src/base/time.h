// SPDX-License-Identifier: Apache-2.0
// Points in time as text: RFC 3339, RFC 9110 and ISO 8601 basic. Arithmetic only, no clock, no
// locale.
#pragma once

#include "base/error.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace blobstore {

/// Since 1970-01-01T00:00:00Z, without leap seconds; covers the years 1678 to 2261.
using nanoseconds = std::int64_t;

inline constexpr nanoseconds nanoseconds_per_second = 1'000'000'000;

/// "2013-05-24T00:00:00.123Z" or with an offset; digits past the ninth are dropped, a leap second
/// is the next second. Else errc::invalid_argument, or errc::range for a time beyond those years,
/// as in all three.
result<nanoseconds> parse_rfc3339(std::string_view text);

/// Always 'Z'; a fraction only if it is not zero, without trailing zeros.
std::string format_rfc3339(nanoseconds time);

/// The three forms of RFC 9110 5.6.7. A two-digit year counts as 1970 to 2069. The day's name is
/// not compared with the date. Else errc::invalid_argument.
result<nanoseconds> parse_http_date(std::string_view text);

/// "Fri, 24 May 2013 00:00:00 GMT"; the fraction is cut off.
std::string format_http_date(nanoseconds time);

/// "20130524T000000Z". Else errc::invalid_argument.
result<nanoseconds> parse_iso_basic(std::string_view text);

/// "20130524T000000Z"; the fraction is cut off. The first eight characters are the date.
std::string format_iso_basic(nanoseconds time);

/// The same without an allocation; the year must have four digits.
std::array<char, 16> iso_basic(nanoseconds time) noexcept;

} // namespace blobstore
