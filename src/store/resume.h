// SPDX-License-Identifier: Apache-2.0
// What a transfer must know to go on in another process: as text, and kept in a file.
#pragma once

#include "store/state_text.h"

#include <map>

namespace blobstore {

/// What a source looked like when its upload began.
struct source_facts {
    std::uint64_t size = 0, device = 0, inode = 0;
    std::int64_t modified_ns = 0;

    friend bool operator==(const source_facts&, const source_facts&) = default;
};

/// An upload with the parts that are there.
struct upload_state {
    open_upload upload;
    source_facts from;
    std::uint64_t part_size = 0;
    std::map<std::uint32_t, std::string> receipts;
};

wiping_string encode_resume(const upload_state& state);
/// errc::invalid_argument where the text is none, cut or changed.
result<upload_state> decode_resume(std::string_view text);

/// A download with the parts that are there.
struct download_state {
    std::string from; ///< the object's URI
    std::string etag, checksum;
    std::uint64_t size = 0, part_size = 0;
    std::string path, partial; ///< where it goes; the file it is in until then
    checksum_kind kind = checksum_kind::none;
    std::map<std::uint64_t, std::string> parts; ///< from 0, with the raw sum of that kind
};

wiping_string encode_resume(const download_state& state);
/// errc::invalid_argument where the text is none, cut or changed.
result<download_state> decode_download(std::string_view text);

/// The resume string in a file that only its owner reads, replaced whole. No path: nothing is kept.
class resume_file {
public:
    explicit resume_file(std::string path)
        : path_(std::move(path)) {}

    explicit operator bool() const noexcept { return !path_.empty(); }

    /// Empty where there is no file.
    result<wiping_string> load() const;
    result<void> save(std::string_view text) const;
    /// What is not there is success.
    result<void> remove() const;

private:
    std::string path_;
};

} // namespace blobstore
