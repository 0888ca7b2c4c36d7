// SPDX-License-Identifier: Apache-2.0
// Header lists looked up without case, and replies made of one text.
#include "fakes/message.h"

#include <algorithm>

namespace blobstore::fakes {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

} // namespace

bool same_name(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return lower(x) == lower(y);
    });
}

const std::string* find_header(const header_list& headers, std::string_view name) {
    for (const auto& [key, value] : headers) {
        if (same_name(key, name)) return &value;
    }
    return nullptr;
}

std::string header_or(const header_list& headers, std::string_view name, std::string fallback) {
    const auto* value = find_header(headers, name);
    return value != nullptr ? *value : std::move(fallback);
}

void set_header(header_list& headers, const std::string& name, const std::string& value) {
    remove_header(headers, name);
    headers.emplace_back(name, value);
}

void remove_header(header_list& headers, std::string_view name) {
    std::erase_if(headers, [&](const auto& header) { return same_name(header.first, name); });
}

reply text_reply(int status, std::string body, const std::string& type) {
    reply answer;
    answer.status = status;
    answer.length = body.size();
    answer.body = object_bytes(body);
    answer.headers.emplace_back("Content-Type", type);
    return answer;
}

std::string_view reason_phrase(int status) {
    switch (status) {
    case 100:
        return "Continue";
    case 102:
        return "Processing";
    case 103:
        return "Early Hints";
    case 200:
        return "OK";
    case 204:
        return "No Content";
    case 206:
        return "Partial Content";
    case 301:
        return "Moved Permanently";
    case 304:
        return "Not Modified";
    case 307:
        return "Temporary Redirect";
    case 400:
        return "Bad Request";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 411:
        return "Length Required";
    case 412:
        return "Precondition Failed";
    case 416:
        return "Requested Range Not Satisfiable";
    case 429:
        return "Too Many Requests";
    case 500:
        return "Internal Server Error";
    case 501:
        return "Not Implemented";
    case 503:
        return "Slow Down";
    default:
        return "Status";
    }
}

} // namespace blobstore::fakes
