// SPDX-License-Identifier: Apache-2.0
// One bucket: encode, sign, send, decode. The wire forms are in requests and responses.
#include "backends/s3/s3.h"

#include "auth/signing_keys.h"
#include "auth/source.h"
#include "backends/s3/bulk_delete.h"
#include "backends/s3/judge.h"
#include "backends/s3/requests.h"
#include "backends/s3/responses.h"
#include "backends/s3/signed_body.h"
#include "base/encoding.h"

namespace blobstore::s3 {

namespace {

constexpr std::size_t document_limit = 16 * 1024 * 1024; // of a list or delete answer
constexpr std::size_t keys_per_delete = 1000;
constexpr std::size_t hash_step = 4 * 1024 * 1024; // between two looks at cancel and time
constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t longest_expiry_s = 7 * 24 * 3600;

/// A body of zero bytes, for ranges of length 0.
class empty_reader final : public reader {
public:
    task<result<std::size_t>> read(operation&, std::span<char>, std::size_t) override {
        co_return 0;
    }
};

/// What an answer's body must be hashed or signed as.
struct payload {
    std::string hash;              ///< hex, or one of sigv4's constants
    signed_body* chunks = nullptr; ///< to be started with each signature
};

/// What is signed anew for each attempt, and with what it was signed last.
struct attempt {
    const unsigned_request* from;
    const payload* body;
    found_credentials used;
    std::shared_ptr<const endpoint> at;
    std::int64_t time_ns = 0;
    bulk_delete* bulk = nullptr; ///< makes these of what is left
    unsigned_request renewed;
    payload of_renewed;
};

/// What an answer's success is.
struct success {
    bool document = false; ///< which may hide an error
    bulk_delete* bulk = nullptr;
};

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

class s3_backend final : public backend {
public:
    s3_backend(
        endpoint at,
        credential_source credentials,
        std::shared_ptr<const host> machine,
        std::shared_ptr<http::client> client
    )
        : bucket_(at.bucket)
        , at_(std::make_shared<const endpoint>(std::move(at)))
        , credentials_(std::move(credentials))
        , machine_(std::move(machine))
        , client_(std::move(client)) {}

    std::string uri(std::string_view key) const override {
        return "s3://" + bucket_ + "/" + std::string(key);
    }

    result<void> check_key(std::string_view) const override { return {}; }

    task<result<object_body>>
    get(operation& op, const std::string& key, const get_options& options) override;
    task<result<object_meta>>
    head(operation& op, const std::string& key, const conditions& when) override;
    task<result<object_meta>>
    put(operation& op, const std::string& key, const source& body, const put_options& options
    ) override;
    task<result<void>> remove(operation& op, const std::string& key) override;
    task<result<std::vector<result<void>>>>
    remove_many(operation& op, const std::vector<std::string>& keys) override;
    task<result<object_meta>> copy(
        operation& op,
        backend& from,
        const std::string& from_key,
        const std::string& key,
        const copy_options& options
    ) override;
    task<result<list_page>> list(operation& op, const list_options& options) override;
    task<result<std::string>>
    presign(operation& op, const std::string& key, const presign_options& options) override;

private:
    using answer = result<std::unique_ptr<http::response>>;

    task<answer> send(operation& op, const unsigned_request& r, source body, success form);
    task<result<std::string>>
    send_for_document(operation& op, const unsigned_request& r, success form);
    task<result<void>> renew(operation& op, http::request& r, attempt& now);
    task<result<payload>>
    payload_of(operation& op, const source& body, std::unique_ptr<signed_body>& chunks);
    task<result<void>>
    authorize(operation& op, http::request& r, attempt& now, const http::verdict* before);
    task<result<void>>
    remove_batch(operation& op, std::span<const std::string> keys, std::span<result<void>> results);

    std::shared_ptr<const endpoint> at() const {
        std::lock_guard lock(mutex_);
        return at_;
    }

    void learn(const http::verdict& from) noexcept;

    /// The machine's clock, corrected by what the service told.
    std::int64_t now_ns() const { return machine_->now_ns() + clock_offset_ns_; }

