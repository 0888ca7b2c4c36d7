// SPDX-License-Identifier: Apache-2.0
// Reading an object's file, and filling the one that is to become an object.
#pragma once

#include "backends/file/object.h"
#include "base/checksum.h"

namespace blobstore::file {

/// The descriptor keeps the version alive that was opened.
std::unique_ptr<reader> read_file(descriptor file, const resolved_range& range);

/// Behind what the file has. errc::changed where the stream gives another number of bytes than it
/// promised. `sum` sees what is written.
task<result<void>>
fill_from_stream(operation& op, pending_file& file, const source& body, checksum& sum);
result<void>
fill_from_memory(operation& op, pending_file& file, std::span<const char> bytes, checksum& sum);

/// From an empty file on. errc::changed where the object changes meanwhile.
result<void> fill_from_file(operation& op, pending_file& file, const open_object& from);

} // namespace blobstore::file
