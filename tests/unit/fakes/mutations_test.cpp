// SPDX-License-Identifier: Apache-2.0
// One flipped bit in anything that a signature covers, and the verifier refuses: the
// documentation's examples of every form, and the shared vectors.
#include "doc_examples.h"
#include "fakes/s3_service.h"
#include "fakes/text_forms.h"
#include "signed_cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>

namespace blobstore::fakes {
namespace {

// The bytes of a request that its signature covers, as one sequence.
class covered {
public:
    explicit covered(signed_case& of)
        : of_{of} {
        auto& message = of.message;
        add(message.method);
        add(message.target);
        for (auto& [name, value] : message.headers)
            if (is_covered(name)) add(value);
        const auto hash = header_or(message.headers, "x-amz-content-sha256", "");
        const bool in_query = message.target.find("X-Amz-Content-Sha256") != std::string::npos;
        const bool in_hash = of.rules.s3_headers ? !hash.empty() && hash != "UNSIGNED-PAYLOAD"
                                                 : hash.empty() && !in_query;
        if (in_hash && of.body_is_known) add(message.body);
    }

    std::size_t size() const { return size_; }

    // False where the flip changes nothing that is said.
    bool flip(std::size_t bit) {
        std::size_t at = bit / 8;
        auto part = parts_.begin();
        while (at >= (*part)->size())
            at -= (*part++)->size();
        char& byte = (**part)[at];
        const char before = byte;
        const auto target = of_.message.target;
        byte = static_cast<char>(byte ^ (1 << bit % 8));
        if (*part == &of_.message.target) return differs(target, of_.message.target, before, byte);
        if (*part == &of_.message.body) return body_differs(before, byte);
        return true;
    }

private:
    void add(std::string& part) {
        parts_.push_back(&part);
        size_ += part.size();
    }

    bool is_covered(const std::string& name) const {
        if (same_name(name, "authorization")) return true;
        const auto& headers = of_.message.headers;
        const auto* form = find_header(headers, "authorization");
        const auto names =
            form != nullptr ? *form : percent_decode(of_.message.target).value_or("");
        const auto list = lower_case(names);
        const auto lower = lower_case(name);
        const auto start = list.find("signedheaders=");
        if (start == std::string::npos) return false;
        const auto text = list.substr(start + 14, list.find_first_of(",&", start) - start - 14);
        const auto all = split_list(text, ';');
        return std::find(all.begin(), all.end(), lower) != all.end();
    }

    // Other spellings of the same bytes, and paths that are normalised, say the same.
    bool differs(const std::string& a, const std::string& b, char before, char after) const {
        const auto one = split(a), other = split(b);
        if (one.query != other.query && parse_query(one.query) == parse_query(other.query))
            return false;
        if (one.path == other.path) return true;
        const bool dots = before == '/' || before == '.' || after == '/' || after == '.';
        const bool dropped = one.path.find("/..") != std::string::npos; // segments before it
        if (of_.rules.normalize_path && (dots || dropped)) return false;
        return of_.rules.double_encode || percent_decode(one.path) != percent_decode(other.path);
    }

    // Names of trailers are read without case, white space around them is not looked at, and so is
    // the case of a chunk's size.
    static bool body_differs(char before, char after) {
        const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
        return (before ^ after) != 0x20 && !(is_space(before) && is_space(after));
    }

