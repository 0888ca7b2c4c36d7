// SPDX-License-Identifier: Apache-2.0
// Hex, base64, percent-encoding, digests and secrets against published values.
#include "base/digest.h"
#include "base/encoding.h"
#include "base/secret.h"

#include <gtest/gtest.h>

#include <sstream>

namespace blobstore {
namespace {

std::string every_byte() {
    std::string all;
    for (int i = 0; i < 256; ++i) {
        all += static_cast<char>(i);
    }
    return all;
}

TEST(encoding, hex_round_trip) {
    EXPECT_EQ(hex(std::string_view("\0\x7f\xff", 3)), "007fff");
    EXPECT_EQ(*unhex("007FfF"), std::string_view("\0\x7f\xff", 3));
    EXPECT_EQ(*unhex(hex(every_byte())), every_byte());
    EXPECT_FALSE(unhex("0"));
    EXPECT_FALSE(unhex("0g"));
}

TEST(encoding, base64_of_rfc_4648) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, text] : cases) {
        EXPECT_EQ(base64(plain), text);
        EXPECT_EQ(*unbase64(text), plain);
    }
    EXPECT_EQ(*unbase64(base64(every_byte())), every_byte());
    for (const std::string_view wrong :
         {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "====", "Zg==Zg==", "Zm 9", "Zm-_", "Z==="}) {
        EXPECT_FALSE(unbase64(wrong)) << wrong;
    }
}

TEST(encoding, percent_encoding_keeps_only_its_set) {
    EXPECT_EQ(percent_encode("a/b c+~%\xc3\xa9", encode_set::unreserved), "a%2Fb%20c%2B~%25%C3%A9");
    EXPECT_EQ(percent_encode("a/b$", encode_set::path), "a/b%24");
    EXPECT_EQ(
        *percent_decode(percent_encode(every_byte(), encode_set::path), plus::literal), every_byte()
    );
    EXPECT_EQ(*percent_decode("a+%2b%41", plus::space), "a +A");
    EXPECT_EQ(*percent_decode("a+%2b%41", plus::literal), "a++A");
    for (const std::string_view wrong : {"%", "%4", "%4g", "a%"}) {
        EXPECT_FALSE(percent_decode(wrong, plus::literal)) << wrong;
    }
}

TEST(digest, sha256_and_hmac) {
    EXPECT_EQ(
        hex(bytes_of(sha256("abc"))),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    // RFC 4231, cases 2 and 6
    EXPECT_EQ(
        hex(bytes_of(hmac_sha256("Jefe", "what do ya want for nothing?"))),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
    EXPECT_EQ(
        hex(bytes_of(hmac_sha256(
            std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"
        ))),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    );
}

TEST(digest, streams_start_anew) {
    sha256_stream stream;
    for (int round = 0; round < 2; ++round) {
        stream.update("a");
        stream.update("");
        stream.update("bc");
        EXPECT_EQ(stream.finish(), sha256("abc"));
    }
    // RFC 1321, RFC 3174, FIPS 180-2
    const std::pair<digest_kind, std::string_view> published[] = {
        {digest_kind::md5, "900150983cd24fb0d6963f7d28e17f72"},
        {digest_kind::sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {digest_kind::sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}};
    for (const auto& [kind, expected] : published) {
        digest_stream other(kind);
        for (int round = 0; round < 2; ++round) {
            other.update("ab");
            other.update("c");
            EXPECT_EQ(hex(other.finish()), expected);
        }
    }
    EXPECT_EQ(md5("abc"), *unhex("900150983cd24fb0d6963f7d28e17f72"));
}

TEST(secret, prints_redacted_and_moves_without_trace) {
    secret_string a("hunter2");
    std::ostringstream out;
    out << a;
    EXPECT_EQ(out.str(), "<redacted>");
    secret_string b(std::move(a));
    EXPECT_TRUE(a.empty()); // NOLINT(bugprone-use-after-move): that it is wiped is the point
    EXPECT_EQ(b.reveal(), "hunter2");
    const secret_string copy = b;
    EXPECT_TRUE(copy == b);
    b = secret_string(std::string(100, 'x'));
    EXPECT_EQ(b.reveal().size(), 100U);
    EXPECT_FALSE(copy == b);
    const secret_string& same = b;
    b = same;
    EXPECT_EQ(b.reveal(), std::string(100, 'x'));
}

TEST(secret, wipes_a_short_string_where_it_stood) {
    alignas(secret_string) unsigned char room[sizeof(secret_string)] = {};
    auto* one = new (room) secret_string("hunter2");
    one->~secret_string();
    const std::string_view left(reinterpret_cast<const char*>(room), sizeof room);
    EXPECT_EQ(left.find("hunter"), std::string_view::npos);
}

} // namespace
} // namespace blobstore
