// SPDX-License-Identifier: Apache-2.0
// Each fault of the script happens where and as often as the script says, and ends with the server.
#include "fakes/s3_server.h"
#include "raw_client.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace blobstore::fakes {
namespace {

using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

class faults : public testing::Test {
protected:
    faults() {
        server_options options;
        options.service.signature.allow_anonymous = true;
        server_ = std::make_unique<s3_server>(std::move(options));
        server_->put_object("bucket", "key", "0123456789");
    }

    std::string get(const std::string& headers = "") {
        return raw_client::fetch(server_->port(), "GET", "/bucket/key", headers);
    }

    // What one get brings, read for a moment, and how it ended.
    read_end get_into(std::string& out, int time = 300) {
        raw_client client{server_->port()};
        client.request("GET", "/bucket/key");
        const auto end = client.read(time);
        out = client.received();
        return end;
    }

    static std::size_t head_size(const std::string& answer) { return answer.find("\r\n\r\n") + 4; }

    static bool has(const std::string& text, std::string_view part) {
        return text.find(part) != std::string::npos;
    }

    std::unique_ptr<s3_server> server_;
};

TEST_F(faults, status_as_often_as_asked) {
    const auto rule =
        server_->on({.method = "GET", .key = "key"}, answer_status(503, "SlowDown", 2), 2);
    for (int i = 0; i < 2; ++i) {
        const auto answer = get();
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 "));
        EXPECT_TRUE(has(answer, "<Code>SlowDown</Code>"));
        EXPECT_TRUE(has(answer, "Retry-After: 2\r\n"));
    }
    EXPECT_TRUE(get().ends_with("\r\n\r\n0123456789"));
    EXPECT_EQ(server_->hits(rule), 2U);
    const auto log = server_->log();
    ASSERT_EQ(log.size(), 3U);
    EXPECT_EQ(log[0].status, 503);
    EXPECT_EQ(log[1].error_code, "SlowDown");
    EXPECT_EQ(log[2].status, 200);
}

TEST_F(faults, matches_by_method_key_query_and_number) {
    server_->on({.method = "PUT"}, answer_status(500, "InternalError"), for_ever);
    server_->on({.key = "other"}, answer_status(500, "InternalError"), for_ever);
    server_->on({.query = "x-id=1"}, answer_status(500, "InternalError"), for_ever);
    server_->on({.key = "ke", .nth = 2}, answer_status(404, "NoSuchKey"));
    EXPECT_TRUE(get().starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(get().starts_with("HTTP/1.1 404"));
    EXPECT_TRUE(get().starts_with("HTTP/1.1 200"));
}

TEST_F(faults, stalls_at_every_stage) {
    std::string answer;
    server_->on({}, stall_at(stage::accept));
    EXPECT_EQ(get_into(answer, 100), read_end::time_over);
    EXPECT_EQ(answer, "");
    for (const auto where : {stage::request_head, stage::request, stage::answer_head}) {
        server_->on({}, stall_at(where));
        EXPECT_EQ(get_into(answer, 100), read_end::time_over);
        EXPECT_EQ(answer, "");
    }
    server_->on({}, stall_at(stage::answer_head, 9));
    EXPECT_EQ(get_into(answer, 100), read_end::time_over);
    EXPECT_EQ(answer, "HTTP/1.1 ");
    server_->on({}, stall_at(stage::answer_body, 4));
    EXPECT_EQ(get_into(answer, 100), read_end::time_over);
    EXPECT_EQ(answer.substr(head_size(answer)), "0123");
    server_->on({}, stall_at(stage::answer_body, 4, milliseconds{150}));
    EXPECT_EQ(get_into(answer, 100), read_end::time_over);
    server_->on({}, stall_at(stage::answer_body, 4, milliseconds{50}));
    EXPECT_TRUE(get().ends_with("0123456789"));
}

TEST_F(faults, resets_and_truncates) {
    std::string answer;
    server_->on({}, reset_at(stage::accept));
    EXPECT_EQ(get_into(answer), read_end::reset);
    server_->on({}, reset_at(stage::answer_body, 3));
    EXPECT_EQ(get_into(answer), read_end::reset);
    server_->on({}, reset_at(stage::answer_head));
    EXPECT_EQ(get_into(answer), read_end::reset);
    EXPECT_EQ(answer, "");
    server_->on({}, close_at(stage::answer_body, 3));
    EXPECT_EQ(get_into(answer), read_end::closed);
    EXPECT_EQ(answer.substr(head_size(answer)), "012");
    EXPECT_TRUE(has(answer, "Content-Length: 10\r\n"));
    server_->on({}, close_at(stage::after_answer));
    EXPECT_EQ(get_into(answer), read_end::closed);
    EXPECT_TRUE(answer.ends_with("0123456789"));
    EXPECT_FALSE(has(answer, "Connection: close"));
}

TEST_F(faults, stops_inside_a_request_body) {
    server_->on({.method = "PUT"}, reset_at(stage::request_body, 4000));
    raw_client client{server_->port()};
    client.request("PUT", "/bucket/new", "", std::string(100000, 'x'));
    EXPECT_EQ(client.read(1000), read_end::reset);
    EXPECT_EQ(server_->object_data("bucket", "new"), std::nullopt);
}

TEST_F(faults, answers_early_without_reading_the_body) {
    auto what = answer_status(403, "AccessDenied");
    what.early = true;
    server_->on({.method = "PUT"}, what);
    raw_client client{server_->port()};
    client.send("PUT /bucket/new HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nxxx");
    EXPECT_EQ(client.read(1000), read_end::closed);
    EXPECT_TRUE(client.received().starts_with("HTTP/1.1 403"));
}

TEST_F(faults, applies_a_request_and_loses_the_answer) {
    server_->on({.method = "PUT"}, close_at(stage::answer_head));
    raw_client::fetch(server_->port(), "PUT", "/bucket/lost", "", "data");
    EXPECT_EQ(server_->object_data("bucket", "lost"), "data");
    server_->on({.method = "PUT"}, close_at(stage::request));
    raw_client::fetch(server_->port(), "PUT", "/bucket/dropped", "", "data");
    EXPECT_EQ(server_->object_data("bucket", "dropped"), std::nullopt);
    auto what = answer_status(500, "InternalError");
    what.apply = true;
    server_->on({.method = "PUT"}, what);
    raw_client::fetch(server_->port(), "PUT", "/bucket/applied", "", "data");
    EXPECT_EQ(server_->object_data("bucket", "applied"), "data");
}

TEST_F(faults, answers_in_odd_shapes) {
    server_->on({}, {.extra = "JUNK"});
    EXPECT_TRUE(get().ends_with("0123456789JUNK"));
    server_->on({}, {.length_delta = 5});
    EXPECT_TRUE(has(get(), "Content-Length: 15\r\n"));
    server_->on({}, {.chunk_size = 4});
    EXPECT_TRUE(get().ends_with("\r\n\r\n4\r\n0123\r\n4\r\n4567\r\n2\r\n89\r\n0\r\n\r\n"));
    server_->on({}, {.until_close = true});
    EXPECT_FALSE(has(get(), "Content-Length"));
    server_->on({}, {.interim = {100, 103}});
    EXPECT_TRUE(get().starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"));
    server_->on({}, {.segment = 7});
    EXPECT_TRUE(get().ends_with("0123456789"));
    server_->on({}, {.corrupt_byte = 1});
    EXPECT_TRUE(get().ends_with("0023456789"));
    server_->on({}, {.status = 200, .body = "<not-xml"});
    EXPECT_TRUE(get().ends_with("\r\n\r\n<not-xml"));
    EXPECT_TRUE(has((server_->on({}, answer_status(200, "InternalError")), get()), "<Error>"));
    server_->on({}, {.raw = "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n"});
    EXPECT_EQ(get(), "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n");
    server_->on({}, {.headers = {{"ETag", "\"other\""}}, .without = {"Last-Modified"}});
    const auto answer = get();
    EXPECT_TRUE(has(answer, "ETag: \"other\"\r\n"));
    EXPECT_FALSE(has(answer, "Last-Modified"));
}

TEST_F(faults, answers_late) {
    server_->on({}, answer_late(milliseconds{120}));
    const auto start = clock::now();
    EXPECT_TRUE(get().ends_with("0123456789"));
    EXPECT_GE(clock::now() - start, milliseconds{120});
}

TEST_F(faults, a_stall_ends_when_the_peer_leaves_or_the_server_does) {
    server_->on({}, stall_at(stage::answer_body, 1), for_ever);
    {
        std::string answer;
        get_into(answer, 50);
    }
    for (int i = 0; i < 100 && server_->counters().open_now > 0; ++i) {
        std::this_thread::sleep_for(milliseconds{10});
    }
    EXPECT_EQ(server_->counters().open_now, 0U);
    raw_client client{server_->port()};
    client.request("GET", "/bucket/key");
    EXPECT_TRUE(server_->wait_for_requests(2, milliseconds{2000}));
    const auto start = clock::now();
    server_.reset();
    EXPECT_LT(clock::now() - start, milliseconds{500});
    EXPECT_NE(client.read(500), read_end::time_over);
}

TEST_F(faults, three_hundred_connections_at_once) {
    std::vector<std::unique_ptr<raw_client>> clients;
    for (int i = 0; i < 300; ++i) {
        clients.push_back(std::make_unique<raw_client>(server_->port()));
        ASSERT_TRUE(clients.back()->connected());
    }
    for (int round = 0; round < 2; ++round) {
        for (auto& client : clients)
            client->request("GET", "/bucket/key");
        for (auto& client : clients) {
            ASSERT_EQ(client->read(10000, "0123456789"), read_end::enough);
            client->forget();
        }
    }
    EXPECT_EQ(server_->counters().connections, 300U);
    EXPECT_EQ(server_->counters().requests, 600U);
    const auto start = clock::now();
    server_.reset();
    EXPECT_LT(clock::now() - start, milliseconds{1500});
}

TEST_F(faults, drops_connections_and_stops_listening) {
    raw_client client{server_->port()};
    client.request("GET", "/bucket/key");
    EXPECT_EQ(client.read(1000, "0123456789"), read_end::enough);
    server_->drop_connections();
    EXPECT_EQ(client.read(1000), read_end::closed);
    server_->stop_listening();
    bool refused = false;
    for (int i = 0; i < 100 && !refused; ++i) {
        refused = !raw_client{server_->port()}.connected();
        std::this_thread::sleep_for(milliseconds{5});
    }
    EXPECT_TRUE(refused);
}

TEST(dead_ports, stall_and_refuse_a_connect) {
    const blackhole_port stalling;
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(stalling.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), -1);
    pollfd watched{socket, POLLOUT, 0};
    EXPECT_EQ(::poll(&watched, 1, 300), 0);
    ::close(socket);
    const refused_port refusing;
    EXPECT_FALSE(raw_client{refusing.port()}.connected());
}

TEST(fault_rules, have_a_text_form) {
    const auto rule =
        parse_rule("method=GET key=a%20b nth=3 times=0 status=503 code=SlowDown retry-after=1 "
                   "stall=answer_body:17 for-ms=250 interim=103 spaces=7 until-close");
    ASSERT_TRUE(rule);
    EXPECT_EQ(rule->which.key, "a b");
    EXPECT_EQ(rule->which.nth, 3U);
    EXPECT_EQ(rule->times, for_ever);
    EXPECT_EQ(rule->what.where, stage::answer_body);
    EXPECT_EQ(rule->what.byte, 17U);
    EXPECT_EQ(rule->what.duration, milliseconds{250});
    EXPECT_TRUE(rule->what.until_close);
    EXPECT_EQ(rule->what.spaces, 7U);
    EXPECT_FALSE(parse_rule("method=GET nonsense=1"));
    EXPECT_FALSE(parse_rule("stall=nowhere"));
    EXPECT_FALSE(parse_rule(""));
}

} // namespace
} // namespace blobstore::fakes
