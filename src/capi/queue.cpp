// SPDX-License-Identifier: Apache-2.0
// The completion queue.
#include "capi/queue.h"

#include "capi/call.h"

#include <cerrno>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace blobstore::capi {

namespace {

constexpr std::uint32_t default_capacity = 4096;
constexpr std::uint32_t largest_capacity = 1u << 20;

} // namespace

result<std::shared_ptr<queue_core>> queue_core::make(std::uint32_t capacity) {
    if (capacity == 0) capacity = default_capacity;
    if (capacity > largest_capacity) return invalid("a queue holds at most 1048576 events");
    int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) {
        error e(errc::io, "no descriptor for the queue");
        e->os_error = errno;
        return e;
    }
    return std::shared_ptr<queue_core>(new queue_core(capacity, fd));
}

queue_core::~queue_core() {
    ::close(descriptor_);
}

void queue_core::signal(bool readable) noexcept {
    if (!watched_ || readable == readable_) return;
    readable_ = readable;
    std::uint64_t value = 1;
    [[maybe_unused]] ssize_t n = readable ? ::write(descriptor_, &value, sizeof value)
                                          : ::read(descriptor_, &value, sizeof value);
}

int queue_core::descriptor() noexcept {
    if (forked()) return descriptor_; // the lock may never be free again
    const std::lock_guard lock(mutex_);
    watched_ = true;
    signal(something() || drained());
    return descriptor_;
}

result<void> queue_core::reserve(bool with_progress) {
    if (forked()) return error(errc::forked, "the queue was made before a fork");
    std::lock_guard lock(mutex_);
    if (shut_) return error(errc::closed, "the queue is shut down");
    if (reserved_ + count_ >= ring_.size()) return error(errc::again, "the queue is full");
    if (with_progress) {
        progress_.reserve(progress_.size() + told_ + 1);
        ++told_;
    }
    ++reserved_;
    return {};
}

void queue_core::unreserve(bool with_progress) noexcept {
    std::lock_guard lock(mutex_);
    --reserved_;
    if (with_progress) --told_;
    if (drained()) signal(true);
    ready_.notify_all();
}

void queue_core::push(const blobstore_event& event) noexcept {
    blobstore_op* dropped = nullptr;
    {
        std::lock_guard lock(mutex_);
        --reserved_;
        if (event.op->meter) --told_;
        if (abandoned_) {
            dropped = event.op;
        } else {
            ring_[(first_ + count_) % ring_.size()] = event;
            ++count_;
            unannounced_ = true;
        }
    }
    if (dropped) dropped->drop_handle();
}

/// One of its kind from a call at a time, so that there is room.
void queue_core::push_progress(const blobstore_event& event) noexcept {
    bool dropped = false;
    {
        const std::lock_guard lock(mutex_);
        dropped = abandoned_;
        if (!dropped) progress_.push_back(event);
        if (!dropped) signal(true);
    }
    if (dropped) event.op->drop_handle(); // the one of COMPLETE is still there
    ready_.notify_one();
}

/// Outside the lock: who is woken must not wait for it at once.
void queue_core::announce() noexcept {
    {
        const std::lock_guard lock(mutex_);
        if (!std::exchange(unannounced_, false) || count_ == 0) return;
        signal(true);
        if (waiting_ == 0) return;
    }
    ready_.notify_all();
}

void queue_core::wake() noexcept {
    std::lock_guard lock(mutex_);
    woken_ = true;
    signal(true);
    ready_.notify_one();
}

void queue_core::shutdown() noexcept {
    std::lock_guard lock(mutex_);
    shut_ = true;
    if (drained()) signal(true); // who sleeps on the descriptor learns that nothing will come
    ready_.notify_all();
}

