// SPDX-License-Identifier: Apache-2.0
// Links, and the calls by object URL.
#include "handles.h"

#include <cstdio>

using namespace conformance;

namespace {

using headers = std::vector<std::pair<std::string, std::string>>;

/// What the public command line client gets for a link.
struct fetched {
    int status = 0;
    std::string body; // with the head in front
};

class urls : public store_test {
protected:
    outcome presign(const std::string& k, const blobstore_presign_options& options) {
        blobstore_buffer* link = nullptr;
        blobstore_error* error = nullptr;
        outcome made;
        made.status =
            blobstore_presign(store_.get(), k.data(), k.size(), &options, nullptr, &link, &error);
        made.message = blobstore_error_message(error);
        const error_ptr freed(error);
        const buffer_ptr held(link);
        if (link != nullptr) made.body = text(link);
        return made;
    }

    outcome presign(const std::string& k, std::int64_t expires_ms) {
        auto options = sized<blobstore_presign_options>();
        options.expires_ms = expires_ms;
        return presign(k, options);
    }

    std::string link_for(
        const char* method,
        const std::string& k,
        const headers& signed_ones = {},
        const headers& query = {}
    ) {
        const auto views = [](const headers& of) {
            std::vector<blobstore_kv> out;
            for (const auto& [name, value] : of)
                out.push_back({str(name), str(value)});
            return out;
        };
        const std::vector<blobstore_kv> h = views(signed_ones), q = views(query);
        auto options = sized<blobstore_presign_options>();
        options.method = str(method);
        options.headers = h.data();
        options.headers_len = h.size();
        options.query = q.data();
        options.query_len = q.size();
        const outcome link = presign(k, options);
        EXPECT_EQ(link.status, 0) << link.message;
        return link.body;
    }

    fetched curl(
        const std::string& method,
        const std::string& link,
        const headers& extra = {},
        const std::string& body = {}
    ) {
        std::string command = "curl -sS --max-time 20 -i -o - --path-as-is";
        if (target_->name == "toxic_reset") command += " --retry 5 --retry-all-errors";
        command += method == "HEAD" ? " -I" : " -X " + method;
        if (!body.empty()) command += " --data-binary '" + body + "' -H 'Content-Type:'";
        for (const auto& [name, value] : target_->settings)
            if (name == "ca_file") command += " --cacert '" + value + "'";
        for (const auto& [name, value] : extra)
            command += " -H '" + name + ": " + value + "'";
        command += " '" + link + "'";
        fetched out;
        FILE* const pipe = ::popen(command.c_str(), "r");
        char part[4096];
        while (const std::size_t n = std::fread(part, 1, sizeof part, pipe))
            out.body.append(part, n);
        EXPECT_EQ(::pclose(pipe), 0) << command;
        std::sscanf(out.body.c_str(), "HTTP/1.1 %d", &out.status);
        return out;
    }
};

bool ends(const std::string& text, const std::string& with) {
    return text.size() >= with.size() &&
           text.compare(text.size() - with.size(), with.size(), with) == 0;
}

constexpr std::int64_t week_ms = 7LL * 24 * 3600 * 1000;

} // namespace

CONFORMANCE_SUITE(urls);

TEST_P(urls, S3_44_presign) {
    ASSERT_EQ(put(key("p"), "data").status, 0);
    const outcome link = presign(key("p"), 0);
    if (target_->what == kind::memory) {
        EXPECT_EQ(link.status, BLOBSTORE_E_UNSUPPORTED);
        return;
    }
    ASSERT_EQ(link.status, 0) << link.message;
    if (target_->what == kind::file) {
        EXPECT_EQ(link.body, target_->url + "/" + key("p"));
        return;
    }
    EXPECT_NE(link.body.find("X-Amz-Signature="), std::string::npos) << link.body;
    EXPECT_EQ(presign(key("p"), week_ms).status, 0);
    EXPECT_EQ(presign(key("p"), week_ms + 1000).status, BLOBSTORE_E_INVALID_ARGUMENT);
}

// Whoever has the link needs nothing else: the public client does with it what was signed, and
// nothing more.
TEST_P(urls, S3_44_presigned_links_work) {
    if (!target_->is_s3()) GTEST_SKIP() << "there is no server to ask";
    const std::string k = key("a b+c%2F~?#.txt");
    EXPECT_EQ(curl("PUT", link_for("PUT", k), {}, "by link").status, 200);
    EXPECT_EQ(get(k).body, "by link");
    const fetched got = curl("GET", link_for("GET", k));
    EXPECT_EQ(got.status, 200);
    EXPECT_TRUE(ends(got.body, "\r\n\r\nby link")) << got.body;
    EXPECT_EQ(curl("HEAD", link_for("HEAD", k)).status, 200);
    EXPECT_EQ(curl("PUT", link_for("GET", k), {}, "no").status, 403);
    std::string forged = link_for("GET", k);
    forged.back() = forged.back() == '0' ? '1' : '0';
    EXPECT_EQ(curl("GET", forged).status, 403);
    EXPECT_EQ(curl("DELETE", link_for("DELETE", k)).status, 204);
    EXPECT_EQ(get(k).status, BLOBSTORE_E_NOT_FOUND);
}

TEST_P(urls, S3_44_presigned_headers_and_overrides) {
    if (!target_->is_s3()) GTEST_SKIP() << "there is no server to ask";
    const std::string k = key("signed");
    const headers meta{{"x-amz-meta-color", "blue"}};
    const std::string link = link_for("PUT", k, meta);
    EXPECT_GE(curl("PUT", link, {}, "without the header").status, 400);
    EXPECT_EQ(get(k).status, BLOBSTORE_E_NOT_FOUND);
    EXPECT_EQ(curl("PUT", link, meta, "with it").status, 200);
    EXPECT_EQ(head(k).info.metadata.at("color"), "blue");
    const fetched got = curl(
        "GET",
        link_for("GET", k, {}, {{"response-content-disposition", "attachment; filename=\"x y\""}})
    );
    EXPECT_EQ(got.status, 200);
    EXPECT_NE(got.body.find("attachment; filename=\"x y\""), std::string::npos) << got.body;
}

TEST_P(urls, object_urls) {
    if (target_->is_s3()) GTEST_SKIP() << "the endpoint is an option of the store's URL";
    const std::string root = target_->what == kind::file ? target_->url : "memory://conformance";
    const std::string from = root + "/" + key("u%2F+"), to = root + "/" + key("v");
    blobstore_client* const c = client_.get();
    ASSERT_EQ(
        blobstore_put_url(
            c, from.data(), from.size(), "data", 4, nullptr, nullptr, nullptr, nullptr
        ),
        0
    );
    ASSERT_EQ(
        blobstore_copy_url(
            c, from.data(), from.size(), to.data(), to.size(), nullptr, nullptr, nullptr, nullptr
        ),
        0
    );
    for (const std::string& url : {from, to}) {
        blobstore_buffer* body = nullptr;
        ASSERT_EQ(
            blobstore_get_url(c, url.data(), url.size(), nullptr, nullptr, &body, nullptr, nullptr),
            0
        );
        const buffer_ptr held(body);
        EXPECT_EQ(text(body), "data");
        EXPECT_EQ(blobstore_delete_url(c, url.data(), url.size(), nullptr, nullptr), 0);
        blobstore_object* info = nullptr;
        EXPECT_EQ(
            blobstore_head_url(c, url.data(), url.size(), nullptr, nullptr, &info, nullptr),
            BLOBSTORE_E_NOT_FOUND
        );
    }
}
