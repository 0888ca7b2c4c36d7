// SPDX-License-Identifier: Apache-2.0
// What goes to standard output: buffered bytes, JSON objects, printable text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace blobstore::cli {

/// Writes all of it to the descriptor. Throws broken_pipe, or failure naming `what`.
void write_all(int fd, std::string_view bytes, std::string_view what);

/// Standard output, buffered.
class output {
public:
    void write(std::string_view bytes);
    void line(std::string_view text);

    /// Must be called at the end: it reports what a full disk or a closed pipe did.
    void flush();

private:
    std::string buffer_;
};

/// One JSON object in one line.
class json_object {
public:
    /// As a string; bytes that are not UTF-8 go under `<name>_base64`.
    json_object& text(std::string_view name, std::string_view value);
    json_object& number(std::string_view name, std::int64_t value);
    json_object& number(std::string_view name, std::uint64_t value);
    json_object& boolean(std::string_view name, bool value);

    /// `value` is JSON already.
    json_object& raw(std::string_view name, std::string_view value);

    [[nodiscard]] std::string str() const { return "{" + members_ + "}"; }

private:
    std::string members_;
};

bool is_utf8(std::string_view text) noexcept;
std::string json_string(std::string_view utf8);
std::string base64(std::string_view bytes);

/// With blanks before it, up to the width.
std::string right(std::string text, std::size_t width);

/// For people: control characters as \xNN.
std::string printable(std::string_view text);

} // namespace blobstore::cli
