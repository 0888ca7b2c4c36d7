// SPDX-License-Identifier: Apache-2.0
// S3 requests: where they go, how keys are escaped, and what each operation says.
#include "backends/s3/requests.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "http/settings.h"

#include <gtest/gtest.h>

namespace blobstore::s3 {
namespace {

using pairs = std::initializer_list<std::pair<std::string_view, std::string_view>>;

result<endpoint> resolve(std::string_view bucket, pairs given = {}) {
    settings_values values{settings_table(), http::settings_table()};
    for (const auto& [key, value] : given) {
        const result<void> set = values.set(key, value, setting_origin::call);
        EXPECT_TRUE(set) << set.error().message();
    }
    return resolve_endpoint(bucket, values);
}

// Where a request of `key` goes: "scheme host:port path".
std::string place(std::string_view bucket, std::string_view key, pairs given = {}) {
    const result<endpoint> at = resolve(bucket, given);
    if (!at) return "error: " + std::string(name_of(at.error().code()));
    return (at->to.tls ? "https " : "http ") + at->to.host + ":" + std::to_string(at->to.port) +
           " " + at->path(key);
}

endpoint test_endpoint() {
    return *resolve("bucket");
}

std::string header_of(const unsigned_request& r, std::string_view name) {
    std::string found;
    for (const http::header& h : r.headers)
        if (http::same_name(h.name, name)) found += found.empty() ? h.value : " AND " + h.value;
    return found;
}

TEST(s3_endpoint, virtual_host_unless_the_name_or_the_endpoint_forbids_it) {
    EXPECT_EQ(place("bucket", "k"), "https bucket.s3.us-east-1.amazonaws.com:443 /k");
    EXPECT_EQ(
        place("bucket", "k", {{"region", "eu-west-1"}}),
        "https bucket.s3.eu-west-1.amazonaws.com:443 /k"
    );
    EXPECT_EQ(
        place("bucket", "k", {{"region", "cn-north-1"}}),
        "https bucket.s3.cn-north-1.amazonaws.com.cn:443 /k"
    );
    EXPECT_EQ(place("a.b", "k"), "https s3.us-east-1.amazonaws.com:443 /a.b/k");
    EXPECT_EQ(
        place("bucket", "k", {{"path_style", "true"}}),
        "https s3.us-east-1.amazonaws.com:443 /bucket/k"
    );
    EXPECT_EQ(
        place("bucket", "k", {{"virtual_hosted_style_request", "false"}}),
        "https s3.us-east-1.amazonaws.com:443 /bucket/k"
    );
    EXPECT_EQ(
        place(
            "bucket", "k", {{"endpoint", "http://h:1"}, {"virtual_hosted_style_request", "true"}}
        ),
        "http bucket.h:1 /k"
    );
    EXPECT_EQ(
        place("bucket", "k", {{"endpoint", "http://127.0.0.1:9000"}}),
        "http 127.0.0.1:9000 /bucket/k"
    );
    EXPECT_EQ(
        place("bucket", "k", {{"endpoint", "https://store.test/s3/"}, {"path_style", "false"}}),
        "https bucket.store.test:443 /s3/k"
    );
}

TEST(s3_endpoint, path_of_the_bucket_itself) {
    EXPECT_EQ(place("bucket", ""), "https bucket.s3.us-east-1.amazonaws.com:443 /");
    EXPECT_EQ(place("bucket", "", {{"endpoint", "http://h:1"}}), "http h:1 /bucket");
    EXPECT_EQ(place("bucket", "", {{"endpoint", "http://h:1/s3/"}}), "http h:1 /s3/bucket");
    EXPECT_EQ(
        place("bucket", "", {{"endpoint", "http://h:1/s3"}, {"path_style", "false"}}),
        "http bucket.h:1 /s3/"
    );
}

TEST(s3_endpoint, SE08_bad_names_are_refused) {
    for (const char* bucket : {"", "a b", "a/b", "-a", "a_b", "a?b"})
        EXPECT_EQ(place(bucket, "k"), "error: E_INVALID_ARGUMENT") << bucket;
    EXPECT_EQ(
        place("a_B", "k", {{"path_style", "true"}}), "https s3.us-east-1.amazonaws.com:443 /a_B/k"
    );
    for (const char* region : {"a.b", "x/../y", "evil.test#"})
        EXPECT_EQ(place("bucket", "k", {{"region", region}}), "error: E_CONFIG") << region;
    for (const char* url : {"h:1", "ftp://h", "http://h/?a=b"})
        EXPECT_EQ(place("bucket", "k", {{"endpoint", url}}), "error: E_CONFIG") << url;
}

TEST(s3_endpoint, bodies_are_signed_over_plain_http_alone) {
    EXPECT_FALSE(resolve("bucket")->sign_payload);
    EXPECT_TRUE(resolve("bucket", {{"endpoint", "http://h"}})->sign_payload);
    EXPECT_FALSE(
        resolve("bucket", {{"endpoint", "http://h"}, {"unsigned_payload", "true"}})->sign_payload
    );
}

TEST(s3_requests, keys_are_escaped_once_and_kept) {
    const std::pair<const char*, const char*> cases[] = {
        {"a b+c%25&d=e?f#g", "/a%20b%2Bc%2525%26d%3De%3Ff%23g"},
        {"\xe6\x97\xa5\x01\xff", "/%E6%97%A5%01%FF"},
        {"a/./../b//c/", "/a/./../b//c/"},
        {"/lead", "//lead"},
        {"-._~!*'()", "/-._~%21%2A%27%28%29"}};
    for (const auto& [key, path] : cases) {
        EXPECT_EQ(encode_get(test_endpoint(), key, {}).path, path);
        EXPECT_EQ(encode_remove(test_endpoint(), key).path, path);
    }
}

TEST(s3_requests, get_and_head_with_range_and_conditions) {
    get_options options;
    EXPECT_TRUE(encode_get(test_endpoint(), "k", options).headers.empty());
    const auto range = [&](byte_range of) {
        options.range = of;
        return header_of(encode_get(test_endpoint(), "k", options), "Range");
    };
    EXPECT_EQ(range({.offset = 5, .length = 5, .suffix = {}}), "bytes=5-9");
    EXPECT_EQ(range({.offset = 5, .length = {}, .suffix = {}}), "bytes=5-");
    EXPECT_EQ(range({.offset = {}, .length = 5, .suffix = {}}), "bytes=0-4");
    EXPECT_EQ(range({.offset = {}, .length = {}, .suffix = 5}), "bytes=-5");
    options.when = {"\"e\"", "f", 1369353600000000000, 1369353601000000000};
    for (const unsigned_request& r :
         {encode_get(test_endpoint(), "k", options), encode_head(test_endpoint(), "k", options)}) {
        EXPECT_EQ(header_of(r, "If-Match"), "\"e\"");
        EXPECT_EQ(header_of(r, "If-None-Match"), "\"f\"");
        EXPECT_EQ(header_of(r, "If-Modified-Since"), "Fri, 24 May 2013 00:00:00 GMT");
        EXPECT_EQ(header_of(r, "If-Unmodified-Since"), "Fri, 24 May 2013 00:00:01 GMT");
    }
    EXPECT_EQ(encode_head(test_endpoint(), "k", {}).method, "HEAD");
    get_options on_any;
    on_any.when = {"*", "W/\"w\"", {}, {}};
    const unsigned_request any = encode_head(test_endpoint(), "k", on_any);
    EXPECT_EQ(header_of(any, "If-Match"), "*");
    EXPECT_EQ(header_of(any, "If-None-Match"), "W/\"w\"");
}

TEST(s3_requests, put_with_attributes) {
    put_options with;
    with.set = {"text/plain", "gzip", "no-cache", {{"Name", "v"}, {"empty", ""}}, "", "", ""};
    const unsigned_request r = encode_put(test_endpoint(), "k", with);
    EXPECT_EQ(r.method, "PUT");
    EXPECT_EQ(header_of(r, "Content-Type"), "text/plain");
    EXPECT_EQ(header_of(r, "Content-Encoding"), "gzip");
    EXPECT_EQ(header_of(r, "Cache-Control"), "no-cache");
    EXPECT_EQ(header_of(r, "x-amz-meta-Name"), "v");
    EXPECT_EQ(r.headers.size(), 5U);
    EXPECT_TRUE(encode_put(test_endpoint(), "k", {}).headers.empty());
}

TEST(s3_requests, copy_escapes_its_source_and_replaces_only_when_told) {
    const unsigned_request keep = encode_copy(test_endpoint(), "from", "a+b/c d?", "to", {});
    EXPECT_EQ(keep.method, "PUT");
    EXPECT_EQ(keep.path, "/to");
    EXPECT_EQ(header_of(keep, "x-amz-copy-source"), "/from/a%2Bb/c%20d%3F");
    EXPECT_EQ(keep.headers.size(), 1U);
    copy_options options;
    options.replace = attributes{"text/plain", "", "", {{"n", "v"}}, {}, {}, {}};
    const unsigned_request replace = encode_copy(test_endpoint(), "from", "a", "to", options);
    EXPECT_EQ(header_of(replace, "x-amz-metadata-directive"), "REPLACE");
    EXPECT_EQ(header_of(replace, "Content-Type"), "text/plain");
    EXPECT_EQ(header_of(replace, "x-amz-meta-n"), "v");
}

TEST(s3_requests, bulk_delete_names_its_keys_in_xml) {
    const std::vector<std::string> keys = {"a&b<c>\"'", " sp ", "\xe6\x97\xa5/]]>"};
    const result<unsigned_request> r = encode_remove_many(test_endpoint(), keys);
    ASSERT_TRUE(r);
    EXPECT_EQ(r->method, "POST");
    EXPECT_EQ(r->path, "/");
    EXPECT_EQ(render_query(r->query), "delete=");
    EXPECT_EQ(
        r->content,
        "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>"
        "<Object><Key>a&amp;b&lt;c&gt;&quot;&apos;</Key></Object>"
        "<Object><Key> sp </Key></Object>"
        "<Object><Key>\xe6\x97\xa5/]]&gt;</Key></Object></Delete>"
    );
    EXPECT_EQ(header_of(*r, "Content-MD5"), base64(md5(r->content)));
    EXPECT_EQ(header_of(*r, "Content-Type"), "application/xml");
}

TEST(s3_requests, keys_that_xml_cannot_hold_are_deleted_one_by_one) {
    for (const char* good : {"a", " ", "\xe6\x97\xa5", "a&<", "\x7f"})
        EXPECT_TRUE(fits_xml(good)) << good;
    for (const char* bad : {"a\nb", "a\rb", "a\tb", "\x01", "\xff", "\xef\xbf\xbe", "\xed\xa0\x80"})
        EXPECT_FALSE(fits_xml(bad));
    const std::vector<std::string> keys = {"good", "\x01"};
    const result<unsigned_request> r = encode_remove_many(test_endpoint(), keys);
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code(), errc::invalid_argument);
}

TEST(s3_requests, list_escapes_its_parameters_and_leaves_out_empty_ones) {
    EXPECT_EQ(
        render_query(encode_list(test_endpoint(), {}, list_form::v2).query),
        "list-type=2&encoding-type=url"
    );
    list_options options = {"p&+%= /", "/", "after", "", 10};
    EXPECT_EQ(
        render_query(encode_list(test_endpoint(), options, list_form::v2).query),
        "list-type=2&encoding-type=url&prefix=p%26%2B%25%3D%20%2F&delimiter=%2F&start-after=after&"
        "max-keys=10"
    );
    options = {"", "", "after", "1u+/=", 5000};
    EXPECT_EQ(
        render_query(encode_list(test_endpoint(), options, list_form::v2).query),
        "list-type=2&encoding-type=url&continuation-token=1u%2B%2F%3D&max-keys=1000"
    );
}

TEST(s3_requests, presign_takes_over_method_query_and_headers) {
    presign_options options;
    options.method = "PUT";
    options.query = {{"response-content-type", "a b"}};
    options.headers = {{"Content-Type", "text/plain"}};
    const unsigned_request r = encode_presign(test_endpoint(), "a b", options);
    EXPECT_EQ(r.method, "PUT");
    EXPECT_EQ(r.path, "/a%20b");
    EXPECT_EQ(render_query(r.query), "response-content-type=a%20b");
    EXPECT_EQ(header_of(r, "Content-Type"), "text/plain");
    EXPECT_EQ(r.headers.size(), 1U);
    EXPECT_EQ(encode_presign(test_endpoint(), "k", {}).method, "GET");
}

} // namespace
} // namespace blobstore::s3
