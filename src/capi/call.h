// SPDX-License-Identifier: Apache-2.0
// One call behind the C interface: how it is prepared, run on this thread or submitted, and how it
// completes.
#pragma once

#include "capi/handle.h"
#include "capi/queue.h"

namespace blobstore::capi {

struct cancel_core {
    std::mutex mutex;
    bool triggered = false;
    std::vector<std::weak_ptr<operation>> attached;

    void attach(const std::shared_ptr<operation>& op);
    void trigger();
};

} // namespace blobstore::capi

struct blobstore_cancel {
    std::shared_ptr<blobstore::capi::cancel_core> core =
        std::make_shared<blobstore::capi::cancel_core>();
};

/// An operation with its results and its handle. `self` keeps it while any handle lives.
/// Holds the runtime only: once it has ended no thread of the library keeps a store or a
/// connection.
struct blobstore_op final : blobstore::operation {
    blobstore_op() {} // not defaulted: make_shared would clear all of it first

    std::shared_ptr<blobstore::runtime> run; ///< none: a LOG event's
    bool blocks = false;                     ///< needs a thread that may block
    const long pid = blobstore::process_id();
    std::atomic<std::size_t> handles{0};
    std::shared_ptr<blobstore_op> self;

    // what the body leaves
    std::optional<blobstore::object_meta> object;
    blobstore_buffer* buffer = nullptr;
    std::unique_ptr<blobstore_page> page;
    blobstore_reader* reader = nullptr;
    blobstore_writer* writer = nullptr;
    std::uint64_t bytes = 0, total = 0;
    bool tells_failed = false; ///< bytes and page are told of a failed call, too

    std::shared_ptr<blobstore::capi::cancel_core> token; ///< a reader keeps it for its reads

    // delivery
    std::shared_ptr<blobstore::capi::queue_core> queue;
    blobstore_event_fn callback = nullptr;
    blobstore::work_list delivery; ///< to the callback; made at submit
    blobstore::work_list progress_delivery;
    std::uint64_t user_data = 0;
    std::string log_line; ///< of a LOG event, which borrows this shape

    std::mutex mutex; ///< guards the rest
    std::condition_variable ended;
    bool complete = false;
    bool telling = false;        ///< a PROGRESS event is on its way or not yet given back
    bool more_to_tell = false;   ///< since then
    bool complete_waits = false; ///< for the callback of a PROGRESS event
    std::string resume;          ///< of the PROGRESS event that is out
    blobstore_status status = BLOBSTORE_OK;
    blobstore_error* failure = nullptr;

    ~blobstore_op();
    blobstore_op* add_handle();
    void drop_handle();
    void progress_heard() noexcept; ///< the PROGRESS event was given back
    void free_results() noexcept;   ///< what nobody took; once it has completed
};

namespace blobstore::capi {

template <class F>
class function_ref;

/// A callable that outlives the call it is passed to. Unlike std::function it needs no memory, so
/// that nothing is thrown outside the guard.
template <class R, class... A>
class function_ref<R(A...)> {
public:
    template <class F>
    function_ref(F&& f) noexcept
        : target_(&f)
        , call_([](void* at, A... a) -> R {
            return (*static_cast<std::remove_reference_t<F>*>(at))(std::forward<A>(a)...);
        }) {}

    R operator()(A... a) const { return call_(target_, std::forward<A>(a)...); }

private:
    void* target_;
    R (*call_)(void*, A...);
};

/// A call with its arguments, limits and tokens, ready to be run or submitted: made by the
/// functions of object.cpp, bulk.cpp and stream.cpp.
using prepared = std::shared_ptr<blobstore_op>;

/// An operation of this client, in memory of one that has ended where there is such.
prepared make_op(const client_core& core);

/// Runs on this thread. `deliver` moves the results out; it runs only on success.
blobstore_status run_call(
    blobstore_error** err,
    const blobstore_call* call,
    function_ref<result<prepared>()> prepare,
    function_ref<void(blobstore_op&)> deliver
) noexcept;

blobstore_status submit_call(
    blobstore_error** err,
    const blobstore_call* call,
    const blobstore_async* async,
    blobstore_op** op,
    function_ref<result<prepared>()> prepare
) noexcept;

struct release_buffer {
    void operator()(blobstore_buffer* b) const { blobstore_buffer_free(b); }
};

/// One reference of the library's own.
using buffer_reference = std::unique_ptr<blobstore_buffer, release_buffer>;

inline blobstore_op& results_of(operation& op) {
    return static_cast<blobstore_op&>(op);
}

std::unique_ptr<blobstore_object> make_object(object_meta meta);
blobstore_object* take_object(blobstore_op& done); ///< to the caller; null where there is none
blobstore_buffer* make_buffer(std::string bytes);

} // namespace blobstore::capi
