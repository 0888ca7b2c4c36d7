// SPDX-License-Identifier: Apache-2.0
// Typed settings: tables of keys and the values resolved from call, URL, environment, file and
// discovery. Reads no environment and no file itself.
#pragma once

#include "base/error.h"
#include "base/secret.h"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace blobstore {

enum class setting_type { string, boolean, integer, size, duration_ms, enumeration };

/// One row of a layer's table. Rows are constants that live as long as the program.
struct setting {
    std::string_view key = {}; ///< lower case, with '_'
    std::span<const std::string_view> aliases = {};
    setting_type type = setting_type::string;
    std::string_view default_value = {}; ///< text of the type; empty: no value (false, 0)
    std::string_view doc = {};           ///< one line
    bool secret = false;
    std::span<const std::string_view> choices = {};     ///< of an enumeration
    std::span<const std::string_view> environment = {}; ///< variables, the first that is set counts
};

/// Where a value came from, the weakest first.
enum class setting_origin { discovered, file, environment, url, call };

/// Values for the keys of one or more tables. A value, not thread-safe while it changes. A key is
/// matched without case, '-' as '_', by name, alias, or either with "aws_" before it.
class settings_values {
public:
    /// Keys must not occur twice over all tables.
    explicit settings_values(std::initializer_list<std::span<const setting>> tables);
    explicit settings_values(std::span<const setting> table);

    /// Checks the value and keeps it unless a stronger origin has set the key; within one origin
    /// the last wins. errc::config for an unknown key (the message names the nearest) and for a bad
    /// value (the message names key, type and what is allowed; the value itself only if it is no
    /// secret).
    result<void> set(std::string_view key, std::string_view value, setting_origin origin);

    /// Sets, with origin environment, each key that has a variable which `lookup` knows and which
    /// is not empty. The error names the variable.
    result<void>
    load_environment(const std::function<std::optional<std::string>(std::string_view)>& lookup);

    /// The row for a key or alias; null if there is none.
    const setting* find(std::string_view key) const;

    bool is_set(std::string_view key) const;

    /// Where the value came from; empty if it is the default.
    std::optional<setting_origin> origin(std::string_view key) const;

    /// Getters give the value or else the default. The key must be in a table and of that type
    /// (text: any type), anything else is a bug of ours. Views are valid until the key is set
    /// again.
    std::string_view text(std::string_view key) const;
    bool boolean(std::string_view key) const;
    std::int64_t integer(std::string_view key) const;
    std::uint64_t size(std::string_view key) const;
    std::int64_t duration_ms(std::string_view key) const;

    /// All rows, in the order of the tables, for `describe`.
    std::vector<const setting*> rows() const;

private:
    struct slot {
        const setting* row = nullptr;
        std::optional<setting_origin> origin;
        secret_string value;
        std::int64_t number = 0; ///< of value or default, for all types but string and enumeration
    };

    const slot* slot_of(std::string_view key) const;
    const slot& must(std::string_view key) const;
    std::string nearest(std::string_view key) const;

    std::vector<slot> slots_;
};

/// "10s", "500ms", "2m", "1h", "1d", or a bare number of milliseconds; a fraction is allowed before
/// a unit.
std::optional<std::int64_t> parse_duration_ms(std::string_view text);

/// "8MiB", "16k", "5G": powers of 1024 with or without "iB"; "8MB" is a power of 1000; "10B" and a
/// bare number are bytes. Case does not matter.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// true false 1 0 yes no on off, in any case.
std::optional<bool> parse_boolean(std::string_view text);

} // namespace blobstore
