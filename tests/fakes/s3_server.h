// SPDX-License-Identifier: Apache-2.0
// An S3 server for tests: real semantics in memory, verified signatures, and faults by script.
#pragma once

#include "fakes/faults.h"
#include "fakes/message.h"
#include "fakes/s3_service.h"
#include "fakes/test_ca.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace blobstore::fakes {

enum class tls_mode { off, on, only_1_1, only_1_2, only_1_3 };

struct server_options {
    service_options service;
    tls_mode tls = tls_mode::off;
    leaf_kind leaf = leaf_kind::good;
    bool client_certificates = false;  // asks for one of `ca`, and refuses others
    std::shared_ptr<const test_ca> ca; // absent: one of its own
    std::uint16_t port = 0;            // 0: a free one, on 127.0.0.1
    std::vector<std::string> buckets{"bucket"};
    std::size_t log_limit = 20000; // older requests fall out of the log, never out of the counters
};

struct logged_request {
    unsigned connection = 0; // from 1
    std::string method;
    std::string target;
    header_list headers;
    std::string authorization;
    std::string bucket;
    std::string key;
    std::uint64_t body_bytes = 0;   // of the raw request body
    std::uint64_t answer_bytes = 0; // head and body, as far as the socket took them
    int status = 0;                 // 0: not answered (yet)
    std::string error_code;
    std::chrono::steady_clock::time_point at;
};

struct server_counters {
    std::uint64_t connections = 0; // accepted
    std::uint64_t handshakes = 0;  // TLS handshakes that succeeded ...
    std::uint64_t resumed = 0;     // ... of those the resumed ones
    std::uint64_t requests = 0;    // heads read
    std::uint64_t answers = 0;     // answers sent to their end
    std::uint64_t open_now = 0;
};

// What of the log matches: how often, how many raw body bytes came with it, and what was answered.
struct traffic {
    std::uint64_t requests = 0;
    std::uint64_t body_bytes = 0;
    std::uint64_t answer_bytes = 0;
};

// Thread per connection. The destructor ends every stall and connection, and joins.
class s3_server {
public:
    explicit s3_server(server_options options = {});
    ~s3_server();
    s3_server(const s3_server&) = delete;
    s3_server& operator=(const s3_server&) = delete;

    std::uint16_t port() const;
    std::string endpoint() const; // http://127.0.0.1:PORT or https://localhost:PORT
    const test_ca& ca() const;

    // Requests (stage::accept: connections) that match meet the fault, `times` times.
    std::size_t on(match which, fault what, unsigned times = 1);
    unsigned hits(std::size_t rule) const;
    void clear_faults();

    s3_service& service();
    void put_object(const std::string& bucket, const std::string& key, const std::string& data);
    void put_object(const std::string& bucket, const std::string& key, const object_bytes& data);
    std::optional<std::string> object_data(const std::string& bucket, const std::string& key) const;
    std::vector<std::string> keys(const std::string& bucket) const;
    std::vector<upload_view> open_uploads() const; // neither completed nor aborted

    std::vector<logged_request> log() const;
    void clear_log();
    traffic traffic_of(const match& which) const; // `nth` does not count here
    server_counters counters() const;
    // False if the time went by before so many heads were read in all.
    bool wait_for_requests(std::uint64_t count, std::chrono::milliseconds time) const;
    bool wait_for_connections(std::uint64_t count, std::chrono::milliseconds time) const;

    void drop_connections();                 // FIN to all that are open now
    void stop_listening();                   // new connections are refused, open ones go on
    void change_certificate(leaf_kind leaf); // for the handshakes from now on

private:
    class core;

    std::unique_ptr<core> core_;
};

// Takes a port and never answers the SYN: connecting to it stalls.
class blackhole_port {
public:
    blackhole_port();
    ~blackhole_port();
    blackhole_port(const blackhole_port&) = delete;
    blackhole_port& operator=(const blackhole_port&) = delete;

    std::uint16_t port() const { return port_; }

private:
    std::vector<int> sockets_;
    std::uint16_t port_ = 0;
};

// Holds a port on which nobody listens: connecting to it is refused.
class refused_port {
public:
    refused_port();
    ~refused_port();
    refused_port(const refused_port&) = delete;
    refused_port& operator=(const refused_port&) = delete;

    std::uint16_t port() const { return port_; }

private:
    int socket_ = -1;
    std::uint16_t port_ = 0;
};

} // namespace blobstore::fakes
