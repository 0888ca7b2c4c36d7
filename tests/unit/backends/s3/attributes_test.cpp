// SPDX-License-Identifier: Apache-2.0
// Metadata in its encodings, versions in their order, and the documents of locks and restores.
#include "backends/s3/admin.h"
#include "backends/s3/attributes.h"
#include "backends/s3/versions.h"
#include "http/settings.h"

#include <gtest/gtest.h>

namespace blobstore::s3 {
namespace {

endpoint test_endpoint() {
    settings_values values{settings_table(), http::settings_table()};
    return *resolve_endpoint("bucket", values);
}

TEST(s3_metadata, S3_45_words_of_RFC_2047_are_read) {
    struct row {
        const char* sent;
        const char* meant;
    };

    constexpr row rows[] = {
        {"=?UTF-8?Q?d=C3=A9j=C3=A0_vu?=", "d\xc3\xa9j\xc3\xa0 vu"},
        {"=?utf-8?b?w6k=?=", "\xc3\xa9"},
        {"=?UTF-8?Q?a?= =?UTF-8?Q?b?=", "ab"},
        {"=?UTF-8?Q?a?= b", "a b"},
        {"=?UTF-8?Q?100%?=", "100%"},
        {"=?ISO-8859-1?Q?=E9?=", "=?ISO-8859-1?Q?=E9?="},
        {"=?UTF-8?Q?cut", "=?UTF-8?Q?cut"},
        {"=?UTF-8?X?a?=", "=?UTF-8?X?a?="},
        {"=??", "=??"},
        {"%C3%A9", "\xc3\xa9"},
        {"100% %zz", "100% %zz"},
        {"%41", "%41"},
        {"a  b", "a  b"},
    };
    for (const row& one : rows)
        EXPECT_EQ(decode_metadata(one.sent), one.meant) << one.sent;
}

TEST(s3_metadata, S3_45_every_text_comes_back) {
    for (const char* const text :
         {"",
          "plain",
          "a  b",
          "d\xc3\xa9j\xc3\xa0",
          "%C3%A9",
          "%25C3%25A9",
          "=?UTF-8?Q?=C3=A9?=",
          "100% %zz",
          "\xff\xfe"}) {
        const std::string sent = encode_metadata(text);
        for (const char c : sent)
            EXPECT_LT(static_cast<unsigned char>(c), 0x80) << text;
        EXPECT_EQ(decode_metadata(sent), text);
    }
}

std::string version(const char* element, const char* id, bool latest, const char* second) {
    return std::string("<") + element + "><Key>k</Key><VersionId>" + id + "</VersionId><IsLatest>" +
           (latest ? "true" : "false") + "</IsLatest><LastModified>2026-01-01T00:00:" + second +
           "Z</LastModified></" + element + ">";
}

std::string ids_of(const std::string& inner) {
    const result<list_page> page =
        decode_list_versions("<ListVersionsResult>" + inner + "</ListVersionsResult>", {});
    std::string ids;
    for (const object_meta& entry : page ? page->entries : std::vector<object_meta>())
        ids += entry.version;
    return ids;
}

TEST(s3_versions, S3_37_the_newest_comes_first_however_it_is_listed) {
    EXPECT_EQ(
        ids_of(
            version("Version", "3", true, "03") + version("Version", "2", false, "02") +
            version("Version", "1", false, "01")
        ),
        "321"
    );
    EXPECT_EQ(
        ids_of(
            version("Version", "1", false, "01") + version("Version", "2", false, "01") +
            version("Version", "3", true, "01")
        ),
        "321"
    ) << "the oldest first, within one second";
    EXPECT_EQ(
        ids_of(
            version("Version", "2", false, "02") + version("Version", "1", false, "01") +
            version("DeleteMarker", "3", true, "03")
        ),
        "321"
    ) << "markers behind versions";
    EXPECT_EQ(
        ids_of(version("Version", "2", false, "01") + version("Version", "1", false, "02")), "21"
    ) << "a page that goes on within a key stays as it is";
}

TEST(s3_admin, documents) {
    restore_options restore;
    restore.days = 7;
    restore.tier = "Bulk";
    restore.version = "v 1";
    const unsigned_request r = encode_restore(test_endpoint(), "k", restore);
    EXPECT_EQ(r.method, "POST");
    EXPECT_EQ(r.query, (name_values{{"restore", ""}, {"versionId", "v 1"}}));
    EXPECT_EQ(
        r.content,
        "<RestoreRequest xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Days>7</Days>"
        "<GlacierJobParameters><Tier>Bulk</Tier></GlacierJobParameters></RestoreRequest>"
    );
    for (const char* const root : {"Retention", "ObjectLockRetention"}) {
        object_meta into;
        const std::string body = std::string("<") + root +
                                 "><Mode>COMPLIANCE</Mode><RetainUntilDate>2030-01-01T00:00:00Z"
                                 "</RetainUntilDate></" +
                                 root + ">";
        EXPECT_TRUE(decode_lock(body, into)) << root;
        EXPECT_EQ(into.extras().lock_mode, "COMPLIANCE");
    }
    object_meta none;
    EXPECT_FALSE(decode_lock("<Tagging/>", none));
}

} // namespace
} // namespace blobstore::s3
