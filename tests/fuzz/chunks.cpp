// SPDX-License-Identifier: Apache-2.0
// Chunked bodies: the bytes that come out do not depend on where the wire or the room is cut, and
// are never more than went in.
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
    std::string body;
    std::size_t used = 0;

    bool operator==(const outcome&) const = default;
};

/// Pieces of the wire and of the room are as long as the bytes of `cuts` say, over and over.
outcome decode(std::string_view wire, std::string_view cuts) {
    static answer_parser parser;
    static response_head head;
    static std::vector<char> buffer(head_limit);
    constexpr std::string_view text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    std::memcpy(buffer.data(), text.data(), text.size());
    parser.begin(head, buffer, false);
    parser.head({buffer.data(), text.size()});
    outcome seen;
    std::size_t end = 0;
    std::size_t turn = 0;
    const auto next = [&] {
        return cuts.empty() ? std::size_t{1} << 20U
                            : 1 + static_cast<std::size_t>(
                                      static_cast<unsigned char>(cuts[turn++ % cuts.size()])
                                  );
    };
    std::vector<char> room;
    for (;;) {
        room.assign(std::min<std::size_t>(next(), 4096), '\0');
        const auto progress =
            parser.chunks({wire.data() + seen.used, end - seen.used}, {room.data(), room.size()});
        FUZZ_ASSERT(progress.used <= end - seen.used && progress.made <= room.size());
        FUZZ_ASSERT(progress.made <= progress.used);
        seen.used += progress.used;
        seen.body.append(room.data(), progress.made);
        seen.what = progress.what;
        if (seen.what != state::more) return seen;
        if (progress.made == room.size()) continue; // there may be more behind it
        if (end == wire.size()) return seen;
        end = std::min(wire.size(), end + next());
    }
}

} // namespace

/// The first byte tells how many bytes after it are cuts; the rest is the wire.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view all = blobstore::fuzz::text_of(data + 1, size - 1);
    const std::size_t count = std::min<std::size_t>(data[0] % 16, all.size());
    const std::string_view wire = all.substr(count);
    outcome whole = decode(wire, {});
    FUZZ_ASSERT(whole.body.size() <= wire.size());
    for (const std::string_view cuts : {all.substr(0, count), std::string_view("\0", 1)}) {
        outcome cut = decode(wire, cuts);
        if (whole.what != state::done) whole.used = cut.used = 0;
        FUZZ_ASSERT(cut == whole);
    }
    return 0;
}
