// SPDX-License-Identifier: Apache-2.0
// Which process this is, cheap enough to ask in every call.
#pragma once

namespace blobstore {

/// getpid(), without a system call after the first; right in every child, however it was forked.
long process_id() noexcept;

} // namespace blobstore
