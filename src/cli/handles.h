// SPDX-License-Identifier: Apache-2.0
// Owners of the C handles of blobstore.h and of file descriptors, and zeroed option structs.
#pragma once

#include "blobstore.h"

#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace blobstore::cli {

template <auto Free>
struct freer {
    template <class T>
    void operator()(T* handle) const noexcept {
        Free(handle);
    }
};

using error_handle = std::unique_ptr<blobstore_error, freer<blobstore_error_free>>;
using config_handle = std::unique_ptr<blobstore_config, freer<blobstore_config_free>>;
using client_handle = std::unique_ptr<blobstore_client, freer<blobstore_client_free>>;
using store_handle = std::shared_ptr<blobstore_store>;
using cancel_handle = std::unique_ptr<blobstore_cancel, freer<blobstore_cancel_free>>;
using queue_handle = std::unique_ptr<blobstore_queue, freer<blobstore_queue_free>>;
using buffer_handle = std::unique_ptr<blobstore_buffer, freer<blobstore_buffer_free>>;
using object_handle = std::unique_ptr<blobstore_object, freer<blobstore_object_free>>;
using page_handle = std::unique_ptr<blobstore_page, freer<blobstore_page_free>>;
using writer_handle = std::unique_ptr<blobstore_writer, freer<blobstore_writer_free>>;
using reader_handle = std::unique_ptr<blobstore_reader, freer<blobstore_reader_free>>;

/// For an out-parameter: takes what the call left there when the full expression ends.
template <class Handle>
class out_handle {
public:
    using pointer = typename Handle::pointer;

    explicit out_handle(Handle& handle) noexcept
        : handle_(handle) {}

    out_handle(const out_handle&) = delete;
    out_handle& operator=(const out_handle&) = delete;
    out_handle(out_handle&&) = delete;
    out_handle& operator=(out_handle&&) = delete;

    ~out_handle() { handle_.reset(raw_); }

    operator pointer*() noexcept { return &raw_; } // NOLINT: made to be passed as an argument

private:
    Handle& handle_;
    pointer raw_ = nullptr;
};

/// A zeroed struct of the header with its size set.
template <class T>
T make_struct() noexcept {
    T value{};
    value.struct_size = static_cast<uint32_t>(sizeof(T));
    return value;
}

inline blobstore_str to_str(std::string_view text) noexcept {
    return blobstore_str{text.data(), text.size()};
}

inline std::string_view to_view(const blobstore_str& text) noexcept {
    return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}

/// Owns a file descriptor.
class descriptor {
public:
    descriptor() noexcept = default;

    explicit descriptor(int fd) noexcept
        : fd_(fd) {}

    descriptor(descriptor&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)) {}

    descriptor& operator=(descriptor&& other) noexcept {
        if (this != &other) {
            reset(std::exchange(other.fd_, -1));
        }
        return *this;
    }

    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;

    ~descriptor() { reset(-1); }

    [[nodiscard]] int get() const noexcept { return fd_; }

    explicit operator bool() const noexcept { return fd_ >= 0; }

private:
    void reset(int fd) noexcept {
        if (fd_ >= 0) {
            ::close(fd_);
        }
        fd_ = fd;
    }

    int fd_ = -1;
};

} // namespace blobstore::cli
