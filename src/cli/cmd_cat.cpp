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

} // namespace

void run_cat(session& with) {
    const blobstore_get_options options = options_for(with.args().range);
    for_each_target(with, [&](const std::string& target) {
        for_each_object(with, target, [&](const object_ref& object) {
            stream_to(with, object, &options, STDOUT_FILENO, "standard output");
        });
    });
}

} // namespace blobstore::cli
