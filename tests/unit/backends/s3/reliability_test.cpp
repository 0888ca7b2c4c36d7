// SPDX-License-Identifier: Apache-2.0
// Items of the reliability list that requests and answers of S3 serve, one test each.
#include "backends/s3/requests.h"
#include "backends/s3/responses.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/xml.h"
#include "http/render.h"
#include "http/settings.h"

#include <gtest/gtest.h>

#include <clocale>
#include <locale>

namespace blobstore::s3 {
namespace {

using namespace std::string_literals;

endpoint endpoint_of_test() {
    settings_values values{settings_table(), http::settings_table()};
    EXPECT_TRUE(values.set("endpoint", "http://h:1/base", setting_origin::call));
    return *resolve_endpoint("bucket", values);
}

http::response_head head_with(int status, std::initializer_list<http::header_view> fields = {}) {
    http::response_head head;
    head.status = status;
    for (const http::header_view& field : fields)
        head.fields[head.count++] = field;
    return head;
}

/// The head that would go out, or "" where it is refused.
std::string rendered(const endpoint& at, const unsigned_request& r) {
    http::request out;
    out.method = r.method;
    out.to = at.to;
    out.target = r.path + (r.query.empty() ? "" : "?" + render_query(r.query));
    out.headers = r.headers;
    wiping_string head;
    return http::render_head(head, out, "") ? std::string(head) : "";
}

std::vector<std::string> nasty_bytes() {
    std::vector<std::string> all = {"\0"s, "\x7f", "\r\n", "\r\nEvil: 1\r\n\r\n"};
    for (char c = 1; c < 0x20; ++c)
        all.emplace_back(1, c);
    return all;
}

/// One request per place that a caller's string can reach.
std::vector<unsigned_request> requests_with(const endpoint& at, const std::string& s) {
    get_options get;
    get.when.if_match = get.when.if_none_match = s;
    list_options in_list{s, s, s, "", 0};
    list_options going_on{s, s, "", s, 0};
    presign_options link;
    link.query = {{s, s}};
    presign_options link_headers;
    link_headers.headers = {{"x-a", s}};
    std::vector<unsigned_request> all = {
        encode_get(at, s, {}),
        encode_get(at, "k", get),
        encode_head(at, s, {}),
        encode_remove(at, s),
        encode_list(at, in_list, list_form::v2),
        encode_list(at, going_on, list_form::v2),
        encode_copy(at, s, s, s, {}),
        encode_presign(at, s, link),
        encode_presign(at, "k", link_headers)};
    const attributes sets[] = {
        {s, "", "", {}, "", "", ""},
        {"", s, "", {}, "", "", ""},
        {"", "", s, {}, "", "", ""},
        {"", "", "", {{"n", s}}, "", "", ""},
        {"", "", "", {{"n" + s, "v"}}, "", "", ""}};
    for (const attributes& set : sets) {
        put_options with;
        with.set = set;
        all.push_back(encode_put(at, "k", with));
        copy_options copy;
        copy.replace = set;
        all.push_back(encode_copy(at, "b", "k", "k", copy));
    }
    return all;
}

TEST(s3_reliability, ST01_no_string_of_a_caller_splits_a_request) {
    const endpoint at = endpoint_of_test();
    std::size_t refused = 0;
    std::size_t sent = 0;
    for (const std::string& bytes : nasty_bytes()) {
        for (const unsigned_request& r : requests_with(at, "v" + bytes + "w")) {
            const std::string head = rendered(at, r);
            refused += head.empty() ? 1 : 0;
            if (head.empty()) continue;
            ++sent;
            std::size_t lines = 0;
            for (std::size_t end = head.find("\r\n"); end != head.npos;
                 end = head.find("\r\n", end + 2))
                ++lines;
            const bool has_length = r.method == "PUT";
            EXPECT_EQ(lines, 3 + r.headers.size() + (has_length ? 1 : 0)) << head;
            for (const char c : head)
                EXPECT_TRUE(c == '\r' || c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f))
                    << head;
        }
    }
    EXPECT_GT(refused, 300U);
    EXPECT_GT(sent, 200U);
}

TEST(s3_reliability, ST12_S3_24_xml_names_every_key_that_it_can_hold) {
    const endpoint at = endpoint_of_test();
    for (int c = 1; c < 0x80; ++c) {
        const std::string key = "a"s + static_cast<char>(c) + "b";
        EXPECT_EQ(fits_xml(key), c >= 0x20) << c;
        const std::vector<std::string> keys = {key, " "};
        const result<unsigned_request> r = encode_remove_many(at, keys);
        const bool can = c >= 0x20 || c == '\t' || c == '\n' || c == '\r';
        ASSERT_EQ(r.has_value(), can) << c;
        if (!r) continue;
        EXPECT_EQ(r->content.find_first_of("\t\r\n"), std::string::npos) << c;
        xml_reader xml(r->content);
        std::vector<std::string> named;
        for (result<xml_event> event = xml.next(); event && *event != xml_event::done;
             event = xml.next())
            if (*event == xml_event::start && xml.name() == "Key")
                named.emplace_back(*xml.element_text());
        EXPECT_EQ(named, keys) << c;
    }
    const std::string attribute = "<a b=\"" + *xml_escape("\t\r\n x") + "\"/>";
    xml_reader xml(attribute);
    ASSERT_TRUE(xml.next());
    EXPECT_EQ(xml.attribute("b"), "\t\r\n x");
}

TEST(s3_reliability, S3_24_a_thousand_keys_and_three_errors) {
    const endpoint at = endpoint_of_test();
    std::vector<std::string> keys;
    for (int i = 0; i < 1000; ++i)
        keys.push_back("k" + std::to_string(i));
    const result<unsigned_request> r = encode_remove_many(at, keys);
    ASSERT_TRUE(r);
    std::string sum;
    for (const http::header& h : r->headers)
        if (h.name == "Content-MD5") sum = h.value;
    EXPECT_EQ(sum, base64(md5(r->content)));
    std::string body = "<DeleteResult>";
    for (const auto& [key, code] :
         {std::pair{"k0", "AccessDenied"}, {"k500", "InternalError"}, {"k999", "SlowDown"}})
        body +=
            "<Error><Key>"s + key + "</Key><Code>" + code + "</Code><Message>m</Message></Error>";
    const auto results = decode_remove_many(body + "</DeleteResult>", keys);
    ASSERT_TRUE(results);
    std::size_t failed = 0;
    for (const result<void>& one : *results)
        failed += one ? 0 : 1;
    EXPECT_EQ(failed, 3U);
    EXPECT_FALSE((*results)[0].error()->retryable);
    EXPECT_EQ((*results)[0].error().code(), errc::permission);
    EXPECT_TRUE((*results)[500].error()->retryable);
    EXPECT_EQ((*results)[500].error().code(), errc::unavailable);
    EXPECT_EQ((*results)[999].error().code(), errc::throttled);
}

/// Text of numbers with a foreign locale's separators, for whatever asks a locale.
struct foreign_numbers final : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }

    char do_thousands_sep() const override { return '.'; }

    std::string do_grouping() const override { return "\3"; }
};

