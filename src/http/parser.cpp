// SPDX-License-Identifier: Apache-2.0
// The parser over Beast's basic_parser: a table of views, own limits, and what Beast lets pass
// refused.
#include "http/parser.h"

#include <boost/beast/http/basic_parser.hpp>

#include <cstring>

namespace blobstore::http {

namespace beast = boost::beast;
using code = boost::system::error_code;
using beast_error = beast::http::error;

constexpr std::size_t extension_limit = 1024; // of one chunk

class answer_parser::engine final : public beast::http::basic_parser<false> {
public:
    engine(response_head& table, std::span<const char> buffer)
        : table_(table)
        , buffer_(buffer) {
        table_.count = 0;
        table_.status = 0;
        header_limit(static_cast<std::uint32_t>(head_limit));
        body_limit(boost::none);
    }

    bool has_status() const noexcept { return table_.status != 0; }

    std::span<char> into; ///< where chunks go
    std::size_t made = 0;
    bool saw_chunk = false; ///< the first chunk's head

private:
    using text = beast::string_view;

    void on_request_impl(beast::http::verb, text, text, int, code&) override {}

    void on_response_impl(int status, text, int version, code& ec) override {
        table_.status = status;
        version_ = version;
        if (status < 100 || status > 999) ec = beast_error::bad_status;
    }

    void on_field_impl(beast::http::field id, text name, text value, code& ec) override {
        if (is_header_done()) return; // a trailer; its bytes do not stay
        if (table_.count == table_.fields.size()) {
            ec = beast_error::header_limit;
            return;
        }
        const bool here = value.data() >= buffer_.data() &&
                          value.data() + value.size() <= buffer_.data() + buffer_.size();
        if (!value.empty() && !here) { // unfolded into the parser's own memory
            ec = beast_error::bad_obs_fold;
            return;
        }
        if (id == beast::http::field::content_length) check_length(value, ec);
        if (id == beast::http::field::transfer_encoding) check_encoding(value, ec);
        if (ec) return;
        table_.fields[table_.count++] = {{name.data(), name.size()}, {value.data(), value.size()}};
    }

    void check_length(text value, code& ec) {
        const bool digits = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
            return c >= '0' && c <= '9';
        });
        if (!digits || saw_length_ || saw_encoding_) ec = beast_error::bad_content_length;
        saw_length_ = true;
    }

    void check_encoding(text value, code& ec) {
        const bool only_chunked = same_name({value.data(), value.size()}, "chunked");
        if (!only_chunked || version_ < 11 || saw_encoding_ || saw_length_)
            ec = beast_error::bad_transfer_encoding;
        saw_encoding_ = true;
    }

    void on_header_impl(code&) override {}

    void on_body_init_impl(const boost::optional<std::uint64_t>&, code&) override {}

    std::size_t on_body_impl(text, code& ec) override { // bodies with a length never come here
        ec = beast_error::unexpected_body;
        return 0;
    }

    void on_chunk_header_impl(std::uint64_t, text extension, code& ec) override {
        saw_chunk = true;
        if (extension.size() > extension_limit) ec = beast_error::bad_chunk_extension;
    }

    std::size_t on_chunk_body_impl(std::uint64_t, text piece, code& ec) override {
        const std::size_t n = std::min(piece.size(), into.size());
        if (n != 0) std::memcpy(into.data(), piece.data(), n);
        into = into.subspan(n);
        made += n;
        if (n < piece.size()) ec = beast_error::need_buffer;
        return n;
    }

    void on_finish_impl(code&) override {}

    response_head& table_;
    std::span<const char> buffer_;
    int version_ = 11;
    bool saw_length_ = false, saw_encoding_ = false;
};

