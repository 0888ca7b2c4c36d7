// SPDX-License-Identifier: Apache-2.0
// Reading of requests with Beast, and writing of replies in the shape that a fault asks for.
#include "fakes/connection.h"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>

namespace blobstore::fakes {

namespace http = boost::beast::http;

namespace {

constexpr std::uint32_t longest_head = 64 * 1024;

std::string render_head(const reply& answer) {
    std::string out = "HTTP/1.1 " + std::to_string(answer.status) + " ";
    out.append(reason_phrase(answer.status)).append("\r\n");
    for (const auto& [name, value] : answer.headers) {
        out.append(name).append(": ").append(value).append("\r\n");
    }
    return out + "\r\n";
}

std::string chunked(std::string_view data, std::size_t size) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    while (!data.empty()) {
        const auto piece = data.substr(0, size);
        data.remove_prefix(piece.size());
        std::string length;
        for (auto rest = piece.size(); rest > 0; rest /= 16) {
            length.insert(length.begin(), digits[rest % 16]);
        }
        out.append(length).append("\r\n").append(piece).append("\r\n");
    }
    return out + "0\r\n\r\n";
}

template <class Fields>
request to_request(const Fields& fields) {
    request out;
    out.method = std::string{fields.method_string()};
    out.target = std::string{fields.target()};
    for (const auto& field : fields) {
        out.headers.emplace_back(std::string{field.name_string()}, std::string{field.value()});
    }
    return out;
}

// Length, framing and connection headers, as HTTP wants them or as the fault does.
void frame(reply& answer, const fault* what, bool keep_alive) {
    const bool until_close = what != nullptr && what->until_close;
    const bool in_chunks = what != nullptr && what->chunk_size > 0;
    const bool error_to_head = answer.bodiless && !answer.error_code.empty();
    if (in_chunks || error_to_head) {
        set_header(answer.headers, "Transfer-Encoding", "chunked");
    } else if (!until_close && answer.status != 204 && answer.status != 304) {
        auto length = static_cast<std::int64_t>(answer.length);
        if (what != nullptr) length = std::max<std::int64_t>(0, length + what->length_delta);
        set_header(answer.headers, "Content-Length", std::to_string(length));
    }
    if (!keep_alive || until_close || (what != nullptr && what->connection_close)) {
        set_header(answer.headers, "Connection", "close");
    }
    if (what == nullptr) return;
    for (const auto& [name, value] : what->headers)
        set_header(answer.headers, name, value);
    for (const auto& name : what->without)
        remove_header(answer.headers, name);
}

// Services that work for minutes send such while they do.
void put_spaces_before(reply& answer, std::size_t count) {
    if (count == 0 || answer.bodiless || answer.body.size() == 0) return;
    auto text = std::string(count, ' ').append(answer.bytes());
    answer.body = object_bytes(text);
    answer.offset = 0;
    answer.length = answer.body.size();
}

bool changes_wire(const fault& what) {
    return what.what != event::none || what.raw || !what.interim.empty() || !what.extra.empty() ||
           what.chunk_size > 0 || what.segment > 0 || what.corrupt_byte.has_value();
}

} // namespace

connection::connection(
    wire& stream,
    unsigned number,
    s3_service& service,
    fault_script& script,
    request_observer& observer
)
    : stream_{stream}
    , number_{number}
    , service_{service}
    , script_{script}
    , observer_{observer} {
}

void connection::run() {
    while (one_request()) {
    }
}

