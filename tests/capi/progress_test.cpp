// SPDX-License-Identifier: Apache-2.0
// PROGRESS events: what they say, when they come, and that COMPLETE is the last.
#include "capi/support.h"
#include "support/temp_folder.h"

#include <array>
#include <atomic>
#include <fstream>
#include <thread>

namespace blobstore::capi_tests {
namespace {

constexpr std::size_t mib = 1u << 20;

struct told {
    std::uint64_t bytes = 0, total = 0, rate = 0;
    std::string resume;
};

class progress : public testing::Test {
protected:
    progress() {
        std::ofstream(path_, std::ios::binary) << body_;
        file_.path = str(path_);
        how_.progress_interval_ms = 1;
        how_.user_data = 7;
        put_.part_size = 5 * mib;
        put_.parallel = 2;
    }

    /// Submits an upload of the file in parts.
    op_ptr upload() {
        blobstore_op* op = nullptr;
        EXPECT_EQ(
            blobstore_upload_file_async(
                store_.get(), "key", 3, &file_, &put_, nullptr, &how_, &op, err_
            ),
            BLOBSTORE_OK
        ) << err_.line();
        return op_ptr(op);
    }

    void use_queue() {
        blobstore_queue* made = nullptr;
        ASSERT_EQ(blobstore_queue_new(4, &made, err_), BLOBSTORE_OK);
        queue_.reset(made);
        how_.queue = made;
    }

    /// Every event until COMPLETE.
    std::vector<told> drain(blobstore_status& ended) {
        std::vector<told> all;
        for (;;) {
            std::array<blobstore_event, 3> events{};
            std::size_t n = 0;
            const auto status =
                blobstore_queue_poll(queue_.get(), events.data(), events.size(), 10000, &n);
            if (status != BLOBSTORE_OK) {
                ADD_FAILURE() << "no COMPLETE came";
                return all;
            }
            bool complete = false;
            for (std::size_t i = 0; i < n; ++i) {
                const blobstore_event& e = events[i];
                EXPECT_FALSE(complete) << "something came behind COMPLETE";
                EXPECT_EQ(e.user_data, 7U);
                complete = e.type == BLOBSTORE_EVENT_COMPLETE;
                if (complete) {
                    ended = e.status;
                    continue;
                }
                EXPECT_EQ(e.type, static_cast<std::uint32_t>(BLOBSTORE_EVENT_PROGRESS));
                EXPECT_NE(e.op, nullptr);
                all.push_back(
                    {e.bytes,
                     e.total,
                     e.reserved,
                     {static_cast<const char*>(e.data), static_cast<std::size_t>(e.data_len)}}
                );
            }
            blobstore_events_release(events.data(), n);
            if (complete) return all;
        }
    }

    void check(const std::vector<told>& all) const {
        std::uint64_t last = 0;
        for (const told& each : all) {
            EXPECT_GE(each.bytes, last);
            EXPECT_EQ(each.total, body_.size());
            last = each.bytes;
        }
        EXPECT_LE(last, body_.size());
    }

    void slow_down() {
        fakes::fault slow;
        slow.segment = 256 * 1024;
        slow.segment_delay = milliseconds(10);
        server_.on({.method = "GET"}, slow, fakes::for_ever);
    }

