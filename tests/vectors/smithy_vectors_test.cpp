// SPDX-License-Identifier: Apache-2.0
// s3-protocol-smithy-rs: protocol tests, naughty strings as keys, and recorded exchanges.
#include "auth/sigv4.h"
#include "backends/s3/judge.h"
#include "backends/s3/proven.h"
#include "backends/s3/requests.h"
#include "backends/s3/responses.h"
#include "backends/s3/s3.h"
#include "backends/s3/settings.h"
#include "backends/s3/upload_wire.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/time.h"
#include "base/xml.h"
#include "http/settings.h"
#include "unit/http/raw_server.h"
#include "vectors.h"

#include <cmath>

namespace blobstore::vectors {
namespace {

using rapidjson::Value;
using s3::unsigned_request;

std::filesystem::path set_folder() {
    return folder_of("s3-protocol-smithy-rs");
}

s3::endpoint endpoint_of(std::string_view bucket, std::string_view region) {
    settings_values values{s3::settings_table(), http::settings_table()};
    EXPECT_TRUE(values.set("region", region, setting_origin::call));
    return s3::resolve_endpoint(bucket, values).value();
}

/// What our part of tests/vectors/smithy_json.py prints.
rapidjson::Document protocol_tests() {
    const std::string command = "python3 '" BLOBSTORE_SOURCE_ROOT
                                "/tests/vectors/smithy_json.py' '" +
                                (set_folder() / "s3-tests.smithy").string() + "'";
    std::string text;
    FILE* const out = ::popen(command.c_str(), "r");
    std::array<char, 4096> piece;
    while (const std::size_t n = std::fread(piece.data(), 1, piece.size(), out))
        text.append(piece.data(), n);
    EXPECT_EQ(::pclose(out), 0);
    rapidjson::Document cases;
    cases.Parse(text.data(), text.size());
    EXPECT_FALSE(cases.HasParseError());
    return cases;
}

const Value& member(const Value& object, const char* name) {
    static const Value nothing(rapidjson::kObjectType);
    const auto found = object.FindMember(name);
    return found == object.MemberEnd() ? nothing : found->value;
}

std::optional<unsigned_request> encoded(const Value& one) {
    const Value& params = member(one, "params");
    const std::string operation = text_of(one, "operation"), key = text_of(params, "Key");
    const s3::endpoint at = endpoint_of(text_of(params, "Bucket"), "us-west-2");
    put_options put;
    put.set.content_type = text_of(params, "ContentType");
    get_options get;
    if (params.HasMember("IfModifiedSince"))
        get.when.if_modified_since_ns =
            std::llround(params["IfModifiedSince"].GetDouble() * 1000) * 1'000'000;
    if (operation == "GetObject") return s3::encode_get(at, key, get);
    if (operation == "HeadObject") return s3::encode_head(at, key, get);
    if (operation == "PutObject") return s3::encode_put(at, key, put);
    if (operation == "CreateMultipartUpload")
        return s3::encode_upload_create(at, key, put, "m", put.checksum);
    return std::nullopt;
}

std::string problem_of_request(const unsigned_request& ours, const Value& one) {
    std::string problem = difference("method", ours.method, text_of(one, "method"));
    problem += difference("path", ours.path, text_of(one, "uri"));
    for (const auto& each : member(one, "headers").GetObject()) {
        std::string values;
        for (const http::header& h : ours.headers)
            if (http::same_name(h.name, each.name.GetString())) values += h.value;
        problem += difference(each.name.GetString(), values, each.value.GetString());
    }
    if (one.HasMember("queryParams"))
        for (const auto& each : one["queryParams"].GetArray())
            if (s3::render_query(ours.query).find(each.GetString()) == std::string::npos)
                problem += std::string("no ") + each.GetString() + " in the query";
    return problem;
}

std::string problem_of_list(std::string_view body, const Value& expected) {
    const result<list_page> page = s3::decode_list(body, {});
    if (!page) return page.error().message();
    std::string ours, theirs;
    for (const object_meta& entry : page->entries)
        ours += entry.key + "|" + entry.etag + "|" +
                std::to_string(entry.modified_ns.value_or(0) / 1'000'000'000) + "\n";
    for (const auto& each : expected["Contents"].GetArray())
        theirs += text_of(each, "Key") + "|" + text_of(each, "ETag") + "|" +
                  std::to_string(each["LastModified"].GetInt64()) + "\n";
    return difference("entries", ours, theirs);
}

std::string problem_of_missing(const Value& one) {
    http::response_head head;
    head.status = one["code"].GetInt();
    for (const auto& each : one["headers"].GetObject())
        head.fields[head.count++] = {each.name.GetString(), each.value.GetString()};
    const error e = s3::decode_error(head, text_of(one, "body"));
    return e.code() == errc::not_found ? "" : "not 'not found' but " + e.message();
}

TEST(smithy_vectors, requests_and_responses_of_s3_tests_smithy) {
    if (!std::filesystem::exists(set_folder())) GTEST_SKIP() << "the set is not there";
    const rapidjson::Document cases = protocol_tests();
    ASSERT_TRUE(cases.IsArray());
    tally count("s3-protocol-smithy-rs/s3-tests.smithy");
    for (const auto& one : cases.GetArray()) {
        const std::string operation = text_of(one, "operation"), id = text_of(one, "id");
        if (operation == "ListObjects")
            count.add(id, problem_of_list(text_of(one, "body"), one["params"]));
        else if (operation == "NotFound")
            count.add(id, problem_of_missing(one));
        else if (const auto ours = text_of(one, "kind") == "request" ? encoded(one) : std::nullopt)
            count.add(id, problem_of_request(*ours, one));
        else
            count.not_ours();
    }
}

bool is_encoded(std::string_view path) {
    return std::ranges::all_of(path, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string_view("-._~/%").find(c) != std::string_view::npos;
    });
}

/// A key through path, signature and the document of a bulk delete.
std::string problem_of_key(const s3::endpoint& at, const std::string& key) {
    const unsigned_request r = s3::encode_get(at, key, {});
    if (!is_encoded(r.path)) return "not encoded: " + r.path;
    const result<std::string> back =
        percent_decode(std::string_view(r.path).substr(1), plus::literal);
    if (!back || *back != key) return "does not come back: " + r.path;
    const sigv4::field host[] = {{"host", "h"}};
    const std::string signed_text =
        sigv4::canonical_request({r.method, r.path, {}, host}, sigv4::empty_payload);
    if (!signed_text.starts_with("GET\n" + r.path + "\n")) return "signed as " + signed_text;
    if (!s3::fits_xml(key)) return {};
    const std::string keys[] = {key};
    const result<unsigned_request> bulk = s3::encode_remove_many(at, keys);
    if (!bulk) return bulk.error().message();
    const std::size_t begin = bulk->content.find("<Key>");
    const std::string element =
        bulk->content.substr(begin, bulk->content.find("</Key>") + 6 - begin);
    xml_reader xml(element);
    if (!xml.next()) return "no XML: " + element;
    const result<std::string_view> read = xml.element_text();
    return read && *read == key ? "" : "comes out of XML otherwise: " + element;
}

TEST(smithy_vectors, naughty_strings_as_keys) {
    if (!std::filesystem::exists(set_folder())) GTEST_SKIP() << "the set is not there";
    const s3::endpoint at = endpoint_of("bucket", "us-east-1");
    tally count("s3-protocol-smithy-rs/blns");
    std::ifstream in(set_folder() / "blns" / "blns.txt", std::ios::binary);
    for (std::string line; std::getline(in, line);)
        if (!line.empty() && !line.starts_with('#')) count.add(line, problem_of_key(at, line));
}

// --- recorded exchanges ---

struct exchange {
    std::string uri, method, sent, answer;
    int status = 0;
    std::vector<http::header> asked, told;
};

std::vector<http::header> headers_of(const Value& of) {
    std::vector<http::header> headers;
    for (const auto& each : of["headers"].GetObject())
        for (const auto& value : each.value.GetArray())
            headers.push_back({each.name.GetString(), value.GetString()});
    return headers;
}

std::string find(const std::vector<http::header>& in, std::string_view name) {
    for (const http::header& h : in)
        if (http::same_name(h.name, name)) return h.value;
    return {};
}

exchange read_exchange(const std::filesystem::path& file) {
    exchange out;
    const rapidjson::Document recorded = read_json(file);
    for (const auto& event : recorded["events"].GetArray()) {
        const Value& action = event["action"];
        if (action.HasMember("Request")) {
            const Value& request = action["Request"]["request"];
            out.uri = text_of(request, "uri");
            out.method = text_of(request, "method");
            out.asked = headers_of(request);
        } else if (action.HasMember("Response")) {
            const Value& response = action["Response"]["response"]["Ok"];
            out.status = response["status"].GetInt();
            out.told = headers_of(response);
        } else if (action.HasMember("Data")) {
            const bool up = text_of(action["Data"], "direction") == "Request";
            (up ? out.sent : out.answer) += text_of(action["Data"]["data"], "Utf8");
        }
    }
    return out;
}

/// "x" behind the name in a list of parameters of a header field.
std::string parameter(const std::string& text, const std::string& name) {
    const std::size_t at = text.find(name + "=");
    return at == std::string::npos
               ? std::string()
               : text.substr(at + name.size() + 1, text.find(',', at) - at - name.size() - 1);
}

/// The body as we frame it, signed where the request was.
std::string frame(const exchange& x, const sigv4::stamp& stamp, const aws_credentials& keys) {
    const std::string auth = find(x.asked, "authorization");
    const bool is_signed = find(x.asked, "x-amz-content-sha256") == sigv4::streaming_signed_trailer;
    const std::size_t size = std::stoul(x.sent, nullptr, 16);
    std::string left(std::stoul(find(x.asked, "x-amz-decoded-content-length")), 'a'), body;
    std::string previous = parameter(auth, "Signature");
    const secret_digest key = sigv4::signing_key(keys.secret_access_key, "20090213", stamp.where);
    const auto sign = [&](std::string_view data) {
        if (is_signed) previous = sigv4::chunk_signature(key.value, stamp, previous, sha256(data));
        return is_signed ? previous : std::string();
    };
    for (; !left.empty(); left.erase(0, size)) {
        const std::string data = left.substr(0, size);
        body += sigv4::encode_chunk_header(data.size(), sign(data)) + data + "\r\n";
    }
    const std::size_t sum = x.sent.rfind("x-amz-checksum-crc32:") + 21;
    const std::string value = x.sent.substr(sum, x.sent.find('\r', sum) - sum);
    const std::string last = sign("");
    const sigv4::field trailer[] = {{"x-amz-checksum-crc32", value}};
    const std::string of_trailer =
        is_signed ? sigv4::trailer_signature(
                        key.value, stamp, last, "x-amz-checksum-crc32:" + value + "\n"
                    )
                  : std::string();
    return body + sigv4::encode_body_end(last, trailer, of_trailer);
}

std::string problem_of_chunked(const exchange& x) {
    const aws_credentials keys{
        "ANOTREAL", secret_string("notrealrnrELgWzOk3IfjzDKtFBhDby"), secret_string()};
    const sigv4::stamp stamp{1'234'567'890'000'000'000, {"us-east-1", "s3"}};
    const std::string auth = find(x.asked, "authorization");
    const std::string names = ";" + parameter(auth, "SignedHeaders") + ";";
    const std::string host = "test-bucket.s3.us-east-1.amazonaws.com";
    std::vector<sigv4::field> headers{{"host", host}};
    for (const http::header& h : x.asked)
        if (names.find(";" + h.name + ";") != std::string::npos)
            headers.push_back({h.name, h.value});
    const std::string path = x.uri.substr(8 + host.size(), x.uri.find('?') - 8 - host.size());
    const sigv4::field query[] = {{"x-id", "PutObject"}};
    const sigv4::request_view view{x.method, path, query, headers};
    const std::string canonical =
        sigv4::canonical_request(view, find(x.asked, "x-amz-content-sha256"));
    const secret_digest key = sigv4::signing_key(keys.secret_access_key, "20090213", stamp.where);
    std::string problem = difference(
        "signature",
        sigv4::signature(key.value, sigv4::string_to_sign(stamp, canonical)),
        parameter(auth, "Signature")
    );
    problem += difference("body", frame(x, stamp, keys), x.sent);
    if (find(x.asked, "x-amz-content-sha256") == sigv4::streaming_signed_trailer)
        return problem; // whose own Content-Length forgets the signatures
    return problem +
           difference("length", std::to_string(x.sent.size()), find(x.asked, "content-length"));
}

TEST(smithy_vectors, aws_chunked_signatures_and_frames) {
    const auto files = files_of(set_folder() / "data" / "aws_chunked", ".json");
    if (files.empty()) GTEST_SKIP() << "the set is not there";
    tally count("s3-protocol-smithy-rs/aws_chunked");
    for (const auto& file : files)
        count.add(file.filename().string(), problem_of_chunked(read_exchange(file)));
}

std::string problem_without_keys(const exchange& x) {
    if (!find(x.asked, "authorization").empty()) return "the recording is signed";
    const std::size_t slash = x.uri.find('/', 8), end = std::min(x.uri.find('?'), x.uri.size());
    const std::string host = x.uri.substr(8, slash - 8), path = x.uri.substr(slash, end - slash);
    const s3::endpoint at = endpoint_of(host.substr(0, host.find('.')), "us-east-1");
    const std::string key = percent_decode(path.substr(1), plus::literal).value();
    std::string problem =
        difference("host", at.to.host, host) + difference("path", at.path(key), path);
    http::response_head head;
    head.status = x.status;
    for (const http::header& h : x.told)
        head.fields[head.count++] = {h.name, h.value};
    const s3::signed_with sent{"us-east-1", 1'691'000'000'000'000'000, true};
    if (s3::judge(head, x.answer, sent).what != http::action::done) return problem + "not done";
    if (key.empty()) {
        const bool newer = x.uri.find("list-type=2") != std::string::npos;
        const s3::list_form form = newer ? s3::list_form::v2 : s3::list_form::v1;
        const result<list_page> page = s3::decode_list(x.answer, {}, form);
        if (!page || page->entries.empty() || page->next_token.empty()) problem += "no page";
        return problem;
    }
    const result<object_meta> meta = s3::decode_meta(head);
    if (!meta) return problem + meta.error().message();
    problem += difference("etag", meta->etag, find(x.told, "etag"));
    const std::string size = find(x.told, "content-length");
    if (!size.empty()) problem += difference("size", std::to_string(meta->size.value_or(0)), size);
    return problem;
}

TEST(smithy_vectors, exchanges_without_keys) {
    const auto files = files_of(set_folder() / "data" / "no_auth", ".json");
    if (files.empty()) GTEST_SKIP() << "the set is not there";
    tally count("s3-protocol-smithy-rs/no_auth");
    for (const auto& file : files)
        count.add(file.filename().string(), problem_without_keys(read_exchange(file)));
}

TEST(smithy_vectors, a_get_of_another_length_is_no_success) {
    const auto file =
        set_folder() / "data" / "content-length-enforcement" / "get-object-short.json";
    if (!std::filesystem::exists(file)) GTEST_SKIP() << "the set is not there";
    const exchange x = read_exchange(file);
    std::string wire = "HTTP/1.1 200 OK\r\n";
    for (const http::header& h : x.told)
        wire += h.name + ": " + h.value + "\r\n";
    wire += "\r\n" + x.answer;
    ASSERT_NE(std::to_string(x.answer.size()), find(x.told, "content-length"));
    http::test::raw_server server([&](int fd, int) {
        std::string rest;
        http::test::take_head(fd, rest);
        http::test::put(fd, wire);
    });
    settings_values values{s3::settings_table(), http::settings_table()};
    const std::string endpoint = "http://127.0.0.1:" + std::to_string(server.port());
    EXPECT_TRUE(values.set("endpoint", endpoint, setting_origin::call));
    EXPECT_TRUE(values.set("skip_signature", "true", setting_origin::call));
    auto machine = std::make_shared<host>();
    machine->now_ns = [] { return std::int64_t{0}; };
    s3::proven_endpoints known;
    context on;
    const auto bucket =
        s3::open("dontcare", values, machine, http::test::open_client(), known).value();
    auto op = std::make_shared<http::test::test_operation>();
    op->limits.max_attempts = 1;
    const result<void> done = http::test::run(on, op, [&](operation& o) -> task<result<void>> {
        const std::string key = "1000-lines.txt";
        const get_options options;
        result<object_body> body = co_await bucket->get(o, key, options);
        if (!body) co_return body.error();
        for (std::vector<char> piece(65536);;) {
            result<std::size_t> n = co_await body->bytes->read(o, piece, piece.size());
            if (!n) co_return n.error();
            if (*n == 0) co_return result<void>();
        }
    });
    tally count("s3-protocol-smithy-rs/get-object-short");
    count.add("get-object-short", done ? "read as a success" : "");
}

} // namespace
} // namespace blobstore::vectors
