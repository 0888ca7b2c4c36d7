// SPDX-License-Identifier: Apache-2.0
// The URL parser: what each form means, what is refused, and that nothing secret is quoted.
#include "base/url.h"

#include <gtest/gtest.h>

namespace blobstore {
namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

pairs shown(const secret_values& options) {
    pairs out;
    for (const auto& [name, value] : options)
        out.emplace_back(name, value.reveal());
    return out;
}

TEST(url, endpoint) {
    const url a = *parse_url("HTTPS://S3.Example.com:9000/base%20path?x=a%26b&y");
    EXPECT_EQ(a.scheme, "https");
    EXPECT_EQ(a.host, "s3.example.com");
    EXPECT_EQ(a.port, 9000);
    EXPECT_EQ(a.path, "/base%20path");
    EXPECT_EQ(shown(a.query), (pairs{{"x", "a&b"}, {"y", ""}}));
    EXPECT_EQ(a.authority(), "s3.example.com:9000");
    const url b = *parse_url("http://127.0.0.1");
    EXPECT_EQ(b.port, 0);
    EXPECT_EQ(b.effective_port(), 80);
    EXPECT_EQ(b.authority(), "127.0.0.1");
    EXPECT_EQ(parse_url("https://a:443")->authority(), "a");
    EXPECT_EQ(parse_url("http://a:443")->authority(), "a:443");
    const url v6 = *parse_url("http://[::1]:80/");
    EXPECT_EQ(v6.host, "::1");
    EXPECT_EQ(v6.authority(), "[::1]");
    EXPECT_EQ(parse_url("https://xn--bcher-kva.example")->host, "xn--bcher-kva.example");
}

TEST(url, SE08_endpoint_refusals) {
    for (const std::string_view wrong :
         {"",
          "s3.example.com",
          "://a",
          "ftp://a",
          "1http://a",
          "http://",
          "http:///path",
          "http://user:hunter2@a/",
          "http://hunter2@a",
          "http://a\\b",
          "http://a/b\\c",
          "http://a\tb",
          "http://a/\x01",
          "http://a\x7f",
          "http://a/%00",
          "http://a/?x=%00",
          "http://b\xc3\xbc"
          "cher.example/",
          "http://a:65536",
          "http://a:99999999999999999999",
          "http://a:0",
          "http://a:x",
          "http://a:-1",
          "http://a:80:80",
          "http://a/#f",
          "http://a#f",
          "http://[::1",
          "http://[::g]",
          "http://[1]",
          "http://[::1]x",
          "http://a%2eb",
          "http://a b",
          "http://a/ b",
          "http://a/%zz",
          "http://a/?%z=1",
          "http://a/?=1",
          "http://a?x=%0d%0a"}) {
        const result<url> parsed = parse_url(wrong);
        ASSERT_FALSE(parsed) << wrong;
        EXPECT_EQ(parsed.error().code(), errc::invalid_argument);
        EXPECT_EQ(parsed.error().message().find("hunter2"), std::string::npos);
    }
}

TEST(url, store) {
    const store_url a = *parse_store_url(
        "S3://My-Bucket/some/prefix%20#x/?endpoint=http%3A%2F%2F127.0.0.1:9000&region=us-east-1"
        "&secret_access_key=a+b%2Fc=&path_style"
    );
    EXPECT_EQ(a.scheme, "s3");
    EXPECT_EQ(a.authority, "My-Bucket");
    EXPECT_EQ(a.prefix, "some/prefix%20#x/");
    EXPECT_EQ(
        shown(a.options),
        (pairs{
            {"endpoint", "http://127.0.0.1:9000"},
            {"region", "us-east-1"},
            {"secret_access_key", "a+b/c="},
            {"path_style", ""}})
    );
    EXPECT_EQ(
        shown(parse_store_url("s3://b?a=x?y&b=http://h/p?q")->options),
        (pairs{{"a", "x?y"}, {"b", "http://h/p?q"}})
    );
    EXPECT_EQ(parse_store_url("s3://b")->prefix, "");
    EXPECT_EQ(parse_store_url("s3://b/")->prefix, "");
    EXPECT_EQ(parse_store_url("s3://b//x")->prefix, "/x");
    EXPECT_EQ(
        parse_store_url("azure://c@account.blob.core.windows.net/p")->authority,
        "c@account.blob.core.windows.net"
    );
}

TEST(url, store_memory_and_file) {
    EXPECT_EQ(parse_store_url("memory://")->authority, "");
    EXPECT_EQ(parse_store_url("memory:///x")->prefix, "x");
    EXPECT_EQ(parse_store_url("memory://name/x")->authority, "name");
    const store_url file = *parse_store_url("file://LocalHost/a%20b/%23%3f?durable=false");
    EXPECT_EQ(file.authority, "");
    EXPECT_EQ(file.prefix, "/a b/#?");
    EXPECT_EQ(shown(file.options), (pairs{{"durable", "false"}}));
    EXPECT_EQ(parse_store_url("file:///")->prefix, "/");
    const store_url dav = *parse_store_url("webdavs://Host:8443/a%2520b");
    EXPECT_EQ(dav.authority, "host:8443");
    EXPECT_EQ(dav.prefix, "a%20b"); // decoded once
}

TEST(url, SE08_store_refusals) {
    for (const std::string_view wrong :
         {"",
          "bucket",
          "s3:bucket",
          "s3://",
          "s3:///key",
          "s3://?a=b",
          "s3://AKIA:hunter2@bucket",
          "s3://hunter2@bucket",
          "azure://c:hunter2@account",
          "azure://@account",
          "azure://c@",
          "azure://c@a@hunter2",
          "s3://b\\c",
          "s3://b%00",
          "s3://b\x01",
          "s3://b\xc3\xa9",
          "s3://b c",
          "s3://b?a=hunter2%",
          "s3://b?a=hunter2%00",
          "s3://b?=hunter2",
          "s3://b?a=hunter2%0a",
          "file://host/a",
          "file://a",
          "file://",
          "file://?a=b",
          "file:///a%00b",
          "file:///a#b",
          "file:///a?b=c#hunter2",
          "file:///a\\b",
          "file:///a%2",
          "https://u:hunter2@h/",
          "webdav:///x"}) {
        const result<store_url> parsed = parse_store_url(wrong);
        ASSERT_FALSE(parsed) << wrong;
        EXPECT_EQ(parsed.error().code(), errc::invalid_argument);
        EXPECT_EQ(parsed.error().message().find("hunter2"), std::string::npos);
    }
}

TEST(url, object_key_is_byte_for_byte) {
    const object_url a = *parse_object_url("s3://b/a%20b?c#d/../\xff\\\n//");
    EXPECT_EQ(a.authority, "b");
    EXPECT_EQ(a.key, "a%20b?c#d/../\xff\\\n//");
    EXPECT_EQ(parse_object_url("s3://b/")->key, "");
    EXPECT_EQ(parse_object_url("s3://b//k")->key, "/k");
    EXPECT_EQ(parse_object_url("s3://b")->key, "");
    EXPECT_EQ(parse_object_url("memory:///k?x")->key, "k?x");
    EXPECT_EQ(parse_object_url("file:///tmp/a%20b%3Fc")->key, "/tmp/a b?c");
    EXPECT_EQ(parse_object_url("https://h/a%2Fb+c")->key, "a/b+c");
    for (const std::string_view wrong :
         {"/tmp/x",
          "s3://",
          "s3:///k",
          "s3://b?x/k",
          "s3://u:hunter2@b/k",
          "file:///a?b",
          "file:///a#b",
          "file:///%00",
          "https://h/a?hunter2",
          "file://other/x"}) {
        const result<object_url> parsed = parse_object_url(wrong);
        ASSERT_FALSE(parsed) << wrong;
        EXPECT_EQ(parsed.error().message().find("hunter2"), std::string::npos);
    }
    EXPECT_FALSE(parse_object_url(std::string_view("s3://b/a\0b", 10)));
}

} // namespace
} // namespace blobstore
