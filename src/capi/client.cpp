// SPDX-License-Identifier: Apache-2.0
// Clients and the stores they open.
#include "base/digest.h"
#include "capi/call.h"
#include "http/settings.h"

namespace blobstore::capi {

namespace {

std::function<std::optional<std::string>(std::string_view)> variables_of(const host& machine) {
    return [&machine](std::string_view name) -> std::optional<std::string> {
        auto found = machine.environment.find(std::string(name));
        if (found == machine.environment.end()) return std::nullopt;
        return found->second;
    };
}

result<unsigned> threads(const settings_values& values, const char* key) {
    std::int64_t n = values.integer(key);
    if (n < 1 || n > 1024)
        return error(errc::config, std::string(key) + " is a number from 1 to 1024");
    return static_cast<unsigned>(n);
}

result<runtime_options> threads_of(const settings_values& values) {
    runtime_options options;
    result<unsigned> n = threads(values, "io_threads");
    if (!n) return n.error();
    options.io_threads = *n;
    n = threads(values, "worker_threads");
    if (!n) return n.error();
    options.worker_threads = *n;
    n = threads(values, "callback_threads");
    if (!n) return n.error();
    options.callback_threads = *n;
    return options;
}

constexpr std::string_view client_settings[] = {
    "io_threads", "worker_threads", "callback_threads", "max_bandwidth_up", "max_bandwidth_down"};

std::shared_ptr<limiter> limiter_of(const settings_values& values, const char* key) {
    const std::uint64_t rate = values.size(key);
    return rate == 0 ? nullptr : std::make_shared<limiter>(rate);
}

/// A store cannot change what its client has already.
result<void> check_store_settings(const secret_values& in_url, const secret_values& config) {
    const settings_values known = all_settings();
    for (const secret_values* given : {&in_url, &config})
        for (const auto& [key, value] : *given) {
            const setting* row = known.find(key);
            if (row &&
                std::find(std::begin(client_settings), std::end(client_settings), row->key) !=
                    std::end(client_settings))
                return error(
                    errc::config, "'" + std::string(row->key) + "' is a setting of the client"
                );
        }
    return {};
}

/// Lines leave on callback threads or through a queue, never on the thread that writes them.
log_sink sink_of(const blobstore_client_options& options, const std::weak_ptr<runtime>& run) {
    log_sink sink;
    sink.level = static_cast<log_level>(options.log_level);
    if (options.log_queue) {
        sink.write = [queue = options.log_queue->core,
                      user_data = options.log_user_data](log_level level, std::string_view line) {
            auto op = std::make_shared<blobstore_op>();
            op->log_line = line;
            op->complete = true;
            if (!queue->reserve(false)) return;
            blobstore_event event{
                user_data,
                0,
                static_cast<std::uint64_t>(level),
                op->log_line.size(),
                0,
                BLOBSTORE_EVENT_LOG,
                0,
                op->add_handle(),
                op->log_line.c_str()};
            queue->push(event);
            queue->announce();
        };
    } else if (options.log) {
        sink.write = [run,
                      fn = options.log,
                      user_data = options.log_user_data](log_level level, std::string_view line) {
            std::shared_ptr<runtime> alive = run.lock();
            if (!alive) return;
            work_list call{[alive, fn, user_data, level, text = std::string(line)] {
                fn(static_cast<int32_t>(level), text.data(), text.size(), user_data);
                alive->exit();
            }};
            if (!alive->enter()) return;
            if (!alive->post_callback(std::move(call))) alive->exit();
        };
    }
    return sink;
}

} // namespace

result<std::shared_ptr<http::client>> client_core::http_for(const settings_values& of) {
    sha256_stream all; // a digest, because client_key is a secret
    for (const setting& row : http::settings_table()) {
        const std::string_view value = of.text(row.key);
        all.update(std::to_string(value.size()) + ':');
        all.update(value);
    }
    const sha256_value digest = all.finish();
    std::string identity(bytes_of(digest));
    std::lock_guard lock(mutex_);
    auto found = http_.find(identity);
    if (found != http_.end()) return found->second;
    http::client_options options = http::options_from(of);
    options.log = log;
    options.shape = shape;
    result<std::shared_ptr<http::client>> made = http::client::open(std::move(options));
    if (made) http_.emplace(std::move(identity), *made);
    return made;
}

http::statistics client_core::statistics() const {
    http::statistics sum;
    std::lock_guard lock(mutex_);
    for (const auto& [identity, client] : http_)
        client->add_to(sum);
    return sum;
}

result<std::shared_ptr<store>>
client_core::open(const store_url& url, const secret_values& config) {
    result<void> known = check_scheme(url.scheme);
    if (!known) return known.error();
    settings_values own = values;
    result<void> of_store = check_store_settings(url.options, config);
    if (!of_store) return of_store.error();
    for (const auto& [key, value] : url.options) {
        result<void> set = own.set(key, value.reveal(), setting_origin::url);
        if (!set) return set.error();
    }
    for (const auto& [key, value] : config) {
        result<void> set = own.set(key, value.reveal(), setting_origin::call);
        if (!set) return set.error();
    }
    return open_store(
        url, {machine, own, memory, [&] { return http_for(own); }, transfers, proven}
    );
}

result<std::pair<std::shared_ptr<store>, std::string>> client_core::find(std::string_view url) {
    result<split_url> split = split_object_url(url);
    if (!split) return split.error();
    const std::string identity = split->store.scheme + "://" + split->store.authority;
    {
        std::lock_guard lock(mutex_);
        auto found = stores_.find(identity);
        if (found != stores_.end()) return std::pair(found->second, std::move(split->key));
    }
    result<std::shared_ptr<store>> opened = open(split->store, {});
    if (!opened) return opened.error();
    std::lock_guard lock(mutex_);
    stores_.emplace(identity, *opened);
    return std::pair(*opened, std::move(split->key));
}

} // namespace blobstore::capi

