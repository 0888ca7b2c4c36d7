// SPDX-License-Identifier: Apache-2.0
// Resolution of settings and parsing of their values.
#include "base/settings.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <limits>
#include <numeric>

namespace blobstore {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::for_each(out, [](char& c) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

std::string normal_key(std::string_view key) {
    std::string out = lower(key);
    std::ranges::replace(out, '-', '_');
    return out;
}

bool is_named(const setting& row, std::string_view key) {
    return row.key == key || std::ranges::find(row.aliases, key) != row.aliases.end();
}

// Levenshtein's distance in one row of memory.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

struct unit {
    std::string_view name; ///< lower case
    std::uint64_t factor;
};

// A decimal number without sign and a unit, as a whole number of the smallest unit, rounded down.
// At most nine digits after the point count.
std::optional<std::uint64_t> parse_scaled(std::string_view text, std::span<const unit> units) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    std::uint64_t whole = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), whole);
    if (problem != std::errc()) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    std::uint64_t billionths = 0;
    if (text.starts_with('.')) {
        std::uint64_t place = 100'000'000;
        std::size_t digits = 1;
        for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
            billionths += static_cast<std::uint64_t>(text[digits] - '0') * place;
            place /= 10;
        }
        text.remove_prefix(digits);
        if (digits == 1 || text.empty()) {
            return std::nullopt;
        }
    }
    const std::string name = lower(text.substr(std::min(text.find_first_not_of(' '), text.size())));
    const auto found = std::ranges::find(units, name, &unit::name);
    if (found == units.end() || whole > most / found->factor) {
        return std::nullopt;
    }
    // factors reach 2^40: the fraction is multiplied in two steps to stay within 64 bits
    const std::uint64_t fraction = found->factor / 1'000'000'000 * billionths +
                                   found->factor % 1'000'000'000 * billionths / 1'000'000'000;
    const std::uint64_t value = whole * found->factor;
    return value > most - fraction ? std::nullopt : std::optional(value + fraction);
}

struct parsed {
    bool good = false;
    std::int64_t number = 0;
};

template <class Number>
parsed as_parsed(std::optional<Number> value) {
    return {value.has_value(), static_cast<std::int64_t>(value.value_or(Number{}))};
}

parsed parse_value(const setting& row, std::string_view value) {
    switch (row.type) {
    case setting_type::boolean:
        return as_parsed(parse_boolean(value));
    case setting_type::integer:
        return as_parsed(parse_integer(value));
    case setting_type::size:
        return as_parsed(parse_size(value));
    case setting_type::duration_ms:
        return as_parsed(parse_duration_ms(value));
    case setting_type::enumeration:
        return {std::ranges::find(row.choices, lower(value)) != row.choices.end(), 0};
    case setting_type::string:
        break;
    }
    return {value.find('\0') == std::string_view::npos, 0};
}

std::string allowed_values(const setting& row) {
    switch (row.type) {
    case setting_type::boolean:
        return "true or false";
    case setting_type::integer:
        return "an integer";
    case setting_type::size:
        return "a size such as 8MiB or 16k";
    case setting_type::duration_ms:
        return "a duration such as 10s, 500ms or 2m";
    case setting_type::string:
        return "text without NUL";
    case setting_type::enumeration:
        break;
    }
    std::string out = "one of";
    for (const std::string_view choice : row.choices) {
        out.append(out.size() == 6 ? " " : ", ").append(choice);
    }
    return out;
}

// A value as it may stand in a message: short, one line, printable.
std::string shown(std::string_view value) {
    std::string out;
    for (const char c : value.substr(0, 64)) {
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
    return "'" + out + (value.size() > 64 ? "...'" : "'");
}

} // namespace

settings_values::settings_values(std::initializer_list<std::span<const setting>> tables) {
    for (const std::span<const setting> table : tables) {
        for (const setting& row : table) {
            slot& added = slots_.emplace_back();
            added.row = &row;
            if (!row.default_value.empty()) {
                const parsed value = parse_value(row, row.default_value);
                assert(value.good);
                added.number = value.number;
            }
        }
    }
}

settings_values::settings_values(std::span<const setting> table)
    : settings_values({table}) {
}

result<void>
settings_values::set(std::string_view key, std::string_view value, setting_origin origin) {
    const slot* found = slot_of(key);
    if (found == nullptr) {
        return error(errc::config, "unknown setting " + shown(key) + nearest(key));
    }
    const setting& row = *found->row;
    const parsed checked = parse_value(row, value);
    if (!checked.good) {
        return error(
            errc::config,
            "setting '" + std::string(row.key) + "' must be " + allowed_values(row) +
                (row.secret ? std::string() : ", not " + shown(value))
        );
    }
    if (found->origin && *found->origin > origin) {
        return {};
    }
    slot& changed = slots_[static_cast<std::size_t>(found - slots_.data())];
    changed.origin = origin;
    changed.number = checked.number;
    changed.value =
        row.type == setting_type::enumeration ? secret_string(lower(value)) : secret_string(value);
    return {};
}

