// SPDX-License-Identifier: Apache-2.0
// Signature Version 4 against the shared sets: canonical request, string to sign and signature.
#include "auth/sigv4.h"
#include "base/encoding.h"
#include "base/url.h"
#include "vectors.h"

#include <algorithm>

namespace blobstore::vectors {
namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

// The secret of aws-sigv4-botocore, which its files do not repeat.
constexpr std::string_view botocore_secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// A request as recorded, owning its text.
struct recorded {
    std::string method, path, body;
    pairs query, headers;
};

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

std::string take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    std::string line(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.ends_with('\r')) {
        line.pop_back();
    }
    return line;
}

std::vector<std::string> split(std::string_view text, char at) {
    std::vector<std::string> out;
    while (true) {
        const std::size_t end = text.find(at);
        out.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return out;
        }
        text.remove_prefix(end + 1);
    }
}

pairs decode_query(std::string_view text) {
    pairs out;
    for (const std::string& one : split(text, '&')) {
        const std::size_t equals = std::min(one.find('='), one.size());
        if (!one.empty()) {
            out.emplace_back(
                percent_decode(one.substr(0, equals), plus::literal).value(),
                percent_decode(
                    std::string_view(one).substr(std::min(equals + 1, one.size())), plus::literal
                )
                    .value()
            );
        }
    }
    return out;
}

// HTTP/1.1 as text, with raw spaces allowed in the target and folded fields.
recorded parse_request(std::string_view text) {
    recorded out;
    const std::string line = take_line(text);
    const std::size_t first = line.find(' ');
    const std::string target = line.substr(first + 1, line.rfind(' ') - first - 1);
    const std::size_t question = std::min(target.find('?'), target.size());
    out.method = line.substr(0, first);
    out.path = target.substr(0, question);
    out.query =
        decode_query(std::string_view(target).substr(std::min(question + 1, target.size())));
    while (!text.empty()) {
        const std::string field = take_line(text);
        if (field.empty()) {
            break;
        }
        if (field.front() == ' ' || field.front() == '\t') {
            out.headers.back().second += "\n" + field;
            continue;
        }
        const std::size_t colon = field.find(':');
        out.headers.emplace_back(field.substr(0, colon), field.substr(colon + 1));
    }
    out.body = text;
    return out;
}

std::vector<sigv4::field> views(const pairs& from) {
    std::vector<sigv4::field> out;
    for (const auto& [name, value] : from) {
        out.push_back({name, value});
    }
    return out;
}

// Removes a pair by its name, whatever the case, and gives its value.
std::string take(pairs& from, std::string_view name) {
    const auto found =
        std::ranges::find_if(from, [&](const auto& one) { return lower(one.first) == name; });
    if (found == from.end()) {
        return {};
    }
    std::string value = found->second;
    from.erase(found);
    return value;
}

/// One signature to be made: everything that is not the request, and what must come out.
struct task {
    aws_credentials credentials;
    std::string time, region, service, payload_hash;
    sigv4::options how;
    std::int64_t expires = -1; ///< not negative: a presigned request
    std::string canonical, string_to_sign, signature, authorization; ///< the last may be empty
};

void set_scope(task& at, const std::string& credential) {
    const std::vector<std::string> parts = split(credential, '/');
    if (parts.size() == 5) {
        at.credentials.access_key_id = parts[0];
        at.region = parts[2];
        at.service = parts[3];
    }
}

