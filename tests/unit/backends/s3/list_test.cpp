// SPDX-License-Identifier: Apache-2.0
// Pages of S3 lists: entries, url-decoding, tokens, and documents that are no list.
#include "backends/s3/responses.h"

#include <gtest/gtest.h>

namespace blobstore::s3 {
namespace {

std::string list_of(const std::string& children) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" +
           children + "</ListBucketResult>";
}

std::string contents(const std::string& children) {
    return "<Contents>" + children + "</Contents>";
}

std::vector<std::string> keys_of(const result<list_page>& page) {
    std::vector<std::string> keys;
    if (!page) return {"error: " + page.error().message()};
    for (const object_meta& entry : page->entries)
        keys.push_back((entry.is_prefix ? "prefix " : "") + entry.key);
    return keys;
}

using strings = std::vector<std::string>;

errc code_of(const std::string& body) {
    const result<list_page> page = decode_list(body, {});
    return page ? errc::ok : page.error().code();
}

TEST(s3_list, entries_have_all_that_a_list_tells) {
    const result<list_page> page = decode_list(
        list_of(
            "<Name>b</Name><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>" +
            contents("<Key>b&amp;b</Key><LastModified>2024-01-02T03:04:05.678Z</LastModified>"
                     "<ETag>&quot;abc-2&quot;</ETag><Size>5497558138880</Size>"
                     "<Owner><ID>o</ID><DisplayName>Key</DisplayName></Owner>")
        ),
        {}
    );
    ASSERT_TRUE(page) << page.error().message();
    ASSERT_EQ(page->entries.size(), 1U);
    const object_meta& entry = page->entries[0];
    EXPECT_EQ(entry.key, "b&b");
    EXPECT_EQ(entry.etag, "\"abc-2\"");
    EXPECT_EQ(entry.size, 5497558138880U);
    EXPECT_EQ(entry.modified_ns, 1704164645678000000);
    EXPECT_FALSE(entry.is_prefix);
    EXPECT_EQ(page->next_token, "");
}

TEST(s3_list, objects_and_common_prefixes_are_in_key_order) {
    const std::string body = list_of(
        contents("<Key>b</Key>") + contents("<Key>&#xe9;</Key>") + contents("<Key>B</Key>") +
        "<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"
        "<CommonPrefixes><Prefix>c/</Prefix></CommonPrefixes>"
    );
    EXPECT_EQ(
        keys_of(decode_list(body, {})), (strings{"B", "prefix a/", "b", "prefix c/", "\xc3\xa9"})
    );
    EXPECT_EQ(keys_of(decode_list(list_of("<Prefix/><Delimiter/>"), {})), strings{});
}

TEST(s3_list, keys_are_url_decoded_by_the_encoding_type_of_the_answer) {
    const std::string entries = contents("<Key>dir%2Fa+b%2Bc%25%E6%97%A5%01</Key>") +
                                "<CommonPrefixes><Prefix>p+%26/</Prefix></CommonPrefixes>";
    const strings decoded = {"dir/a b+c%\xe6\x97\xa5\x01", "prefix p &/"};
    const strings verbatim = {"dir%2Fa+b%2Bc%25%E6%97%A5%01", "prefix p+%26/"};
    const std::string url = "<EncodingType>url</EncodingType>";
    EXPECT_EQ(keys_of(decode_list(list_of(url + entries), {})), decoded);
    EXPECT_EQ(keys_of(decode_list(list_of(entries + url), {})), decoded) << "wherever it stands";
    // always asked for; who does not honour it says so by silence
    EXPECT_EQ(keys_of(decode_list(list_of(entries), {})), verbatim);
    EXPECT_EQ(keys_of(decode_list(list_of("<EncodingType/>" + entries), {})), verbatim);
    // XML first, the url encoding after it
    const std::string twice = contents("<Key>%26amp;&#37;41</Key>");
    EXPECT_EQ(keys_of(decode_list(list_of(url + twice), {})), strings{"&amp;A"});
}

TEST(s3_list, what_is_not_url_encoded_is_an_error_only_if_it_should_be) {
    const std::string entry = contents("<Key>100%</Key>");
    EXPECT_EQ(code_of(list_of(entry)), errc::ok);
    EXPECT_EQ(code_of(list_of(entry + "<EncodingType>url</EncodingType>")), errc::protocol);
    const std::string prefix = "<CommonPrefixes><Prefix>%zz/</Prefix></CommonPrefixes>";
    EXPECT_EQ(code_of(list_of(prefix + "<EncodingType>url</EncodingType>")), errc::protocol);
}

TEST(s3_list, parse_gives_keys_before_they_are_url_decoded) {
    const result<list_document> page = parse_list(list_of(
        "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
        "<NextMarker>m%2F</NextMarker><CommonPrefixes><Prefix>p%2F</Prefix></CommonPrefixes>" +
        contents("<Key>a+%2B</Key>")
    ));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->contents.at(0).key, "a+%2B");
    EXPECT_EQ(page->common_prefixes.at(0).key, "p%2F");
    EXPECT_EQ(page->encoding_type, "url");
    EXPECT_EQ(page->next_marker, "m%2F");
    EXPECT_TRUE(page->is_truncated);
}

