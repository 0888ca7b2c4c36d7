// SPDX-License-Identifier: Apache-2.0
// Buckets, versions, retention and legal hold.
#include "own_bucket.h"

#include <algorithm>
#include <ctime>

using namespace conformance;

namespace {

class buckets : public own_bucket {};

class versioned : public own_bucket {
protected:
    void SetUp() override {
        own_bucket::SetUp();
        if (IsSkipped()) return;
        if (target_->what == kind::file) GTEST_SKIP() << "file keeps no versions";
        ASSERT_TRUE(make_versioned());
    }
};

class locked : public own_bucket {
protected:
    void SetUp() override {
        own_bucket::SetUp();
        if (IsSkipped()) return;
        if (!has_buckets()) return;
        ASSERT_TRUE(make_versioned(BLOBSTORE_BUCKET_LOCKS));
    }

    static std::int64_t in_seconds(std::int64_t seconds) {
        return (std::time(nullptr) + seconds) * 1'000'000'000;
    }

    /// The status of a version that a lock keeps: services say it with different words.
    outcome kept(std::string_view key, const std::string& version) {
        return remove_version(key, version);
    }
};

} // namespace

CONFORMANCE_SUITE(buckets);
CONFORMANCE_SUITE(versioned);
CONFORMANCE_SUITE(locked);

TEST_P(buckets, are_made_found_listed_and_removed) {
    if (!has_buckets()) {
        EXPECT_EQ(exists().status, 0) << "a root folder, or memory";
        return;
    }
    EXPECT_EQ(exists().status, BLOBSTORE_E_STORE_NOT_FOUND);
    EXPECT_EQ(put("k", "x").status, BLOBSTORE_E_STORE_NOT_FOUND);
    const outcome made = create();
    ASSERT_EQ(made.status, 0) << made.message;
    EXPECT_EQ(exists().status, 0);
    EXPECT_EQ(list_buckets().keys, std::vector<std::string>{bucket_});
    EXPECT_NE(list_buckets().entries.at(0).modified_ns, 0);
    ASSERT_EQ(put("k", "x").status, 0);
    const outcome full = remove_bucket();
    EXPECT_EQ(full.status, BLOBSTORE_E_CONFLICT) << full.message;
    EXPECT_EQ(get("k").body, "x");
    ASSERT_EQ(remove("k").status, 0);
    const outcome gone = remove_bucket();
    EXPECT_EQ(gone.status, 0) << gone.message;
    EXPECT_EQ(exists().status, BLOBSTORE_E_STORE_NOT_FOUND);
    EXPECT_EQ(remove_bucket().status, BLOBSTORE_E_STORE_NOT_FOUND);
    EXPECT_TRUE(list_buckets().keys.empty());
}

TEST_P(buckets, one_that_is_there) {
    if (!has_buckets()) GTEST_SKIP() << "there are no buckets to make";
    ASSERT_EQ(create().status, 0);
    const outcome again = create();
    if (target_->what == kind::fake) {
        EXPECT_EQ(again.status, 0) << "S3 in us-east-1 does not mind";
        return;
    }
    EXPECT_EQ(again.status, BLOBSTORE_E_EXISTS) << again.message;
}

TEST_P(versioned, every_write_makes_one) {
    const std::string k = key("a&b");
    std::vector<std::string> ids;
    for (const char* body : {"one", "two", "three"}) {
        const outcome written = put(k, body);
        ASSERT_EQ(written.status, 0) << written.message;
        ids.push_back(written.info.version);
        EXPECT_FALSE(ids.back().empty());
    }
    ASSERT_EQ(put(key("another"), "x").status, 0);
    EXPECT_EQ(get(k).body, "three");
    EXPECT_EQ(head(k).info.version, ids[2]);
    EXPECT_EQ(get_version(k, ids[0]).body, "one");
    EXPECT_EQ(head_version(k, ids[1]).info.size, 3U);
    EXPECT_EQ(head_version(k, ids[1]).info.version, ids[1]);
    for (const std::uint32_t page_size : {0U, 2U, 1U}) {
        const listing seen = versions(k, page_size);
        if (page_size == 1) {
            outcome of;
            of.status = seen.status;
            judge("pages of one version", of, seen.status == 0 ? "" : seen.message);
            if (seen.status != 0) break;
        }
        ASSERT_EQ(seen.status, 0) << seen.message;
        ASSERT_EQ(seen.entries.size(), 3U) << page_size;
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_EQ(seen.entries[i].key, k);
            EXPECT_EQ(seen.entries[i].version, ids[2 - i]) << "newest first";
            EXPECT_EQ((seen.entries[i].flags & BLOBSTORE_OBJECT_IS_LATEST) != 0, i == 0);
        }
    }
    EXPECT_EQ(list_all(base_).keys, (std::vector<std::string>{k, key("another")}));
}