std::string run(recorded request, const task& with) {
    const result<nanoseconds> time = parse_iso_basic(with.time);
    if (!time) {
        return "no signing time";
    }
    const sigv4::stamp at = {*time, {with.region, with.service}};
    const sigv4::signing signing = {with.credentials, at, with.payload_hash, with.how, nullptr};
    std::string signature;
    std::string authorization;
    const std::vector<sigv4::field> headers = views(request.headers);
    const std::vector<sigv4::field> query = views(request.query);
    const sigv4::request_view view = {request.method, request.path, query, headers};
    if (with.expires >= 0) {
        request.query = decode_query(sigv4::sign_query(view, signing, with.expires));
        signature = take(request.query, "x-amz-signature");
        if (with.how.omit_session_token) {
            take(request.query, "x-amz-security-token");
        }
    } else {
        sigv4::signed_header out = sigv4::sign_header(view, signing);
        signature = out.signature;
        authorization = take(out.fields, "authorization");
        if (with.how.omit_session_token) {
            take(out.fields, "x-amz-security-token");
        }
        request.headers.insert(request.headers.end(), out.fields.begin(), out.fields.end());
    }
    const std::vector<sigv4::field> all_headers = views(request.headers);
    const std::vector<sigv4::field> all_query = views(request.query);
    const std::string canonical = sigv4::canonical_request(
        {request.method, request.path, all_query, all_headers}, with.payload_hash, with.how
    );
    return difference("canonical request", canonical, with.canonical) +
           difference("string to sign", sigv4::string_to_sign(at, canonical), with.string_to_sign) +
           difference("signature", signature, with.signature) +
           (with.authorization.empty()
                ? std::string()
                : difference("authorization", authorization, with.authorization));
}

std::string sha256_hex(std::string_view bytes) {
    return hex(bytes_of(sha256(bytes)));
}

// "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=..."
std::string part_of(const std::string& authorization, const std::string& name) {
    const std::size_t begin = authorization.find(name + "=");
    if (begin == std::string::npos) {
        return {};
    }
    const std::size_t value = begin + name.size() + 1;
    return authorization.substr(value, authorization.find(',', value) - value);
}

TEST(vectors, aws_sigv4_c_auth) {
    const std::string set = "aws-sigv4-c-auth";
    tally counted(set);
    const std::filesystem::path root = folder_of(set);
    if (!std::filesystem::exists(root)) {
        return;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        if (entry.path().filename() != "context.json") {
            continue;
        }
        const std::filesystem::path folder = entry.path().parent_path();
        const rapidjson::Document context = read_json(entry.path());
        const auto flag = [&](const char* name) {
            return context.HasMember(name) && context[name].GetBool();
        };
        const rapidjson::Value& keys = context["credentials"];
        const recorded request = parse_request(read_file(folder / "request.txt"));
        for (const std::string kind : {"header", "query"}) {
            if (!std::filesystem::exists(folder / (kind + "-signature.txt"))) {
                continue;
            }
            task with;
            with.credentials = {
                text_of(keys, "access_key_id"),
                secret_string(text_of(keys, "secret_access_key")),
                secret_string(text_of(keys, "token"))};
            const result<nanoseconds> time = parse_rfc3339(text_of(context, "timestamp"));
            with.time = time ? format_iso_basic(*time) : std::string();
            with.region = text_of(context, "region");
            with.service = text_of(context, "service");
            with.payload_hash = sha256_hex(request.body);
            with.how = {
                .double_encode = true,
                .normalize = flag("normalize"),
                .content_sha256 = flag("sign_body"),
                .omit_session_token = flag("omit_session_token")};
            with.expires = kind == "query" ? context["expiration_in_seconds"].GetInt64() : -1;
            with.canonical = read_file(folder / (kind + "-canonical-request.txt"));
            with.string_to_sign = read_file(folder / (kind + "-string-to-sign.txt"));
            with.signature = read_file(folder / (kind + "-signature.txt"));
            counted.add(folder.filename().string() + " " + kind, run(request, with));
        }
    }
}

TEST(vectors, aws_sigv4_botocore) {
    const std::string set = "aws-sigv4-botocore";
    tally counted(set);
    const std::filesystem::path root = folder_of(set);
    if (!std::filesystem::exists(root)) {
        return;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        std::filesystem::path file = entry.path();
        if (file.extension() != ".req") {
            continue;
        }
        recorded request = parse_request(read_file(file));
        task with;
        with.authorization = read_file(file.replace_extension(".authz"));
        with.signature = part_of(with.authorization, "Signature");
        set_scope(with, part_of(with.authorization, "AWS4-HMAC-SHA256 Credential"));
        with.time = take(request.headers, "x-amz-date");
        with.credentials.secret_access_key = secret_string(botocore_secret);
        // the token stands in the signed request, whether it was signed or added afterwards
        take(request.headers, "x-amz-security-token");
        recorded sent = parse_request(read_file(file.replace_extension(".sreq")));
        with.credentials.session_token = secret_string(take(sent.headers, "x-amz-security-token"));
        with.payload_hash = sha256_hex(request.body);
        with.how = {
            .double_encode = true,
            .normalize = true,
            .content_sha256 = false,
            .omit_session_token =
                with.authorization.find("x-amz-security-token") == std::string::npos};
        with.canonical = read_file(file.replace_extension(".creq"));
        with.string_to_sign = read_file(file.replace_extension(".sts"));
        counted.add(file.stem().string(), run(std::move(request), with));
    }
}

