// SPDX-License-Identifier: Apache-2.0
// The test program's own fsync and pwrite, in the place of libc's.
#include "file_faults.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/syscall.h>
#include <unistd.h>

namespace file_faults {

plan& faults() {
    static plan p;
    return p;
}

} // namespace file_faults

extern "C" int fsync(int fd) {
    file_faults::plan& p = file_faults::faults();
    if (p.kill_at_sync > 0 && --p.kill_at_sync == 0) ::kill(::getpid(), SIGKILL);
    if (const int why = p.fail_sync.exchange(0); why != 0) {
        errno = why;
        return -1;
    }
    {
        const std::lock_guard lock(p.mutex);
        if (p.record) {
            char path[4096];
            const std::string self = "/proc/self/fd/" + std::to_string(fd);
            const ssize_t size = ::readlink(self.c_str(), path, sizeof path);
            if (size > 0) p.synced.emplace_back(path, static_cast<std::size_t>(size));
        }
    }
    return static_cast<int>(::syscall(SYS_fsync, fd));
}

extern "C" ssize_t pwrite(int fd, const void* bytes, size_t count, off_t at) {
    file_faults::plan& p = file_faults::faults();
    if (p.fail_write != 0 || (p.interrupted > 0 && p.interrupted-- > 0)) {
        errno = p.fail_write != 0 ? p.fail_write.load() : EINTR;
        return -1;
    }
    const std::size_t most = p.most_written;
    return ::syscall(SYS_pwrite64, fd, bytes, most == 0 ? count : std::min(count, most), at);
}
