// SPDX-License-Identifier: Apache-2.0
// Local files: what they are, what is below a folder, spooling of streams, modification times.
#include "cli/local.h"

#include "cli/exit_codes.h"
#include "cli/output.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <vector>

namespace blobstore::cli {

namespace {

constexpr std::size_t chunk_size = std::size_t{256} * 1024;
constexpr std::string_view own_files = ".blobstore-";
constexpr std::int64_t ns_per_second = 1'000'000'000;

[[noreturn]] void throw_errno(const std::string& path, int error) {
    throw failure(code_for_errno(error), path + ": " + std::strerror(error));
}

/// One walk; the folders on the way down are kept to find links in a circle.
class walker {
public:
    explicit walker(const walk_visitor& visitor)
        : visitor_(visitor) {}

    void folder(const std::string& path, const std::string& relative, const struct stat& status) {
        const std::pair id(status.st_dev, status.st_ino);
        if (std::find(above_.begin(), above_.end(), id) != above_.end()) {
            visitor_.skip(path + ": skipped, the link leads to a folder above it");
            return;
        }
        int error = 0;
        const std::vector<std::string> names = read(path, error);
        if (error != 0) {
            visitor_.fail(path + ": " + std::strerror(error), error);
        }
        above_.push_back(id);
        for (const std::string& name : names) {
            entry(path.ends_with('/') ? path + name : path + "/" + name, relative + name);
        }
        above_.pop_back();
    }

private:
    static std::vector<std::string> read(const std::string& path, int& error) {
        std::vector<std::string> names;
        const auto close = [](DIR* one) { ::closedir(one); };
        const std::unique_ptr<DIR, decltype(close)> dir(::opendir(path.c_str()), close);
        if (!dir) {
            error = errno;
            return names;
        }
        for (errno = 0; const dirent* one = ::readdir(dir.get()); errno = 0) {
            const std::string name = one->d_name;
            if (name != "." && name != ".." && !name.starts_with(own_files)) {
                names.push_back(name);
            }
        }
        error = errno;
        std::sort(names.begin(), names.end());
        return names;
    }

    void entry(const std::string& path, const std::string& relative) {
        struct stat status {};

        if (::stat(path.c_str(), &status) != 0) {
            const int error = errno;
            if (error == ENOENT || error == ELOOP) {
                visitor_.skip(path + ": skipped, a link that leads nowhere");
            } else {
                visitor_.fail(path + ": " + std::strerror(error), error);
            }
        } else if (S_ISDIR(status.st_mode)) {
            folder(path, relative + "/", status);
        } else if (S_ISREG(status.st_mode)) {
            visitor_.file(
                {path, relative, static_cast<std::uint64_t>(status.st_size), mtime_of(status)}
            );
        } else {
            visitor_.skip(path + ": skipped, neither a file nor a folder");
        }
    }

    const walk_visitor& visitor_;
    std::vector<std::pair<dev_t, ino_t>> above_;
};

} // namespace

std::int64_t mtime_of(const struct stat& status) noexcept {
    return static_cast<std::int64_t>(status.st_mtim.tv_sec) * ns_per_second +
           status.st_mtim.tv_nsec;
}

struct stat stat_path(const std::string& path) {
    struct stat status {};

    if (::stat(path.c_str(), &status) != 0) {
        throw_errno(path, errno);
    }
    return status;
}

bool is_directory(const std::string& path) noexcept {
    struct stat status {};

    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool exists(const std::string& path) noexcept {
    struct stat status {};

    return ::lstat(path.c_str(), &status) == 0;
}

bool is_special(const std::string& path) noexcept {
    struct stat status {};

    return ::stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode) &&
           !S_ISREG(status.st_mode);
}

void walk(const std::string& folder, const walk_visitor& visitor) {
    walker(visitor).folder(folder, "", stat_path(folder));
}

std::size_t read_some(int fd, const std::string& name, std::vector<char>& into) {
    const ssize_t n = ::read(fd, into.data(), into.size());
    if (n < 0) { // also EINTR: only our own signal thread sends that, to stop
        throw_errno(name, errno);
    }
    return static_cast<std::size_t>(n);
}

void read_lines(
    int fd, const std::string& name, const std::function<void(const std::string&)>& each
) {
    std::vector<char> chunk(chunk_size);
    std::string line;
    const auto end_line = [&] {
        if (!line.empty()) {
            each(line);
        }
        line.clear();
    };
    for (;;) {
        const std::size_t n = read_some(fd, name, chunk);
        if (n == 0) {
            break;
        }
        for (std::size_t i = 0; i < n; ++i) {
            if (chunk[i] == '\n') {
                end_line();
            } else {
                line += chunk[i];
            }
        }
    }
    end_line();
}

void make_folders(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (!is_directory(path)) {
        throw failure(
            code_for_errno(error ? error.value() : EEXIST) == exit_code::permission
                ? exit_code::permission
                : exit_code::failed,
            path + ": the folder cannot be made: " +
                (error ? error.message() : std::string("there is a file of that name"))
        );
    }
}

descriptor open_to_read(const std::string& path) {
    descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) {
        throw_errno(path, errno);
    }
    return file;
}

descriptor open_to_write(const std::string& path) {
    descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file) {
        throw_errno(path, errno);
    }
    return file;
}

bool set_mtime(const std::string& path, std::int64_t mtime_ns) noexcept {
    const std::int64_t below = mtime_ns % ns_per_second < 0 ? 1 : 0;
    const std::int64_t seconds = mtime_ns / ns_per_second - below;
    struct timespec times[2]{};
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_sec = static_cast<time_t>(seconds);
    times[1].tv_nsec = static_cast<long>(mtime_ns - seconds * ns_per_second);
    return ::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0;
}

std::string through_links(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::is_symlink(path, error)) {
        return path;
    }
    const std::filesystem::path target = std::filesystem::weakly_canonical(path, error);
    return error ? path : target.string();
}

} // namespace blobstore::cli
