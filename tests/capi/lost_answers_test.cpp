// SPDX-License-Identifier: Apache-2.0
// Writes whose answer never comes, and refusals that a write of ours may itself have caused.
#include "capi/support.h"
#include "support/temp_folder.h"

#include <fstream>
#include <functional>
#include <thread>
#include <unistd.h>

namespace blobstore::capi_tests {
namespace {

using writer_ptr = std::unique_ptr<blobstore_writer, freer<blobstore_writer_free>>;
using object_ptr = std::unique_ptr<blobstore_object, freer<blobstore_object_free>>;

constexpr std::size_t least_part = 5u << 20;

blobstore_put_options create_only() {
    auto options = sized<blobstore_put_options>();
    options.flags = BLOBSTORE_PUT_CREATE;
    return options;
}

class lost_answers : public testing::Test {
protected:
    lost_answers() { server_.put_object("bucket", "there", "data"); }

    /// The request is carried out, and the connection ends within the answer's head.
    static fakes::fault lost() { return fakes::close_at(fakes::stage::answer_head, 5); }

    /// As if another client wrote the key just before the request is carried out.
    fakes::fault beaten(const std::string& key) {
        fakes::fault made;
        made.meanwhile = [this, key] { server_.put_object("bucket", key, "another's"); };
        return made;
    }

    store_ptr open(const settings& more = {}) {
        settings given{{"trust_conditions", "true"}};
        given.insert(given.end(), more.begin(), more.end());
        return open_fake(client_, server_, given);
    }

    blobstore_status put_with(
        const store_ptr& store,
        std::string_view key,
        std::string_view data,
        const blobstore_put_options& options
    ) {
        return blobstore_put(
            store.get(),
            key.data(),
            key.size(),
            data.data(),
            data.size(),
            &options,
            nullptr,
            nullptr,
            err_
        );
    }

    blobstore_status
    copy(const store_ptr& store, std::string_view key, const blobstore_put_options& options) {
        return blobstore_copy(
            store.get(),
            "there",
            5,
            store.get(),
            key.data(),
            key.size(),
            &options,
            nullptr,
            nullptr,
            err_
        );
    }

    std::string etag_of(const store_ptr& store, std::string_view key) {
        blobstore_object* info = nullptr;
        EXPECT_EQ(
            blobstore_head(store.get(), key.data(), key.size(), nullptr, nullptr, &info, err_), 0
        ) << err_.line();
        const object_ptr held(info);
        auto view = sized<blobstore_object_view>();
        blobstore_object_get(info, &view);
        return text_of(view.etag);
    }

    std::string data(const std::string& key) {
        return server_.object_data("bucket", key).value_or("(none)");
    }

    /// Uploads are aborted behind the call.
    bool nothing_is_left() const {
        for (int i = 0; i < 500 && !server_.open_uploads().empty(); ++i)
            std::this_thread::sleep_for(milliseconds(20));
        return server_.open_uploads().empty();
    }

    bool is_in_doubt() { return (err_.view().flags & BLOBSTORE_ERR_OUTCOME_UNKNOWN) != 0; }