namespace {

struct fault {
    beast_error code;
    std::string_view words;
};

constexpr fault faults[] = {
    {beast_error::header_limit, "the head is larger than 16 KiB or 256 fields"},
    {beast_error::bad_content_length, "its Content-Length is malformed or doubtful"},
    {beast_error::multiple_content_length, "its Content-Length is malformed or doubtful"},
    {beast_error::bad_transfer_encoding, "its Transfer-Encoding is not exactly chunked"},
    {beast_error::bad_obs_fold, "a header field is folded"},
    {beast_error::bad_field, "a header field's name is malformed"},
    {beast_error::bad_value, "a header field's value is malformed"},
    {beast_error::bad_version, "it is not HTTP/1.0 or HTTP/1.1"},
    {beast_error::bad_status, "its status is malformed"},
    {beast_error::bad_reason, "its status is malformed"},
    {beast_error::bad_line_ending, "its lines do not end in CR LF"},
    {beast_error::bad_chunk, "a chunk is malformed"},
    {beast_error::bad_chunk_extension, "a chunk's head is malformed or its extension over 1 KiB"},
};

std::string_view words_for(const code& ec) {
    for (const fault& f : faults)
        if (ec == f.code) return f.words;
    return "it is not HTTP";
}

/// Peers that speak something else are told at once: they may never send what would end a head.
std::string_view fault_of_start(std::string_view wire) {
    constexpr std::string_view name = "HTTP/";
    if (wire.substr(0, name.size()) != name.substr(0, wire.size())) return "it is not HTTP";
    const std::size_t end = wire.find('\n');
    if (end != wire.npos && wire[end - 1] != '\r') return "its lines do not end in CR LF";
    return {};
}

bool folded(std::string_view head) {
    for (std::size_t at = head.find('\n'); at != head.npos; at = head.find('\n', at + 1))
        if (at + 1 < head.size() && (head[at + 1] == ' ' || head[at + 1] == '\t')) return true;
    return false;
}

} // namespace

answer_parser::answer_parser()
    : engine_(std::make_unique<std::optional<engine>>()) {
}

answer_parser::~answer_parser() = default;

void answer_parser::begin(response_head& table, std::span<const char> buffer, bool no_body) {
    engine_->emplace(table, buffer);
    (*engine_)->skip(no_body);
    start_ = nullptr;
    reason_ = {};
}

answer_parser::progress answer_parser::head(std::span<const char> wire) {
    engine& e = **engine_;
    progress p;
    if (!start_) start_ = wire.data();
    if (!e.has_status()) reason_ = fault_of_start({wire.data(), wire.size()});
    if (!reason_.empty()) {
        p.what = state::bad;
        return p;
    }
    code ec;
    p.used = e.put(boost::asio::const_buffer(wire.data(), wire.size()), ec);
    if (ec == beast_error::need_more) return p;
    if (ec) {
        p.what = state::bad;
        reason_ = words_for(ec);
    } else if (e.is_header_done()) {
        p.what = state::done;
    }
    // The fields may have come in pieces: the whole head is looked at.
    if (p.what == state::done && folded({start_, wire.data() + p.used})) {
        p.what = state::bad;
        reason_ = "a header field is folded";
    }
    return p;
}

answer_parser::framing answer_parser::body() const noexcept {
    const engine& e = **engine_;
    if (e.is_done()) return framing::none;
    if (e.chunked()) return framing::chunked;
    return e.content_length() ? framing::length : framing::until_close;
}

std::uint64_t answer_parser::length() const noexcept {
    const auto announced = (*engine_)->content_length();
    return announced ? *announced : 0;
}

bool answer_parser::keep_alive() const {
    return (*engine_)->keep_alive();
}

answer_parser::progress answer_parser::chunks(std::span<const char> wire, std::span<char> into) {
    engine& e = **engine_;
    progress p;
    // Beast 1.81 asserts that a last chunk which is the first has five bytes when it is seen again.
    if (!e.saw_chunk && wire.size() < 5 && !wire.empty() && wire.front() == '0') return p;
    e.into = into;
    e.made = 0;
    while (!e.is_done() && p.used < wire.size()) {
        code ec;
        p.used += e.put(boost::asio::const_buffer(wire.data() + p.used, wire.size() - p.used), ec);
        if (ec == beast_error::need_more || ec == beast_error::need_buffer) break;
        if (!ec) continue;
        p.what = state::bad;
        reason_ = words_for(ec);
        break;
    }
    if (p.what != state::bad && e.is_done()) p.what = state::done;
    p.made = e.made;
    return p;
}

} // namespace blobstore::http
