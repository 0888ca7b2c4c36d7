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
/// The same options for a copy; NULL keeps all of the source's.
result<copy_options> read_copy(const blobstore_put_options* given);
result<remove_options> read(const blobstore_delete_options* given);
result<restore_options> read(const blobstore_restore_options* given);
result<lock_options> read(const blobstore_lock_options* given);
result<bucket_options> read(const blobstore_bucket_options* given);
/// Of options of which only the version counts.
result<std::string> read_version(const blobstore_get_options* given);
result<list_options> read(const blobstore_list_options* given);
result<presign_options> read(const blobstore_presign_options* given);
result<post_options> read(const blobstore_post_options* given);
result<local_file> read(const blobstore_file* given);

/// Calls that move no more than this share a thread.
constexpr std::uint64_t small_call = 1 << 20;

/// A call on `where` with arguments of its own: `run` is a coroutine on them, which live as long as
/// it does.
template <class Args>
prepared
prepare_on(const target& where, Args&& args, task<result<void>> (*run)(operation& op, Args& args)) {
    prepared op = make_op(*where.core);
    op->run = where.core->run;
    op->blocks = where.in->blocks();
    op->limits = where.in->limits();
    Args* const kept = &op->keep(std::move(args));
    op->body = [kept, run](operation& o) { return run(o, *kept); };
    return op;
}

/// The same on args.where; `moves` is how many bytes at most.
template <class Args>
prepared
prepare(Args args, task<result<void>> (*run)(operation& op, Args& args), std::uint64_t moves = 0) {
    prepared op = prepare_on(args.where, std::move(args), run);
    op->small = moves <= small_call;
    return op;
}

} // namespace blobstore::capi
