// SPDX-License-Identifier: Apache-2.0
// The verbs; each ends by returning (the session has the exit code) or by throwing failure.
#pragma once

#include "cli/session.h"

namespace blobstore::cli {

void run_cp(session& with);
void run_cat(session& with);
void run_ls(session& with);
void run_stat(session& with);
void run_rm(session& with);
void run_du(session& with);
void run_uploads(session& with);
void run_presign(session& with);
void run_tags(session& with);
void run_mb(session& with);
void run_rb(session& with);
void run_version(session& with);

/// A failure of an argument as a whole, and with --json its line.
inline void fail_target(session& with, const std::string& target, const failure& what) {
    with.fail(what);
    if (with.args().json) {
        json_object line;
        line.text("operation", with.args().verb).text("source", target);
        with.out().line(line.boolean("success", false).text("error", what.what()).str());
    }
}

/// Does it for each argument: a failure is reported and the others go on.
template <class Function>
void for_each_target(session& with, const Function& function) {
    for (const std::string& target : with.args().targets) {
        with.check_stop();
        try {
            function(target);
        } catch (const failure& what) {
            fail_target(with, target, what);
        }
    }
}

} // namespace blobstore::cli
