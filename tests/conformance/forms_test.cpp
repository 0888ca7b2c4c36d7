// SPDX-License-Identifier: Apache-2.0
// Forms by which browsers upload, sent by the public command line client.
#include "handles.h"

#include <rapidjson/document.h>

#include <cstdio>

using namespace conformance;

namespace {

using fields = std::vector<std::pair<std::string, std::string>>;

class forms : public store_test {
protected:
    void SetUp() override {
        store_test::SetUp();
        options_.max_size = 100;
    }

    outcome presign(const std::string& k) {
        std::vector<blobstore_kv> views;
        for (const auto& [name, value] : fields_)
            views.push_back({str(name), str(value)});
        options_.fields = views.data();
        options_.fields_len = views.size();
        blobstore_buffer* form = nullptr;
        blobstore_error* error = nullptr;
        outcome made;
        made.status = blobstore_presign_post(
            store_.get(), k.data(), k.size(), &options_, nullptr, &form, &error
        );
        made.message = blobstore_error_message(error);
        const error_ptr freed(error);
        const buffer_ptr held(form);
        if (form != nullptr) made.body = text(form);
        return made;
    }

    /// The status that the service answers; `changed` takes the place of a field.
    int post(const std::string& form, const std::string& content, const fields& changed = {}) {
        rapidjson::Document json;
        json.Parse(form.c_str());
        EXPECT_FALSE(json.HasParseError()) << form;
        std::string command =
            "printf %s '" + content + "' | curl -sS --max-time 20 -o /dev/null -w '%{http_code}'";
        for (const auto& [name, value] : target_->settings)
            if (name == "ca_file") command += " --cacert '" + value + "'";
        for (const auto& each : json["fields"].GetObject()) {
            std::string value = each.value.GetString();
            for (const auto& [name, other] : changed)
                if (name == each.name.GetString()) value = other;
            command += std::string(" --form-string '") + each.name.GetString() + "=" + value + "'";
        }
        command += " -F 'file=@-;filename=mine.txt' '" + std::string(json["url"].GetString()) + "'";
        FILE* const pipe = ::popen(command.c_str(), "r");
        int status = 0;
        EXPECT_EQ(std::fscanf(pipe, "%d", &status), 1) << command;
        EXPECT_EQ(::pclose(pipe), 0) << command;
        return status;
    }

    blobstore_post_options options_ = sized<blobstore_post_options>();
    fields fields_;
};

} // namespace

CONFORMANCE_SUITE(forms);

TEST_P(forms, upload_what_they_allow) {
    if (!target_->is_s3()) {
        EXPECT_EQ(presign(key("f")).status, BLOBSTORE_E_UNSUPPORTED);
        return;
    }
    if (target_->what == kind::fake) GTEST_SKIP() << "the fake takes no forms";
    if (target_->name == "toxic_reset") GTEST_SKIP() << "the client cannot send a form again";
    const std::string k = key("a form.txt");
    fields_ = {{"Content-Type", "text/plain"}, {"x-amz-meta-color", "blue"}};
    const outcome form = presign(k);
    ASSERT_EQ(form.status, 0) << form.message;
    EXPECT_EQ(post(form.body, "by form"), 204);
    const auto got = get(k);
    EXPECT_EQ(got.body, "by form");
    EXPECT_EQ(got.info.metadata.at("color"), "blue");
    EXPECT_EQ(post(form.body, std::string(101, 'x')), 400) << "too long";
    EXPECT_EQ(post(form.body, "no", {{"key", key("other")}}), 403) << "another key";
    EXPECT_EQ(post(form.body, "no", {{"x-amz-meta-color", "red"}}), 403) << "another field";
    EXPECT_EQ(post(form.body, "no", {{"x-amz-signature", std::string(64, '0')}}), 403);
    EXPECT_EQ(get(k).body, "by form");
    options_.flags = BLOBSTORE_POST_ANY_NAME;
    fields_ = {{"success_action_status", "201"}};
    const outcome any = presign(key("in "));
    ASSERT_EQ(any.status, 0) << any.message;
    EXPECT_EQ(post(any.body, "named", {{"key", key("in 1.txt")}}), 201);
    EXPECT_EQ(get(key("in 1.txt")).body, "named");
    EXPECT_EQ(post(any.body, "no", {{"key", key("out 1.txt")}}), 403);
    EXPECT_EQ(post(any.body, "as it is"), 201);
    const bool fills_in = target_->name.starts_with("minio"); // versitygw takes it literally
    EXPECT_EQ(get(key(fills_in ? "in mine.txt" : "in ${filename}")).body, "as it is");
}

TEST_P(forms, end_when_they_should) {
    if (!target_->is_s3()) GTEST_SKIP() << "there are none";
    options_.expires_ms = 7LL * 24 * 3600 * 1000 + 1000;
    EXPECT_EQ(presign(key("f")).status, BLOBSTORE_E_INVALID_ARGUMENT);
    options_.expires_ms = -1;
    EXPECT_EQ(presign(key("f")).status, BLOBSTORE_E_INVALID_ARGUMENT);
    options_.expires_ms = 1000;
    options_.min_size = 101;
    EXPECT_EQ(presign(key("f")).status, BLOBSTORE_E_INVALID_ARGUMENT);
    options_.min_size = 0;
    if (target_->what == kind::fake || target_->name == "toxic_reset") return;
    options_.flags = BLOBSTORE_POST_SIGNING_TIME;
    options_.signing_time_ns = 1'700'000'000'000'000'000;
    const outcome form = presign(key("f"));
    ASSERT_EQ(form.status, 0) << form.message;
    EXPECT_EQ(post(form.body, "late"), 403);
}
