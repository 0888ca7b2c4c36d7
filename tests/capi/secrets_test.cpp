// SPDX-License-Identifier: Apache-2.0
// After client_close and client_free no secret is in this process's memory, and none was ever in a
// log line, an error, the statistics or a file. The secrets come through a pipe from the process
// that runs the server; here only hashes of them stay.
#include "capi/support.h"
#include "capi/vault.h"
#include "fakes/digests.h"
#include "support/memory_search.h"
#include "support/temp_folder.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <mutex>
#include <sys/wait.h>
#include <unistd.h>

namespace blobstore::capi_tests {
namespace {

using blobstore_tests::memory_search;

/// What comes through the pipe, in this order. Those from `key` on are secret.
enum item : std::size_t {
    plain_endpoint,
    tls_endpoint,
    ca,
    certificate,
    key,          // of the client's certificate: PEM text
    secret,       // of long-term keys
    short_secret, // as MinIO allows them: fits into a std::string itself
    secret_with_token,
    token, // longer than a signature's scratch memory has room for
    link_signature,
    link_token,
    date_key, // what is derived from `secret` on the way to the key of the day
    region_key,
    service_key,
    signing_key,
    signing_key_with_token,
    planted, // never given to the library
    item_count
};

constexpr std::array<const char*, item_count> names = {
    "",
    "",
    "",
    "",
    "client_key",
    "secret_access_key",
    "short secret_access_key",
    "secret_access_key of a token",
    "session_token",
    "signature of a link",
    "token of a link",
    "the date's key",
    "the region's key",
    "the service's key",
    "the signing key",
    "the signing key of a token",
    "the planted secret"};

constexpr const char* key_number = "the number that client_key is";

// -------- the process that knows the secrets: a server for them --------

std::string random_text(std::size_t size) {
    constexpr std::string_view letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    std::string out(size, '\0');
    RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(size));
    for (char& c : out)
        c = letters[static_cast<unsigned char>(c) % letters.size()];
    return out;
}

void send(int pipe, const std::string& text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    std::string all(reinterpret_cast<const char*>(&size), sizeof size);
    all += text;
    for (std::size_t at = 0; at < all.size();) {
        const ssize_t n = ::write(pipe, all.data() + at, all.size() - at);
        if (n <= 0) ::_exit(3);
        at += static_cast<std::size_t>(n);
    }
}

/// Of today: the library derives them anew, here they are known.
void derive_keys(std::array<std::string, item_count>& items) {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    std::array<char, 16> date{};
    std::strftime(date.data(), date.size(), "%Y%m%d", ::gmtime_r(&now, &utc));
    items[date_key] = fakes::hmac_sha256("AWS4" + items[secret], date.data());
    items[region_key] = fakes::hmac_sha256(items[date_key], "us-east-1");
    items[service_key] = fakes::hmac_sha256(items[region_key], "s3");
    items[signing_key] = fakes::hmac_sha256(items[service_key], "aws4_request");
    items[signing_key_with_token] =
        fakes::derive_signing_key(items[secret_with_token], date.data(), "us-east-1", "s3");
}

void add_faults(fakes::s3_server& server, const std::string& token_text) {
    server.on({.method = "GET", .key = "busy"}, fakes::answer_status(503, "SlowDown"), 1);
    server.on(
        {.method = "GET", .key = "cut"},
        fakes::reset_at(fakes::stage::answer_body, 3),
        fakes::for_ever
    );
    server.on(
        {.method = "GET", .key = "stall"},
        fakes::stall_at(fakes::stage::answer_body, 3),
        fakes::for_ever
    );
    fakes::fault echo = fakes::answer_status(403, "SignatureDoesNotMatch");
    echo.body = "<Error><Code>SignatureDoesNotMatch</Code><Message>no match</Message>"
                "<CanonicalRequest>GET\n/\n\nx-amz-security-token:" +
                token_text + "</CanonicalRequest></Error>"; // as S3 does
    server.on({.method = "GET", .key = "echo"}, echo, 1);
    echo.chunk_size = 1000;
    server.on({.method = "GET", .key = "echo"}, echo, fakes::for_ever);
}

void serve(int out, int until) {
    std::array<std::string, item_count> items;
    for (const auto& [which, size] :
         {std::pair{secret, 40},
          {short_secret, 14},
          {secret_with_token, 40},
          {token, 3000},
          {link_signature, 64},
          {link_token, 300},
          {planted, 40}})
        items[which] = random_text(static_cast<std::size_t>(size));
    derive_keys(items);
    const auto authority = std::make_shared<const fakes::test_ca>();
    const fakes::key_pair mine = authority->issue(fakes::leaf_kind::client_leaf);
    fakes::server_options options;
    options.ca = authority;
    options.service.signature.credentials = {
        {"AKLONG", items[secret]},
        {"AKSHORT", items[short_secret]},
        {"AKTOKEN", items[secret_with_token], items[token]}};
    fakes::s3_server plain(options);
    options.tls = fakes::tls_mode::on;
    options.client_certificates = true;
    fakes::s3_server secure(options);
    for (fakes::s3_server* const server : {&plain, &secure})
        add_faults(*server, items[token]);
    items[plain_endpoint] = plain.endpoint();
    items[tls_endpoint] = secure.endpoint();
    items[ca] = authority->ca_pem();
    items[certificate] = mine.certificate_pem;
    items[key] = mine.key_pem;
    for (const std::string& each : items)
        send(out, each);
    char ignored = 0;
    while (::read(until, &ignored, 1) > 0) {
    }
}

// -------- the process that uses them --------

/// Every text that the library gave out, links excepted.
struct notes {
    std::mutex mutex;
    std::vector<std::pair<std::string, std::string>> texts;

