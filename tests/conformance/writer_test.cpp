// SPDX-License-Identifier: Apache-2.0
// Streams of unknown length, and large objects that go in parts behind one call.
#include "handles.h"

#include <cstdlib>
#include <cstring>
#include <unistd.h>

using namespace conformance;

namespace {

using writer_ptr = owned<blobstore_writer, blobstore_writer_free>;

constexpr std::size_t mib = 1u << 20;

std::string pattern(std::size_t size, unsigned seed) {
    std::string bytes(size, '\0');
    std::uint32_t state = seed * 2654435761u + 1;
    for (char& c : bytes) {
        state = state * 1664525u + 1013904223u;
        c = static_cast<char>(state >> 24);
    }
    return bytes;
}

class writer : public store_test {
protected:
    /// Stores whose threshold is low, so that little is needed to go in parts.
    void SetUp() override {
        store_test::SetUp();
        if (IsSkipped() || !store_) return;
        blobstore_config* config = nullptr;
        ASSERT_EQ(blobstore_config_new(&config, nullptr), 0);
        const config_ptr owner(config);
        for (const auto& [name, value] :
             {std::pair{"multipart_threshold", "6MiB"}, std::pair{"part_size", "5MiB"}})
            ASSERT_EQ(
                blobstore_config_set(
                    config, name, std::strlen(name), value, std::strlen(value), nullptr
                ),
                0
            );
        blobstore_store* store = nullptr;
        ASSERT_EQ(
            blobstore_store_open(
                client_.get(), target_->url.data(), target_->url.size(), config, &store, nullptr
            ),
            0
        );
        store_.reset(store);
    }

    writer_ptr open(const std::string& at, const blobstore_put_options* options = nullptr) {
        blobstore_writer* made = nullptr;
        blobstore_error* error = nullptr;
        EXPECT_EQ(
            blobstore_writer_open(
                store_.get(), at.data(), at.size(), options, nullptr, &made, &error
            ),
            0
        ) << blobstore_error_message(error);
        const error_ptr freed(error);
        return writer_ptr(made);
    }

    blobstore_status write(const writer_ptr& to, std::string_view bytes) {
        blobstore_error* error = nullptr;
        const blobstore_status status =
            blobstore_writer_write(to.get(), bytes.data(), bytes.size(), &error);
        EXPECT_EQ(status, 0) << blobstore_error_message(error);
        const error_ptr freed(error);
        return status;
    }

    outcome finish(const writer_ptr& of) {
        blobstore_object* info = nullptr;
        blobstore_error* error = nullptr;
        outcome done;
        done.status = blobstore_writer_finish(of.get(), &info, &error);
        done.message = blobstore_error_message(error);
        const error_ptr freed(error);
        const object_ptr owner(info);
        if (info) done.info = copied(info);
        return done;
    }

    std::size_t open_uploads() {
        auto options = sized<blobstore_list_options>();
        options.prefix = str(base_);
        blobstore_page* page = nullptr;
        if (blobstore_uploads_list(store_.get(), &options, nullptr, &page, nullptr) != 0) return 99;
        const page_ptr owner(page);
        return blobstore_page_len(page);
    }

    /// Aborts go on behind the call that was freed. MinIO tells of whole keys only. Where the
    /// answer to a create may be lost, its retry leaves an upload whose token nobody has.
    bool no_upload_is_left() {
        if (target_->name == "toxic_reset") return true;
        for (int i = 0; i < 100; ++i) {
            if (open_uploads() == 0) return true;
            ::usleep(50000);
        }
        return false;
    }
};

} // namespace

CONFORMANCE_SUITE(writer);

