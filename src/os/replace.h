// SPDX-License-Identifier: Apache-2.0
// A file that appears whole and durable under its name, or not at all.
#pragma once

#include "os/file.h"

namespace blobstore {

/// Names that begin so are ours in every folder: temporaries and sidecars.
inline constexpr std::string_view own_prefix = ".blobstore-";

inline bool is_own_name(std::string_view name) noexcept {
    return name.substr(0, own_prefix.size()) == own_prefix;
}

/// Where a file lives until it is published: without a name where the system can, else under a
/// temporary one.
enum class temporary { automatic, named };

enum class if_exists { replace, refuse };

/// A new file in a folder, mode 0666 without the umask's bits. Dropped unpublished, it leaves
/// nothing.
class pending_file {
public:
    static result<pending_file> create(descriptor folder, temporary kind);

    /// One that was kept; errc::not_found where it is gone.
    static result<pending_file> reopen(descriptor folder, std::string name);

    pending_file(pending_file&& other) noexcept;
    pending_file& operator=(pending_file&&) = delete;
    ~pending_file();

    int fd() const noexcept { return file_.get(); }

    int folder() const noexcept { return folder_.get(); }

    /// Appends.
    result<void> write(std::span<const char> bytes);

    /// What was put into fd() by other means.
    void count(std::uint64_t bytes) noexcept { size_ += bytes; }

    std::uint64_t size() const noexcept { return size_; }

    /// Makes the content durable, which publish() else does first.
    result<void> settle();

    /// Makes the content durable, gives it the name at once, makes the name durable. With
    /// if_exists::refuse what has the name already stays and EEXIST (errc::exists) is the error.
    /// ENOENT: the folder was removed meanwhile; after move_to() it may be tried again. After
    /// another failure the file is to be dropped.
    result<void> publish(const std::string& name, if_exists policy);

    /// Of one that has a name: dropped unpublished, it stays. Its name, for reopen().
    std::string keep() noexcept {
        kept_ = true;
        return name_;
    }

    /// As if it was never kept.
    void let_go() noexcept { kept_ = false; }

    /// The folder to publish in instead.
    void move_to(descriptor folder) { target_ = std::move(folder); }

private:
    pending_file(descriptor folder, descriptor file, std::string name);

    int target() const noexcept { return target_ ? target_.get() : folder_.get(); }

    result<void> link_as(const std::string& name, if_exists policy);
    result<void> rename_as(const std::string& name, if_exists policy);

    descriptor folder_, target_, file_;
    std::string name_; ///< of the temporary; empty: none
    std::uint64_t size_ = 0;
    bool durable_ = false, kept_ = false;
};

} // namespace blobstore