    void add(const std::string& what, std::string_view text) {
        const std::lock_guard lock(mutex);
        texts.emplace_back(what, text);
    }

    void add(blobstore_error* error) {
        if (!error) return;
        auto view = sized<blobstore_error_view>();
        blobstore_error_get(error, &view);
        add("error", blobstore_error_message(error));
        for (const blobstore_str& field :
             {view.message,
              view.hint,
              view.operation,
              view.uri,
              view.service_code,
              view.request_id,
              view.host_id})
            add("error", {field.ptr, field.len});
        blobstore_error_free(error);
    }
};

void BLOBSTORE_CALL keep(std::int32_t, const char* line, size_t len, std::uint64_t to) {
    reinterpret_cast<notes*>(to)->add("log", {line, len});
}

using view_settings = std::vector<std::pair<std::string_view, std::string_view>>;

class secrets : public testing::Test {
public:
    static inline int from_server = -1;

protected:
    secrets() {
        for (std::string_view& each : items_)
            each = vault_.read(from_server);
        // Of the client's key what is its own: its header is that of every key on this curve.
        search_.add(names[key], items_[key].substr(80, 36));
        for (std::size_t i = secret; i < item_count; ++i)
            search_.add(names[i], items_[i]);
        const auto [number, reversed] = vault_.private_number(items_[key]);
        search_.add(key_number, number);
        search_.add(key_number, reversed); // as OpenSSL's big numbers have it
    }

    config_ptr configured(const view_settings& given) {
        blobstore_config* made = nullptr;
        blobstore_config_new(&made, nullptr);
        for (const auto& [name, value] : given) {
            blobstore_error* failed = nullptr;
            blobstore_config_set(
                made, name.data(), name.size(), value.data(), value.size(), &failed
            );
            notes_.add(failed);
        }
        return config_ptr(made);
    }

    client_ptr client(const view_settings& given) {
        const config_ptr config = configured(given);
        auto options = sized<blobstore_client_options>();
        options.log_level = BLOBSTORE_LOG_DEBUG;
        options.log = keep;
        options.log_user_data = reinterpret_cast<std::uint64_t>(&notes_);
        blobstore_client* made = nullptr;
        EXPECT_EQ(blobstore_client_new(config.get(), &options, &made, nullptr), BLOBSTORE_OK);
        return client_ptr(made);
    }

    store_ptr store(
        const client_ptr& of, std::string_view url, const view_settings& given, bool works = true
    ) {
        const config_ptr config = configured(given);
        blobstore_store* made = nullptr;
        blobstore_error* failed = nullptr;
        const blobstore_status status =
            blobstore_store_open(of.get(), url.data(), url.size(), config.get(), &made, &failed);
        EXPECT_EQ(status == BLOBSTORE_OK, works) << blobstore_error_message(failed);
        notes_.add(failed);
        return store_ptr(made);
    }

