// SPDX-License-Identifier: Apache-2.0
// The exit codes of the program, how a library status becomes one, and which of several wins.
#include "cli/exit_codes.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace blobstore::cli {

namespace {

/// The first of these that applies is the code of the run.
constexpr std::array priority{
    exit_code::state_unusable,
    exit_code::safety_stop,
    exit_code::permission,
    exit_code::usage,
    exit_code::locked,
    exit_code::not_found,
    exit_code::precondition,
    exit_code::failed,
    exit_code::conflicts,
    exit_code::limit,
    exit_code::skipped,
    exit_code::differences,
    exit_code::done,
};

} // namespace

exit_code code_for_status(blobstore_status status) noexcept {
    switch (status) {
    case BLOBSTORE_OK:
        return exit_code::done;
    case BLOBSTORE_E_INVALID_ARGUMENT:
    case BLOBSTORE_E_UNSUPPORTED:
    case BLOBSTORE_E_CONFIG:
        return exit_code::usage;
    case BLOBSTORE_E_CREDENTIALS:
    case BLOBSTORE_E_UNAUTHENTICATED:
    case BLOBSTORE_E_PERMISSION:
    case BLOBSTORE_E_CLOCK_SKEW:
        return exit_code::permission;
    case BLOBSTORE_E_NOT_FOUND:
    case BLOBSTORE_E_STORE_NOT_FOUND:
        return exit_code::not_found;
    case BLOBSTORE_E_EXISTS:
    case BLOBSTORE_E_PRECONDITION:
    case BLOBSTORE_E_NOT_MODIFIED:
        return exit_code::precondition;
    case BLOBSTORE_E_LOCKED:
        return exit_code::locked;
    case BLOBSTORE_E_QUOTA:
        return exit_code::limit;
    default:
        return exit_code::failed;
    }
}

exit_code code_for_errno(int error) noexcept {
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return exit_code::not_found;
    case EACCES:
    case EPERM:
        return exit_code::permission;
    default:
        return exit_code::failed;
    }
}

exit_code worse(exit_code a, exit_code b) noexcept {
    const auto* first = std::find_if(priority.begin(), priority.end(), [&](exit_code code) {
        return code == a || code == b;
    });
    return first == priority.end() ? exit_code::failed : *first;
}

} // namespace blobstore::cli
