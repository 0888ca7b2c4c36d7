// SPDX-License-Identifier: Apache-2.0
// send(): sign, lease a connection, exchange, let the backend judge, repeat: the one retry loop of
// the house.
#pragma once

#include "async/limiter.h"
#include "base/log.h"
#include "http/counters.h"
#include "http/message.h"
#include "http/retry.h"
#include "http/trust.h"

#include <functional>
#include <memory>
#include <optional>

namespace blobstore::http {

struct verdict {
    action what = action::done;
    error why; ///< for every action but done: what the call ends with if this was the last attempt
    std::string region;              ///< with new_region
    std::int64_t server_time_ns = 0; ///< with new_clock: when the answer was made
    asked_pause retry_after;
};

/// PURE. `body` is at most the first 64 KiB of an error answer, or of a 2xx one that may hide an
/// error.
using judge = std::function<verdict(const response_head& head, std::string_view body)>;

/// Signs `r`, a fresh copy, once per attempt; `previous` is the last attempt's verdict, null at
/// first. Runs on any thread.
using authorizer =
    std::function<task<result<void>>(operation& op, request& r, const verdict* previous)>;

struct exchange {
    request unsigned_request;
    authorizer authorize;
    judge decide;
    bool may_hide_error =
        false; ///< a 2xx body is buffered (64 KiB) and shown to the judge before it is handed on
    bool idempotent = true; ///< may be sent again after an attempt whose outcome is unknown
};

class connection;
class pool;

/// An answer whose body is still to be read. Dropping it early closes the connection; at the end it
/// goes back.
class response final : public reader {
public:
    response();
    ~response() override;

    const response_head& head() const noexcept;

    /// Of the body; empty when the answer does not say.
    std::optional<std::uint64_t> length() const noexcept;

    task<result<std::size_t>>
    read(operation& op, std::span<char> into, std::size_t enough) override;

    /// The rest of the body; errc::protocol past `limit`.
    task<result<std::string>> read_all(operation& op, std::size_t limit);

private:
    friend class client;
    struct body_state;
    std::unique_ptr<body_state> state_;
};

/// How a client connects and whom it trusts.
struct client_options : trust_options {
    milliseconds connect{5000}, handshake{5000};
    milliseconds idle{20000}, age{300000}; ///< of pooled connections
    unsigned most = 64;                    ///< connections of submitted operations to one server
    std::uint64_t expect_size = 0; ///< from here on, and where a body cannot be sent twice, the
                                   ///< peer is asked before the body is sent; 0: never
    std::vector<std::string>
        resolve; ///< host:port:address[:port], as curl's --resolve and --connect-to
    std::string user_agent;
    bandwidth shape; ///< of all traffic
    log_sink log;
};

/// Connections, TLS contexts and the retry loop. Any thread.
class client {
public:
    /// errc::config as of trust::make(), or where `resolve` or user_agent is malformed.
    static result<std::shared_ptr<client>> open(client_options options);
    ~client();

    /// Sends until the judge says done or fail, attempts or time are used up. The error carries
    /// attempts, and outcome_unknown where a write may have been applied.
    task<result<std::unique_ptr<response>>> send(operation& op, const exchange& what);

    /// What all its calls did so far.
    void add_to(statistics& sum) const noexcept;

private:
    client();
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace blobstore::http
