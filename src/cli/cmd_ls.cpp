// SPDX-License-Identifier: Apache-2.0
// The verb ls: what is below a URL, for people or as JSON.
#include "cli/commands.h"
#include "cli/remote.h"
#include "cli/units.h"
#include "cli/wildcard.h"

namespace blobstore::cli {

namespace {

constexpr std::size_t size_width = 12;
constexpr std::size_t time_width = 20;

bool is_deleted(const blobstore_object_view& view) noexcept {
    return (view.flags & BLOBSTORE_OBJECT_IS_DELETE_MARKER) != 0;
}

bool has_size(const blobstore_object_view& view) noexcept {
    return (view.flags & BLOBSTORE_OBJECT_HAS_SIZE) != 0 && !is_deleted(view);
}

std::string human_line(const arguments& args, const blobstore_object_view& view) {
    const std::string key = printable(to_view(view.key));
    if ((view.flags & BLOBSTORE_OBJECT_IS_PREFIX) != 0) {
        return right("", time_width) + " " + right("PRE", size_width) + " " + key;
    }
    std::string time;
    if ((view.flags & BLOBSTORE_OBJECT_HAS_MODIFIED) != 0) {
        time = format_seconds(view.modified_ns);
    }
    std::string size = is_deleted(view) ? "DELETED" : "-";
    if (has_size(view)) {
        size = args.human ? human_size(view.size) : std::to_string(view.size);
    }
    const std::string version = args.versions ? printable(to_view(view.version)) + " " : "";
    return right(time, time_width) + " " + right(size, size_width) + " " + version + key;
}

std::string json_line(const arguments& args, const blobstore_object_view& view) {
    json_object line;
    if ((view.flags & BLOBSTORE_OBJECT_IS_PREFIX) != 0) {
        return line.text("prefix", to_view(view.key)).str();
    }
    line.text("key", to_view(view.key));
    if (has_size(view)) {
        line.number("size", view.size);
    }
    if ((view.flags & BLOBSTORE_OBJECT_HAS_MODIFIED) != 0) {
        line.text("modified", format_time(view.modified_ns));
    }
    if (view.etag.len > 0) {
        line.text("etag", to_view(view.etag));
    }
    if (args.versions) {
        line.text("version", to_view(view.version))
            .boolean("latest", (view.flags & BLOBSTORE_OBJECT_IS_LATEST) != 0)
            .boolean("deleted", is_deleted(view));
    }
    return line.str();
}

void print(session& with, const blobstore_object_view& view) {
    with.out().line(
        with.args().json ? json_line(with.args(), view) : human_line(with.args(), view)
    );
}

/// A file URL names a folder; where it names a file, that alone is listed, as by ls(1).
bool print_single_file(session& with, const location& where) {
    if (where.scheme != "file" || where.is_folder()) {
        return false;
    }
    try {
        const object_handle info = head(with, with.object(where));
        blobstore_object_view view = view_of(info.get());
        const std::string name = base_name(where.key);
        view.key = to_str(name);
        print(with, view);
        return true;
    } catch (const failure&) {
        return false; // the listing says what is wrong
    }
}

} // namespace

void run_ls(session& with) {
    for_each_target(with, [&](const std::string& target) {
        const location where = session::object_argument(target);
        const bool versions = with.args().versions;
        const auto which = wildcard_of(with, where);
        if (!versions && !which && print_single_file(with, where)) {
            return;
        }
        const folder_ref folder = with.folder(which ? which->base : where);
        const std::string delimiter = with.args().recursive ? "" : "/";
        const auto visit = [&](const blobstore_object_view& view) {
            print(with, view);
            with.check_stop();
            return true;
        };
        const std::uint32_t flags = versions ? BLOBSTORE_LIST_VERSIONS : 0;
        if (which) {
            list_matches(with, *which, folder, visit, flags);
            return;
        }
        list(with, folder, folder.prefix, delimiter, visit, flags);
    });
}

} // namespace blobstore::cli