bool connection::one_request() {
    boost::system::error_code error;
    http::request_parser<http::string_body> parser;
    parser.header_limit(longest_head);
    parser.body_limit(boost::none);
    http::read_header(stream_, buffer_, parser, error);
    if (error) {
        if (error.category() == http::make_error_code(http::error::bad_target).category() &&
            error != http::error::end_of_stream && error != http::error::partial_message) {
            stream_.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"
                          "Content-Length: 0\r\n\r\n");
        }
        stream_.finish(true);
        return false;
    }
    const std::uint64_t before = stream_.written();
    exchange now;
    now.message = to_request(parser.get());
    now.where = service_.find_route(now.message);
    now.keep_alive = parser.keep_alive();
    now.trouble = script_.take(now.message.method, now.where.key, now.where.raw_query);
    now.ticket = observer_.began(number_, now.message, now.where);
    auto result = meet(now, stage::request_head);
    const bool early = now.trouble && now.trouble->early;
    if (result == flow::go_on && !early) result = read_body(parser, now);
    if (early) now.keep_alive = false;
    if (result == flow::go_on) result = serve(now);
    observer_.ended(now.ticket, now.body_bytes, stream_.written() - before, now.complete);
    return result == flow::keep;
}

template <class Parser>
connection::flow connection::read_body(Parser& parser, exchange& now) {
    const auto* expect = find_header(now.message.headers, "expect");
    if (expect != nullptr && same_name(*expect, "100-continue") && buffer_.size() == 0) {
        if (!stream_.write("HTTP/1.1 100 Continue\r\n\r\n")) return flow::over;
    }
    const bool stop_inside = now.trouble && now.trouble->what != event::none &&
                             now.trouble->where == stage::request_body;
    const auto stop = position_in(
        parser.content_length() ? *parser.content_length() : 0, now.trouble ? now.trouble->byte : 0
    );
    bool met = false;
    boost::system::error_code error;
    while (!parser.is_done()) {
        if (stop_inside && !met && now.body_bytes >= stop) {
            met = true;
            if (do_event(*now.trouble) == flow::over) return flow::over;
        }
        http::read_some(stream_, buffer_, parser, error);
        now.body_bytes = parser.get().body().size();
        if (error) {
            stream_.close();
            return flow::over;
        }
    }
    now.message.body = std::move(parser.get().body());
    now.body_bytes = now.message.body.size();
    if (stop_inside && !met) return do_event(*now.trouble);
    return flow::go_on;
}

connection::flow connection::meet(const exchange& now, stage where) {
    if (!now.trouble || now.trouble->what == event::none || now.trouble->where != where) {
        return flow::go_on;
    }
    return do_event(*now.trouble);
}

connection::flow connection::do_event(const fault& what) {
    switch (what.what) {
    case event::none:
        return flow::go_on;
    case event::stall:
        if (stream_.wait(what.duration, what.duration.count() == 0) == wait_end::time_over) {
            return flow::go_on;
        }
        stream_.close();
        return flow::over;
    case event::reset:
        stream_.reset();
        return flow::over;
    case event::close:
        stream_.finish(what.close_notify);
        return flow::over;
    case event::half_close:
        stream_.half_close();
        return flow::over;
    }
    return flow::over;
}

reply connection::make_answer(exchange& now) {
    const bool head = now.message.method == "HEAD";
    const auto* what = now.trouble.get();
    const bool replaced = what != nullptr && (what->status != 0 || what->body || what->raw);
    if (what != nullptr && what->twice) service_.handle(now.message, now.where);
    if (!replaced) return service_.handle(now.message, now.where);
    if (what->apply) service_.handle(now.message, now.where);
    const int status = what->status != 0 ? what->status : 200;
    if (!what->body && !what->code.empty()) {
        return service_.error_reply(status, what->code, now.where, head);
    }
    auto out = text_reply(status, what->body.value_or(""));
    out.bodiless = head || status == 204 || status == 304;
    return out;
}

connection::flow connection::serve(exchange& now) {
    if (now.trouble && now.trouble->meanwhile) now.trouble->meanwhile();
    if (meet(now, stage::request) == flow::over) return flow::over;
    if (now.trouble && now.trouble->apply_after.count() > 0) {
        stream_.hang_up();
        if (stream_.wait(now.trouble->apply_after, false) == wait_end::time_over)
            service_.handle(now.message, now.where);
        return flow::over;
    }
    now.answer = make_answer(now);
    if (now.trouble) put_spaces_before(*now.answer, now.trouble->spaces);
    observer_.answering(now.ticket, now.body_bytes, *now.answer);
    if (now.trouble && now.trouble->delay.count() > 0) {
        if (stream_.wait(now.trouble->delay, false) == wait_end::stopped) return flow::over;
    }
    if (send(now) == flow::over) return flow::over;
    now.complete = true;
    if (meet(now, stage::after_answer) == flow::over) return flow::over;
    const auto* what = now.trouble.get();
    const bool ends =
        !now.keep_alive ||
        (what != nullptr && (what->until_close || what->early || what->length_delta > 0));
    if (!ends) return flow::keep;
    stream_.finish(true);
    return flow::over;
}

