// SPDX-License-Identifier: Apache-2.0
// What the command line says of objects that are written, as the library takes it.
#pragma once

#include "cli/args.h"
#include "cli/handles.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace blobstore::cli {

/// Borrows from the arguments, which must live longer.
class put_options {
public:
    /// Of an upload; `mtime_ns` is the local file's, kept as metadata unless the user gives
    /// another.
    put_options(const arguments& args, std::optional<std::int64_t> mtime_ns);

    /// Of a copy: what is not given stays as it is at the source; attributes go together.
    struct of_copy {};

    put_options(const arguments& args, of_copy);

    put_options(const put_options&) = delete;
    put_options& operator=(const put_options&) = delete;
    put_options(put_options&&) = delete;
    put_options& operator=(put_options&&) = delete;
    ~put_options() = default;

    /// The upload keeps its state in this file, and goes on with what that says; empty: it does
    /// not.
    void keep_state(const std::string& path) { options_.resume_path = to_str(path); }

    [[nodiscard]] const blobstore_put_options* get() const noexcept { return &options_; }

private:
    explicit put_options(const arguments& args);

    blobstore_put_options options_ = make_struct<blobstore_put_options>();
    std::vector<blobstore_kv> metadata_, tags_;
    std::string mtime_;
};

} // namespace blobstore::cli
