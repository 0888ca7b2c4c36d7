// SPDX-License-Identifier: Apache-2.0
// Threads that start when there is work, and how a client's operations find one.
#include "async/runtime.h"

#include <algorithm>
#include <pthread.h>
#include <signal.h>
#include <system_error>
#include <thread>

namespace blobstore {

result<void> start_thread(const char* name, std::function<void()> body) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(
        SIG_SETMASK, &all, &before
    ); // the thread inherits it: no signal of the host runs on ours
    result<void> started;
    try {
        std::thread thread(std::move(body));
        pthread_setname_np(thread.native_handle(), name);
        thread.detach();
    } catch (const std::system_error& e) {
        started = error(errc::no_memory, std::string("cannot start a thread: ") + e.what());
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
}

bool thread_pool::start_one() noexcept {
    threads_.emplace_back(); // the thread writes its own id there
    try {
        if (start_thread(name_, [self = shared_from_this()] { self->run(); })) return true;
    } catch (...) { // out of memory
    }
    threads_.pop_back();
    return false;
}

bool thread_pool::post(work_list&& work) noexcept {
    std::unique_lock lock(mutex_);
    if (closed_) return false;
    const bool wanted = idle_ <= work_.size() && threads_.size() < most_;
    if (wanted && !start_one() && threads_.empty()) return false;
    work_.splice(work_.end(), work);
    lock.unlock();
    ready_.notify_one();
    return true;
}

void thread_pool::run() noexcept {
    std::unique_lock lock(mutex_);
    *std::find(threads_.begin(), threads_.end(), std::thread::id()) = std::this_thread::get_id();
    work_list mine;
    for (;;) {
        ++idle_;
        ready_.wait(lock, [&] { return closed_ || !work_.empty(); });
        --idle_;
        if (work_.empty()) return;
        mine.splice(mine.end(), work_, work_.begin());
        lock.unlock();
        mine.front()();
        mine.clear();
        lock.lock();
    }
}

void thread_pool::close() noexcept {
    {
        std::lock_guard lock(mutex_);
        closed_ = true;
    }
    ready_.notify_all();
}

bool thread_pool::is_own_thread() const {
    std::lock_guard lock(mutex_);
    return std::find(threads_.begin(), threads_.end(), std::this_thread::get_id()) !=
           threads_.end();
}

runtime::runtime(runtime_options options)
    : options_(options)
    , workers_(std::make_shared<thread_pool>("blobstore-work", options.worker_threads))
    , callbacks_(std::make_shared<thread_pool>("blobstore-call", options.callback_threads)) {
}

bool runtime::enter() {
    std::lock_guard lock(mutex_);
    if (closing()) return false;
    ++inside_;
    return true;
}

void runtime::exit() noexcept {
    std::lock_guard lock(mutex_);
    if (--inside_ == 0) last_left();
}

void runtime::last_left() noexcept {
    if (!closing()) return;
    for (context* each : io_)
        each->leave();
    workers_->close();
    callbacks_->close();
    drained_.notify_all();
}

context& runtime::lease() {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
        context* leased = idle_.back();
        idle_.pop_back();
        return *leased;
    }
    idle_.reserve(contexts_.size() + 1); // so that giving back needs no memory
    contexts_.push_back(std::make_unique<context>());
    return *contexts_.back();
}

void runtime::give_back(context& leased) noexcept {
    std::lock_guard lock(mutex_);
    idle_.push_back(&leased);
}

void runtime::drive(const std::shared_ptr<operation>& op) noexcept {
    context* leased = nullptr;
    try {
        leased = &lease();
    } catch (...) {
        op->outcome = error::of_exception();
        if (op->completed) op->completed(*op);
        return;
    }
    if (closing()) op->cancel();
    leased->run_blocking(op);
    give_back(*leased);
}

void runtime::run(const std::shared_ptr<operation>& op) {
    if (!enter()) {
        op->outcome = error(errc::closed, "the client is closed");
        return;
    }
    drive(op);
    exit();
}

result<void> runtime::start_io_thread() {
    io_.reserve(options_.io_threads);
    contexts_.push_back(std::make_unique<context>());
    context* const made = contexts_.back().get();
    result<void> started =
        start_thread("blobstore-io", [self = shared_from_this(), made] { made->run_thread(); });
    if (started) io_.push_back(made);
    return started;
}

result<context*> runtime::next_io_context() {
    std::lock_guard lock(mutex_);
    if (io_.size() < options_.io_threads) {
        const result<void> started = start_io_thread();
        if (!started && io_.empty()) return started.error();
    }
    return io_[turn_++ % io_.size()];
}

result<void> runtime::submit(const std::shared_ptr<operation>& op, bool blocks) {
    if (blocks) {
        work_list work{[self = shared_from_this(), op] { self->drive(op); }};
        if (!workers_->post(std::move(work))) return error(errc::closed, "the client is closed");
        return {};
    }
    result<context*> home = next_io_context();
    if (!home) return home.error();
    (*home)->submit(op);
    if (closing()) op->cancel(); // begin_close() may have looked before this one was there
    return {};
}

void runtime::begin_close() noexcept {
    std::lock_guard lock(mutex_);
    closing_.store(true, std::memory_order_release);
    for (auto& each : contexts_)
        each->cancel_all();
    if (inside_ == 0) last_left();
}

bool runtime::wait_closed(milliseconds timeout) {
    std::unique_lock lock(mutex_);
    auto nothing = [&] { return inside_ == 0; };
    if (timeout.count() >= 0) return drained_.wait_for(lock, timeout, nothing);
    drained_.wait(lock, nothing);
    return true;
}

} // namespace blobstore
