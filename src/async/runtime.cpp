// SPDX-License-Identifier: Apache-2.0
// Threads that start when there is work, and how a client's operations find one.
#include "async/runtime.h"

#include <algorithm>
#include <cerrno>
#include <pthread.h>
#include <signal.h>
#include <system_error>
#include <thread>

namespace blobstore {

namespace {

/// 0, or why there is none.
int make_thread(std::thread& thread, std::function<void()> body) noexcept {
    try {
        thread = std::thread(std::move(body));
        return 0;
    } catch (const std::system_error& e) {
        return e.code().value();
    } catch (...) { // out of memory
        return ENOMEM;
    }
}

error no_thread(int why) {
    error e(errc::no_memory, "cannot start a thread: " + std::generic_category().message(why));
    e->os_error = why;
    return e;
}

constexpr milliseconds look_at_waiting{25};
constexpr std::size_t together = 64; // small operations on one thread before others help

error unstarted(bool cancelled) noexcept {
    try {
        if (cancelled) return error(errc::cancelled, "cancelled");
        return error(errc::timeout, "timed out waiting for a worker thread");
    } catch (...) {
        return error::no_memory();
    }
}

/// Watches the operations that wait for a worker; nobody waits for it.
struct watch final : operation {
    std::shared_ptr<runtime> run;
};

} // namespace

result<void> start_thread(const char* name, std::function<void()> body) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(
        SIG_SETMASK, &all, &before
    ); // the thread inherits it: no signal of the host runs on ours
    std::thread thread;
    const int failed = make_thread(thread, std::move(body));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (failed != 0) return no_thread(failed);
    pthread_setname_np(thread.native_handle(), name);
    thread.detach();
    return {};
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

bool thread_pool::all_busy() const {
    std::lock_guard lock(mutex_);
    return idle_ < work_.size() && threads_.size() == most_;
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
    ++inside_;
    if (!closing_) return true;
    exit();
    return false;
}

void runtime::exit() noexcept {
    if (--inside_ != 0 || !closing_) return;
    const std::lock_guard lock(mutex_);
    last_left();
}

/// More than once, where calls come in vain after close().
void runtime::last_left() noexcept {
    for (context* each : io_)
        each->leave();
    workers_->close();
    callbacks_->close();
    drained_.notify_all();
}

context& runtime::lease() {
    if (context* const hot = last_idle_.exchange(nullptr)) return *hot;
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
    context* const before = last_idle_.exchange(&leased);
    if (!before) return;
    std::lock_guard lock(mutex_);
    idle_.push_back(before);
}

void runtime::drive(const std::shared_ptr<operation>& op) noexcept {
    context* leased = nullptr;
    try {
        leased = &lease();
    } catch (...) {
        op->end_unstarted(error::of_exception());
        return;
    }
    if (closing()) op->cancel();
    op->owner_ = this;
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
    if (started)
        io_.push_back(made);
    else
        contexts_.pop_back();
    return started;
}

/// Small operations stay together, since a thread that is awake takes one more for nothing; large
/// ones take turns.
result<context*> runtime::next_io_context(bool small) {
    context* const first = first_io_;
    if (small && first && first->busy() < together) return first;
    std::lock_guard lock(mutex_);
    if (io_.size() < options_.io_threads) {
        const result<void> started = start_io_thread();
        if (!started && io_.empty()) return started.error();
        first_io_ = io_.front();
    }
    return io_[turn_++ % io_.size()];
}

result<void> runtime::submit(const std::shared_ptr<operation>& op, bool blocks) {
    op->owner_ = this;
    if (blocks) return submit_to_workers(op);
    result<context*> home = next_io_context(op->small);
    if (!home) return home.error();
    (*home)->submit(op);
    if (closing()) op->cancel(); // begin_close() may have looked before this one was there
    return {};
}

/// Not bound to its work: an operation whose time is over, or that is cancelled, leaves the line.
result<void> runtime::submit_to_workers(const std::shared_ptr<operation>& op) {
    if (op->limits.timeout.count() > 0) op->total_deadline_ = steady::now() + op->limits.timeout;
    work_list work{[self = shared_from_this()] { self->drive_next(); }};
    std::list<std::shared_ptr<operation>> mine{op};
    {
        std::lock_guard lock(mutex_);
        waiting_.splice(waiting_.end(), mine);
    }
    if (!workers_->post(std::move(work))) {
        std::lock_guard lock(mutex_);
        if (waiting_.remove(op) != 0) return error(errc::closed, "no worker thread can be had");
    }
    if (workers_->all_busy()) watch_waiting();
    return {};
}

void runtime::drive_next() noexcept {
    std::list<std::shared_ptr<operation>> next;
    {
        std::lock_guard lock(mutex_);
        if (waiting_.empty()) return; // it left the line
        next.splice(next.begin(), waiting_, waiting_.begin());
    }
    drive(next.front());
}

/// On an I/O thread as long as the line lasts. Without memory for it limits hold from the start on.
void runtime::watch_waiting() noexcept {
    if (watching_.exchange(true)) return;
    if (!enter()) return; // closing: the workers cancel what waits
    try {
        auto op = std::make_shared<watch>();
        op->run = shared_from_this();
        op->completed = [](operation& ended) noexcept {
            const auto run = std::move(static_cast<watch&>(ended).run);
            run->exit();
        };
        op->body = [self = this](operation& o) { return self->look_after(o); };
        if (submit(op, false)) return;
    } catch (...) {
    }
    watching_ = false;
    exit();
}

task<result<void>> runtime::look_after(operation& op) {
    while (end_waiting()) {
        result<void> slept = co_await sleep_for(op, look_at_waiting);
        if (!slept) break; // closing: the workers cancel what waits
    }
    co_return result<void>();
}

/// Completes what waited too long or is cancelled. False, and no longer watched, where nothing
/// waits.
bool runtime::end_waiting() noexcept {
    std::list<std::shared_ptr<operation>> over;
    const steady::time_point now = steady::now();
    {
        std::lock_guard lock(mutex_);
        for (auto at = waiting_.begin(); at != waiting_.end();) {
            const auto next = std::next(at);
            if ((*at)->cancel_requested() || now >= (*at)->total_deadline_)
                over.splice(over.end(), waiting_, at);
            at = next;
        }
        if (waiting_.empty()) watching_ = false;
    }
    const bool more = watching_;
    for (const auto& op : over)
        op->end_unstarted(unstarted(op->cancel_requested()));
    return more;
}

void runtime::begin_close() noexcept {
    std::lock_guard lock(mutex_);
    closing_ = true;
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
