// SPDX-License-Identifier: Apache-2.0
// Settings as text, and their description.
#include "capi/handle.h"

using namespace blobstore;
using namespace blobstore::capi;

namespace {

/// Every row with its lists joined; made once, so that views of it are static.
struct described {
    const setting* row;
    std::string name, type, default_value, doc, aliases, environment;
};

std::string join(std::span<const std::string_view> parts) {
    std::string joined;
    for (std::string_view part : parts)
        joined += (joined.empty() ? "" : ",") + std::string(part);
    return joined;
}

const std::vector<described>& descriptions() {
    static const auto* const all = [] {
        constexpr std::string_view types[] = {
            "string", "boolean", "integer", "size", "duration", "enumeration"};
        auto* made = new std::vector<described>;
        const settings_values values = all_settings();
        for (const setting* row : values.rows())
            made->push_back(
                {row,
                 std::string(row->key),
                 std::string(types[static_cast<int>(row->type)]),
                 std::string(row->default_value),
                 std::string(row->doc),
                 join(row->aliases),
                 join(row->environment)}
            );
        return made;
    }();
    return *all;
}

} // namespace

blobstore_status blobstore_config_new(blobstore_config** out, blobstore_error** err) {
    if (out) *out = nullptr;
    return guard(err, [&]() -> result<void> {
        if (!out) return invalid("out is NULL");
        *out = new blobstore_config(all_settings());
        return {};
    });
}

blobstore_status blobstore_config_set(
    blobstore_config* config,
    const char* key,
    size_t key_len,
    const char* value,
    size_t value_len,
    blobstore_error** err
) {
    return guard(err, [&]() -> result<void> {
        if (!config) return invalid("config is NULL");
        const result<std::string_view> name = seen(key, key_len, "key");
        if (!name) return name.error();
        const result<std::string_view> content = seen(value, value_len, "value");
        if (!content) return content.error();
        result<void> set = config->values.set(*name, *content, setting_origin::call);
        if (!set) return set;
        config->given.emplace_back(*name, *content);
        return {};
    });
}

blobstore_status blobstore_config_describe(size_t index, blobstore_config_key* out) {
    return guard(nullptr, [&]() -> result<void> {
        if (!out) return invalid("out is NULL");
        if (index >= descriptions().size()) return error(errc::range, "no more settings");
        const described& d = descriptions()[index];
        blobstore_config_key v{};
        v.flags = d.row->secret ? unsigned{BLOBSTORE_CONFIG_SECRET} : 0u;
        v.name = view(d.name);
        v.type = view(d.type);
        v.default_value = view(d.default_value);
        v.doc = view(d.doc);
        v.aliases = view(d.aliases);
        v.environment = view(d.environment);
        return write_view(out, v, "blobstore_config_key");
    });
}

void blobstore_config_free(blobstore_config* config) {
    delete config;
}