class foreign_locale {
public:
    foreign_locale()
        : before_(std::locale::global(std::locale(std::locale(), new foreign_numbers))) {
        std::setlocale(LC_ALL, "tr_TR.UTF-8") || std::setlocale(LC_ALL, "de_DE.UTF-8");
    }

    foreign_locale(const foreign_locale&) = delete;
    foreign_locale& operator=(const foreign_locale&) = delete;

    ~foreign_locale() {
        std::locale::global(before_);
        std::setlocale(LC_ALL, "C");
    }

private:
    std::locale before_;
};

TEST(s3_reliability, ST15_numbers_and_dates_of_heads) {
    const std::string dates[] = {"Sun, 06 Nov 1994 08:49:37 GMT"};
    const foreign_locale foreign;
    for (const char* garbage :
         {"abc",
          "-1",
          "+1",
          "1e9",
          "1.5",
          "1,000",
          "0x10",
          " 1",
          "1 ",
          "18446744073709551616",
          " "}) {
        EXPECT_FALSE(decode_meta(head_with(200, {{"Content-Length", garbage}}))) << garbage;
        EXPECT_FALSE(decode_meta(head_with(200, {{"Last-Modified", garbage}}))) << garbage;
        for (const char* form : {"bytes @-9/10", "bytes 0-@/10", "bytes 0-9/@"}) {
            std::string range = form;
            range.replace(range.find('@'), 1, garbage);
            EXPECT_FALSE(decode_content_range(range)) << range;
        }
        const std::string listed = "<ListBucketResult><Contents><Key>k</Key><Size>"s + garbage +
                                   "</Size></Contents></ListBucketResult>";
        EXPECT_FALSE(decode_list(listed, {})) << garbage;
    }
    EXPECT_FALSE(decode_meta(head_with(200, {{"Last-Modified", ""}}))->modified_ns);
    EXPECT_FALSE(decode_meta(head_with(200, {{"Content-Length", ""}}))->size);
    EXPECT_FALSE(decode_meta(head_with(200, {{"Content-Length", dates[0]}})));
    EXPECT_EQ(decode_meta(head_with(200, {{"Content-Length", "1234567"}}))->size, 1234567U);
    EXPECT_EQ(
        decode_meta(head_with(200, {{"Last-Modified", dates[0]}}))->modified_ns, 784111777000000000
    );
    EXPECT_EQ(decode_content_range("bytes 1234567-2345678/3456789")->first, 1234567U);
    get_options options;
    options.range.offset = 1234567;
    options.range.length = 1;
    EXPECT_EQ(
        encode_get(endpoint_of_test(), "k", options).headers.at(0).value, "bytes=1234567-1234567"
    );
}

