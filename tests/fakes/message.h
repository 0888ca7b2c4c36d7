// SPDX-License-Identifier: Apache-2.0
// The plain request and reply values that the parts of the fake S3 server hand to each other.
#pragma once

#include "fakes/object_bytes.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace blobstore::fakes {

using header_list = std::vector<std::pair<std::string, std::string>>;

bool same_name(std::string_view a, std::string_view b);
// The first value with this name (names compare without case), or nullptr.
const std::string* find_header(const header_list& headers, std::string_view name);
std::string header_or(const header_list& headers, std::string_view name, std::string fallback);
void set_header(header_list& headers, const std::string& name, const std::string& value);
void remove_header(header_list& headers, std::string_view name);

struct request {
    std::string method;
    std::string target;  // as sent: nothing decoded
    header_list headers; // as sent, in order
    std::string body;    // raw: aws-chunked framing still in it
};

// A refusal in S3's terms; details become further elements of the error document.
struct refusal {
    int status = 400;
    std::string code;
    std::string message;
    header_list details;
    header_list headers;
};

struct reply {
    int status = 200;
    header_list headers;
    object_bytes body;
    std::uint64_t offset = 0; // the part of the body that is sent
    std::uint64_t length = 0;
    bool bodiless = false; // HEAD, 204, 304: headers stand, no body follows
    std::string error_code;

    std::string bytes() const { return body.text(offset, length); }
};

reply text_reply(int status, std::string body, const std::string& type = "application/xml");
std::string_view reason_phrase(int status);

} // namespace blobstore::fakes
