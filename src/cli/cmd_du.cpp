// SPDX-License-Identifier: Apache-2.0
// The verb du: how much is below a URL.
#include "cli/commands.h"
#include "cli/remote.h"
#include "cli/units.h"
#include "cli/wildcard.h"

namespace blobstore::cli {

namespace {

constexpr std::size_t size_width = 12;
constexpr std::size_t count_width = 10;

struct total {
    std::uint64_t objects = 0, bytes = 0;

    void add(const blobstore_object_view& view) {
        ++objects;
        if ((view.flags & BLOBSTORE_OBJECT_HAS_SIZE) != 0) {
            bytes += view.size;
        }
    }
};

void print(session& with, const std::string& url, const total& all) {
    if (with.args().json) {
        json_object line;
        line.text("url", url).number("objects", all.objects).number("size", all.bytes);
        with.out().line(line.str());
        return;
    }
    const std::string size = with.args().human ? human_size(all.bytes) : std::to_string(all.bytes);
    with.out().line(
        right(size, size_width) + " " + right(std::to_string(all.objects), count_width) + " " +
        printable(url)
    );
}

/// A URL without a slash at its end may be an object itself.
total measure(session& with, const location& where) {
    total all;
    if (const auto which = wildcard_of(with, where)) {
        list_matches(with, below(*which), with.folder(which->base), [&](const auto& view) {
            all.add(view);
        });
        return all;
    }
    if (!where.is_folder()) {
        const auto info = try_head(with, with.object(where));
        if (info) {
            all.add(view_of(info->get()));
        }
        if (info && where.scheme == "file") {
            return all; // a file has nothing below it
        }
    }
    const folder_ref folder = with.folder(where);
    list(with, folder, with_slash(folder.prefix), "", [&](const blobstore_object_view& view) {
        all.add(view);
        with.check_stop();
        return true;
    });
    return all;
}

} // namespace

void run_du(session& with) {
    for_each_target(with, [&](const std::string& target) {
        const location where = session::object_argument(target);
        print(with, where.text, measure(with, where));
    });
}

} // namespace blobstore::cli
