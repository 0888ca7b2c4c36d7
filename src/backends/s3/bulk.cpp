// SPDX-License-Identifier: Apache-2.0
// Many objects removed by few requests.
#include "backends/s3/backend.h"

namespace blobstore::s3 {

task<result<void>> s3_backend::remove_batch(
    operation& op, std::span<const std::string> keys, std::span<result<void>> results
) {
    bulk_delete bulk(keys, results);
    const result<unsigned_request> r = bulk.request(*at());
    if (!r) bulk.end(r.error(), false);
    if (!r) co_return result<void>();
    const result<std::string> document = co_await send_for_document(op, *r, {true, &bulk});
    if (document)
        bulk.accept(*document);
    else
        bulk.end(document.error(), op.stopped());
    co_return result<void>();
}

task<result<std::vector<result<void>>>>
s3_backend::remove_many(operation& op, const std::vector<std::string>& keys) {
    std::vector<result<void>> results(keys.size());
    std::vector<std::string> fitting;
    std::vector<std::size_t> index;
    const std::size_t keys_per_delete = at()->vendor->keys_per_delete;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (keys_per_delete != 0 && fits_xml(keys[i])) {
            fitting.push_back(keys[i]);
            index.push_back(i);
            continue;
        }
        results[i] = co_await remove(op, keys[i]); // no document could name it
    }
    std::vector<result<void>> answers(fitting.size());
    for (std::size_t first = 0; first < fitting.size(); first += keys_per_delete) {
        std::size_t n = std::min(keys_per_delete, fitting.size() - first);
        const std::span<const std::string> batch(fitting.data() + first, n);
        (void)co_await remove_batch(op, batch, std::span(answers).subspan(first, n));
    }
    for (std::size_t i = 0; i < index.size(); ++i)
        results[index[i]] = std::move(answers[i]);
    co_return results;
}

} // namespace blobstore::s3
