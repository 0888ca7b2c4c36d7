// SPDX-License-Identifier: Apache-2.0
// The exit codes of the program, how a library status becomes one, and which of several wins.
#pragma once

#include "blobstore.h"

#include <stdexcept>
#include <string>

namespace blobstore::cli {

/// One table for all commands; 130 and 143 stand for SIGINT and SIGTERM.
enum class exit_code : int {
    done = 0,
    failed = 1,
    usage = 2,
    conflicts = 3,
    skipped = 4,
    safety_stop = 5,
    locked = 6,
    state_unusable = 7,
    permission = 8,
    limit = 9,
    differences = 10,
    not_found = 11,
    precondition = 12,
};

/// The exit code for the status of a library call.
exit_code code_for_status(blobstore_status status) noexcept;

/// The exit code for an errno of a local file that the program itself looked at.
exit_code code_for_errno(int error) noexcept;

/// Of two codes the one that the program ends with.
exit_code worse(exit_code a, exit_code b) noexcept;

/// Ends the command, or the item where a command works on many, with one line for the user.
class failure : public std::runtime_error {
public:
    failure(exit_code code, const std::string& message)
        : std::runtime_error(message)
        , code_(code) {}

    [[nodiscard]] exit_code code() const noexcept { return code_; }

private:
    exit_code code_;
};

/// A mistake on the command line.
class usage_error : public failure {
public:
    explicit usage_error(const std::string& message)
        : failure(exit_code::usage, message) {}
};

/// Whoever read our output has gone: stop, say nothing.
class broken_pipe : public std::exception {};

/// The user wants to stop: unwind, say nothing.
class interrupted : public std::exception {};

} // namespace blobstore::cli
