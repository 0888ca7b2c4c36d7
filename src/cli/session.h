// SPDX-License-Identifier: Apache-2.0
// What a verb works with: arguments, client, cancel token, opened stores, outputs, the exit code so
// far.
#pragma once

#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/handles.h"
#include "cli/location.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/signals.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace blobstore::cli {

/// One object: in a store that was opened for it, or by its URL alone.
struct object_ref {
    store_handle store; ///< null: by url
    std::string key;
    std::string url; ///< also for messages
};

/// A place below which keys are listed or written.
struct folder_ref {
    store_handle store;
    std::string prefix;   ///< what keys begin with; empty or as given
    std::string base;     ///< base and key make the URL for messages
    bool encoded = false; ///< the key must be percent-encoded for that

    [[nodiscard]] std::string url_of(std::string_view key) const;
    object_ref object(std::string key) const;
};

/// Throws failure with the message of the error and the code of the status, unless that is OK.
void check(blobstore_status status, const error_handle& error);

/// What check() would throw for a status that is not OK.
failure failure_of(blobstore_status status, const blobstore_error* error);

/// The error's one line, else the name of the status.
std::string message_of(blobstore_status status, const blobstore_error* error);

/// Made once by main(); one thread at a time.
class session {
public:
    /// `cancel` and `stop` must live longer. Opens nothing yet.
    session(arguments args, blobstore_cancel* cancel, const signals& stop, progress& errors);
    session(const session&) = delete;
    session& operator=(const session&) = delete;
    session(session&&) = delete;
    session& operator=(session&&) = delete;
    ~session();

    [[nodiscard]] const arguments& args() const noexcept { return args_; }

    output& out() noexcept { return out_; }

    progress& errors() noexcept { return errors_; }

    blobstore_client* client();

    /// For every call: carries the cancel token.
    [[nodiscard]] const blobstore_call* call() const noexcept { return &call_; }

    [[nodiscard]] blobstore_cancel* cancel() const noexcept { return call_.cancel; }

    /// Throws interrupted if the user wants to stop.
    void check_stop() const;

    /// An argument of a verb that works on objects only: a local path becomes a file URL.
    static location object_argument(const std::string& text);

    object_ref object(const location& where);

    /// The same with an opened store, for calls that take two objects.
    object_ref object_in_store(const location& where);

    /// The prefix is the key as given where the scheme has prefixes, empty for file.
    folder_ref folder(const location& where);

    /// Notes a failure; the worst is the exit code. fail() prints it too, unless the user wants to
    /// stop.
    void note(exit_code code) noexcept { code_ = worse(code_, code); }

    void fail(const failure& what);

    [[nodiscard]] exit_code code() const noexcept { return code_; }

private:
    store_handle open(const std::string& url);

    arguments args_;
    const signals& stop_;
    progress& errors_;
    output out_;
    blobstore_call call_;
    config_handle config_;
    client_handle client_;
    std::vector<storage_option> storages_;
    std::map<std::string, store_handle> stores_;
    exit_code code_ = exit_code::done;
};

} // namespace blobstore::cli
