// SPDX-License-Identifier: Apache-2.0
// Dates by the arithmetic of the Gregorian calendar.
#include "base/time.h"

#include <array>

namespace blobstore {

namespace {

constexpr std::array<std::string_view, 7> day_names = {
    "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"};
constexpr std::array<std::string_view, 12> month_names = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct civil {
    std::int64_t year = 1970;
    unsigned month = 1, day = 1, hour = 0, minute = 0, second = 0;
    std::int64_t fraction = 0; ///< nanoseconds
    std::int64_t days = 0;     ///< since the epoch
};

constexpr bool is_leap(std::int64_t year) noexcept {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

constexpr unsigned days_in_month(std::int64_t year, unsigned month) noexcept {
    constexpr std::array<unsigned, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

// Howard Hinnant, "chrono-compatible low-level date algorithms": years begin in March.
constexpr std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) noexcept {
    year -= month <= 2 ? 1 : 0;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const std::int64_t of_era = year - era * 400;
    const std::int64_t of_year =
        (153 * (std::int64_t{month} + (month > 2 ? -3 : 9)) + 2) / 5 + std::int64_t{day} - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static_assert(days_from_civil(1970, 1, 1) == 0 && days_from_civil(2000, 3, 1) == 11017);

civil split(nanoseconds time) noexcept {
    constexpr nanoseconds per_day = 86400 * nanoseconds_per_second;
    civil out;
    out.days = time / per_day - (time % per_day < 0 ? 1 : 0);
    const nanoseconds rest = time - out.days * per_day;
    const auto seconds = static_cast<unsigned>(rest / nanoseconds_per_second);
    out.fraction = rest % nanoseconds_per_second;
    out.hour = seconds / 3600;
    out.minute = seconds / 60 % 60;
    out.second = seconds % 60;
    const std::int64_t shifted = out.days + 719468;
    const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const std::int64_t of_era = shifted - era * 146097;
    const std::int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const std::int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    const std::int64_t month = (5 * of_year + 2) / 153;
    out.day = static_cast<unsigned>(of_year - (153 * month + 2) / 5 + 1);
    out.month = static_cast<unsigned>(month < 10 ? month + 3 : month - 9);
    out.year = year + era * 400 + (out.month <= 2 ? 1 : 0);
    return out;
}

error not_a(std::string_view form) {
    return error(errc::invalid_argument, "not a time in the form " + std::string(form));
}

// A second of 60 is allowed. errc::range for a time of the calendar that nanoseconds cannot hold.
result<nanoseconds> join(const civil& at, std::string_view form) {
    if (at.month < 1 || at.month > 12 || at.day < 1 || at.day > days_in_month(at.year, at.month) ||
        at.hour > 23 || at.minute > 59 || at.second > 60) {
        return not_a(form);
    }
    if (at.year < 1678 || at.year > 2261) {
        return error(errc::range, "a time outside of the years 1678 to 2261");
    }
    const std::int64_t seconds = days_from_civil(at.year, at.month, at.day) * 86400 +
                                 std::int64_t{at.hour} * 3600 + at.minute * 60 + at.second;
    return seconds * nanoseconds_per_second + at.fraction;
}

class scanner {
public:
    explicit scanner(std::string_view text)
        : rest_(text) {}

    bool done() const noexcept { return rest_.empty(); }

    bool skip(std::string_view literal) noexcept {
        if (!rest_.starts_with(literal)) {
            return false;
        }
        rest_.remove_prefix(literal.size());
        return true;
    }

    bool skip_any(std::string_view choices) noexcept {
        if (rest_.empty() || choices.find(rest_.front()) == std::string_view::npos) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    template <class Number>
    bool number(std::size_t digits, Number& out) noexcept {
        if (rest_.size() < digits) {
            return false;
        }
        out = 0;
        for (const char c : rest_.substr(0, digits)) {
            if (c < '0' || c > '9') {
                return false;
            }
            out = out * 10 + static_cast<Number>(c - '0');
        }
        rest_.remove_prefix(digits);
        return true;
    }

    bool fraction(std::int64_t& out) noexcept {
        std::int64_t unit = nanoseconds_per_second / 10;
        std::size_t digits = 0;
        for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits) {
            out += (rest_[digits] - '0') * unit;
            unit /= 10;
        }
        rest_.remove_prefix(digits);
        return digits > 0;
    }

    bool month(unsigned& out) noexcept {
        for (unsigned i = 0; i < month_names.size(); ++i) {
            if (skip(month_names[i])) {
                out = i + 1;
                return true;
            }
        }
        return false;
    }

    bool clock(civil& at) noexcept {
        return number(2, at.hour) && skip(":") && number(2, at.minute) && skip(":") &&
               number(2, at.second);
    }

private:
    std::string_view rest_;
};

void append(std::string& out, std::int64_t value, std::size_t digits) {
    const std::size_t begin = out.size();
    out.append(digits, '0');
    for (std::size_t i = digits; i > 0; --i, value /= 10) {
        out[begin + i - 1] = static_cast<char>('0' + value % 10);
    }
}

bool scan_imf(scanner scan, civil& at) {
    return scan.skip(", ") && scan.number(2, at.day) && scan.skip(" ") && scan.month(at.month) &&
           scan.skip(" ") && scan.number(4, at.year) && scan.skip(" ") && scan.clock(at) &&
           scan.skip(" GMT") && scan.done();
}

bool scan_rfc850(scanner scan, civil& at) {
    const bool good = scan.skip(", ") && scan.number(2, at.day) && scan.skip("-") &&
                      scan.month(at.month) && scan.skip("-") && scan.number(2, at.year) &&
                      scan.skip(" ") && scan.clock(at) && scan.skip(" GMT") && scan.done();
    at.year += at.year < 70 ? 2000 : 1900;
    return good;
}

bool scan_asctime(scanner scan, civil& at) {
    return scan.skip(" ") && scan.month(at.month) && scan.skip(" ") &&
           (scan.skip(" ") ? scan.number(1, at.day) : scan.number(2, at.day)) && scan.skip(" ") &&
           scan.clock(at) && scan.skip(" ") && scan.number(4, at.year) && scan.done();
}

} // namespace

result<nanoseconds> parse_rfc3339(std::string_view text) {
    constexpr std::string_view form = "2013-05-24T00:00:00Z";
    scanner scan(text);
    civil at;
    if (!scan.number(4, at.year) || !scan.skip("-") || !scan.number(2, at.month) ||
        !scan.skip("-") || !scan.number(2, at.day) || !scan.skip_any("Tt ") || !scan.clock(at) ||
        (scan.skip(".") && !scan.fraction(at.fraction))) {
        return not_a(form);
    }
    std::int64_t offset_minutes = 0;
    if (!scan.skip_any("Zz")) {
        const bool east = scan.skip("+");
        std::int64_t hours = 0;
        std::int64_t minutes = 0;
        if ((!east && !scan.skip("-")) || !scan.number(2, hours) || !scan.skip(":") ||
            !scan.number(2, minutes) || hours > 23 || minutes > 59) {
            return not_a(form);
        }
        offset_minutes = (hours * 60 + minutes) * (east ? 1 : -1);
    }
    if (!scan.done()) {
        return not_a(form);
    }
    const result<nanoseconds> time = join(at, form);
    if (!time) {
        return time.error();
    }
    return *time - offset_minutes * 60 * nanoseconds_per_second;
}

std::string format_rfc3339(nanoseconds time) {
    const civil at = split(time);
    std::string out;
    append(out, at.year, 4);
    append(out += '-', at.month, 2);
    append(out += '-', at.day, 2);
    append(out += 'T', at.hour, 2);
    append(out += ':', at.minute, 2);
    append(out += ':', at.second, 2);
    if (at.fraction != 0) {
        append(out += '.', at.fraction, 9);
        out.resize(out.find_last_not_of('0') + 1);
    }
    return out += 'Z';
}

result<nanoseconds> parse_http_date(std::string_view text) {
    constexpr std::string_view form = "Fri, 24 May 2013 00:00:00 GMT";
    for (const std::string_view day : day_names) {
        civil imf;
        civil rfc850;
        civil asctime;
        if (text.starts_with(day) && scan_rfc850(scanner(text.substr(day.size())), rfc850)) {
            return join(rfc850, form);
        }
        if (!text.starts_with(day.substr(0, 3))) {
            continue;
        }
        if (scan_imf(scanner(text.substr(3)), imf)) {
            return join(imf, form);
        }
        if (scan_asctime(scanner(text.substr(3)), asctime)) {
            return join(asctime, form);
        }
    }
    return not_a(form);
}

std::string format_http_date(nanoseconds time) {
    const civil at = split(time);
    std::string out(day_names[static_cast<std::size_t>((at.days % 7 + 7) % 7)].substr(0, 3));
    append(out += ", ", at.day, 2);
    out.append(" ").append(month_names[at.month - 1]);
    append(out += ' ', at.year, 4);
    append(out += ' ', at.hour, 2);
    append(out += ':', at.minute, 2);
    append(out += ':', at.second, 2);
    return out += " GMT";
}

result<nanoseconds> parse_iso_basic(std::string_view text) {
    constexpr std::string_view form = "20130524T000000Z";
    scanner scan(text);
    civil at;
    const bool good = scan.number(4, at.year) && scan.number(2, at.month) &&
                      scan.number(2, at.day) && scan.skip("T") && scan.number(2, at.hour) &&
                      scan.number(2, at.minute) && scan.number(2, at.second) && scan.skip("Z") &&
                      scan.done();
    return good ? join(at, form) : result<nanoseconds>(not_a(form));
}

std::string format_iso_basic(nanoseconds time) {
    const std::array<char, 16> text = iso_basic(time);
    return {text.data(), text.size()};
}

std::array<char, 16> iso_basic(nanoseconds time) noexcept {
    const civil at = split(time);
    std::array<char, 16> out;
    const auto two = [&out](std::size_t where, unsigned value) {
        out[where] = static_cast<char>('0' + value / 10 % 10);
        out[where + 1] = static_cast<char>('0' + value % 10);
    };
    const auto year = static_cast<unsigned>(at.year);
    two(0, year / 100);
    two(2, year % 100);
    two(4, at.month);
    two(6, at.day);
    out[8] = 'T';
    two(9, at.hour);
    two(11, at.minute);
    two(13, at.second);
    out[15] = 'Z';
    return out;
}

} // namespace blobstore
