// SPDX-License-Identifier: Apache-2.0
// Sending requests, also to peers that answer too soon, and reading answers of all framings.
#include "http/connection.h"

#include <cstring>

namespace blobstore::http {

namespace {

constexpr std::size_t slice_size =
    1024 * 1024; // of a body in memory, over TLS, between two looks for an answer
constexpr unsigned interim_limit = 10;
constexpr milliseconds patience_for_reasons{1000}; // of a peer that did not take the request
constexpr milliseconds patience_for_consent{1000}; // S3-16

} // namespace

connection::~connection() {
    give_chunk();
    memory_.give_head(std::move(head_));
}

void connection::begin(bool no_body) {
    if (!head_) head_ = memory_.take_head();
    head_->parser.begin(head_->table, head_->room(), no_body);
    begin_ = end_ = 0;
    no_body_ = no_body;
    parsed_ = answer_parser::state::more;
    fault_ = {};
    broken_.reset();
    interim_ = 0;
    answered_ = sent_all_ = early_ = agreed_ = asked_in_vain_ = source_touched_ = source_failed_ =
        ended_ = reusable_ = false;
    wire_.count_from_here();
}

task<result<void>>
connection::send(operation& op, std::span<const char> head, const source& body, bool asks_first) {
    result<void> sent;
    if (asks_first) {
        sent = co_await ask_first(op, head);
        if (!sent || early_) co_return sent;
        head = {};
    }
    if (body.stream)
        sent = co_await send_stream(op, head, body);
    else
        sent = co_await send_memory(op, head, body.memory);
    co_return sent;
}

/// The head alone, then whatever the peer says of it within a second; a final answer is the end.
task<result<void>> connection::ask_first(operation& op, std::span<const char> head) {
    result<void> sent = co_await send_piece(op, head, {}, false);
    if (!sent || early_) co_return sent;
    const steady::time_point until = op.now() + patience_for_consent;
    while (parsed_ == answer_parser::state::more && !agreed_ && end_ < head_limit &&
           op.now() < until) {
        const auto rest = std::chrono::duration_cast<milliseconds>(until - op.now());
        const time_limit limit{std::max(rest, milliseconds(1)), errc::timeout};
        const moved m = co_await wire_.receive(op, head_->room().subspan(end_), 1, limit);
        if (m.how == ending::stopped && !op.stopped()) break;
        if (m.how != ending::none) co_return wire_.failure(op, m, phase::wait);
        end_ += m.bytes;
        answered_ = true;
        parsed_ = parse();
    }
    op.disarm();
    early_ = parsed_ != answer_parser::state::more;
    asked_in_vain_ = !answered_;
    co_return result<void>();
}

task<result<void>>
connection::send_memory(operation& op, std::span<const char> head, std::span<const char> body) {
    const std::size_t most = wire_.secure() || op.meter ? slice_size : body.size();
    do {
        const std::span<const char> slice = body.first(std::min(body.size(), most));
        body = body.subspan(slice.size());
        result<void> sent = co_await send_piece(op, head, slice, body.empty());
        if (!sent || early_) co_return sent;
        head = {};
    } while (!body.empty());
    co_return result<void>();
}

task<result<void>>
connection::send_stream(operation& op, std::span<const char> head, const source& body) {
    struct lease { // back to the buffers however this ends
        buffers& from;
        aligned_bytes bytes;

        ~lease() { from.give_chunk(std::move(bytes)); }
    } chunk{memory_, memory_.take_chunk()};

    source_touched_ = true;
    std::uint64_t left = body.stream_length;
    do {
        // One byte more than is due is asked for at the end: a longer source must not look
        // complete.
        const bool last = left < chunk_size;
        const std::size_t want = last ? static_cast<std::size_t>(left) + 1 : chunk_size;
        op.disarm(); // the source has limits of its own
        const result<std::size_t> got =
            co_await body.stream->read(op, {chunk.bytes.get(), want}, want);
        source_failed_ = !got || *got > left || (*got == 0 && left != 0);
        if (!got) co_return got.error();
        if (source_failed_) {
            const std::uint64_t seen = body.stream_length - left + *got;
            const std::string due = std::to_string(body.stream_length);
            co_return error(
                errc::changed,
                *got > left
                    ? "the source has more than the " + due + " bytes announced"
                    : "the source ended after " + std::to_string(seen) + " of " + due + " bytes"
            );
        }
        left -= *got;
        const bool ends = last && left == 0;
        result<void> sent = co_await send_piece(op, head, {chunk.bytes.get(), *got}, ends);
        if (!sent || early_) co_return sent;
        head = {};
        if (ends) break;
    } while (true);
    co_return result<void>();
}

/// One piece, and looks whether the peer has said something meanwhile.
task<result<void>> connection::send_piece(
    operation& op, std::span<const char> head, std::span<const char> piece, bool last
) {
    moved m;
    for (std::size_t gone = 0; !early_;) {
        m = co_await wire_.write(op, head, piece.subspan(gone), {op.limits.stall, errc::stalled});
        if (m.how != ending::none) break;
        head = {};
        gone += m.bytes;
        op.advance(m.bytes);
        sent_all_ = last && gone == piece.size();
        if (!piece.empty()) look_for_answer();
        if (gone == piece.size()) break;
    }
    if (m.how == ending::none) co_return result<void>();
    const error why = wire_.failure(op, m, phase::send);
    // The peer may have answered before it closed, or instead of taking more.
    if (m.how == ending::stopped && !op.stopped()) look_for_answer();
    if (m.how != ending::failed && !early_) co_return why;
    broken_ = why;
    early_ = true;
    co_return result<void>();
}

void connection::look_for_answer() {
    if (parsed_ != answer_parser::state::more || end_ == head_limit) return;
    const std::size_t n = wire_.look(head_->room().subspan(end_));
    if (n == 0) return;
    end_ += n;
    answered_ = true;
    parsed_ = parse();
    if (parsed_ != answer_parser::state::more && answer_refuses()) early_ = true;
}

bool connection::answer_refuses() const noexcept {
    return parsed_ == answer_parser::state::bad || head_->table.status / 100 != 2;
}

/// Goes on with the bytes at hand; past interim answers.
answer_parser::state connection::parse() {
    answer_parser& parser = head_->parser;
    for (;;) {
        if (begin_ == end_) return answer_parser::state::more;
        const answer_parser::progress p = parser.head(head_->room().subspan(begin_, end_ - begin_));
        begin_ += p.used;
        if (p.what == answer_parser::state::bad) fault_ = parser.reason();
        if (p.what != answer_parser::state::done) return p.what;
        const int status = head_->table.status;
        if (status / 100 != 1) return p.what;
        agreed_ = agreed_ || status == 100;
        if (status == 101 || ++interim_ > interim_limit) {
            fault_ = status == 101 ? "it switches protocols" : "there are too many interim answers";
            return answer_parser::state::bad;
        }
        std::memmove(head_->bytes.get(), head_->bytes.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        parser.begin(head_->table, head_->room(), no_body_);
    }
}

error connection::malformed() const {
    return error(
        errc::protocol, "the answer of " + wire_.peer() + " is refused: " + std::string(fault_)
    );
}

task<result<void>> connection::read_head(operation& op, milliseconds first_byte) {
    while (parsed_ == answer_parser::state::more) {
        if (end_ == head_limit) {
            fault_ = "the head is larger than 16 KiB";
            co_return malformed();
        }
        time_limit limit{first_byte, errc::timeout};
        const bool begun = end_ != 0; // the final answer, or another interim one
        if (begun) limit = {op.limits.stall, errc::stalled};
        if (broken_) limit = {patience_for_reasons, errc::timeout};
        const moved m = co_await wire_.receive(op, head_->room().subspan(end_), 1, limit);
        if (m.how != ending::none && broken_ && !op.stopped()) co_return *broken_;
        if (m.how != ending::none)
            co_return wire_.failure(op, m, answered_ ? phase::read : phase::wait);
        end_ += m.bytes;
        answered_ = true;
        parsed_ = parse();
    }
    if (parsed_ == answer_parser::state::bad) co_return malformed();
    start_body();
    co_return result<void>();
}

void connection::start_body() {
    framing_ = head_->parser.body();
    reusable_ = head_->parser.keep_alive() && !early_ && sent_all_;
    length_ = left_ = framing_ == answer_parser::framing::length ? head_->parser.length() : 0;
    chunk_begin_ = chunk_end_ = 0;
    const bool empty = framing_ == answer_parser::framing::none ||
                       (framing_ == answer_parser::framing::length && length_ == 0);
    if (empty) end_body(true);
}

/// `clean` where the peer may be asked again over this connection.
void connection::end_body(bool clean) {
    ended_ = true;
    reusable_ = reusable_ && clean && begin_ == end_ && chunk_begin_ == chunk_end_;
    give_chunk();
}

/// The error that an answer holds may tell our own token back to us.
void connection::give_chunk() noexcept {
    if (chunk_ && (!head_ || head_->table.status / 100 != 2)) wipe(chunk_.get(), chunk_size);
    memory_.give_chunk(std::move(chunk_));
}

std::optional<std::uint64_t> connection::body_length() const noexcept {
    switch (framing_) {
    case answer_parser::framing::none:
        return 0;
    case answer_parser::framing::length:
        return length_;
    default:
        return std::nullopt;
    }
}

task<result<std::size_t>>
connection::read_body(operation& op, std::span<char> into, std::size_t enough) {
    result<std::size_t> got = std::size_t{0};
    enough = std::min(std::max<std::size_t>(enough, 1), into.size());
    if (ended_ || into.empty()) co_return got;
    if (framing_ == answer_parser::framing::length)
        got = co_await read_known(op, into, enough);
    else if (framing_ == answer_parser::framing::chunked)
        got = co_await read_chunked(op, into, enough);
    else
        got = co_await read_to_close(op, into, enough);
    op.disarm();
    co_return got;
}

std::size_t connection::take_early(std::span<char> into) noexcept {
    const std::size_t n = std::min(into.size(), end_ - begin_);
    if (n != 0) std::memcpy(into.data(), head_->bytes.get() + begin_, n);
    begin_ += n;
    return n;
}

/// What a body that broke off means.
error connection::cut_short(operation& op, const moved& how) const {
    const bool closed = how.how == ending::closed || how.how == ending::notified;
    if (!closed) return wire_.failure(op, how, phase::read);
    std::string message = "the answer of " + wire_.peer() + " was truncated";
    if (framing_ == answer_parser::framing::length)
        message += ": it ended after " + std::to_string(length_ - left_) + " of " +
                   std::to_string(length_) + " bytes";
    error e(errc::network, std::move(message));
    e->retryable = true;
    return e;
}

task<result<std::size_t>>
connection::read_known(operation& op, std::span<char> into, std::size_t enough) {
    if (into.size() > left_) into = into.first(static_cast<std::size_t>(left_));
    enough = std::min(enough, into.size());
    std::size_t got = take_early(into);
    left_ -= got;
    if (got < enough) {
        const time_limit limit{op.limits.stall, errc::stalled};
        const moved m = co_await wire_.receive(op, into.subspan(got), enough - got, limit);
        got += m.bytes;
        left_ -= m.bytes;
        if (m.how != ending::none) co_return cut_short(op, m);
    }
    if (left_ != 0) co_return got;
    char extra = 0;
    if (begin_ != end_ || (!wire_.drained() && wire_.look({&extra, 1}) != 0)) {
        fault_ = "it is longer than it promised";
        reusable_ = false;
        co_return malformed();
    }
    end_body(true);
    co_return got;
}

task<result<std::size_t>>
connection::read_chunked(operation& op, std::span<char> into, std::size_t enough) {
    if (!chunk_) {
        chunk_ = memory_.take_chunk();
        chunk_end_ = take_early({chunk_.get(), chunk_size});
    }
    std::size_t got = 0;
    for (;;) {
        const answer_parser::progress p = head_->parser.chunks(
            {chunk_.get() + chunk_begin_, chunk_end_ - chunk_begin_}, into.subspan(got)
        );
        chunk_begin_ += p.used;
        got += p.made;
        if (p.what == answer_parser::state::bad) {
            fault_ = head_->parser.reason();
            co_return malformed();
        }
        if (p.what == answer_parser::state::done) {
            end_body(true);
            co_return got;
        }
        if (got >= enough) co_return got;
        if (chunk_begin_ != 0)
            std::memmove(chunk_.get(), chunk_.get() + chunk_begin_, chunk_end_ - chunk_begin_);
        chunk_end_ -= std::exchange(chunk_begin_, 0);
        if (chunk_end_ >= head_limit) { // of one chunk's own head, or of trailers
            fault_ = "a chunk's head or the trailers are too large";
            co_return malformed();
        }
        const std::span<char> room{chunk_.get() + chunk_end_, chunk_size / 4};
        const moved m = co_await wire_.receive(op, room, 1, {op.limits.stall, errc::stalled});
        chunk_end_ += m.bytes;
        if (m.how != ending::none) co_return cut_short(op, m);
    }
}

/// Without a length only the end of the connection ends the body, and only TLS can tell a whole one
/// from one that broke off.
task<result<std::size_t>>
connection::read_to_close(operation& op, std::span<char> into, std::size_t enough) {
    std::size_t got = take_early(into);
    if (got >= enough) co_return got;
    const time_limit limit{op.limits.stall, errc::stalled};
    const moved m = co_await wire_.receive(op, into.subspan(got), enough - got, limit);
    got += m.bytes;
    if (m.how == ending::none) co_return got;
    if (m.how == ending::closed && !wire_.secure()) {
        fault_ = "it has no length, and nothing shows that it is whole";
        co_return malformed();
    }
    if (m.how != ending::notified) co_return cut_short(op, m);
    end_body(false);
    co_return got;
}

} // namespace blobstore::http
