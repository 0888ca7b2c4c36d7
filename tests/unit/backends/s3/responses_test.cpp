// SPDX-License-Identifier: Apache-2.0
// S3 answers other than lists: errors, heads, copies and bulk deletes.
#include "backends/s3/responses.h"

#include <gtest/gtest.h>

namespace blobstore::s3 {
namespace {

using fields = std::initializer_list<http::header_view>;

http::response_head head_with(int status, fields of = {}) {
    http::response_head head;
    head.status = status;
    for (const http::header_view& field : of)
        head.fields[head.count++] = field;
    return head;
}

const std::string no_such_key = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                "<Error><Code>NoSuchKey</Code><Message>The key &lt;k&gt;\nis not "
                                "there.</Message><Key>k</Key><RequestId>R1</RequestId>"
                                "<HostId>H1=</HostId></Error>";

TEST(s3_error, document_gives_code_message_and_ids) {
    const error e = decode_error(
        head_with(404, {{"x-amz-request-id", "R0"}, {"x-amz-id-2", "H0"}}), no_such_key
    );
    EXPECT_EQ(e.code(), errc::not_found);
    EXPECT_EQ(e.message(), "NoSuchKey: The key <k> is not there.") << "one line";
    EXPECT_EQ(e->service_code, "NoSuchKey");
    EXPECT_EQ(e->request_id, "R1");
    EXPECT_EQ(e->host_id, "H1=");
    EXPECT_EQ(e->http_status, 404);
    EXPECT_TRUE(e->from_service);
    EXPECT_FALSE(e->retryable);
}

TEST(s3_error, no_document_leaves_the_status_and_the_head) {
    const std::string long_html = "<html>" + std::string(70000, 'x');
    for (const std::string& body :
         {std::string(),
          std::string("not XML"),
          std::string("<html><head><title>503 Service Unavailable</title></head></html>"),
          std::string("\xff\xfe\x00<", 4),
          std::string("<Error/>"),
          std::string("<Other><Code>NoSuchKey</Code></Other>"),
          long_html}) {
        const error e =
            decode_error(head_with(503, {{"X-Amz-Request-Id", "R0"}, {"x-amz-id-2", "H0"}}), body);
        EXPECT_EQ(e.code(), errc::throttled);
        EXPECT_EQ(e.message(), "the service answered 503");
        EXPECT_EQ(e->service_code, "");
        EXPECT_EQ(e->request_id, "R0");
        EXPECT_EQ(e->host_id, "H0");
        EXPECT_TRUE(e->retryable);
    }
}

TEST(s3_error, a_document_that_breaks_off_tells_what_came) {
    const service_error said =
        decode_error_document("<Error><Code>AccessDenied</Code><Message>You sha");
    EXPECT_EQ(said.code, "AccessDenied");
    EXPECT_EQ(said.message, "");
}

TEST(s3_error, code_counts_before_status) {
    struct row {
        int status;
        const char* service_code;
        errc code;
        bool retryable;
    };

    for (const row& one :
         {row{404, "NoSuchKey", errc::not_found, false},
          row{404, "NoSuchBucket", errc::store_not_found, false},
          row{404, "", errc::not_found, false},
          row{403, "AccessDenied", errc::permission, false},
          row{403, "RequestTimeTooSkewed", errc::clock_skew, false},
          row{403, "InvalidAccessKeyId", errc::unauthenticated, false},
          row{400, "ExpiredToken", errc::unauthenticated, false},
          row{400, "RequestTimeout", errc::timeout, true},
          row{400, "SlowDown", errc::throttled, true},
          row{400, "NeverHeardOf", errc::service, false},
          row{409, "OperationAborted", errc::conflict, true},
          row{409, "ConditionalRequestConflict", errc::conflict, true},
          row{412, "PreconditionFailed", errc::precondition, false},
          row{416, "InvalidRange", errc::range, false},
          row{429, "", errc::throttled, true},
          row{500, "InternalError", errc::unavailable, true},
          row{502, "", errc::unavailable, true},
          row{301, "", errc::config, false}}) {
        const error e = decode_error(
            head_with(one.status),
            "<Error><Code>" + std::string(one.service_code) + "</Code></Error>"
        );
        EXPECT_EQ(e.code(), one.code) << one.status << " " << one.service_code;
        EXPECT_EQ(e->retryable, one.retryable) << one.status << " " << one.service_code;
    }
}

TEST(s3_error, hint_names_the_region_that_the_service_expects) {
    const error e = decode_error(
        head_with(400),
        "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>"
    );
    EXPECT_EQ(e.code(), errc::config);
    EXPECT_NE(e->hint.find("eu-west-1"), std::string::npos) << e->hint;
}

TEST(s3_error, code_of_minio_without_a_body) {
    const error e = decode_error(head_with(404, {{"x-minio-error-code", "NoSuchBucket"}}), "");
    EXPECT_EQ(e.code(), errc::store_not_found);
    EXPECT_EQ(e->service_code, "NoSuchBucket");
}

TEST(s3_error, long_messages_are_cut_between_characters) {
    std::string text = "ab";
    for (int i = 0; i < 200; ++i)
        text += "\xe6\x97\xa5";
    const error e = decode_error(head_with(400), "<Error><Message>" + text + "</Message></Error>");
    EXPECT_EQ(e.message(), text.substr(0, 299));
}

TEST(s3_copy, result_has_etag_and_time) {
    const result<object_meta> meta = decode_copy(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n  <CopyObjectResult>"
        "<LastModified>2024-01-02T03:04:05.000Z</LastModified>"
        "<ETag>&quot;e&quot;</ETag><ChecksumType>FULL_OBJECT</ChecksumType></CopyObjectResult>"
    );
    ASSERT_TRUE(meta) << meta.error().message();
    EXPECT_EQ(meta->etag, "\"e\"");
    EXPECT_EQ(meta->modified_ns, 1704164645000000000);
}

TEST(s3_copy, anything_else_is_no_success) {
    for (const char* wrong :
         {"",
          "   ",
          "<html/>",
          "<Error><Message>no code</Message></Error>",
          "<CopyObjectResult><ETag>\"e\"</ETag>",
          "<CopyObjectResult/><Error/>",
          "<CopyObjectResult><LastModified>now</LastModified></CopyObjectResult>"}) {
        const result<object_meta> meta = decode_copy(wrong);
        ASSERT_FALSE(meta) << wrong;
        EXPECT_EQ(meta.error().code(), errc::protocol) << wrong;
    }
}

TEST(s3_bulk_delete, each_key_has_its_result) {
    const std::vector<std::string> keys = {"a", "b<&\r", "gone", "b<&\r", "slow", "last"};
    const auto results = decode_remove_many(
        "<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        "<Error><Key>slow</Key><Code>SlowDown</Code><Message>later</Message></Error>"
        "<Deleted><Key>a</Key></Deleted>"
        "<Error><Code>AccessDenied</Code><Key>b&lt;&amp;&#13;</Key><Message>Access\nDenied</"
        "Message>"
        "<VersionId/></Error>"
        "<Error><Key>gone</Key><Code>NoSuchKey</Code><Message/></Error></DeleteResult>",
        keys
    );
    ASSERT_TRUE(results) << results.error().message();
    ASSERT_EQ(results->size(), keys.size());
    for (const std::size_t deleted : {0U, 2U, 5U})
        EXPECT_TRUE((*results)[deleted]) << keys[deleted];
    for (const std::size_t denied : {1U, 3U}) {
        ASSERT_FALSE((*results)[denied]);
        const error& e = (*results)[denied].error();
        EXPECT_EQ(e.code(), errc::permission);
        EXPECT_EQ(e.message(), "AccessDenied: Access Denied");
        EXPECT_EQ(e->service_code, "AccessDenied");
        EXPECT_TRUE(e->from_service);
        EXPECT_FALSE(e->retryable);
    }
    ASSERT_FALSE((*results)[4]);
    EXPECT_EQ((*results)[4].error().code(), errc::throttled);
    EXPECT_TRUE((*results)[4].error()->retryable);
}

TEST(s3_bulk_delete, a_quiet_answer_means_that_all_are_gone) {
    const std::vector<std::string> keys = {"a", "b"};
    const auto results = decode_remove_many("<DeleteResult/>", keys);
    ASSERT_TRUE(results);
    ASSERT_EQ(results->size(), 2U);
    EXPECT_TRUE((*results)[0] && (*results)[1]);
}

TEST(s3_bulk_delete, an_answer_that_cannot_be_laid_to_keys_is_an_error) {
    const std::vector<std::string> keys = {"a"};
    for (const char* wrong :
         {"",
          "<html/>",
          "<DeleteResult>",
          "<DeleteResult/><more/>",
          "<DeleteResult><Error><Key>a</Key><Code>AccessDenied",
          "<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code></Error></DeleteResult>",
          "<DeleteResult><Error><Code>InternalError</Code></Error></DeleteResult>"}) {
        const auto results = decode_remove_many(wrong, keys);
        ASSERT_FALSE(results) << wrong;
        EXPECT_EQ(results.error().code(), errc::protocol) << wrong;
    }
}

TEST(s3_meta, of_a_head) {
    const result<object_meta> meta = decode_meta(head_with(
        200,
        {{"ETag", "\"e\""},
         {"Last-Modified", "Fri, 24 May 2013 00:00:00 GMT"},
         {"Content-Length", "434234"},
         {"Content-Type", "text/plain; charset=utf-8"},
         {"Content-Encoding", "gzip"},
         {"Cache-Control", "no-cache"}}
    ));
    ASSERT_TRUE(meta) << meta.error().message();
    EXPECT_EQ(meta->etag, "\"e\"");
    EXPECT_EQ(meta->modified_ns, 1369353600000000000);
    EXPECT_EQ(meta->size, 434234U);
    EXPECT_EQ(meta->content_type, "text/plain; charset=utf-8");
    EXPECT_EQ(meta->content_encoding, "gzip");
    EXPECT_EQ(meta->cache_control, "no-cache");
    EXPECT_TRUE(meta->metadata.empty());
    const result<object_meta> nothing = decode_meta(head_with(200));
    ASSERT_TRUE(nothing);
    EXPECT_FALSE(nothing->size || nothing->modified_ns);
}

TEST(s3_meta, size_of_the_whole_object_when_a_part_comes) {
    const auto size = [](const char* range) {
        return decode_meta(head_with(206, {{"Content-Length", "5"}, {"Content-Range", range}}));
    };
    EXPECT_EQ(size("bytes 5-9/100")->size, 100U);
    EXPECT_FALSE(size("bytes 5-9/*")->size);
    EXPECT_FALSE(size("bytes 9-5/100"));
}

TEST(s3_meta, metadata_by_lower_case_names_without_the_prefix) {
    const result<object_meta> meta = decode_meta(head_with(
        200,
        {{"X-Amz-Meta-Zeta", "1"},
         {"x-amz-meta-UPPER_case.1", " a  b "},
         {"x-amz-meta-empty", ""},
         {"x-amz-meta-utf8", "\xc3\xa9"},
         {"x-amz-meta-", "no name"},
         {"x-amz-missing-meta", "3"},
         {"x-amz-metadata-directive", "COPY"},
         {"x-other-meta-a", "no"}}
    ));
    ASSERT_TRUE(meta);
    const name_values expected = {
        {"empty", ""}, {"upper_case.1", " a  b "}, {"utf8", "\xc3\xa9"}, {"zeta", "1"}};
    EXPECT_EQ(meta->metadata, expected);
}

TEST(s3_meta, garbage_is_an_error) {
    for (const http::header_view& wrong :
         {http::header_view{"Last-Modified", "yesterday"},
          http::header_view{"Content-Length", "12x"},
          http::header_view{"Content-Length", "-1"},
          http::header_view{"Content-Range", "5-9/100"}}) {
        const result<object_meta> meta = decode_meta(head_with(200, {wrong}));
        ASSERT_FALSE(meta) << wrong.name;
        EXPECT_EQ(meta.error().code(), errc::protocol) << wrong.name;
    }
}

TEST(s3_meta, content_range) {
    const result<content_range> range = decode_content_range("bytes 5-9/10");
    ASSERT_TRUE(range);
    EXPECT_EQ(range->first, 5U);
    EXPECT_EQ(range->last, 9U);
    EXPECT_EQ(range->size, 10U);
    EXPECT_FALSE(decode_content_range("bytes 0-0/*")->size);
    for (const char* wrong :
         {"",
          "bytes */10",
          "bytes 5-9",
          "bytes 9-5/10",
          "bytes 5-10/10",
          "items 5-9/10",
          "bytes -9/10",
          "bytes 5-/10",
          "bytes 5-9/",
          "bytes 5-9/x",
          "bytes 5/10-9"})
        EXPECT_FALSE(decode_content_range(wrong)) << wrong;
}

} // namespace
} // namespace blobstore::s3
