// SPDX-License-Identifier: Apache-2.0
// Buffers, object views and pages.
#include "capi/handle.h"

using namespace blobstore;
using namespace blobstore::capi;

blobstore_status blobstore_buffer_new(size_t size, blobstore_buffer** out, blobstore_error** err) {
    if (out) *out = nullptr;
    return guard(err, [&]() -> result<void> {
        if (!out) return invalid("out is NULL");
        if (size > static_cast<size_t>(PTRDIFF_MAX) - 1)
            return invalid("size is longer than memory can be");
        auto made = std::make_unique<blobstore_buffer>();
        made->room = allocate_aligned(std::max<size_t>(size, 1));
        std::memset(made->room.get(), 0, size);
        made->data = made->room.get();
        made->size = size;
        *out = made.release();
        return {};
    });
}

blobstore_status blobstore_buffer_wrap(
    const void* data,
    size_t len,
    blobstore_release_fn release,
    void* ctx,
    blobstore_buffer** out,
    blobstore_error** err
) {
    if (out) *out = nullptr;
    return guard(err, [&]() -> result<void> {
        if (!out) return invalid("out is NULL");
        result<void> checked = check_bytes(data, len, "data");
        if (!checked) return checked;
        auto made = std::make_unique<blobstore_buffer>();
        made->data = const_cast<void*>(data);
        made->size = len;
        made->release = release;
        made->release_ctx = ctx;
        *out = made.release();
        return {};
    });
}

void* blobstore_buffer_data(const blobstore_buffer* buffer, size_t* len) {
    if (len) *len = buffer ? buffer->size : 0;
    return buffer ? buffer->data : nullptr;
}

blobstore_buffer* blobstore_buffer_retain(blobstore_buffer* buffer) {
    if (buffer) buffer->references.fetch_add(1, std::memory_order_relaxed);
    return buffer;
}

void blobstore_buffer_free(blobstore_buffer* buffer) {
    if (!buffer || buffer->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    if (buffer->release) buffer->release(buffer->release_ctx);
    if (buffer->secret) wipe(buffer->own.data(), buffer->own.size());
    delete buffer;
}

blobstore_status blobstore_object_get(const blobstore_object* object, blobstore_object_view* out) {
    return guard(nullptr, [&]() -> result<void> {
        if (!object) return invalid("object is NULL");
        return write_view(out, view_of(object->meta, object->lists), "blobstore_object_view");
    });
}

void blobstore_object_free(blobstore_object* object) {
    delete object;
}

size_t blobstore_page_len(const blobstore_page* page) {
    return page ? page->page.entries.size() : 0;
}

size_t blobstore_page_get(
    const blobstore_page* page, size_t first, blobstore_object_view* out, size_t stride, size_t n
) {
    if (!page || !out || stride < 2 * sizeof(uint32_t) || stride > largest_struct ||
        first >= page->page.entries.size())
        return 0;
    const size_t count = std::min(n, page->page.entries.size() - first);
    const object_lists none;
    char* at = reinterpret_cast<char*>(out);
    for (size_t i = 0; i < count; ++i, at += stride) {
        blobstore_object_view v = view_of(page->page.entries[first + i], none);
        v.struct_size = static_cast<uint32_t>(stride);
        std::memset(at, 0, stride);
        std::memcpy(at, &v, std::min(stride, sizeof v));
    }
    return count;
}

const char* blobstore_page_token(const blobstore_page* page, size_t* len) {
    if (len) *len = page ? page->page.next_token.size() : 0;
    return page ? page->page.next_token.c_str() : "";
}

void blobstore_page_free(blobstore_page* page) {
    delete page;
}
