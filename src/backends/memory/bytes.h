// SPDX-License-Identifier: Apache-2.0
// The bytes of objects in memory: read in steps, and collected from a source.
#pragma once

#include "store/types.h"

namespace blobstore {

std::unique_ptr<reader>
read_memory(std::shared_ptr<const std::string> bytes, const resolved_range& range);

struct collected {
    std::string bytes, etag, checksum;
};

/// All bytes of a source. errc::changed where a stream gives another number than it promised,
/// errc::checksum where they are not those of the caller's digest.
task<result<collected>> collect(operation& op, const source& body, const put_options& options);

/// The text of the checksum that is kept where the caller names no kind.
std::string usual_checksum(const std::string& bytes);

} // namespace blobstore
