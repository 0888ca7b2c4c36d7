// SPDX-License-Identifier: Apache-2.0
// Names of the status codes.
#include "base/error.h"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>
#include <utility>

namespace blobstore {

namespace {

struct named_code {
    errc code;
    std::string_view name;
};

constexpr std::array names{
    named_code{errc::ok, "OK"},
    named_code{errc::invalid_argument, "E_INVALID_ARGUMENT"},
    named_code{errc::invalid_state, "E_INVALID_STATE"},
    named_code{errc::unsupported, "E_UNSUPPORTED"},
    named_code{errc::config, "E_CONFIG"},
    named_code{errc::version, "E_VERSION"},
    named_code{errc::would_deadlock, "E_WOULD_DEADLOCK"},
    named_code{errc::forked, "E_FORKED"},
    named_code{errc::closed, "E_CLOSED"},
    named_code{errc::again, "E_AGAIN"},
    named_code{errc::credentials, "E_CREDENTIALS"},
    named_code{errc::unauthenticated, "E_UNAUTHENTICATED"},
    named_code{errc::permission, "E_PERMISSION"},
    named_code{errc::clock_skew, "E_CLOCK_SKEW"},
    named_code{errc::not_found, "E_NOT_FOUND"},
    named_code{errc::store_not_found, "E_STORE_NOT_FOUND"},
    named_code{errc::exists, "E_EXISTS"},
    named_code{errc::precondition, "E_PRECONDITION"},
    named_code{errc::not_modified, "E_NOT_MODIFIED"},
    named_code{errc::range, "E_RANGE"},
    named_code{errc::conflict, "E_CONFLICT"},
    named_code{errc::archived, "E_ARCHIVED"},
    named_code{errc::locked, "E_LOCKED"},
    named_code{errc::too_large, "E_TOO_LARGE"},
    named_code{errc::quota, "E_QUOTA"},
    named_code{errc::upload_not_found, "E_UPLOAD_NOT_FOUND"},
    named_code{errc::not_a_file, "E_NOT_A_FILE"},
    named_code{errc::throttled, "E_THROTTLED"},
    named_code{errc::unavailable, "E_UNAVAILABLE"},
    named_code{errc::service, "E_SERVICE"},
    named_code{errc::protocol, "E_PROTOCOL"},
    named_code{errc::dns, "E_DNS"},
    named_code{errc::connect, "E_CONNECT"},
    named_code{errc::tls, "E_TLS"},
    named_code{errc::proxy, "E_PROXY"},
    named_code{errc::network, "E_NETWORK"},
    named_code{errc::timeout, "E_TIMEOUT"},
    named_code{errc::stalled, "E_STALLED"},
    named_code{errc::checksum, "E_CHECKSUM"},
    named_code{errc::changed, "E_CHANGED"},
    named_code{errc::corrupt, "E_CORRUPT"},
    named_code{errc::io, "E_IO"},
    named_code{errc::no_space, "E_NO_SPACE"},
    named_code{errc::no_memory, "E_NO_MEMORY"},
    named_code{errc::cancelled, "E_CANCELLED"},
    named_code{errc::internal, "E_INTERNAL"},
};

// Never destroyed: threads may fail while the process exits. The text fits into the string itself.
template <errc Code>
error_detail* make_lasting(const char* message) noexcept {
    alignas(error_detail) static std::array<std::byte, sizeof(error_detail)> place;
    auto* made = new (place.data()) error_detail;
    made->code = Code;
    made->message = message;
    return made;
}

} // namespace

std::string_view name_of(errc code) noexcept {
    const auto* found = std::find_if(names.begin(), names.end(), [&](const named_code& n) {
        return n.code == code;
    });
    return found == names.end() ? "E_UNKNOWN" : found->name;
}

const error_detail& error::detail() const noexcept {
    if (detail_) return *detail_;
    static error_detail* const shared = make_lasting<errc::no_memory>("out of memory");
    return *shared;
}

error_detail* error::unknown() noexcept {
    static error_detail* const shared = make_lasting<errc::internal>("unknown error");
    return shared;
}

error error::of_exception() noexcept {
    try {
        try {
            throw;
        } catch (const std::bad_alloc&) {
            return no_memory();
        } catch (const boost::system::system_error& e) {
            error made(errc::io, e.what());
            made->os_error = e.code().value();
            return made;
        } catch (const std::exception& e) {
            return error(errc::internal, e.what());
        }
    } catch (...) { // no memory to say it, or what nobody of ours throws
        return no_memory();
    }
}

void throw_exception_from_error(const error& e, const boost::source_location&) {
    throw std::logic_error("value of a failure: " + e.message());
}

} // namespace blobstore
