// SPDX-License-Identifier: Apache-2.0
// One HTTP/1.1 exchange after another over a channel: request out, head in, body in. No retries, no
// pool.
#pragma once

#include "http/buffers.h"
#include "http/channel.h"

namespace blobstore::http {

class connection {
public:
    connection(const origin& to, buffers& memory, counters& counts)
        : wire_(to, counts)
        , memory_(memory) {}

    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection();

    channel& wire() noexcept { return wire_; }

    const channel& wire() const noexcept { return wire_; }

    /// Starts an exchange: the head that the answer will have, borrowed from the buffers.
    void begin(bool no_body);

    /// Head and body. Also a success where the peer has answered before it had everything:
    /// read_head() tells. `asks_first` where the head expects 100 Continue: the body follows when
    /// the peer agrees or says nothing for a second.
    task<result<void>>
    send(operation& op, std::span<const char> head, const source& body, bool asks_first);

    /// The final answer's head; interim ones are skipped.
    task<result<void>> read_head(operation& op, milliseconds first_byte);

    /// At least `enough` bytes of the body and at most into.size(); fewer only at its end.
    task<result<std::size_t>> read_body(operation& op, std::span<char> into, std::size_t enough);

    const response_head& head() const noexcept { return head_->table; }

    /// The answer's head; the connection may then serve others while somebody looks at it.
    std::unique_ptr<head_block> take_head() noexcept { return std::move(head_); }

    std::optional<std::uint64_t> body_length() const noexcept;

    /// Bytes that are still to come; the largest number where nobody knows.
    std::uint64_t body_left() const noexcept {
        return framing_ == answer_parser::framing::length ? left_ : ~std::uint64_t{0};
    }

    bool body_ended() const noexcept { return ended_; }

    /// After body_ended(): another exchange may follow.
    bool reusable() const noexcept { return ended_ && reusable_; }

    bool answered() const noexcept { return answered_; } ///< a byte of an answer came

    bool sent_anything() const noexcept { return wire_.written() > 0; }

    bool sent_all() const noexcept { return sent_all_; }

    /// The peer was asked first and said nothing.
    bool asked_in_vain() const noexcept { return asked_in_vain_; }

    bool source_touched() const noexcept { return source_touched_; } ///< a stream was read from

    bool source_failed() const noexcept { return source_failed_; } ///< send() did, not the wire

    steady::time_point born, idle_since; ///< of the pool

private:
    task<result<void>> ask_first(operation& op, std::span<const char> head);
    task<result<void>>
    send_memory(operation& op, std::span<const char> head, std::span<const char> body);
    task<result<void>> send_stream(operation& op, std::span<const char> head, const source& body);
    task<result<void>>
    send_piece(operation& op, std::span<const char> head, std::span<const char> piece, bool last);
    task<result<std::size_t>> read_known(operation& op, std::span<char> into, std::size_t enough);
    task<result<std::size_t>> read_chunked(operation& op, std::span<char> into, std::size_t enough);
    task<result<std::size_t>>
    read_to_close(operation& op, std::span<char> into, std::size_t enough);
    std::size_t take_early(std::span<char> into) noexcept;
    void start_body();
    void end_body(bool clean);
    void give_chunk() noexcept;
    void look_for_answer();
    bool answer_refuses() const noexcept;
    answer_parser::state parse();
    error malformed() const;
    error cut_short(operation& op, const moved& how) const;

    channel wire_;
    buffers& memory_;
    std::unique_ptr<head_block> head_;
    aligned_bytes chunk_;             ///< the wire of a chunked body
    std::size_t begin_ = 0, end_ = 0; ///< in the head's bytes: not yet used
    std::size_t chunk_begin_ = 0, chunk_end_ = 0;
    std::uint64_t length_ = 0, left_ = 0; ///< with framing::length
    answer_parser::framing framing_ = answer_parser::framing::none;
    answer_parser::state parsed_ = answer_parser::state::more;
    std::string_view fault_;
    std::optional<error> broken_; ///< why sending ended early, if no answer explains it
    unsigned interim_ = 0;
    bool no_body_ = false, answered_ = false, sent_all_ = false, early_ = false;
    bool agreed_ = false, asked_in_vain_ = false; ///< with 100 Continue
    bool source_touched_ = false, source_failed_ = false;
    bool ended_ = false, reusable_ = false;
};

} // namespace blobstore::http
