// SPDX-License-Identifier: Apache-2.0
// The retry loop: each attempt signs, leases, exchanges and is judged; what comes next is decided
// in retry.h.
#include "http/client.h"

#include "async/random.h"
#include "http/core.h"
#include "http/render.h"

#include <cerrno>

namespace blobstore::http {

namespace {

constexpr std::size_t judged_size = std::size_t{64} * 1024; // of a body that the judge sees
constexpr milliseconds rested_for_unrepeatable{1000};
constexpr milliseconds patience_for_errors{1000}; // with the body of a refusal

/// One call of send().
struct call {
    call(std::shared_ptr<core> s, const exchange& w)
        : shared(std::move(s))
        , what(w) {}

    call(const call&) = delete;
    call& operator=(const call&) = delete;

    ~call() { forget(); }

    /// What the last attempt was signed with: there may be a token in it.
    void forget() noexcept {
        for (header& h : current.headers)
            wipe(h.value.data(), h.value.size());
    }

    std::shared_ptr<core> shared;
    const exchange& what;
    request current;    ///< this attempt's copy
    wiping_string head; ///< rendered
    std::optional<verdict> last;
    unsigned tried = 0, sent = 0, retries = 0;
    int spent = 0;          ///< of the budget
    unsigned corrected = 0; ///< a bit for each outcome that asked for a change and got it
    bool fresh = false;     ///< no pooled connection any more
    bool reused = false;    ///< this attempt's connection is a pooled one
    bool rewinds = true;    ///< the source, if it is a stream
    bool source_touched = false, maybe_applied = false;
};

/// What one attempt came to: an open connection whose answer the judge accepted, or why not.
struct attempt {
    std::unique_ptr<connection> accepted;
    wiping_string first; ///< of the answer's body
    verdict said;
    int status = 0;
    situation at;
    decision then;
    std::optional<endpoint> blamed; ///< the address that broke off, was late or failed (5xx)
    steady::time_point turn;        ///< when it was this one's, at the server
};

op_class class_of(const exchange& what) {
    const std::string& method = what.unsigned_request.method;
    const bool reads =
        method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PROPFIND";
    if (reads) return op_class::safe;
    return what.idempotent ? op_class::idempotent : op_class::once;
}

/// No answer could be had. `c` is null where no connection was.
void no_answer(const call& k, attempt& a, const connection* c, error why) {
    if (c && c->sent_anything()) a.at.sent = c->sent_all() ? sent_part::all : sent_part::part;
    a.at.stale = c && k.reused && !c->answered();
    a.at.came = outcome_of(why);
    if (c && !c->source_failed() && a.at.came != outcome::lasting) a.blamed = c->wire().address();
    a.said.what = action::retry;
    a.said.why = std::move(why);
}

/// What follows, by the table.
void conclude(call& k, attempt& a) {
    a.at.kind = class_of(k.what);
    a.at.replayable = !k.source_touched || k.rewinds;
    a.at.corrected = (k.corrected >> static_cast<unsigned>(a.at.came) & 1U) != 0;
    a.then = decide(a.at);
    k.maybe_applied = k.maybe_applied || a.then.doubt;
    if (a.then.next == step::corrected) k.corrected |= 1U << static_cast<unsigned>(a.at.came);
}

task<result<std::unique_ptr<connection>>> lease(operation& op, call& k, attempt& a) {
    core& shared = *k.shared;
    const origin& to = k.current.to;
    const milliseconds rested = k.what.idempotent ? shared.options.idle : rested_for_unrepeatable;
    const result<void> turn = co_await shared.places.take(op, to);
    if (!turn) co_return turn.error();
    a.turn = op.now();
    std::unique_ptr<connection> c;
    if (!k.fresh) c = shared.idle.take(to, op.home(), rested);
    k.reused = c != nullptr;
    if (c) counters::add(shared.counts.connections_reused, 1);
    if (c) co_return c;
    result<std::vector<endpoint>> found =
        co_await shared.names.resolve(op, to, shared.options.connect);
    if (!found) co_return found.error();
    *found = shared.reached.order(std::move(*found), op.now());
    c = std::make_unique<connection>(to, shared.memory, shared.counts);
    c->wire().shape(shared.options.shape);
    c->born = op.now();
    const connect_limits limits{shared.options.connect, shared.options.handshake};
    trust* const roots = to.tls ? shared.roots.get() : nullptr;
    const result<void> opened = co_await c->wire().open(op, *found, limits, shared.reached, roots);
    const endpoint& reached = c->wire().address();
    if (!opened && reached.port() != 0 && !op.stopped()) a.blamed = reached; // of the handshake
    if (!opened) {
        const int why = opened.error()->os_error;
        if (why == EMFILE || why == ENFILE) shared.idle.give_up(); // for the next attempt
        co_return opened.error();
    }
    counters::add(shared.counts.connections_opened, 1);
    co_return c;
}

using deadline = std::optional<steady::time_point>;

/// The waits from here on end at that time, and not the operation.
void hurry(operation& op, const deadline& until) {
    if (!until) return;
    const auto left = std::chrono::duration_cast<milliseconds>(*until - op.now());
    op.interrupt_after(std::max(milliseconds(1), left));
}

/// The body's first 64 KiB at most; less where it ends, fails or takes until `until`, which is the
/// error.
task<result<void>>
read_first(operation& op, connection& c, wiping_string& first, const deadline until) {
    const std::uint64_t due = c.body_length().value_or(judged_size);
    first.resize(static_cast<std::size_t>(std::min<std::uint64_t>(due, judged_size)));
    std::size_t size = 0;
    result<void> read;
    while (size < first.size()) {
        hurry(op, until);
        const result<std::size_t> got =
            co_await c.read_body(op, {first.data() + size, first.size() - size}, 1);
        if (!got) read = got.error();
        if (!got || *got == 0) break;
        size += *got;
    }
    op.interrupt_after(milliseconds(0));
    first.resize(size);
    co_return read;
}

/// Reads away a small rest that comes until `until`, so that the connection can be used again; else
/// closes it.
task<result<void>>
put_back(operation& op, core& shared, std::unique_ptr<connection> c, const deadline until) {
    std::array<char, 4096> rest;
    result<std::size_t> got = std::size_t{0};
    while (got && !c->body_ended() && c->body_left() <= judged_size && !op.stopped()) {
        hurry(op, until);
        got = co_await c->read_body(op, rest, 1);
    }
    op.interrupt_after(milliseconds(0));
    if (c->reusable()) shared.idle.give(std::move(c), op.now());
    co_return result<void>();
}

/// The head has come: what does the backend say?
task<result<void>> judge_answer(operation& op, call& k, attempt& a, std::unique_ptr<connection> c) {
    const int status = a.status = c->head().status;
    const bool good = status / 100 == 2, broken = status / 100 == 5;
    if (broken) a.blamed = c->wire().address();
    deadline until;
    if (!good) until = op.now() + patience_for_errors;
    result<void> read;
    if (!good || k.what.may_hide_error) read = co_await read_first(op, *c, a.first, until);
    if (!read && (good || op.stopped())) {
        no_answer(k, a, c.get(), read.error());
        co_return result<void>();
    }
    a.said = k.what.decide(c->head(), a.first);
    if (a.said.what == action::done && read) {
        c->idle_since = op.now();
        a.accepted = std::move(c);
        co_return result<void>();
    }
    if (a.said.what == action::done) { // its answer could not be read after all
        no_answer(k, a, c.get(), read.error());
        co_return result<void>();
    }
    a.at.came = outcome_of(a.said.what);
    if (status == 417 && k.current.asks_first) a.at.came = outcome::unexpected;
    const bool later = a.said.what == action::throttled || a.said.what == action::retry;
    if (later && a.said.retry_after.value.count() == 0) a.said.retry_after = retry_after(c->head());
    if (!until) until = op.now() + patience_for_errors;
    if (read && !broken) read = co_await put_back(op, *k.shared, std::move(c), until);
    co_return result<void>();
}

void log_attempt(operation& op, call& k, const attempt& a, steady::time_point began) {
    const log_sink& log = k.shared->options.log;
    if (!log.wants(log_level::debug)) return;
    const auto ms = std::chrono::duration_cast<milliseconds>(op.now() - began).count();
    std::string line = "http " + k.current.method + " " + k.current.host_header() + " " +
                       target_without_values(k.current.target) + " ";
    line += a.status != 0 ? std::to_string(a.status) : std::string(name_of(a.said.why.code()));
    line += " " + std::to_string(ms) + " ms attempt " + std::to_string(k.sent);
    if (a.then.next == step::at_once) line += " (stale connection)";
    log.write(log_level::debug, line);
}

task<result<void>> exchange_once(operation& op, call& k, attempt& a) {
    result<std::unique_ptr<connection>> leased = co_await lease(op, k, a);
    if (!leased) {
        no_answer(k, a, nullptr, leased.error());
        co_return result<void>();
    }
    connection& c = **leased;
    c.begin(k.current.method == "HEAD");
    result<void> ok =
        co_await c.send(op, std::span<const char>(k.head), k.current.body, k.current.asks_first);
    k.source_touched = c.source_touched();
    if (c.asked_in_vain()) k.shared->silent.add(k.current.to);
    if (ok) ok = co_await c.read_head(op, k.current.first_byte);
    if (!ok) {
        no_answer(k, a, &c, ok.error());
        co_return result<void>();
    }
    ok = co_await judge_answer(op, k, a, std::move(*leased));
    co_return ok;
}

/// Whether the body waits for the peer's consent; once it was told not to ask, or nobody answered,
/// it follows at once.
bool asks_first(const call& k) {
    const std::uint64_t least = k.shared->options.expect_size, size = k.current.body.size();
    const bool told_not_to = (k.corrected >> static_cast<unsigned>(outcome::unexpected) & 1U) != 0;
    const bool wanted = least != 0 && size != 0 && (size >= least || !k.rewinds) && !told_not_to;
    return wanted && !k.shared->silent.has(k.current.to);
}

/// An error is one that no attempt can help: signing failed, the request cannot be rendered.
task<result<void>> try_once(operation& op, call& k, attempt& a) {
    k.forget();
    k.current = k.what.unsigned_request;
    if (k.what.authorize) {
        const verdict* previous = k.last ? &*k.last : nullptr;
        const result<void> signed_ok = co_await k.what.authorize(op, k.current, previous);
        if (!signed_ok) co_return signed_ok.error();
    }
    k.current.asks_first = asks_first(k);
    const result<void> rendered = render_head(k.head, k.current, k.shared->options.user_agent);
    if (!rendered) co_return rendered.error();
    counters& counts = k.shared->counts;
    counts.add_request(k.current.method);
    if (++k.sent > 1) {
        counters::add(counts.retries, 1);
        op.take_back();
    } else {
        op.begin_request();
    }
    ++op.attempts;
    const steady::time_point began = op.now();
    const result<void> ok = co_await exchange_once(op, k, a);
    op.disarm();
    conclude(k, a);
    const bool blames = a.blamed && a.then.next != step::at_once;
    if (blames) k.shared->reached.failed(*a.blamed, op.now());
    if (a.accepted) k.shared->places.succeeded(k.current.to);
    if (a.said.what == action::throttled) {
        counters::add(counts.throttled, 1);
        k.shared->places.throttled(k.current.to, a.turn, op.now());
    }
    log_attempt(op, k, a, began);
    co_return ok;
}

/// What the user of INFO and up learns: that a call is repeated, and why.
void log_retry(const call& k, const attempt& a, milliseconds pause) {
    const log_sink& log = k.shared->options.log;
    const log_level level = a.said.what == action::throttled ? log_level::warn : log_level::info;
    if (!log.wants(level)) return;
    log.write(
        level,
        "http " + k.current.method + " " + k.current.host_header() + " " +
            target_without_values(k.current.target) + ": attempt " + std::to_string(k.sent) +
            " failed, the next follows in " + std::to_string(pause.count()) +
            " ms: " + a.said.why.message()
    );
}

error ended_with(const call& k, error why) {
    why->attempts = k.sent;
    if (k.last)
        why->retry_after_ms =
            std::max(why->retry_after_ms, std::int64_t{k.last->retry_after.value.count()});
    if (k.maybe_applied) why->outcome_unknown = true;
    return why;
}

/// Whether time, attempts and budget allow what was decided; takes what it costs, rewinds the
/// source.
bool may_go_on(operation& op, call& k, const attempt& a) {
    if (op.stopped() || a.then.next == step::stop) return false;
    const terms cost = terms_of(a.then.next);
    if (cost.counted && ++k.tried >= std::max(1U, op.limits.max_attempts)) return false;
    {
        std::lock_guard lock(k.shared->budget_mutex);
        if (!k.shared->budget.spend(cost.tokens)) return false;
    }
    k.spent += cost.tokens;
    if (!k.source_touched) return true;
    k.source_touched = false;
    return k.what.unsigned_request.body.stream->rewind().has_value();
}

task<result<void>> wait_for_turn(operation& op, call& k, const attempt& a) {
    const terms cost = terms_of(a.then.next);
    if (!cost.waits) co_return result<void>();
    if (cost.throttled) op.held.release(); // RT-12: others go on, as many as the server takes
    const milliseconds own = backoff(k.retries++, cost.throttled, random_bits());
    const milliseconds pause = pause_before(own, a.said.retry_after);
    log_retry(k, a, pause);
    const result<void> slept = co_await sleep_for(op, pause);
    if (slept) co_return result<void>();
    if (op.stop_code() == errc::cancelled) co_return slept.error();
    error e(
        op.stop_code(),
        "timed out before attempt " + std::to_string(k.sent + 1) +
            "; the last one: " + a.said.why.message()
    );
    e->http_status = a.said.why->http_status;
    e->service_code = a.said.why->service_code;
    e->request_id = a.said.why->request_id;
    co_return e;
}

} // namespace

struct client::state {
    std::shared_ptr<core> shared;
};

client::client()
    : state_(std::make_unique<state>()) {
}

client::~client() = default;

result<std::shared_ptr<client>> client::open(client_options options) {
    if (!is_header_value(options.user_agent))
        return error(errc::config, "user_agent contains a control character");
    result<resolver> names = resolver::make(options.resolve);
    if (!names) return names.error();
    result<std::shared_ptr<trust>> roots = trust::make(options);
    if (!roots) return roots.error();
    std::shared_ptr<client> made(new client);
    made->state_->shared =
        std::make_shared<core>(std::move(options), std::move(*roots), std::move(*names));
    return made;
}

void client::add_to(statistics& sum) const noexcept {
    state_->shared->counts.add_to(sum);
}

task<result<std::unique_ptr<response>>> client::send(operation& op, const exchange& what) {
    call k(state_->shared, what);
    // A body that cannot be sent twice must not meet a connection that its peer has just closed.
    reader* const stream = what.unsigned_request.body.stream;
    k.rewinds = !stream || stream->rewind().has_value();
    k.fresh = !k.rewinds;
    for (;;) {
        attempt a;
        result<void> ok = co_await try_once(op, k, a);
        if (!ok) co_return ended_with(k, ok.error());
        if (a.accepted) {
            {
                std::lock_guard lock(k.shared->budget_mutex);
                k.shared->budget.succeeded(k.spent);
            }
            std::unique_ptr<response> answer(new response);
            answer->state_ = std::make_unique<response::body_state>(
                k.shared, std::move(a.accepted), std::move(a.first)
            );
            co_return answer;
        }
        k.last = a.said;
        if (!may_go_on(op, k, a)) co_return ended_with(k, a.said.why);
        if (a.then.next == step::at_once) {
            k.shared->idle.saw_stale(k.current.to);
            k.fresh = true;
        }
        ok = co_await wait_for_turn(op, k, a);
        if (!ok) co_return ended_with(k, ok.error());
    }
}

} // namespace blobstore::http
