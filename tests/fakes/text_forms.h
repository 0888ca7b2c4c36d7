// SPDX-License-Identifier: Apache-2.0
// Percent-encoding, XML text, dates and query strings as S3 writes and reads them.
#pragma once

#include "fakes/message.h"

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blobstore::fakes {

// Decodes %XX once; nothing if a % is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
// Leaves A-Z a-z 0-9 - _ . ~ (and the characters of keep), the rest as %XX.
std::string percent_encode(std::string_view bytes, std::string_view keep = {});
// The form of encoding-type=url in listings: also leaves / and *, space as +, ~ as %7E.
std::string listing_encode(std::string_view bytes);

struct split_target {
    std::string path;  // as sent
    std::string query; // as sent, without the question mark
    bool has_query = false;
};

split_target split(std::string_view target);
// Name and value decoded once; nothing if one of them cannot be decoded.
std::optional<header_list> parse_query(std::string_view query);

std::string xml_escape(std::string_view text);
void xml_element(std::string& out, std::string_view name, std::string_view text);

struct xml_node {
    std::string name; // without its namespace prefix
    std::string text; // of this element alone
    std::vector<xml_node> children;

    const xml_node* child(std::string_view child_name) const;
};

// A small strict reader for request documents: elements, text, CDATA, references, comments.
std::optional<xml_node> parse_xml(std::string_view document);

std::string http_date(std::time_t time);
std::optional<std::time_t> parse_http_date(const std::string& text);
std::string iso_date(std::time_t time); // 2009-10-12T17:50:30.000Z
std::string amz_date(std::time_t time); // 20091012T175030Z
std::optional<std::time_t> parse_amz_date(std::string_view text);

std::optional<std::uint64_t> parse_number(std::string_view digits);
std::string_view trim(std::string_view text);
std::vector<std::string> split_list(std::string_view text, char separator);
std::string lower_case(std::string_view text);

} // namespace blobstore::fakes
