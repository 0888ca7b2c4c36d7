// SPDX-License-Identifier: Apache-2.0
// Reads response heads strictly into a fixed table and decodes chunked bodies. No sockets.
#pragma once

#include "http/message.h"

#include <memory>
#include <optional>
#include <span>

namespace blobstore::http {

inline constexpr std::size_t head_limit = 16 * 1024;

/// One answer at a time; begin() starts the next. Never copies a header.
class answer_parser {
public:
    answer_parser();
    answer_parser(const answer_parser&) = delete;
    answer_parser& operator=(const answer_parser&) = delete;
    ~answer_parser();

    enum class state : std::uint8_t { more, done, bad };

    /// How a body ends.
    enum class framing : std::uint8_t { none, length, chunked, until_close };

    struct progress {
        state what = state::more;
        std::size_t used = 0; ///< bytes of the wire that are dealt with
        std::size_t made = 0; ///< bytes of the body that came out
    };

    /// The next answer's head goes into `table`, as views into `buffer`, where its bytes will be.
    void begin(response_head& table, std::span<const char> buffer, bool no_body);

    /// `wire` is what is in the buffer and not yet used; unused bytes come again, with more behind
    /// them.
    progress head(std::span<const char> wire);

    framing body() const noexcept;
    std::uint64_t length() const noexcept; ///< with framing::length
    bool keep_alive() const;

    /// Chunked bodies: decodes into `into`; done after the last chunk and its trailers.
    progress chunks(std::span<const char> wire, std::span<char> into);

    /// What state::bad was about; fixed words, nothing of the answer.
    std::string_view reason() const noexcept { return reason_; }

private:
    class engine;
    std::unique_ptr<std::optional<engine>> engine_;
    const char* start_ = nullptr; ///< of the head, once a byte of it is there
    std::string_view reason_;
};

} // namespace blobstore::http
