// SPDX-License-Identifier: Apache-2.0
// The verb uploads: lists and aborts uploads in parts that were begun and never ended.
#include "cli/commands.h"
#include "cli/remote.h"
#include "cli/units.h"

#include <vector>

namespace blobstore::cli {

namespace {

constexpr std::size_t time_width = 20;

struct begun_upload {
    std::string url, token;
    std::int64_t begun_ns = 0;
};

/// All of them before the first is aborted, which changes the pages.
std::vector<begun_upload> find(session& with, const folder_ref& folder) {
    std::vector<begun_upload> all;
    list_uploads(with, folder, [&](const blobstore_object_view& view) {
        const std::string url = folder.url_of(to_view(view.key));
        all.push_back({url, std::string(to_view(view.version)), view.modified_ns});
        with.check_stop();
        return true;
    });
    return all;
}

void print_listed(session& with, const blobstore_object_view& view) {
    const std::string_view key = to_view(view.key);
    if (with.args().json) {
        json_object line;
        line.text("key", key).text("begun", format_time(view.modified_ns));
        with.out().line(line.text("upload", to_view(view.version)).str());
        return;
    }
    with.out().line(right(format_seconds(view.modified_ns), time_width) + " " + printable(key));
}

void report(session& with, const begun_upload& upload, const failure* why) {
    if (why != nullptr) {
        with.fail(*why);
    }
    if (with.args().json) {
        json_object line;
        line.text("operation", "abort").text("source", upload.url);
        line.text("begun", format_time(upload.begun_ns)).boolean("success", why == nullptr);
        if (why != nullptr) {
            line.text("error", why->what());
        }
        with.out().line(line.str());
    } else if (why == nullptr && with.args().verbose > 0) {
        with.out().line(
            "abort " + printable(upload.url) + " begun " + format_seconds(upload.begun_ns)
        );
    }
}

void abort(session& with, const folder_ref& folder, const begun_upload& upload) {
    error_handle error;
    with.check_stop();
    const blobstore_status status = blobstore_upload_abort(
        folder.store.get(), upload.token.data(), upload.token.size(), with.call(), out_handle(error)
    );
    if (status == BLOBSTORE_OK || status == BLOBSTORE_E_UPLOAD_NOT_FOUND) { // it ended by itself
        report(with, upload, nullptr);
        return;
    }
    const failure why = failure_of(status, error.get());
    report(with, upload, &why);
}

/// By the library, which knows the time; it tells how many they were.
void abort_old(
    session& with, const folder_ref& folder, const std::string& url, std::int64_t older_than_ms
) {
    std::uint64_t aborted = 0;
    error_handle error;
    const blobstore_status status = blobstore_uploads_abort(
        folder.store.get(),
        folder.prefix.data(),
        folder.prefix.size(),
        older_than_ms,
        with.call(),
        &aborted,
        out_handle(error)
    );
    check(status, error);
    if (with.args().json) {
        json_object line;
        line.text("operation", "abort").text("source", url).boolean("success", true);
        with.out().line(line.number("aborted", aborted).str());
    } else if (with.args().verbose > 0) {
        with.out().line("abort " + std::to_string(aborted) + " below " + printable(url));
    }
}

std::optional<std::int64_t> age_ms(const std::string& text) {
    const auto age = parse_duration_ms(text);
    if (!text.empty() && !age) {
        throw usage_error(
            "--older-than takes seconds or a time such as 15m, 12h or 7d, not '" + text + "'"
        );
    }
    return age;
}

} // namespace

void run_uploads(session& with) {
    const bool aborts = with.args().action == "abort";
    const auto older_than = age_ms(with.args().older_than);
    if (older_than && !aborts) {
        throw usage_error("--older-than is for uploads abort");
    }
    for_each_target(with, [&](const std::string& target) {
        const location where = session::object_argument(target);
        const folder_ref folder = with.folder(where);
        if (older_than) {
            abort_old(with, folder, where.text, *older_than);
            return;
        }
        if (aborts) {
            for (const begun_upload& upload : find(with, folder)) {
                abort(with, folder, upload);
            }
            return;
        }
        list_uploads(with, folder, [&](const blobstore_object_view& view) {
            print_listed(with, view);
            with.check_stop();
            return true;
        });
    });
}

} // namespace blobstore::cli