aws_credentials keys_of(const rapidjson::Value& from, const char* id, const char* secret) {
    return {text_of(from, id), secret_string(text_of(from, secret)), {}};
}

// Takes from a presigned URL's query all that signing adds, and signs it anew.
void set_presigned(task& with, recorded& request, const std::string& location) {
    const result<url> parsed = parse_url(location);
    if (!parsed) {
        with.signature = "(not a URL)";
        return;
    }
    request.path = parsed->path;
    request.query.clear();
    for (const auto& [name, value] : parsed->query)
        request.query.emplace_back(name, value.reveal());
    request.headers = {{"host", parsed->authority()}};
    with.signature = take(request.query, "x-amz-signature");
    with.time = take(request.query, "x-amz-date");
    with.expires = std::stoll(take(request.query, "x-amz-expires"));
    set_scope(with, take(request.query, "x-amz-credential"));
    with.credentials.session_token = secret_string(take(request.query, "x-amz-security-token"));
    take(request.query, "x-amz-algorithm");
    take(request.query, "x-amz-signedheaders");
    with.payload_hash = sigv4::unsigned_payload;
}

std::string run_documented(
    const rapidjson::Value& from, const aws_credentials& keys, const std::string& scope
) {
    recorded request;
    task with;
    with.credentials = keys;
    set_scope(with, keys.access_key_id + "/" + scope);
    request.method = text_of(from, "method");
    request.path = text_of(from, "canonical_uri");
    request.query = decode_query(text_of(from, "canonical_query"));
    for (const auto& pair : from["signed_headers"].GetArray()) {
        request.headers.emplace_back(pair[0].GetString(), pair[1].GetString());
    }
    with.time = take(request.headers, "x-amz-date");
    take(request.headers, "x-amz-content-sha256");
    with.payload_hash = text_of(from, "payload_hash");
    with.canonical = text_of(from, "canonical_request");
    with.string_to_sign = text_of(from, "string_to_sign");
    with.signature = text_of(from, "signature");
    if (from.HasMember("presigned_url")) {
        set_presigned(with, request, text_of(from, "presigned_url"));
    }
    return run(std::move(request), with);
}

void run_chunks(
    tally& counted,
    const rapidjson::Value& group,
    const std::string& name,
    const sha256_value& key,
    const sigv4::stamp& at
) {
    std::string previous = text_of(group["seed"], "signature");
    for (const rapidjson::Value& chunk : group["chunks"].GetArray()) {
        const auto size = chunk["data_length"].GetUint64();
        const std::string data(size, text_of(chunk, "data_byte").at(0));
        previous = sigv4::chunk_signature(key, at, previous, sha256(data));
        counted.add(
            name + " chunk of " + std::to_string(size),
            difference("signature", previous, text_of(chunk, "signature")) +
                difference(
                    "header",
                    sigv4::encode_chunk_header(size, previous),
                    text_of(chunk, "chunk_header") + "\r\n"
                )
        );
    }
    if (group.HasMember("trailer")) {
        const rapidjson::Value& trailer = group["trailer"];
        const std::string ours =
            sigv4::trailer_signature(key, at, previous, text_of(trailer, "trailing_headers"));
        counted.add(
            name + " trailer", difference("signature", ours, text_of(trailer, "signature"))
        );
    }
}

