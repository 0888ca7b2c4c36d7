// SPDX-License-Identifier: Apache-2.0
// Twenty processes race to create one key: one wins, and its bytes are what is there.
#include "handles.h"
#include "race.h"

#include <csignal>
#include <cstdio>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace conformance {

namespace {

constexpr unsigned processes = 20, rounds = 30;
constexpr char won = 'w', lost = 'l', failed = 'f', ready = 'r';

std::string key_of_round(const std::string& prefix, unsigned round) {
    return prefix + "race-" + std::to_string(round);
}

/// One racer and the socket that leads to its descriptor 0.
class racer {
public:
    explicit racer(std::vector<std::string> arguments) {
        int ends[2] = {-1, -1};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;
        socket_ = ends[0];
        const timeval patience{30, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        std::string program = "/proc/self/exe", mode = race_argument;
        std::vector<char*> argv{program.data(), mode.data()};
        for (std::string& each : arguments)
            argv.push_back(each.data());
        argv.push_back(nullptr);
        posix_spawn_file_actions_t files{};
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawn_file_actions_adddup2(&files, ends[1], 0);
        if (::posix_spawn(&process_, program.c_str(), &files, nullptr, argv.data(), environ) != 0)
            process_ = 0;
        ::posix_spawn_file_actions_destroy(&files);
        ::close(ends[1]);
    }

    racer(const racer&) = delete;
    racer& operator=(const racer&) = delete;

    ~racer() {
        if (socket_ >= 0) ::close(socket_);
        if (process_ <= 0) return;
        ::kill(process_, SIGKILL);
        (void)::waitpid(process_, nullptr, 0);
    }

    void go() const { (void)!::send(socket_, &ready, 1, MSG_NOSIGNAL); }

    char answer() const {
        char said = failed;
        return ::recv(socket_, &said, 1, 0) == 1 ? said : failed;
    }

private:
    int socket_ = -1;
    pid_t process_ = 0;
};

struct racing_client {
    client_ptr client;
    store_ptr store;
};

racing_client open_racer(int settings, char** given, const std::string& url) {
    racing_client made;
    blobstore_config* config = nullptr;
    if (blobstore_config_new(&config, nullptr) != BLOBSTORE_OK) return made;
    const config_ptr owned_config(config);
    for (int i = 0; i < settings; ++i) {
        const std::string_view text = given[i];
        const std::size_t at = text.find('=');
        (void)blobstore_config_set(
            config, text.data(), at, text.data() + at + 1, text.size() - at - 1, nullptr
        );
    }
    blobstore_client* client = nullptr;
    if (blobstore_client_new(config, nullptr, &client, nullptr) != BLOBSTORE_OK) return made;
    made.client.reset(client);
    blobstore_store* store = nullptr;
    if (blobstore_store_open(client, url.data(), url.size(), nullptr, &store, nullptr) ==
        BLOBSTORE_OK)
        made.store.reset(store);
    return made;
}

char create(blobstore_store* store, const std::string& key, const std::string& body) {
    auto options = sized<blobstore_put_options>();
    options.flags = BLOBSTORE_PUT_CREATE;
    blobstore_error* error = nullptr;
    const blobstore_status status = blobstore_put(
        store, key.data(), key.size(), body.data(), body.size(), &options, nullptr, nullptr, &error
    );
    const error_ptr freed(error);
    if (status == BLOBSTORE_OK) return won;
    if (status == BLOBSTORE_E_EXISTS) return lost;
    std::fprintf(stderr, "racer: %s\n", blobstore_error_message(error));
    return failed;
}

class races : public store_test {};

} // namespace

CONFORMANCE_SUITE(races);

int race(int count, char** arguments) {
    if (count < 3) return 2;
    const std::string prefix = arguments[1], body = arguments[2];
    const racing_client mine = open_racer(count - 3, arguments + 3, arguments[0]);
    if (!mine.store) return 1;
    if (blobstore_store_probe(mine.store.get(), nullptr, nullptr) != BLOBSTORE_OK) return 1;
    (void)!::send(0, &ready, 1, MSG_NOSIGNAL);
    char start = 0;
    for (unsigned round = 0; ::recv(0, &start, 1, 0) == 1; ++round) {
        const char end = create(mine.store.get(), key_of_round(prefix, round), body);
        (void)!::send(0, &end, 1, MSG_NOSIGNAL);
    }
    return 0;
}

// S3-34
TEST_P(races, S3_34_twenty_processes_create_one_key) {
    if (target_->what == kind::memory) GTEST_SKIP() << "one process has it alone";
    if (target_->name.starts_with("toxic")) GTEST_SKIP() << "versitygw races without harm";
    std::vector<std::unique_ptr<racer>> all;
    for (unsigned i = 0; i < processes; ++i) {
        std::vector<std::string> arguments{target_->url, base_, std::to_string(i)};
        for (const auto& [name, value] : target_->settings)
            arguments.push_back(name + "=" + value);
        all.push_back(std::make_unique<racer>(std::move(arguments)));
    }
    for (const auto& each : all)
        ASSERT_EQ(each->answer(), ready);
    for (unsigned round = 0; round < rounds; ++round) {
        for (const auto& each : all)
            each->go();
        std::vector<unsigned> winners;
        for (unsigned i = 0; i < processes; ++i) {
            const char said = all[i]->answer();
            ASSERT_NE(said, failed) << "round " << round;
            if (said == won) winners.push_back(i);
        }
        ASSERT_EQ(winners.size(), 1U) << "round " << round;
        EXPECT_EQ(get(key_of_round(base_, round)).body, std::to_string(winners.front()));
    }
}

// S3-36: what is not known to be enforced is not relied upon.
TEST_P(races, S3_36_unproven_it_fails_closed) {
    const auto known = blobstore_store_supports(store_.get(), BLOBSTORE_CAN_CREATE);
    EXPECT_EQ(known, target_->is_s3() && target_->name != "live" ? -1 : 1);
    if (known == 1) return;
    auto options = sized<blobstore_put_options>();
    options.flags = BLOBSTORE_PUT_CREATE;
    const std::string k = key("a");
    EXPECT_EQ(put(k, "x", &options).status, BLOBSTORE_E_UNSUPPORTED);
    EXPECT_EQ(head(k).status, BLOBSTORE_E_NOT_FOUND);
    ASSERT_TRUE(can(BLOBSTORE_CAN_CREATE));
    EXPECT_EQ(put(k, "x", &options).status, 0);
}

} // namespace conformance