result<void> settings_values::load_environment(
    const std::function<std::optional<std::string>(std::string_view)>& lookup
) {
    for (const slot& one : slots_) {
        for (const std::string_view variable : one.row->environment) {
            const std::optional<std::string> value = lookup(variable);
            if (!value || value->empty()) {
                continue;
            }
            result<void> done = set(one.row->key, *value, setting_origin::environment);
            if (!done) {
                return error(
                    errc::config,
                    done.error().message() + " (from variable " + std::string(variable) + ")"
                );
            }
            break;
        }
    }
    return {};
}

const setting* settings_values::find(std::string_view key) const {
    const slot* found = slot_of(key);
    return found == nullptr ? nullptr : found->row;
}

bool settings_values::is_set(std::string_view key) const {
    return must(key).origin.has_value();
}

std::optional<setting_origin> settings_values::origin(std::string_view key) const {
    return must(key).origin;
}

std::string_view settings_values::text(std::string_view key) const {
    const slot& found = must(key);
    return found.origin ? found.value.reveal() : found.row->default_value;
}

bool settings_values::boolean(std::string_view key) const {
    assert(must(key).row->type == setting_type::boolean);
    return must(key).number != 0;
}

std::int64_t settings_values::integer(std::string_view key) const {
    assert(must(key).row->type == setting_type::integer);
    return must(key).number;
}

std::uint64_t settings_values::size(std::string_view key) const {
    assert(must(key).row->type == setting_type::size);
    return static_cast<std::uint64_t>(must(key).number);
}

std::int64_t settings_values::duration_ms(std::string_view key) const {
    assert(must(key).row->type == setting_type::duration_ms);
    return must(key).number;
}

std::vector<const setting*> settings_values::rows() const {
    std::vector<const setting*> out;
    for (const slot& one : slots_) {
        out.push_back(one.row);
    }
    return out;
}

const settings_values::slot* settings_values::slot_of(std::string_view key) const {
    const std::string normal = normal_key(key);
    std::string_view wanted = normal;
    while (true) {
        const auto found = std::ranges::find_if(slots_, [&](const slot& one) {
            return is_named(*one.row, wanted);
        });
        if (found != slots_.end()) {
            return &*found;
        }
        if (!wanted.starts_with("aws_")) {
            return nullptr;
        }
        wanted.remove_prefix(4);
    }
}

const settings_values::slot& settings_values::must(std::string_view key) const {
    const slot* found = slot_of(key);
    assert(found != nullptr);
    return *found;
}

// " (did you mean 'region'?)", by the smallest edit distance over keys and aliases.
std::string settings_values::nearest(std::string_view key) const {
    const std::string normal = normal_key(key.substr(0, 64));
    std::string_view best;
    std::size_t best_distance = std::numeric_limits<std::size_t>::max();
    const auto consider = [&](std::string_view name, std::string_view shown_as) {
        const std::size_t found = distance(normal, name);
        if (found < best_distance) {
            best_distance = found;
            best = shown_as;
        }
    };
    for (const slot& one : slots_) {
        consider(one.row->key, one.row->key);
        for (const std::string_view alias : one.row->aliases) {
            consider(alias, alias);
        }
    }
    return best.empty() ? std::string() : " (did you mean '" + std::string(best) + "'?)";
}

std::optional<std::int64_t> parse_duration_ms(std::string_view text) {
    constexpr unit units[] = {
        {"", 1}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
    const std::optional<std::uint64_t> value = parse_scaled(text, units);
    return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    constexpr std::uint64_t k = 1024;
    constexpr unit units[] = {
        {"", 1},
        {"b", 1},
        {"k", k},
        {"kib", k},
        {"kb", 1000},
        {"m", k * k},
        {"mib", k * k},
        {"mb", 1'000'000},
        {"g", k * k * k},
        {"gib", k * k * k},
        {"gb", 1'000'000'000},
        {"t", k * k * k * k},
        {"tib", k * k * k * k},
        {"tb", 1'000'000'000'000}};
    return parse_scaled(text, units);
}

std::optional<bool> parse_boolean(std::string_view text) {
    const std::string low = lower(text);
    if (low == "true" || low == "1" || low == "yes" || low == "on") {
        return true;
    }
    if (low == "false" || low == "0" || low == "no" || low == "off") {
        return false;
    }
    return std::nullopt;
}

} // namespace blobstore
