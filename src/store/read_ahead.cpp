// SPDX-License-Identifier: Apache-2.0
// The reader adds parts behind the last and takes from the first; fetches fill them, each the next
// that nobody has.
#include "store/read_ahead.h"

#include "store/parallel_reads.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <new>

namespace blobstore {

namespace {

constexpr std::uint64_t least_ahead = 64 * 1024;

} // namespace

/// Bytes of the object and their memory. The window's mutex guards what is not const.
struct ahead_reader::part {
    const resolved_range where; ///< in what was opened
    budget::share share;
    std::unique_ptr<char[]> bytes;
    std::uint64_t filled = 0;
    bool claimed = false;
    bool left = false; ///< nobody wants it any more, or nobody fetches it
    std::optional<error> failure;

    part(resolved_range w, budget::share s)
        : where(w)
        , share(std::move(s))
        , bytes(new char[static_cast<std::size_t>(w.length)]) {}

    std::uint64_t end() const noexcept { return where.offset + where.length; }
};

struct ahead_reader::window {
    const std::shared_ptr<backend> from;
    const std::string key;
    const get_options asked;
    const object_body first; ///< what was opened, without bytes
    std::mutex mutex;
    std::deque<std::shared_ptr<part>> parts; ///< in a row
    std::size_t fetches = 0;                 ///< that will claim what there is
    std::optional<wakeup> waiter;            ///< for more of the first part

    window(std::shared_ptr<backend> f, std::string k, get_options a, const object_body& opened)
        : from(std::move(f))
        , key(std::move(k))
        , asked(std::move(a))
        , first{opened.meta, opened.offset, opened.length, nullptr, false} {}

    /// With the mutex held.
    std::shared_ptr<part> claim() noexcept {
        for (const std::shared_ptr<part>& each : parts)
            if (!each->claimed) {
                each->claimed = true;
                return each;
            }
        return nullptr;
    }

    /// Changes a part and wakes who waits for it. False: it is left, nobody wants more of it.
    template <class F>
    bool tell(part& of, F&& change) {
        std::optional<wakeup> wake;
        bool wanted = false;
        {
            const std::lock_guard lock(mutex);
            change(of);
            wanted = !of.left;
            if (!parts.empty() && parts.front().get() == &of) wake.swap(waiter);
        }
        if (wake) wake->set();
        return wanted;
    }
};

/// Keeps the client's close waiting, also when the reader is gone.
struct presence {
    const std::shared_ptr<runtime> in;

    explicit presence(runtime& of)
        : in(of.enter() ? of.shared_from_this() : nullptr) {}

    presence(const presence&) = delete;
    presence& operator=(const presence&) = delete;

    ~presence() {
        if (in) in->exit();
    }
};

/// One fetch, and the part that it is at; who waits for that learns when the fetch does not run.
struct ahead_reader::turn {
    const presence there; ///< ends last
    const std::shared_ptr<window> in;
    std::shared_ptr<part> now;

    turn(runtime& of, std::shared_ptr<window> w, std::shared_ptr<part> p)
        : there(of)
        , in(std::move(w))
        , now(std::move(p)) {}

    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

    ~turn() {
        if (now)
            in->tell(*now, [this](part& each) {
                each.left = true;
                --in->fetches;
            });
    }

