// SPDX-License-Identifier: Apache-2.0
// Tests the parsing of the command line and of the values in it.
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/units.h"

#include <gtest/gtest.h>

namespace blobstore::cli {
namespace {

arguments parse(const std::vector<std::string>& words) {
    return parse_arguments(words).args;
}

TEST(Args, GlobalOptionsStandAnywhere) {
    const arguments args = parse({"--json", "ls", "-r", "s3://b/", "-v", "--region", "x", "-v"});
    EXPECT_EQ(args.verb, "ls");
    EXPECT_TRUE(args.json);
    EXPECT_TRUE(args.recursive);
    EXPECT_EQ(args.verbose, 2);
    EXPECT_EQ(args.targets, std::vector<std::string>{"s3://b/"});
    EXPECT_EQ(args.settings, (std::vector<name_value>{{"region", "x"}}));
}

TEST(Args, SettingsAndStorage) {
    const arguments args = parse(
        {"-o",
         "a=b=c",
         "cat",
         "-o",
         "d=[e,f]",
         "--storage",
         "s3://x?y=[1,2]",
         "--path-style",
         "--no-sign-request",
         "--endpoint-url",
         "http://h",
         "s3://x/k",
         "s3://x/l"}
    );
    const std::vector<name_value> expected{
        {"a", "b=c"},
        {"d", "[e,f]"},
        {"endpoint", "http://h"},
        {"path_style", "true"},
        {"skip_signature", "true"}};
    EXPECT_EQ(args.settings, expected);
    EXPECT_EQ(args.storages, std::vector<std::string>{"s3://x?y=[1,2]"});
    EXPECT_EQ(args.targets, (std::vector<std::string>{"s3://x/k", "s3://x/l"}));
}

TEST(Args, UploadsHaveAnAction) {
    const arguments args = parse({"uploads", "abort", "--older-than", "7d", "s3://b/", "s3://c"});
    EXPECT_EQ(args.action, "abort");
    EXPECT_EQ(args.older_than, "7d");
    EXPECT_EQ(args.targets, (std::vector<std::string>{"s3://b/", "s3://c"}));
    EXPECT_THROW(parse({"uploads", "s3://b/"}), usage_error);
    EXPECT_THROW(parse({"uploads", "ls"}), usage_error);
}

TEST(Args, RulesKeepTheirOrder) {
    const arguments args = parse(
        {"cp",
         "--exclude",
         "[a,b]",
         "--include",
         "b",
         "-r",
         "src",
         "--exclude",
         "c",
         "-",
         "-j",
         "3"}
    );
    ASSERT_EQ(args.rules.size(), 3U);
    EXPECT_FALSE(args.rules[0].include);
    EXPECT_EQ(args.rules[0].pattern, "[a,b]");
    EXPECT_TRUE(args.rules[1].include);
    EXPECT_EQ(args.rules[2].pattern, "c");
    EXPECT_EQ(args.targets, (std::vector<std::string>{"src", "-"}));
    EXPECT_EQ(args.jobs, 3U);
}

TEST(Args, ValuesMayBeginWithADash) {
    EXPECT_EQ(parse({"cat", "--range", "-5", "s3://b/k"}).range, "-5");
    EXPECT_EQ(parse({"cat", "--", "-k"}).targets, std::vector<std::string>{"-k"});
}

TEST(Args, Help) {
    EXPECT_TRUE(parse_arguments({"--help"}).is_help);
    EXPECT_TRUE(parse_arguments({"cp", "-h"}).is_help);
    EXPECT_NE(parse_arguments({"help", "cp"}).help.find("--include"), std::string::npos);
    for (const char* verb : {"cp", "cat", "ls", "stat", "rm", "presign", "version", "help"}) {
        EXPECT_NE(help_text("").find(verb), std::string::npos);
        EXPECT_NE(help_text(verb).find("blobstore " + std::string(verb)), std::string::npos);
    }
}

TEST(Args, Mistakes) {
    const std::vector<std::vector<std::string>> all{
        {},
        {"nothing"},
        {"ls"},
        {"cp", "a"},
        {"cp", "a", "b", "c"},
        {"ls", "--nothing", "u"},
        {"cp", "-j", "0", "a", "b"},
        {"cp", "-j", "x", "a", "b"},
        {"-o", "x", "ls", "u"},
        {"presign", "--header", "x", "u"},
        {"help", "nothing"}};
    for (const auto& words : all) {
        EXPECT_THROW(parse_arguments(words), usage_error) << testing::PrintToString(words);
    }
}

TEST(Units, Times) {
    EXPECT_EQ(format_time(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(format_time(1767323045'120000000), "2026-01-02T03:04:05.12Z");
    EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999999999Z");
    EXPECT_EQ(parse_time("2026-01-02T03:04:05Z"), 1767323045'000000000);
    EXPECT_EQ(parse_time("2026-01-02T05:04:05.12+02:00"), 1767323045'120000000);
    EXPECT_EQ(parse_time("1969-12-31t23:59:59.999999999z"), -1);
    for (const char* bad :
         {"",
          "2026-01-02",
          "2026-13-02T03:04:05Z",
          "2026-02-30T03:04:05Z",
          "2026-01-02T03:04:05",
          "2026-01-02T24:04:05Z",
          "2026-01-02T03:04:05.Z",
          "2026-01-02T03:04:05+2:00",
          "9999-01-01T00:00:00Z",
          "+026-01-02T03:04:05Z"}) {
        EXPECT_EQ(parse_time(bad), std::nullopt) << bad;
    }
}

TEST(Units, DurationsAndMtimes) {
    EXPECT_EQ(parse_duration_ms("900"), 900'000);
    EXPECT_EQ(parse_duration_ms("15m"), 900'000);
    EXPECT_EQ(parse_duration_ms("7d"), 604'800'000);
    for (const char* bad :
         {"", "m", "-1", "1.5h", "1w", "99999999999999999999", "9999999999999999d"}) {
        EXPECT_EQ(parse_duration_ms(bad), std::nullopt) << bad;
    }
    EXPECT_EQ(format_mtime(1577934245'123456789), "1577934245.123456789");
    EXPECT_EQ(parse_mtime("1577934245.5"), 1577934245'500000000);
    EXPECT_EQ(parse_mtime("1577934245"), 1577934245'000000000);
    EXPECT_EQ(format_mtime(-1'500'000'000), "-1.500000000");
    EXPECT_EQ(parse_mtime("-1.5"), -1'500'000'000);
    EXPECT_EQ(parse_mtime("-0.25"), -250'000'000);
    EXPECT_EQ(parse_mtime("x"), std::nullopt);
    EXPECT_EQ(parse_mtime("1."), std::nullopt);
}

TEST(Units, RangesAndSizes) {
    const auto range = parse_range("2-5");
    ASSERT_TRUE(range);
    EXPECT_EQ(range->offset, 2U);
    EXPECT_EQ(range->length, 4U);
    EXPECT_EQ(parse_range("2-")->length, std::nullopt);
    EXPECT_EQ(parse_range("-7")->suffix, 7U);
    for (const char* bad : {"", "-", "5", "5-2", "a-b", "1-2-3", "--1", "0-18446744073709551615"}) {
        EXPECT_FALSE(parse_range(bad)) << bad;
    }
    EXPECT_EQ(human_size(0), "0 B");
    EXPECT_EQ(human_size(1023), "1023 B");
    EXPECT_EQ(human_size(1536), "1.5 KiB");
    EXPECT_EQ(human_size(1048575), "1.0 MiB");
    EXPECT_EQ(human_size(UINT64_MAX), "16.0 EiB");
}

TEST(Output, Json) {
    json_object line;
    line.text("key", "a\"\\\n\x01\xc3\xa4").number("size", std::uint64_t{1}).boolean("ok", true);
    EXPECT_EQ(line.str(), "{\"key\":\"a\\\"\\\\\\n\\u0001\xc3\xa4\",\"size\":1,\"ok\":true}");
    EXPECT_EQ(json_object().text("key", "\xff\xfe").str(), "{\"key_base64\":\"//4=\"}");
    for (const char* bad :
         {"\x80", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xf8"}) {
        EXPECT_FALSE(is_utf8(bad));
    }
    EXPECT_TRUE(is_utf8("a\xe2\x82\xac\xf0\x9f\x98\x80"));
    EXPECT_EQ(base64("a"), "YQ==");
    EXPECT_EQ(base64("abc"), "YWJj");
    EXPECT_EQ(printable("a\nb"), "a\\x0ab");
}

TEST(ExitCodes, TableAndPriority) {
    EXPECT_EQ(code_for_status(BLOBSTORE_OK), exit_code::done);
    EXPECT_EQ(code_for_status(BLOBSTORE_E_CONFIG), exit_code::usage);
    EXPECT_EQ(code_for_status(BLOBSTORE_E_UNAUTHENTICATED), exit_code::permission);
    EXPECT_EQ(code_for_status(BLOBSTORE_E_STORE_NOT_FOUND), exit_code::not_found);
    EXPECT_EQ(code_for_status(BLOBSTORE_E_EXISTS), exit_code::precondition);
    EXPECT_EQ(code_for_status(BLOBSTORE_E_TIMEOUT), exit_code::failed);
    EXPECT_EQ(code_for_status(12345), exit_code::failed);
    const std::vector<int> order{7, 5, 8, 2, 6, 11, 12, 1, 3, 9, 4, 10, 0};
    for (std::size_t i = 0; i < order.size(); ++i) {
        for (std::size_t k = i; k < order.size(); ++k) {
            const auto a = static_cast<exit_code>(order[i]);
            const auto b = static_cast<exit_code>(order[k]);
            EXPECT_EQ(worse(a, b), a);
            EXPECT_EQ(worse(b, a), a);
        }
    }
}

} // namespace
} // namespace blobstore::cli
