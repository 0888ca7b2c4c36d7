// SPDX-License-Identifier: Apache-2.0
// Error values: a pinned code with its cause and context. No I/O, no translation of any service's
// codes.
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace blobstore {

/// Status codes; numbers are those of blobstore.h (tied by static_assert in capi) and never change.
enum class errc : std::int32_t {
    ok = 0,
    invalid_argument = 100,
    invalid_state = 101,
    unsupported = 102,
    config = 103,
    version = 104,
    would_deadlock = 105,
    forked = 106,
    closed = 107,
    again = 108,
    credentials = 200,
    unauthenticated = 201,
    permission = 202,
    clock_skew = 203,
    not_found = 300,
    store_not_found = 301,
    exists = 302,
    precondition = 303,
    not_modified = 304,
    range = 305,
    conflict = 306,
    archived = 307,
    locked = 308,
    too_large = 309,
    quota = 310,
    upload_not_found = 311,
    not_a_file = 312,
    throttled = 400,
    unavailable = 401,
    service = 402,
    protocol = 403,
    dns = 500,
    connect = 501,
    tls = 502,
    proxy = 503,
    network = 504,
    timeout = 505,
    stalled = 506,
    checksum = 600,
    changed = 601,
    corrupt = 602,
    io = 700,
    no_space = 701,
    no_memory = 702,
    cancelled = 800,
    internal = 999,
};

/// "E_NOT_FOUND" and the like; "E_UNKNOWN" for a number that is none. Static.
std::string_view name_of(errc code) noexcept;

/// What is known of one failure. Everything but code and message may be empty or zero.
struct error_detail {
    errc code = errc::internal;
    std::string message;   ///< one line, impersonal, no secret
    std::string hint;      ///< what the user can do; appended to the message where it is shown
    std::string operation; ///< "get", "put", ... ; set once by store
    std::string uri;       ///< store URL and key; set once by store
    std::string service_code, request_id, host_id;
    int http_status = 0;
    int os_error = 0;
    unsigned attempts = 0;
    std::int64_t retry_after_ms = 0;
    bool retryable = false;
    bool outcome_unknown = false; ///< a write may have been applied
    bool from_service = false;
};

/// A failure. Cheap to move; copies share the detail, so it is filled before it is shared. Without
/// a detail it is errc::no_memory, which must not need memory.
class error {
public:
    /// errc::internal; allocates nothing until it is filled.
    error() noexcept
        : detail_(std::shared_ptr<error_detail>(), unknown()) {}

    error(errc code, std::string message)
        : detail_(std::make_shared<error_detail>()) {
        detail_->code = code;
        detail_->message = std::move(message);
    }

    static error no_memory() noexcept { return error(nullptr); }

    /// In a handler: what the exception being handled means. errc::no_memory, io or internal.
    static error of_exception() noexcept;

    errc code() const noexcept { return detail().code; }

    const std::string& message() const noexcept { return detail().message; }

    /// May throw std::bad_alloc where this is no_memory().
    error_detail* operator->() {
        if (detail_.use_count() == 0) detail_ = std::make_shared<error_detail>(detail());
        return detail_.get();
    }

    const error_detail* operator->() const noexcept { return &detail(); }

private:
    explicit error(std::nullptr_t) noexcept {}

    const error_detail& detail() const noexcept;
    static error_detail* unknown() noexcept; ///< never written to: nobody counts it

    std::shared_ptr<error_detail> detail_;
};

/// Found by boost::system::result when value() is asked of a failure: a bug of ours.
[[noreturn]] void throw_exception_from_error(const error& e, const boost::source_location& where);

template <class T>
using result = boost::system::result<T, error>;

} // namespace blobstore