    bool next() {
        const std::lock_guard lock(in->mutex);
        now = in->claim();
        if (!now) --in->fetches;
        return now != nullptr;
    }
};

ahead_plan plan_ahead(const get_options& asked) noexcept {
    ahead_plan plan;
    plan.bytes = std::max(asked.read_ahead, least_ahead);
    plan.width = width_of(asked, default_parallel_parts);
    plan.part = asked.part_size != 0
                    ? part_size_of(asked)
                    : std::clamp(plan.bytes / plan.width, least_ahead, default_part_size);
    plan.part = std::min(plan.part, plan.bytes);
    return plan;
}

bool pays_ahead(const backend& from, const get_options& asked, const object_body& body) {
    return asked.read_ahead != 0 && from.parallel_reads() && body.length &&
           *body.length > plan_ahead(asked).part && is_strong(body.meta.etag);
}

ahead_reader::ahead_reader(
    std::shared_ptr<backend> from,
    std::string key,
    const get_options& asked,
    object_body opened,
    unsigned attempts,
    std::shared_ptr<budget> memory
)
    : from_(std::move(from))
    , key_(std::move(key))
    , asked_(asked)
    , plan_(plan_ahead(asked))
    , memory_(std::move(memory))
    , body_(std::move(opened)) {
    at_.used = attempts;
}

ahead_reader::~ahead_reader() {
    drop();
}

task<result<void>> ahead_reader::fetch_part(operation& member, window& in, part& what) {
    if (!in.tell(what, [](part&) {})) co_return result<void>(); // left before it began
    const unsigned before = member.attempts;
    result<object_body> opened =
        co_await open_pinned(member, *in.from, in.key, in.asked, in.first, what.where);
    if (!opened) co_return opened.error();
    read_progress at;
    at.used = member.attempts - before;
    const resumable body{*in.from, in.key, in.asked, *opened, at, false};
    const std::span<char> all(what.bytes.get(), static_cast<std::size_t>(what.where.length));
    for (std::size_t done = 0; done < all.size();) {
        const result<std::size_t> n = co_await read_on(member, body, all.subspan(done), 1);
        if (!n) co_return n.error();
        done += *n;
        const bool wanted = in.tell(what, [done](part& each) { each.filled = done; });
        if (!wanted) break;
    }
    co_return result<void>();
}

/// Always a success: a failure is told where its bytes would be.
task<result<void>> ahead_reader::fetch(operation& member, std::shared_ptr<turn> mine) {
    do {
        const result<void> fetched = co_await fetch_part(member, *mine->in, *mine->now);
        if (!fetched)
            mine->in->tell(*mine->now, [&](part& each) { each.failure = fetched.error(); });
    } while (mine->next());
    co_return result<void>();
}

bool ahead_reader::holds(std::uint64_t position) const noexcept {
    if (!window_) return false;
    const auto& parts = window_->parts; // only this side adds and removes
    return !parts.empty() && parts.front()->where.offset <= position &&
           position < parts.back()->end();
}

/// Lets go of the parts that end there or before.
void ahead_reader::leave(std::uint64_t before) noexcept {
    const std::lock_guard lock(window_->mutex);
    while (!window_->parts.empty() && window_->parts.front()->end() <= before) {
        part& first = *window_->parts.front();
        first.left = true;
        if (first.filled == first.where.length) { // its fetch may hold it a little longer
            first.bytes.reset();
            first.share.give_back();
        }
        window_->parts.pop_front();
    }
}

void ahead_reader::drop() noexcept {
    if (!window_) return;
    leave(UINT64_MAX);
    fetches_.reset(); // cancels
    window_.reset();
}

/// Parts for as much as may be held. What is read now, and the body that is open, come before.
void ahead_reader::widen() {
    auto& parts = window_->parts;
    std::uint64_t held = 0;
    for (const std::shared_ptr<part>& each : parts)
        held += each->where.length;
    std::uint64_t next = at_.position + (body_.bytes ? plan_.part : 0);
    if (!parts.empty()) next = parts.back()->end();
    while (next < *body_.length) {
        const std::uint64_t length = std::min(plan_.part, *body_.length - next);
        if (held + length > plan_.bytes) break;
        std::optional<budget::share> share =
            budget::try_take(memory_, length, memory_->total() / 2);
        if (!share) break;
        auto made = std::make_shared<part>(resolved_range{next, length}, std::move(*share));
        const std::lock_guard lock(window_->mutex);
        parts.push_back(std::move(made));
        held += length;
        next += length;
    }
}

/// Fetches for what is not claimed.
task<result<void>> ahead_reader::begin(operation& op) {
    if (!window_) {
        window_ = std::make_shared<window>(from_, key_, asked_, body_);
        fetches_ = std::make_unique<group>(lane::io, plan_.width);
    }
    widen();
    const std::size_t most = std::max<std::size_t>(plan_.width - (body_.bytes ? 1 : 0), 1);
    for (;;) {
        std::shared_ptr<turn> mine;
        {
            const std::lock_guard lock(window_->mutex);
            if (window_->fetches >= most) break;
            std::shared_ptr<part> one = window_->claim();
            if (!one) break;
            mine = std::make_shared<turn>(*op.owner(), window_, std::move(one));
            ++window_->fetches;
        }
        // Named: GCC 12 destroys a closure twice that is a temporary of a co_await.
        operation::body_function work = [mine](operation& member) { return fetch(member, mine); };
        mine.reset();
        const result<void> begun = co_await fetches_->begin(op, std::move(work));
        if (!begun) co_return begun.error();
    }
    co_return result<void>();
}

/// What has come of the part that is read; waits for one byte.
task<result<std::size_t>> ahead_reader::take(operation& op, std::span<char> into) {
    const std::shared_ptr<part> from = window_->parts.front();
    const std::uint64_t begin = at_.position - from->where.offset;
    std::uint64_t there = 0;
    for (;;) {
        wakeup wake;
        {
            const std::lock_guard lock(window_->mutex);
            there = from->filled;
            if (there > begin) break;
            if (from->failure) co_return *from->failure;
            if (from->left) co_return error(errc::no_memory, "what follows could not be fetched");
            window_->waiter = wake;
        }
        const result<void> waited = co_await wake.wait(op);
        if (!waited) co_return waited.error();
    }
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), there - begin));
    std::memcpy(into.data(), from->bytes.get() + begin, n);
    at_ = {at_.position + n, 0, 0};
    leave(at_.position);
    co_return n;
}

/// One byte at least.
task<result<std::size_t>> ahead_reader::step(operation& op, std::span<char> into) {
    const result<void> begun = co_await begin(op);
    if (!begun) co_return begun.error();
    if (holds(at_.position)) {
        body_.bytes.reset();
        const result<std::size_t> taken = co_await take(op, into);
        co_return taken;
    }
    std::uint64_t most = into.size();
    if (!window_->parts.empty())
        most = std::min(most, window_->parts.front()->where.offset - at_.position);
    const resumable body{*from_, key_, asked_, body_, at_, false};
    const result<std::size_t> n =
        co_await read_on(op, body, into.first(static_cast<std::size_t>(most)), 1);
    co_return n;
}

task<result<std::size_t>>
ahead_reader::read(operation& op, std::span<char> into, std::size_t enough) {
    const std::uint64_t left = *body_.length - std::min(*body_.length, at_.position);
    into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left)));
    std::size_t got = 0;
    while (got < std::min(std::max<std::size_t>(enough, 1), into.size())) {
        const result<std::size_t> n = co_await step(op, into.subspan(got));
        if (!n) {
            if (op.stop_code() != errc::timeout) drop();
            co_return n.error();
        }
        got += *n;
    }
    co_return got;
}

bool ahead_reader::seek(std::uint64_t position) noexcept {
    if (position == at_.position) return true;
    body_.bytes.reset();
    if (holds(position))
        leave(position);
    else
        drop();
    at_ = {position, 0, 0};
    return true;
}

} // namespace blobstore