    const std::string bucket_;
    mutable std::mutex mutex_;           ///< guards the next
    std::shared_ptr<const endpoint> at_; ///< in the region that the bucket turned out to be in
    std::atomic<std::int64_t> clock_offset_ns_{0};
    const credential_source credentials_;
    const std::shared_ptr<const host> machine_;
    const std::shared_ptr<http::client> client_;
    sigv4::signing_keys keys_;
};

/// Whether the part that came is the one asked for, and as long as it says.
bool answers(
    const content_range& part, const byte_range& asked, const std::optional<std::uint64_t>& length
) {
    const std::uint64_t count = part.last - part.first + 1;
    if (asked.whole() || (length && *length != count)) return false;
    if (asked.suffix) return count <= *asked.suffix && (!part.size || part.last + 1 == *part.size);
    return part.first == asked.offset.value_or(0) && (!asked.length || count <= *asked.length);
}

/// Whether a range of an object of this length is the whole object, which a service may then
/// answer.
bool is_all(const byte_range& asked, const std::optional<std::uint64_t>& length) {
    if (asked.whole()) return true;
    if (!length) return false;
    if (asked.suffix) return *asked.suffix >= *length;
    return asked.offset.value_or(0) == 0 && asked.length.value_or(*length) >= *length;
}

object_body nothing_of(object_meta meta) {
    object_body opened;
    opened.meta = std::move(meta);
    opened.length = 0;
    opened.bytes = std::make_unique<empty_reader>();
    return opened;
}

/// What was asked for may have been done.
error applied(error e) {
    e->outcome_unknown = true;
    return e;
}

/// What the signature itself puts into a link cannot be given.
result<void> check_link(const presign_options& options) {
    static constexpr std::string_view own[] = {
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "X-Amz-Security-Token"};
    for (const auto& [name, value] : options.query)
        if (name.empty() || std::any_of(std::begin(own), std::end(own), [&name](auto each) {
                return http::same_name(each, name);
            }))
            return error(
                errc::invalid_argument, "the query parameter \"" + name + "\" cannot be given"
            );
    for (const auto& [name, value] : options.headers)
        if (http::same_name(name, "Host"))
            return error(errc::invalid_argument, "the header Host cannot be given");
    return {};
}

/// Host and port without the bucket.
std::string service_host(const endpoint& at) {
    std::string host = at.to.host.substr(at.path_style ? 0 : at.bucket.size() + 1);
    return host + ":" + std::to_string(at.to.port);
}

std::string host_of(const endpoint& at) {
    http::request r;
    r.to = at.to;
    return r.host_header();
}

/// Of a refusal, for this attempt and all that follow. S3-12, S3-13
void s3_backend::learn(const http::verdict& from) noexcept {
    if (from.what == http::action::new_clock)
        clock_offset_ns_ = from.server_time_ns - machine_->now_ns();
    if (from.what != http::action::new_region) return;
    try {
        auto moved = std::make_shared<const endpoint>(in_region(*at(), from.region));
        std::lock_guard lock(mutex_);
        at_ = std::move(moved);
    } catch (...) { // out of memory: the next attempt ends as this one did
    }
}

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
    r.target = from.path;
    if (!from.query.empty()) r.target += "?" + render_query(from.query);
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
    const aws_credentials& use = *now.used->value;
    const std::string host_field = r.host_header();
    std::vector<sigv4::field> query;
    for (const auto& [name, value] : from.query)
        query.push_back({name, value});
    std::vector<sigv4::field> headers{{"host", host_field}};
    for (const http::header& h : r.headers)
        headers.push_back({h.name, h.value});
    const sigv4::request_view view{from.method, from.path, query, headers};
    const sigv4::stamp stamp{now.time_ns, {now.at->region, "s3"}};
    const auto date = iso_basic(stamp.time);
    const secret_digest key = keys_.find(use.secret_access_key, {date.data(), 8}, stamp.where);
    const sigv4::signing with{use, stamp, body.hash, {}, &key.value};
    sigv4::signed_header made = sigv4::sign_header(view, with);
    r.headers.reserve(r.headers.size() + made.fields.size());
    for (auto& [name, value] : made.fields)
        r.headers.push_back({std::move(name), std::move(value)});
    if (body.chunks) body.chunks->start(key, stamp.time, now.at->region, made.signature);
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

