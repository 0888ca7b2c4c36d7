// SPDX-License-Identifier: Apache-2.0
// Running, submitting, completing, cancelling and waiting for calls.
#include "capi/call.h"

namespace blobstore::capi {

void cancel_core::attach(const std::shared_ptr<operation>& op) {
    std::lock_guard lock(mutex);
    if (triggered) {
        op->cancel();
        return;
    }
    if (attached.size() >= 64 && attached.size() == attached.capacity())
        std::erase_if(attached, [](const std::weak_ptr<operation>& each) {
            return each.expired();
        });
    attached.push_back(op);
}

void cancel_core::trigger() {
    std::vector<std::weak_ptr<operation>> all;
    {
        std::lock_guard lock(mutex);
        triggered = true;
        all.swap(attached);
    }
    for (const auto& each : all)
        if (std::shared_ptr<operation> op = each.lock()) op->cancel();
}

namespace {

result<milliseconds> limit(std::int64_t given, milliseconds otherwise, const char* name) {
    if (given < -1) return invalid(std::string(name) + " is negative");
    if (given == 0) return otherwise;
    if (given == -1) return milliseconds(0);
    return milliseconds(std::min<std::int64_t>(given, 10LL * 365 * 86400 * 1000));
}

/// Limits and cancel token of a call, where the caller gave them.
result<void> apply(const blobstore_call* given, const prepared& op) {
    if (!given) return {};
    result<blobstore_call> call = read_struct(given, "blobstore_call");
    if (!call) return call.error();
    result<void> checked = check_flags(call->flags, 0, "blobstore_call");
    if (checked) checked = check_reserved(call->reserved0, "blobstore_call");
    if (!checked) return checked;
    result<milliseconds> timeout = limit(call->timeout_ms, op->limits.timeout, "timeout_ms");
    if (!timeout) return timeout.error();
    result<milliseconds> stall =
        limit(call->stall_timeout_ms, op->limits.stall, "stall_timeout_ms");
    if (!stall) return stall.error();
    op->limits.timeout = *timeout;
    op->limits.stall = *stall;
    if (call->stall_timeout_ms != 0) op->limits.stall_everywhere = call->stall_timeout_ms > 0;
    if (call->max_attempts != 0) op->limits.max_attempts = call->max_attempts;
    if (call->cancel) {
        op->token = call->cancel->core;
        op->token->attach(op);
    }
    return {};
}

/// The error of an operation that failed, with the attempts it took.
error why_ended(operation& op) noexcept {
    try {
        error e = op.outcome.error();
        if (e->attempts == 0) e->attempts = op.attempts;
        return e;
    } catch (...) {
        return error::no_memory();
    }
}

/// Status and error object of an operation that has ended; never throws.
void settle(blobstore_op& op) noexcept {
    blobstore_error* failure = nullptr;
    blobstore_status status = BLOBSTORE_OK;
    if (!op.outcome) {
        const error e = why_ended(op);
        status = static_cast<blobstore_status>(e.code());
        failure = make_error(e);
    }
    std::lock_guard lock(op.mutex);
    op.status = status;
    op.failure = failure;
    op.complete = true;
    op.ended.notify_all();
}

blobstore_event event_of(blobstore_op& op) {
    return blobstore_event{
        op.user_data, op.bytes, op.total, 0, 0, BLOBSTORE_EVENT_COMPLETE, op.status, &op, nullptr};
}

/// Whether COMPLETE has to follow a callback that runs or is about to.
bool waits_for_progress(blobstore_op& op) noexcept {
    const std::lock_guard lock(op.mutex);
    op.complete_waits = op.telling;
    return op.complete_waits;
}

/// On a callback thread, one of a call at a time.
void call_back_progress(blobstore_op& op, const blobstore_event& event) {
    op.callback(&event);
    op.progress_heard();
    op.drop_handle();
}

/// Told by the meter, under its lock.
bool tell_progress(void* who, const progress& now) noexcept {
    auto& op = *static_cast<blobstore_op*>(who);
    const std::lock_guard lock(op.mutex);
    op.more_to_tell = op.telling;
    if (op.telling) return false;
    try {
        wipe(op.resume.data(), op.resume.size()); // there may be a customer's key in it
        op.resume = now.resume;
        const blobstore_event event{
            op.user_data,
            now.bytes,
            now.total,
            op.resume.size(),
            now.rate,
            BLOBSTORE_EVENT_PROGRESS,
            BLOBSTORE_OK,
            &op,
            op.resume.empty() ? nullptr : op.resume.data()};
        if (op.callback)
            op.progress_delivery.push_back([&op, event] { call_back_progress(op, event); });
        op.telling = true;
        op.add_handle(); // the event's
        if (op.queue) op.queue->push_progress(event);
        if (op.callback) op.run->post_callback(std::move(op.progress_delivery));
    } catch (...) { // out of memory: the next one may do better
        op.more_to_tell = true;
        return false;
    }
    return true;
}

/// The one completion of a submitted call.
void complete(operation& ended) noexcept {
    auto& op = static_cast<blobstore_op&>(ended);
    const std::shared_ptr<runtime> run = op.run;
    if (op.meter) op.meter->close();
    settle(op);
    if (op.callback) {
        if (!waits_for_progress(op)) run->post_callback(std::move(op.delivery));
        return;
    }
    if (op.queue) op.queue->push(event_of(op));
    if (op.handles.load(std::memory_order_acquire) == 0) op.free_results();
    run->exit();
}

/// Behind complete(), once all that ended together is in its queue.
void announce(operation& ended) noexcept {
    const auto& op = static_cast<blobstore_op&>(ended);
    if (op.queue) op.queue->announce();
}

/// On a callback thread.
void call_back(blobstore_op& op) {
    const std::shared_ptr<runtime> run = op.run;
    const blobstore_event event = event_of(op);
    op.callback(&event);
    op.drop_handle();
    run->exit();
}

/// Submits the operation, or leaves everything as it was.
result<void> hand_over(const std::shared_ptr<blobstore_op>& op, bool blocks, blobstore_op** out) {
    runtime& run = *op->run;
    if (!run.enter()) return error(errc::closed, "the client is closed");
    bool reserved = false;
    result<void> taken;
    try {
        if (op->queue) taken = op->queue->reserve(op->meter != nullptr);
        reserved = op->queue && taken;
        if (op->callback && !run.prepare_callbacks())
            taken = error(errc::no_memory, "cannot start a callback thread");
        // The event's handle is there from the start: the user's may go first.
        if (taken && (op->queue || op->callback)) op->add_handle();
        if (taken && out) *out = op->add_handle();
        if (taken) taken = run.submit(op, blocks);
    } catch (...) {
        taken = error::of_exception();
    }
    if (taken) return taken;
    if (reserved) op->queue->unreserve(op->meter != nullptr);
    op->self.reset();
    if (out) *out = nullptr;
    run.exit();
    return taken;
}

} // namespace

blobstore_status run_call(
    blobstore_error** err,
    const blobstore_call* call,
    function_ref<result<prepared>()> prepare,
    function_ref<void(blobstore_op&)> deliver
) noexcept {
    return guard(err, [&]() -> result<void> {
        const result<prepared> made = prepare();
        if (!made) return made.error();
        const prepared& op = *made;
        if (op->run->on_callback_thread())
            return error(
                errc::would_deadlock,
                "a blocking call on a callback thread; use the _async form there"
            );
        result<void> applied = apply(call, op);
        if (!applied) return applied;
        op->run->run(op);
        if (!op->outcome) return why_ended(*op);
        deliver(*op);
        return {};
    });
}

blobstore_status submit_call(
    blobstore_error** err,
    const blobstore_call* call,
    const blobstore_async* given,
    blobstore_op** out,
    function_ref<result<prepared>()> prepare
) noexcept {
    if (out) *out = nullptr;
    return guard(err, [&]() -> result<void> {
        const result<prepared> made = prepare();
        if (!made) return made.error();
        const prepared& op = *made;
        result<blobstore_async> how = read_struct(given, "blobstore_async");
        if (!how) return how.error();
        result<void> checked = check_flags(how->flags, 0, "blobstore_async");
        if (!checked) return checked;
        if (how->queue && how->callback) return invalid("a queue and a callback at once");
        op->user_data = how->user_data;
        op->callback = how->callback;
        if (how->queue) op->queue = how->queue->core;
        checked = check_reserved(how->reserved0, "blobstore_async");
        if (!checked) return checked;
        if (how->progress_interval_ms != 0 && (op->queue || op->callback))
            op->meter = std::make_shared<progress_meter>(
                milliseconds(how->progress_interval_ms), tell_progress, op.get()
            );
        result<void> applied = apply(call, op);
        if (!applied) return applied;
        op->completed = complete;
        op->announced = announce;
        if (op->callback) op->delivery.push_back([raw = op.get()] { call_back(*raw); });
        return hand_over(op, op->blocks, out);
    });
}

prepared make_op(const client_core& core) {
    return std::allocate_shared<blobstore_op>(block_allocator<blobstore_op>(core.blocks));
}

blobstore_object* take_object(blobstore_op& done) {
    if (!done.object) return nullptr;
    std::unique_ptr<blobstore_object> made = make_object(std::move(*done.object));
    done.object.reset();
    return made.release();
}

std::unique_ptr<blobstore_object> make_object(object_meta meta) {
    auto made = std::make_unique<blobstore_object>();
    made->meta = std::move(meta);
    made->lists = lists_of(made->meta);
    return made;
}

blobstore_buffer* make_buffer(std::string bytes) {
    auto made = std::make_unique<blobstore_buffer>();
    made->own = std::move(bytes);
    made->data = made->own.data();
    made->size = made->own.size();
    return made.release();
}

} // namespace blobstore::capi

