// SPDX-License-Identifier: Apache-2.0
// XML bodies that services send, and those that nobody should: what each decoder makes of them.
#include "backends/s3/judge.h"
#include "backends/s3/responses.h"

#include <gtest/gtest.h>

namespace blobstore::s3 {
namespace {

using namespace std::string_literals;

struct golden_body {
    const char* name;
    std::string body;
    std::string expected; ///< "[key]..." and "->token"; behind '!' what the message must hold
};

std::string list(const std::string& children) {
    return "<ListBucketResult>" + children + "</ListBucketResult>";
}

std::string key(const std::string& text) {
    return "<Contents><Key>" + text + "</Key></Contents>";
}

std::string nested(int n, const std::string& within) {
    std::string begin;
    std::string end;
    for (int i = 0; i < n; ++i) {
        begin += "<a>";
        end += "</a>";
    }
    return begin + within + end;
}

std::string shown(const result<list_page>& page) {
    if (!page) return "!" + page.error().message();
    std::string text;
    for (const object_meta& entry : page->entries)
        text += (entry.is_prefix ? "<" : "[") + entry.key + (entry.is_prefix ? ">" : "]");
    return page->next_token.empty() ? text : text + "->" + page->next_token;
}

void expect_golden(const golden_body& row, const std::string& seen) {
    if (row.expected.starts_with("!")) {
        EXPECT_TRUE(seen.starts_with("!")) << row.name << " gave " << seen;
        EXPECT_NE(seen.find(row.expected.substr(1)), seen.npos) << row.name << " gave " << seen;
    } else {
        EXPECT_EQ(seen, row.expected) << row.name;
    }
}

const std::string url = "<EncodingType>url</EncodingType>";
const std::string more = "<IsTruncated>true</IsTruncated>";
const std::string token = "<NextContinuationToken>t2</NextContinuationToken>";

const std::vector<golden_body> documents = {
    {"a key of a blank", list(key(" ")), "[ ]"},
    {"a key of white space", list(key("\t \n")), "[\t \n]"},
    {"raw CR and CR LF are line ends", list(key("a\rb\r\nc")), "[a\nb\nc]"},
    {"CR by reference stays", list(key("a&#13;&#xD;b")), "[a\r\rb]"},
    {"a comment within text", list(key("a<!--c-->b")), "[ab]"},
    {"an instruction within text", list(key("a<?p i?>b")), "[ab]"},
    {"CDATA", list(key("a<![CDATA[<&>]]>b")), "[a<&>b]"},
    {"CDATA split around its end", list(key("<![CDATA[]]]]><![CDATA[>]]>")), "[]]>]"},
    {"the five entities", list(key("&lt;&gt;&amp;&quot;&apos;")), "[<>&\"']"},
    {"entities once", list(key("&amp;lt;")), "[&lt;]"},
    {"a reference beyond 16 bits", list(key("&#x1F600;")), "[\xf0\x9f\x98\x80]"},
    {"a reference of 10,000 zeros", list(key("&#" + std::string(10000, '0') + "65;")), "[A]"},
    {"&#0;", list(key("a&#0;b")), "!a reference to no character"},
    {"a huge reference", list(key("&#99999999999999999999;")), "!a reference to no character"},
    {"a reference over 2^32 that wraps",
     list(key("&#4294967361;")),
     "!a reference to no character"},
    {"half a surrogate pair", list(key("&#xD800;")), "!a reference to no character"},
    {"an entity of HTML", list(key("a&nbsp;b")), "!an unknown entity"},
    {"a bare ampersand", list(key("a&b")), "!an unknown entity"},
    {"invalid UTF-8", list(key("a\xff")), "!not UTF-8"},
    {"overlong UTF-8", list(key("\xc0\x80")), "!not UTF-8"},
    {"a raw NUL", list(key("a\0b"s)), "!not UTF-8, or a character"},
    {"a control character", list(key("\x01")), "!not UTF-8, or a character"},
    {"a second root", list(key("a")) + list(key("b")), "!something follows the root"},
    {"text behind the root", list(key("a")) + "x", "!something follows the root"},
    {"a comment behind the root", list(key("a")) + "\n<!-- b -->\n", "[a]"},
    {"DOCTYPE", "<!DOCTYPE ListBucketResult>" + list(""), "!a document type definition"},
    {"an entity bomb",
     "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;&b;\">]>" + list(key("&c;")),
     "!a document type definition"},
    {"an external entity",
     "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>" + list(key("&b;")),
     "!a document type definition"},
    {"a DTD within", list("<!ENTITY b 'c'>"), "!malformed XML"},
    {"nesting of 60", list(nested(60, "") + key("a")), "[a]"},
    {"nesting of 200", list(nested(200, "")), "!nested too deeply"},
    {"a prefix for every name",
     "<s:ListBucketResult "
     "xmlns:s='u'><s:Contents><s:Key>a</s:Key></s:Contents></s:ListBucketResult>",
     "[a]"},
    {"another default namespace",
     "<ListBucketResult xmlns='http://doc.s3.amazonaws.com/2006-03-01'>" + key("a") +
         "</ListBucketResult>",
     "[a]"},
    {"another root", "<html><body>" + key("a") + "</body></html>", "!no list of objects"},
    {"an error for a list", "<Error><Code>SlowDown</Code></Error>", "!no list of objects"},
    {"a byte order mark", "\xef\xbb\xbf<?xml version='1.0'?>" + list(key("a")), "[a]"},
    {"UTF-16", "\xff\xfe<\0a\0/\0>\0"s, "!not UTF-8"},
    {"another encoding", "<?xml version='1.0' encoding='ISO-8859-1'?>" + list(""), "!encoding"},
    {"truncated in a tag", "<ListBucketResult><Contents><Ke", "!malformed XML"},
    {"truncated in text", "<ListBucketResult><Contents><Key>a", "!the document ends within"},
    {"truncated between elements", "<ListBucketResult>" + key("a"), "!the document ends within"},
    {"ends that do not match", "<ListBucketResult><Contents></ListBucketResult>", "!malformed XML"},
    {"nothing", "", "!malformed XML"},
    {"white space alone", " \n ", "!malformed XML"},
    {"gzip", "\x1f\x8b\x08\0"s, "!not UTF-8"},
    {"JSON", "{\"Contents\": []}", "!malformed XML"},
};

const std::vector<golden_body> lists = {
    {"keys out of order are sorted", list(key("b") + key("a")), "[a][b]"},
    {"keys within others' elements",
     list("<Contents><Owner><Key>x</Key></Owner><Key>a</Key></Contents><Key>y</Key>"),
     "[a]"},
    {"an empty page goes on", list(more + token), "->t2"},
    {"promises more without a token", list(more + key("a")), "!does not say where"},
    {"an empty token", list(more + "<NextContinuationToken/>"), "!does not say where"},
    {"repeats the page",
     list(more + "<NextContinuationToken>t1</NextContinuationToken>"),
     "!repeats"},
    {"repeats the page by its marker", list(more + "<NextMarker>t1</NextMarker>"), "!repeats"},
    {"the marker is decoded", list(url + more + "<NextMarker>a%2F</NextMarker>"), "->v1:a/"},
    {"the token is opaque",
     list(url + more + "<NextContinuationToken>a%2F+</NextContinuationToken>"),
     "->a%2F+"},
    {"a token without a promise", list(token), ""},
    {"neither true nor false", list("<IsTruncated>maybe</IsTruncated>"), "!IsTruncated"},
    {"an object without a key", list("<Contents><Size>1</Size></Contents>"), "!no key"},
    {"a key of NUL", list(url + key("a%00b")), "!cannot be decoded"},
    {"a key that is not url-encoded", list(url + key("100%")), "!cannot be decoded"},
    {"plus is a blank, once", list(url + key("a+b%2Bc%2525")), "[a b+c%25]"},
    {"no url-encoding, none undone", list(key("a+b%2B")), "[a+b%2B]"},
    {"a prefix", list("<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"), "<a/>"},
    {"a size that is no number",
     list("<Contents><Key>a</Key><Size>1e3</Size></Contents>"),
     "!size"},
    {"a time that is none",
     list("<Contents><Key>a</Key><LastModified>now</LastModified></Contents>"),
     "!no time"},
    {"a time before all",
     list("<Contents><Key>a</Key><LastModified>0001-01-01T00:00:00.000Z</LastModified></Contents>"),
     "[a]"},
};

TEST(golden_xml, ST11_documents) {
    ASSERT_GE(documents.size(), 24U);
    for (const golden_body& row : documents)
        expect_golden(row, shown(decode_list(row.body, {})));
}

TEST(golden_xml, S3_21_S3_22_lists) {
    const list_options asked{"", "", "", "t1", 0};
    for (const golden_body& row : lists)
        expect_golden(row, shown(decode_list(row.body, asked)));
}

TEST(golden_xml, ST11_errors) {
    const std::vector<golden_body> rows = {
        {"a namespace", "<Error xmlns='u'><Code>A</Code><Message> m </Message></Error>", "A| m "},
        {"a prefix", "<e:Error xmlns:e='u'><e:Code>A</e:Code></e:Error>", "A|"},
        {"CDATA and a comment",
         "<Error><Code>A<!-- b -->C</Code><Message><![CDATA[<&]]></Message></Error>",
         "AC|<&"},
        {"codes within", "<Error><Details><Code>B</Code></Details><Code>A</Code></Error>", "A|"},
        {"broken off", "<Error><Code>A</Code><Message>half", "A|"},
        {"broken off in the code", "<Error><Code>A", "|"},
        {"a DTD", "<!DOCTYPE Error><Error><Code>A</Code></Error>", "|"},
        {"another root", "<Fault><Code>A</Code></Fault>", "|"},
        {"the word in a key",
         "<CopyObjectResult><Key>Error Code InternalError</Key></CopyObjectResult>",
         "|"},
        {"invalid UTF-8", "<Error><Code>A</Code><Message>\xff</Message></Error>", "|"},
        {"&#0;", "<Error><Code>A</Code><Message>a&#0;</Message></Error>", "A|"},
    };
    for (const golden_body& row : rows) {
        const service_error said = decode_error_document(row.body);
        EXPECT_EQ(said.code + "|" + said.message, row.expected) << row.name;
    }
}

std::string shown(const result<std::vector<result<void>>>& removed) {
    if (!removed) return "!" + removed.error().message();
    std::string text;
    for (const result<void>& one : *removed)
        text += one ? "+" : "-";
    return text;
}

TEST(golden_xml, S3_24_results_of_deletes) {
    const std::vector<std::string> keys = {"a", " ", "c\r"};
    const auto failed = [](const std::string& name) {
        return "<Error><Key>" + name + "</Key><Code>AccessDenied</Code></Error>";
    };
    const std::vector<golden_body> rows = {
        {"quiet", "<DeleteResult/>", "+++"},
        {"a key of a blank", "<DeleteResult>" + failed(" ") + "</DeleteResult>", "+-+"},
        {"a CR", "<DeleteResult>" + failed("c&#13;") + "</DeleteResult>", "++-"},
        {"a raw CR is another key",
         "<DeleteResult>" + failed("c\r") + "</DeleteResult>",
         "!not named"},
        {"a key not asked for", "<DeleteResult>" + failed("b") + "</DeleteResult>", "!not named"},
        {"an error without a key",
         "<DeleteResult><Error><Code>X</Code></Error></DeleteResult>",
         "!not named"},
        {"all of it an error", "<Error><Code>X</Code></Error>", "!no result of a bulk delete"},
        {"broken off", "<DeleteResult>" + failed("a"), "!malformed XML"},
        {"nothing", "", "!malformed XML"},
        {"a second root", "<DeleteResult/><Error/>", "!malformed XML"},
    };
    for (const golden_body& row : rows) {
        const auto removed = decode_remove_many(row.body, keys);
        expect_golden(row, shown(removed));
        EXPECT_TRUE(removed || removed.error()->outcome_unknown) << row.name;
    }
}

TEST(golden_xml, S3_01_a_success_that_is_none) {
    http::response_head head;
    head.status = 200;
    const auto judged = [&](const std::string& body) {
        const http::verdict v = judge_document(head, body, {"us-east-1", 0, true});
        if (v.what == http::action::done) return "done"s;
        EXPECT_EQ(v.why->http_status, 200);
        EXPECT_TRUE(v.what == http::action::fail || v.why->retryable) << body;
        return std::string(v.what == http::action::fail ? "fail " : "again ") +
               std::string(name_of(v.why.code()));
    };
    const std::string copied = "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>";
    EXPECT_EQ(judged(copied), "done");
    EXPECT_EQ(judged("  \n" + copied), "done");
    EXPECT_EQ(judged("<R><Key>InternalError SlowDown &lt;Error></Key></R>"), "done");
    EXPECT_EQ(judged("<R><!-- <Error><Code>InternalError</Code></Error> --></R>"), "done");
    EXPECT_EQ(judged("<Error><Code>InternalError</Code></Error>"), "again E_UNAVAILABLE");
    EXPECT_EQ(judged("   \n <Error><Code>SlowDown</Code><Mess"), "again E_THROTTLED");
    EXPECT_EQ(judged("<Error><Code>AccessDenied</Code></Error>"), "fail E_PERMISSION");
    for (const std::string& unreadable :
         {""s, " \n "s, "<CopyObj"s, copied.substr(0, 30), "\x1f\x8b"s}) {
        EXPECT_EQ(judged(unreadable), "again E_PROTOCOL") << unreadable;
        EXPECT_TRUE(judge_document(head, unreadable, {"us-east-1", 0, true}).why->outcome_unknown);
    }
    // What the judge sees may go on: the decoder sees all of it.
    EXPECT_EQ(judged("<DeleteResult>" + std::string(64 * 1024, ' ')), "done");
    EXPECT_TRUE(decode_copy("<Other/>").error()->outcome_unknown);
    head.status = 404;
    EXPECT_EQ(judge_document(head, "", {"us-east-1", 0, true}).what, http::action::fail);
}

} // namespace
} // namespace blobstore::s3