    what.decide = [&judged, &now](const http::response_head& head, std::string_view first) {
        const signed_with sent{now.at->region, now.time_ns, now.at->to.tls};
        http::verdict v = now.bulk          ? now.bulk->judge(head, first, sent)
                          : judged.document ? judge_document(head, first, sent)
                                            : judge(head, first, sent);
        if (v.what == http::action::done) return v;
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

task<result<object_body>>
s3_backend::get(operation& op, const std::string& key, const get_options& options) {
    object_body opened;
    if (options.range.length == 0u || options.range.suffix == 0u) { // HTTP has no range of nothing
        result<object_meta> meta = co_await head(op, key, options.when);
        if (!meta) co_return meta.error();
        co_return nothing_of(std::move(*meta));
    }
    const unsigned_request r = encode_get(*at(), key, options);
    answer got = co_await send(op, r, {}, {});
    const bool maybe_empty = options.range.suffix || options.range.offset == 0u;
    const bool nothing = got ? (*got)->head().status == 206 && (*got)->length() == 0u
                             : got.error().code() == errc::range;
    if (maybe_empty && nothing) { // of an empty object every range from 0 is nothing, not an error
        result<object_meta> meta = co_await head(op, key, options.when);
        if (!meta) co_return meta.error();
        if (meta->size == 0u) co_return nothing_of(std::move(*meta));
    }
    if (!got) co_return got.error();
    const http::response_head& head = (*got)->head();
    if (head.status != 200 && head.status != 206)
        co_return error(
            errc::protocol, "the service answered a get with " + std::to_string(head.status)
        );
    result<object_meta> meta = decode_meta(head);
    if (!meta) co_return meta.error();
    opened.meta = std::move(*meta);
    opened.meta.key = key;
    opened.length = (*got)->length();
    // Such a body ends where the connection does, so that a cut one would look whole.
    if (!opened.length && head.find("transfer-encoding").empty())
        co_return error(errc::protocol, "the service does not say how long the object is");
    if (head.status == 206) {
        result<content_range> range = decode_content_range(head.find("content-range"));
        if (!range) co_return range.error();
        if (!answers(*range, options.range, opened.length))
            co_return error(errc::protocol, "the service sent another range than was asked for");
        opened.offset = range->first;
    } else if (!is_all(options.range, opened.length)) {
        co_return error(errc::unsupported, "the service does not serve ranges of this object");
    }
    opened.bytes = std::move(*got);
    co_return opened;
}

task<result<object_meta>>
s3_backend::head(operation& op, const std::string& key, const conditions& when) {
    const unsigned_request r = encode_head(*at(), key, when);
    answer got = co_await send(op, r, {}, {});
    if (!got) co_return got.error();
    result<object_meta> meta = decode_meta((*got)->head());
    if (meta) meta->key = key;
    co_return meta;
}

task<result<object_meta>> s3_backend::put(
    operation& op, const std::string& key, const source& body, const put_options& options
) {
    const unsigned_request r = encode_put(*at(), key, options);
    answer got = co_await send(op, r, body, {});
    if (!got) co_return got.error();
    object_meta meta;
    meta.key = key;
    meta.etag = (*got)->head().find("etag");
    meta.size = body.size();
    result<std::string> rest = co_await (*got)->read_all(op, document_limit);
    if (!rest) co_return applied(rest.error());
    co_return meta;
}

task<result<void>> s3_backend::remove(operation& op, const std::string& key) {
    const unsigned_request r = encode_remove(*at(), key);
    result<std::string> document = co_await send_for_document(op, r, {});
    if (!document && document.error().code() != errc::not_found) co_return document.error();
    co_return result<void>();
}

task<result<void>> s3_backend::remove_batch(
    operation& op, std::span<const std::string> keys, std::span<result<void>> results
) {
    bulk_delete bulk(keys, results);
    const result<unsigned_request> r = bulk.request(*at());
    if (!r) bulk.end(r.error(), false);
    if (!r) co_return result<void>();
    const result<std::string> document = co_await send_for_document(op, *r, {true, &bulk});
    if (document)
        bulk.accept(*document);
    else
        bulk.end(document.error(), op.stopped());
    co_return result<void>();
}

task<result<std::vector<result<void>>>>
s3_backend::remove_many(operation& op, const std::vector<std::string>& keys) {
    std::vector<result<void>> results(keys.size());
    std::vector<std::string> fitting;
    std::vector<std::size_t> index;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (fits_xml(keys[i])) {
            fitting.push_back(keys[i]);
            index.push_back(i);
            continue;
        }
        results[i] = co_await remove(op, keys[i]); // the document could not name it
    }
    std::vector<result<void>> answers(fitting.size());
    for (std::size_t first = 0; first < fitting.size(); first += keys_per_delete) {
        std::size_t n = std::min(keys_per_delete, fitting.size() - first);
        const std::span<const std::string> batch(fitting.data() + first, n);
        (void)co_await remove_batch(op, batch, std::span(answers).subspan(first, n));
    }
    for (std::size_t i = 0; i < index.size(); ++i)
        results[index[i]] = std::move(answers[i]);
    co_return results;
}

task<result<object_meta>> s3_backend::copy(
    operation& op,
    backend& from,
    const std::string& from_key,
    const std::string& key,
    const copy_options& options
) {
    auto* other = dynamic_cast<s3_backend*>(&from);
    const std::shared_ptr<const endpoint> here = at();
    const std::shared_ptr<const endpoint> there = other ? other->at() : nullptr;
    const bool same_service =
        there && there->region == here->region &&
        (there->to == here->to ||
         (!here->path_style && !there->path_style && service_host(*there) == service_host(*here)));
    if (!same_service) co_return error(errc::unsupported, "the source is in another service");
    const unsigned_request r = encode_copy(*here, there->bucket, from_key, key, options);
    result<std::string> document = co_await send_for_document(op, r, {true});
    if (!document) co_return document.error();
    result<object_meta> meta = decode_copy(*document);
    if (!meta) co_return applied(meta.error());
    meta->key = key;
    co_return meta;
}

task<result<list_page>> s3_backend::list(operation& op, const list_options& options) {
    const unsigned_request r = encode_list(*at(), options);
    result<std::string> document = co_await send_for_document(op, r, {});
    if (!document) {
        error e = document.error();
        if (e.code() == errc::not_found) e->code = errc::store_not_found;
        co_return e;
    }
    co_return decode_list(*document, options);
}

task<result<std::string>>
s3_backend::presign(operation& op, const std::string& key, const presign_options& options) {
    if (options.expires_ms % 1000 != 0 || options.expires_ms / 1000 > longest_expiry_s)
        co_return error(
            errc::invalid_argument, "S3 links expire after whole seconds, at most 7 days (604800)"
        );
    result<void> free = check_link(options);
    if (!free) co_return free.error();
    const std::shared_ptr<const endpoint> here = at();
    const unsigned_request r = encode_presign(*here, key, options);
    credential_request asked;
    asked.machine = machine_.get();
    result<found_credentials> keys = co_await credentials_(op, asked);
    if (!keys) co_return keys.error();
    const std::string host_field = host_of(*here);
    const std::string base =
        std::string(here->to.tls ? "https://" : "http://") + host_field + r.path;
    if (!(*keys)->value) co_return r.query.empty() ? base : base + "?" + render_query(r.query);
    const aws_credentials& use = *(*keys)->value;
    std::vector<sigv4::field> query;
    for (const auto& [name, value] : r.query)
        query.push_back({name, value});
    std::vector<sigv4::field> headers{{"host", host_field}};
    for (const http::header& h : r.headers)
        headers.push_back({h.name, h.value});
    const std::int64_t now = options.signing_time_ns.value_or(now_ns());
    const sigv4::stamp stamp{now - now % second, {here->region, "s3"}};
    const auto date = iso_basic(stamp.time);
    const secret_digest of_the_day =
        keys_.find(use.secret_access_key, {date.data(), 8}, stamp.where);
    const sigv4::signing with{use, stamp, sigv4::unsigned_payload, {}, &of_the_day.value};
    std::string sign =
        sigv4::sign_query({r.method, r.path, query, headers}, with, options.expires_ms / 1000);
    std::string link; // in one piece: nothing but the link has the token when this ends
    link.reserve(base.size() + 1 + sign.size());
    link.append(base).append("?").append(sign);
    wipe(sign.data(), sign.size());
    co_return std::move(link);
}

result<credential_source> source_from(const settings_values& values) {
    if (values.boolean("skip_signature")) return anonymous_credentials();
    const bool has_id = !values.text("access_key_id").empty();
    const bool has_secret = !values.text("secret_access_key").empty();
    if (!has_id && !has_secret) return first_of({environment_credentials()});
    if (!has_id || !has_secret)
        return error(
            errc::config,
            has_id ? "access_key_id is set without secret_access_key"
                   : "secret_access_key is set without access_key_id"
        );
    aws_credentials keys{
        std::string(values.text("access_key_id")),
        secret_string(values.text("secret_access_key")),
        secret_string(values.text("session_token"))};
    return fixed_credentials(std::move(keys), "settings");
}

} // namespace

result<std::shared_ptr<backend>> open(
    std::string_view bucket,
    const settings_values& values,
    std::shared_ptr<const host> machine,
    std::shared_ptr<http::client> client
) {
    result<endpoint> at = resolve_endpoint(bucket, values);
    if (!at) return at.error();
    result<credential_source> credentials = source_from(values);
    if (!credentials) return credentials.error();
    return std::make_shared<s3_backend>(
        std::move(*at), std::move(*credentials), std::move(machine), std::move(client)
    );
}

} // namespace blobstore::s3
