// SPDX-License-Identifier: Apache-2.0
// The caller's arguments as values: where a call goes, and its options.
#pragma once

#include "capi/call.h"

namespace blobstore::capi {

/// One object of one store.
struct target {
    std::shared_ptr<client_core> core;
    std::shared_ptr<store> in;
    std::string key;
};

result<target> at(blobstore_store* store, const char* key, std::size_t key_len);
result<target> at(blobstore_client* client, const char* url, std::size_t url_len);
/// A store without a key.
result<target> at(blobstore_store* store);

result<get_options> read(const blobstore_get_options* given);
result<put_options> read(const blobstore_put_options* given);
result<list_options> read(const blobstore_list_options* given);
result<presign_options> read(const blobstore_presign_options* given);
result<local_file> read(const blobstore_file* given);

/// A call on `where` with arguments of its own: `run` is a coroutine on them, which live as long as
/// it does.
template <class Args>
prepared prepare(
    const target& where,
    Args args,
    task<result<void>> (*run)(operation& op, Args& args),
    bool blocks
) {
    auto kept = std::make_shared<Args>(std::move(args));
    prepared p;
    p.core = where.core;
    p.blocks = blocks;
    p.limits = where.in->limits();
    p.body = [kept, run](operation& op) { return run(op, *kept); };
    return p;
}

} // namespace blobstore::capi