TEST(s3_reliability, ST20_times_that_cannot_be_held_are_unknown) {
    for (const char* far : {"Mon, 01 Jan 1601 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
        const result<object_meta> meta =
            decode_meta(head_with(200, {{"Last-Modified", far}, {"Expires", "0"}}));
        ASSERT_TRUE(meta) << far;
        EXPECT_FALSE(meta->modified_ns) << far;
    }
    for (const char* far : {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"}) {
        const std::string listed = "<ListBucketResult><Contents><Key>k</Key><LastModified>"s + far +
                                   "</LastModified></Contents></ListBucketResult>";
        const result<list_page> page = decode_list(listed, {});
        ASSERT_TRUE(page) << far;
        EXPECT_FALSE(page->entries.at(0).modified_ns) << far;
    }
    EXPECT_EQ(
        decode_meta(head_with(200, {{"Last-Modified", "Wed, 31 Dec 1969 23:59:59 GMT"}})
        )->modified_ns,
        -1000000000
    );
    EXPECT_FALSE(decode_meta(head_with(200, {{"Last-Modified", "Mon, 99 Jan 9999 00:00:00 GMT"}})));
}

TEST(s3_reliability, S3_05_errors_without_a_document) {
    struct row {
        int status;
        errc code;
        const char* hint;
    };

    for (const row& one :
         {row{400, errc::service, "region"},
          row{403, errc::permission, "without the right to list"},
          row{404, errc::not_found, ""},
          row{412, errc::precondition, ""},
          row{304, errc::not_modified, ""},
          row{301, errc::config, "region"},
          row{503, errc::throttled, ""},
          row{500, errc::unavailable, ""}}) {
        const error e = decode_error(head_with(one.status, {{"x-amz-request-id", "R"}}), "");
        EXPECT_EQ(e.code(), one.code) << one.status;
        EXPECT_NE(e->hint.find(one.hint), std::string::npos) << one.status << ": " << e->hint;
        EXPECT_EQ(e->request_id, "R");
    }
    const result<object_meta> meta =
        decode_meta(head_with(200, {{"x-amz-missing-meta", "2"}, {"x-amz-meta-a", "b"}}));
    ASSERT_TRUE(meta);
    EXPECT_EQ(meta->metadata, (name_values{{"a", "b"}}));
}

std::vector<std::string> odd_strings() {
    std::vector<std::string> all = {
        "..",           ".",        "a/../b",   "a/./b",     "//",
        "/lead",        "trail/",   "~",        "%00",       "%2F",
        "%25",          "a b",      "\xc3\xa9", "e\xcc\x81", "\xf0\x9f\x98\x80",
        "\xef\xbf\xbe", "\xff\xfe", " ",        "  ",        std::string(1024, 'k'),
        "a=b&c=d",      "?x",       "#x",       "a+b",       "'\"<>&"};
    for (int c = 1; c < 0x80; ++c)
        all.push_back("a"s + static_cast<char>(c) + "b");
    for (int c = 0x80; c < 0x100; ++c)
        all.push_back("a"s + static_cast<char>(c));
    return all;
}

bool is_encoded(std::string_view text, std::string_view also) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               also.find(c) != also.npos;
    });
}