TEST_P(versioned, S3_37_deletes_hide_and_undelete_brings_back) {
    const std::string k = key("a");
    const std::string first = put(k, "first").info.version;
    ASSERT_EQ(put(k, "second").status, 0);
    EXPECT_EQ(undelete(k).status, BLOBSTORE_E_NOT_FOUND) << "nothing hides it";
    const auto none = sized<blobstore_delete_options>();
    const outcome hidden = remove_with(k, none);
    ASSERT_EQ(hidden.status, 0) << hidden.message;
    EXPECT_TRUE(hidden.info.flags & BLOBSTORE_OBJECT_IS_DELETE_MARKER);
    EXPECT_FALSE(hidden.info.version.empty());
    const outcome missing = get(k);
    EXPECT_EQ(missing.status, BLOBSTORE_E_NOT_FOUND);
    if (has_buckets()) {
        EXPECT_NE(missing.message.find("deleted"), std::string::npos) << missing.message;
    }
    EXPECT_EQ(get_version(k, first).body, "first");
    EXPECT_EQ(get_version(k, hidden.info.version).status, BLOBSTORE_E_NOT_FOUND) << "a marker";
    listing seen = versions(k);
    ASSERT_EQ(seen.entries.size(), 3U);
    EXPECT_TRUE(seen.entries[0].flags & BLOBSTORE_OBJECT_IS_DELETE_MARKER);
    EXPECT_TRUE(seen.entries[0].flags & BLOBSTORE_OBJECT_IS_LATEST);
    ASSERT_EQ(remove(k).status, 0) << "as a delete does that was tried again";
    const outcome back = undelete(k);
    ASSERT_EQ(back.status, 0) << back.message;
    EXPECT_EQ(get(k).body, "second");
    EXPECT_EQ(versions(k).entries.size(), 2U);
    EXPECT_EQ(undelete(key("none")).status, BLOBSTORE_E_NOT_FOUND);
}

TEST_P(versioned, one_is_removed_for_good) {
    const std::string k = key("a");
    const std::string first = put(k, "first").info.version;
    const std::string second = put(k, "second").info.version;
    const outcome gone = remove_version(k, second);
    ASSERT_EQ(gone.status, 0) << gone.message;
    EXPECT_EQ(get(k).body, "first");
    EXPECT_EQ(get_version(k, second).status, BLOBSTORE_E_NOT_FOUND);
    const outcome again = remove_version(k, second);
    judge("delete of a version that is gone", again, again.status == 0 ? "" : again.message);
    ASSERT_EQ(remove_version(k, first).status, 0);
    EXPECT_TRUE(versions(k).entries.empty());
    EXPECT_EQ(head(k).status, BLOBSTORE_E_NOT_FOUND);
}

TEST_P(versioned, copies_and_tags_of_one) {
    const std::string k = key("a");
    const std::string first = put(k, "first").info.version;
    ASSERT_EQ(put(k, "second").status, 0);
    auto source = sized<blobstore_get_options>();
    source.version = str(first);
    const outcome copied = copy_with(k, &source, key("copy"));
    ASSERT_EQ(copied.status, 0) << copied.message;
    EXPECT_EQ(get(key("copy")).body, "first");
    const outcome brought_back = copy_with(k, &source, k);
    ASSERT_EQ(brought_back.status, 0) << brought_back.message;
    EXPECT_EQ(get(k).body, "first");
    EXPECT_EQ(versions(k).entries.size(), 3U);
    ASSERT_EQ(tags_set(k, {{str("t"), str("1")}}).status, 0);
    EXPECT_TRUE(tags_get(k, first).info.tags.empty()) << "of another version";
    EXPECT_EQ(tags_get(k).info.tags.size(), 1U);
}

