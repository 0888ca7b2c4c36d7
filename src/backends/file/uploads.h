// SPDX-License-Identifier: Apache-2.0
// Uploads in parts of a file store: a record and a folder of parts each, in a folder of ours below
// the root, until they become an object or are aborted.
#pragma once

#include "backends/file/object.h"
#include "store/backend.h"

namespace blobstore::file {

/// The part of the backend that they are. `.blobstore-uploads/<id>`, in the deepest folder of the
/// key's path that stood at the beginning, is the record: while it stands the upload does, for
/// every process. `.blobstore-uploads/<id>.parts/<number>` are its parts; such a folder without its
/// record is what a killed process left, and the next list removes it.
class upload_backend : public backend {
public:
    upload_backend(std::string root, const file_settings& settings)
        : root_(std::move(root))
        , settings_(settings) {}

    part_limits limits() const override;
    task<result<open_upload>>
    upload_create(operation& op, const std::string& key, const put_options& options) override;
    task<result<std::string>> upload_part(
        operation& op, const open_upload& to, std::uint32_t number, const source& body
    ) override;
    task<result<std::vector<part_entry>>>
    upload_list_parts(operation& op, const open_upload& of) override;
    task<result<object_meta>> upload_complete(
        operation& op,
        const open_upload& of,
        const std::vector<finished_part>& parts,
        std::optional<std::uint64_t> size
    ) override;
    task<result<void>> upload_abort(operation& op, const open_upload& of) override;
    task<result<upload_page>>
    uploads(operation& op, const std::string& prefix, const std::string& token) override;

protected:
    /// errc::not_found without a root.
    result<descriptor> root_for_reading() const;
    /// Creates it.
    result<descriptor> root_for_writing() const;

    std::string root_;
    file_settings settings_;
};

} // namespace blobstore::file
