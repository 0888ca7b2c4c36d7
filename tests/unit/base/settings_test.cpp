// SPDX-License-Identifier: Apache-2.0
// Settings: precedence, names, types and messages; and what is cut out of log lines.
#include "base/log.h"
#include "base/settings.h"

#include <gtest/gtest.h>

#include <map>

namespace blobstore {
namespace {

constexpr std::string_view key_aliases[] = {"access_key", "key_id"};
constexpr std::string_view region_variables[] = {"AWS_REGION", "AWS_DEFAULT_REGION"};
constexpr std::string_view mode_choices[] = {"fast", "safe"};
constexpr std::string_view size_variables[] = {"TEST_SIZE"};

constexpr setting first_table[] = {
    {.key = "access_key_id", .aliases = key_aliases},
    {.key = "secret_access_key", .secret = true},
    {.key = "region", .default_value = "us-east-1", .environment = region_variables},
    {.key = "pin", .type = setting_type::integer, .secret = true},
};
constexpr setting second_table[] = {
    {.key = "path_style", .type = setting_type::boolean},
    {.key = "attempts", .type = setting_type::integer, .default_value = "5"},
    {.key = "part_size",
     .type = setting_type::size,
     .default_value = "8MiB",
     .environment = size_variables},
    {.key = "timeout", .type = setting_type::duration_ms, .default_value = "30s"},
    {.key = "mode",
     .type = setting_type::enumeration,
     .default_value = "safe",
     .choices = mode_choices},
};

settings_values both() {
    return settings_values({first_table, second_table});
}

TEST(settings, defaults) {
    const settings_values values = both();
    EXPECT_EQ(values.text("region"), "us-east-1");
    EXPECT_EQ(values.integer("attempts"), 5);
    EXPECT_EQ(values.size("part_size"), 8U << 20);
    EXPECT_EQ(values.duration_ms("timeout"), 30'000);
    EXPECT_EQ(values.text("mode"), "safe");
    EXPECT_FALSE(values.boolean("path_style"));
    EXPECT_EQ(values.text("access_key_id"), "");
    EXPECT_FALSE(values.is_set("region"));
    EXPECT_EQ(values.rows().size(), 9U);
}

TEST(settings, stronger_origins_win_in_any_order) {
    settings_values values = both();
    ASSERT_TRUE(values.set("region", "from-file", setting_origin::file));
    ASSERT_TRUE(values.set("region", "from-url", setting_origin::url));
    ASSERT_TRUE(values.set("region", "from-environment", setting_origin::environment));
    ASSERT_TRUE(values.set("region", "found", setting_origin::discovered));
    EXPECT_EQ(values.text("region"), "from-url");
    EXPECT_EQ(values.origin("region"), setting_origin::url);
    ASSERT_TRUE(values.set("region", "from-call", setting_origin::call));
    ASSERT_TRUE(values.set("region", "later", setting_origin::call));
    EXPECT_EQ(values.text("region"), "later");
    EXPECT_FALSE(values.set("attempts", "x", setting_origin::discovered)) << "checked all the same";
}

TEST(settings, names) {
    settings_values values = both();
    for (const std::string_view name :
         {"access_key_id",
          "ACCESS-KEY-ID",
          "access_key",
          "Key-Id",
          "aws_access_key_id",
          "AWS_ACCESS_KEY",
          "aws-key-id"}) {
        ASSERT_TRUE(values.set(name, name, setting_origin::call)) << name;
        EXPECT_EQ(values.text("access_key_id"), name);
    }
    ASSERT_NE(values.find("AWS_Region"), nullptr);
    EXPECT_EQ(values.find("AWS_Region")->key, "region");
    EXPECT_EQ(values.find("aws_"), nullptr);
}

TEST(settings, unknown_key_names_the_nearest) {
    settings_values values = both();
    const result<void> set = values.set("regoin", "hunter2", setting_origin::call);
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().code(), errc::config);
    EXPECT_EQ(set.error().message(), "unknown setting 'regoin' (did you mean 'region'?)");
    EXPECT_NE(
        values.set("Path-Stile", "1", setting_origin::call).error().message().find("path_style"),
        std::string::npos
    );
    EXPECT_FALSE(values.set("", "1", setting_origin::call));
}

TEST(settings, bad_values) {
    settings_values values = both();
    const auto message = [&](std::string_view key, std::string_view value) {
        const result<void> set = values.set(key, value, setting_origin::call);
        return set ? std::string() : set.error().message();
    };
    EXPECT_EQ(
        message("path_style", "maybe"), "setting 'path_style' must be true or false, not 'maybe'"
    );
    EXPECT_EQ(message("mode", "slow"), "setting 'mode' must be one of fast, safe, not 'slow'");
    EXPECT_EQ(message("pin", "hunter2"), "setting 'pin' must be an integer");
    EXPECT_NE(message("timeout", "soon\n"), "");
    EXPECT_NE(message("part_size", "8Q"), "");
    EXPECT_NE(message("region", std::string_view("a\0b", 3)), "");
    EXPECT_EQ(message("mode", "FAST"), "");
    EXPECT_EQ(values.text("mode"), "fast");
}

TEST(settings, environment) {
    std::map<std::string, std::string, std::less<>> variables = {
        {"AWS_REGION", ""}, {"AWS_DEFAULT_REGION", "eu-west-1"}};
    const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    settings_values values = both();
    ASSERT_TRUE(values.load_environment(lookup));
    EXPECT_EQ(values.text("region"), "eu-west-1");
    EXPECT_EQ(values.origin("region"), setting_origin::environment);
    variables["TEST_SIZE"] = "big";
    const result<void> failed = values.load_environment(lookup);
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().message().find("TEST_SIZE"), std::string::npos);
}

TEST(settings, values_of_each_type) {
    for (const std::string_view yes : {"true", "1", "yes", "on", "TRUE", "On"}) {
        EXPECT_EQ(parse_boolean(yes), true);
    }
    for (const std::string_view no : {"false", "0", "no", "off", "No"}) {
        EXPECT_EQ(parse_boolean(no), false);
    }
    EXPECT_FALSE(parse_boolean("") || parse_boolean("2") || parse_boolean("t"));
    EXPECT_EQ(parse_duration_ms("10s"), 10'000);
    EXPECT_EQ(parse_duration_ms("500ms"), 500);
    EXPECT_EQ(parse_duration_ms("2m"), 120'000);
    EXPECT_EQ(parse_duration_ms("1.5h"), 5'400'000);
    EXPECT_EQ(parse_duration_ms("250"), 250);
    EXPECT_EQ(parse_size("8MiB"), 8U << 20);
    EXPECT_EQ(parse_size("16k"), 16U << 10);
    EXPECT_EQ(parse_size("5 GB"), 5'000'000'000U);
    EXPECT_EQ(parse_size("0.5TiB"), std::uint64_t{1} << 39);
    EXPECT_EQ(parse_size("0"), 0U);
    EXPECT_EQ(parse_size("9223372036854775807"), 9223372036854775807U);
    for (const std::string_view wrong :
         {"",
          "-1",
          "+1",
          "s",
          "1.",
          "1.5",
          ".5s",
          "1..5s",
          "10 s s",
          "1e3",
          "9223372036854775808",
          "9999999999999999999s",
          "999999999999d",
          "10sx",
          " 10s"}) {
        EXPECT_FALSE(parse_duration_ms(wrong)) << wrong;
    }
    EXPECT_FALSE(parse_size("8388608TiB"));
    EXPECT_FALSE(parse_size("8M iB"));
}

TEST(log, redaction) {
    EXPECT_EQ(
        redact_url("https://b.s3.test/k?X-Amz-Credential=AK%2F1&X-Amz-Date=d&X-Amz-Signature=ab"
                   "&x-amz-security-token=t&versionId=3"),
        "https://b.s3.test/k?X-Amz-Credential=REDACTED&X-Amz-Date=d&X-Amz-Signature=REDACTED"
        "&x-amz-security-token=REDACTED&versionId=3"
    );
    EXPECT_EQ(
        redact_url("https://a.blob/c/b?sv=1&sig=abc%3D&se=2"),
        "https://a.blob/c/b?sv=1&sig=REDACTED&se=2"
    );
    EXPECT_EQ(redact_url("https://u:hunter2@h/p"), "https://REDACTED@h/p");
    EXPECT_EQ(
        redact_url("s3://b/p?secret_access_key=hunter2&region=x"),
        "s3://b/p?secret_access_key=REDACTED&region=x"
    );
    EXPECT_EQ(redact_url("azure://c@account/x"), "azure://c@account/x");
    EXPECT_EQ(redact_url("plain"), "plain");
}

TEST(log, levels) {
    log_sink sink;
    EXPECT_FALSE(sink.wants(log_level::error));
    sink.write = [](log_level, std::string_view) {};
    sink.level = log_level::warn;
    EXPECT_TRUE(sink.wants(log_level::error));
    EXPECT_TRUE(sink.wants(log_level::warn));
    EXPECT_FALSE(sink.wants(log_level::info));
    EXPECT_FALSE(sink.wants(log_level::off));
}

} // namespace
} // namespace blobstore
