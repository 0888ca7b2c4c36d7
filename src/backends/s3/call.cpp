// SPDX-License-Identifier: Apache-2.0
// One request of a bucket: signed for each attempt, sent, judged, and what a refusal taught kept.
#include "backends/s3/attributes.h"
#include "backends/s3/backend.h"
#include "backends/s3/judge.h"
#include "base/aligned.h"
#include "base/encoding.h"

namespace blobstore::s3 {

namespace {

constexpr std::size_t hash_step = 256 * 1024; // stays in the cache for a second sum

/// What is computed of a body before it is sent.
class body_sums {
public:
    body_sums(bool hashes, const sum_plan& plan)
        : sum_(plan.value.empty() ? plan.kind : checksum_kind::none) {
        if (hashes) hash_.emplace();
    }

    bool any() const noexcept { return hash_ || sum_.kind() != checksum_kind::none; }

    void update(std::string_view bytes) {
        if (hash_) hash_->update(bytes);
        sum_.update(bytes);
    }

    /// Of the plan's checksum the header, computed or the caller's.
    payload finish(const sum_plan& plan) {
        payload made;
        made.hash = sigv4::unsigned_payload;
        if (hash_) {
            const sha256_value value = hash_->finish();
            made.hash = hex(bytes_of(value));
        }
        const std::string value = plan.value.empty() ? base64(sum_.finish()) : plan.value;
        if (!value.empty()) made.headers.push_back({sum_header(plan.kind), value});
        return made;
    }

private:
    std::optional<sha256_stream> hash_;
    checksum sum_;
};

/// What a refusal says of the customer's key of encryption: the wrong one, none, one too many.
error about_key(error e, const unsigned_request& r) {
    const bool given = !r.customer_key.empty() || !r.source_customer_key.empty();
    const bool wanted = e.message().find("form of Server Side Encryption") != std::string::npos;
    if (wanted) e->code = errc::permission;
    if (e.code() != errc::permission || (!given && !wanted)) return e;
    e->hint = given ? "check sse_customer_key: it must be the one that the object was written with"
                    : "the object was written with an sse_customer_key: give it";
    return e;
}

/// Reads a stream and goes back to its start; errc::unsupported where that cannot be.
task<result<void>> sum_stream(operation& op, reader& stream, body_sums& sums) {
    result<void> back = stream.rewind();
    if (!back) co_return back.error();
    const aligned_bytes memory = allocate_aligned(hash_step);
    const std::span chunk(memory.get(), hash_step);
    for (;;) {
        result<std::size_t> n = co_await stream.read(op, chunk, chunk.size());
        if (!n) co_return n.error();
        if (*n == 0) break;
        sums.update({chunk.data(), *n});
        result<void> running = op.check();
        if (!running) co_return running.error();
    }
    co_return stream.rewind();
}

} // namespace

/// Puts a framed body, if it is one, in place of the stream, and says so.
void payload::frame(http::request& r, std::uint64_t length) const {
    if (!chunks && !trailed) return;
    if (chunks)
        r.body.stream = chunks.get();
    else
        r.body.stream = trailed.get();
    r.body.stream_length = chunks ? chunks->encoded_length() : trailed->encoded_length();
    r.headers.push_back({"x-amz-decoded-content-length", std::to_string(length)});
    const std::string* encoding = r.find("Content-Encoding");
    r.set("Content-Encoding", encoding ? "aws-chunked," + *encoding : "aws-chunked");
}

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
    if (!now.used->value && body.trailed) // how it is framed is said without a signature, too
        r.headers.push_back({"x-amz-content-sha256", body.hash});
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
s3_backend::payload_of(operation& op, const source& body, const sum_plan& sum) {
    if (body.stream && body.size() != 0) {
        result<payload> made = co_await payload_of_stream(op, body, sum);
        co_return made;
    }
    body_sums sums(body.size() != 0 && at()->sign_payload, sum);
    for (std::size_t at = 0; sums.any() && at < body.memory.size(); at += hash_step) {
        result<void> running = op.check();
        if (!running) co_return running.error();
        sums.update({body.memory.data() + at, std::min(hash_step, body.memory.size() - at)});
    }
    payload made = sums.finish(sum);
    if (body.size() == 0) made.hash = sigv4::empty_payload;
    co_return made;
}

/// Read twice where a hash or a header needs it; else framed with what comes behind it.
task<result<payload>>
s3_backend::payload_of_stream(operation& op, const source& body, const sum_plan& sum) {
    const bool hashes = at()->sign_payload;
    const bool computes = sum.kind != checksum_kind::none && sum.value.empty();
    const bool trails =
        computes && sum.most == checksum_form::trailer && sum.kind != checksum_kind::md5;
    body_sums sums(hashes, sum);
    result<void> read;
    if (hashes || (computes && !trails)) read = co_await sum_stream(op, *body.stream, sums);
    if (!read && read.error().code() != errc::unsupported) co_return read.error();
    if (read && !trails) co_return sums.finish(sum);
    if (read && hashes) co_return sums.finish(sum);
    if (computes && !trails && sum.asked_for) {
        error e = read.error();
        e->hint = "the checksum goes before the body: give its value, or a body that can be read "
                  "twice";
        co_return e;
    }
    payload made;
    const checksum_kind kind = trails ? sum.kind : checksum_kind::none;
    const std::string name = trails ? sum_header(kind) : std::string();
    if (trails) made.headers.push_back({"x-amz-trailer", name});
    if (!computes && sum.kind != checksum_kind::none)
        made.headers.push_back({sum_header(sum.kind), sum.value});
    made.hash = sigv4::unsigned_payload;
    if (hashes && at()->vendor->signed_chunks) {
        made.hash = trails ? sigv4::streaming_signed_trailer : sigv4::streaming_signed;
        made.chunks = std::make_unique<signed_body>(*body.stream, body.stream_length, kind, name);
    } else if (trails) {
        made.hash = sigv4::streaming_unsigned_trailer;
        made.trailed =
            std::make_unique<trailing_body>(*body.stream, body.stream_length, kind, name);
    }
    co_return made;
}

/// What is left of a bulk delete, as it is sent next.
task<result<void>> s3_backend::renew(operation& op, http::request& r, attempt& now) {
    result<unsigned_request> left = now.bulk->request(*at());
    if (!left) co_return left.error();
    now.renewed = std::move(*left);
    r.headers = now.renewed.headers;
    r.body.memory = now.renewed.content;
    const sum_plan none;
    result<payload> hashed = co_await payload_of(op, r.body, none);
    if (!hashed) co_return hashed.error();
    now.of_renewed = std::move(*hashed);
    now.from = &now.renewed;
    now.body = &now.of_renewed;
    co_return result<void>();
}

task<s3_backend::answer>
s3_backend::send(operation& op, const unsigned_request& r, source body, success form) {
    const sum_plan none;
    const sum_plan& sum = form.sum ? *form.sum : none;
    result<payload> hashed = co_await payload_of(op, body, sum);
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
    request.headers.insert(request.headers.end(), hashed->headers.begin(), hashed->headers.end());
    hashed->frame(request, body.size());
    what.authorize = [this, &now](operation& o, http::request& fresh, const http::verdict* before) {
        return authorize(o, fresh, now, before);
    };

    struct {
        bool reads, document, given, doubt;
    } judged{r.method == "GET" || r.method == "HEAD", form.document, !sum.value.empty(), false};

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
        const bool stays = (completes && v.why->service_code == "ConditionalRequestConflict") ||
                           (judged.given && v.why.code() == errc::checksum);
        if (stays) // a new upload is needed; the caller's own digest is no better next time
            v.what = http::action::fail;
        if (judged.reads) v.why->outcome_unknown = false;
        judged.doubt = judged.doubt || v.why->outcome_unknown;
        return v;
    };
    what.may_hide_error = form.document;
    answer got = co_await client_->send(op, what);
    if (!got && judged.doubt) // of an earlier attempt, too
        co_return applied(about_key(got.error(), r));
    if (!got) co_return about_key(got.error(), r);
    if (!r.key_echoed) co_return got;
    const result<void> kept = check_echo((*got)->head(), r.customer_key);
    if (kept) co_return got;
    if (judged.reads) co_return kept.error();
    co_return applied(kept.error());
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