    // By reference: the call that fills it is an argument, too.
    void expect(blobstore_status got, blobstore_status due, blobstore_error*& failed) {
        EXPECT_EQ(got, due) << blobstore_error_message(failed);
        notes_.add(std::exchange(failed, nullptr));
    }

    void link(const store_ptr& of, const char* method) {
        auto options = sized<blobstore_presign_options>();
        options.method = str(method);
        blobstore_buffer* made = nullptr;
        blobstore_error* failed = nullptr;
        const auto status = blobstore_presign(of.get(), "a", 1, &options, nullptr, &made, &failed);
        expect(status, BLOBSTORE_OK, failed);
        size_t size = 0;
        blobstore_buffer_data(made, &size);
        EXPECT_GT(size, 200U);
        blobstore_buffer_free(made);
    }

    void small_calls(const store_ptr& of) {
        blobstore_error* failed = nullptr;
        const std::string large(300000, 'x');
        expect(put(of, "a", "0123456789", &failed), BLOBSTORE_OK, failed);
        expect(put(of, "large", large, &failed), BLOBSTORE_OK, failed);
        expect(get(of, "a", nullptr, &failed), BLOBSTORE_OK, failed);
        expect(get(of, "large", nullptr, &failed), BLOBSTORE_OK, failed);
        blobstore_object* info = nullptr;
        expect(
            blobstore_head(of.get(), "a", 1, nullptr, nullptr, &info, &failed), BLOBSTORE_OK, failed
        );
        blobstore_object_free(info);
        blobstore_page* page = nullptr;
        expect(blobstore_list(of.get(), nullptr, nullptr, &page, &failed), BLOBSTORE_OK, failed);
        blobstore_page_free(page);
        blobstore_reader* reader = nullptr;
        expect(
            blobstore_reader_open(of.get(), "large", 5, nullptr, nullptr, &reader, &failed),
            BLOBSTORE_OK,
            failed
        );
        std::array<char, 100> some{};
        size_t n = 0;
        expect(
            blobstore_reader_read(reader, some.data(), some.size(), &n, &failed),
            BLOBSTORE_OK,
            failed
        );
        blobstore_reader_free(reader); // in mid body
        const blobstore_str gone[] = {str("large"), str("none")};
        std::array<blobstore_status, 2> results{};
        expect(
            blobstore_delete_many(of.get(), gone, 2, nullptr, results.data(), &failed),
            BLOBSTORE_OK,
            failed
        );
    }

    void file_calls(const store_ptr& of) {
        const std::string path = folder_ / "file";
        auto file = sized<blobstore_file>();
        file.path = str(path);
        blobstore_error* failed = nullptr;
        expect(
            blobstore_download_file(of.get(), "a", 1, nullptr, &file, nullptr, nullptr, &failed),
            BLOBSTORE_OK,
            failed
        );
        expect(
            blobstore_upload_file(of.get(), "b", 1, &file, nullptr, nullptr, nullptr, &failed),
            BLOBSTORE_OK,
            failed
        );
    }

    void failing_calls(const store_ptr& of) {
        auto limits = sized<blobstore_call>();
        limits.max_attempts = 2;
        limits.timeout_ms = 3000;
        blobstore_error* failed = nullptr;
        for (const char* name : {"busy", "cut", "stall", "echo"})
            expect(put(of, name, "0123456789", &failed), BLOBSTORE_OK, failed);
        expect(get(of, "none", &limits, &failed), BLOBSTORE_E_NOT_FOUND, failed);
        expect(get(of, "busy", &limits, &failed), BLOBSTORE_OK, failed);
        expect(get(of, "cut", &limits, &failed), BLOBSTORE_E_NETWORK, failed);
        for (int i = 0; i < 2; ++i)
            expect(get(of, "echo", &limits, &failed), BLOBSTORE_E_PERMISSION, failed);
        limits.timeout_ms = 300;
        expect(get(of, "stall", &limits, &failed), BLOBSTORE_E_TIMEOUT, failed);
    }

