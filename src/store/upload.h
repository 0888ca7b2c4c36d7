// SPDX-License-Identifier: Apache-2.0
// One large object written as parts side by side, from where an earlier process left it.
#pragma once

#include "async/group.h"
#include "store/backend.h"
#include "store/resume.h"

namespace blobstore {

/// The bytes of one part.
struct part_body {
    source what;
    std::unique_ptr<reader> own; ///< what `what` borrows from
};

/// What is to be uploaded; lives until the upload has ended.
struct upload_work {
    backend& to;
    std::string key;
    put_options options;
    part_plan plan;
    lane where = lane::io; ///< workers where opening or reading a part may block
    std::function<result<part_body>(std::uint64_t offset, std::uint64_t size)> open;
    /// In place of opening and uploading what was opened: a part that the service makes by itself.
    std::function<task<result<std::string>>(operation&, const open_upload&, std::uint32_t number)>
        make;
    source_facts facts; ///< of a source that can be gone on with; else resume is not asked for
};

/// Creates the upload or goes on with the one that options.transfer.resume names, puts what is
/// missing, completes; begins anew, as often as a call tries, where another write overtook it. A
/// failed upload is aborted, also after a cancel, unless it is to be resumed.
task<result<object_meta>> upload_in_parts(operation& op, upload_work work);

/// Of a part: whatever became of it, there is no object yet.
error without_doubt(error e);

/// Aborts in the background.
void abort_behind(runtime& on, std::shared_ptr<backend> at, open_upload what) noexcept;

} // namespace blobstore
