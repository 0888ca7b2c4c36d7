// SPDX-License-Identifier: Apache-2.0
// SIGINT, SIGTERM and SIGHUP cancel what runs; a second one ends the program at once.
#pragma once

#include "blobstore.h"

#include <atomic>
#include <csignal>
#include <pthread.h>
#include <thread>

namespace blobstore::cli {

/// Made once, on the main thread, before any other thread. The signals are waited for on a thread
/// of their own, so that nothing has to be signal-safe.
class signals {
public:
    /// `cancel` must live longer.
    explicit signals(blobstore_cancel* cancel);
    signals(const signals&) = delete;
    signals& operator=(const signals&) = delete;
    signals(signals&&) = delete;
    signals& operator=(signals&&) = delete;
    ~signals();

    /// The signal that asked the program to stop, or 0.
    [[nodiscard]] int stopped_by() const noexcept { return signal_.load(); }

private:
    void run(blobstore_cancel* cancel);

    sigset_t set_{};
    pthread_t main_thread_;
    std::atomic<int> signal_{0};
    std::atomic<bool> ending_{false};
    std::thread thread_;
};

} // namespace blobstore::cli
