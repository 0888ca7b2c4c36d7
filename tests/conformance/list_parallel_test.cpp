// SPDX-License-Identifier: Apache-2.0
// Listings by several requests at a time: the same keys as by one.
#include "handles.h"

#include <algorithm>

using namespace conformance;

namespace {

class list_parallel : public store_test {
protected:
    struct found {
        std::vector<std::string> keys;
        std::size_t pages = 0;
    };

    /// All pages, each asked for by the token of the one before.
    found list_by(std::uint32_t parallel, std::uint32_t flags, const std::string& start = {}) {
        auto options = sized<blobstore_list_options>();
        options.parallel = parallel;
        options.flags = flags;
        options.page_size = 5;
        const std::string prefix = base_ + "p/";
        options.prefix = str(prefix);
        options.start_after = str(start);
        found all;
        std::string token;
        do {
            options.page_token = str(token);
            const listing page = list(options);
            EXPECT_EQ(page.status, 0) << page.message;
            if (page.status != 0) break;
            all.keys.insert(all.keys.end(), page.keys.begin(), page.keys.end());
            token = page.token;
            ++all.pages;
        } while (!token.empty());
        return all;
    }
};

} // namespace

CONFORMANCE_SUITE(list_parallel);

TEST_P(list_parallel, finds_what_one_request_after_the_other_finds) {
    const std::size_t count = target_->what == kind::server ? 60 : 400;
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < count; ++i) {
        std::string name = std::to_string(1000 + i * 7 % count);
        if (i % 10 == 3) name = "2026-01-" + name + "/ä & <x>";
        if (i % 10 == 4) name = "zz/" + name;
        keys.push_back(key("p/" + name));
        ASSERT_EQ(put(keys.back(), "x").status, 0);
    }
    ASSERT_EQ(put(key("o"), "x").status, 0);
    ASSERT_EQ(put(key("q"), "x").status, 0);
    std::sort(keys.begin(), keys.end());
    const found ordered = list_by(3, 0);
    EXPECT_EQ(ordered.keys, keys);
    found any = list_by(4, BLOBSTORE_LIST_UNORDERED);
    std::sort(any.keys.begin(), any.keys.end());
    EXPECT_EQ(any.keys, keys);
    const std::vector<std::string> half(keys.begin() + static_cast<long>(count / 2), keys.end());
    EXPECT_EQ(list_by(3, 0, keys[count / 2 - 1]).keys, half);
    EXPECT_EQ(list_by(3, 0, keys.back()).keys, std::vector<std::string>());
}

TEST_P(list_parallel, refusals) {
    if (target_->what == kind::file) return; // a listing of files is one walk whatever is asked for
    auto options = sized<blobstore_list_options>();
    options.parallel = 65;
    EXPECT_EQ(list(options).status, BLOBSTORE_E_INVALID_ARGUMENT);
    options.parallel = 4;
    options.delimiter = str("/");
    EXPECT_EQ(list(options).status, BLOBSTORE_E_INVALID_ARGUMENT);
    options.delimiter = {};
    options.flags = BLOBSTORE_LIST_VERSIONS;
    EXPECT_EQ(list(options).status, BLOBSTORE_E_INVALID_ARGUMENT);
    options.flags = 0;
    options.page_token = str("pieces:61-60,");
    EXPECT_EQ(list(options).status, BLOBSTORE_E_INVALID_ARGUMENT);
}
