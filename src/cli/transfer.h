// SPDX-License-Identifier: Apache-2.0
// Runs the transfers of cp and mv, several at a time, through one completion queue.
#pragma once

#include "cli/session.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace blobstore::cli {

enum class transfer_kind { upload, download, copy };

/// One object to move.
struct transfer {
    transfer_kind kind = transfer_kind::upload;
    std::string source; ///< for messages
    std::string destination;
    std::string path;  ///< upload from, download to
    std::string state; ///< the file by which it goes on after a stop; empty: none
    object_ref from;   ///< download, copy
    object_ref to;     ///< upload, copy
    std::optional<std::uint64_t> size;
    std::optional<std::int64_t> mtime_ns; ///< of the local file
    std::string etag;                     ///< of the source object, where it is known
    bool moves = false;                   ///< the source is removed at the end
};

/// Takes transfers one after the other and keeps as many running as the user allowed. A transfer
/// that fails is reported and noted in the session; the others go on.
class transfer_engine {
public:
    explicit transfer_engine(session& with);
    transfer_engine(const transfer_engine&) = delete;
    transfer_engine& operator=(const transfer_engine&) = delete;
    transfer_engine(transfer_engine&&) = delete;
    transfer_engine& operator=(transfer_engine&&) = delete;

    /// Cancels what still runs.
    ~transfer_engine();

    /// Waits while all places are taken. With --dry-run only prints.
    void add(transfer item);

    /// Uploads all that can be read from the descriptor, whatever it is; waits for it.
    void stream(const transfer& item, int fd);

    /// Waits until all is done.
    void finish();

    /// Reports an item that was not even tried.
    void skip(const transfer& item, const failure& why);

private:
    struct slot {
        bool busy = false;
        transfer item;
        std::uint64_t moved = 0; ///< bytes of the item so far
        object_handle copied;    ///< of a move, while its source is being removed
    };

    void print_dry(const transfer& item);
    writer_handle open_writer(const transfer& item);
    void submit(std::size_t index);
    blobstore_status
    submit_upload(const transfer& item, const blobstore_async& async, error_handle& error);
    blobstore_status
    submit_download(const transfer& item, const blobstore_async& async, error_handle& error);
    blobstore_status
    submit_copy(const transfer& item, const blobstore_async& async, error_handle& error);
    std::size_t free_slot();
    void take(const blobstore_event& event) noexcept;
    void show_progress();
    void poll();
    void complete(const blobstore_event& event);
    void remove_source(std::size_t index, object_handle copied);
    blobstore_status
    submit_guarded_copy(const transfer& item, const blobstore_async& async, error_handle& error);
    blobstore_status
    submit_guarded_removal(const transfer& item, const blobstore_async& async, error_handle& error);
    blobstore_status
    submit_removal(const transfer& item, const blobstore_async& async, error_handle& error);
    void succeeded(const transfer& item, const blobstore_object* info);
    void failed(const transfer& item, const failure& why);

    session& with_;
    queue_handle queue_;
    std::vector<slot> slots_;
    std::size_t running_ = 0;
};

} // namespace blobstore::cli