using namespace blobstore;
using namespace blobstore::capi;

blobstore_op::~blobstore_op() {
    complete = true;
    free_results();
    wipe(resume.data(), resume.size());
}

void blobstore_op::free_results() noexcept {
    std::unique_lock lock(mutex);
    if (!complete) return;
    blobstore_error* const error_left = std::exchange(failure, nullptr);
    blobstore_buffer* const buffer_left = std::exchange(buffer, nullptr);
    blobstore_reader* const reader_left = std::exchange(reader, nullptr);
    blobstore_writer* const writer_left = std::exchange(writer, nullptr);
    lock.unlock();
    blobstore_error_free(error_left);
    blobstore_buffer_free(buffer_left);
    blobstore_reader_free(reader_left);
    blobstore_writer_free(writer_left);
}

blobstore_op* blobstore_op::add_handle() {
    if (handles.fetch_add(1, std::memory_order_relaxed) == 0)
        self = std::static_pointer_cast<blobstore_op>(shared_from_this());
    return this;
}

void blobstore_op::progress_heard() noexcept {
    if (process_id() != pid) return; // the lock may never be free again
    bool again = false, was_last = false;
    {
        const std::lock_guard lock(mutex);
        telling = false;
        wipe(resume.data(), resume.size());
        was_last = complete_waits;
        again = std::exchange(more_to_tell, false) && !complete;
    }
    if (was_last) run->post_callback(std::move(delivery));
    if (again && meter) meter->tell();
}

