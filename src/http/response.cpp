// SPDX-License-Identifier: Apache-2.0
// Reading an answer's body, in this operation or a later one, and giving the connection back at its
// end.
#include "http/core.h"

#include <cstring>

namespace blobstore::http {

response::body_state::body_state(
    std::shared_ptr<core> s, std::unique_ptr<connection> c, wiping_string first
)
    : length(c->body_length())
    , shared_(std::move(s))
    , wire_(std::move(c))
    , first_(std::move(first)) {
    if (wire_->body_ended()) settle(wire_->idle_since);
}

response::body_state::~body_state() {
    shared_->memory.give_head(std::move(head_block_));
}

/// The body has ended or failed: the head stays here, the connection goes back or away.
void response::body_state::settle(steady::time_point now) {
    head_block_ = wire_->take_head();
    if (wire_->reusable())
        shared_->idle.give(std::move(wire_), now);
    else
        wire_.reset();
}

task<result<std::size_t>>
response::body_state::read(operation& op, std::span<char> into, std::size_t enough) {
    enough = std::min(std::max<std::size_t>(enough, 1), into.size());
    std::size_t got = std::min(into.size(), first_.size() - first_at_);
    if (got != 0) std::memcpy(into.data(), first_.data() + first_at_, got);
    first_at_ += got;
    if (got >= enough) co_return got;
    if (failed_) co_return *failed_;
    if (!wire_) co_return got;
    result<std::size_t> more = std::size_t{0};
    if (wire_->wire().adopt(op.home()))
        more = co_await wire_->read_body(op, into.subspan(got), enough - got);
    else
        more =
            error(errc::network, "the connection to " + wire_->wire().peer() + " cannot be moved");
    if (!more) failed_ = more.error();
    if (!more && more.error()->retryable)
        shared_->reached.failed(wire_->wire().address(), op.now());
    if (!more || wire_->body_ended()) settle(op.now());
    if (!more) co_return more.error();
    co_return got + *more;
}

response::response() = default;
response::~response() = default;

const response_head& response::head() const noexcept {
    return state_->head();
}

std::optional<std::uint64_t> response::length() const noexcept {
    return state_->length;
}

task<result<std::size_t>> response::read(operation& op, std::span<char> into, std::size_t enough) {
    return state_->read(op, into, enough);
}

task<result<std::string>> response::read_all(operation& op, std::size_t limit) {
    constexpr std::size_t step = std::size_t{64} * 1024;
    const error too_large(
        errc::protocol,
        "the answer is larger than the " + std::to_string(limit) + " bytes allowed here"
    );
    const std::optional<std::uint64_t> due = length();
    if (due && *due > limit) co_return too_large;
    std::string all;
    std::size_t size = 0;
    for (;;) {
        const std::size_t more = due ? static_cast<std::size_t>(*due) - size : std::max(step, size);
        if (more == 0) break;
        all.resize(size + more);
        const result<std::size_t> got = co_await read(op, {all.data() + size, more}, more);
        if (!got) co_return got.error();
        size += *got;
        if (size > limit) co_return too_large;
        if (*got < more) break;
    }
    all.resize(size);
    co_return all;
}

} // namespace blobstore::http
