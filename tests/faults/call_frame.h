// SPDX-License-Identifier: Apache-2.0
// What the calls of the matrix have in common: how they end, and what they leave.
#pragma once

#include "faults/operations.h"

namespace blobstore::fault_tests {

using capi_tests::buffer_ptr;
using capi_tests::error_slot;
using capi_tests::freer;
using capi_tests::op_ptr;
using capi_tests::sized;
using capi_tests::str;
using capi_tests::text_of;

using object_ptr = std::unique_ptr<blobstore_object, freer<blobstore_object_free>>;
using page_ptr = std::unique_ptr<blobstore_page, freer<blobstore_page_free>>;
using reader_ptr = std::unique_ptr<blobstore_reader, freer<blobstore_reader_free>>;

// The arguments that the calls have in common, and where their results go.
struct call_frame {
    explicit call_frame(const setting_of_call& given)
        : with(given) {}

    // Ends a call: blocking ones have ended, submitted ones are waited for.
    outcome end(blobstore_status status) {
        const blobstore_error* failed = err.get();
        if (with.async && op) {
            held_op.reset(op);
            status = blobstore_op_wait(op, -1);
            failed = blobstore_op_error(op);
            info = blobstore_op_take_object(op);
            buffer = blobstore_op_take_buffer(op);
            page = blobstore_op_take_page(op);
            reader = blobstore_op_take_reader(op);
            count = static_cast<std::size_t>(blobstore_op_bytes(op));
        }
        outcome out;
        out.status = status;
        auto view = sized<blobstore_error_view>();
        if (failed) blobstore_error_get(failed, &view);
        out.flags = view.flags;
        out.attempts = view.attempts;
        out.http_status = view.http_status;
        out.message = blobstore_error_message(failed);
        keep(out);
        return out;
    }

    void keep(outcome& out) {
        const object_ptr held_info(info);
        const buffer_ptr held_buffer(buffer);
        const page_ptr held_page(page);
        auto view = sized<blobstore_object_view>();
        if (info && blobstore_object_get(info, &view) == BLOBSTORE_OK) {
            if (view.flags & BLOBSTORE_OBJECT_HAS_SIZE) out.size = view.size;
            out.etag = text_of(view.etag);
        }
        std::size_t size = 0;
        const void* data = blobstore_buffer_data(buffer, &size);
        if (buffer) out.body.emplace(static_cast<const char*>(data), size);
        for (std::size_t i = 0; i < blobstore_page_len(page); ++i) {
            auto entry = sized<blobstore_object_view>();
            blobstore_page_get(page, i, &entry, sizeof entry, 1);
            out.keys.push_back(text_of(entry.key));
        }
    }

    const setting_of_call& with;
    error_slot err;
    blobstore_op* op = nullptr;
    op_ptr held_op;
    blobstore_object* info = nullptr;
    blobstore_buffer* buffer = nullptr;
    blobstore_page* page = nullptr;
    blobstore_reader* reader = nullptr;
    std::size_t count = 0;
};

} // namespace blobstore::fault_tests
