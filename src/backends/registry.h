// SPDX-License-Identifier: Apache-2.0
// From a store URL to an open store: the table of schemes, and the settings of all backends.
#pragma once

#include "base/log.h"
#include "base/settings.h"
#include "base/url.h"
#include "http/client.h"
#include "os/host.h"
#include "store/store.h"

#include <functional>

namespace blobstore {

class memory_stores;

namespace s3 {
class proven_endpoints;
}

/// What a client lends to the stores it opens. Outlived by nothing: stores keep what they need.
struct open_context {
    const std::shared_ptr<const host>& machine;
    const settings_values& values; ///< of this store: call, URL, environment, defaults
    std::shared_ptr<memory_stores> memory;
    std::function<result<std::shared_ptr<http::client>>()>
        http;                          ///< one per trust configuration, shared
    std::shared_ptr<budget> transfers; ///< the memory that they share
    std::shared_ptr<s3::proven_endpoints> proven;
};

/// Every setting that this build knows, general ones first.
settings_values all_settings();

/// 1 or 0: "backend.s3" and the like.
bool has_backend(std::string_view name) noexcept;

/// errc::unsupported for an unknown scheme or one whose backend was left out; before the options
/// are looked at.
result<void> check_scheme(std::string_view scheme);

result<std::shared_ptr<store>> open_store(const store_url& url, const open_context& with);

/// The store URL and the key of an object URL; for local files the folder's root is "/".
struct split_url {
    store_url store;
    std::string key;
};

result<split_url> split_object_url(std::string_view url);

/// A fresh registry of named memory stores, for a client.
std::shared_ptr<memory_stores> make_memory_stores();

/// What a client learns of the endpoints of its stores.
std::shared_ptr<s3::proven_endpoints> make_proven_endpoints();

} // namespace blobstore
