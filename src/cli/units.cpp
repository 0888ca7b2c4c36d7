// SPDX-License-Identifier: Apache-2.0
// Times, durations, byte ranges and sizes between text and number. Pure.
#include "cli/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <limits>

namespace blobstore::cli {

namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;

/// The whole text as a number of decimal digits.
template <class T>
std::optional<T> parse_number(std::string_view text) {
    T value{};
    if (text.empty() || text[0] < '0' || text[0] > '9') {
        return std::nullopt;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

std::optional<int> parse_digits(std::string_view text, std::size_t at, std::size_t count) {
    return at + count <= text.size() ? parse_number<int>(text.substr(at, count)) : std::nullopt;
}

/// Nanoseconds of a fraction's digits; further digits are cut off.
std::optional<std::int64_t> parse_fraction(std::string_view digits) {
    if (digits.empty() ||
        !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) {
        return std::nullopt;
    }
    std::string padded(digits.substr(0, 9));
    padded.resize(9, '0');
    return parse_number<std::int64_t>(padded);
}

std::optional<std::int64_t> combine(std::int64_t seconds, std::int64_t ns) {
    std::int64_t result = 0;
    if (__builtin_mul_overflow(seconds, ns_per_second, &result) ||
        __builtin_add_overflow(result, ns, &result)) {
        return std::nullopt;
    }
    return result;
}

/// Seconds to take off for `Z` or `+hh:mm`.
std::optional<std::int64_t> parse_zone(std::string_view text) {
    if (text == "Z" || text == "z") {
        return 0;
    }
    const auto hours = parse_digits(text, 1, 2);
    const auto minutes = parse_digits(text, 4, 2);
    if (text.size() != 6 || text[3] != ':' || !hours || !minutes || *hours > 23 || *minutes > 59 ||
        (text[0] != '+' && text[0] != '-')) {
        return std::nullopt;
    }
    const std::int64_t seconds = *hours * 3600 + *minutes * 60;
    return text[0] == '-' ? -seconds : seconds;
}

std::int64_t floor_seconds(std::int64_t ns) noexcept {
    return ns / ns_per_second - (ns % ns_per_second < 0 ? 1 : 0);
}

} // namespace

std::string format_time(std::int64_t ns) {
    const std::int64_t seconds = floor_seconds(ns);
    const auto fraction = static_cast<int>(ns - seconds * ns_per_second);
    const std::chrono::sys_seconds when{std::chrono::seconds(seconds)};
    const auto day = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(when - day);
    std::array<char, 80> text{};
    std::snprintf(
        text.data(),
        text.size(),
        "%04d-%02u-%02uT%02d:%02d:%02d",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count())
    );
    std::string result(text.data());
    if (fraction != 0) {
        std::snprintf(text.data(), text.size(), ".%09d", fraction);
        result += text.data();
        result.erase(result.find_last_not_of('0') + 1);
    }
    return result + "Z";
}

std::string format_seconds(std::int64_t ns) {
    const std::string time = format_time(ns);
    const std::size_t point = time.find('.');
    return point == std::string::npos ? time : time.substr(0, point) + "Z";
}

std::optional<std::int64_t> parse_time(std::string_view text) {
    const auto year = parse_digits(text, 0, 4);
    const auto month = parse_digits(text, 5, 2);
    const auto day = parse_digits(text, 8, 2);
    const auto hour = parse_digits(text, 11, 2);
    const auto minute = parse_digits(text, 14, 2);
    const auto second = parse_digits(text, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second || text.size() < 20 ||
        text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') ||
        text[13] != ':' || text[16] != ':' || *hour > 23 || *minute > 59 || *second > 60) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{
        std::chrono::year(*year),
        std::chrono::month(static_cast<unsigned>(*month)),
        std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) {
        return std::nullopt;
    }
    std::string_view rest = text.substr(19);
    std::int64_t ns = 0;
    if (rest.starts_with('.')) {
        const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
        const auto fraction = parse_fraction(rest.substr(1, end - 1));
        if (!fraction) {
            return std::nullopt;
        }
        ns = *fraction;
        rest.remove_prefix(end);
    }
    const auto zone = parse_zone(rest);
    if (!zone) {
        return std::nullopt;
    }
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    return combine(days * 86400 + *hour * 3600 + *minute * 60 + *second - *zone, ns);
}

std::optional<std::int64_t> parse_duration_ms(std::string_view text) {
    std::int64_t unit = 1000;
    if (!text.empty()) {
        switch (text.back()) {
        case 's':
            unit = 1000;
            break;
        case 'm':
            unit = 60'000;
            break;
        case 'h':
            unit = 3'600'000;
            break;
        case 'd':
            unit = 86'400'000;
            break;
        default:
            unit = 0;
            break;
        }
        if (unit != 0) {
            text.remove_suffix(1);
        } else {
            unit = 1000;
        }
    }
    const auto number = parse_number<std::int64_t>(text);
    std::int64_t result = 0;
    if (!number || __builtin_mul_overflow(*number, unit, &result)) {
        return std::nullopt;
    }
    return result;
}

std::string format_mtime(std::int64_t ns) {
    const std::uint64_t size =
        ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
    std::array<char, 48> text{};
    std::snprintf(
        text.data(),
        text.size(),
        "%s%llu.%09llu",
        ns < 0 ? "-" : "",
        static_cast<unsigned long long>(size / ns_per_second),
        static_cast<unsigned long long>(size % ns_per_second)
    );
    return text.data();
}

std::optional<std::int64_t> parse_mtime(std::string_view text) {
    const bool negative = text.starts_with('-');
    text.remove_prefix(negative ? 1 : 0);
    const std::size_t point = text.find('.');
    const auto seconds = parse_number<std::int64_t>(text.substr(0, point));
    std::int64_t ns = 0;
    if (point != std::string_view::npos) {
        const auto fraction = parse_fraction(text.substr(point + 1));
        if (!fraction) {
            return std::nullopt;
        }
        ns = *fraction;
    }
    const auto size = seconds ? combine(*seconds, ns) : std::nullopt;
    return size && negative ? std::optional(-*size) : size;
}

std::optional<byte_range> parse_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view first = text.substr(0, dash);
    const std::string_view last = text.substr(dash + 1);
    byte_range result;
    if (first.empty()) {
        result.suffix = parse_number<std::uint64_t>(last);
        return result.suffix ? std::optional(result) : std::nullopt;
    }
    result.offset = parse_number<std::uint64_t>(first);
    if (!result.offset) {
        return std::nullopt;
    }
    if (!last.empty()) {
        const auto end = parse_number<std::uint64_t>(last);
        if (!end || *end < *result.offset || *end == std::numeric_limits<std::uint64_t>::max()) {
            return std::nullopt;
        }
        result.length = *end - *result.offset + 1;
    }
    return result;
}

std::string human_size(std::uint64_t bytes) {
    constexpr std::array<const char*, 6> units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        return std::to_string(bytes) + " B";
    }
    double value = static_cast<double>(bytes) / 1024.0;
    std::size_t unit = 0;
    while (value >= 1023.95 && unit + 1 < units.size()) {
        value /= 1024.0;
        ++unit;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f %s", value, units[unit]);
    return text.data();
}

} // namespace blobstore::cli