void blobstore_op::drop_handle() {
    if (handles.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    if (process_id() != pid) return; // leaked, see let_go
    free_results(); // here: the library's own threads may let go of the operation later
    std::shared_ptr<blobstore_op> last = std::move(self);
}

blobstore_status blobstore_cancel_new(blobstore_cancel** out, blobstore_error** err) {
    if (out) *out = nullptr;
    return guard(err, [&]() -> result<void> {
        if (!out) return invalid("out is NULL");
        *out = new blobstore_cancel;
        return {};
    });
}

void blobstore_cancel_trigger(blobstore_cancel* cancel) {
    if (cancel) cancel->core->trigger();
}

void blobstore_cancel_free(blobstore_cancel* cancel) {
    delete cancel;
}

void blobstore_op_cancel(blobstore_op* op) {
    if (op && process_id() == op->pid) op->cancel();
}

blobstore_status blobstore_op_wait(blobstore_op* op, int64_t timeout_ms) {
    if (!op || timeout_ms < -1) return BLOBSTORE_E_INVALID_ARGUMENT;
    if (process_id() != op->pid) return BLOBSTORE_E_FORKED;
    std::unique_lock lock(op->mutex);
    if (!op->complete && op->run->on_callback_thread()) return BLOBSTORE_E_WOULD_DEADLOCK;
    if (timeout_ms == -1)
        op->ended.wait(lock, [&] { return op->complete; });
    else if (!op->ended.wait_for(lock, milliseconds(std::min<int64_t>(timeout_ms, 86400000)), [&] {
                 return op->complete;
             }))
        return BLOBSTORE_E_AGAIN;
    return op->status;
}

namespace {

/// A result of a call that has completed, moved out once.
template <class T>
T take(blobstore_op* op, T blobstore_op::*what) {
    if (!op || process_id() != op->pid) return T();
    std::lock_guard lock(op->mutex);
    const bool has = op->status == BLOBSTORE_OK || op->tells_failed;
    return op->complete && has ? std::exchange(op->*what, T()) : T();
}

} // namespace

const blobstore_error* blobstore_op_error(const blobstore_op* op) {
    if (!op || process_id() != op->pid) return nullptr;
    auto* mutable_op = const_cast<blobstore_op*>(op);
    std::lock_guard lock(mutable_op->mutex);
    return op->failure;
}

uint64_t blobstore_op_bytes(const blobstore_op* op) {
    if (!op || process_id() != op->pid) return 0;
    auto* mutable_op = const_cast<blobstore_op*>(op);
    std::lock_guard lock(mutable_op->mutex);
    const bool told = op->status == BLOBSTORE_OK || op->tells_failed;
    return op->complete && told ? op->bytes : 0;
}

blobstore_object* blobstore_op_take_object(blobstore_op* op) {
    if (!op || process_id() != op->pid) return nullptr;
    const std::lock_guard lock(op->mutex);
    if (!op->complete || op->status != BLOBSTORE_OK) return nullptr;
    try {
        return take_object(*op);
    } catch (...) { // out of memory: it stays
        return nullptr;
    }
}

blobstore_buffer* blobstore_op_take_buffer(blobstore_op* op) {
    return take(op, &blobstore_op::buffer);
}

blobstore_page* blobstore_op_take_page(blobstore_op* op) {
    return take(op, &blobstore_op::page).release();
}

blobstore_reader* blobstore_op_take_reader(blobstore_op* op) {
    return take(op, &blobstore_op::reader);
}

blobstore_writer* blobstore_op_take_writer(blobstore_op* op) {
    return take(op, &blobstore_op::writer);
}

blobstore_op* blobstore_op_retain(blobstore_op* op) {
    return op ? op->add_handle() : nullptr;
}

void blobstore_op_free(blobstore_op* op) {
    if (op) op->drop_handle();
}
