// SPDX-License-Identifier: Apache-2.0
// What a store does that has nothing better.
#include "store/backend.h"

namespace blobstore {

task<result<std::vector<result<void>>>>
backend::remove_many(operation& op, const std::vector<std::string>& keys) {
    std::vector<result<void>> results;
    results.reserve(keys.size());
    for (const std::string& key : keys) {
        result<void> removed = co_await remove(op, key);
        results.push_back(std::move(removed));
    }
    co_return results;
}

task<result<object_meta>>
backend::copy(operation&, backend&, const std::string&, const std::string&, const copy_options&) {
    co_return error(errc::unsupported, "this store has no copy of its own");
}

task<result<std::string>> backend::presign(operation&, const std::string&, const presign_options&) {
    co_return error(errc::unsupported, "this store has no links");
}

} // namespace blobstore
