// SPDX-License-Identifier: Apache-2.0
// The verb cat: objects or a range of them to standard output.
#include "cli/commands.h"
#include "cli/remote.h"
#include "cli/units.h"
#include "cli/wildcard.h"

#include <unistd.h>

namespace blobstore::cli {

namespace {

blobstore_get_options options_for(const std::string& range) {
    auto options = make_struct<blobstore_get_options>();
    if (range.empty()) {
        return options;
    }
    const auto wanted = parse_range(range);
    if (!wanted) {
        throw usage_error("--range takes A-B, A- or -N with A at most B, not '" + range + "'");
    }
    if (wanted->offset) {
        options.flags |= BLOBSTORE_GET_OFFSET;
        options.offset = *wanted->offset;
    }
    if (wanted->length) {
        options.flags |= BLOBSTORE_GET_LENGTH;
        options.length = *wanted->length;
    }
    if (wanted->suffix) {
        options.flags |= BLOBSTORE_GET_SUFFIX;
        options.suffix_length = *wanted->suffix;
    }
    return options;
}

/// Bytes as text that can stand in JSON; the offset is of what is written, a range begins at 0.
void print_json(session& with, const object_ref& object, const blobstore_get_options& options) {
    std::uint64_t offset = 0;
    stream(with, object, &options, [&](std::string_view bytes) {
        json_object line;
        line.text("source", object.url).number("offset", offset);
        with.out().line(line.raw("base64", json_string(base64(bytes))).str());
        offset += bytes.size();
    });
}

} // namespace

void run_cat(session& with) {
    const blobstore_get_options options = options_for(with.args().range);
    for_each_target(with, [&](const std::string& target) {
        for_each_object(with, target, [&](const object_ref& object) {
            if (with.args().json) {
                print_json(with, object, options);
            } else {
                stream_to(with, object, &options, STDOUT_FILENO, "standard output");
            }
        });
    });
}

} // namespace blobstore::cli