using namespace blobstore;
using namespace blobstore::capi;

blobstore_status blobstore_client_new(
    const blobstore_config* config,
    const blobstore_client_options* given,
    blobstore_client** out,
    blobstore_error** err
) {
    if (out) *out = nullptr;
    return guard(err, [&]() -> result<void> {
        if (!out) return invalid("out is NULL");
        result<blobstore_client_options> options = read_struct(given, "blobstore_client_options");
        if (!options) return options.error();
        result<void> checked = check_flags(options->flags, 0, "blobstore_client_options");
        if (checked) checked = check_reserved(options->reserved0, "blobstore_client_options");
        if (!checked) return checked;
        if (options->log_level < BLOBSTORE_LOG_OFF || options->log_level > BLOBSTORE_LOG_DEBUG)
            return invalid("log_level");
        if (options->log && options->log_queue) return invalid("log and log_queue at once");
        start_openssl();
        host machine = real_host();
        settings_values values = all_settings();
        checked = values.load_environment(variables_of(machine));
        if (!checked) return checked;
        for (const auto& [key, value] : config ? config->given : secret_values()) {
            checked = values.set(key, value.reveal(), setting_origin::call);
            if (!checked) return checked;
        }
        result<runtime_options> threads = threads_of(values);
        if (!threads) return threads.error();
        auto core = std::make_shared<client_core>(std::move(machine), std::move(values), *threads);
        core->log = sink_of(*options, core->run);
        core->shape.up = limiter_of(core->values, "max_bandwidth_up");
        core->shape.down = limiter_of(core->values, "max_bandwidth_down");
        *out = new blobstore_client{core, core->pid};
        return {};
    });
}

blobstore_status
blobstore_client_close(blobstore_client* client, int64_t timeout_ms, blobstore_error** err) {
    return guard(err, [&]() -> result<void> {
        if (!client) return invalid("client is NULL");
        if (timeout_ms < -1) return invalid("timeout_ms");
        result<void> alive = client->core->check();
        if (!alive) return alive;
        runtime& run = *client->core->run;
        if (run.on_callback_thread())
            return error(errc::would_deadlock, "close waits for callbacks; not on their thread");
        run.begin_close();
        if (!run.wait_closed(milliseconds(std::min<int64_t>(timeout_ms, 86400000))))
            return error(errc::timeout, "calls are still running");
        return {};
    });
}

blobstore_status blobstore_client_stats(
    const blobstore_client* client, blobstore_stats* out, blobstore_error** err
) {
    return guard(err, [&]() -> result<void> {
        if (!client) return invalid("client is NULL");
        result<void> alive = client->core->check();
        if (!alive) return alive;
        const http::statistics did = client->core->statistics();
        const std::uint64_t requests = did.gets + did.heads + did.puts + did.posts + did.deletes;
        const blobstore_stats full{
            0,
            0,
            requests,
            did.gets,
            did.heads,
            did.puts,
            did.posts,
            did.deletes,
            did.retries,
            did.throttled,
            did.bytes_sent,
            did.bytes_received,
            did.connections_opened,
            did.connections_reused,
            client->core->run->inside()};
        return write_view(out, full, "blobstore_stats");
    });
}

void blobstore_client_free(blobstore_client* client) {
    if (!client) return;
    if (process_id() == client->pid) client->core->run->begin_close();
    let_go(client->core, client->pid);
    delete client;
}

blobstore_status blobstore_store_open(
    blobstore_client* client,
    const char* url,
    size_t url_len,
    const blobstore_config* config,
    blobstore_store** out,
    blobstore_error** err
) {
    if (out) *out = nullptr;
    return guard(err, [&]() -> result<void> {
        if (!client || !out) return invalid("client or out is NULL");
        result<void> alive = client->core->check();
        if (!alive) return alive;
        if (client->core->run->closing()) return error(errc::closed, "the client is closed");
        const result<std::string_view> given = seen(url, url_len, "url");
        if (!given) return given.error();
        result<store_url> parsed = parse_store_url(*given);
        if (!parsed) return parsed.error();
        result<std::shared_ptr<store>> opened =
            client->core->open(*parsed, config ? config->given : secret_values());
        if (!opened) return opened.error();
        *out = new blobstore_store{client->core, std::move(*opened)};
        return {};
    });
}

void blobstore_store_free(blobstore_store* store) {
    if (!store) return;
    const long pid = store->core->pid;
    let_go(store->store, pid);
    let_go(store->core, pid);
    delete store;
}
