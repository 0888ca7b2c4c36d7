// SPDX-License-Identifier: Apache-2.0
// Times, durations, byte ranges and sizes between text and number. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace blobstore::cli {

/// RFC 3339 in UTC; the fraction without zeros at its end.
std::string format_time(std::int64_t ns);

/// The same in whole seconds.
std::string format_seconds(std::int64_t ns);

/// RFC 3339 to nanoseconds since the epoch; nothing if it is no such time.
std::optional<std::int64_t> parse_time(std::string_view text);

/// `900`, `900s`, `15m`, `2h` or `7d` in milliseconds; nothing if it is none of them.
std::optional<std::int64_t> parse_duration_ms(std::string_view text);

/// Seconds since the epoch, a point, nine digits: the value of the metadata `mtime`, as rclone
/// writes it.
std::string format_mtime(std::int64_t ns);
std::optional<std::int64_t> parse_mtime(std::string_view text);

/// What --range asks for.
struct byte_range {
    std::optional<std::uint64_t> offset;
    std::optional<std::uint64_t> length;
    std::optional<std::uint64_t> suffix;
};

/// `A-B` (both inclusive), `A-` or `-N` (the last N); nothing if it is none of them.
std::optional<byte_range> parse_range(std::string_view text);

/// Such as `1.4 MiB`.
std::string human_size(std::uint64_t bytes);

} // namespace blobstore::cli
