// SPDX-License-Identifier: Apache-2.0
// Overrides, numeric addresses, look-ups.
#include "http/resolver.h"

#include <charconv>
#include <memory>
#include <netdb.h>

namespace blobstore::http {

namespace asio = boost::asio;

namespace {

bool parse_port(std::string_view text, std::uint16_t& port) {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
    return ec == std::errc() && end == text.data() + text.size() && port != 0;
}

/// The part up to the next ':' outside brackets, taken off the front with its ':'; brackets are
/// dropped.
std::string_view take_part(std::string_view& text) {
    const bool bracket = text.starts_with('[');
    const std::size_t close = bracket ? text.find(']') : 0;
    if (close == text.npos) return {};
    const std::size_t end = std::min(text.find(':', close), text.size());
    std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!bracket) return part;
    return part.ends_with(']') ? part.substr(1, part.size() - 2) : std::string_view();
}

error lookup_failure(const std::string& host, const lookup_answer& answer) {
    const bool system = answer.failed == EAI_SYSTEM;
    error e(
        errc::dns,
        "cannot resolve host \"" + host + "\": " +
            (system ? boost::system::error_code(answer.os_error, boost::system::system_category())
                          .message()
                    : std::string(::gai_strerror(answer.failed)))
    );
    e->os_error = answer.os_error;
    e->retryable = answer.failed != EAI_NONAME;
    e->hint = "check the endpoint's spelling and the network";
    return e;
}

} // namespace

result<resolver::override_entry> resolver::parse(std::string_view text) {
    override_entry made;
    std::string_view rest = text;
    made.host = take_part(rest);
    const bool port_ok = parse_port(take_part(rest), made.port);
    boost::system::error_code wrong;
    const asio::ip::address address = asio::ip::make_address(std::string(take_part(rest)), wrong);
    std::uint16_t port = made.port;
    const bool mapped_ok = rest.empty() || parse_port(rest, port);
    if (made.host.empty() || !port_ok || wrong || !mapped_ok || text.ends_with(':'))
        return error(
            errc::config, "resolve \"" + std::string(text) + "\" is not host:port:address[:port]"
        );
    made.address = endpoint(address, port);
    return made;
}

result<resolver> resolver::make(
    const std::vector<std::string>& overrides, lookup_function lookup, lookup_times times
) {
    resolver made;
    made.lookups_ = std::make_shared<lookups>(std::move(lookup), times);
    for (const std::string& text : overrides) {
        result<override_entry> entry = parse(text);
        if (!entry) return entry.error();
        made.overrides_.push_back(std::move(*entry));
    }
    return result<resolver>(std::move(made));
}

task<result<std::vector<endpoint>>>
resolver::resolve(operation& op, const origin& to, milliseconds limit) const {
    std::vector<endpoint> found;
    for (const override_entry& o : overrides_)
        if (o.port == to.port && same_name(o.host, to.host)) found.push_back(o.address);
    if (!found.empty()) co_return found;
    boost::system::error_code no_number;
    const asio::ip::address number = asio::ip::make_address(to.host, no_number);
    if (!no_number) {
        found.emplace_back(number, to.port);
        co_return found;
    }

    op.arm(limit, errc::dns);
    result<lookup_answer> looked = co_await lookups_->find(op, to.host, to.port);
    const bool waited_in_vain = op.stop_code() != errc::ok;
    if (waited_in_vain && op.stop_code() == errc::cancelled) co_return op.check().error();
    if (waited_in_vain) {
        error e(op.stop_code(), "timed out resolving host \"" + to.host + "\"");
        e->retryable = !op.stopped();
        co_return e;
    }
    op.disarm();
    if (!looked) co_return looked.error();
    if (looked->failed == 0 && looked->addresses.empty()) looked->failed = EAI_AGAIN;
    if (looked->failed != 0) co_return lookup_failure(to.host, *looked);
    co_return std::move(looked->addresses);
}

} // namespace blobstore::http
