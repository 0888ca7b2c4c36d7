// SPDX-License-Identifier: Apache-2.0
// Where --resume keeps what is known of transfers that are not done.
#pragma once

#include "cli/args.h"

#include <string>
#include <string_view>

namespace blobstore::cli {

/// A name for the transfer between both ends: 32 hexadecimal digits of a hash. Pure. What has the
/// same name all the same is refused by the library, which knows the object.
std::string state_name(std::string_view source, std::string_view destination);

/// The folder of these files by the values of XDG_STATE_HOME and HOME. Pure. Throws usage_error
/// where neither names one.
std::string state_folder(const std::string& state_home, const std::string& home);

/// A local path as an end of a transfer: the same from every working folder.
std::string local_end(const std::string& path);

/// The file for a transfer between both ends; folders for it are made, for their owner alone.
/// Nothing without --resume. PATH of --resume names a folder where the command has `many`
/// transfers.
std::string state_file(
    const arguments& args, bool many, const std::string& source, const std::string& destination
);

} // namespace blobstore::cli