    signed_case& of_;
    std::vector<std::string*> parts_;
    std::size_t size_ = 0;
};

std::vector<signed_case> documented() {
    const auto date = amz_date(examples::signing_time);
    std::vector<signed_case> out;
    const std::pair<const char*, request> all[] = {
        {"header get", examples::get_object()},
        {"header put", examples::put_object()},
        {"header lifecycle", examples::get_lifecycle()},
        {"header list", examples::list_objects()},
        {"query", examples::presigned_get()},
        {"chunks", examples::chunked_put()},
        {"chunks and trailer", examples::chunked_put_with_trailer()}};
    for (const auto& [name, message] : all)
        out.push_back({name, message, examples::rules(), date, true});
    return out;
}

struct tally {
    unsigned refused = 0, accepted = 0, neutral = 0;
};

void mutate(const signed_case& one, unsigned times, std::mt19937& random, tally& count) {
    ASSERT_EQ(judge(one), "ok") << one.name;
    for (unsigned i = 0; i < times; ++i) {
        signed_case changed = one;
        covered bytes(changed);
        const std::size_t bit = random() % (bytes.size() * 8);
        if (!bytes.flip(bit)) {
            ++count.neutral;
            continue;
        }
        const bool ok = judge(changed) == "ok";
        ++(ok ? count.accepted : count.refused);
        EXPECT_FALSE(ok) << one.name << ", bit " << bit;
    }
}

void report(const char* what, const tally& count) {
    std::printf(
        "one-bit mutations of %s: %u refused, %u accepted (%u more say the same and were left "
        "out)\n",
        what,
        count.refused,
        count.accepted,
        count.neutral
    );
}

TEST(mutations, of_the_documented_forms_are_refused) {
    std::mt19937 random(20130524);
    tally count;
    for (const signed_case& one : documented())
        mutate(one, 200, random, count);
    report("documented requests", count);
    EXPECT_GE(count.refused, 1000U);
}

TEST(mutations, every_bit_of_a_signature_counts) {
    tally count;
    for (const signed_case& one : documented()) {
        const auto* header = find_header(one.message.headers, "authorization");
        const auto& text = header != nullptr ? *header : one.message.target;
        const auto start = text.find("Signature=") + 10;
        for (std::size_t bit = 0; bit < std::size_t{64} * 8; ++bit) {
            signed_case changed = one;
            auto authorization = text;
            authorization[start + bit / 8] =
                static_cast<char>(authorization[start + bit / 8] ^ (1 << bit % 8));
            if (header != nullptr)
                set_header(changed.message.headers, "Authorization", authorization);
            else
                changed.message.target = authorization;
            const bool ok = judge(changed) == "ok";
            ++(ok ? count.accepted : count.refused);
            EXPECT_FALSE(ok) << one.name << ", bit " << bit;
        }
    }
    report("signatures", count);
    EXPECT_EQ(count.refused, 7U * 64 * 8);
}

TEST(mutations, of_the_shared_vectors_are_refused) {
    std::mt19937 random(1);
    tally count;
    for (const auto& cases : {c_auth_cases(), botocore_cases(), recorded_cases()})
        for (const signed_case& one : cases)
            mutate(one, 12, random, count);
    report("shared vectors", count);
    if (count.refused == 0) GTEST_SKIP() << "the shared vectors are not there";
    EXPECT_GE(count.refused, 1000U);
}

// The chunks are not signed there: what the trailer says of the data is.
TEST(mutations, of_data_with_an_unsigned_trailer_are_refused) {
    s3_service service{service_options{}};
    service.set_clock(examples::signing_time, {});
    service.buckets().create("bucket");
    request message{
        "PUT",
        "/bucket/key",
        {{"Host", "localhost"},
         {"x-amz-date", amz_date(examples::signing_time)},
         {"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
         {"x-amz-decoded-content-length", "43"},
         {"x-amz-trailer", "x-amz-checksum-crc32"},
         {"Content-Encoding", "aws-chunked"}},
        "2b\r\nThe quick brown fox jumps over the lazy dog\r\n0\r\n"
        "x-amz-checksum-crc32:QU+jOQ==\r\n\r\n"};
    const auto authorize = [&](const std::string& signature) {
        set_header(
            message.headers,
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=testkey/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
            "x-amz-trailer, Signature=" +
                signature
        );
    };
    authorize(std::string(64, '0'));
    const auto right = check_signature(message, service.rules(), examples::signing_time);
    authorize(right.signature);
    const auto status = [&](const request& sent) {
        return service.handle(sent, service.find_route(sent)).status;
    };
    ASSERT_EQ(status(message), 200);
    tally count;
    for (std::size_t bit = 0; bit < std::size_t{43} * 8; ++bit) {
        request changed = message;
        char& byte = changed.body[4 + bit / 8];
        byte = static_cast<char>(byte ^ (1 << bit % 8));
        ++(status(changed) == 200 ? count.accepted : count.refused);
    }
    report("data with an unsigned trailer", count);
    EXPECT_EQ(count.accepted, 0U);
}

} // namespace
} // namespace blobstore::fakes