void queue_core::abandon() noexcept {
    for (;;) {
        blobstore_op* dropped = nullptr;
        {
            std::lock_guard lock(mutex_);
            abandoned_ = shut_ = true;
            ready_.notify_all();
            if (!progress_.empty()) {
                dropped = progress_.back().op;
                progress_.pop_back();
            } else {
                if (count_ == 0) return;
                dropped = ring_[first_].op;
                first_ = (first_ + 1) % ring_.size();
                --count_;
            }
        }
        if (dropped) dropped->drop_handle();
    }
}

result<std::size_t>
queue_core::poll(blobstore_event* events, std::size_t max, milliseconds timeout, bool for_ever) {
    std::unique_lock lock(mutex_);
    auto arrived = [&] { return something() || drained() || abandoned_; };
    ++waiting_;
    if (for_ever)
        ready_.wait(lock, arrived);
    else if (timeout.count() > 0)
        ready_.wait_for(lock, timeout, arrived);
    --waiting_;
    std::size_t n = 0;
    if (woken_ && n < max) {
        woken_ = false;
        events[n++] = blobstore_event{0, 0, 0, 0, 0, BLOBSTORE_EVENT_WAKE, 0, nullptr, nullptr};
    }
    const std::size_t told = std::min(max - n, progress_.size());
    std::copy_n(progress_.begin(), told, events + n);
    progress_.erase(progress_.begin(), progress_.begin() + static_cast<std::ptrdiff_t>(told));
    n += told;
    while (n < max && count_ != 0) {
        events[n++] = ring_[first_];
        first_ = (first_ + 1) % ring_.size();
        --count_;
    }
    if (drained())
        ready_.notify_all(); // the others wait for what will not come
    else if (!something())
        signal(false);
    if (n != 0) return n;
    if (drained()) return error(errc::closed, "the queue is shut down and drained");
    return error(errc::again, "nothing yet");
}

} // namespace blobstore::capi

using namespace blobstore;
using namespace blobstore::capi;

blobstore_status
blobstore_queue_new(uint32_t capacity, blobstore_queue** out, blobstore_error** err) {
    if (out) *out = nullptr;
    return guard(err, [&]() -> result<void> {
        if (!out) return invalid("out is NULL");
        result<std::shared_ptr<queue_core>> made = queue_core::make(capacity);
        if (!made) return made.error();
        *out = new blobstore_queue{std::move(*made)};
        return {};
    });
}

blobstore_status blobstore_queue_poll(
    blobstore_queue* queue, blobstore_event* events, size_t max, int64_t timeout_ms, size_t* n
) {
    if (n) *n = 0;
    return guard(nullptr, [&]() -> result<void> {
        if (!queue || !events || !n || max == 0 ||
            max > static_cast<size_t>(PTRDIFF_MAX) / sizeof(blobstore_event))
            return invalid("queue, events, n or max");
        if (timeout_ms < -1) return invalid("timeout_ms");
        if (queue->core->forked()) return error(errc::forked, "the queue was made before a fork");
        result<size_t> drained = queue->core->poll(
            events, max, milliseconds(std::min<int64_t>(timeout_ms, 86400000)), timeout_ms == -1
        );
        if (!drained) return drained.error();
        *n = *drained;
        return {};
    });
}

intptr_t blobstore_queue_handle(const blobstore_queue* queue) {
    return queue ? queue->core->descriptor() : -1;
}

void blobstore_queue_wake(blobstore_queue* queue) {
    if (queue && !queue->core->forked()) queue->core->wake();
}

void blobstore_queue_shutdown(blobstore_queue* queue) {
    if (queue && !queue->core->forked()) queue->core->shutdown();
}

void blobstore_queue_free(blobstore_queue* queue) {
    if (!queue) return;
    const bool here = !queue->core->forked();
    if (here) queue->core->abandon();
    let_go(queue->core, here ? process_id() : 0);
    delete queue;
}

void blobstore_events_release(const blobstore_event* events, size_t n) {
    for (size_t i = 0; events && i < n; ++i)
        if (events[i].op) {
            if (events[i].type == BLOBSTORE_EVENT_PROGRESS) events[i].op->progress_heard();
            events[i].op->drop_handle();
        }
}
