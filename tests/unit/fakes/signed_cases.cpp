// SPDX-License-Identifier: Apache-2.0
// Reading of the shared sets of vectors into signed requests.
#include "signed_cases.h"

#include "fakes/text_forms.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

namespace blobstore::fakes {

namespace {

namespace fs = std::filesystem;

fs::path vectors_folder() {
    // BLOBSTORE_VECTORS_DIR, else shared/vectors beside the source root.
    if (const char* set = std::getenv("BLOBSTORE_VECTORS_DIR")) return set;
    return fs::path{BLOBSTORE_SOURCE_ROOT}.parent_path() / "shared" / "vectors";
}

std::string read_file(const fs::path& name) {
    std::ifstream file{name, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// A request as the suites write it: lines, folded header values, an empty line, the body.
request read_request(const std::string& text) {
    request out;
    std::size_t at = 0;
    const auto line = [&] {
        const auto end = std::min(text.find('\n', at), text.size());
        auto value = text.substr(at, end - at);
        at = std::min(end + 1, text.size());
        if (value.ends_with('\r')) value.pop_back();
        return value;
    };
    const auto first = line();
    const auto space = first.find(' ');
    const auto version = first.rfind(" HTTP/");
    out.method = first.substr(0, space);
    out.target = first.substr(space + 1, version - space - 1);
    for (auto next = line(); !next.empty(); next = line()) {
        if (next.front() == ' ') {
            out.headers.back().second += next;
            continue;
        }
        const auto colon = next.find(':');
        out.headers.emplace_back(next.substr(0, colon), next.substr(colon + 1));
    }
    for (auto& [name, value] : out.headers)
        value = trim(value);
    out.body = text.substr(at);
    return out;
}

signature_rules service_rules(bool normalize) {
    signature_rules out;
    out.credentials = {{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""}};
    out.service = "service";
    out.double_encode = true;
    out.normalize_path = normalize;
    out.s3_headers = false;
    return out;
}

std::string query_value(const request& message, std::string_view wanted) {
    const auto query = parse_query(split(message.target).query);
    if (!query) return {};
    return header_or(*query, wanted, "");
}

// Removes a parameter that was added after signing.
void remove_parameter(request& message, const std::string& name) {
    const auto at = message.target.find("&" + name + "=");
    if (at == std::string::npos) return;
    message.target.erase(
        at, std::min(message.target.find('&', at + 1), message.target.size()) - at
    );
}

// The region of a scope that stands between the key and /s3/.
std::string region_of(const std::string& scope) {
    const auto end = scope.find("/s3/aws4_request");
    if (end == std::string::npos) return {};
    const auto start = scope.rfind('/', end - 1);
    return scope.substr(start + 1, end - start - 1);
}

void add_query(std::string& target, const std::string& name, const rapidjson::Value& value) {
    if (value.IsArray()) {
        for (const auto& item : value.GetArray())
            add_query(target, name, item);
        return;
    }
    target += target.find('?') == std::string::npos ? '?' : '&';
    target += percent_encode(name);
    if (value.IsString()) target += "=" + percent_encode(value.GetString());
}

// Nothing if the item is neither a signed request nor a link.
std::optional<request> recorded_request(const rapidjson::Value& item) {
    request out;
    out.method = item["method"].GetString();
    if (item.HasMember("url")) {
        const std::string url = item["url"].GetString();
        const auto host = url.find("://") + 3;
        const auto path = url.find('/', host);
        out.target = url.substr(path);
        out.headers.emplace_back("host", url.substr(host, path - host));
        return out;
    }
    if (!item.HasMember("path") || !item.HasMember("headers")) return std::nullopt;
    out.target = item["path"].GetString();
    for (const auto& parameter : item["query"].GetObject()) {
        add_query(out.target, parameter.name.GetString(), parameter.value);
    }
    for (const auto& header : item["headers"].GetObject()) {
        out.headers.emplace_back(header.name.GetString(), header.value.GetString());
    }
    if (item.HasMember("body")) {
        out.body.assign(item["body"].GetString(), item["body"].GetStringLength());
    }
    return out;
}

rapidjson::Document read_json(const fs::path& name) {
    rapidjson::Document out;
    out.Parse(read_file(name).c_str());
    return out;
}

} // namespace

std::vector<signed_case> c_auth_cases() {
    std::vector<signed_case> out;
    const auto folder = vectors_folder() / "aws-sigv4-c-auth" / "v4";
    if (!fs::exists(folder)) return out;
    for (const auto& entry : fs::directory_iterator{folder}) {
        const auto context = read_json(entry.path() / "context.json");
        auto rules = service_rules(context["normalize"].GetBool());
        rules.region = context["region"].GetString();
        const auto& keys = context["credentials"];
        if (keys.HasMember("token")) rules.credentials[0].session_token = keys["token"].GetString();
        const bool unsigned_token =
            context.HasMember("omit_session_token") && context["omit_session_token"].GetBool();
        auto message = read_request(read_file(entry.path() / "header-signed-request.txt"));
        const auto name = entry.path().filename().string();
        auto date = header_or(message.headers, "x-amz-date", "");
        out.push_back({name + " header", std::move(message), rules, date});
        message = read_request(read_file(entry.path() / "query-signed-request.txt"));
        if (unsigned_token) {
            remove_parameter(message, "X-Amz-Security-Token");
            rules.credentials[0].session_token.clear();
        }
        date = query_value(message, "X-Amz-Date");
        out.push_back({name + " query", std::move(message), rules, date});
    }
    return out;
}

std::vector<signed_case> botocore_cases() {
    std::vector<signed_case> out;
    const auto folder = vectors_folder() / "aws-sigv4-botocore";
    if (!fs::exists(folder)) return out;
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
        if (entry.path().extension() != ".sreq") continue;
        auto message = read_request(read_file(entry.path()));
        // The authorization has a file of its own; one signed request contradicts it.
        const auto authorization = read_file(fs::path{entry.path()}.replace_extension(".authz"));
        set_header(message.headers, "Authorization", authorization);
        auto rules = service_rules(true);
        rules.credentials[0].session_token = header_or(message.headers, "x-amz-security-token", "");
        const auto date = header_or(message.headers, "x-amz-date", "");
        out.push_back({entry.path().filename().string(), std::move(message), rules, date});
    }
    return out;
}

std::vector<signed_case> recorded_cases() {
    std::vector<signed_case> out;
    const auto file = vectors_folder() / "s3-recorded-js-sdk" / "s3-signed-requests.json";
    if (!fs::exists(file)) return out;
    const auto document = read_json(file);
    for (const auto& item : document["requests"].GetArray()) {
        const auto message = recorded_request(item);
        if (!message) continue;
        signature_rules rules;
        rules.credentials = service_rules(false).credentials;
        const auto* header = find_header(message->headers, "authorization");
        const auto scope = header ? *header : query_value(*message, "X-Amz-Credential");
        rules.region = region_of(scope);
        rules.credentials[0].session_token =
            header ? header_or(message->headers, "x-amz-security-token", "")
                   : query_value(*message, "X-Amz-Security-Token");
        const auto date = header ? header_or(message->headers, "x-amz-date", "")
                                 : query_value(*message, "X-Amz-Date");
        out.push_back(
            {item["label"].GetString(), *message, rules, date, !item.HasMember("body_note")}
        );
    }
    return out;
}

std::string judge(const signed_case& one) {
    const auto now = parse_amz_date(one.date);
    if (!now) return "no date";
    const auto signature = check_signature(one.message, one.rules, *now);
    if (signature.refused) return signature.refused->code + "\n" + signature.canonical_request;
    if (!one.rules.s3_headers || !one.body_is_known) return "ok";
    const auto body = check_payload(one.message, signature);
    return body.refused ? body.refused->code : "ok";
}

} // namespace blobstore::fakes
