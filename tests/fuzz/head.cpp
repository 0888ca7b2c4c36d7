// SPDX-License-Identifier: Apache-2.0
// Response heads: whole, in steps, byte by byte, they mean the same; views stay within the buffer.
#include "fuzz.h"
#include "http/parser.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

using namespace blobstore::http;
using state = answer_parser::state;

namespace {

struct outcome {
    state what = state::more;
    std::size_t used = 0;
    int status = 0;
    std::string fields, reason;
    answer_parser::framing body{};
    std::uint64_t length = 0;
    bool keep_alive = false;

    bool operator==(const outcome&) const = default;
};

bool within(std::string_view part, const std::vector<char>& buffer, std::size_t end) {
    return part.empty() ||
           (part.data() >= buffer.data() && part.data() + part.size() <= buffer.data() + end);
}

outcome parse(std::string_view wire, std::size_t step, bool no_body) {
    static answer_parser parser;
    static response_head head;
    static std::vector<char> buffer(head_limit);
    parser.begin(head, buffer, no_body);
    outcome seen;
    std::size_t end = 0;
    while (seen.what == state::more && end < wire.size()) {
        const std::size_t n = std::min(step, wire.size() - end);
        std::memcpy(buffer.data() + end, wire.data() + end, n);
        end += n;
        const auto progress = parser.head({buffer.data() + seen.used, end - seen.used});
        FUZZ_ASSERT(progress.used <= end - seen.used);
        FUZZ_ASSERT(progress.made == 0);
        seen.used += progress.used;
        seen.what = progress.what;
    }
    if (seen.what == state::bad) FUZZ_ASSERT(!parser.reason().empty());
    if (seen.what != state::done) return {seen.what, 0, 0, {}, {}, {}, 0, false};
    FUZZ_ASSERT(head.status >= 100 && head.status <= 999);
    FUZZ_ASSERT(head.count <= head.fields.size());
    for (std::size_t i = 0; i < head.count; ++i) {
        const header_view& field = head.fields[i];
        FUZZ_ASSERT(within(field.name, buffer, end) && within(field.value, buffer, end));
        FUZZ_ASSERT(!field.name.empty());
        FUZZ_ASSERT(field.value.find_first_of(std::string_view("\r\n\0", 3)) == field.value.npos);
        seen.fields.append(field.name).append(":").append(field.value).append("\n");
    }
    seen.status = head.status;
    seen.body = parser.body();
    seen.length = parser.length();
    seen.keep_alive = parser.keep_alive();
    return seen;
}

/// What is wrong with a head that has not ended may be seen now or at its end.
bool agree(const outcome& a, const outcome& b, std::string_view wire) {
    const bool ended = wire.find("\r\n\r\n") != wire.npos;
    return a == b || (!ended && a.what != state::done && b.what != state::done);
}

} // namespace

/// The first byte tells how the rest is cut, and whether it answers a HEAD.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view wire =
        blobstore::fuzz::text_of(data + 1, std::min(size - 1, head_limit));
    const bool no_body = (data[0] & 1U) != 0;
    const outcome whole = parse(wire, head_limit, no_body);
    FUZZ_ASSERT(agree(parse(wire, 1, no_body), whole, wire));
    FUZZ_ASSERT(agree(parse(wire, 1 + (data[0] >> 1U), no_body), whole, wire));
    if (whole.what != state::done) return 0;
    // What follows a head does not change it.
    const outcome alone = parse(wire.substr(0, whole.used), head_limit, no_body);
    FUZZ_ASSERT(alone == whole);
    return 0;
}