TEST(s3_list, token_of_the_next_page) {
    const std::string more = "<IsTruncated>true</IsTruncated><EncodingType>url</EncodingType>";
    const auto token = [](const std::string& body, const std::string& asked) {
        list_options options;
        options.page_token = asked;
        const result<list_page> page = decode_list(body, options);
        return page ? page->next_token : "error: " + page.error().message();
    };
    const std::string v2 = "<NextContinuationToken>1u+%2F=&amp;</NextContinuationToken>";
    EXPECT_EQ(token(list_of(more + v2), ""), "1u+%2F=&") << "opaque, whatever EncodingType says";
    EXPECT_EQ(token(list_of(more + v2), "another"), "1u+%2F=&");
    EXPECT_EQ(token(list_of(more + v2), "1u+%2F=&"), "error: the service repeats a page");
    EXPECT_EQ(token(list_of(more + "<NextMarker>a%2Fb</NextMarker>"), ""), "v1:a/b");
    EXPECT_EQ(token(list_of("<IsTruncated>false</IsTruncated>" + v2), ""), "");
    EXPECT_EQ(token(list_of(v2), ""), "");
    EXPECT_EQ(
        token(list_of(more), ""), "error: the list goes on, but the service does not say where"
    );
}

TEST(s3_list, fields_that_are_missing_are_unknown_but_the_key) {
    const result<list_page> page = decode_list(list_of(contents("<Key>k</Key>")), {});
    ASSERT_TRUE(page);
    EXPECT_FALSE(page->entries.at(0).size);
    EXPECT_FALSE(page->entries.at(0).modified_ns);
    EXPECT_EQ(page->entries.at(0).etag, "");
    EXPECT_EQ(code_of(list_of(contents("<Size>1</Size>"))), errc::protocol);
    EXPECT_EQ(code_of(list_of(contents("<Key/>"))), errc::protocol);
    EXPECT_EQ(
        code_of(list_of("<CommonPrefixes><Prefix></Prefix></CommonPrefixes>")), errc::protocol
    );
}

TEST(s3_list, wrong_types_are_errors) {
    for (const char* wrong :
         {"<Size>abc</Size>",
          "<Size/>",
          "<Size>-1</Size>",
          "<Size>1.5</Size>",
          "<Size>99999999999999999999</Size>",
          "<LastModified>yesterday</LastModified>",
          "<LastModified/>"})
        EXPECT_EQ(code_of(list_of(contents(std::string("<Key>k</Key>") + wrong))), errc::protocol)
            << wrong;
    // taken for false it would end the list early
    EXPECT_EQ(code_of(list_of("<IsTruncated>yes</IsTruncated>")), errc::protocol);
    EXPECT_EQ(code_of(list_of("<IsTruncated/>")), errc::ok);
}

TEST(s3_list, what_is_no_whole_list_is_an_error) {
    const std::string whole = list_of(contents("<Key>k</Key>"));
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_EQ(code_of(whole.substr(0, size)), errc::protocol) << whole.substr(0, size);
    EXPECT_EQ(code_of(whole), errc::ok);
    EXPECT_EQ(code_of(whole + "<more/>"), errc::protocol);
    for (const char* wrong :
         {"<html><body>no</body></html>",
          "<ListAllMyBucketsResult/>",
          "<Error><Code>SlowDown</Code></Error>",
          "{\"Contents\": []}",
          "<!DOCTYPE a><ListBucketResult/>"})
        EXPECT_EQ(code_of(wrong), errc::protocol) << wrong;
}

} // namespace
} // namespace blobstore::s3
