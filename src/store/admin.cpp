// SPDX-License-Identifier: Apache-2.0
// Of a store that has nothing beside its objects.
#include "store/admin.h"

namespace blobstore {

namespace {

error none(const char* what) {
    return error(errc::unsupported, std::string("this store has no ") + what);
}

} // namespace

int admin::supports(capability) const noexcept {
    return 0;
}

task<result<void>> admin::probe(operation&, const std::string&) {
    co_return result<void>();
}

task<result<object_meta>> admin::tags_get(operation&, const std::string&, const std::string&) {
    co_return none("tags");
}

task<result<object_meta>>
admin::tags_set(operation&, const std::string&, const std::string&, const name_values&) {
    co_return none("tags");
}

task<result<object_meta>> admin::inspect(operation&, const std::string&, const get_options&) {
    co_return none("attributes beyond those of head");
}

task<result<object_meta>> admin::undelete(operation&, const std::string&) {
    co_return none("versions");
}

task<result<object_meta>> admin::lock_get(operation&, const std::string&, const std::string&) {
    co_return none("object locks");
}

task<result<void>> admin::lock_set(operation&, const std::string&, const lock_options&) {
    co_return none("object locks");
}

task<result<void>> admin::restore(operation&, const std::string&, const restore_options&) {
    co_return none("archived objects");
}

task<result<void>> admin::bucket_create(operation&, const bucket_options&) {
    co_return none("buckets to create");
}

task<result<void>> admin::bucket_remove(operation&) {
    co_return none("buckets to delete");
}

task<result<object_meta>> admin::bucket_head(operation&) {
    co_return none("buckets");
}

task<result<void>> admin::bucket_versions(operation&, bool) {
    co_return none("versions to switch on or off");
}

task<result<list_page>> admin::bucket_list(operation&, const list_options&) {
    co_return none("list of buckets");
}

} // namespace blobstore
