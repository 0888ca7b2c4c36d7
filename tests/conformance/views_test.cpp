// SPDX-License-Identifier: Apache-2.0
// A store opened read-only, and one below a prefix.
#include "handles.h"

using namespace conformance;

namespace {

class views : public store_test {
protected:
    // The same store with a setting; memory by name, since else each is one of its own.
    store_ptr open(const std::string& url, const char* name, const char* value) {
        blobstore_config* config = nullptr;
        EXPECT_EQ(blobstore_config_new(&config, nullptr), 0);
        const config_ptr held(config);
        const std::string_view key = name ? name : "read_only", text = name ? value : "false";
        EXPECT_EQ(
            blobstore_config_set(config, key.data(), key.size(), text.data(), text.size(), nullptr),
            0
        );
        blobstore_store* made = nullptr;
        blobstore_error* error = nullptr;
        EXPECT_EQ(
            blobstore_store_open(client_.get(), url.data(), url.size(), config, &made, &error), 0
        ) << blobstore_error_message(error);
        blobstore_error_free(error);
        return store_ptr(made);
    }

    std::string url() const {
        return target_->what == kind::memory ? "memory://views" : target_->url;
    }

    // "s3://bucket?x=y" with a prefix.
    std::string below(const std::string& prefix) const {
        std::string out = url();
        return out.insert(std::min(out.find('?'), out.size()), "/" + prefix);
    }
};

} // namespace

CONFORMANCE_SUITE(views);

TEST_P(views, read_only) {
    store_ = open(url(), nullptr, nullptr);
    ASSERT_EQ(put(key("r"), "data").status, 0);
    const store_ptr writable = std::exchange(store_, open(url(), "read_only", "true"));
    EXPECT_EQ(get(key("r")).body, "data");
    EXPECT_EQ(head(key("r")).status, 0);
    EXPECT_EQ(list_all(base_).keys, std::vector<std::string>{key("r")});

    const outcome refused = put(key("r"), "other");
    EXPECT_EQ(refused.status, BLOBSTORE_E_PERMISSION);
    EXPECT_NE(refused.message.find("read_only"), std::string::npos) << refused.message;
    EXPECT_EQ(put(key("n"), "new").status, BLOBSTORE_E_PERMISSION);
    EXPECT_EQ(remove(key("r")).status, BLOBSTORE_E_PERMISSION);
    EXPECT_EQ(copy(key("r"), key("n")).status, BLOBSTORE_E_PERMISSION);
    const std::string k = key("r");
    blobstore_buffer* link = nullptr;
    auto options = sized<blobstore_presign_options>();
    options.method = str("PUT");
    EXPECT_EQ(
        blobstore_presign(store_.get(), k.data(), k.size(), &options, nullptr, &link, nullptr),
        BLOBSTORE_E_PERMISSION
    );
    EXPECT_EQ(
        blobstore_presign_post(store_.get(), k.data(), k.size(), nullptr, nullptr, &link, nullptr),
        BLOBSTORE_E_PERMISSION
    );
    blobstore_str keys[] = {str(k)};
    blobstore_status results[] = {0};
    EXPECT_EQ(
        blobstore_delete_many(store_.get(), keys, 1, nullptr, results, nullptr),
        BLOBSTORE_E_PERMISSION
    );
    EXPECT_EQ(results[0], BLOBSTORE_E_PERMISSION);
    EXPECT_EQ(get(key("r")).body, "data");
    EXPECT_EQ(get(key("n")).status, BLOBSTORE_E_NOT_FOUND);

    // It may be copied from, within the service where that can.
    const std::string n = key("n");
    EXPECT_EQ(
        blobstore_copy(
            store_.get(),
            k.data(),
            k.size(),
            writable.get(),
            n.data(),
            n.size(),
            nullptr,
            nullptr,
            nullptr,
            nullptr
        ),
        0
    );
    EXPECT_EQ(get(key("n")).body, "data");
}

TEST_P(views, below_a_prefix) {
    store_ = open(url(), nullptr, nullptr);
    for (const char* name : {"a", "in/b", "in/c/d", "other/e"})
        ASSERT_EQ(put(key(name), name).status, 0);
    store_ = open(below(key("in")), nullptr, nullptr);
    EXPECT_EQ(get("b").body, "in/b");
    EXPECT_EQ(head("c/d").info.key, "c/d");
    EXPECT_EQ(get("a").status, BLOBSTORE_E_NOT_FOUND);
    EXPECT_EQ(list_all("").keys, (std::vector<std::string>{"b", "c/d"}));
    EXPECT_EQ(list_all("c").keys, std::vector<std::string>{"c/d"});
    auto level = sized<blobstore_list_options>();
    level.delimiter = str("/");
    EXPECT_EQ(list(level).keys, (std::vector<std::string>{"b", "c/"}));
    auto after = sized<blobstore_list_options>();
    after.start_after = str("b");
    EXPECT_EQ(list(after).keys, std::vector<std::string>{"c/d"});
    ASSERT_EQ(put("f", "new").status, 0);
    store_ = open(url(), nullptr, nullptr);
    EXPECT_EQ(get(key("in/f")).body, "new");
}
