// SPDX-License-Identifier: Apache-2.0
// The constant table of schemes. A backend that was left out at build keeps its row without an
// opener.
#include "backends/registry.h"

#include "http/settings.h"
#include "store/settings.h"
#include "store/views.h"

#ifdef BLOBSTORE_BACKEND_FILE
#include "backends/file/file.h"
#endif
#ifdef BLOBSTORE_BACKEND_MEMORY
#include "backends/memory/memory.h"
#endif
#ifdef BLOBSTORE_BACKEND_S3
#include "backends/s3/endpoint_rules.h"
#include "backends/s3/proven.h"
#include "backends/s3/s3.h"
#include "backends/s3/settings.h"
#endif

#include <algorithm>

namespace blobstore {

namespace {

using opener = result<std::shared_ptr<backend>> (*)(const store_url& url, const open_context& with);

#ifdef BLOBSTORE_BACKEND_S3
constexpr opener open_s3_row = [](const store_url& url,
                                  const open_context& with) -> result<std::shared_ptr<backend>> {
    result<std::shared_ptr<http::client>> http = with.http();
    if (!http) return http.error();
    return s3::open(url.authority, with.values, with.machine, *http, *with.proven);
};
constexpr auto complete_s3_row = s3::complete_arn;
#else
constexpr opener open_s3_row = nullptr;
constexpr std::nullptr_t complete_s3_row = nullptr;
#endif

#ifdef BLOBSTORE_BACKEND_FILE
constexpr opener open_file_row = [](const store_url& url,
                                    const open_context&) -> result<std::shared_ptr<backend>> {
    return open_file(url.prefix);
};
#else
constexpr opener open_file_row = nullptr;
#endif

#ifdef BLOBSTORE_BACKEND_MEMORY
constexpr opener open_memory_row = [](const store_url& url, const open_context& with
                                   ) -> result<std::shared_ptr<backend>> {
    return open_memory(
        url.authority, with.memory, with.machine->now_ns, with.values.boolean("versioned")
    );
};
#else
constexpr opener open_memory_row = nullptr;
#endif

struct scheme_row {
    std::string_view scheme, name;
    opener open;
    bool prefix_is_root; ///< the URL's prefix is the backend's own root, not a prefix of keys
    void (*complete)(std::string& authority, std::string& rest); ///< the first with the second's
};

constexpr scheme_row schemes[] = {
    {"s3", "s3", open_s3_row, false, complete_s3_row},
    {"s3a", "s3", open_s3_row, false, complete_s3_row},
    {"file", "file", open_file_row, true, nullptr},
    {"memory", "memory", open_memory_row, false, nullptr},
};

const scheme_row* find_scheme(std::string_view scheme) noexcept {
    const auto* row =
        std::find_if(std::begin(schemes), std::end(schemes), [&](const scheme_row& r) {
            return r.scheme == scheme;
        });
    return row == std::end(schemes) ? nullptr : row;
}

} // namespace

settings_values all_settings() {
#ifdef BLOBSTORE_BACKEND_S3
    return settings_values{store_settings_table(), http::settings_table(), s3::settings_table()};
#else
    return settings_values{store_settings_table(), http::settings_table()};
#endif
}

bool has_backend(std::string_view name) noexcept {
    return std::any_of(std::begin(schemes), std::end(schemes), [&](const scheme_row& r) {
        return r.name == name && r.open;
    });
}

result<void> check_scheme(std::string_view scheme) {
    const scheme_row* row = find_scheme(scheme);
    if (!row) return error(errc::unsupported, "unknown storage scheme: " + std::string(scheme));
    if (!row->open)
        return error(
            errc::unsupported, "this build has no backend for scheme " + std::string(scheme)
        );
    return {};
}

namespace {

store_limits limits_of(const settings_values& values) {
    store_limits limits;
    limits.memory = values.size("memory_limit");
    limits.call.timeout = milliseconds(values.duration_ms("timeout"));
    limits.call.stall = milliseconds(values.duration_ms("stall_timeout"));
    limits.call.stall_everywhere = values.is_set("stall_timeout");
    limits.call.max_attempts =
        static_cast<unsigned>(std::max<std::int64_t>(1, values.integer("max_attempts")));
    limits.transfer.threshold = values.size("multipart_threshold");
    limits.transfer.copy_threshold = values.size("copy_threshold");
    limits.transfer.part_size = values.size("part_size");
    limits.transfer.parallel = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(values.integer("parallel_parts"), 1, 1000)
    );
    return limits;
}

} // namespace

result<std::shared_ptr<store>> open_store(const store_url& url, const open_context& with) {
    result<void> known = check_scheme(url.scheme);
    if (!known) return known.error();
    const scheme_row& row = *find_scheme(url.scheme);
    store_url whole = url;
    if (row.complete) row.complete(whole.authority, whole.prefix);
    result<std::shared_ptr<backend>> opened = row.open(whole, with);
    if (!opened) return opened.error();
    if (with.values.boolean("read_only")) opened = read_only_view(std::move(*opened));
    std::string prefix = row.prefix_is_root ? std::string() : whole.prefix;
    if (!prefix.empty() && prefix.back() != '/') prefix += '/';
    store_limits limits = limits_of(with.values);
    limits.transfer.memory = with.transfers;
    return std::make_shared<store>(std::move(*opened), std::move(prefix), limits);
}

result<split_url> split_object_url(std::string_view url) {
    result<object_url> parsed = parse_object_url(url);
    if (!parsed) return parsed.error();
    result<void> known = check_scheme(parsed->scheme);
    if (!known) return known.error();
    split_url split;
    split.store.scheme = parsed->scheme;
    split.store.authority = parsed->authority;
    split.key = parsed->key;
    const scheme_row& row = *find_scheme(parsed->scheme);
    if (row.complete) row.complete(split.store.authority, split.key);
    if (row.prefix_is_root) {
        split.store.prefix = "/";
        split.key.erase(0, split.key.find_first_not_of('/'));
    }
    return split;
}

std::shared_ptr<s3::proven_endpoints> make_proven_endpoints() {
#ifdef BLOBSTORE_BACKEND_S3
    return std::make_shared<s3::proven_endpoints>();
#else
    return nullptr;
#endif
}

std::shared_ptr<memory_stores> make_memory_stores() {
#ifdef BLOBSTORE_BACKEND_MEMORY
    return std::make_shared<memory_stores>();
#else
    return nullptr;
#endif
}

} // namespace blobstore
