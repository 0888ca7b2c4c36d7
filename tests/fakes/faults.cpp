// SPDX-License-Identifier: Apache-2.0
// Matching of requests against the script, and its one-line text form.
#include "fakes/faults.h"

#include "fakes/text_forms.h"

#include <array>

namespace blobstore::fakes {

namespace {

struct stage_name {
    std::string_view text;
    stage value;
};

constexpr std::array<stage_name, 7> stage_names{{
    {"accept", stage::accept},
    {"request_head", stage::request_head},
    {"request_body", stage::request_body},
    {"request", stage::request},
    {"answer_head", stage::answer_head},
    {"answer_body", stage::answer_body},
    {"after_answer", stage::after_answer},
}};

bool set_event(fault& out, event what, const std::string& value) {
    const auto colon = value.find(':');
    const auto at = colon == std::string::npos ? "0" : value.substr(colon + 1);
    auto byte = parse_number(at);
    if (at == "middle") byte = middle_byte;
    if (at == "last") byte = last_byte;
    for (const auto& [text, where] : stage_names) {
        if (text != value.substr(0, colon) || !byte) continue;
        out.what = what;
        out.where = where;
        out.byte = *byte;
        return true;
    }
    return false;
}

bool set_number(scripted_rule& out, const std::string& name, std::int64_t number) {
    auto& what = out.what;
    const auto count = static_cast<unsigned>(number);
    const std::chrono::milliseconds pause{number};
    if (name == "length-delta") return what.length_delta = number, true;
    if (number < 0) return false;
    if (name == "nth") return out.which.nth = count, true;
    if (name == "times") return out.times = count == 0 ? for_ever : count, true;
    if (name == "status") return what.status = static_cast<int>(number), true;
    if (name == "retry-after") {
        return what.headers.emplace_back("Retry-After", std::to_string(number)), true;
    }
    if (name == "for-ms") return what.duration = pause, true;
    if (name == "delay-ms") return what.delay = pause, true;
    if (name == "apply-after-ms") return what.apply_after = pause, true;
    if (name == "segment-ms") return what.segment_delay = pause, true;
    if (name == "segment") return what.segment = count, true;
    if (name == "spaces") return what.spaces = count, true;
    if (name == "chunk-size") return what.chunk_size = count, true;
    if (name == "interim") return what.interim.push_back(static_cast<int>(number)), true;
    if (name == "corrupt") return what.corrupt_byte = count, true;
    return false;
}

bool set_flag(fault& what, const std::string& name) {
    if (name == "early") return what.early = true;
    if (name == "apply") return what.apply = true;
    if (name == "twice") return what.twice = true;
    if (name == "close-notify") return what.close_notify = true;
    if (name == "until-close") return what.until_close = true;
    if (name == "connection-close") return what.connection_close = true;
    return false;
}

bool set_text(scripted_rule& out, const std::string& name, const std::string& value) {
    if (name == "method") return out.which.method = value, true;
    if (name == "key") return out.which.key = value, true;
    if (name == "query") return out.which.query = value, true;
    if (name == "code") return out.what.code = value, true;
    if (name == "body") return out.what.body = value, true;
    if (name == "raw") return out.what.raw = value, true;
    if (name == "extra") return out.what.extra = value, true;
    if (name == "stall") return set_event(out.what, event::stall, value);
    if (name == "reset") return set_event(out.what, event::reset, value);
    if (name == "close") return set_event(out.what, event::close, value);
    if (name == "half-close") return set_event(out.what, event::half_close, value);
    return false;
}

} // namespace

std::uint64_t position_in(std::uint64_t length, std::uint64_t byte) {
    if (byte == middle_byte) return length / 2;
    if (byte == last_byte) return length == 0 ? 0 : length - 1;
    return byte;
}

fault answer_status(int status, std::string code, std::optional<int> retry_after) {
    fault out;
    out.status = status;
    out.code = std::move(code);
    if (retry_after) out.headers.emplace_back("Retry-After", std::to_string(*retry_after));
    return out;
}

fault stall_at(stage where, std::uint64_t byte, std::chrono::milliseconds duration) {
    fault out;
    out.what = event::stall;
    out.where = where;
    out.byte = byte;
    out.duration = duration;
    return out;
}

fault reset_at(stage where, std::uint64_t byte) {
    fault out;
    out.what = event::reset;
    out.where = where;
    out.byte = byte;
    return out;
}

fault close_at(stage where, std::uint64_t byte) {
    fault out;
    out.what = event::close;
    out.where = where;
    out.byte = byte;
    return out;
}

fault answer_late(std::chrono::milliseconds delay) {
    fault out;
    out.delay = delay;
    return out;
}

bool matches(
    const match& which, const std::string& method, const std::string& key, const std::string& query
) {
    return (which.method.empty() || which.method == method) &&
           key.find(which.key) != std::string::npos && query.find(which.query) != std::string::npos;
}

std::size_t fault_script::add(match which, fault what, unsigned times) {
    const std::lock_guard lock{mutex_};
    rule added{std::move(which), std::make_shared<const fault>(std::move(what)), times, 0, 0};
    rules_.emplace(next_, std::move(added));
    return next_++;
}

void fault_script::clear() {
    const std::lock_guard lock{mutex_};
    rules_.clear();
}

unsigned fault_script::hits(std::size_t id) const {
    const std::lock_guard lock{mutex_};
    const auto found = rules_.find(id);
    return found == rules_.end() ? 0 : found->second.hits;
}

bool fault_script::use(rule& candidate) {
    if (candidate.hits >= candidate.times) return false;
    if (++candidate.seen < candidate.which.nth) return false;
    ++candidate.hits;
    return true;
}

std::shared_ptr<const fault>
fault_script::take(const std::string& method, const std::string& key, const std::string& query) {
    const std::lock_guard lock{mutex_};
    for (auto& [id, candidate] : rules_) {
        const auto& which = candidate.which;
        if (candidate.what->what != event::none && candidate.what->where == stage::accept) continue;
        if (!matches(which, method, key, query)) continue;
        if (use(candidate)) return candidate.what;
    }
    return nullptr;
}

std::shared_ptr<const fault> fault_script::take_for_connection() {
    const std::lock_guard lock{mutex_};
    for (auto& [id, candidate] : rules_) {
        if (candidate.what->what == event::none || candidate.what->where != stage::accept) continue;
        if (use(candidate)) return candidate.what;
    }
    return nullptr;
}

std::optional<scripted_rule> parse_rule(const std::string& line) {
    scripted_rule out;
    bool any = false;
    for (const auto& word : split_list(line, ' ')) {
        if (word.empty()) continue;
        any = true;
        const auto equals = word.find('=');
        const auto name = word.substr(0, equals);
        if (equals == std::string::npos) {
            if (!set_flag(out.what, name)) return std::nullopt;
            continue;
        }
        const auto value = percent_decode(word.substr(equals + 1));
        if (!value) return std::nullopt;
        const bool minus = value->starts_with('-');
        const auto number = parse_number(std::string_view{*value}.substr(minus ? 1 : 0));
        const auto amount = static_cast<std::int64_t>(number.value_or(0));
        const bool taken = set_text(out, name, *value) ||
                           (number && set_number(out, name, minus ? -amount : amount));
        if (!taken) return std::nullopt;
    }
    if (!any) return std::nullopt;
    return out;
}

} // namespace blobstore::fakes
