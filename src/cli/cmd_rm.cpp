// SPDX-License-Identifier: Apache-2.0
// The verb rm: one object, all below a URL, or those that standard input names, in batches.
#include "cli/commands.h"
#include "cli/local.h"
#include "cli/remote.h"
#include "cli/wildcard.h"

#include <algorithm>
#include <optional>
#include <unistd.h>
#include <vector>

namespace blobstore::cli {

namespace {

constexpr std::size_t batch_size = 1000;

void report(session& with, const std::string& url, const failure* why) {
    if (why != nullptr) {
        with.fail(*why);
    }
    if (with.args().json) {
        json_object line;
        line.text("operation", "delete").text("source", url);
        if (with.args().dry_run) {
            line.boolean("dry_run", true);
        } else {
            line.boolean("success", why == nullptr);
        }
        if (why != nullptr) {
            line.text("error", why->what());
        }
        with.out().line(line.str());
    } else if (why == nullptr && with.args().dry_run) {
        with.out().line("would delete " + printable(url));
    } else if (why == nullptr && with.args().verbose > 0) {
        with.out().line("delete " + printable(url));
    }
}

void remove_one(session& with, const object_ref& object) {
    if (object.key.empty()) {
        throw usage_error(object.url + " names no object; -r removes everything below it");
    }
    try {
        if (!with.args().dry_run) {
            remove(with, object);
        }
        report(with, object.url, nullptr);
    } catch (const failure& why) {
        report(with, object.url, &why);
    }
}

/// Collects keys of one store and removes them a batch at a time.
class remover {
public:
    remover(session& with, const folder_ref& folder)
        : with_(with)
        , folder_(folder) {}

    void add(std::string_view key) {
        keys_.emplace_back(key);
        if (keys_.size() >= batch_size) {
            flush();
        }
    }

    void flush() {
        std::vector<std::string> keys;
        keys.swap(keys_);
        if (keys.empty()) {
            return;
        }
        with_.check_stop();
        std::vector<blobstore_status> results(keys.size(), BLOBSTORE_OK);
        error_handle error;
        blobstore_status status = BLOBSTORE_OK;
        if (!with_.args().dry_run) {
            std::vector<blobstore_str> views;
            for (const std::string& key : keys) {
                views.push_back(to_str(key));
            }
            status = blobstore_delete_many(
                folder_.store.get(),
                views.data(),
                views.size(),
                with_.call(),
                results.data(),
                out_handle(error)
            );
        }
        const bool names_keys = std::any_of(results.begin(), results.end(), [](auto one) {
            return one != BLOBSTORE_OK;
        });
        if (!names_keys) { // else the call as a whole may have failed
            check(status, error);
        }
        bool reported = false;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const std::string url = folder_.url_of(keys[i]);
            if (results[i] == BLOBSTORE_OK) {
                report(with_, url, nullptr);
                continue;
            }
            // One error object tells of the first failure of its status; the others have a number.
            const bool is_told = !reported && results[i] == status;
            const std::string why = is_told ? message_of(status, error.get())
                                            : std::string(blobstore_status_name(results[i]));
            reported = reported || is_told;
            const failure one(code_for_status(results[i]), "delete " + url + ": " + why);
            report(with_, url, &one);
        }
    }

private:
    session& with_;
    const folder_ref& folder_;
    std::vector<std::string> keys_;
};

void remove_below(session& with, const location& where) {
    if (!where.is_folder() && try_head(with, with.object(where))) {
        remove_one(with, removable(with, where));
        if (where.scheme == "file") {
            return; // a file has nothing below it
        }
    }
    const folder_ref folder = with.folder(where);
    remover batch(with, folder);
    try {
        list(with, folder, with_slash(folder.prefix), "", [&](const blobstore_object_view& view) {
            batch.add(to_view(view.key));
            return true;
        });
    } catch (const failure& why) {
        const bool is_missing = where.scheme == "file" && why.code() == exit_code::not_found;
        if (!is_missing) { // a folder that is missing is removed already
            throw;
        }
    }
    batch.flush();
}

void remove_matches(session& with, const wildcard& which) {
    const folder_ref folder = with.folder(which.base);
    remover batch(with, folder);
    list_matches(with, which, folder, [&](const blobstore_object_view& view) {
        if ((view.flags & BLOBSTORE_OBJECT_IS_PREFIX) == 0) {
            batch.add(to_view(view.key));
        }
    });
    batch.flush();
}

/// Collects the objects that lines name; neighbours in one store go in one batch.
class listed_remover {
public:
    explicit listed_remover(session& with)
        : with_(with) {}

    void add(const std::string& line) {
        const location where = parse_location(line);
        if (!where.is_object()) { // a key without its store must not remove a file of that name
            throw usage_error("rm --stdin takes URLs, one a line, not '" + printable(line) + "'");
        }
        if (where.scheme == "file" || where.key.empty()) {
            flush();
            remove_one(with_, removable(with_, where));
            return;
        }
        const std::string store = where.scheme + "://" + where.authority;
        if (store != store_) {
            flush();
            batch_.reset();
            folder_ = with_.folder(parse_location(store));
            batch_.emplace(with_, folder_);
            store_ = store;
        }
        batch_->add(where.key);
    }

    void flush() {
        if (batch_) {
            batch_->flush();
        }
    }

private:
    session& with_;
    std::string store_;
    folder_ref folder_;
    std::optional<remover> batch_;
};

void remove_listed(session& with) {
    listed_remover all(with);
    const auto noting = [&](const auto& what) {
        try {
            what();
        } catch (const failure& why) {
            with.fail(why);
        }
    };
    read_lines(STDIN_FILENO, "standard input", [&](const std::string& line) {
        with.check_stop();
        noting([&] { all.add(line); });
    });
    noting([&] { all.flush(); });
}

} // namespace

void run_rm(session& with) {
    const auto remove_target = [&](const std::string& target) {
        const location where = session::object_argument(target);
        if (const auto which = wildcard_of(with, where)) {
            remove_matches(with, *which);
        } else if (with.args().recursive) {
            remove_below(with, where);
        } else {
            remove_one(with, removable(with, where));
        }
    };
    if (with.args().from_stdin && (with.args().recursive || !with.args().targets.empty())) {
        throw usage_error("rm: --stdin goes with neither -r nor URLs");
    }
    if (!with.args().from_stdin && with.args().targets.empty()) {
        throw usage_error("rm: URL is required, or --stdin");
    }
    for_each_target(with, remove_target);
    if (with.args().from_stdin) {
        remove_listed(with);
    }
}

} // namespace blobstore::cli
