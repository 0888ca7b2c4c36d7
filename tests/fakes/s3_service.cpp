// SPDX-License-Identifier: Apache-2.0
// Routing, verification, error documents and the clock of the fake S3 service.
#include "fakes/s3_service.h"

#include "fakes/digests.h"
#include "fakes/s3_placement.h"
#include "fakes/text_forms.h"

#include <algorithm>
#include <array>

namespace blobstore::fakes {

namespace {

constexpr std::size_t longest_key = 1024;

struct usual_message {
    std::string_view code;
    std::string_view text;
};

constexpr std::array<usual_message, 28> usual_messages{{
    {"AccessDenied", "Access Denied"},
    {"BadDigest", "The Content-MD5 you specified did not match what we received."},
    {"BucketAlreadyOwnedByYou", "The bucket that you tried to create already exists."},
    {"BucketNotEmpty", "The bucket you tried to delete is not empty"},
    {"ConditionalRequestConflict", "A conflicting operation occurred during this request."},
    {"EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"},
    {"EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"},
    {"InternalError", "We encountered an internal error. Please try again."},
    {"InvalidBucketName", "The specified bucket is not valid."},
    {"InvalidDigest", "The Content-MD5 you specified was invalid."},
    {"InvalidPart",
     "One or more of the specified parts could not be found. The part may not have been uploaded, "
     "or the specified entity tag may not match the part's entity tag."},
    {"InvalidRange", "The requested range is not satisfiable"},
    {"InvalidURI", "Couldn't parse the specified URI."},
    {"KeyTooLongError", "Your key is too long"},
    {"MalformedXML", "The XML you provided was not well-formed or did not validate"},
    {"MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size"},
    {"MethodNotAllowed", "The specified method is not allowed against this resource."},
    {"MissingContentLength", "You must provide the Content-Length HTTP header."},
    {"NoSuchBucket", "The specified bucket does not exist"},
    {"NoSuchKey", "The specified key does not exist."},
    {"NoSuchObjectLockConfiguration",
     "The specified object does not have a ObjectLock configuration"},
    {"NoSuchUpload",
     "The specified upload does not exist. The upload ID may be invalid, or the upload may have "
     "been aborted or completed."},
    {"NoSuchVersion", "The specified version does not exist."},
    {"NotImplemented", "A header or query you provided implies functionality not implemented"},
    {"PreconditionFailed", "At least one of the pre-conditions you specified did not hold"},
    {"RequestTimeout", "Your socket connection to the server was not read from or written to."},
    {"ServiceUnavailable", "Please reduce your request rate."},
    {"SlowDown", "Please reduce your request rate."},
}};

bool reached_by(std::string_view host, const std::string& endpoint, std::string& bucket) {
    if (host == endpoint) {
        bucket.clear();
        return true;
    }
    if (host.size() <= endpoint.size() + 1 || !host.ends_with(endpoint)) return false;
    const auto name = host.substr(0, host.size() - endpoint.size());
    if (!name.ends_with('.')) return false;
    bucket = name.substr(0, name.size() - 1);
    return true;
}

// The bucket that the Host header names; empty for path style.
std::string bucket_of_host(std::string_view host, std::vector<std::string> endpoints) {
    if (!host.ends_with(']')) host = host.substr(0, host.rfind(':'));
    // The longest name first: s3.localhost is an endpoint and not a bucket at localhost.
    std::sort(endpoints.begin(), endpoints.end(), [](const auto& a, const auto& b) {
        return a.size() > b.size();
    });
    std::string bucket;
    for (const auto& endpoint : endpoints) {
        if (reached_by(host, endpoint, bucket)) return bucket;
    }
    return {};
}

} // namespace

refusal refuse_with(int status, std::string code, std::string message, header_list details) {
    return {status, std::move(code), std::move(message), std::move(details), {}};
}

refusal refuse(int status, std::string code, header_list details) {
    std::string message = code;
    for (const auto& [known, text] : usual_messages) {
        if (known == code) message = text;
    }
    return refuse_with(status, std::move(code), std::move(message), std::move(details));
}

const std::string* route::parameter(std::string_view name) const {
    for (const auto& [key_name, value] : query) {
        if (key_name == name) return &value;
    }
    return nullptr;
}

s3_service::s3_service(service_options options)
    : options_{std::move(options)}
    , upload_limits_{options_.uploads} {
}

std::time_t s3_service::now() const {
    const std::lock_guard lock{mutex_};
    if (options_.fixed_time) return *options_.fixed_time;
    return std::time(nullptr) + static_cast<std::time_t>(options_.clock_offset.count());
}

void s3_service::set_clock(std::optional<std::time_t> fixed, std::chrono::seconds offset) {
    const std::lock_guard lock{mutex_};
    options_.fixed_time = fixed;
    options_.clock_offset = offset;
}

void s3_service::set_signature_rules(signature_rules rules) {
    const std::lock_guard lock{mutex_};
    options_.signature = std::move(rules);
}

signature_rules s3_service::rules() const {
    const std::lock_guard lock{mutex_};
    return options_.signature;
}

void s3_service::fail_bulk_delete(const std::string& key, const std::string& code, unsigned times) {
    const std::lock_guard lock{mutex_};
    failures_[key] = {code, times};
}

bool s3_service::planned_failure(const std::string& key, std::string& code) {
    const std::lock_guard lock{mutex_};
    const auto found = failures_.find(key);
    if (found == failures_.end() || found->second.second == 0) return false;
    --found->second.second;
    code = found->second.first;
    return true;
}

route s3_service::find_route(const request& message) const {
    route out;
    const auto target = split(message.target);
    out.raw_query = target.query;
    auto query = parse_query(target.query);
    out.valid = query.has_value() && target.path.starts_with('/');
    if (query) out.query = std::move(*query);
    std::vector<std::string> endpoints;
    {
        const std::lock_guard lock{mutex_};
        endpoints = options_.endpoints;
    }
    std::string_view path = target.path;
    if (path.starts_with('/')) path.remove_prefix(1);
    out.bucket = bucket_of_host(header_or(message.headers, "host", ""), std::move(endpoints));
    if (out.bucket.empty()) {
        const auto slash = path.find('/');
        out.bucket = percent_decode(path.substr(0, slash)).value_or("");
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    }
    auto key = percent_decode(path);
    out.valid = out.valid && key.has_value();
    if (key) out.key = std::move(*key);
    return out;
}

std::string s3_service::next_id() {
    const auto number = requests_.fetch_add(1) + 1;
    auto text = to_hex(sha256(std::to_string(number))).substr(0, 16);
    for (char& c : text) {
        if (c >= 'a') c = static_cast<char>(c - ('a' - 'A'));
    }
    return text;
}

void s3_service::finish(reply& answer) {
    if (find_header(answer.headers, "x-amz-request-id") == nullptr) {
        const auto id = next_id();
        answer.headers.emplace_back("x-amz-request-id", id);
        answer.headers.emplace_back("x-amz-id-2", to_base64("host-" + id));
    }
    answer.headers.emplace_back("Date", http_date(now()));
    answer.headers.emplace_back("Server", "AmazonS3");
}

reply s3_service::error_reply(const refusal& why, const route& where, bool head) {
    const auto id = next_id();
    const auto host_id = to_base64("host-" + id);
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>";
    xml_element(text, "Code", why.code);
    xml_element(text, "Message", why.message);
    for (const auto& [name, value] : why.details)
        xml_element(text, name, value);
    if (why.code == "NoSuchBucket" || why.code == "BucketNotEmpty") {
        xml_element(text, "BucketName", where.bucket);
    } else if (why.code == "NoSuchKey") {
        xml_element(text, "Key", where.key);
    }
    xml_element(text, "Resource", "/" + where.bucket + (where.key.empty() ? "" : "/" + where.key));
    xml_element(text, "RequestId", id);
    xml_element(text, "HostId", host_id);
    text += "</Error>";
    auto out = text_reply(why.status, std::move(text));
    out.error_code = why.code;
    out.bodiless = head || why.status == 304;
    if (why.code == "AuthorizationHeaderMalformed") {
        out.headers.emplace_back("x-amz-bucket-region", rules().region);
    }
    for (const auto& header : why.headers)
        out.headers.push_back(header);
    out.headers.emplace_back("x-amz-request-id", id);
    out.headers.emplace_back("x-amz-id-2", host_id);
    finish(out);
    return out;
}

reply s3_service::error_reply(int status, const std::string& code, const route& where, bool head) {
    return error_reply(refuse(status, code), where, head);
}

reply s3_service::handle(const request& message, const route& where) {
    const bool head = message.method == "HEAD";
    if (!where.valid) return error_reply(refuse(400, "InvalidURI"), where, head);
    const auto signature = check_signature(message, rules(), now());
    if (signature.refused) return error_reply(*signature.refused, where, head);
    if (const auto why = check_sum_rules(message.headers, sum_rules_))
        return error_reply(*why, where, head);
    auto body = check_payload(message, signature);
    if (body.refused) return error_reply(*body.refused, where, head);
    if (where.key.size() > longest_key) {
        const auto why = refuse(
            400,
            "KeyTooLongError",
            {{"Size", std::to_string(where.key.size())}, {"MaxSizeAllowed", "1024"}}
        );
        return error_reply(why, where, head);
    }
    if (signature.anonymous && (message.method == "GET" || head)) {
        for (const auto& [name, value] : where.query) {
            if (!name.starts_with("response-")) continue;
            const auto why = refuse_with(
                400,
                "InvalidRequest",
                "Request specific response headers cannot be used for anonymous GET requests."
            );
            return error_reply(why, where, head);
        }
    }
    request decoded{message.method, message.target, message.headers, {}};
    for (auto& trailer : body.trailers)
        decoded.headers.push_back(std::move(trailer));
    if (ignores_customer_keys_) forget_customer_keys(decoded.headers);
    auto answer = dispatch(decoded, where, body.data);
    if (head) answer.bodiless = true;
    if (answer.error_code.empty()) finish(answer);
    return answer;
}

reply s3_service::dispatch(const request& message, const route& where, const std::string& data) {
    const bool head = message.method == "HEAD";
    for (const auto* name : {"x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"}) {
        if (header_or(message.headers, name, bucket_owner) != bucket_owner)
            return error_reply(403, "AccessDenied", where, head);
    }
    if (where.bucket.empty()) {
        if (message.method == "GET") return list_buckets();
        return error_reply(405, "MethodNotAllowed", where, head);
    }
    return where.key.empty() ? bucket_request(message, where, data)
                             : object_request(message, where, data);
}

} // namespace blobstore::fakes