    fakes::s3_server server_;
    client_ptr client_ = make_client();
    error_slot err_;
};

// Attempt 1 is applied, attempt 2 meets its object: 412 is not the truth.
TEST_F(lost_answers, S3_35_a_put_meets_itself) {
    const store_ptr store = open();
    server_.on({.method = "PUT"}, lost());
    EXPECT_EQ(put_with(store, "new", "mine", create_only()), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(data("new"), "mine");
    EXPECT_EQ(server_.traffic_of({.method = "PUT"}).requests, 2U);
    auto over = sized<blobstore_put_options>();
    const std::string etag = etag_of(store, "there");
    over.if_match = str(etag);
    server_.on({.method = "PUT"}, lost());
    EXPECT_EQ(put_with(store, "there", "changed", over), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(data("there"), "changed");
}

// Nothing was applied, and another won: the refusal stands, in doubt.
TEST_F(lost_answers, S3_35_a_put_that_another_overtook) {
    const store_ptr store = open();
    server_.on({.method = "PUT"}, fakes::close_at(fakes::stage::request));
    server_.on({.method = "PUT"}, beaten("new"));
    EXPECT_EQ(put_with(store, "new", "mine", create_only()), BLOBSTORE_E_EXISTS);
    EXPECT_TRUE(is_in_doubt()) << err_.line();
    EXPECT_EQ(data("new"), "another's");
    EXPECT_EQ(put_with(store, "new", "mine", create_only()), BLOBSTORE_E_EXISTS);
    EXPECT_FALSE(is_in_doubt()) << "no attempt before it could have done it";
}

TEST_F(lost_answers, S3_35_a_put_whose_attempts_are_used_up) {
    const store_ptr store = open({{"max_attempts", "1"}});
    server_.on({.method = "PUT"}, lost());
    EXPECT_EQ(put_with(store, "new", "mine", create_only()), BLOBSTORE_OK) << err_.line();
    server_.on({.method = "PUT"}, lost());
    EXPECT_EQ(put(store, "plain", "mine", err_), BLOBSTORE_E_NETWORK);
    EXPECT_TRUE(is_in_doubt()) << "without a condition nobody looks";
}

// With other attributes a copy carries a token; else ETag, size and time tell it.
TEST_F(lost_answers, S3_35_a_copy_meets_itself) {
    const store_ptr store = open();
    for (const bool replaces : {false, true}) {
        const std::string to = replaces ? "replaced" : "kept";
        auto options = create_only();
        if (replaces)
            options.content_type = str("text/x-new");
        else
            options.flags |= BLOBSTORE_PUT_KEEP_ATTRIBUTES | BLOBSTORE_PUT_KEEP_TAGS;
        server_.on({"PUT", to}, lost());
        EXPECT_EQ(copy(store, to, options), BLOBSTORE_OK) << to << ": " << err_.line();
        EXPECT_EQ(data(to), "data");
        EXPECT_EQ(copy(store, to, options), BLOBSTORE_E_EXISTS) << to;
        server_.on({"PUT", "x" + to}, fakes::close_at(fakes::stage::request));
        server_.on({"PUT", "x" + to}, beaten("x" + to));
        EXPECT_EQ(copy(store, "x" + to, options), BLOBSTORE_E_EXISTS) << to;
        EXPECT_TRUE(is_in_doubt());
    }
    auto plain = sized<blobstore_put_options>();
    plain.flags = BLOBSTORE_PUT_KEEP_ATTRIBUTES | BLOBSTORE_PUT_KEEP_TAGS;
    server_.on({"PUT", "plain"}, lost());
    EXPECT_EQ(copy(store, "plain", plain), BLOBSTORE_OK) << "it is made again";
}

TEST_F(lost_answers, S3_35_a_delete_meets_itself) {
    const store_ptr store = open();
    server_.on({.method = "DELETE"}, lost());
    EXPECT_EQ(blobstore_delete(store.get(), "there", 5, nullptr, err_), 0) << err_.line();
    EXPECT_EQ(data("there"), "(none)");
    server_.put_object("bucket", "there", "again");
    const std::string etag = etag_of(store, "there");
    auto options = sized<blobstore_delete_options>();
    options.if_match = str(etag);
    const auto remove = [&] {
        return blobstore_delete_with(store.get(), "there", 5, &options, nullptr, nullptr, err_);
    };
    server_.on({.method = "DELETE"}, lost());
    EXPECT_EQ(remove(), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(data("there"), "(none)");
    EXPECT_EQ(remove(), BLOBSTORE_E_PRECONDITION) << "it was not there at the first attempt";
}

// Complete is applied, its answer lost, and the next attempt finds no upload: 3 endings.
TEST_F(lost_answers, S3_35_a_completion_meets_itself) {
    const std::string large(2 * least_part + 7, 'l');
    const store_ptr store =
        open({{"multipart_threshold", "5MiB"}, {"part_size", "5MiB"}, {"max_attempts", "3"}});
    const fakes::match completion{"POST", "large", "uploadId="};
    server_.on(completion, lost());
    EXPECT_EQ(put(store, "large", large, err_), BLOBSTORE_OK) << err_.line();
    EXPECT_TRUE(server_.object_data("bucket", "large") == large);
    EXPECT_EQ(server_.traffic_of(completion).requests, 2U);
    server_.on(completion, fakes::close_at(fakes::stage::request)); // not applied: it is repeated
    EXPECT_EQ(put(store, "large2", large, err_), BLOBSTORE_OK) << err_.line();
    server_.on({"POST", "large3", "uploadId="}, lost());
    server_.on({"POST", "large3", "uploadId="}, beaten("large3")); // what stands there is another's
    EXPECT_EQ(put(store, "large3", large, err_), BLOBSTORE_E_UPLOAD_NOT_FOUND) << err_.line();
    EXPECT_TRUE(is_in_doubt());
    EXPECT_EQ(data("large3"), "another's");
}

// A service that is eventually consistent shows a write late: only where that is said it is waited
// for.
TEST_F(lost_answers, S3_48_what_was_written_may_show_late) {
    const fakes::fault missing = fakes::answer_status(404, "NoSuchKey");
    for (const bool eventual : {false, true}) {
        const store_ptr store =
            open({{"max_attempts", "1"}, {"eventual", eventual ? "true" : "false"}});
        const std::string key = eventual ? "late" : "strict";
        server_.on({"PUT", key}, lost());
        server_.on({"HEAD", key}, missing, 2);
        const blobstore_status status = put_with(store, key, "mine", create_only());
        server_.clear_faults();
        EXPECT_EQ(status, eventual ? BLOBSTORE_OK : BLOBSTORE_E_NETWORK) << err_.line();
        EXPECT_EQ(server_.traffic_of({"HEAD", key}).requests, eventual ? 3U : 1U);
    }
    client_ = make_client(); // with no connection that may be taken for a stale one
    const store_ptr store = open({{"max_attempts", "1"}, {"eventual", "true"}});
    server_.on({"PUT", "never"}, fakes::close_at(fakes::stage::request));
    const auto from = steady::now();
    EXPECT_EQ(put_with(store, "never", "mine", create_only()), BLOBSTORE_E_NETWORK);
    EXPECT_GE(since(from).count(), 1900);
    EXPECT_LT(since(from).count(), 4000);
    EXPECT_TRUE(is_in_doubt());
}

// 409 is a race that has no winner yet: asked again it is 200 or 412, never taken for "exists".
TEST_F(lost_answers, S3_34_a_conflict_is_asked_again) {
    const store_ptr store = open({{"multipart_threshold", "5MiB"}, {"part_size", "5MiB"}});
    const fakes::fault conflict = fakes::answer_status(409, "ConditionalRequestConflict");
    server_.on({"PUT", "new"}, conflict, 2);
    EXPECT_EQ(put_with(store, "new", "mine", create_only()), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(server_.traffic_of({"PUT", "new"}).requests, 3U);
    EXPECT_EQ(data("new"), "mine");
    server_.on({"PUT", "new"}, conflict, 1);
    EXPECT_EQ(put_with(store, "new", "x", create_only()), BLOBSTORE_E_EXISTS);
    EXPECT_FALSE(is_in_doubt()) << "a conflict changes nothing";
    server_.on({"PUT", "busy"}, conflict, fakes::for_ever);
    EXPECT_EQ(put_with(store, "busy", "x", create_only()), BLOBSTORE_E_CONFLICT) << err_.line();
}

// An upload that was given up for another write is begun anew, as often as a call tries.
TEST_F(lost_answers, S3_34_an_upload_that_met_a_conflict_is_begun_anew) {
    const store_ptr store = open({{"multipart_threshold", "5MiB"}, {"part_size", "5MiB"}});
    const fakes::fault conflict = fakes::answer_status(409, "ConditionalRequestConflict");
    const fakes::match create{"POST", "", "uploads"}, complete{"POST", "", "uploadId="};
    const std::string large(least_part + 7, 'l');
    server_.on(complete, conflict, 2);
    EXPECT_EQ(put_with(store, "memory", large, create_only()), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(data("memory"), large);
    EXPECT_EQ(server_.traffic_of(create).requests, 3U);
    EXPECT_EQ(server_.traffic_of(complete).requests, 3U);
    EXPECT_TRUE(nothing_is_left());

    const blobstore_tests::temp_folder folder;
    const std::string path = folder.path() + "/from", state = folder.path() + "/state";
    std::ofstream(path) << large;
    auto file = sized<blobstore_file>();
    file.path = str(path);
    auto resumed = create_only();
    resumed.resume_path = str(state);
    server_.on(complete, conflict, 1);
    EXPECT_EQ(
        blobstore_upload_file(store.get(), "file", 4, &file, &resumed, nullptr, nullptr, err_),
        BLOBSTORE_OK
    ) << err_.line();
    EXPECT_EQ(data("file"), large);
    EXPECT_NE(::access(state.c_str(), F_OK), 0);
    EXPECT_TRUE(nothing_is_left());

    server_.clear_log();
    server_.on(complete, conflict, fakes::for_ever);
    EXPECT_EQ(put_with(store, "lost", large, create_only()), BLOBSTORE_E_CONFLICT) << err_.line();
    EXPECT_EQ(server_.traffic_of(complete).requests, 5U) << "max_attempts";
    EXPECT_NE(err_.line().find("on its way"), std::string::npos) << err_.line();
    EXPECT_FALSE(is_in_doubt());
    EXPECT_TRUE(nothing_is_left());

    server_.clear_log(); // what came by a stream cannot be read again
    blobstore_writer* opened = nullptr;
    const auto only = create_only();
    ASSERT_EQ(
        blobstore_writer_open(store.get(), "stream", 6, &only, nullptr, &opened, err_), BLOBSTORE_OK
    ) << err_.line();
    const writer_ptr writer(opened);
    EXPECT_EQ(blobstore_writer_write(opened, large.data(), large.size(), err_), BLOBSTORE_OK);
    EXPECT_EQ(blobstore_writer_finish(opened, nullptr, err_), BLOBSTORE_E_CONFLICT) << err_.line();
    EXPECT_EQ(server_.traffic_of(complete).requests, 1U);
    EXPECT_NE(err_.line().find("upload all of it again"), std::string::npos) << err_.line();
    EXPECT_TRUE(nothing_is_left());
}

// On a bucket with versions a repeated PUT leaves two: what the call knows of it is told.
TEST_F(lost_answers, S3_47_a_repeated_put_leaves_two_versions) {
    server_.service().turn_versions("bucket", fakes::versioning::on);
    const store_ptr store = open();
    const auto versions = [&](const std::string& key) {
        auto options = sized<blobstore_list_options>();
        options.flags = BLOBSTORE_LIST_VERSIONS;
        options.prefix = str(key);
        blobstore_page* page = nullptr;
        EXPECT_EQ(blobstore_list(store.get(), &options, nullptr, &page, err_), 0) << err_.line();
        const std::size_t n = blobstore_page_len(page);
        blobstore_page_free(page);
        return n;
    };
    server_.on({"PUT", "plain"}, lost());
    EXPECT_EQ(put(store, "plain", "mine", err_), BLOBSTORE_OK);
    EXPECT_EQ(versions("plain"), 2U);
    auto stats = sized<blobstore_stats>();
    ASSERT_EQ(blobstore_client_stats(client_.get(), &stats, nullptr), BLOBSTORE_OK);
    EXPECT_EQ(stats.retries, 1U) << "the second one can be known of";
    server_.on({"PUT", "once"}, lost());
    EXPECT_EQ(put_with(store, "once", "mine", create_only()), BLOBSTORE_OK) << err_.line();
    EXPECT_EQ(versions("once"), 1U) << "a condition keeps the second from being made";
}

// What the second attempt is refused for is what the first one did.
TEST_F(lost_answers, S3_03_a_bucket_is_made_and_removed_once) {
    fakes::server_options far_away;
    far_away.service.signature.region = "eu-west-1"; // where a bucket is not made twice
    fakes::s3_server server(far_away);
    const store_ptr store = open_store(
        client_, "s3://another", fake_settings(server.endpoint(), {{"region", "eu-west-1"}})
    );
    server.on({"PUT"}, lost());
    EXPECT_EQ(blobstore_bucket_create(store.get(), nullptr, nullptr, err_), 0) << err_.line();
    EXPECT_NE(blobstore_bucket_create(store.get(), nullptr, nullptr, err_), 0) << "it is there";
    server.on({"DELETE"}, lost());
    EXPECT_EQ(blobstore_bucket_delete(store.get(), nullptr, err_), 0) << err_.line();
    EXPECT_EQ(blobstore_bucket_delete(store.get(), nullptr, err_), BLOBSTORE_E_STORE_NOT_FOUND);
    EXPECT_EQ(server.traffic_of({}).requests, 6U);
}

// What brought the object back is done, whether or not it can be looked at.
TEST_F(lost_answers, S3_37_an_undelete_that_cannot_look_is_in_doubt) {
    const store_ptr store = open();
    ASSERT_EQ(blobstore_bucket_versioning(store.get(), 1, nullptr, err_), 0);
    ASSERT_EQ(blobstore_delete(store.get(), "there", 5, nullptr, err_), 0);
    server_.on({"HEAD"}, fakes::answer_status(403, "AccessDenied"));
    EXPECT_EQ(
        blobstore_undelete(store.get(), "there", 5, nullptr, nullptr, err_), BLOBSTORE_E_PERMISSION
    );
    EXPECT_TRUE(err_.view().flags & BLOBSTORE_ERR_OUTCOME_UNKNOWN);
    EXPECT_EQ(server_.object_data("bucket", "there"), "data");
}

// Whichever answer of the probe is lost, it finds out the same.
TEST_F(lost_answers, S3_36_a_probe_meets_itself) {
    for (unsigned nth = 1; nth <= 8; ++nth) {
        const client_ptr client = make_client();
        const store_ptr store = open_fake(client, server_);
        server_.on({.nth = nth}, lost());
        EXPECT_EQ(blobstore_store_probe(store.get(), nullptr, err_), 0) << nth << err_.line();
        for (const int what : {BLOBSTORE_CAN_CREATE, BLOBSTORE_CAN_UPDATE, BLOBSTORE_CAN_DELETE_IF})
            EXPECT_EQ(blobstore_store_supports(store.get(), what), 1) << nth << ' ' << what;
        server_.clear_faults();
        EXPECT_EQ(server_.keys("bucket"), std::vector<std::string>{"there"}) << nth;
    }
}

} // namespace
} // namespace blobstore::capi_tests