    void submitted_calls(const store_ptr& of) {
        const queue_ptr queue = make_queue();
        auto how = sized<blobstore_async>();
        how.queue = queue.get();
        constexpr std::size_t count = 20;
        for (std::size_t i = 0; i < count; ++i)
            EXPECT_EQ(submit_get(of, "a", nullptr, &how, nullptr), BLOBSTORE_OK);
        EXPECT_EQ(
            blobstore_presign_async(of.get(), "a", 1, nullptr, nullptr, &how, nullptr, nullptr),
            BLOBSTORE_OK
        );
        std::size_t ended = 0;
        for (int i = 0; i < 100 && ended <= count; ++i) {
            std::array<blobstore_event, 32> batch;
            size_t n = 0;
            blobstore_queue_poll(queue.get(), batch.data(), batch.size(), 1000, &n);
            for (std::size_t each = 0; each < n; ++each)
                EXPECT_EQ(batch.at(each).status, BLOBSTORE_OK);
            blobstore_events_release(batch.data(), n);
            ended += n;
        }
        EXPECT_EQ(ended, count + 1);
    }

    void work(const store_ptr& of) {
        small_calls(of);
        link(of, "GET");
        link(of, "PUT");
        file_calls(of);
        submitted_calls(of);
        failing_calls(of);
    }

    /// One client for each way in which secrets come, all with their stores.
    void by_config() {
        const client_ptr mine = client(
            {{"secret_access_key", items_[secret]},
             {"access_key_id", "AKLONG"},
             {"endpoint", items_[plain_endpoint]}}
        );
        work(store(mine, "s3://bucket", {}));
        work(store(
            mine,
            "s3://bucket",
            {{"access_key_id", "AKSHORT"}, {"secret_access_key", items_[short_secret]}}
        ));
        auto did = sized<blobstore_stats>();
        EXPECT_EQ(blobstore_client_stats(mine.get(), &did, nullptr), BLOBSTORE_OK);
        EXPECT_GT(did.requests, 50U);
        notes_.add("stats", {reinterpret_cast<const char*>(&did), sizeof did});
        const char url[] = "s3://bucket/a"; // the client's own settings hold for it
        blobstore_buffer* body = nullptr;
        blobstore_error* failed = nullptr;
        const blobstore_status status = blobstore_get_url(
            mine.get(), url, sizeof url - 1, nullptr, nullptr, &body, nullptr, &failed
        );
        expect(status, BLOBSTORE_OK, failed);
        blobstore_buffer_free(body);
        EXPECT_EQ(blobstore_client_close(mine.get(), 5000, nullptr), BLOBSTORE_OK);
    }

    void by_url() {
        const client_ptr mine = client({});
        const std::string_view with_token = vault_.join(
            {"s3://bucket?endpoint=",
             items_[plain_endpoint],
             "&access_key_id=AKTOKEN&secret_access_key=",
             items_[secret_with_token],
             "&session_token=",
             items_[token]}
        );
        store_ptr apart;
        parked_.run([&] { apart = store(mine, with_token, {}); });
        parked_.run([&] { link(apart, "GET"); });
        parked_.run([&] { small_calls(apart); });
        work(store(mine, with_token, {}));
        parked_.run([&] { configured({{"session_token", items_[token]}}); });
        const std::string_view cut = vault_.join({with_token, "%zz"});
        parked_.run([&] { store(mine, cut, {}, false); });
        store(mine, vault_.join({with_token, "&token_=", items_[token]}), {}, false);
        store(
            mine, vault_.join({with_token, "&secret_access_key=", items_[secret], "%zz"}), {}, false
        );
        store(mine, vault_.join({with_token, "&io_threads=1"}), {}, false);
        EXPECT_EQ(blobstore_client_close(mine.get(), 5000, nullptr), BLOBSTORE_OK);
    }

    void over_tls() {
        const client_ptr mine = client({{"ca_pem", items_[ca]}});
        const view_settings known{
            {"endpoint", items_[tls_endpoint]},
            {"client_cert", items_[certificate]},
            {"client_key", items_[key]},
            {"access_key_id", "AKTOKEN"},
            {"secret_access_key", items_[secret_with_token]},
            {"session_token", items_[token]}};
        parked_.run([&] { small_calls(store(mine, "s3://bucket", known)); }); // reads the key
        work(store(mine, "s3://bucket", known));
        view_settings wrong = known; // a key that lost its first line is no PEM text
        wrong[2].second = items_[key].substr(items_[key].find('\n') + 1);
        store(mine, "s3://bucket", wrong, false);
        wrong[2].second =
            vault_.join({items_[key].substr(0, 150), "\n-----END PRIVATE KEY-----\n"});
        blobstore_error* failed = nullptr;
        expect(
            get(store(mine, "s3://bucket", wrong), "a", nullptr, &failed),
            BLOBSTORE_E_CONFIG,
            failed
        );
        EXPECT_EQ(blobstore_client_close(mine.get(), 5000, nullptr), BLOBSTORE_OK);
    }

