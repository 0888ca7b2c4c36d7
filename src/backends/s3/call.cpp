// SPDX-License-Identifier: Apache-2.0
// One request of a bucket: signed for each attempt, sent, judged, and what a refusal taught kept.
#include "backends/s3/attributes.h"
#include "backends/s3/backend.h"
#include "backends/s3/judge.h"
#include "base/encoding.h"

namespace blobstore::s3 {

namespace {

constexpr std::size_t hash_step = 4 * 1024 * 1024; // between two looks at cancel and time

/// Hashes a stream and goes back to its start; errc::unsupported where that cannot be.
task<result<std::string>> hash_stream(operation& op, reader& stream) {
    result<void> back = stream.rewind();
    if (!back) co_return back.error();
    sha256_stream hash;
    std::vector<char> chunk(256 * 1024);
    for (;;) {
        result<std::size_t> n = co_await stream.read(op, chunk, chunk.size());
        if (!n) co_return n.error();
        if (*n == 0) break;
        hash.update({chunk.data(), *n});
        result<void> running = op.check();
        if (!running) co_return running.error();
    }
    back = stream.rewind();
    if (!back) co_return back.error();
    const sha256_value value = hash.finish();
    co_return hex(bytes_of(value));
}

} // namespace

/// Of a refusal, for this attempt and all that follow. S3-12, S3-13
void s3_backend::learn(const http::verdict& from) noexcept {
    if (from.what == http::action::new_clock)
        clock_offset_ns_ = from.server_time_ns - machine_->now_ns();
    if (from.what != http::action::new_region) return;
    relocate([&from](const endpoint& now) { return std::optional(in_region(now, from.region)); });
}

void s3_backend::relocate(const std::function<std::optional<endpoint>(const endpoint&)>& change
) noexcept {
    try {
        std::lock_guard lock(mutex_);
        std::optional<endpoint> moved = change(*at_);
        if (moved) at_ = std::make_shared<const endpoint>(std::move(*moved));
    } catch (...) { // out of memory: the next attempt ends as this one did
    }
}

namespace {

/// What every request to the endpoint says, and keys, which no request keeps. S3-38, S3-46
void add_standing(http::request& r, const unsigned_request& from, const endpoint& at) {
    if (at.requester_pays && !from.of_service)
        r.headers.push_back({"x-amz-request-payer", "requester"});
    if (!at.expected_owner.empty() && !from.of_service) {
        r.headers.push_back({"x-amz-expected-bucket-owner", at.expected_owner});
        if (r.find("x-amz-copy-source"))
            r.headers.push_back({"x-amz-source-expected-bucket-owner", at.expected_owner});
    }
    if (!from.customer_key.empty()) add_customer_key(r.headers, customer_prefix, from.customer_key);
    if (!from.source_customer_key.empty())
        add_customer_key(r.headers, source_customer_prefix, from.source_customer_key);
}

} // namespace

task<result<void>>
s3_backend::authorize(operation& op, http::request& r, attempt& now, const http::verdict* before) {
    if (before) learn(*before);
    if (before && now.bulk) {
        const result<void> renewed = co_await renew(op, r, now);
        if (!renewed) co_return renewed.error();
    }
    const unsigned_request& from = *now.from;
    const payload& body = *now.body;
    now.at = at();
    now.time_ns = now_ns();
    r.to = now.at->to;
    if (from.of_service) r.to.host = now.at->service_host();
    r.target = from.path;
    if (!from.query.empty()) r.target += "?" + render_query(from.query);
    add_standing(r, from, *now.at);
    const bool refused =
        before && before->what == http::action::new_credentials && now.used && now.used->value;
    const found_credentials last = now.used;
    credential_request asked;
    asked.machine = machine_.get();
    if (refused) asked.refused = &*last->value;
    result<found_credentials> keys = co_await credentials_(op, asked);
    // Where the source has no others, what the service said is the better answer.
    if (!keys && refused && keys.error().code() == errc::credentials) co_return before->why;
    if (!keys) co_return keys.error();
    now.used = std::move(*keys);
    if (!now.used->value) co_return result<void>();
    if (!now.at->unsignable.empty()) co_return error(errc::unsupported, now.at->unsignable);
    const aws_credentials& use = *now.used->value;
    const std::string host_field = r.host_header();
    std::vector<sigv4::field> query;
    for (const auto& [name, value] : from.query)
        query.push_back({name, value});
    std::vector<sigv4::field> headers{{"host", host_field}};
    for (const http::header& h : r.headers)
        headers.push_back({h.name, h.value});
    const sigv4::request_view view{from.method, from.path, query, headers};
    const sigv4::stamp stamp{now.time_ns, {now.at->region, now.at->signing_name}};
    const auto date = iso_basic(stamp.time);
    const secret_digest key = keys_.find(use.secret_access_key, {date.data(), 8}, stamp.where);
    const sigv4::signing with{use, stamp, body.hash, {}, &key.value};
    sigv4::signed_header made = sigv4::sign_header(view, with);
    r.headers.reserve(r.headers.size() + made.fields.size());
    for (auto& [name, value] : made.fields)
        r.headers.push_back({std::move(name), std::move(value)});
    if (body.chunks) body.chunks->start(key, stamp.time, stamp.where, made.signature);
    co_return result<void>();
}

task<result<payload>>
s3_backend::payload_of(operation& op, const source& body, std::unique_ptr<signed_body>& chunks) {
    if (body.size() == 0) co_return payload{std::string(sigv4::empty_payload), nullptr};
    if (!at()->sign_payload) co_return payload{std::string(sigv4::unsigned_payload), nullptr};
    if (!body.stream) {
        sha256_stream hash;
        for (std::size_t at = 0; at < body.memory.size(); at += hash_step) {
            result<void> running = op.check();
            if (!running) co_return running.error();
            hash.update({body.memory.data() + at, std::min(hash_step, body.memory.size() - at)});
        }
        const sha256_value value = hash.finish();
        co_return payload{hex(bytes_of(value)), nullptr};
    }
    result<std::string> hash = co_await hash_stream(op, *body.stream);
    if (hash) co_return payload{std::move(*hash), nullptr};
    if (hash.error().code() != errc::unsupported) co_return hash.error();
    if (!at()->vendor->signed_chunks)
        co_return payload{std::string(sigv4::unsigned_payload), nullptr};
    chunks = std::make_unique<signed_body>(*body.stream, body.stream_length);
    co_return payload{std::string(sigv4::streaming_signed), chunks.get()};
}

/// What is left of a bulk delete, as it is sent next.
task<result<void>> s3_backend::renew(operation& op, http::request& r, attempt& now) {
    result<unsigned_request> left = now.bulk->request(*at());
    if (!left) co_return left.error();
    now.renewed = std::move(*left);
    r.headers = now.renewed.headers;
    r.body.memory = now.renewed.content;
    std::unique_ptr<signed_body> none;
    result<payload> hashed = co_await payload_of(op, r.body, none);
    if (!hashed) co_return hashed.error();
    now.of_renewed = std::move(*hashed);
    now.from = &now.renewed;
    now.body = &now.of_renewed;
    co_return result<void>();
}

task<s3_backend::answer>
s3_backend::send(operation& op, const unsigned_request& r, source body, success form) {
    std::unique_ptr<signed_body> chunks;
    result<payload> hashed = co_await payload_of(op, body, chunks);
    if (!hashed) co_return hashed.error();
    attempt now{&r, &*hashed, {}, at(), 0, form.bulk, {}, {}};
    http::exchange what;
    http::request& request = what.unsigned_request;
    request.method = r.method;
    request.to = now.at->to;
    request.target = r.path;
    request.headers = r.headers;
    request.first_byte = std::max(now.at->first_byte, r.first_byte);
    request.body = body;
    if (chunks) {
        request.body.stream = chunks.get();
        request.body.stream_length = signed_body::encoded_length(body.stream_length);
        request.headers.push_back(
            {"x-amz-decoded-content-length", std::to_string(body.stream_length)}
        );
        const std::string* encoding = request.find("Content-Encoding");
        request.set("Content-Encoding", encoding ? "aws-chunked," + *encoding : "aws-chunked");
    }
    what.authorize = [this, &now](operation& o, http::request& fresh, const http::verdict* before) {
        return authorize(o, fresh, now, before);
    };

    struct {
        bool reads, document, doubt;
    } judged{r.method == "GET" || r.method == "HEAD", form.document, false};

    const bool completes = r.method == "POST"; // an upload that met another write must begin anew
    what.decide = [this, &judged, &now, completes](
                      const http::response_head& head, std::string_view first
                  ) {
        if (now.at->vendor_may_tell)
            relocate([&head](const endpoint& at) { return told_vendor(at, head.find("server")); });
        const signed_with sent{now.at->region, now.time_ns, now.at->to.tls};
        http::verdict v = now.bulk          ? now.bulk->judge(head, first, sent)
                          : judged.document ? judge_document(head, first, sent)
                                            : judge(head, first, sent);
        if (v.what == http::action::done) return v;
        if (completes && v.why->service_code == "ConditionalRequestConflict")
            v.what = http::action::fail;
        if (judged.reads) v.why->outcome_unknown = false;
        judged.doubt = judged.doubt || v.why->outcome_unknown;
        return v;
    };
    what.may_hide_error = form.document;
    answer got = co_await client_->send(op, what);
    if (!got && judged.doubt) co_return applied(got.error()); // of an earlier attempt, too
    co_return got;
}

task<result<std::string>>
s3_backend::send_for_document(operation& op, const unsigned_request& r, success form) {
    source body;
    body.memory = std::span(r.content.data(), r.content.size());
    answer got = co_await send(op, r, body, form);
    if (!got) co_return got.error();
    result<std::string> document = co_await (*got)->read_all(op, document_limit);
    if (!document && r.method != "GET") co_return applied(document.error());
    co_return document;
}

} // namespace blobstore::s3