connection::flow connection::send(exchange& now) {
    frame(*now.answer, now.trouble.get(), now.keep_alive);
    auto head = render_head(*now.answer);
    if (now.trouble && changes_wire(*now.trouble)) return send_shaped(now, std::move(head));
    return send_plain(now, std::move(head));
}

connection::flow connection::send_plain(exchange& now, std::string head) {
    static const std::string zeros(256 * 1024, '\0');
    const auto& answer = *now.answer;
    std::string_view first{head}; // goes out with what follows it
    const auto write = [&](std::string_view bytes) {
        return stream_.write(std::exchange(first, {}), bytes);
    };
    bool whole = true;
    if (!answer.bodiless)
        for (const auto& each : answer.body.pieces(answer.offset, answer.length)) {
            if (!each.bytes.empty()) whole = whole && write(each.bytes);
            for (auto left = each.zeros; left > 0 && whole;) {
                const auto piece = std::string_view{zeros}.substr(0, left);
                whole = write(piece);
                left -= piece.size();
            }
        }
    if (whole && (first.empty() || write({}))) return flow::go_on;
    stream_.close();
    return flow::over;
}

connection::flow connection::send_shaped(exchange& now, std::string head) {
    const auto& what = *now.trouble;
    std::string body;
    if (!now.answer->bodiless) {
        body = now.answer->bytes();
        const auto corrupt = position_in(body.size(), what.corrupt_byte.value_or(0));
        if (what.corrupt_byte && corrupt < body.size()) {
            auto& byte = body[static_cast<std::size_t>(corrupt)];
            byte = static_cast<char>(static_cast<unsigned char>(byte) ^ 1U);
        }
        if (what.chunk_size > 0) body = chunked(body, what.chunk_size);
    }
    if (what.raw) {
        head = *what.raw;
        body.clear();
    }
    std::string all;
    for (const int status : what.interim) {
        reply early;
        early.status = status;
        all += render_head(early);
    }
    const auto head_start = all.size();
    const auto body_start = head_start + head.size();
    all.append(head).append(body);
    all += what.extra;
    auto stop = all.size();
    const bool in_head = what.where == stage::answer_head;
    const bool inside = what.what != event::none && (in_head || what.where == stage::answer_body);
    if (inside) {
        const auto start = in_head ? head_start : body_start;
        // The first byte of the answer is of its interim answers.
        const auto length = in_head ? head.size() : body.size();
        const auto wanted = in_head && what.byte == 0 ? 0 : start + position_in(length, what.byte);
        stop = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, all.size()));
    }
    const std::string_view bytes{all};
    if (!write_slowly(what, bytes.substr(0, stop))) return flow::over;
    if (inside && do_event(what) == flow::over) return flow::over;
    return write_slowly(what, bytes.substr(stop)) ? flow::go_on : flow::over;
}

bool connection::write_slowly(const fault& what, std::string_view bytes) {
    const auto step = what.segment > 0 ? what.segment : std::max<std::size_t>(1, bytes.size());
    while (!bytes.empty()) {
        const auto piece = bytes.substr(0, step);
        bytes.remove_prefix(piece.size());
        if (!stream_.write(piece)) {
            stream_.close();
            return false;
        }
        if (bytes.empty() || what.segment_delay.count() == 0) continue;
        if (stream_.wait(what.segment_delay, true) != wait_end::time_over) {
            stream_.close();
            return false;
        }
    }
    return true;
}

} // namespace blobstore::fakes