TEST_P(writer, of_every_size) {
    const std::size_t large = target_->name.starts_with("toxic") ? 6 * mib + 1 : 12 * mib + 3;
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, 5 * mib - 1, 5 * mib, 5 * mib + 1, large}) {
        const std::string bytes = pattern(size, 1);
        const std::string at = key("of " + std::to_string(size));
        const writer_ptr to = open(at);
        for (std::size_t done = 0; done < size;) { // pieces that fit no part
            const std::size_t n = std::min<std::size_t>(777777, size - done);
            ASSERT_EQ(write(to, std::string_view(bytes).substr(done, n)), 0);
            done += n;
        }
        EXPECT_EQ(head(at).status, BLOBSTORE_E_NOT_FOUND);
        const outcome done = finish(to);
        ASSERT_EQ(done.status, 0) << size << ' ' << done.message;
        EXPECT_EQ(done.info.key, at);
        EXPECT_EQ(done.info.size, size);
        const outcome got = get(at);
        EXPECT_TRUE(got.body == bytes) << size;
        EXPECT_EQ(got.info.etag, done.info.etag);
        EXPECT_EQ(finish(to).status, BLOBSTORE_E_INVALID_STATE);
    }
}

TEST_P(writer, without_finish_there_is_nothing) {
    const std::string at = key("dropped");
    for (const std::size_t size : {std::size_t{10}, 11 * mib}) {
        const writer_ptr to = open(at);
        ASSERT_EQ(write(to, pattern(size, 2)), 0);
    }
    EXPECT_TRUE(no_upload_is_left());
    EXPECT_EQ(head(at).status, BLOBSTORE_E_NOT_FOUND);
}

TEST_P(writer, attributes_come_with_parts_too) {
    auto options = sized<blobstore_put_options>();
    options.content_type = str("text/x-streamed");
    const blobstore_kv meta{str("made-of"), str("parts")};
    options.metadata = &meta;
    options.metadata_len = 1;
    for (const std::size_t size : {std::size_t{3}, 11 * mib}) {
        const std::string at = key("attributes");
        const writer_ptr to = open(at, &options);
        ASSERT_EQ(write(to, pattern(size, 3)), 0);
        ASSERT_EQ(finish(to).status, 0);
        const outcome seen = head(at);
        EXPECT_EQ(seen.info.content_type, "text/x-streamed");
        EXPECT_EQ(seen.info.metadata, (std::map<std::string, std::string>{{"made-of", "parts"}}));
    }
}

TEST_P(writer, a_large_put_and_a_large_file) {
    const std::string bytes = pattern(13 * mib + 5, 4);
    const outcome whole = put(key("large put"), bytes);
    ASSERT_EQ(whole.status, 0) << whole.message;
    EXPECT_TRUE(get(key("large put")).body == bytes);
    char path[] = "/tmp/blobstore-writer-XXXXXX";
    const int fd = ::mkstemp(path);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(::write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    ::close(fd);
    auto file = sized<blobstore_file>();
    file.path = str(path);
    const std::string at = key("large file");
    blobstore_op* op = nullptr;
    ASSERT_EQ( // on an I/O thread, which must not wait for the file
        blobstore_upload_file_async(
            store_.get(), at.data(), at.size(), &file, nullptr, nullptr, nullptr, &op, nullptr
        ),
        0
    );
    const op_ptr owner(op);
    EXPECT_EQ(blobstore_op_wait(op, -1), 0) << blobstore_error_message(blobstore_op_error(op));
    EXPECT_TRUE(get(at).body == bytes);
    EXPECT_TRUE(no_upload_is_left());
    ::unlink(path);
}

TEST_P(writer, one_call_at_a_time) {
    const writer_ptr to = open(key("busy"));
    const std::string bytes = pattern(20 * mib, 5);
    blobstore_op* op = nullptr;
    ASSERT_EQ(
        blobstore_writer_write_async(to.get(), bytes.data(), bytes.size(), nullptr, &op, nullptr), 0
    );
    const op_ptr owner(op);
    blobstore_status second = blobstore_writer_write(to.get(), "x", 1, nullptr);
    EXPECT_TRUE(second == BLOBSTORE_E_INVALID_STATE || blobstore_op_wait(op, 0) == 0);
    blobstore_op_cancel(op);
    (void)blobstore_op_wait(op, -1);
}
