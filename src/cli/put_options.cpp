// SPDX-License-Identifier: Apache-2.0
// What the command line says of objects that are written, as the library takes it.
#include "cli/put_options.h"

#include "cli/units.h"

#include <algorithm>

namespace blobstore::cli {

namespace {

bool has_attributes(const arguments& args) noexcept {
    return !args.content_type.empty() || !args.content_encoding.empty() ||
           !args.cache_control.empty() || !args.metadata.empty();
}

} // namespace

put_options::put_options(const arguments& args) {
    for (const auto& [name, value] : args.metadata) {
        metadata_.push_back({to_str(name), to_str(value)});
    }
    for (const auto& [name, value] : args.tags) {
        tags_.push_back({to_str(name), to_str(value)});
    }
    options_.flags = args.if_absent ? BLOBSTORE_PUT_CREATE : 0;
    options_.content_type = to_str(args.content_type);
    options_.content_encoding = to_str(args.content_encoding);
    options_.cache_control = to_str(args.cache_control);
    options_.metadata = metadata_.data();
    options_.metadata_len = metadata_.size();
    options_.tags = tags_.data();
    options_.tags_len = tags_.size();
    options_.storage_class = to_str(args.storage_class);
}

put_options::put_options(const arguments& args, std::optional<std::int64_t> mtime_ns)
    : put_options(args) {
    const bool is_given =
        std::any_of(args.metadata.begin(), args.metadata.end(), [](const name_value& one) {
            return one.first == "mtime";
        });
    if (mtime_ns && !is_given) {
        mtime_ = format_mtime(*mtime_ns);
        metadata_.push_back({to_str("mtime"), to_str(mtime_)});
        options_.metadata = metadata_.data();
        options_.metadata_len = metadata_.size();
    }
}

put_options::put_options(const arguments& args, of_copy)
    : put_options(args) {
    if (!has_attributes(args)) {
        options_.flags |= BLOBSTORE_PUT_KEEP_ATTRIBUTES;
    }
    if (args.tags.empty()) {
        options_.flags |= BLOBSTORE_PUT_KEEP_TAGS;
    }
}

} // namespace blobstore::cli