TEST(vectors, aws_s3_doc_examples) {
    const std::string set = "aws-s3-doc-examples";
    tally counted(set);
    const rapidjson::Document all = read_json(folder_of(set) / "s3-sigv4-doc-examples.json");
    if (!all.IsObject()) {
        return;
    }
    const aws_credentials keys = keys_of(all["credentials"], "access_key_id", "secret_access_key");
    const std::string scope = text_of(all, "scope");
    const std::vector<std::string> parts = split(scope, '/');
    const sigv4::scope where = {parts.at(1), parts.at(2)};
    const sigv4::stamp at = {parse_iso_basic(text_of(all, "timestamp")).value(), where};
    const sha256_value key = sigv4::signing_key(keys.secret_access_key, parts.at(0), where);
    for (const rapidjson::Value& request : all["requests"].GetArray()) {
        counted.add(text_of(request, "name"), run_documented(request, keys, scope));
    }
    for (const auto& member : all.GetObject()) {
        if (member.value.IsObject() && member.value.HasMember("seed")) {
            const rapidjson::Value& seed = member.value["seed"];
            counted.add(text_of(seed, "name"), run_documented(seed, keys, scope));
            run_chunks(counted, member.value, member.name.GetString(), key, at);
        }
    }
    const rapidjson::Value& policy = all["post_policy"];
    const std::string encoded = base64(text_of(policy, "policy_json"));
    counted.add(
        "POST policy",
        difference("base64", encoded, text_of(policy, "policy_base64")) +
            difference(
                "signature",
                sigv4::signature(
                    sigv4::signing_key(keys.secret_access_key, text_of(policy, "date"), where),
                    encoded
                ),
                text_of(policy, "signature")
            )
    );
    for (const rapidjson::Value& one : all["signing_key"].GetArray()) {
        const secret_string secret(text_of(one, "secret"));
        const std::string region = text_of(one, "region");
        const std::string service = text_of(one, "service");
        const sha256_value made =
            sigv4::signing_key(secret, text_of(one, "date"), {region, service});
        counted.add(
            "key of " + text_of(one, "date"),
            difference("key", hex(bytes_of(made)), text_of(one, "key_hex"))
        );
    }
}

// Of a recorded request, the fields that its SDK signed, without those that we add.
void set_recorded(task& with, recorded& request, const rapidjson::Value& from) {
    for (const auto& member : from["headers"].GetObject()) {
        request.headers.emplace_back(
            member.name.GetString(),
            std::string(member.value.GetString(), member.value.GetStringLength())
        );
    }
    for (const auto& member : from["query"].GetObject()) {
        request.query.emplace_back(member.name.GetString(), member.value.GetString());
    }
    request.path = text_of(from, "path");
    with.authorization = take(request.headers, "authorization");
    with.signature = part_of(with.authorization, "Signature");
    set_scope(with, part_of(with.authorization, "AWS4-HMAC-SHA256 Credential"));
    const std::vector<std::string> names = split(part_of(with.authorization, "SignedHeaders"), ';');
    std::erase_if(request.headers, [&](const auto& one) {
        return std::ranges::find(names, lower(one.first)) == names.end();
    });
    with.time = take(request.headers, "x-amz-date");
    with.payload_hash = take(request.headers, "x-amz-content-sha256");
    with.credentials.session_token = secret_string(take(request.headers, "x-amz-security-token"));
}

TEST(vectors, s3_recorded_js_sdk) {
    const std::string set = "s3-recorded-js-sdk";
    tally counted(set);
    const rapidjson::Document all = read_json(folder_of(set) / "s3-signed-requests.json");
    if (!all.IsObject()) {
        return;
    }
    const aws_credentials keys = keys_of(all["credentials"], "accessKeyId", "secretAccessKey");
    for (const rapidjson::Value& from : all["requests"].GetArray()) {
        recorded request;
        task with;
        with.credentials = keys;
        request.method = text_of(from, "method");
        with.canonical = text_of(from, "canonical_request");
        with.string_to_sign = text_of(from, "string_to_sign");
        if (from.HasMember("headers")) {
            set_recorded(with, request, from);
        } else {
            set_presigned(with, request, text_of(from, "url"));
        }
        counted.add(
            text_of(from, "label") + " " + text_of(from, "style") + " " + request.path,
            run(request, with)
        );
    }
}

} // namespace
} // namespace blobstore::vectors
