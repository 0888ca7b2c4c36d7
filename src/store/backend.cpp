// SPDX-License-Identifier: Apache-2.0
// What a store does that has nothing better.
#include "store/backend.h"

namespace blobstore {

namespace {

/// Steps that end at once call one another, in builds without tail calls: not more than so many.
constexpr std::size_t deep = 1024;

} // namespace

task<result<std::vector<result<void>>>>
backend::remove_many(operation& op, const std::vector<std::string>& keys) {
    std::vector<result<void>> results;
    results.reserve(keys.size());
    for (const std::string& key : keys) {
        result<void> removed = co_await remove(op, key);
        results.push_back(std::move(removed));
        if (results.size() % deep != 0) continue;
        const result<void> rested = co_await sleep_for(op, milliseconds(1));
        while (!rested && results.size() < keys.size())
            results.push_back(rested);
        if (!rested) break;
    }
    co_return results;
}

task<result<object_meta>>
backend::copy(operation&, backend&, const std::string&, const std::string&, const copy_options&) {
    co_return error(errc::unsupported, "this store has no copy of its own");
}

namespace {

error no_uploads() {
    return error(errc::unsupported, "this store has no uploads in parts");
}

} // namespace

task<result<open_upload>>
backend::upload_create(operation&, const std::string&, const put_options&) {
    co_return no_uploads();
}

task<result<std::string>>
backend::upload_part(operation&, const open_upload&, std::uint32_t, const source&) {
    co_return no_uploads();
}

task<result<std::string>> backend::
    upload_part_copy(operation&, const open_upload&, std::uint32_t, backend&, const std::string&, const get_options&) {
    co_return error(errc::unsupported, "this store has no copy of its own");
}

task<result<std::vector<part_entry>>> backend::upload_list_parts(operation&, const open_upload&) {
    co_return no_uploads();
}

task<result<object_meta>> backend::
    upload_complete(operation&, const open_upload&, const std::vector<finished_part>&, std::optional<std::uint64_t>) {
    co_return no_uploads();
}

task<result<void>> backend::upload_abort(operation&, const open_upload&) {
    co_return no_uploads();
}

task<result<upload_page>> backend::uploads(operation&, const std::string&, const std::string&) {
    co_return no_uploads();
}

task<result<std::string>> backend::
    upload_presign_part(operation&, const open_upload&, std::uint32_t, const presign_options&) {
    co_return error(errc::unsupported, "this store has no links");
}

task<result<object_meta>>
backend::append(operation&, const std::string&, const source&, const put_options&) {
    co_return error(errc::unsupported, "this store cannot append");
}

task<result<object_meta>>
backend::remove_if(operation&, const std::string&, const remove_options&) {
    co_return error(errc::unsupported, "this store deletes without conditions only");
}

task<result<object_meta>>
backend::rename(operation&, const std::string&, const std::string&, const write_condition&) {
    co_return error(errc::unsupported, "this store has no rename of its own");
}

task<result<std::string>> backend::presign(operation&, const std::string&, const presign_options&) {
    co_return error(errc::unsupported, "this store has no links");
}

task<result<std::string>>
backend::presign_post(operation&, const std::string&, const post_options&) {
    co_return error(errc::unsupported, "this store has no forms");
}

} // namespace blobstore