    /// A link that somebody else made is no store and no object of ours, and says so.
    void by_link() {
        const client_ptr mine = client({});
        const std::string_view link = vault_.join(
            {"https://s3.example/bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Security-Token=",
             items_[link_token],
             "&X-Amz-Signature=",
             items_[link_signature]}
        );
        store(mine, link, {}, false);
        parked_.run([&] {
            blobstore_buffer* body = nullptr;
            blobstore_error* failed = nullptr;
            const blobstore_status status = blobstore_get_url(
                mine.get(), link.data(), link.size(), nullptr, nullptr, &body, nullptr, &failed
            );
            EXPECT_NE(status, BLOBSTORE_OK);
            notes_.add(failed);
        });
        blobstore_error* failed = nullptr;
        const config_ptr config = configured({{"endpoint", link}});
        blobstore_store* made = nullptr;
        const std::string_view bucket = "s3://bucket";
        const blobstore_status opened = blobstore_store_open(
            mine.get(), bucket.data(), bucket.size(), config.get(), &made, &failed
        );
        EXPECT_EQ(opened, BLOBSTORE_E_CONFIG);
        notes_.add(failed);
        EXPECT_EQ(blobstore_client_close(mine.get(), 5000, nullptr), BLOBSTORE_OK);
    }

    parked_threads parked_;
    vault vault_;
    std::array<std::string_view, item_count> items_;
    memory_search search_;
    notes notes_;
    blobstore_tests::temp_folder folder_;
};

TEST_F(secrets, none_is_left_anywhere) {
    std::map<std::string, unsigned> there;
    for (const memory_search::place& each : search_.in_process()) {
        EXPECT_TRUE(vault_.holds(each.at)) << blobstore_tests::lines_of({each});
        ++there[each.kind];
    }
    EXPECT_EQ(there.size(), item_count - key + 1) << "the search does not see every kind";

    by_config();
    parked_.run([&] { by_config(); });
    by_url();
    over_tls();
    by_link();

    const auto copy = std::make_unique<std::string>(items_[planted]);
    vault_.wipe();
    std::vector<memory_search::place> left = search_.in_process();
    const auto own =
        std::ranges::find(left, std::string(names[planted]), &memory_search::place::kind);
    ASSERT_NE(own, left.end()) << "a copy planted on purpose is not found";
    EXPECT_EQ(own->at, reinterpret_cast<std::uintptr_t>(copy->data()));
    left.erase(own);
    EXPECT_TRUE(left.empty()) << left.size() << " copies in memory:\n" << lines_of(left);

    std::vector<memory_search::place> told;
    for (const auto& [what, text] : notes_.texts)
        for (const memory_search::place& each : search_.in_text(text, what))
            told.push_back(each);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
        std::ifstream file(entry.path());
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        for (const memory_search::place& each : search_.in_text(text, entry.path().string()))
            told.push_back(each);
    }
    EXPECT_TRUE(told.empty()) << lines_of(told);
    std::printf(
        "secrets: %zu kinds, %zu texts, %zu MiB of memory\n",
        there.size() - 1,
        notes_.texts.size(),
        search_.looked_at() >> 20
    );
}

} // namespace
} // namespace blobstore::capi_tests

// The secrets are made in the child, so that this process never knew more than it was sent.
int main(int argc, char** argv) {
    std::array<int, 2> secrets_pipe{}, end_pipe{};
    if (::pipe(secrets_pipe.data()) != 0 || ::pipe(end_pipe.data()) != 0) return 3;
    const pid_t server = ::fork();
    if (server == 0) {
        ::close(end_pipe[1]);
        blobstore::capi_tests::serve(secrets_pipe[1], end_pipe[0]);
        ::_exit(0);
    }
    ::close(secrets_pipe[1]);
    ::close(end_pipe[0]);
    blobstore::capi_tests::secrets::from_server = secrets_pipe[0];
    testing::InitGoogleTest(&argc, argv);
    const int result = RUN_ALL_TESTS();
    ::close(end_pipe[1]); // now it ends
    ::waitpid(server, nullptr, 0);
    return result;
}
