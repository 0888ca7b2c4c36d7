// SPDX-License-Identifier: Apache-2.0
// The program blobstore: verb table, signals and exit code around the verbs.
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/signals.h"

#include <array>
#include <csignal>
#include <exception>
#include <fcntl.h>
#include <string>
#include <vector>

namespace blobstore::cli {

void run_version(session& with) {
    constexpr std::array<std::string_view, 3> backends{"file", "memory", "s3"};
    std::string json = "[";
    std::string words;
    for (const std::string_view backend : backends) {
        const std::string feature = "backend." + std::string(backend);
        if (blobstore_has_feature(feature.data(), feature.size()) == 1) {
            json += (json.size() > 1 ? "," : "") + json_string(backend);
            words += " " + std::string(backend);
        }
    }
    const std::string version = blobstore_version_string();
    if (with.args().json) {
        with.out().line(json_object().text("version", version).raw("backends", json + "]").str());
    } else {
        with.out().line("blobstore " + version);
        with.out().line("backends:" + words);
    }
}

namespace {

struct verb {
    std::string_view name;
    void (*run)(session&);
};

constexpr std::array verbs{
    verb{"cp", run_cp},
    verb{"mv", run_cp},
    verb{"cat", run_cat},
    verb{"ls", run_ls},
    verb{"stat", run_stat},
    verb{"rm", run_rm},
    verb{"du", run_du},
    verb{"uploads", run_uploads},
    verb{"presign", run_presign},
    verb{"tags", run_tags},
    verb{"mb", run_mb},
    verb{"rb", run_rb},
    verb{"version", run_version},
};

/// Runs the verb; what it threw is noted in the session. False if output went nowhere.
void run(session& with) {
    try {
        for (const verb& one : verbs) {
            if (one.name == with.args().verb) {
                one.run(with);
            }
        }
    } catch (const failure& what) {
        with.fail(what);
    }
    with.out().flush();
}

/// What was printed before the end came is true and is shown.
void flush_what_was_done(session& with) {
    try {
        with.out().flush();
    } catch (const failure&) {
    } catch (const broken_pipe&) {
    }
}

/// A closed descriptor 0, 1 or 2 would be given to the next file or socket: it stays one on which
/// reading or writing fails.
void keep_standard_descriptors() {
    for (int fd = 0; fd < 3; ++fd)
        if (::fcntl(fd, F_GETFD) < 0) ::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

int guarded(const std::vector<std::string>& words) {
    const parsed command = parse_arguments(words);
    if (command.is_help) {
        output out;
        if (command.args.json) {
            out.line(json_object().text("help", command.help).str());
        } else {
            out.write(command.help);
        }
        out.flush();
        return 0;
    }
    cancel_handle cancel;
    error_handle error;
    const blobstore_status status = blobstore_cancel_new(out_handle(cancel), out_handle(error));
    check(status, error);
    const signals stop(cancel.get());
    const arguments& args = command.args;
    progress errors({args.quiet, !args.no_color, args.verbose == 0, args.progress});
    session with(args, cancel.get(), stop, errors);
    try {
        run(with);
    } catch (const interrupted&) {
        with.note(exit_code::failed);
        flush_what_was_done(with);
    } catch (const broken_pipe&) {
        // What has failed before still counts, what was not written does not.
    } catch (const failure& what) {
        with.note(what.code());
        errors.error(what.what());
        flush_what_was_done(with);
    }
    const int signal = stop.stopped_by();
    return signal != 0 ? 128 + signal : static_cast<int>(with.code());
}

} // namespace

} // namespace blobstore::cli

int main(int argc, char** argv) {
    using namespace blobstore::cli;
    keep_standard_descriptors();
    std::signal(SIGPIPE, SIG_IGN);
    progress errors({.quiet = false, .color = false, .live = false, .forced = false}
    ); // NO_COLOR is not yet known
    try {
        const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
        return guarded(words);
    } catch (const failure& what) {
        errors.error(what.what());
        return static_cast<int>(what.code());
    } catch (const broken_pipe&) {
        return 0;
    } catch (const std::exception& what) {
        errors.error(std::string("unexpected: ") + what.what());
        return static_cast<int>(exit_code::failed);
    }
}