TEST(s3_reliability, S3_20_keys_are_encoded_once_and_never_normalised) {
    const endpoint at = endpoint_of_test();
    const std::string base = "/base/bucket/";
    const std::vector<std::string> keys = odd_strings();
    ASSERT_GE(keys.size(), 250U);
    for (const std::string& key : keys) {
        for (const unsigned_request& r :
             {encode_get(at, key, {}),
              encode_put(at, key, {}),
              encode_remove(at, key),
              encode_presign(at, key, {})}) {
            ASSERT_TRUE(r.path.starts_with(base));
            const std::string encoded = r.path.substr(base.size());
            EXPECT_TRUE(is_encoded(encoded, "%-_.~/")) << encoded;
            EXPECT_EQ(*percent_decode(encoded, plus::space), key);
        }
        const std::string from = encode_copy(at, "b", key, "k", {}).headers.at(0).value;
        ASSERT_TRUE(from.starts_with("/b/"));
        EXPECT_EQ(*percent_decode(from.substr(3), plus::space), key);
    }
    EXPECT_EQ(encode_get(at, "a b+c%d/../e~", {}).path, base + "a%20b%2Bc%25d/../e~");
}

TEST(s3_reliability, S3_21_S3_49_parameters_of_lists_are_encoded_once) {
    const endpoint at = endpoint_of_test();
    for (const std::string& text : odd_strings()) {
        list_options options{text, text, text, "", 0};
        std::string query = render_query(encode_list(at, options, list_form::v2).query);
        options.page_token = text;
        query += "&" + render_query(encode_list(at, options, list_form::v2).query);
        std::size_t seen = 0;
        while (!query.empty()) {
            const std::string pair = query.substr(0, query.find('&'));
            query.erase(0, pair.size() + 1);
            const std::string name = pair.substr(0, pair.find('='));
            const std::string value = pair.substr(name.size() + 1);
            EXPECT_TRUE(is_encoded(value, "%-_.~")) << pair;
            if (name == "list-type" || name == "encoding-type") continue;
            ++seen;
            EXPECT_EQ(*percent_decode(value, plus::space), text) << name;
        }
        EXPECT_EQ(seen, 6U) << "prefix, delimiter and start-after, then the token for the last";
    }
    EXPECT_EQ(
        render_query(encode_list(at, {}, list_form::v2).query), "list-type=2&encoding-type=url"
    );
}

TEST(s3_reliability, S3_25_etags_are_opaque) {
    for (const char* etag :
         {"\"d41d8cd98f00b204e9800998ecf8427e\"",
          "\"d41d8cd98f00b204e9800998ecf8427e-12\"",
          "W/\"d41d8cd98f00b204e9800998ecf8427e\"",
          "\"abc-gzip\"",
          "\"\"",
          "\"with space\"",
          "\"ABC\""}) {
        EXPECT_EQ(decode_meta(head_with(200, {{"ETag", etag}}))->etag, etag);
        std::string listed = "<ListBucketResult><Contents><Key>k</Key><ETag>"s + *xml_escape(etag) +
                             "</ETag></Contents></ListBucketResult>";
        EXPECT_EQ(decode_list(listed, {})->entries.at(0).etag, etag);
        const conditions when{etag, etag, {}, {}};
        get_options options;
        options.when = when;
        for (const unsigned_request& r :
             {encode_get(endpoint_of_test(), "k", options),
              encode_head(endpoint_of_test(), "k", options)})
            for (const http::header& h : r.headers)
                EXPECT_EQ(h.value, etag) << h.name;
    }
}

} // namespace
} // namespace blobstore::s3
