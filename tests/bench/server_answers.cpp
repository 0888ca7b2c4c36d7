// SPDX-License-Identifier: Apache-2.0
#include "server_answers.h"

#include "base/checksum.h"
#include "base/encoding.h"
#include "measure.h"

#include <algorithm>
#include <charconv>
#include <ctime>

namespace bench {

namespace {

constexpr unsigned pages = 100;
constexpr unsigned keys_per_page = 1000;
constexpr std::uint64_t flat_keys = 1'000'000;
constexpr std::string_view etag = "ETag: \"9bb58f26192e4ba00f01e2e7b136bbd8\"\r\n";

std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

bool is(std::string_view name, std::string_view lower) {
    if (name.size() != lower.size()) return false;
    for (std::size_t i = 0; i < name.size(); i++)
        if ((name[i] | 0x20) != (lower[i] | 0x20)) return false;
    return true;
}

void read_range(std::string_view value, request& out) { // "bytes=A-" or "bytes=A-B"
    if (value.substr(0, 6) != "bytes=") return;
    value.remove_prefix(6);
    const std::size_t dash = value.find('-');
    if (dash == std::string_view::npos || dash == 0) return;
    out.has_range = true;
    out.range_first = number(value.substr(0, dash));
    if (dash + 1 < value.size()) out.range_last = number(value.substr(dash + 1));
}

void read_field(std::string_view name, std::string_view value, request& out) {
    if (is(name, "content-length"))
        out.length = number(value);
    else if (is(name, "range"))
        read_range(value, out);
    else if (is(name, "x-amz-checksum-mode"))
        out.wants_sum = true;
    else if (is(name, "expect"))
        out.expects_continue = true;
    else if (is(name, "transfer-encoding"))
        out.chunked = true;
}

void append_number(std::string& out, std::uint64_t value) {
    char text[24];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(text, static_cast<std::size_t>(end - text));
}

void append_length(std::string& out, std::uint64_t value) {
    out += "Content-Length: ";
    append_number(out, value);
    out += "\r\n\r\n";
}

} // namespace

request parse_request(std::string_view head) {
    request out;
    const std::size_t line = head.find("\r\n");
    const std::string_view first = head.substr(0, line);
    const std::size_t space = first.find(' ');
    out.method = first.substr(0, space);
    out.target = first.substr(space + 1, first.rfind(' ') - space - 1);
    for (std::size_t at = line + 2; at + 2 < head.size();) {
        const std::size_t end = head.find("\r\n", at);
        const std::string_view field = head.substr(at, end - at);
        at = end + 2;
        // Only five fields matter, and they are told by their first letter.
        if (field.empty() ||
            std::string_view("cCrReEtTxX").find(field[0]) == std::string_view::npos)
            continue;
        const std::size_t colon = field.find(':');
        if (colon == std::string_view::npos) continue;
        std::string_view value = field.substr(colon + 1);
        while (!value.empty() && value[0] == ' ')
            value.remove_prefix(1);
        read_field(field.substr(0, colon), value, out);
    }
    return out;
}

answers::answers()
    : pattern_(touched_memory(pattern_size)) {
    for (std::size_t i = 0; i < pattern_size; i++)
        pattern_[i] = static_cast<char>(pattern(i));
    pages_.reserve(38u << 20);
    char text[600];
    for (unsigned page = 0; page < pages; page++) {
        page_offset_[page] = pages_.size();
        pages_ +=
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
            "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name><Prefix></Prefix>"
            "<KeyCount>1000</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>";
        pages_ += page + 1 < pages ? "true</IsTruncated><NextContinuationToken>page-" +
                                         std::to_string(page + 1) + "</NextContinuationToken>"
                                   : "false</IsTruncated>";
        for (unsigned i = 0; i < keys_per_page; i++) {
            const int n = std::snprintf(
                text,
                sizeof text,
                "<Contents><Key>some/prefix/of/a/data/set/year=2026/month=01/dir%03u/"
                "object-%08u-0123456789abcdef-0123456789abcdef.c000.snappy.parquet</Key>"
                "<LastModified>2026-01-01T00:00:00.000Z</LastModified>"
                "<ETag>&quot;9bb58f26192e4ba00f01e2e7b136bbd8&quot;</ETag><Size>%u</Size>"
                "<StorageClass>STANDARD</StorageClass></Contents>",
                page,
                page * keys_per_page + i,
                1000 + i
            );
            pages_.append(text, static_cast<std::size_t>(n));
        }
        pages_ += "</ListBucketResult>";
    }
    page_offset_[pages] = pages_.size();
    set_time(std::time(nullptr));
}

void answers::set_time(std::int64_t seconds) {
    if (seconds == second_) return;
    second_ = seconds;
    const std::time_t at = seconds;
    tm parts{};
    gmtime_r(&at, &parts);
    char date[64];
    std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    common_ = "Server: bench\r\nx-amz-request-id: 1791C8C0C54A4A8D\r\nx-amz-id-2: "
              "dd9025bab4ad464b049177c95eb6ebf374d3b3fd1af9251148b658df7ac2e3e8\r\nDate: ";
    common_ += date;
    common_ += "\r\n";
}

void answers::begin(answer& out, std::string_view status) const {
    out.head = "HTTP/1.1 ";
    out.head += status;
    out.head += "\r\n";
    out.head += common_;
    out.from = out.to = 0;
    out.gather = out.delay_ms = 0;
}

void answers::xml(std::string_view body, answer& out) {
    begin(out, "200 OK");
    out.head += "Content-Type: application/xml\r\n";
    append_length(out.head, body.size());
    out.head += body;
}

void answers::list(const request& asked, answer& out) {
    constexpr std::string_view token = "continuation-token=page-";
    const std::size_t at = asked.target.find(token);
    const std::uint64_t page =
        at == std::string_view::npos ? 0 : number(asked.target.substr(at + token.size())) % pages;
    begin(out, "200 OK");
    out.head += "Content-Type: application/xml\r\n";
    out.body = pages_.data();
    out.body_size = pages_.size();
    out.from = page_offset_[page];
    out.to = page_offset_[page + 1];
    append_length(out.head, out.to - out.from);
}

/// The digits behind NAME=flat%2F; where there are less than seven the smallest key that begins so.
std::optional<std::uint64_t> flat_number(std::string_view target, std::string_view name) {
    const std::size_t at = target.find(name);
    if (at == std::string_view::npos) return std::nullopt;
    std::uint64_t value = 0;
    std::string_view text = target.substr(at + name.size());
    for (unsigned i = 0; i < 7; i++) {
        const bool digit = !text.empty() && text.front() >= '0' && text.front() <= '9';
        value = value * 10 + (digit ? static_cast<std::uint64_t>(text.front() - '0') : 0);
        if (digit) text.remove_prefix(1);
    }
    return value;
}

void answers::list_flat(const request& asked, answer& out) {
    std::uint64_t first = 0;
    if (const auto token = flat_number(asked.target, "continuation-token=flat-"))
        first = *token;
    else if (const auto after = flat_number(asked.target, "start-after=flat%2F"))
        first = *after + 1;
    const std::uint64_t end = std::min<std::uint64_t>(first + keys_per_page, flat_keys);
    char text[512];
    flat_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\""
            "http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name><Prefix>flat/</"
            "Prefix><IsTruncated>";
    std::snprintf(text, sizeof text, "%07llu", static_cast<unsigned long long>(end));
    flat_ += end < flat_keys ? "true</IsTruncated><NextContinuationToken>flat-" +
                                   std::string(text) + "</NextContinuationToken>"
                             : "false</IsTruncated>";
    for (std::uint64_t i = first; i < end; i++) {
        const int n = std::snprintf(
            text,
            sizeof text,
            "<Contents><Key>flat/%07llu</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            "<ETag>&quot;9bb58f26192e4ba00f01e2e7b136bbd8&quot;</ETag><Size>1</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>",
            static_cast<unsigned long long>(i)
        );
        flat_.append(text, static_cast<std::size_t>(n));
    }
    flat_ += "</ListBucketResult>";
    xml(flat_, out);
    out.delay_ms = 20;
}

/// CRC64NVME of so much of the pattern, in base64.
std::string answers::sum_of(std::uint64_t size) {
    std::string& known = sums_[size];
    if (!known.empty()) return known;
    std::uint64_t sum = 0;
    for (std::uint64_t done = 0; done < size;) {
        const std::uint64_t step = std::min<std::uint64_t>(size - done, pattern_size);
        sum = blobstore::crc64nvme({pattern_, static_cast<std::size_t>(step)}, sum);
        done += step;
    }
    known = blobstore::base64(blobstore::big_endian(sum));
    return known;
}

void answers::object(const request& asked, answer& out) {
    const std::string_view path = asked.target.substr(0, asked.target.find('?'));
    const std::size_t slash = path.find('/', 1);
    const std::string_view key = slash == std::string_view::npos ? "" : path.substr(slash + 1);
    const std::uint64_t size = number(key);
    std::uint64_t from = 0, to = size;
    const bool ranged = asked.has_range && asked.range_first < size;
    if (ranged) {
        from = asked.range_first;
        if (asked.range_last && *asked.range_last < size) to = *asked.range_last + 1;
    }
    begin(out, ranged ? "206 Partial Content" : "200 OK");
    out.head += "Accept-Ranges: bytes\r\nContent-Type: application/octet-stream\r\n"
                "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n";
    out.head += etag;
    if (ranged) {
        out.head += "Content-Range: bytes ";
        append_number(out.head, from);
        out.head += "-";
        append_number(out.head, to - 1);
        out.head += "/";
        append_number(out.head, size);
        out.head += "\r\n";
    }
    if (asked.wants_sum && !ranged && key.ends_with("/sum")) // peers verify none
        out.head += "x-amz-checksum-crc64nvme: " + sum_of(size) +
                    "\r\nx-amz-checksum-type: FULL_OBJECT\r\n";
    append_length(out.head, to - from);
    out.body = pattern_;
    out.body_size = pattern_size;
    out.from = from;
    out.to = asked.method == "HEAD" ? from : to;
    constexpr std::string_view gather = "/gather-";
    const std::size_t held = key.find(gather);
    if (held != std::string_view::npos)
        out.gather = static_cast<unsigned>(number(key.substr(held + gather.size())));
}

void answers::respond(const request& asked, answer& out) {
    if (asked.chunked) {
        begin(out, "501 Not Implemented");
        append_length(out.head, 0);
    } else if (asked.method == "PUT") {
        begin(out, "200 OK");
        out.head += etag;
        append_length(out.head, 0);
    } else if (asked.method == "POST" && asked.target.find("uploadId=") == std::string_view::npos) {
        xml("<?xml version=\"1.0\"?><InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key>"
            "<UploadId>u1</UploadId></InitiateMultipartUploadResult>",
            out);
    } else if (asked.method == "POST") {
        xml("<?xml version=\"1.0\"?><CompleteMultipartUploadResult><Location>l</Location>"
            "<Bucket>b</Bucket><Key>k</Key><ETag>&quot;9bb58f26192e4ba00f01e2e7b136bbd8-2&quot;"
            "</ETag></CompleteMultipartUploadResult>",
            out);
    } else if (asked.method == "DELETE") {
        begin(out, "204 No Content");
        out.head += "\r\n";
    } else if (asked.target.find("prefix=flat") != std::string_view::npos) {
        list_flat(asked, out);
    } else if (asked.target.find("list-type=2") != std::string_view::npos) {
        list(asked, out);
    } else {
        object(asked, out);
    }
}

} // namespace bench