TEST_P(versioned, keeps_no_more_once_suspended) {
    const std::string k = key("a");
    const std::string first = put(k, "first").info.version;
    const outcome off = versioning(false);
    if (target_->what == kind::memory) {
        EXPECT_EQ(off.status, BLOBSTORE_E_UNSUPPORTED);
        return;
    }
    ASSERT_EQ(off.status, 0) << off.message;
    ASSERT_EQ(put(k, "second").status, 0);
    ASSERT_EQ(put(k, "third").status, 0);
    EXPECT_EQ(get(k).body, "third");
    EXPECT_EQ(get_version(k, first).body, "first");
    EXPECT_EQ(versions(k).entries.size(), 2U);
    EXPECT_EQ(get_version(k, "null").body, "third");
}

TEST_P(locked, retention_keeps_a_version) {
    auto options = sized<blobstore_lock_options>();
    options.flags = BLOBSTORE_LOCK_RETENTION;
    options.mode = str("GOVERNANCE");
    options.retain_until_ns = in_seconds(3600);
    const std::string k = key("a");
    const std::string version = put(k, "data").info.version;
    const outcome set = lock_set(k, options);
    if (!has_buckets()) {
        EXPECT_EQ(set.status, BLOBSTORE_E_UNSUPPORTED);
        return;
    }
    ASSERT_EQ(set.status, 0) << set.message;
    const outcome told = lock_get(k);
    ASSERT_EQ(told.status, 0) << told.message;
    EXPECT_EQ(told.info.lock_mode, "GOVERNANCE");
    EXPECT_EQ(told.info.retain_until_ns / 1'000'000'000, options.retain_until_ns / 1'000'000'000);
    EXPECT_EQ(head(k).info.lock_mode, "GOVERNANCE");
    const outcome refused = kept(k, version);
    EXPECT_EQ(refused.status, BLOBSTORE_E_LOCKED) << refused.message;
    EXPECT_EQ(get(k).body, "data");
    ASSERT_EQ(remove(k).status, 0) << "a delete marker is allowed";
    ASSERT_EQ(undelete(k).status, 0);
    const outcome gone = remove_version(k, version, true);
    EXPECT_EQ(gone.status, 0) << gone.message;
}

TEST_P(locked, a_legal_hold_is_set_and_lifted) {
    if (!has_buckets()) GTEST_SKIP() << "there are no locks";
    const std::string k = key("a");
    const std::string version = put(k, "data").info.version;
    const outcome before = lock_get(k);
    ASSERT_EQ(before.status, 0) << before.message;
    EXPECT_EQ(before.info.lock_mode, "");
    EXPECT_FALSE(before.info.flags & BLOBSTORE_OBJECT_LEGAL_HOLD);
    auto options = sized<blobstore_lock_options>();
    options.flags = BLOBSTORE_LOCK_LEGAL_HOLD;
    const outcome set = lock_set(k, options);
    ASSERT_EQ(set.status, 0) << set.message;
    EXPECT_TRUE(lock_get(k).info.flags & BLOBSTORE_OBJECT_LEGAL_HOLD);
    const outcome refused = kept(k, version);
    EXPECT_EQ(refused.status, BLOBSTORE_E_LOCKED) << refused.message;
    options.flags = BLOBSTORE_LOCK_NO_LEGAL_HOLD;
    ASSERT_EQ(lock_set(k, options).status, 0);
    EXPECT_FALSE(lock_get(k).info.flags & BLOBSTORE_OBJECT_LEGAL_HOLD);
    EXPECT_EQ(remove_version(k, version).status, 0);
}

TEST_P(locked, S3_47_a_put_into_such_a_bucket_works_as_it_is) {
    if (!has_buckets()) GTEST_SKIP() << "there are no locks";
    const outcome written = put(key("a"), "data");
    ASSERT_EQ(written.status, 0) << written.message;
    EXPECT_EQ(get(key("a")).body, "data");
    EXPECT_EQ(lock_get(key("none")).status, BLOBSTORE_E_NOT_FOUND);
}
