// SPDX-License-Identifier: Apache-2.0
// What a verb works with: arguments, client, cancel token, opened stores, outputs, the exit code so
// far.
#include "cli/session.h"

#include <filesystem>
#include <unistd.h>

namespace blobstore::cli {

namespace {

void BLOBSTORE_CALL print_log(int32_t level, const char* line, size_t len, uint64_t) {
    constexpr const char* names[] = {"off", "error", "warning", "info", "debug"};
    const char* name = level >= 0 && level <= BLOBSTORE_LOG_DEBUG ? names[level] : "log";
    const std::string text =
        std::string("blobstore: ") + name + ": " + printable(std::string_view(line, len)) + "\n";
    [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
}

} // namespace

std::string folder_ref::url_of(std::string_view key) const {
    return base + (encoded ? percent_encode(key) : std::string(key));
}

object_ref folder_ref::object(std::string key) const {
    std::string url = url_of(key);
    return {store, std::move(key), std::move(url)};
}

std::string message_of(blobstore_status status, const blobstore_error* error) {
    const char* text = blobstore_error_message(error);
    return text != nullptr && *text != '\0' ? text : blobstore_status_name(status);
}

failure failure_of(blobstore_status status, const blobstore_error* error) {
    exit_code code = code_for_status(status);
    auto view = make_struct<blobstore_error_view>();
    if (status == BLOBSTORE_E_IO && error != nullptr &&
        blobstore_error_get(error, &view) == BLOBSTORE_OK &&
        code_for_errno(view.os_error) == exit_code::permission) {
        code = exit_code::permission;
    }
    return {code, message_of(status, error)};
}

void check(blobstore_status status, const error_handle& error) {
    if (status != BLOBSTORE_OK) {
        throw failure_of(status, error.get());
    }
}

session::session(arguments args, blobstore_cancel* cancel, const signals& stop, progress& errors)
    : args_(std::move(args))
    , stop_(stop)
    , errors_(errors)
    , call_(make_struct<blobstore_call>()) {
    call_.cancel = cancel;
}

session::~session() {
    stores_.clear();
    if (client_) {
        error_handle error;
        blobstore_client_close(client_.get(), 2000, out_handle(error));
    }
}

blobstore_client* session::client() {
    if (client_) {
        return client_.get();
    }
    for (const std::string& text : args_.storages) {
        storages_.push_back(parse_storage(text));
    }
    error_handle error;
    blobstore_status status = blobstore_config_new(out_handle(config_), out_handle(error));
    check(status, error);
    const std::string workers = std::to_string(std::max(16U, args_.jobs)); // each job may need one
    std::vector<name_value> settings = args_.settings;
    settings.insert(settings.begin(), name_value{"worker_threads", workers});
    for (const auto& [name, value] : settings) {
        status = blobstore_config_set(
            config_.get(), name.data(), name.size(), value.data(), value.size(), out_handle(error)
        );
        check(status, error);
    }
    auto options = make_struct<blobstore_client_options>();
    if (args_.verbose > 0 && !args_.quiet) {
        options.log_level = args_.verbose > 1 ? BLOBSTORE_LOG_DEBUG : BLOBSTORE_LOG_INFO;
        options.log = print_log;
    }
    status = blobstore_client_new(config_.get(), &options, out_handle(client_), out_handle(error));
    check(status, error);
    return client_.get();
}

store_handle session::open(const std::string& url) {
    const auto known = stores_.find(url);
    if (known != stores_.end()) {
        return known->second;
    }
    blobstore_store* raw = nullptr;
    error_handle error;
    const blobstore_status status =
        blobstore_store_open(client(), url.data(), url.size(), nullptr, &raw, out_handle(error));
    check(status, error);
    return stores_.emplace(url, store_handle(raw, blobstore_store_free)).first->second;
}

location session::object_argument(const std::string& text) {
    location where = parse_location(text);
    if (where.kind == location_kind::stdio) {
        throw usage_error("'-' names no object; write ./- for a file of that name");
    }
    if (where.kind == location_kind::local) {
        std::string path = std::filesystem::absolute(where.path).lexically_normal().string();
        where = parse_location(file_url(path));
    }
    return where;
}

object_ref session::object(const location& where) {
    client(); // reads --storage
    if (find_storage(storages_, where) != nullptr) {
        return object_in_store(where);
    }
    return {nullptr, where.key, where.text};
}

object_ref session::object_in_store(const location& where) {
    client();
    return {open(store_url(where, find_storage(storages_, where))), where.key, where.text};
}

folder_ref session::folder(const location& where) {
    client();
    const bool is_file = where.scheme == "file";
    folder_ref result;
    result.store = open(folder_url(where, find_storage(storages_, where)));
    result.prefix = is_file ? "" : where.key;
    result.base = is_file ? with_slash(folder_url(where, nullptr))
                          : where.scheme + "://" + where.authority + "/";
    result.encoded = is_file;
    return result;
}

void session::check_stop() const {
    if (stop_.stopped_by() != 0) {
        throw interrupted();
    }
}

void session::fail(const failure& what) {
    note(what.code());
    check_stop();
    errors_.error(what.what());
}

} // namespace blobstore::cli
