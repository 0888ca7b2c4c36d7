// SPDX-License-Identifier: Apache-2.0
// Hex, base64, percent-encoding, digests, checksums and secrets against published values.
#include "base/checksum.h"
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
    md5_stream other;
    for (int round = 0; round < 2; ++round) {
        other.update("ab");
        other.update("c");
        EXPECT_EQ(hex(other.finish()), "900150983cd24fb0d6963f7d28e17f72"); // RFC 1321
    }
    EXPECT_EQ(md5("abc"), *unhex("900150983cd24fb0d6963f7d28e17f72"));
}

TEST(checksum, catalogue_values) {
    EXPECT_EQ(crc32("123456789"), 0xcbf43926U);
    EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
    EXPECT_EQ(crc64nvme("123456789"), 0xae8b14860a799888U);
    EXPECT_EQ(crc64nvme(std::string(4096, '\0')), 0x6482d367eb22b64eU);
    EXPECT_EQ(crc64nvme(std::string(4096, '\xff')), 0xc0ddba7302eca3acU);
    EXPECT_EQ(base64(big_endian(crc32("Hello world"))), "i9aeUg==");
    EXPECT_EQ(base64(big_endian(crc32c("Hello world"))), "crUfeA==");
    EXPECT_EQ(base64(big_endian(crc64nvme("Hello world"))), "OOJZ0D8xKts=");
    EXPECT_EQ(base64(big_endian(crc32c(std::string(66560, 'a')))), "sOO8/Q==");
}

TEST(checksum, pieces_are_chained) {
    const std::string all = every_byte();
    for (std::size_t cut = 0; cut <= all.size(); ++cut) {
        const std::string_view a = std::string_view(all).substr(0, cut);
        const std::string_view b = std::string_view(all).substr(cut);
        EXPECT_EQ(crc32(b, crc32(a)), crc32(all));
        EXPECT_EQ(crc32c(b, crc32c(a)), crc32c(all));
        EXPECT_EQ(crc64nvme(b, crc64nvme(a)), crc64nvme(all));
    }
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
