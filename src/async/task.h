// SPDX-License-Identifier: Apache-2.0
// task<T>: the coroutine type of the house; its frame comes from the operation it runs for. No
// executor, no I/O.
#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <new>
#include <optional>
#include <utility>

namespace blobstore {

class operation;

/// Memory of one operation's coroutine frames. They nest strictly, so a stack is enough; what does
/// not fit is heap.
class frame_arena {
public:
    frame_arena() {} // the memory stays as it is

    frame_arena(const frame_arena&) = delete;
    frame_arena& operator=(const frame_arena&) = delete;

    void* take(std::size_t size) {
        size = (size + 15) & ~std::size_t{15};
        if (size > storage_.size() - used_) return ::operator new(size);
        void* place = storage_.data() + used_;
        used_ += size;
        return place;
    }

    void give(void* place) noexcept {
        auto* at = static_cast<std::byte*>(place);
        if (at >= storage_.data() && at < storage_.data() + storage_.size())
            used_ = static_cast<std::size_t>(at - storage_.data());
        else
            ::operator delete(place);
    }

private:
    alignas(16) std::array<std::byte, 8192> storage_;
    std::size_t used_ = 0;
};

frame_arena& arena_of(operation& op) noexcept;

namespace detail {

struct frame_memory {
    static void* from(operation& op, std::size_t size) {
        frame_arena& arena = arena_of(op);
        auto* raw = static_cast<frame_arena**>(arena.take(size + 16));
        *raw = &arena;
        return raw + 2;
    }

    template <class... Rest>
    static void* operator new(std::size_t size, operation& op, Rest&...) {
        return from(op, size);
    }

    template <class Self, class... Rest>
    static void* operator new(std::size_t size, Self&, operation& op, Rest&...) {
        return from(op, size);
    }

    static void operator delete(void* frame, std::size_t) noexcept {
        auto* raw = static_cast<frame_arena**>(frame) - 2;
        (*raw)->give(raw);
    }
};

} // namespace detail

/// A lazy coroutine ending in a T, usually a result<...>. Every function that returns one takes
/// operation& first (after the object). It is awaited once, where it is made; `co_await` stands
/// alone in its statement (GCC 12).
template <class T>
class [[nodiscard]] task {
public:
    struct promise_type : detail::frame_memory {
        std::optional<T> value;
        std::exception_ptr thrown;
        std::coroutine_handle<> continuation = std::noop_coroutine();

        struct resume_caller {
            bool await_ready() noexcept { return false; }

            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self
            ) noexcept {
                return self.promise().continuation;
            }

            void await_resume() noexcept {}
        };

        task get_return_object() {
            return task(std::coroutine_handle<promise_type>::from_promise(*this));
        }

        std::suspend_always initial_suspend() noexcept { return {}; }

        resume_caller final_suspend() noexcept { return {}; }

        template <class U>
        void return_value(U&& v) {
            value.emplace(std::forward<U>(v));
        }

        void unhandled_exception() noexcept { thrown = std::current_exception(); }
    };

    task() = default;

    explicit task(std::coroutine_handle<promise_type> h)
        : handle_(h) {}

    task(task&& other) noexcept
        : handle_(std::exchange(other.handle_, {})) {}

    task& operator=(task&& other) noexcept {
        if (this == &other) return *this;
        if (handle_) handle_.destroy();
        handle_ = std::exchange(other.handle_, {});
        return *this;
    }

    ~task() {
        if (handle_) handle_.destroy();
    }

    bool await_ready() const noexcept { return false; }

    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
        handle_.promise().continuation = caller;
        return handle_;
    }

    T await_resume() { return result(); }

    void start() { handle_.resume(); }

    bool done() const { return handle_ && handle_.done(); }

    /// Once, after done(); throws what the coroutine threw.
    T result() {
        promise_type& p = handle_.promise();
        if (p.thrown) std::rethrow_exception(p.thrown);
        return std::move(*p.value);
    }

private:
    std::coroutine_handle<promise_type> handle_;
};

} // namespace blobstore