    const blobstore_tests::temp_folder folder_;
    const std::string path_ = folder_.path() + "/file";
    const std::string body_ = std::string(23 * mib, 'x') + "end";
    fakes::s3_server server_;
    client_ptr client_ = make_client();
    store_ptr store_ = open_store(client_, "s3://bucket", fake_settings(server_.endpoint()));
    queue_ptr queue_;
    blobstore_file file_ = sized<blobstore_file>();
    blobstore_async how_ = sized<blobstore_async>();
    blobstore_put_options put_ = sized<blobstore_put_options>();
    error_slot err_;
};

TEST_F(progress, of_an_upload_with_its_resume_string) {
    use_queue();
    fakes::fault late; // so that what is told is heard before there is more
    late.delay = milliseconds(50);
    server_.on({.method = "PUT"}, late, fakes::for_ever);
    const op_ptr op = upload();
    blobstore_status ended = -1;
    const std::vector<told> all = drain(ended);
    EXPECT_EQ(ended, BLOBSTORE_OK);
    check(all);
    ASSERT_GE(all.size(), 3U);
    std::size_t texts = 0;
    for (const told& each : all)
        if (each.resume.starts_with("bsr1.")) ++texts;
    EXPECT_GE(texts, 2U);
    EXPECT_TRUE(all[0].resume.starts_with("bsr1.")) << "before the first part";
    EXPECT_GT(all.back().rate, 0U);
    EXPECT_GT(all.back().bytes, body_.size() / 2);
}

TEST_F(progress, of_downloads_and_reads) {
    server_.put_object("bucket", "key", body_);
    slow_down();
    use_queue();
    auto options = sized<blobstore_get_options>();
    options.part_size = 2 * mib;
    auto into = sized<blobstore_file>();
    const std::string to = folder_.path() + "/out";
    into.path = str(to);
    std::string memory(body_.size(), '\0');
    for (const int what : {0, 1, 2}) {
        blobstore_op* op = nullptr;
        if (what == 0)
            ASSERT_EQ(
                blobstore_download_file_async(
                    store_.get(), "key", 3, &options, &into, nullptr, &how_, &op, err_
                ),
                BLOBSTORE_OK
            );
        else if (what == 1)
            ASSERT_EQ(
                blobstore_get_async(store_.get(), "key", 3, &options, nullptr, &how_, &op, err_),
                BLOBSTORE_OK
            );
        else
            ASSERT_EQ(
                blobstore_get_into_async(
                    store_.get(),
                    "key",
                    3,
                    &options,
                    nullptr,
                    memory.data(),
                    memory.size(),
                    &how_,
                    &op,
                    err_
                ),
                BLOBSTORE_OK
            );
        const op_ptr held(op);
        blobstore_status ended = -1;
        const std::vector<told> all = drain(ended);
        EXPECT_EQ(ended, BLOBSTORE_OK);
        check(all);
        EXPECT_GE(all.size(), 3U) << what;
    }
}

TEST_F(progress, what_is_not_given_back_holds_the_next_one_up) {
    use_queue();
    const op_ptr op = upload();
    blobstore_event first{};
    std::size_t n = 0;
    ASSERT_EQ(blobstore_queue_poll(queue_.get(), &first, 1, 10000, &n), BLOBSTORE_OK);
    ASSERT_EQ(first.type, static_cast<std::uint32_t>(BLOBSTORE_EVENT_PROGRESS));
    const std::string resume(static_cast<const char*>(first.data), first.data_len);
    EXPECT_EQ(blobstore_op_wait(op.get(), -1), BLOBSTORE_OK);
    EXPECT_EQ(std::string(static_cast<const char*>(first.data), first.data_len), resume);
    blobstore_status ended = -1;
    EXPECT_TRUE(drain(ended).empty());
    EXPECT_EQ(ended, BLOBSTORE_OK);
    blobstore_events_release(&first, 1);
    EXPECT_EQ(blobstore_queue_poll(queue_.get(), &first, 1, 0, &n), BLOBSTORE_E_AGAIN);
}

TEST_F(progress, of_a_request_that_begins_anew_goes_back) {
    use_queue();
    put_.part_size = 0;
    const settings one_put{{"multipart_threshold", "1GiB"}};
    settings all_settings = fake_settings(server_.endpoint());
    all_settings.insert(all_settings.end(), one_put.begin(), one_put.end());
    store_ = open_store(client_, "s3://bucket", all_settings);
    bool back = false;
    for (int tries = 0; tries < 10 && !back; ++tries) { // what comes too fast is added up
        server_.on(
            {.method = "PUT"}, fakes::close_at(fakes::stage::request_body, body_.size() - 1000), 1
        );
        const op_ptr op = upload();
        blobstore_status ended = -1;
        const std::vector<told> all = drain(ended);
        EXPECT_EQ(ended, BLOBSTORE_OK);
        for (std::size_t i = 1; i < all.size(); ++i)
            back = back || all[i].bytes < all[i - 1].bytes;
        for (const told& each : all)
            EXPECT_LE(each.bytes, body_.size());
    }
    EXPECT_TRUE(back);
}

struct watched {
    std::atomic<int> inside{0}, progress{0}, behind{0};
    std::atomic<bool> overlapped{false}, complete{false};
};

void BLOBSTORE_CALL watch(const blobstore_event* event) {
    auto& w = *reinterpret_cast<watched*>(static_cast<std::uintptr_t>(event->user_data));
    if (w.inside.fetch_add(1) != 0) w.overlapped = true;
    if (w.complete) ++w.behind;
    if (event->type == BLOBSTORE_EVENT_PROGRESS) ++w.progress;
    std::this_thread::sleep_for(milliseconds(20));
    if (event->type == BLOBSTORE_EVENT_COMPLETE) w.complete = true;
    --w.inside;
}

TEST_F(progress, by_callback_one_at_a_time) {
    const client_ptr client = make_client({{"callback_threads", "4"}});
    store_ = open_store(client, "s3://bucket", fake_settings(server_.endpoint()));
    watched seen;
    how_.callback = watch;
    how_.user_data = reinterpret_cast<std::uintptr_t>(&seen);
    for (int i = 0; i < 3; ++i) {
        seen.complete = false;
        const op_ptr op = upload();
        for (int k = 0; k < 1000 && !seen.complete; ++k)
            std::this_thread::sleep_for(milliseconds(10));
        ASSERT_TRUE(seen.complete);
    }
    EXPECT_FALSE(seen.overlapped);
    EXPECT_EQ(seen.behind, 0);
    EXPECT_GE(seen.progress, 3);
    blobstore_client_close(client.get(), -1, err_);
}

TEST_F(progress, a_queue_that_goes_takes_its_events_along) {
    use_queue();
    const op_ptr op = upload();
    std::this_thread::sleep_for(milliseconds(5));
    queue_.reset();
    EXPECT_EQ(blobstore_op_wait(op.get(), -1), BLOBSTORE_OK);
}

TEST_F(progress, only_where_it_is_asked_for) {
    use_queue();
    how_.progress_interval_ms = 0;
    const op_ptr op = upload();
    blobstore_status ended = -1;
    EXPECT_TRUE(drain(ended).empty());
    EXPECT_EQ(ended, BLOBSTORE_OK);
    how_.reserved0 = 1;
    EXPECT_EQ(
        blobstore_upload_file_async(
            store_.get(), "key", 3, &file_, &put_, nullptr, &how_, nullptr, err_
        ),
        BLOBSTORE_E_INVALID_ARGUMENT
    );
}

} // namespace
} // namespace blobstore::capi_tests
