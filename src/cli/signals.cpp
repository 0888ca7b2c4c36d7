// SPDX-License-Identifier: Apache-2.0
// SIGINT, SIGTERM and SIGHUP cancel what runs; a second one ends the program at once.
#include "cli/signals.h"

#include <cerrno>
#include <ctime>
#include <unistd.h>

namespace blobstore::cli {

namespace {

constexpr int wake_signal = SIGUSR2;      // ends the thread
constexpr int interrupt_signal = SIGUSR1; // makes a read or write of the main thread return EINTR

void ignore_interrupt(int) {
}

void install(int number, void (*handler)(int)) {
    struct sigaction action {};

    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, nullptr);
}

bool is_ignored(int number) {
    struct sigaction action {};

    return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

} // namespace

signals::signals(blobstore_cancel* cancel)
    : main_thread_(pthread_self()) {
    install(SIGPIPE, SIG_IGN);
    install(interrupt_signal, ignore_interrupt);
    sigemptyset(&set_);
    sigaddset(&set_, wake_signal);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        if (!is_ignored(number)) { // nohup, or a background job of a script
            sigaddset(&set_, number);
        }
    }
    sigset_t all;
    sigset_t old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    thread_ = std::thread([this, cancel] { run(cancel); });
    pthread_sigmask(SIG_SETMASK, &old, nullptr);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, interrupt_signal);
    pthread_sigmask(SIG_UNBLOCK, &interrupt, nullptr);
}

signals::~signals() {
    ending_ = true;
    pthread_kill(thread_.native_handle(), wake_signal);
    thread_.join();
}

void signals::run(blobstore_cancel* cancel) {
    const timespec pause{0, 50'000'000};
    while (!ending_) {
        const bool stopping = signal_ != 0;
        const int number =
            stopping ? sigtimedwait(&set_, nullptr, &pause) : sigwaitinfo(&set_, nullptr);
        if (number == wake_signal) {
            continue;
        }
        if (number > 0 && stopping) {
            _exit(128 + number);
        }
        if (number > 0) {
            signal_ = number;
            blobstore_cancel_trigger(cancel);
        }
        if (signal_ != 0 && !ending_) { // again and again: the last one may have come too early
            pthread_kill(main_thread_, interrupt_signal);
        }
    }
}

} // namespace blobstore::cli
