// SPDX-License-Identifier: Apache-2.0
// The verb stat: what is known of an object, its metadata included.
#include "cli/commands.h"
#include "cli/remote.h"
#include "cli/units.h"
#include "cli/wildcard.h"

namespace blobstore::cli {

namespace {

std::string metadata_json(const blobstore_object_view& view) {
    json_object all;
    for (std::size_t i = 0; i < view.metadata_len; ++i) {
        all.text(to_view(view.metadata[i].key), to_view(view.metadata[i].value));
    }
    return all.str();
}

std::string json_line(const blobstore_object_view& view) {
    json_object line;
    line.text("key", to_view(view.key));
    if ((view.flags & BLOBSTORE_OBJECT_HAS_SIZE) != 0) {
        line.number("size", view.size);
    }
    if ((view.flags & BLOBSTORE_OBJECT_HAS_MODIFIED) != 0) {
        line.text("modified", format_time(view.modified_ns));
    }
    const auto add = [&](const char* name, const blobstore_str& value) {
        if (value.len > 0) {
            line.text(name, to_view(value));
        }
    };
    add("etag", view.etag);
    add("content_type", view.content_type);
    add("content_encoding", view.content_encoding);
    add("cache_control", view.cache_control);
    return line.raw("metadata", metadata_json(view)).str();
}

void print_lines(output& out, const blobstore_object_view& view) {
    const auto add = [&](const std::string& name, std::string_view value) {
        const std::size_t width = 18;
        const std::string padding(name.size() < width ? width - name.size() : 1, ' ');
        out.line(name + padding + printable(value));
    };
    const auto add_known = [&](const char* name, const blobstore_str& value) {
        if (value.len > 0) {
            add(name, to_view(value));
        }
    };
    add("key", to_view(view.key));
    if ((view.flags & BLOBSTORE_OBJECT_HAS_SIZE) != 0) {
        add("size", std::to_string(view.size));
    }
    if ((view.flags & BLOBSTORE_OBJECT_HAS_MODIFIED) != 0) {
        add("modified", format_time(view.modified_ns));
    }
    add_known("etag", view.etag);
    add_known("content-type", view.content_type);
    add_known("content-encoding", view.content_encoding);
    add_known("cache-control", view.cache_control);
    for (std::size_t i = 0; i < view.metadata_len; ++i) {
        const std::string name(to_view(view.metadata[i].key));
        add("metadata " + printable(name), to_view(view.metadata[i].value));
    }
}

} // namespace

void run_stat(session& with) {
    const auto print = [&](const object_ref& object) {
        const object_handle info = head(with, object);
        blobstore_object_view view = view_of(info.get());
        if (view.key.len == 0) {
            view.key = to_str(object.key);
        }
        if (with.args().json) {
            with.out().line(json_line(view));
        } else {
            print_lines(with.out(), view);
        }
    };
    for_each_target(with, [&](const std::string& target) { for_each_object(with, target, print); });
}

} // namespace blobstore::cli
